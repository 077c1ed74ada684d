"""The values of a version of a scenario for a form, and the JSON schema of scenarios.

Both are read in the process beside the service, because the process that answers requests loads no scenario.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from api.state.files import FileStore
from energy_models.faults import InputFaults
from scenarios.files.csv_rows import is_table_name
from scenarios.files.json_schema import json_schema
from scenarios.files.load import written_values
from scenarios.schema.base import Part

MOST_ITEMS = 24
"""A longer list in a difference is only counted."""


@cache
def scenario_schema() -> dict[str, Any]:
    """The JSON schema of scenario.yaml, with descriptions, defaults and limits."""
    return json_schema()


def scenario_values(files: FileStore, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The values of scenario.yaml, its tables, and what each override changes; None if the files cannot be read."""
    with tempfile.TemporaryDirectory(prefix="headwatt-values-") as folder:
        try:
            files.lay_out(names, Path(folder))
            values, overrides = written_values(folder)
        except (InputFaults, OSError):
            return None
    return {
        "values": values,
        "tables": [name for name in names if is_table_name(name)],
        "overrides": [
            {"name": name, "changes": [_json({**asdict(one), "path": list(one.path)}) for one in changes]}
            for name, changes in overrides.items()
        ],
    }


def _json(value: Any) -> Any:
    """A value of a difference as JSON."""
    if isinstance(value, Part):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return {"count": len(value)} if len(value) > MOST_ITEMS else [_json(item) for item in value]
    return value
