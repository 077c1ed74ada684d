"""Trains: a SimPy process for each vehicle works the trips of its duty, behind the train ahead, through the day.

A vehicle departs at its scheduled time or when it is ready, whichever is later; dwells as planned, give or take the
noise; follows the train ahead at no less than the minimum headway; turns back in no less than the minimum time; and
carries its lateness into its next trip when the turnback is too short to absorb it. What an ATO does about a deviation
is one of two behaviours:

- it holds the timetable: departures return to the schedule as far as minimum dwells allow, and a train so late that
  the next dwell cannot absorb it runs faster, down to its shortest running time;
- deviations add up: planned dwells and running times are kept, and whatever was lost stays lost until the terminal.

Trains do not overtake. Runs that the supply starves (`simulation.starvation`) take longer, whatever they planned.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import simpy

from dispatch.timetable import Direction, Timetable, Trip
from energy_models.faults import Fault, InputFaults
from energy_models.starved import ServedShare
from simulation.passengers import Platform, PlatformDemand
from simulation.record import TripRecord
from simulation.rules import OperatingRules
from simulation.starvation import NOBODY, Starvation

Process = Generator[simpy.Event, Any, None]


class Shortest(Protocol):
    """Answers how fast a section can be run, and by how much a starved train is slower."""

    def shortest_s(self, direction: Direction, section: int, passengers: float, strategy: str) -> int:
        """Least whole-second running time of a section with that many passengers on board, driven that way."""
        ...

    def slowed_s(
        self,
        direction: Direction,
        section: int,
        running_time_s: int,
        passengers: float,
        strategy: str,
        served: ServedShare,
    ) -> float:
        """By how many seconds a run takes longer when only that share of its traction is served."""
        ...


@dataclass(frozen=True)
class LineDemand:
    """Passengers of both directions; `room` is what a train carries at most, `opens_s` when platforms begin to fill."""

    platforms: Mapping[Direction, PlatformDemand]
    room: float
    opens_s: Mapping[Direction, Sequence[float]]


class _Journey:
    """One trip while it runs."""

    def __init__(self, trip: Trip, first_station: int) -> None:
        self.trip = trip
        self.first_station = first_station
        self.ahead: list[tuple[_Journey, int] | None] = [None] * len(trip.stations)
        self.arrival_s: list[float] = []
        self.departure_s: list[float] = []
        self.running_time_s: list[int] = []
        self.slowed_s: list[float] = []
        self.held_outside_s: list[float] = []
        self.passengers: list[float] = []
        self.boarded: list[float] = []
        self.denied: list[float] = []
        self.waited_s: list[float] = []
        self._departed: dict[int, simpy.Event] = {}

    def departed(self, env: simpy.Environment, station: int) -> simpy.Event:
        """The event of this train's departure from a station that it has not left yet."""
        return self._departed.setdefault(station, env.event())

    def leave(self, env: simpy.Environment, station: int) -> None:
        """Note the departure and tell whoever waits for it."""
        self.departure_s.append(env.now)
        waiting = self._departed.pop(station, None)
        if waiting is not None:
            waiting.succeed()

    def record(self) -> TripRecord:
        """The finished trip."""
        return TripRecord(
            self.trip,
            tuple(self.arrival_s),
            tuple(self.departure_s),
            tuple(self.running_time_s),
            tuple(self.held_outside_s),
            tuple(self.passengers),
            tuple(self.boarded),
            tuple(self.denied),
            tuple(self.waited_s),
            tuple(self.slowed_s),
        )


@dataclass
class _Line:
    """What all trains of a day share."""

    env: simpy.Environment
    rules: OperatingRules
    shortest: Shortest
    seed: int | None
    demand: LineDemand | None
    planned_loads: bool
    starvation: Starvation
    platforms: dict[tuple[Direction, int], Platform] = field(default_factory=dict)

    def deviations_s(self, trip: Trip) -> list[float]:
        """Deviation of each departure; none without a seed."""
        if self.seed is None:
            return [0.0] * len(trip.stations)
        return [float(d) for d in self.rules.noise.deviations_s(self.seed, trip.trip_id, trip.stations)]


@dataclass(frozen=True)
class Operations:
    """All trips of a day as they ran, in the order of the timetable, and the passengers who found no train."""

    trips: tuple[TripRecord, ...]
    never_served: float


