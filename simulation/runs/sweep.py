"""Sweeps: the cases of a sweep file as work, and the table of results of their days.

All cases and both timetables have the same days (common random numbers), so that differences between them are much more
certain than each value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.running_times.store import content_hash
from scenarios.requests.sweep import Sweep, TimetableName
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.runs.cases import SimulationCase
from simulation.runs.day_store import DayStore
from simulation.runs.interval import MeanInterval, mean_interval

SECONDS_A_TRIP = 0.004
"""Processor time of a simulated trip, ladder included; measured, see docs/simulation.md. For estimates only."""

SECONDS_A_LINE = 10.0
"""Processor time to build a line of a dozen sections with its driving profiles; measured in the same way."""

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
"""Columns of the data set in the table, and their names in the table."""

SAVING = "saving_percent"


@dataclass(frozen=True)
class Workload:
    """An estimate of the work of a sweep."""

    cases: int
    days: int
    days_known: int
    processor_s: float

    def wall_s(self, workers: int) -> float:
        """Estimated time with so many workers."""
        return self.processor_s / max(1, workers)


def cases_of(
    sweep: Sweep,
    plan: Timetable | None,
    stock_of: Callable[[Scenario], RollingStock] = RollingStock.of,
    regulators_of: Callable[[Scenario, RollingStock], Mapping[str, RegulatorFactory]] = lambda _scenario, _stock: {},
) -> tuple[SimulationCase, ...]:
    """The cases of a sweep, each with its timetables and the trains `stock_of` its scenario.

    `regulators_of` makes the regulators of the timetables of a case, by name. `plan` is required if the file uses the
    timetable of a plan.
    """
    names: tuple[TimetableName, ...] = sweep.file.timetable or (
        ("in_force", "plan") if plan is not None else ("in_force",)
    )
    if "plan" in names and plan is None:
        raise ValueError("the sweep needs a plan, and there is none")
    seen: dict[Timetable, Timetable] = {}
    cases = []
    for one in sweep.cases:
        in_force = timetable_in_force(one.scenario)
        in_force = seen.setdefault(in_force, in_force)
        timetables: dict[str, Timetable] = {
            name: in_force if name == "in_force" or plan is None else plan for name in names
        }
        stock = stock_of(one.scenario)
        cases.append(SimulationCase(one.scenario, stock, timetables, one.labels, regulators_of(one.scenario, stock)))
    return tuple(cases)


def workload(cases: Sequence[SimulationCase], seeds: Sequence[int], store: DayStore, version: str) -> Workload:
    """The estimated work of the cases without the stored days."""
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
            lines.add((content_hash(case.stock.content), case.scenario.track))
    return Workload(len(cases), days, known, SECONDS_A_TRIP * trips + SECONDS_A_LINE * len(lines))


def table(cases: Sequence[SimulationCase], seeds: Sequence[int], store: DayStore, version: str) -> pd.DataFrame:
    """One row for each case and timetable: labels, days, and the mean and 95 % interval of each figure.

    If a case has both timetables, the row of the plan also contains the saving, in percent of today's energy, paired
    by day.
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
                _put(row, SAVING, mean_interval([float(s) for s in 100.0 * (before - after) / before]))
            for column, figure in FIGURES.items():
                if column in own:
                    _put(row, figure, mean_interval([float(value) for value in own[column]]))
            rows.append(row)
    return pd.DataFrame(rows)


def _put(row: dict[str, object], name: str, found: MeanInterval) -> None:
    row[name], row[f"{name}_low"], row[f"{name}_high"] = found.mean, found.low, found.high
