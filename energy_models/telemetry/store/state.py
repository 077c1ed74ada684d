"""What a store contains: the files that commits name. Commits are JSON files that appear in one step."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from energy_models.faults import Fault, InputFaults

COMMITS = "commits"
FORMAT = 1
CHECKPOINT = ".checkpoint.json"
DELTA = ".json"

Kind = Literal["number", "text"]


@dataclass(frozen=True)
class StoredFile:
    """One Parquet file of rows.

    Attributes:
        path: Path within the store.
        line: Line.
        day: Service day.
        vehicles: For each vehicle its first and last instant (ms) and its number of rows.
        is_compact: Whether the file contains each row of its vehicle and day once.
        has_versions: Whether a compact file has several rows of one instant.
    """

    path: str
    line: str
    day: str
    vehicles: Mapping[str, tuple[int, int, int]]
    is_compact: bool = False
    has_versions: bool = False

    def overlaps(self, vehicle: str, first_ms: int, last_ms: int) -> bool:
        """Whether the file can have rows of a vehicle between two instants."""
        found = self.vehicles.get(vehicle)
        return found is not None and found[0] <= last_ms and first_ms <= found[1]


@dataclass(frozen=True)
class QuarantineFile:
    """One Parquet file with the quarantined rows of a batch."""

    path: str
    line: str
    batch_id: str
    rows: int
    available_ms: int


@dataclass(frozen=True)
class State:
    """The contents of a store after a number of commits.

    Attributes:
        sequence: Number of commits that added something.
        files: Files of rows.
        quarantine: Files of quarantined rows, by batch.
        kinds: Whether a column contains numbers or text.
    """

    sequence: int = 0
    files: tuple[StoredFile, ...] = ()
    quarantine: Mapping[str, QuarantineFile] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def of(self, line: str, days: "Iterable[str] | None" = None) -> tuple[StoredFile, ...]:
        """The files of a line, of some days or of all."""
        wanted = None if days is None else set(days)
        return tuple(file for file in self.files if file.line == line and (wanted is None or file.day in wanted))

    def with_commit(self, commit: "Commit") -> "State":
        """The state after one more commit."""
        added = {one.batch_id: one for one in commit.quarantine}
        return State(
            self.sequence + 1,
            (*self.files, *commit.files),
            {**self.quarantine, **added},
            {**self.kinds, **commit.kinds},
        )


@dataclass(frozen=True)
class Commit:
    """What one batch adds."""

    files: tuple[StoredFile, ...]
    quarantine: tuple[QuarantineFile, ...]
    kinds: Mapping[str, Kind]


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that appears in one step, whole, and survives a loss of power."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_state(root: Path) -> State:
    """The state of a store, from its last checkpoint and the commits after it. Raises InputFaults for a wrong file."""
    for _ in range(5):
        try:
            return _load(root)
        except FileNotFoundError:
            # Between the list of names and the reading, another process has written a checkpoint.
            continue
    return _load(root)


def _names(root: Path) -> list[str]:
    return [path.name for path in (root / COMMITS).iterdir()]


def _load(root: Path) -> State:
    names = sorted(_names(root))
    checkpoints = [name for name in names if name.endswith(CHECKPOINT) and not name.startswith(".")]
    state = State()
    if checkpoints:
        state = _checkpoint(root / COMMITS / checkpoints[-1])
    return catch_up(root, state)


def catch_up(root: Path, state: State) -> State:
    """The state after all commits that follow it."""
    while True:
        path = root / COMMITS / f"{state.sequence + 1:09d}{DELTA}"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return state
        found = _json(content, path)
        state = state.with_commit(
            Commit(
                tuple(_file(one) for one in found["files"]),
                tuple(QuarantineFile(**one) for one in found["quarantine"]),
                found["kinds"],
            )
        )


def write_commit(root: Path, state: State, commit: Commit) -> State:
    """Add a commit; the caller has the lock and knows the latest state."""
    after = state.with_commit(commit)
    content = {
        "format": FORMAT,
        "files": [_as_json(one) for one in commit.files],
        "quarantine": [vars(one) for one in commit.quarantine],
        "kinds": dict(sorted(commit.kinds.items())),
    }
    write_durably(root / COMMITS / f"{after.sequence:09d}{DELTA}", _bytes(content))
    return after


def write_checkpoint(root: Path, state: State) -> None:
    """Write the whole state as one file and remove the commits that it contains; the caller has the lock."""
    content = {
        "format": FORMAT,
        "sequence": state.sequence,
        "files": [_as_json(one) for one in sorted(state.files, key=lambda one: one.path)],
        "quarantine": [vars(one) for _, one in sorted(state.quarantine.items())],
        "kinds": dict(sorted(state.kinds.items())),
    }
    name = f"{state.sequence:09d}{CHECKPOINT}"
    write_durably(root / COMMITS / name, _bytes(content))
    for other in _names(root):
        if other != name and (other.startswith(".") or int(other.split(".")[0]) <= state.sequence):
            (root / COMMITS / other).unlink(missing_ok=True)


def delta_commits(root: Path) -> int:
    """Number of commits since the last checkpoint."""
    return sum(1 for name in _names(root) if name.endswith(DELTA) and not name.endswith(CHECKPOINT))


def checkpoint_name(root: Path) -> tuple[str, int]:
    """Name and time of writing of the latest checkpoint; they change when files were removed."""
    names = sorted(name for name in _names(root) if name.endswith(CHECKPOINT) and name[0] != ".")
    if not names:
        return "", 0
    try:
        return names[-1], (root / COMMITS / names[-1]).stat().st_mtime_ns
    except FileNotFoundError:
        return names[-1], -1


def _checkpoint(path: Path) -> State:
    found = _json(path.read_bytes(), path)
    return State(
        int(found["sequence"]),
        tuple(_file(one) for one in found["files"]),
        {one["batch_id"]: QuarantineFile(**one) for one in found["quarantine"]},
        found["kinds"],
    )


def _json(content: bytes, path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(content)
        is_known = found["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        is_known = False
    if not is_known:
        raise InputFaults([Fault(str(path), "", "", "not readable", f"a commit of the format {FORMAT}")])
    return found


def _file(one: Mapping[str, Any]) -> StoredFile:
    vehicles = {name: (int(low), int(high), int(rows)) for name, (low, high, rows) in one["vehicles"].items()}
    return StoredFile(
        one["path"], one["line"], one["day"], vehicles, bool(one["is_compact"]), bool(one["has_versions"])
    )


def _as_json(file: StoredFile) -> dict[str, Any]:
    return {**vars(file), "vehicles": {name: list(one) for name, one in sorted(file.vehicles.items())}}


def _bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def without(state: State, paths: "set[str]") -> State:
    """The state without some files of rows."""
    return replace(state, files=tuple(file for file in state.files if file.path not in paths))
