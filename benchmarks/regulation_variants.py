"""Variants of the energy-aware regulator that exist only in benchmarks: the bound by foresight, and a failed service.

`foresight` reads all coming deviations of dwells of the simulated day from its seed. No regulator of a product can have
this knowledge; its saving is the bound for better forecasts. `gone` advises until noon; then the trains have no advice
and only the rule of `hold`: no departure before the schedule.
"""

from dataclasses import dataclass, replace

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.regulation.energy import EnergyRegulator, EnergyRegulators
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator
from dispatch.regulation.line_tables import LineTables
from dispatch.regulation.schedule import HoldToSchedule
from simulation.railway.dwells import planned_minimum_s
from simulation.railway.operating_rules import OperatingRules

GONE_FROM_S = 12 * 3600.0


@dataclass(frozen=True, eq=False)
class Foresight:
    """Makes energy-aware regulators that know the deviations of one day."""

    energy: EnergyRegulators
    rules: OperatingRules
    seed: int

    @property
    def name(self) -> ControllerName:
        return self.energy.name

    @property
    def content(self) -> str:
        return f"foresight {self.energy.content}"

    def for_day(self, timetable: Timetable) -> Regulator:
        tables = self.energy.tables(timetable)
        if tables is None:
            return HoldToSchedule()
        rules = self.energy.rules
        return EnergyRegulator(known_deviations(tables, self.rules, self.seed, rules.target_s), rules)


def known_deviations(tables: LineTables, rules: OperatingRules, seed: int, target_s: float) -> LineTables:
    """The tables with the dwells that the day of a seed will have, and with the beginnings of its trips.

    The regulator adds `target_s` to the beginning of every trip, because it lets no trip begin earlier.
    """
    plan = tables.plan
    dwell_s, begins_s = plan.dwell_s.copy(), plan.begins_s.copy()
    for j, trip in enumerate(tables.trips):
        deviations_s = rules.noise.deviations_s(seed, trip.trip_id, trip.stations)
        begins_s[j] = max(int(plan.begins_s[j]), round(trip.start_s + float(deviations_s[0]) - target_s))
        for stop in range(1, len(trip.driving)):
            least_s = planned_minimum_s(rules, trip, stop)
            place = int(plan.first_section[j]) + stop - 1
            dwell_s[j, place] = round(max(trip.dwell_s(stop) + float(deviations_s[stop]), least_s))
    return replace(tables, plan=plan._replace(dwell_s=dwell_s.astype(np.int64), begins_s=begins_s))


@dataclass(frozen=True, eq=False)
class UntilNoon:
    """Makes energy-aware regulators that fail at noon."""

    energy: EnergyRegulators

    @property
    def name(self) -> ControllerName:
        return self.energy.name

    @property
    def content(self) -> str:
        return f"gone from {GONE_FROM_S} {self.energy.content}"

    def for_day(self, timetable: Timetable) -> Regulator:
        return Failing(self.energy.for_day(timetable))


@dataclass(frozen=True)
class Failing:
    """A regulator until noon, and then the schedule that every train has on board."""

    inner: Regulator

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:
        regulator = self.inner if train.now_s < GONE_FROM_S else HoldToSchedule()
        return regulator.advise(train, line)
