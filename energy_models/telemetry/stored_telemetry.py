"""The telemetry of a vehicle and day from the store, as the calibration reads that of a file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES, COLUMNS
from energy_models.telemetry.derivation.derive import derive
from energy_models.telemetry.quality import Exclusion, Telemetry
from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import TelemetryStore

_FIRST_ROWS = 5


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
        InputFaults: The store has no rows of the vehicle and day, or a column has no values and cannot be derived.
    """
    rows = read_rows(store, line, vehicles=[vehicle], days=[day], as_of_ms=as_of_ms)
    name = f"{line}/{day}/{vehicle}"
    if rows.empty:
        raise InputFaults([Fault(name, "", "", "no rows", "a vehicle and day of the store")])
    filled = filled_day(rows, stations_m)
    blank = [column for column in COLUMNS if filled.rows[column.name].isna().all()]
    if blank:
        raise InputFaults(
            Fault(name, "", column.name, "no values", f"{column.meaning}: {column.allowed}") for column in blank
        )
    reason = pd.Series("", index=filled.rows.index, dtype=object)
    for column in COLUMNS:
        values = filled.rows[column.name]
        missing = values.isna()
        reason[missing & (reason == "")] = f"{column.name} is blank"
        if column.numeric:
            outside = ((values < column.lowest) | (values > column.highest)).fillna(False)
            reason[outside & (reason == "")] = f"{column.name} is not from {column.lowest:g} to {column.highest:g}"
    good = filled.rows[reason == ""].reset_index(drop=True)
    for column in COLUMNS:
        if column.numeric:
            good[column.name] = good[column.name].astype(np.float64)
    content = pd.util.hash_pandas_object(rows.select_dtypes("number"), index=False)
    digest = hashlib.sha256(content.to_numpy().tobytes()).hexdigest()
    return Telemetry(good, len(rows), _counted(reason), name, digest, filled.notes)


def _counted(reason: "pd.Series[str]") -> tuple[Exclusion, ...]:
    bad = reason[reason != ""]
    return tuple(
        Exclusion(str(words), len(group), tuple(int(row) + 1 for row in group.index[:_FIRST_ROWS]))
        for words, group in bad.groupby(bad, sort=True)
    )
