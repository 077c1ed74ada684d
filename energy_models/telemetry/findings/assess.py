"""The status of vehicles and days of the store: rows, flags, findings, and which checks were possible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.telemetry.batch import VEHICLE, Flag
from energy_models.telemetry.findings.finding import Finding
from energy_models.telemetry.findings.history import DaySummary, findings_over_days, summaries
from energy_models.telemetry.findings.vehicle_day import VehicleDay, vehicle_day
from energy_models.telemetry.findings.within_day import findings_within
from energy_models.telemetry.store.query import read_rows, stored_days
from energy_models.telemetry.store.store import TelemetryStore

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class DayStatus:
    """The status of a vehicle on a day.

    Attributes:
        vehicle: The vehicle.
        day: Service day.
        rows: Number of rows.
        flagged: Rows with a flag.
        hours: Hours between the first and the last row.
        missing_share: Share of the usual steps between the first and last row that are gaps.
        step_s: Usual time between two rows.
        signals: Signals with values.
        findings: What is wrong, in order of time.
        has_fleet_clock: Whether the clock could be compared with those of other vehicles.
    """

    vehicle: str
    day: str
    rows: int
    flagged: int
    hours: float
    missing_share: float
    step_s: float
    signals: tuple[str, ...]
    findings: tuple[Finding, ...]
    has_fleet_clock: bool


def assess(
    store: TelemetryStore,
    line: str,
    *,
    vehicles: Sequence[str] | None = None,
    days: Sequence[str] | None = None,
    as_of_ms: int | None = None,
    progress: Progress | None = None,
) -> tuple[DayStatus, ...]:
    """The status of each vehicle and day.

    Clocks, scales and exchanged vehicles are compared with all vehicles of the line and all days that the store has, so
    `vehicles` and `days` only choose what is returned.
    """
    report = progress or (lambda _stage, _share: None)
    known = stored_days(store, line)
    every_day = sorted(set(known["day"]))
    plain: dict[tuple[str, str], DayStatus] = {}
    kept: list[DaySummary] = []
    for place, day in enumerate(every_day):
        report("checking", place / max(len(every_day), 1))
        data = _of_day(store, line, day, as_of_ms)
        for one in summaries(data):
            kept.append(one)
            plain[one.vehicle, day] = _status(data[one.vehicle], bool(one.lags))
    report("checking", 1.0)
    over_days: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings_over_days(kept):
        over_days.setdefault((finding.vehicle, finding.day), []).append(finding)
    wanted_days = None if days is None else set(days)
    wanted = None if vehicles is None else set(vehicles)
    found = []
    for (vehicle, day), status in sorted(plain.items()):
        if (wanted is None or vehicle in wanted) and (wanted_days is None or day in wanted_days):
            findings = sorted((*status.findings, *over_days.get((vehicle, day), [])), key=lambda one: one.since_ms)
            found.append(DayStatus(**{**vars(status), "findings": tuple(findings)}))
    return tuple(found)


def _of_day(store: TelemetryStore, line: str, day: str, as_of_ms: int | None) -> dict[str, VehicleDay]:
    rows = read_rows(store, line, days=[day], as_of_ms=as_of_ms)
    return {
        str(vehicle): vehicle_day(str(vehicle), day, mine)
        for vehicle, mine in rows.groupby(VEHICLE, sort=True)
        if len(mine)
    }  # fmt: skip


def _status(data: VehicleDay, has_fleet_clock: bool) -> DayStatus:
    step = np.diff(data.seconds)
    usual = float(np.median(step)) if len(step) else 0.0
    whole = float(data.seconds[-1] - data.seconds[0])
    missing = 1.0 - (len(data.seconds) - 1) * usual / whole if whole > 0.0 and usual > 0.0 else 0.0
    flagged = int((data.flags & ~int(Flag.OTHER_VERSION) != 0).sum())
    return DayStatus(
        data.vehicle, data.day, len(data.seconds), flagged, whole / 3600.0, max(missing, 0.0), usual,
        tuple(sorted(data.signals)), tuple(findings_within(data)), has_fleet_clock,
    )  # fmt: skip
