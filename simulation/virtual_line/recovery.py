"""What follows from a disruption under several recoveries: trains and supply of the next hours, without noise.

The trains of the timetable run in the simulation of the line. Trains that are late now are late at their next
departure; the disruption holds trains at platforms, or takes a substation out. Each recovery is the same simulation
with another controller, or without the trips of a train that is withdrawn.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import ReadyTrain, TrainEvent
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.faults import Fault, InputFaults
from energy_models.supply.outages import Outage, solve_with_outages
from scenarios.schema.base import DIRECTIONS, Direction
from simulation.day.model import DayModel
from simulation.railway.control_centre import ControlCentre
from simulation.railway.trip_run import Journey
from simulation.virtual_line.recovery_figures import ComparedLine, RecoveryFigures, Window, figures_of

DisruptionKind = Literal["train failed", "section blocked", "late pull-out", "substation out"]
DISRUPTIONS: tuple[DisruptionKind, ...] = ("train failed", "section blocked", "late pull-out", "substation out")
AFTER_S = 3600.0
"""The figures cover the disruption and this time after its end."""
BEFORE_S = 1800.0
"""Trips that ended longer than this before the disruption are left out."""
LEAST_LATENESS_S = 5.0


@dataclass(frozen=True)
class Disruption:
    """What happened, where, and from when to when (s of the day).

    `at` is a train (`train failed`: it stands at its next station; `late pull-out`: its next trip from a terminal
    begins `to_s` - `from_s` later), a station (`section blocked`: the section from it to the next one in direction up),
    or a substation. `direction` is the blocked direction, None for both.
    """

    kind: DisruptionKind
    at: str
    from_s: float
    to_s: float
    direction: Direction | None = None


@dataclass(frozen=True)
class PresentState:
    """The lateness of the trains now by vehicle, in s, and the substations that are out of service."""

    now_s: float
    lateness_s: Mapping[str, float] = field(default_factory=dict)
    out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recovery:
    """One way to recover: a controller (None: own control of the trains), and whether the failed train is withdrawn."""

    name: str
    regulators: RegulatorFactory | None = None
    withdraws: bool = False


def faults_of(disruption: Disruption, line: ComparedLine) -> list[Fault]:
    """What the line does not know of a disruption."""
    vehicles = [one for one in line.timetable.vehicles if one]
    known: Mapping[DisruptionKind, Sequence[str]] = {
        "train failed": vehicles,
        "late pull-out": vehicles,
        "section blocked": line.model.station_order["up"][:-1],
        "substation out": [one.name for one in line.model.network.substations],
    }
    if disruption.at in known[disruption.kind]:
        return []
    return [Fault("", "disruption", "at", disruption.at, f"one of {', '.join(known[disruption.kind])}")]


def window_of(disruption: Disruption, now_s: float, timetable: Timetable) -> Window:
    """The time over which recoveries are compared."""
    ends_s = max(trip.end_s for trip in timetable.trips)
    return Window(math.floor(now_s), math.ceil(min(disruption.to_s + AFTER_S, ends_s)))


def without_disruption(line: ComparedLine, state: PresentState, window: Window) -> RecoveryFigures:
    """The figures of the same time without the disruption: own control of the trains, with their lateness now."""
    return _figures(line, _cut(line.timetable, window), state, None, None, window)


def with_recovery(
    line: ComparedLine, state: PresentState, disruption: Disruption, recovery: Recovery, window: Window
) -> RecoveryFigures:
    """The figures of a recovery. Raises InputFaults if the line does not know the place of the disruption."""
    faults = faults_of(disruption, line)
    if faults:
        raise InputFaults(faults)
    cut = _cut(line.timetable, window)
    if recovery.withdraws:
        later = [one for one in cut.trips if one.vehicle == disruption.at and one.start_s > disruption.from_s]
        cut = replace(cut, trips=tuple(one for one in cut.trips if one not in later))
    return _figures(line, cut, state, disruption, recovery.regulators, window)


def _cut(timetable: Timetable, window: Window) -> Timetable:
    trips = (t for t in timetable.trips if t.end_s > window.from_s - BEFORE_S and t.start_s < window.to_s)
    return Timetable(tuple(trips))


def _figures(
    line: ComparedLine, timetable: Timetable, state: PresentState, disruption: Disruption | None,
    regulators: RegulatorFactory | None, window: Window,
) -> RecoveryFigures:  # fmt: skip
    model = line.model
    if not timetable.trips:
        raise InputFaults(
            [Fault("", "disruption", "from", f"{window.from_s} s", "a time with trains in the timetable")]
        )
    operation = model.rules.operation
    inner = None
    if regulators is not None:
        inner = ControlCentre(
            regulators.for_day(timetable),
            float(operation.state_latency_s),
            float(operation.advice_followed_share),
            None,
        )
    centre = DisruptedCentre(inner, _holds(model, timetable, state, disruption))
    day = model.begin_trains(timetable, None, centre)
    day.line.env.run()
    operations = day.operations()
    outages = [Outage(name, 0.0, math.inf) for name in state.out]
    if disruption is not None and disruption.kind == "substation out":
        outages.append(Outage(disruption.at, disruption.from_s, disruption.to_s))
    snapshots = model.snapshots(operations.trips)
    solution = solve_with_outages(model.network, snapshots, outages)
    return figures_of(operations, snapshots, solution, line, window)


@dataclass
class DisruptedCentre:
    """A control centre that also holds trains at platforms until `held_until_s` of them (-inf: not held)."""

    inner: ControlCentre | None
    held_until_s: Callable[[ReadyTrain], float]

    def report(
        self, journey: Journey, event: TrainEvent, stop: int, now_s: float, passengers: float, running_time_s: int = 0
    ) -> None:
        """Send an event of a train."""
        if self.inner is not None:
            self.inner.report(journey, event, stop, now_s, passengers, running_time_s)

    def report_end(self, journey: Journey, now_s: float) -> None:
        """Send that the last trip of a duty has ended."""
        if self.inner is not None:
            self.inner.report_end(journey, now_s)

    def advise(self, train: ReadyTrain) -> Advice | None:
        """The advice of the regulator, with the hold of the disruption."""
        advice = None if self.inner is None else self.inner.advise(train)
        if not train.can_hold:
            return advice
        held_s = self.held_until_s(train)
        if held_s <= max(train.now_s, -math.inf if advice is None else advice.departs_s):
            return advice
        running_time_s = train.own_running_time_s if advice is None else advice.running_time_s
        return Advice(train.trip.trip_id, train.stop, held_s, running_time_s, "schedule")


def _holds(
    model: DayModel, timetable: Timetable, state: PresentState, disruption: Disruption | None
) -> Callable[[ReadyTrain], float]:
    """Until when a train that is ready to leave is held by its present lateness and by the disruption."""
    late = {name: one for name, one in state.lateness_s.items() if one > LEAST_LATENESS_S}
    blocked = _blocked_departures(model, disruption)
    pulled_out: Trip | None = None
    if disruption is not None and disruption.kind == "late pull-out":
        duty = [one for one in timetable.by_departure() if one.vehicle == disruption.at]
        pulled_out = next((one for one in duty if one.start_s >= disruption.from_s), None)

    def held_until_s(train: ReadyTrain) -> float:
        name, trip = train.trip.vehicle or train.trip.trip_id, train.trip
        held_s = -math.inf
        if train.now_s >= state.now_s or train.planned_s + late.get(name, 0.0) >= state.now_s:
            lateness_s = late.pop(name, None)
            if lateness_s is not None:
                held_s = train.planned_s + lateness_s
        if disruption is None:
            return held_s
        during = disruption.from_s <= train.now_s < disruption.to_s
        stands = disruption.kind == "train failed" and name == disruption.at
        if during and (stands or (trip.stations[train.stop], trip.direction) in blocked):
            held_s = max(held_s, disruption.to_s)
        if pulled_out is not None and trip.trip_id == pulled_out.trip_id and train.stop == 0:
            held_s = max(held_s, pulled_out.start_s + disruption.to_s - disruption.from_s)
        return held_s

    return held_until_s


def _blocked_departures(model: DayModel, disruption: Disruption | None) -> set[tuple[str, Direction]]:
    """Stations and directions whose departures lead into the blocked section."""
    if disruption is None or disruption.kind != "section blocked":
        return set()
    order = model.station_order["up"]
    at = order.index(disruption.at)
    ends: Mapping[Direction, str] = {"up": order[at], "down": order[at + 1]}
    return {(ends[d], d) for d in DIRECTIONS if disruption.direction in (None, d)}
