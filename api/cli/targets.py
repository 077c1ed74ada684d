"""Files that a command is asked to write: that they cannot be written is told before the work, not after it."""

import os
from collections.abc import Mapping
from pathlib import Path

from energy_models.faults import Fault, InputFaults


def require_writable(files: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` with each option whose file has no folder, or one that this user may not write."""
    faults = []
    for option, file in files.items():
        if file is None:
            continue
        if not file.absolute().parent.is_dir():
            faults.append(Fault("", "", option, str(file), "a file in a folder that exists"))
        elif file.is_dir():
            faults.append(Fault("", "", option, str(file), "a file, not a folder"))
        elif not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            faults.append(Fault("", "", option, str(file), "a file that you may write"))
    if faults:
        raise InputFaults(faults)


def require_folders(folders: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` with each option whose folder is a file, or cannot be made or written by this user."""
    faults = unusable_folders(folders)
    if faults:
        raise InputFaults(faults)


def unusable_folders(folders: Mapping[str, Path | None]) -> list[Fault]:
    """A fault for each option whose folder is a file, or cannot be made or written by this user."""
    faults = []
    for option, folder in folders.items():
        if folder is None:
            continue
        there = folder.absolute()
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            faults.append(Fault("", "", option, str(folder), f"a folder; {there} is a file"))
        elif not os.access(there, os.W_OK):
            faults.append(Fault("", "", option, str(folder), "a folder that you may write"))
    return faults
