"""What differs between two versions of text files, line by line."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

MOST_BYTES = 400_000
MOST_LINES = 1000
"""Largest file whose lines are compared, and most lines of a difference."""

Paths = Mapping[str, tuple[str | None, ...]]
"""Path before and after by name; None where the file is not there."""


@dataclass(frozen=True)
class FileDifference:
    """A file that was added, removed or changed; `lines` as in a unified diff, None if they were not compared."""

    name: str
    change: Literal["added", "removed", "changed"]
    lines: tuple[str, ...] | None

    @staticmethod
    def without_lines(name: str, before: str | None, after: str | None) -> "FileDifference":
        """The difference without the lines."""
        return FileDifference(name, "added" if before is None else "removed" if after is None else "changed", None)


def differences(paths: Paths) -> tuple[FileDifference, ...]:
    """The differences of files; a workbook, a missing file and a file that is too large have no lines."""
    return tuple(_difference(name, before, after) for name, (before, after) in paths.items())


def _difference(name: str, before: str | None, after: str | None) -> FileDifference:
    found = FileDifference.without_lines(name, before, after)
    texts = [_lines(path) for path in (before, after)]
    if None in texts:
        return found
    old, new = (text or [] for text in texts)
    lines = islice(difflib.unified_diff(old, new, "before", "after", lineterm="", n=2), MOST_LINES)
    return FileDifference(name, found.change, tuple(lines))


def _lines(path: str | None) -> list[str] | None:
    if path is None:
        return []
    file = Path(path)
    if not file.is_file() or file.stat().st_size > MOST_BYTES:
        return None
    content = file.read_bytes()
    return None if b"\0" in content else content.decode("utf-8", "replace").splitlines()
