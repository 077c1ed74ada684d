"""The telemetry of a vehicle and day from the store, as the calibration reads that of a file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.arrays import BoolArray, IntArray
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES, COLUMNS
from energy_models.telemetry.derivation.derive import derive
from energy_models.telemetry.quality import LARGEST_EXCLUDED_SHARE, Exclusion, Telemetry
from energy_models.telemetry.signals import CALIBRATION_SIGNALS
from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import TelemetryStore

_FIRST_ROWS = 5
_BLANK = " is blank"


@dataclass(frozen=True, eq=False)
class FilledDay:
    """Rows of a vehicle and day in the project's columns, the names of derived columns, and notes."""

    rows: pd.DataFrame
    derived: tuple[str, ...]
    notes: tuple[str, ...]


def filled_day(rows: pd.DataFrame, stations_m: Sequence[float] | None) -> FilledDay:
    """Rows of one vehicle and day with every column of the project; what cannot be derived is blank.

    Args:
        rows: Rows of `read_rows`, of one vehicle and day.
        stations_m: Chainages of the stations; None: places are not derived.
    """
    found = rows
    derived: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if stations_m is not None:
        result = derive(rows, stations_m)
        found, derived, notes = result.rows, result.derived, result.notes
    found = found.copy()
    if _is_blank(found, "current_a") and not _is_blank(found, "power_w") and not _is_blank(found, "voltage_v"):
        # The current of a recorder that gives power and voltage; both are means over the same second.
        found["current_a"] = found["power_w"] / found["voltage_v"]
        derived = (*derived, "current_a")
        notes = (*notes, "current_a: power by voltage")
    return FilledDay(found.reindex(columns=list(COLUMN_NAMES)), derived, notes)


def _is_blank(rows: pd.DataFrame, name: str) -> bool:
    return name not in rows or bool(rows[name].isna().all())


def stored_telemetry(
    store: TelemetryStore,
    line: str,
    vehicle: str,
    day: str,
    *,
    stations_m: Sequence[float] | None = None,
    as_of_ms: int | None = None,
) -> Telemetry:
    """The telemetry of a vehicle and service day: every row is used, or excluded with a counted reason.

    Args:
        store: The store.
        line: The line.
        vehicle: The vehicle.
        day: The service day.
        stations_m: Chainages of the stations, from which missing places are derived.
        as_of_ms: Only what was available at this instant.

    Raises:
        InputFaults: See `telemetry_of`.
    """
    rows = read_rows(store, line, vehicles=[vehicle], days=[day], columns=CALIBRATION_SIGNALS, as_of_ms=as_of_ms)
    return telemetry_of(rows, f"{line}/{day}/{vehicle}", stations_m)


def telemetry_of(rows: pd.DataFrame, name: str, stations_m: Sequence[float] | None) -> Telemetry:
    """The telemetry in the rows of one vehicle and day in order of time; `name` is their name in faults.

    Raises:
        InputFaults: There are no rows, a column has no values and cannot be derived, or more than a fifth of the rows
            has implausible values; with all faults.
    """
    if rows.empty:
        raise InputFaults([Fault(name, "", "", "no rows", "a vehicle and day with rows")])
    filled = filled_day(rows, stations_m)
    blank = [column for column in COLUMNS if filled.rows[column.name].isna().all()]
    if blank:
        raise InputFaults(
            Fault(name, "", column.name, "no values", f"{column.meaning}: {column.allowed}") for column in blank
        )
    reasons: list[str] = []
    first = np.full(len(rows), -1)

    def exclude(bad: BoolArray, words: str) -> None:
        if bad.any():
            first[bad & (first < 0)] = len(reasons)
            reasons.append(words)

    for column in COLUMNS:
        values = filled.rows[column.name]
        exclude(values.isna().to_numpy(), f"{column.name}{_BLANK}")
        if column.numeric:
            number = values.to_numpy(np.float64)
            outside = (number < column.lowest) | (number > column.highest)
            exclude(outside, f"{column.name} is not from {column.lowest:g} to {column.highest:g}")
        elif column.choices:
            exclude(~values.isin(column.choices).to_numpy(), f"{column.name} is not {column.allowed}")
    exclusions = _counted(first, reasons)
    # A blank place is usual: a train that stands in a depot is on no section.
    wrong = [one for one in exclusions if not one.reason.endswith(_BLANK)]
    if sum(one.rows for one in wrong) > LARGEST_EXCLUDED_SHARE * len(rows):
        raise InputFaults(
            Fault(name, "", "", f"{one.rows} of {len(rows)} rows", one.reason.replace(" is not ", " must be ", 1))
            for one in wrong
        )
    good = filled.rows[first < 0].reset_index(drop=True)
    for column in COLUMNS:
        if column.numeric:
            good[column.name] = good[column.name].astype(np.float64)
    content = pd.util.hash_pandas_object(rows.select_dtypes("number"), index=False)
    digest = hashlib.sha256(content.to_numpy().tobytes()).hexdigest()
    return Telemetry(good, len(rows), exclusions, name, digest, filled.notes)


def _counted(first: IntArray, reasons: Sequence[str]) -> tuple[Exclusion, ...]:
    """Excluded rows by reason; `first` has the number of the first reason of each row, or -1."""
    found = []
    for number, words in enumerate(reasons):
        rows = np.flatnonzero(first == number)
        if len(rows):
            found.append(Exclusion(words, len(rows), tuple(int(row) + 1 for row in rows[:_FIRST_ROWS])))
    return tuple(sorted(found, key=lambda one: one.reason))
