"""The hash of the code of a regulator: a changed regulator never uses a stored day of an older one."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def source_of(*places: str) -> str:
    """Hash of the Python source of some files and folders of `dispatch`."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for place in places:
        files = sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]
        for file in files:
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:32]
