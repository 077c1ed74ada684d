"""The versions of the scenarios of lines: list, files, and what differs between two versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.problems import ProblemError, ProblemKind
from api.services.ids import is_storable
from api.services.order_check import OrderCheck
from api.services.text_differences import FileDifference
from api.state import lines as rows
from api.state.database import Database
from api.state.files import FileStore
from api.state.line_filter import Caller
from api.state.tables import LineRow, ScenarioVersionRow


@dataclass(frozen=True)
class VersionView:
    """A version of the scenario of a line, with its files (SHA-256 by name)."""

    line_id: str
    number: int
    origin: str
    title: str
    length_km: float
    stations: int
    overrides: tuple[str, ...]
    scenario_hash: str
    created_at: datetime
    created_by: str
    is_newest: bool
    files: Mapping[str, str]

    @property
    def tag(self) -> str:
        """A text that differs between versions."""
        return f"{self.line_id}-{self.number}"


class Scenarios:
    """The versions of the scenarios of an installation."""

    def __init__(self, database: Database, files: FileStore, check: OrderCheck) -> None:
        self.database = database
        self._files = files
        self._check = check

    def for_caller(self, caller: Caller) -> "Scenarios":
        """The scenarios of the lines that a caller may see."""
        return Scenarios(self.database.for_caller(caller), self._files, self._check)

    def is_known(self, line_id: str) -> bool:
        """Whether the line exists, seen or not by the caller: its name is taken."""
        with self.database.for_caller(Caller()).reading() as session:
            return is_storable(line_id) and session.get(LineRow, line_id) is not None

    def versions(self, line_id: str) -> Sequence[VersionView]:
        """The versions of a line, newest first, without their files; raises `ProblemError` for an unknown line."""
        with self.database.reading() as session:
            found = rows.scenario_versions(session, line_id) if is_storable(line_id) else []
        if not found:
            raise _unknown_line(line_id)
        return [_view(row, {}, row is found[0]) for row in found]

    def version(self, line_id: str, number: int) -> VersionView:
        """A version of a line with its files; raises `ProblemError` for an unknown one."""
        with self.database.reading() as session:
            newest = rows.newest_scenario(session, line_id) if is_storable(line_id) else None
            if newest is None:
                raise _unknown_line(line_id)
            row = rows.scenario_version(session, line_id, number)
            if row is None:
                detail = f"The line has the versions 1 to {newest.number}."
                raise ProblemError(ProblemKind.UNKNOWN_VERSION, detail)
            return _view(row, rows.scenario_files(session, row.id), row.number == newest.number)

    def file(self, line_id: str, number: int, name: str) -> tuple[Path, str]:
        """Path and SHA-256 of a file of a version; raises `ProblemError` if there is none."""
        view = self.version(line_id, number)
        sha256 = view.files.get(name)
        path = self._files.path(sha256) if sha256 is not None else None
        if sha256 is None or path is None or not path.is_file():
            detail = f"No file {name[:80]!r}; there are {', '.join(view.files) or 'none'}."
            raise ProblemError(ProblemKind.UNKNOWN_FILE, detail)
        return path, sha256

    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of scenario.yaml; raises `ProblemError` if the process beside the service does not answer."""
        return _answered(self._check.scenario_schema())

    def values(self, line_id: str, number: int) -> Mapping[str, Any]:
        """The values of scenario.yaml of a version, and what each override changes. Raises `ProblemError`."""
        return _answered(self._check.scenario_values(dict(self.version(line_id, number).files)))

    def differences(self, line_id: str, before: int, after: int) -> tuple[FileDifference, ...]:
        """The files that differ between two versions, with their lines; the lines are compared in another process.

        Raises `ProblemError` for an unknown version.
        """
        old, new = self.version(line_id, before), self.version(line_id, after)
        paths = {
            name: tuple(
                str(self._files.path(sha256)) if (sha256 := side.files.get(name)) is not None else None
                for side in (old, new)
            )
            for name in sorted({*old.files, *new.files})
            if old.files.get(name) != new.files.get(name)
        }
        if not paths:
            return ()
        found = self._check.differences(paths)
        if found is not None:
            return found
        return tuple(FileDifference.without_lines(name, *sides) for name, sides in paths.items())


def _view(row: ScenarioVersionRow, files: Mapping[str, str], is_newest: bool) -> VersionView:
    return VersionView(
        row.line_id, row.number, row.origin, row.title, row.length_km, row.stations, tuple(row.overrides),
        row.scenario_hash, row.created_at, row.created_by, is_newest, files,
    )  # fmt: skip


def _answered(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if found is None:
        raise ProblemError(ProblemKind.UNAVAILABLE, "The values could not be read in time; send the request again.")
    return found


def _unknown_line(line_id: str) -> ProblemError:
    return ProblemError(ProblemKind.UNKNOWN_LINE, f"No line has the id {line_id[:80]!r}.")
