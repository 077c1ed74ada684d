"""The place of a plan folder: a new folder is written beside its place and then renamed, so that it is always complete.

The new folder is written under a hidden name in the same parent folder and flushed to the disk. Then an existing folder
in its place is renamed to another hidden name, and the new folder is renamed to its place. Files of the user move from
the old folder to the new one, and the replaced plan is deleted. A killed process leaves hidden folders; `recover`
completes or reverses its unfinished steps. Only one process at a time renames folders in a parent folder. The process
that writes a hidden folder holds a lock on it, so that no other process deletes the folder.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.plan_files.manifest import checksums, own_names, state_of, write_manifest
from energy_models.faults import Fault, InputFaults
from scenarios.files.folders import MANIFEST_FILE, described, is_plan

_NEW, _OLD = "headwatt-new", "headwatt-old"
_NAMES_LISTED = 4


Content = Mapping[str, str] | None
"""Checksums of the plan in a folder; None for a folder that is missing or empty."""


@dataclass(frozen=True)
class Place:
    """A folder for a plan, and the plan that it replaces there."""

    folder: Path
    replaced: Content


def place_for(folder: Path, option: str, *, force: bool = False, any_plan: bool = False) -> Place:
    """The place for a new plan; called before the work, because it raises `InputFaults` if no plan can be written.

    Allowed are a new or an empty folder, and the folder of a plan that was not edited; with `force`, or with `any_plan`
    for the plan of the present work, also the folder of an edited plan. A folder without a plan is never replaced.
    `option` is the option with the folder, for messages.
    """
    path = folder.resolve()
    with suppress(OSError):
        recover(path)
    allowed = _obstacle(path, force=force or any_plan)
    if allowed:
        raise InputFaults([Fault("", "", option, str(folder), allowed)])
    return Place(path, _content(path))


def put(place: Place, write: Callable[[Path], None]) -> Path:
    """Write a plan folder with `write` and put it in its place, completely or not at all; return the folder.

    If the place changed since `place_for`, the plan goes to another folder beside it (`NAME-2`): neither edits of the
    user nor the plan are lost.
    """
    target = place.folder
    target.parent.mkdir(parents=True, exist_ok=True)
    with _hidden_new(target) as new:
        write(new)
        write_manifest(new)
        _flush(new)
        with _sole_renamer(target.parent):
            if _content(target) != place.replaced:
                target = _free_beside(target)
            _exchange(new, target)
    return target


def recover(folder: Path) -> None:
    """Complete or reverse the unfinished steps of a killed process at this place; folders of running processes stay.

    Raises OSError if the parent folder cannot be changed.
    """
    if not any(_leftovers(folder, kind) for kind in (_NEW, _OLD)):
        return
    with _sole_renamer(folder.parent):
        for old in _leftovers(folder, _OLD):
            if not folder.exists():
                whole = next((new for new in _leftovers(folder, _NEW) if state_of(new).is_as_written), None)
                (whole or old).rename(folder)
            if old.exists():
                if state_of(folder).plan_sha256 is None:
                    # Another process or a user put another folder there: the plan that should be replaced stays.
                    old.rename(_free_beside(folder))
                else:
                    _clear(old, folder)
        for new in _leftovers(folder, _NEW):
            with _locked(new) as is_dead:
                if is_dead:
                    shutil.rmtree(new)


def _content(folder: Path) -> Content:
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    return checksums(folder) if is_plan(folder) else {}


def _obstacle(path: Path, *, force: bool) -> str:
    """The requirement on a path that cannot take a plan; empty for a valid path."""
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        return f"a folder; {parent} is a file"
    if not os.access(parent, os.R_OK | os.W_OK | os.X_OK):
        return f"a folder in one that you may write; {parent} is not: a plan is written beside its place, then renamed"
    return _obstacle_in(path, force=force) if path.exists() else ""


def _obstacle_in(path: Path, *, force: bool) -> str:
    """The requirement on a file or folder that a plan cannot replace; empty if a plan can replace it."""
    if not path.is_dir():
        return "a folder; this is a file"
    if path.is_mount() or path == Path.cwd() or path in Path.cwd().parents:
        return f"a folder that can be renamed, such as {path / 'plan'}; this one is in use"
    names = sorted(entry.name for entry in path.iterdir())
    if names and not is_plan(path):
        listed = ", ".join(names[:_NAMES_LISTED]) + (" and more" if len(names) > _NAMES_LISTED else "")
        return f"a new folder, or one that `headwatt plan` wrote; {described(path)} ({listed}), and is never replaced"
    state = state_of(path)
    if not names or state.is_as_written or force:
        return ""
    if state.changes:
        why = f"its plan was edited ({state.words()}), and replacing it would lose the edit"
    else:
        why = f"its plan has no {MANIFEST_FILE}, so that an edit cannot be excluded"
    return f"another folder, or --force to replace this one: {why}; `headwatt revise {path}` makes a plan of an edit"


def _exchange(new: Path, target: Path) -> None:
    """Rename the new folder to its place, and move the files of the user from the old folder into it."""
    if target.is_dir() and any(target.iterdir()):
        old = target.with_name(f".{target.name}.{_OLD}.{secrets.token_hex(4)}")
        target.rename(old)
        new.rename(target)
        _flush_folder(target.parent)
        _clear(old, target)
    else:
        new.rename(target)  # this also replaces an empty folder
    _flush_folder(target.parent)


def _clear(old: Path, target: Path) -> None:
    """Delete a replaced plan, and move other files to the new folder; files that exist there stay."""
    for name in sorted(own_names(old) - {MANIFEST_FILE}):
        (old / name).unlink(missing_ok=True)
    for entry in sorted(old.iterdir()):
        if entry.name != MANIFEST_FILE:
            _move_over(entry, target / entry.name)
    # The manifest is deleted last, because it lists the exports that belong to the plan.
    (old / MANIFEST_FILE).unlink(missing_ok=True)
    with suppress(OSError):
        old.rmdir()


def _move_over(source: Path, target: Path) -> None:
    """Move a file or a folder to a free name; if a folder exists in both places, move its content."""
    if source.is_dir() and not source.is_symlink() and (target.is_dir() or not any(source.iterdir())):
        for entry in sorted(source.iterdir()):
            _move_over(entry, target / entry.name)
        with suppress(OSError):
            source.rmdir()
    elif not target.exists():
        source.rename(target)


def _free_beside(target: Path) -> Path:
    number = 2
    while (free := target.with_name(f"{target.name}-{number}")).exists():
        number += 1
    return free


def _leftovers(folder: Path, kind: str) -> list[Path]:
    """The hidden folders of one kind that belong to a place."""
    prefix = f".{folder.name}.{kind}."
    if not folder.parent.is_dir():
        return []
    return sorted(path for path in folder.parent.iterdir() if path.name.startswith(prefix) and path.is_dir())


@contextmanager
def _hidden_new(target: Path) -> Iterator[Path]:
    """A new hidden folder beside a place, locked inside this context; at the end, a remaining folder is deleted."""
    while True:
        hidden = target.with_name(f".{target.name}.{_NEW}.{secrets.token_hex(4)}")
        hidden.mkdir()
        with _locked(hidden) as is_mine:
            # Before the lock, another process may have deleted it as the folder of a killed process.
            if not is_mine or not hidden.exists():
                continue
            try:
                yield hidden
            finally:
                shutil.rmtree(hidden, ignore_errors=True)
            return


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder inside this context, also after a rename; False if another process has the lock."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_mine = True
        except BlockingIOError:
            is_mine = False
        except OSError:
            is_mine = True  # some network file systems have no locks
        yield is_mine
    finally:
        os.close(descriptor)


@contextmanager
def _sole_renamer(parent: Path) -> Iterator[None]:
    """Inside this context, no other process of Headwatt renames plan folders in a parent folder."""
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        # Some network file systems have no locks: there, two processes must not write to one place at the same time.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _flush(folder: Path) -> None:
    """Flush every file of a folder, then the folder, to the disk."""
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
