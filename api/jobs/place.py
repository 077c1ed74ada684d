"""What the process of a job has around it: the database, the files, a folder of its own, and an engine of days."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.plan_files.manifest import PLAN_FILES
from api.state import lines as line_rows
from api.state.database import Database
from api.state.files import FileStore
from api.state.plans import plan_files
from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled
from simulation.runs.engine import Engine

DASK_SETTING = "HEADWATT_DASK"
"""The setting with the address of a Dask scheduler, whose workers simulate the days of jobs."""
_WORKERS = 2

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class JobPlace:
    """The surroundings of one job; `scratch` is removed after the job."""

    database: Database
    files: FileStore
    scratch: Path

    @property
    def engine(self) -> Engine:
        """Processes of this machine, or a Dask cluster if the setting has its address."""
        return Engine(_WORKERS, os.environ.get(DASK_SETTING) or None)

    def plan(self, plan_id: str, number: int, name: str = "plan") -> Path:
        """The folder of a version of a plan. Raises `InputFaults` if a file of the plan is missing."""
        with self.database.reading() as session:
            names = plan_files(session, plan_id, number)
        allowed = "a plan whose files are complete"
        missing = [one for one in PLAN_FILES if one not in names]
        if missing:
            raise InputFaults([Fault("", "", "plan", plan_id, f"{allowed}; {missing[0]} is missing")])
        folder = self.scratch / name
        try:
            self.files.lay_out(names, folder)
        except FileNotFoundError as error:
            raise InputFaults([Fault("", "", "plan", plan_id, f"{allowed}; {error.filename} is missing")]) from None
        return folder

    def scenario(self, line_id: str, version: int | None) -> str | Path:
        """The bundled line without a version, otherwise a folder with the files of the version.

        Raises `InputFaults` for an unknown version and for one whose files are missing.
        """
        if version is None and line_id in bundled():
            return line_id
        folder = self.scratch / f"scenario-{version}"
        lay_out_scenario(self.database, self.files, line_id, version, folder)
        return folder

    def telemetry(self) -> Path:
        """The folder of the telemetry store. Raises `InputFaults` if the service has none."""
        with self.database.reading() as session:
            found = line_rows.setting(session, line_rows.TELEMETRY_SETTING)
        if not isinstance(found, str):
            allowed = "a service with a telemetry store: headwatt serve --telemetry DIR --mapping FILE"
            raise InputFaults([Fault("", "", "telemetry", "no store", allowed)])
        return Path(found)

    def result(self, facts: Mapping[str, Any], *written: Path) -> dict[str, Any]:
        """Store the files that a job made, by their names; return its result."""
        return {"facts": dict(facts), "files": {file.name: self.files.put(file) for file in written}}


def lay_out_scenario(database: Database, files: FileStore, line_id: str, version: int | None, folder: Path) -> None:
    """Copy the files of a version of a scenario into a folder; by default the newest version. Raises `InputFaults`."""
    with database.reading() as session:
        row = (
            line_rows.newest_scenario(session, line_id)
            if version is None
            else line_rows.scenario_version(session, line_id, version)
        )
        names = line_rows.scenario_files(session, row.id) if row is not None else {}
    if not names:
        value = line_id if version is None else f"version {version} of {line_id}"
        raise InputFaults([Fault("", "", "version", value, "a version of the line whose files are stored")])
    try:
        files.lay_out(names, folder)
    except FileNotFoundError as error:
        allowed = f"a version whose files are complete; {error.filename} is missing"
        raise InputFaults([Fault("", "", "version", str(version), allowed)]) from None
