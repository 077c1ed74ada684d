"""Reads the bytes of an ordinary file, and refuses what would block or fill the memory: pipes, devices, huge files."""

import os
import stat
from pathlib import Path

from energy_models.faults import Fault

MOST_TABLE_BYTES = 200_000_000
"""Largest file that is read as a table; the largest table of one day (every stop of 10,000 trips) has about 20 MB."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def stored_bytes(path: Path, name: str, wanted: str, faults: list[Fault], most: int = MOST_TABLE_BYTES) -> bytes | None:
    """The bytes of an ordinary file; None, with one fault, for anything else and for a file of more than `most` bytes.

    `name` is the file as faults name it, and `wanted` the words for what should be there. The function never waits for
    a writer at the other end of a pipe.
    """
    try:
        kind = kind_of(path)
        if kind:
            faults.append(Fault(name, "", "", kind, f"an ordinary file: {wanted}"))
            return None
        # Without O_NONBLOCK, a file that a pipe replaces after the check above would block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                faults.append(Fault(name, "", "", "not an ordinary file", f"an ordinary file: {wanted}"))
                return None
            # A file that grows, or one of /proc, is longer than its size.
            content = b"" if found.st_size > most else file.read(most + 1)
    except FileNotFoundError:
        faults.append(Fault(name, "", "", "no such file", wanted))
        return None
    except (OSError, ValueError) as error:
        words = str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error)
        faults.append(Fault(name, "", "", words, wanted))
        return None
    if found.st_size > most or len(content) > most:
        allowed = f"{wanted}, at most {most / 1e6:,.0f} MB"
        faults.append(Fault(name, "", "", f"{max(found.st_size, len(content)) / 1e6:,.0f} MB", allowed))
        return None
    return content


def kind_of(path: Path) -> str:
    """What stands at a path in place of an ordinary file, in words; empty for an ordinary file.

    Raises OSError if there is nothing.
    """
    mode = path.stat().st_mode
    return "" if stat.S_ISREG(mode) else next((words for test, words in _KINDS if test(mode)), "not an ordinary file")
