"""Sweeps: the cases of a sweep's file as work, and the table of what their days say.

All cases and both timetables meet the same days (common random numbers), so that differences between them are far more
certain than each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dispatch.baseline import timetable_in_force
from dispatch.timetable import Timetable
from scenarios.build import train_of
from scenarios.sweep import Sweep, TimetableName
from scenarios.vehicle import CalibratedVehicle, apply
from simulation.cases import Case
from simulation.control import ControllerName
from simulation.day_store import DayStore
from simulation.interval import Estimate, estimate

SECONDS_A_TRIP = 0.004
"""Processor time of a simulated trip, ladder included; measured, see docs/simulation.md. For estimates only."""

SECONDS_A_LINE = 10.0
"""Processor time to build a line of a dozen sections with its driving profiles; measured alike."""

FIGURES = {
    "energy.energy_kwh": "energy_kwh",
    "energy.utility_kwh": "utility_kwh",
    "energy.regeneration_offered_kwh": "regeneration_offered_kwh",
    "energy.regeneration_used_kwh": "regeneration_used_kwh",
    "energy.line_losses_kwh": "line_losses_kwh",
    "energy.unserved_kwh": "unserved_kwh",
    "energy.peak_15min_sliding_kw": "peak_15min_kw",
    "energy.minimum_voltage_v": "minimum_voltage_v",
    "cost": "cost",
    "co2_kg": "co2_kg",
    "service.mean_waiting_s": "mean_waiting_s",
    "service.excess_waiting_s": "excess_waiting_s",
    "service.punctual_share": "punctual_share",
    "service.headway_variation": "headway_variation",
    "service.maximum_load_share": "maximum_load_share",
    "service.denied_boardings": "denied_boardings",
}
"""Columns of the data set that the table shows, and their names there."""

SAVING = "saving_percent"


@dataclass(frozen=True)
class Workload:
    """How much there is to do, before it is done."""

    cases: int
    days: int
    days_known: int
    processor_s: float

    def wall_s(self, workers: int) -> float:
        """About how long it takes on that many workers."""
        return self.processor_s / max(1, workers)


def cases_of(
    sweep: Sweep,
    plan: Timetable | None,
    vehicle: CalibratedVehicle | None = None,
    controller: ControllerName = "none",
) -> tuple[Case, ...]:
    """The cases of a sweep, each with the timetables asked for. `plan` is needed where the file asks for the plan."""
    asked: tuple[TimetableName, ...] = sweep.file.timetable or (
        ("in_force", "plan") if plan is not None else ("in_force",)
    )
    if "plan" in asked and plan is None:
        raise ValueError("the sweep asks for a plan, and there is none")
    seen: dict[Timetable, Timetable] = {}
    cases = []
    for one in sweep.cases:
        train = train_of(one.scenario)
        if vehicle is not None:
            train = apply(vehicle, train)
        in_force = timetable_in_force(one.scenario)
        in_force = seen.setdefault(in_force, in_force)
        timetables: dict[str, Timetable] = {
            name: in_force if name == "in_force" or plan is None else plan for name in asked
        }
        cases.append(Case(one.scenario, train, timetables, one.labels, controller))
    return tuple(cases)


def workload(cases: Sequence[Case], seeds: Sequence[int], store: DayStore, version: str) -> Workload:
    """What simulating the cases would take, less what the store has."""
    trips = known = days = 0
    lines = set()
    seen: set[str] = set()
    for case in cases:
        missing = 0
        for name, key in case.keys(version).items():
            if key in seen:
                continue
            seen.add(key)
            have = sum(store.has(key, seed) for seed in seeds)
            known += have
            days += len(seeds)
            missing += len(seeds) - have
            trips += (len(seeds) - have) * len(case.timetables[name].trips)
        if missing:
            lines.add((repr(case.train), case.scenario.track))
    return Workload(len(cases), days, known, SECONDS_A_TRIP * trips + SECONDS_A_LINE * len(lines))


def table(cases: Sequence[Case], seeds: Sequence[int], store: DayStore, version: str) -> pd.DataFrame:
    """A row for each case and timetable: labels, days, and of each figure the mean and the ends of its 95 % interval.

    Where a case has both timetables, the plan's row also holds the saving, percent of today's energy, paired by day.
    """
    rows = []
    keys = [case.keys(version) for case in cases]
    days = store.figures({key for of_case in keys for key in of_case.values()}, seeds)
    by_key = {str(key): part.set_index("seed").loc[list(seeds)] for key, part in days.groupby("key")}
    for case, of_case in zip(cases, keys, strict=True):
        for name, key in of_case.items():
            own = by_key[key]
            row: dict[str, object] = {**case.labels, "timetable": name, "days": len(own)}
            if name == "plan" and "in_force" in of_case:
                before = by_key[of_case["in_force"]]["energy.energy_kwh"].to_numpy()
                after = own["energy.energy_kwh"].to_numpy()
                _put(row, SAVING, estimate([float(s) for s in 100.0 * (before - after) / before]))
            for column, figure in FIGURES.items():
                if column in own:
                    _put(row, figure, estimate([float(value) for value in own[column]]))
            rows.append(row)
    return pd.DataFrame(rows)


def _put(row: dict[str, object], name: str, found: Estimate) -> None:
    row[name], row[f"{name}_low"], row[f"{name}_high"] = found.mean, found.low, found.high
