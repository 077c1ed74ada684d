"""Simulated days in the user's cache folder: the days of a timetable that is simulated again with every plan.

Each content key has a folder of its own, so that only the days of one timetable are read. A folder that is damaged or
not writable only costs time: its days are simulated again.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numba
import numpy as np
import scipy
import simpy

from energy_models.faults import InputFaults
from energy_models.running_times.store import cache_folder
from simulation.runs.day_store import DayStore, KeptDay
from simulation.runs.replications import DayResult

LIBRARIES = f"numpy {np.__version__}, numba {numba.__version__}, scipy {scipy.__version__}, simpy {simpy.__version__}"
"""Versions of the libraries that compute a day; part of the content key."""

MOST_KEYS = 40
"""Number of keys whose days are kept; the days that were used least recently are removed."""


class DayCache:
    """The days of one content key, by seed."""

    def __init__(self, key: str) -> None:
        cache = cache_folder()
        self._key = key
        self._folder = cache / "days" / key if cache else None

    def find(self, seeds: Sequence[int]) -> Mapping[int, DayResult]:
        """The cached days of those seeds; none if the folder cannot be read."""
        if self._folder is None or not self._folder.is_dir():
            return {}
        with suppress(OSError, InputFaults, KeyError, TypeError, ValueError):
            store = DayStore(self._folder)
            cached = [seed for seed in seeds if store.has(self._key, seed)]
            days = dict(zip(cached, store.find(self._key, cached), strict=True))
            os.utime(self._folder)
            return days
        return {}

    def keep(self, days: Mapping[int, DayResult]) -> None:
        """Add days, and remove the keys that were used least recently."""
        if self._folder is None or not days:
            return
        with suppress(OSError):
            store = DayStore(self._folder)
            with store.open():
                for seed, day in days.items():
                    store.keep(KeptDay(self._key, seed, day, {}))
            os.utime(self._folder)
            _remove_oldest(self._folder.parent)


def _remove_oldest(folder: Path) -> None:
    keys = sorted((key for key in folder.iterdir() if key.is_dir()), key=lambda key: key.stat().st_mtime)
    for key in keys[:-MOST_KEYS]:
        shutil.rmtree(key, ignore_errors=True)
