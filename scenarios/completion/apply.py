"""Write the changes of a completion into the scenario file, keep the file as it was, and take the last change back."""

import difflib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from scenarios.completion.changes import Change, Wish, changes_for, file_changes
from scenarios.files.load import FILE, LINES, faults_of, find, load_scenario
from scenarios.files.source_positions import read_table, read_yaml
from scenarios.files.yaml_edit import edited
from scenarios.schema.line import Station
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key

BEFORE = ".before"
"""Folder within the scenario's folder with the earlier versions of its file."""


@dataclass(frozen=True)
class Completion:
    """A completion: the changes, the text of the file before and after, and the faults that remain."""

    file: Path
    changes: tuple[Change, ...]
    before: str
    after: str
    remaining: tuple[Fault, ...]

    @property
    def difference(self) -> str:
        """The change of the file as a unified difference; `patch -R` takes it back."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, f"a/{FILE}", f"b/{FILE}"))


def own_folder(name_or_path: str) -> Path:
    """The folder of a scenario that may be changed; raises InputFaults for a bundled line and for anything else."""
    file, named = find(name_or_path)
    if named:
        raise InputFaults([Fault(name_or_path, "", "", "+".join(named), "a folder without an override")])
    if file.parent.parent.resolve() == LINES.resolve():
        allowed = f"a scenario of your own; `headwatt scenario new DIR` writes one, {file.parent.name} stays as it is"
        raise InputFaults([Fault(name_or_path, "", "", "a bundled line", allowed)])
    return file.parent


def valid_scenario(folder: Path) -> Scenario | None:
    """The scenario of a folder; None if it has faults."""
    try:
        return load_scenario(folder)
    except InputFaults:
        return None


def completion_of(folder: Path, wish: Wish) -> Completion:
    """The completion of a scenario, not yet written.

    Raises InputFaults for faults of the wish, and if the changed scenario had faults that the scenario does not have.
    """
    file = folder / FILE
    content = read_yaml(file, FILE).plain()
    stations = content.get("stations")
    if isinstance(stations, str) and (folder / stations).is_file():
        stations = read_table(folder / stations, stations, fields_by_key(Station), (), []).plain()
    rows = stations if isinstance(stations, list) else []
    changes = changes_for(wish, content, rows, valid_scenario(folder))
    before = file.read_text(encoding="utf-8-sig")
    after = edited(before, file_changes(changes, wish, content), FILE)
    known = {(fault.field, fault.value) for fault in faults_of(folder)}
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place) / "trial"
        shutil.copytree(folder, trial, ignore=shutil.ignore_patterns(BEFORE))
        (trial / FILE).write_text(after, encoding="utf-8")
        remaining = faults_of(trial)
    new = [fault for fault in remaining if (fault.field, fault.value) not in known]
    if new and not known:
        raise InputFaults(new)
    return Completion(file, changes, before, after, remaining)


def write(completion: Completion) -> Path:
    """Write the changed file; the earlier version is kept in `.before`. Returns the file of the earlier version."""
    folder = completion.file.parent / BEFORE
    folder.mkdir(exist_ok=True)
    number = max((int(one.name.split("-")[0]) for one in folder.glob("[0-9]*-*")), default=0) + 1
    kept = folder / f"{number:03d}-{completion.file.name}"
    kept.write_text(completion.before, encoding="utf-8")
    part = completion.file.with_name(f".{completion.file.name}.part")
    part.write_text(completion.after, encoding="utf-8")
    part.replace(completion.file)
    return kept


def undo(folder: Path) -> Path:
    """Put the last earlier version of the scenario file back; returns the file of that version, which is used up.

    Raises InputFaults if there is no earlier version.
    """
    versions = sorted((folder / BEFORE).glob(f"[0-9]*-{FILE}"))
    if not versions:
        raise InputFaults([Fault(str(folder), "", "", "no earlier version", f"a file in {BEFORE}")])
    versions[-1].replace(folder / FILE)
    return versions[-1]
