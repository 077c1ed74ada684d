"""The hash of the source code of simulated days: a changed model never uses a day of an older model."""

import hashlib
from functools import lru_cache
from pathlib import Path

ROOMS = (
    "energy_models",
    "scenarios",
    "dispatch/plans",
    "dispatch/regulation/interface",
    "simulation/disturbances",
    "simulation/railway",
    "simulation/day",
    "simulation/runs",
)
"""Folders with the code of a simulated day.

Import contracts exclude every other folder of dispatch from them, so that stored days stay valid after a change of the
planner or the checker. The code of a regulator is in the content of its factory.
"""


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash of the Python source of the folders that a simulated day uses."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for room in ROOMS:
        for file in sorted((root / room).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:32]
