"""The source that simulated days depend on, as a hash: a changed model never answers with an old day."""

import hashlib
from functools import lru_cache
from pathlib import Path

_LAYERS = ("energy_models", "scenarios", "dispatch", "simulation")
_WITHOUT = ("dispatch/timing", "dispatch/rules")
"""Folders that only decide or check; no simulated day depends on them."""


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash of the Python source of all layers that a simulated day runs through."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for layer in _LAYERS:
        for file in sorted((root / layer).rglob("*.py")):
            name = file.relative_to(root).as_posix()
            if not name.startswith(_WITHOUT):
                digest.update(name.encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:32]
