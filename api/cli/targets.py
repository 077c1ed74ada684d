"""Output files of a command: the command checks before the work that it can write them."""

import os
from collections.abc import Mapping
from pathlib import Path

from energy_models.faults import Fault, InputFaults


def require_writable(files: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` for each option whose file has no folder or is not writable for this user."""
    faults = []
    for option, file in files.items():
        if file is None:
            continue
        if not file.absolute().parent.is_dir():
            faults.append(Fault("", "", option, str(file), "a file in an existing folder"))
        elif file.is_dir():
            faults.append(Fault("", "", option, str(file), "a file, not a folder"))
        elif not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            faults.append(Fault("", "", option, str(file), "a writable file"))
    if faults:
        raise InputFaults(faults)


def require_folders(folders: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` for each option whose folder is a file, or that this user cannot create or write."""
    faults = unusable_folders(folders)
    if faults:
        raise InputFaults(faults)


def unusable_folders(folders: Mapping[str, Path | None]) -> list[Fault]:
    """A fault for each option whose folder is a file, or that this user cannot create or write."""
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
            faults.append(Fault("", "", option, str(folder), "a writable folder"))
    return faults
