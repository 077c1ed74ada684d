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
