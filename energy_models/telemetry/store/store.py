"""The store as an object: its folder, its settings, its lock and its latest state."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.service_day import DAY_BEGINS_S
from energy_models.telemetry.store.state import (
    COMMITS,
    Commit,
    State,
    catch_up,
    checkpoint_name,
    delta_commits,
    load_state,
    write_checkpoint,
    write_commit,
    write_durably,
)

SETTINGS = "store.json"
LOCK = "lock"
FORMAT = "telemetry-store-1"
MOST_DELTA_COMMITS = 256
"""Commits after which a checkpoint is written, so that a start reads few files."""


@dataclass(frozen=True)
class Settings:
    """What holds for the whole store: the zone of its service days, and the second at which they begin."""

    zone: str
    day_begins_s: int = DAY_BEGINS_S


class TelemetryStore:
    """A telemetry store in a folder. Several processes may use it at the same time."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self._seen = ("", -1)
        self._state = State()

    @property
    def state(self) -> State:
        """The latest state, with the commits of other processes."""
        seen = checkpoint_name(self.root)
        if seen != self._seen or seen[1] == -1:
            self._state = load_state(self.root)
            self._seen = seen
        else:
            self._state = catch_up(self.root, self._state)
        return self._state

    @contextmanager
    def locked(self) -> Iterator[State]:
        """The lock of the store, and the state under it. The lock ends with the process that has it."""
        with _lock(self.root):
            yield self.state

    def commit(self, commit: Commit) -> State:
        """Add a commit; the caller has the lock."""
        self._state = write_commit(self.root, self._state, commit)
        if self._state.sequence % MOST_DELTA_COMMITS == 0 and delta_commits(self.root) >= MOST_DELTA_COMMITS:
            self.checkpoint(self._state)
        return self._state

    def checkpoint(self, state: State) -> None:
        """Replace the state; the caller has the lock."""
        write_checkpoint(self.root, state)
        self._state = state
        self._seen = checkpoint_name(self.root)


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """The lock of a store's folder."""
    descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def open_store(root: str | Path) -> TelemetryStore:
    """Open a store. Raises InputFaults if the folder is no store."""
    path = Path(root)
    settings = path / SETTINGS
    try:
        found = json.loads(settings.read_bytes())
        if found["format"] != FORMAT:
            raise KeyError("format")
        return TelemetryStore(path, Settings(str(found["zone"]), int(found["day_begins_s"])))
    except FileNotFoundError:
        allowed = "a telemetry store; `headwatt telemetry ingest` creates one"
        raise InputFaults([Fault(str(path), "", "", "no telemetry store", allowed)]) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputFaults([Fault(str(settings), "", "", "not readable", f"settings of {FORMAT}")]) from None


def create_store(root: str | Path, zone: str, day_begins_s: int = DAY_BEGINS_S) -> TelemetryStore:
    """Open the store of a folder, or create it there.

    Raises:
        InputFaults: The folder contains other files, or a store with another zone.
    """
    path = Path(root)
    ZoneInfo(zone)
    if not (path / SETTINGS).exists():
        _create(path, Settings(zone, day_begins_s))
    store = open_store(path)
    if store.settings.zone != zone:
        allowed = f"{store.settings.zone}, the zone of the store in {path}"
        raise InputFaults([Fault("", "", "time zone", zone, allowed)])
    return store


def _create(path: Path, settings: Settings) -> None:
    """Make the folder of a store; if another process made the store meanwhile, leave it."""
    if path.exists() and not path.is_dir():
        raise InputFaults([Fault(str(path), "", "", "a file", "a folder for the store")])
    if others := _files_of_others(path):
        raise InputFaults([Fault(str(path), "", "", f"a folder with {others[0]}", "an empty or new folder")])
    (path / COMMITS).mkdir(parents=True, exist_ok=True)
    # One process at a time: the store of the first one is the store of all.
    with _lock(path):
        if not (path / SETTINGS).exists():
            for unfinished in path.glob(f".{SETTINGS}.*"):
                unfinished.unlink()
            content = {"format": FORMAT, "zone": settings.zone, "day_begins_s": settings.day_begins_s}
            write_durably(path / SETTINGS, json.dumps(content).encode())


def _files_of_others(path: Path) -> list[str]:
    """Names in a folder that are no part of a store which another process creates, or could not finish."""
    names = {one.name for one in path.iterdir()} if path.is_dir() else set()
    if SETTINGS in names:
        return []
    return sorted(name for name in names - {COMMITS, LOCK} if not name.startswith(f".{SETTINGS}."))