def operate(
    timetable: Timetable,
    rules: OperatingRules,
    shortest: Shortest,
    station_order: Mapping[Direction, Sequence[str]],
    seed: int | None,
    demand: LineDemand | None = None,
    planned_loads: bool = False,
    starvation: Starvation = NOBODY,
) -> Operations:
    """Let the trains of a day run, and return every trip as it ran.

    Without a seed there are no disturbances. Loads follow from the demand, or are the timetable's own with
    `planned_loads` (also without a demand). Trips without a vehicle each have one of their own. Runs named in
    `starvation` are slower by what the supply did not serve them.

    Raises InputFaults when a trip does not run along neighbouring stations of its direction, or when trains wait for
    each other for ever (a vehicle whose trips contradict the order of trains).
    """
    if not timetable.trips:
        return Operations((), 0.0)
    journeys = [_Journey(trip, _first_station(trip, station_order[trip.direction])) for trip in timetable.trips]
    _link_to_trains_ahead(journeys)
    env = simpy.Environment(initial_time=min(trip.start_s for trip in timetable.trips) - 3600.0)
    line = _Line(env, rules, shortest, seed, demand, planned_loads or demand is None, starvation)
    if demand is not None:
        for direction, opens_s in demand.opens_s.items():
            for station, opening_s in enumerate(opens_s):
                line.platforms[direction, station] = Platform(demand.platforms[direction], station, opening_s)
    for duty in _duties(journeys):
        env.process(_work_duty(line, duty))
    env.run()
    stuck = [journey.trip.trip_id for journey in journeys if len(journey.departure_s) < len(journey.trip.stations)]
    if stuck:
        allowed = "duties whose trips do not contradict the order of trains at any station"
        shown = f"{len(stuck)} trips wait for each other for ever: {', '.join(stuck[:5])}"
        raise InputFaults([Fault("timetable", "", "vehicle", shown, allowed)])
    never_served = sum(platform.never_served() for platform in line.platforms.values())
    return Operations(tuple(journey.record() for journey in journeys), never_served)


def _first_station(trip: Trip, order: Sequence[str]) -> int:
    """Index of the trip's first station in order of travel."""
    start = list(order).index(trip.stations[0]) if trip.stations[0] in order else -1
    if start < 0 or tuple(order[start : start + len(trip.stations)]) != trip.stations or len(trip.stations) < 2:
        raise InputFaults(
            [
                Fault(
                    "timetable",
                    f"trip {trip.trip_id}",
                    "stations",
                    ", ".join(trip.stations[:4]) + (", ..." if len(trip.stations) > 4 else ""),
                    f"neighbouring stations in order of travel {trip.direction}: {', '.join(order)}",
                )
            ]
        )
    return start


def _link_to_trains_ahead(journeys: Sequence[_Journey]) -> None:
    """Give each call the train that the timetable lets depart just before, in the same direction."""
    calls: dict[tuple[Direction, int], list[tuple[int, str, _Journey, int]]] = {}
    for journey in journeys:
        for i in range(len(journey.trip.stations) - 1):
            place = (journey.trip.direction, journey.first_station + i)
            calls.setdefault(place, []).append((journey.trip.departure_s[i], journey.trip.trip_id, journey, i))
    for at_place in calls.values():
        at_place.sort(key=lambda call: call[:2])
        for (_, _, leader, leader_stop), (_, _, follower, stop) in pairwise(at_place):
            follower.ahead[stop] = (leader, leader_stop)


def _duties(journeys: Sequence[_Journey]) -> list[list[_Journey]]:
    duties: dict[str, list[_Journey]] = {}
    for journey in journeys:
        name = journey.trip.vehicle or f"trip {journey.trip.trip_id}"
        duties.setdefault(name, []).append(journey)
    for duty in duties.values():
        duty.sort(key=lambda journey: (journey.trip.start_s, journey.trip.trip_id))
    return list(duties.values())


def _work_duty(line: _Line, duty: Sequence[_Journey]) -> Process:
    """One vehicle through the day."""
    ready_s = -math.inf
    for journey, following in zip(duty, [*duty[1:], None], strict=True):
        yield from _run_trip(line, journey, ready_s, following)
        ready_s = line.env.now + line.rules.minimum_turnback_s.get(journey.trip.stations[-1], 0.0)


