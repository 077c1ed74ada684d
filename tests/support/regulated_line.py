"""The tutorial line with a regulator, for tests of regulation: days with any noise, and all advice of a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator, RegulatorFactory
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import DayModel, day_model
from simulation.disturbances.dwell_noise import DwellNoise

LINE = load_scenario("tutorial_line")
TODAY = timetable_in_force(LINE)


@cache
def model() -> DayModel:
    return day_model(LINE, profile_library(LINE))


@cache
def factory(name: ControllerName) -> RegulatorFactory | None:
    return regulators_named(name, LINE, RollingStock.of(LINE))


def regulated(name: ControllerName, noise: DwellNoise) -> DayModel:
    """The line with a controller and dwell noise."""
    rules = replace(model().rules, noise=noise)
    return replace(model(), rules=rules, regulators=factory(name))


@dataclass(frozen=True)
class Recorder:
    """Keeps every advice of the energy-aware regulator with its question."""

    given: list[tuple[ReadyTrain, Advice]] = field(default_factory=list)
    name: ControllerName = "energy"
    content: str = "recorder"

    def for_day(self, timetable: Timetable) -> Regulator:
        inner, kept = factory("energy").for_day(timetable), self.given  # type: ignore[union-attr]

        class Kept:
            def advise(self, train: ReadyTrain, line: LineState) -> Advice:
                advice = inner.advise(train, line)
                kept.append((train, advice))
                return advice

        return Kept()


@dataclass(frozen=True)
class OneLate(DwellNoise):
    """One trip begins late; nothing else happens."""

    late_s: float = 0.0
    trip_id: str = ""

    def deviations_s(self, seed: int, trip_id: str, stations: Sequence[str]) -> np.ndarray:  # noqa: ARG002
        late_s = self.late_s if trip_id == self.trip_id else 0.0
        return np.array([late_s, *([0.0] * (len(stations) - 1))])
