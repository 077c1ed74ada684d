"""The manifest of a plan folder: each file with its checksum, so that every command notices an edit.

`manifest.json` is written last. `plan_sha256` is one hash over the names and checksums of all files of the plan.
`exports` lists the files that `headwatt export` and `headwatt replay` wrote into the folder; they are not part of the
plan.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.version import headwatt_version
from scenarios.files.folders import MANIFEST_FILE

PLAN_FILES = ("headways.csv", "timetable.csv", "profiles.csv", "result.json", "scenario.json", "report.html")
"""The files of every plan."""

VEHICLE_FILE = "vehicle.yaml"
"""The additional file of a plan with a calibrated vehicle."""

FLEET_FILE = "fleet.yaml"
"""The additional file of a plan with models of single vehicles."""

MODEL_FILES = (VEHICLE_FILE, FLEET_FILE)
"""The files of calibrated models that a plan may have."""

GRAPH_FILE = "train_graph.json.gz"
"""The name of the stored file with the train graph of a plan; the file is not part of the plan."""

OWN_FILES = (*PLAN_FILES, *MODEL_FILES, MANIFEST_FILE)
"""All names of files of a plan."""

Change = Literal["changed", "missing", "added", "unreadable"]
Status = Literal["as written", "edited", "without manifest"]

_SHA256 = Field(pattern="^[0-9a-f]{64}$")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = _SHA256
    bytes: int = Field(ge=0)


class Manifest(BaseModel):
    """The content of `manifest.json`; checksums are SHA-256 in hexadecimal, names are relative to the folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["headwatt-plan-folder-1"] = "headwatt-plan-folder-1"
    version: str
    plan_sha256: str = _SHA256
    files: dict[str, _Entry]
    exports: dict[str, _Entry] = {}


@dataclass(frozen=True)
class FileChange:
    """One file that differs from the manifest."""

    file: str
    change: Change


@dataclass(frozen=True)
class FolderState:
    """Whether a plan folder is as it was written: only then do `result.json` and `report.html` belong to its timetable.

    `plan_sha256` is that of the plan as it was written; None without a manifest that can be read.
    """

    folder: str
    status: Status
    changes: tuple[FileChange, ...] = ()
    plan_sha256: str | None = None

    @property
    def is_as_written(self) -> bool:
        """Whether every file is as it was written."""
        return self.status == "as written"

    def as_json(self) -> dict[str, Any]:
        """The state in the form of `--json`."""
        return {
            "folder": self.folder,
            "status": self.status,
            "is_as_written": self.is_as_written,
            "changes": [{"file": one.file, "change": one.change} for one in self.changes],
            "plan_sha256": self.plan_sha256,
        }

    def has_changed(self, file: str) -> bool:
        """Whether a file may differ from the written file: True for all files without a readable manifest."""
        return self.plan_sha256 is None or any(one.file == file for one in self.changes)

    @property
    def mark(self) -> str:
        """A short mark for titles and names of exports of the plan; empty if the folder is as it was written."""
        return (
            ""
            if self.is_as_written
            else "unproven: " + ("edited after it was written" if self.status == "edited" else "without a manifest")
        )

    def sentence(self) -> str:
        """A note on a folder that is not as it was written, with the next step; empty for other folders."""
        revise = f"`headwatt revise {self.folder}` checks and judges the timetable as it is and writes a plan of it."
        if self.status == "without manifest":
            return (
                f"{self.folder} has no {MANIFEST_FILE}: an earlier version of Headwatt wrote the plan, or the file was "
                f"removed. Nothing shows whether the plan was edited, so its saving is not proven. {revise}"
            )
        if self.status == "edited":
            return (
                f"{self.folder} was edited after the plan was written: {self.words()}. The saving in result.json and "
                f"report.html is not proven for this timetable. {revise}"
            )
        return ""

    def start_notes(self) -> tuple[str, ...]:
        """The notes of a plan whose search starts from this plan; empty if the folder is as it was written."""
        return () if self.is_as_written else (f"The search started from the plan in {self.folder} ({self.mark}).",)

    def words(self) -> str:
        """The changes: "timetable.csv changed, report.html missing"."""
        return ", ".join(f"{one.file} {one.change}" for one in self.changes)


