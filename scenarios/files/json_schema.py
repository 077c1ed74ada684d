"""The JSON schema of the scenario language, for editors that complete and check a scenario file."""

import copy
from typing import Any

from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key, parts, shape_of

CHANGE = "Change"
TABLE_NAME = r"\.([cC][sS][vV]|[xX][lL][sS][xXmM](#.+)?)$"
"""Names of tables: a CSV file, or a workbook with or without # and a sheet."""


def json_schema() -> dict[str, Any]:
    """The schema of scenario.yaml (draft 2020-12); it allows the name of a table for a list, and overrides."""
    root = Scenario.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = {**root.pop("$defs"), "Scenario": root}
    changes = {name + CHANGE: _as_change(item) for name, item in copy.deepcopy(definitions).items()}
    for part in parts(Scenario):
        for key, (_, field) in fields_by_key(part).items():
            shape = shape_of(field.annotation)
            if shape.kind == "list" and shape.part is not None:
                _allow_table(definitions[part.__name__]["properties"], key)
                _allow_table(changes[part.__name__ + CHANGE]["properties"], key, by_id=shape.part)
    root["properties"]["overrides"] = {
        "type": "object",
        "description": "Named changes of the scenario; in a list of parts with an id, changes are by id.",
        "additionalProperties": {"$ref": f"#/$defs/Scenario{CHANGE}"},
    }
    del definitions["Scenario"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "title": "Headwatt scenario",
        "$defs": {**definitions, **changes},
    }


def _allow_table(properties: dict[str, Any], key: str, by_id: type[Part] | None = None) -> None:
    """Also allow the name of a table for a list and, in a change, a mapping from id to changes."""
    whole = properties[key]
    described = {name: whole.pop(name) for name in ("description", "default", "title") if name in whole}
    choices: list[dict[str, Any]] = whole.pop("anyOf", None) or [whole]
    choices.append({"type": "string", "pattern": TABLE_NAME, "description": "A table in the scenario's folder"})
    if by_id is not None and "id" in by_id.model_fields:
        choices.append({"type": "object", "additionalProperties": {"$ref": f"#/$defs/{by_id.__name__}{CHANGE}"}})
    properties[key] = {**described, "anyOf": choices}


def _as_change(schema: Any) -> Any:
    """The same part without required keys; the same for its inner parts."""
    if isinstance(schema, dict):
        return {
            key: item + CHANGE if key == "$ref" else _as_change(item)
            for key, item in schema.items()
            if not (key == "required" and isinstance(item, list))
        }
    return [_as_change(item) for item in schema] if isinstance(schema, list) else schema