def _run_trip(line: _Line, journey: _Journey, ready_s: float, following: _Journey | None) -> Process:
    env, trip = line.env, journey.trip
    deviation_s = line.deviations_s(trip)
    yield env.timeout(max(0.0, max(trip.start_s + deviation_s[0], ready_s) - env.now))
    journey.arrival_s.append(env.now)
    on_board = 0.0
    last = len(trip.stations) - 1
    for i in range(last):
        if i > 0:
            yield env.timeout(max(0.0, _wish_to_leave_s(line.rules, trip, i, env.now, deviation_s[i]) - env.now))
        yield from _wait_for_train_ahead(line, journey, i)
        if i == 0:
            journey.arrival_s[0] = env.now
        on_board = _exchange_passengers(line, journey, i, on_board)
        journey.leave(env, i)
        running_time_s = _running_time_s(line, journey, i, on_board, following)
        journey.running_time_s.append(running_time_s)
        slowed_s = _slowed_s(line, journey, i, running_time_s)
        journey.slowed_s.append(slowed_s)
        yield env.timeout(running_time_s + slowed_s)
        at_signal_s = env.now
        ahead = journey.ahead[i + 1]
        if ahead is not None and len(ahead[0].departure_s) <= ahead[1]:
            yield ahead[0].departed(env, ahead[1])
        journey.held_outside_s.append(env.now - at_signal_s)
        journey.arrival_s.append(env.now)
    journey.leave(env, last)


def _shortest_dwell_s(rules: OperatingRules, trip: Trip, i: int) -> float:
    """What a late train dwells at least; a timetable that plans less is taken at its word."""
    return min(rules.minimum_dwell_s.get(trip.stations[i], 0.0), float(trip.dwell_s(i)))


def _wish_to_leave_s(rules: OperatingRules, trip: Trip, i: int, arrived_s: float, deviation_s: float) -> float:
    """When the train would leave a station on its way if there were no train ahead."""
    floor_s = _shortest_dwell_s(rules, trip, i)
    if rules.noise.accumulates:
        return arrived_s + max(trip.dwell_s(i) + deviation_s, floor_s)
    return max(trip.departure_s[i] + deviation_s, arrived_s + floor_s + max(0.0, deviation_s))


def _wait_for_train_ahead(line: _Line, journey: _Journey, i: int) -> Process:
    """Stand at the platform until the train ahead has left this place, and the minimum headway has passed since."""
    ahead = journey.ahead[i]
    if ahead is None:
        return
    leader, stop = ahead
    if len(leader.departure_s) <= stop:
        yield leader.departed(line.env, stop)
    clear_s = leader.departure_s[stop] + line.rules.minimum_headway_s
    if clear_s > line.env.now:
        yield line.env.timeout(clear_s - line.env.now)


def _exchange_passengers(line: _Line, journey: _Journey, i: int, on_board: float) -> float:
    """Let passengers off and on at a departure; the load over the next section."""
    now_s, station = line.env.now, journey.first_station + i
    boarded = denied = waited_s = 0.0
    if line.demand is not None:
        demand = line.demand.platforms[journey.trip.direction]
        if i > 0:
            on_board *= 1.0 - demand.share_leaving(station, journey.arrival_s[i])
        room = math.inf if line.planned_loads else line.demand.room - on_board
        boarding = line.platforms[journey.trip.direction, station].board(now_s, room)
        boarded, denied, waited_s = boarding.boarded, boarding.denied, boarding.waited_s
        on_board += boarded
    journey.boarded.append(boarded)
    journey.denied.append(denied)
    journey.waited_s.append(waited_s)
    journey.passengers.append(journey.trip.passengers[i] if line.planned_loads else on_board)
    return on_board


def _running_time_s(line: _Line, journey: _Journey, i: int, on_board: float, following: _Journey | None) -> int:
    """Planned running time; longer where the load does not allow it, shorter where a late train must recover."""
    trip, rules = journey.trip, line.rules
    passengers = journey.passengers[i] if line.planned_loads else on_board
    planned_s = trip.running_time_s(i)
    shortest_s = line.shortest.shortest_s(trip.direction, journey.first_station + i, passengers, trip.driving[i])
    if rules.noise.accumulates or planned_s <= shortest_s:
        return max(planned_s, shortest_s)
    # The latest arrival that the next dwell, or the turnback, still absorbs.
    due_s = float(trip.arrival_s[i + 1])
    if i + 2 < len(trip.stations):
        due_s = trip.departure_s[i + 1] - _shortest_dwell_s(rules, trip, i + 1)
    elif following is not None:
        turnback_s = rules.minimum_turnback_s.get(trip.stations[-1], 0.0)
        due_s = max(due_s, following.trip.start_s - turnback_s)
    if line.env.now + planned_s <= due_s + rules.tolerated_lateness_s:
        return planned_s
    return min(planned_s, max(shortest_s, math.floor(due_s - line.env.now)))


def _slowed_s(line: _Line, journey: _Journey, i: int, running_time_s: int) -> float:
    """How much longer the run takes because the supply starves it; nothing where it does not."""
    served = line.starvation.served.get((journey.trip.trip_id, i))
    if served is None:
        return 0.0
    trip = journey.trip
    return line.shortest.slowed_s(
        trip.direction, journey.first_station + i, running_time_s, journey.passengers[i], trip.driving[i], served
    )
