"""The service day of an instant, and the seconds of the service day."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from energy_models.arrays import IntArray

DAY_BEGINS_S = 10_800
"""A service day begins at 03:00 local time, when metros without night service stand; assumed."""

_STEP_MS = 900_000
_EPOCH = date(1970, 1, 1)


def service_days(instant_ms: IntArray, zone: str, day_begins_s: int = DAY_BEGINS_S) -> IntArray:
    """The service day of each instant, as days since 1970-01-01.

    Offsets of zones change at full quarters of an hour, so that one look-up serves a quarter.
    """
    if not len(instant_ms):
        return np.zeros(0, dtype=np.int64)
    quarter = instant_ms // _STEP_MS
    low, high = int(quarter.min()), int(quarter.max())
    if high - low <= 4_000_000:
        table = np.arange(low, high + 1)
        return np.asarray(_days(table * _STEP_MS, zone, day_begins_s)[quarter - low])
    return _days(instant_ms, zone, day_begins_s)


def _days(instant_ms: IntArray, zone: str, day_begins_s: int) -> IntArray:
    import pandas as pd  # noqa: PLC0415 - who only opens a store imports no pandas

    index = pd.DatetimeIndex(instant_ms.astype("datetime64[ms]"), tz="UTC").tz_convert(ZoneInfo(zone))
    local_ms = index.tz_localize(None).as_unit("ms").asi8
    return np.asarray((local_ms - day_begins_s * 1000) // 86_400_000, dtype=np.int64)


def day_name(day: int) -> str:
    """The day, as 2026-11-30."""
    return (_EPOCH + timedelta(days=int(day))).isoformat()


def day_number(name: str) -> int:
    """Days since 1970-01-01 of a day such as 2026-11-30; raises ValueError for another text."""
    return (date.fromisoformat(name) - _EPOCH).days
