"""The instants of rows: every form of clock becomes milliseconds of Unix time, also in the night of a clock change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from energy_models.arrays import BoolArray, FloatArray, IntArray
from energy_models.telemetry.mapping.values import Clock

NOT_A_TIME = np.iinfo(np.int64).min
"""Stands for the instant of a row without a time that can be read."""

EARLIEST_MS = 0
LATEST_MS = 4_102_444_800_000
"""Instants from 1970 to 2100 are plausible."""

_JUMP_BACK_MS = 1_800_000
"""A local time that falls by more than half an hour, within the hour that occurs twice, begins its second pass."""
_CONTINUOUS_MS = 600_000
"""Rows that are at most ten minutes apart belong to one recording."""

_EPOCHS_PER_MS = {"epoch_s": 1e-3, "epoch_ms": 1.0, "epoch_us": 1e3, "epoch_ns": 1e6}

WORDS_NO_TIME = "time is not readable"
WORDS_IMPOSSIBLE = "local time does not exist: clocks were set forward"
WORDS_AMBIGUOUS = "local time occurs twice when clocks are set back, and the order of rows does not decide"


@dataclass(frozen=True)
class LocalTime:
    """The last local time of a vehicle, and whether it was after the clocks were set back."""

    local_ms: int
    is_later: bool


@dataclass(frozen=True, eq=False)
class ReadTimes:
    """Instants in milliseconds of Unix time (`NOT_A_TIME` where unreadable), and the reasons of unreadable rows."""

    instant_ms: IntArray
    reasons: dict[int, str]


@dataclass(eq=False)
class ClockMemory:
    """What the reader of a file keeps from one block to the next: the last local time of each vehicle."""

    last: dict[str, LocalTime] = field(default_factory=dict)


def instants(columns: Sequence[pa.Array], clock: Clock, vehicle: pa.Array, day: str, memory: ClockMemory) -> ReadTimes:
    """The instants of rows.

    Args:
        columns: The columns of the clock.
        clock: Their form and zone.
        vehicle: The vehicle of each row, as text; the order of its rows decides about times that occur twice.
        day: Service day of `service_day_s` times, otherwise empty.
        memory: Last times of the rows before these ones; it is brought up to date.
    """
    reasons: dict[int, str] = {}
    if clock.form in _EPOCHS_PER_MS:
        found = _rounded(_numbers(columns[0]) / _EPOCHS_PER_MS[clock.form])
    elif clock.form == "service_day_s":
        found = _rounded(_numbers(columns[0]) * 1e3 + day_begin_ms(day, clock.zone))
    else:
        local, is_instant = _calendar_times(columns, clock)
        found = local if is_instant else _from_local(local, clock, vehicle, reasons, memory)
    if clock.offset_s:
        found = np.where(found == NOT_A_TIME, NOT_A_TIME, found - round(clock.offset_s * 1e3))
    wrong = (found != NOT_A_TIME) & ((found < EARLIEST_MS) | (found > LATEST_MS))
    found = np.where(wrong, NOT_A_TIME, found)
    for row in np.flatnonzero(found == NOT_A_TIME):
        reasons.setdefault(int(row), WORDS_NO_TIME if not wrong[row] else "time is not from 1970 to 2100")
    return ReadTimes(found, reasons)


def day_begin_ms(day: str, zone: str) -> int:
    """The instant from which the seconds of a service day count: 12 h before noon, as in GTFS.

    On days without a clock change this is midnight. Source: GTFS Schedule Reference, field type Time.
    """
    noon = pd.Timestamp(f"{day} 12:00").tz_localize(ZoneInfo(zone))
    return int(noon.value // 1_000_000) - 43_200_000


def _numbers(column: pa.Array) -> FloatArray:
    if pa.types.is_string(column.type):
        text = pd.Series(column.to_pandas()).str.strip().str.replace(",", ".", regex=False)
        return np.asarray(pd.to_numeric(text, errors="coerce"), dtype=np.float64)
    if pa.types.is_timestamp(column.type):
        return np.full(len(column), np.nan)
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _rounded(milliseconds: FloatArray) -> IntArray:
    good = np.isfinite(milliseconds) & (np.abs(milliseconds) < 1e15)
    found = np.full(len(milliseconds), NOT_A_TIME, dtype=np.int64)
    found[good] = np.rint(milliseconds[good]).astype(np.int64)
    return found


def _calendar_times(columns: Sequence[pa.Array], clock: Clock) -> tuple[IntArray, bool]:
    """Milliseconds since 1970 by the written calendar, and whether they are instants because offsets are written."""
    first = columns[0]
    if len(columns) == 1 and pa.types.is_timestamp(first.type):
        # A time of Parquet: with a zone it is an instant, without a zone the local time.
        return _milliseconds(
            pc.cast(first, pa.timestamp("ms", tz=first.type.tz), safe=False)
        ), first.type.tz is not None
    texts = [_text(column) for column in columns]
    text = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, " ")
    if clock.form == "strftime":
        has_offset = "%z" in clock.pattern
        parsed = pd.to_datetime(text.to_pandas(), format=clock.pattern, errors="coerce", utc=has_offset)
        return _of_series(parsed), has_offset
    for kind, is_instant in ((pa.timestamp("us"), False), (pa.timestamp("us", tz="UTC"), True)):
        try:
            return _milliseconds(pc.cast(pc.cast(text, kind), pa.timestamp("ms", tz=kind.tz), safe=False)), is_instant
        except pa.ArrowInvalid:
            continue
    series = text.to_pandas()
    with_offset = series.str.contains(r"(?:Z|[+-]\d\d:?\d\d)\s*$", na=False).to_numpy()
    without_offset = series.str.match(r"\s*\d{4}-", na=False).to_numpy() & ~with_offset
    is_instant = bool(with_offset.sum() > without_offset.sum())
    # A row whose form differs from that of most rows cannot be compared with them, so it counts as unreadable.
    kept = series.where(with_offset == is_instant)
    return _of_series(pd.to_datetime(kept, format="ISO8601", errors="coerce", utc=is_instant)), is_instant


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return pc.utf8_trim_whitespace(column)
    return pc.cast(column, pa.string())


def _milliseconds(column: pa.Array) -> IntArray:
    whole = pc.fill_null(pc.cast(column, pa.int64()), NOT_A_TIME)
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)


def _of_series(parsed: "pd.Series[pd.Timestamp]") -> IntArray:
    missing = parsed.isna().to_numpy()
    plain = parsed.dt.tz_localize(None) if parsed.dt.tz is not None else parsed
    found = plain.astype("datetime64[ms]").to_numpy().astype(np.int64)
    return np.where(missing, NOT_A_TIME, found)


def _from_local(
    local_ms: IntArray,
    clock: Clock,
    vehicle: pa.Array,
    reasons: dict[int, str],
    memory: ClockMemory,
) -> IntArray:
    if clock.zone == "UTC":
        return local_ms
    good = local_ms != NOT_A_TIME
    index = pd.DatetimeIndex(local_ms[good].astype("datetime64[ms]"))
    zone = ZoneInfo(clock.zone)
    rows = np.flatnonzero(good)
    early, late = (
        index.tz_localize(zone, ambiguous=np.full(len(index), is_summer), nonexistent="NaT").as_unit("ms")
        for is_summer in (True, False)
    )
    missing = np.asarray(early.isna())
    for row in rows[missing]:
        reasons[int(row)] = WORDS_IMPOSSIBLE
    found = np.full(len(local_ms), NOT_A_TIME, dtype=np.int64)
    early_ms, late_ms = early.asi8, late.asi8
    found[rows] = np.where(missing, NOT_A_TIME, early_ms)
    twice = (early_ms != late_ms) & ~missing
    if clock.ambiguous == "later":
        found[rows[twice]] = late_ms[twice]
    elif clock.ambiguous == "in_order" and (twice.any() or memory.last):
        names = np.asarray(vehicle.to_pandas(), dtype=object)[rows]
        for name in dict.fromkeys(names.tolist()):
            mine = np.flatnonzero(names == name)
            _order_decides(str(name), mine, rows, local_ms[rows], early_ms, late_ms, twice, found, reasons, memory)
    if clock.ambiguous == "in_order" and len(rows):
        last = pd.Series(np.arange(len(rows))).groupby(np.asarray(vehicle.to_pandas(), dtype=object)[rows]).last()
        for name, at in last.items():
            is_later = bool(twice[at] and found[rows[at]] == late_ms[at])
            memory.last[str(name)] = LocalTime(int(local_ms[rows[at]]), is_later)
    return found


def _order_decides(
    name: str,
    mine: IntArray,
    rows: IntArray,
    local_ms: IntArray,
    early_ms: IntArray,
    late_ms: IntArray,
    twice: BoolArray,
    found: IntArray,
    reasons: dict[int, str],
    memory: ClockMemory,
) -> None:
    """Decide for one vehicle which rows within the hour that occurs twice are in its second pass."""
    inside = mine[twice[mine]]
    if not len(inside):
        return
    local = local_ms[inside]
    falls = np.flatnonzero(np.diff(local) < -_JUMP_BACK_MS)
    if len(falls):
        later = np.arange(len(inside)) > falls[0]
    else:
        before = memory.last.get(name)
        earlier_rows = mine[mine < inside[0]]
        previous = LocalTime(int(local_ms[earlier_rows[-1]]), False) if len(earlier_rows) else before
        following = mine[mine > inside[-1]]
        is_later = _one_pass_is_later(previous, int(local[0]), int(local[-1]), following, local_ms)
        if is_later is None:
            for one in rows[inside]:
                reasons[int(one)] = WORDS_AMBIGUOUS
            found[rows[inside]] = NOT_A_TIME
            return
        later = np.full(len(inside), is_later)
    found[rows[inside]] = np.where(later, late_ms[inside], early_ms[inside])


def _one_pass_is_later(
    previous: LocalTime | None, first_ms: int, last_ms: int, following: IntArray, local_ms: IntArray
) -> bool | None:
    """Whether one pass through the hour is its second occurrence; None if the neighbours of the rows do not decide."""
    if previous is not None and abs(first_ms - previous.local_ms) <= _CONTINUOUS_MS:
        return previous.is_later
    has_fallen = previous is not None and previous.local_ms - first_ms > _JUMP_BACK_MS
    goes_on = len(following) > 0 and int(local_ms[following[0]]) - last_ms <= _CONTINUOUS_MS
    return True if has_fallen or goes_on else None
