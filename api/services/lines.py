"""Lines: the scenarios that can be planned."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

from api.state import lines as rows
from api.state.database import Database
from api.state.line_filter import Caller
from api.version import headwatt_version

REGISTERED = "bundled_scenarios"
_REGISTER = (sys.executable, "-m", "api.services.bundled_lines")


@dataclass(frozen=True)
class LineView:
    """A line with the newest version of its scenario."""

    name: str
    title: str
    length_km: float
    stations: int
    overrides: tuple[str, ...]
    scenario_hash: str
    version: int


class Lines:
    """The lines of an installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def for_caller(self, caller: Caller) -> "Lines":
        """The lines that a caller may see."""
        return Lines(self.database.for_caller(caller))

    def all(self) -> Sequence[LineView]:
        """Every line, by name."""
        with self.database.reading() as session:
            found = rows.newest_scenarios(session)
        return [
            LineView(
                one.line_id, one.title, one.length_km, one.stations, tuple(one.overrides), one.scenario_hash, one.number
            )
            for one in found
        ]


def bundled_fingerprint() -> str:
    """A hash that differs if the bundled scenarios or the version of Headwatt differ."""
    found = hashlib.sha256(headwatt_version().encode())
    folder = Path(str(resources("scenarios"))) / "lines"
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return found.hexdigest()


def prepare(database: Database, data: Path, told: Callable[[str], None]) -> None:
    """Register the bundled scenarios and import an earlier folder of jobs, each once, in a process of its own."""
    with database.reading() as session:
        is_registered = rows.setting(session, REGISTERED) == bundled_fingerprint()
        has_old = (data / "jobs").is_dir() and rows.setting(session, "folder_store_imported") is None
    if is_registered and not has_old:
        return
    run = subprocess.run(
        _REGISTER, input=f"{database.url}\n{data}\n", capture_output=True, text=True, check=False, timeout=3600
    )
    if run.returncode != 0:
        raise RuntimeError(f"The bundled scenarios could not be registered:\n{run.stderr}")
    for line in run.stdout.splitlines():
        told(line)