def write_manifest(folder: Path) -> Manifest:
    """Write the manifest of the plan files in a folder, as the last file of the plan."""
    files = {name: _entry(folder / name) for name in (*PLAN_FILES, *MODEL_FILES) if (folder / name).is_file()}
    manifest = Manifest(version=headwatt_version(), plan_sha256=_plan_hash(files), files=files)
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None without a manifest. Raises ValueError for a manifest that is not readable."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ValueError(f"{MANIFEST_FILE} is not one that Headwatt wrote") from error
    if manifest.plan_sha256 != _plan_hash(manifest.files):
        raise ValueError(f"{MANIFEST_FILE} was changed: its checksums do not agree")
    return manifest


def state_of(folder: Path) -> FolderState:
    """Compare the files of a plan folder with its manifest."""
    try:
        manifest = read_manifest(folder)
    except ValueError:
        return FolderState(str(folder), "edited", (FileChange(MANIFEST_FILE, "unreadable"),))
    if manifest is None:
        return FolderState(str(folder), "without manifest")
    changes = tuple(_changes(folder, manifest.files))
    return FolderState(str(folder), "edited" if changes else "as written", changes, manifest.plan_sha256)


def checksums(folder: Path) -> Mapping[str, str]:
    """Checksum of each file of a plan in the folder, without the manifest, because exports are added to it."""
    return {name: _sha256(folder / name) for name in (*PLAN_FILES, *MODEL_FILES) if (folder / name).is_file()}


def note_exports(folder: Path, files: Iterable[Path]) -> None:
    """Add the files of an export in a plan folder to the manifest, so that a new plan in this place deletes them.

    Files in other folders are not added; a folder without a readable manifest stays unchanged.
    """
    inside = [file.resolve() for file in files if file.resolve().is_relative_to(folder.resolve())]
    try:
        manifest = read_manifest(folder)
    except ValueError:
        return
    if manifest is None or not inside:
        return
    written = {file.relative_to(folder.resolve()).as_posix(): _entry(file) for file in inside}
    noted = manifest.model_copy(update={"exports": {**manifest.exports, **written}})
    part = folder / f".{MANIFEST_FILE}.{os.getpid()}.part"
    part.write_text(noted.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / MANIFEST_FILE)


def own_names(folder: Path) -> set[str]:
    """Names, relative to the folder, of the plan's files and unchanged exports; other files belong to the user."""
    try:
        manifest = read_manifest(folder)
    except ValueError:
        manifest = None
    exports = manifest.exports if manifest is not None else {}
    unchanged = {name for name, entry in exports.items() if _is(folder / name, entry)}
    return {name for name in OWN_FILES if (folder / name).is_file()} | unchanged


def _changes(folder: Path, files: Mapping[str, _Entry]) -> Iterable[FileChange]:
    for name, entry in files.items():
        if not (folder / name).is_file():
            yield FileChange(name, "missing")
        elif not _is(folder / name, entry):
            yield FileChange(name, "changed")
    for name in (*PLAN_FILES, *MODEL_FILES):
        if name not in files and (folder / name).exists():
            yield FileChange(name, "added")


def _plan_hash(files: Mapping[str, _Entry]) -> str:
    lines = "".join(f"{files[name].sha256}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _entry(file: Path) -> _Entry:
    return _Entry(sha256=_sha256(file), bytes=file.stat().st_size)


def _is(file: Path, entry: _Entry) -> bool:
    return file.is_file() and file.stat().st_size == entry.bytes and _sha256(file) == entry.sha256


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
