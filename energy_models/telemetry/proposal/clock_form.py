"""The form of the clock of a sample: ISO, Unix time by its size, seconds of the service day, or a national format."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.telemetry.mapping.values import ClockForm
from energy_models.telemetry.proposal.names import DATE, TIME, named_column
from energy_models.telemetry.proposal.sample import Sample

PATTERNS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S.%f", "%d.%m.%y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d-%m-%Y %H:%M:%S",
    "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S,%f",
)  # fmt: skip
_EPOCHS: tuple[tuple[ClockForm, float], ...] = (
    ("epoch_s", 1.0),
    ("epoch_ms", 1e3),
    ("epoch_us", 1e6),
    ("epoch_ns", 1e9),
)
_SINCE_S, _UNTIL_S = 946_684_800.0, 2_208_988_800.0
"""Unix times from 2000 to 2039 are taken for times."""


@dataclass(frozen=True, eq=False)
class FoundClock:
    """The clock of a sample.

    Attributes:
        columns: One column, or a date and a time.
        form: Form of the time.
        pattern: Format of `strftime` times.
        needs_zone: Whether the times have no offset, so that the zone must be stated.
        seconds: Seconds of each row, from any origin; NaN where unreadable.
        doubts: What is not sure, as sentences.
    """

    columns: tuple[str, ...]
    form: ClockForm
    pattern: str
    needs_zone: bool
    seconds: FloatArray
    doubts: tuple[str, ...]


def clock_of(sample: Sample) -> FoundClock | None:
    """The clock of a sample; None if no column has times."""
    names = list(sample.columns)
    ranked = sorted(names, key=lambda name: not re.search(TIME, named_column(name).words, re.IGNORECASE))
    dates = [name for name in names if re.search(DATE, named_column(name).words, re.IGNORECASE)]
    for name in ranked:
        is_named = bool(re.search(TIME, named_column(name).words, re.IGNORECASE))
        found = _of_column(sample, name, is_named)
        if found is not None:
            return found
        for date in dates:
            if is_named and date != name:
                joined = sample.columns[date].astype(str) + " " + sample.columns[name].astype(str)
                found = _of_text(joined, (date, name))
                if found is not None:
                    return found
    return None


def _of_column(sample: Sample, name: str, is_named: bool) -> FoundClock | None:
    column = sample.columns[name]
    if pd.api.types.is_datetime64_any_dtype(column):
        has_zone = getattr(column.dt, "tz", None) is not None
        seconds = column.astype("int64").to_numpy() / _per_second(column)
        return FoundClock((name,), "iso", "", not has_zone, np.asarray(seconds, dtype=np.float64), ())
    numbers = sample.numbers(name)
    good = numbers[np.isfinite(numbers)]
    if len(good) >= 0.9 * len(numbers) and len(good):
        middle = float(np.median(good))
        for form, factor in _EPOCHS:
            if _SINCE_S * factor <= middle <= _UNTIL_S * factor:
                return FoundClock((name,), form, "", False, numbers / factor, ())
        rises = len(good) < 2 or float((np.diff(good) >= 0.0).mean()) > 0.6
        if is_named and rises and good.min() >= 0.0 and good.max() <= 172_800.0:
            doubt = "the numbers are taken for seconds from midnight of the service day"
            own = name == "time_s"
            return FoundClock((name,), "service_day_s", "", True, numbers, () if own else (doubt,))
        return None
    return _of_text(column.astype(str), (name,))


def _per_second(column: "pd.Series") -> float:
    unit = getattr(column.dt, "unit", "ns")
    return {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[str(unit)]


def _of_text(text: "pd.Series", columns: tuple[str, ...]) -> FoundClock | None:
    text = text.str.strip()
    filled = text[text != ""]
    if filled.empty or not filled.iloc[0][:1].isdigit():
        return None
    head = filled.iloc[:200]
    has_offset = bool(head.str.contains(r"\d(?:Z|[+-]\d\d:?\d\d)$").mean() > 0.5)
    if head.str.match(r"\d{4}-\d{2}-\d{2}[T ]\d").mean() > 0.9 and not head.str.contains(",").any():
        parsed = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=has_offset)
        return FoundClock(columns, "iso", "", not has_offset, _seconds(parsed), ())
    fits = [
        pattern
        for pattern in PATTERNS
        if pd.to_datetime(head, format=pattern, errors="coerce").notna().mean() > 0.95
    ]  # fmt: skip
    if not fits:
        return None
    doubts: tuple[str, ...] = ()
    if {fit[:8] for fit in fits} >= {"%d/%m/%Y", "%m/%d/%Y"}:
        days_first = pd.to_datetime(text, format=next(fit for fit in fits if fit.startswith("%d")), errors="coerce")
        if days_first.notna().mean() > 0.95:
            doubts = ("day and month can be exchanged: every date of the sample fits both orders",)
    pattern = fits[0]
    seconds = _seconds(pd.to_datetime(text, format=pattern, errors="coerce"))
    return FoundClock(columns, "strftime", pattern, True, seconds, doubts)


def _seconds(parsed: "pd.Series") -> FloatArray:
    plain = parsed.dt.tz_localize(None) if parsed.dt.tz is not None else parsed
    whole = plain.astype("datetime64[ms]").to_numpy().astype(np.int64) / 1e3
    return np.where(parsed.isna().to_numpy(), np.nan, whole)
