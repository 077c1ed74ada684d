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
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from dispatch.timetable import Direction, Timetable, Trip
from energy_models.faults import Fault, InputFaults
from simulation.dwells import LeastDwell, MinimumDwell, PlatformStop, wish_to_leave_s
from simulation.journeys import Duty, Journey, duties_of, journeys_of
from simulation.passengers import NOBODY_BOARDS, OnBoard, Platform, PlatformDemand
from simulation.record import TripRecord
from simulation.rules import OperatingRules
from simulation.runs import RunAsked, Running, told_running_time_s
from simulation.starvation import NOBODY, Starvation
from simulation.turnbacks import AlwaysReady, VehicleEvents, ready_after_s

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class LineDemand:
    """Passengers of both directions; `room` is what a train carries at most, `opens_s` when platforms begin to fill."""

    platforms: Mapping[Direction, PlatformDemand]
    room: float
    opens_s: Mapping[Direction, Sequence[float]]


@dataclass
class _Line:
    """What all trains of a day share."""

    env: simpy.Environment
    rules: OperatingRules
    running: Running
    dwelling: LeastDwell
    vehicles: VehicleEvents
    seed: int | None
    demand: LineDemand | None
    planned_loads: bool
    starvation: Starvation
    platforms: dict[tuple[Direction, int], Platform] = field(default_factory=dict)

    def empty_train(self, direction: Direction) -> OnBoard:
        """A train of that direction with nobody on board."""
        stations = 0 if self.demand is None else self.demand.platforms[direction].per_hour.shape[1]
        return OnBoard(stations)

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
    running: Running,
    station_order: Mapping[Direction, Sequence[str]],
    seed: int | None,
    demand: LineDemand | None = None,
    planned_loads: bool = False,
    starvation: Starvation = NOBODY,
    dwelling: LeastDwell | None = None,
    vehicles: VehicleEvents | None = None,
) -> Operations:
    """Let the trains of a day run, and return every trip as it ran.

    Without a seed there are no disturbances. Loads follow from the demand, or are the timetable's own with
    `planned_loads` (also without a demand). Trips without a vehicle each have one of their own. Runs named in
    `starvation` are slower by what the supply did not serve them. `dwelling` says what a dwell lasts at least (by
    default the station's minimum), `vehicles` when a vehicle comes out of its depot (by default in good time).

    Raises InputFaults when a trip does not run along neighbouring stations of its direction, or when trains wait for
    each other for ever (a vehicle whose trips contradict the order of trains).
    """
    if not timetable.trips:
        return Operations((), 0.0)
    journeys = journeys_of(timetable.trips, station_order)
    env = simpy.Environment(initial_time=min(trip.start_s for trip in timetable.trips) - 3600.0)
    line = _Line(
        env,
        rules,
        running,
        dwelling or MinimumDwell(rules),
        vehicles or AlwaysReady(),
        seed,
        demand,
        planned_loads or demand is None,
        starvation,
    )
    if demand is not None:
        for direction, opens_s in demand.opens_s.items():
            for station, opening_s in enumerate(opens_s):
                line.platforms[direction, station] = Platform(demand.platforms[direction], station, opening_s)
    for duty in duties_of(journeys):
        env.process(_work_duty(line, duty))
    env.run()
    stuck = [journey.trip.trip_id for journey in journeys if not journey.has_left(len(journey.trip.stations) - 1)]
    if stuck:
        allowed = "duties whose trips do not contradict the order of trains at any station"
        shown = f"{len(stuck)} trips wait for each other for ever: {', '.join(stuck[:5])}"
        raise InputFaults([Fault("timetable", "", "vehicle", shown, allowed)])
    never_served = sum(platform.never_served() for platform in line.platforms.values())
    return Operations(tuple(journey.record() for journey in journeys), never_served)


def _work_duty(line: _Line, duty: Duty) -> Process:
    """One vehicle through the day."""
    ready_s = line.vehicles.pull_out_s(duty)
    for journey, following in duty.turns():
        yield from _run_trip(line, journey, ready_s, following)
        ready_s = ready_after_s(line.rules, journey)


def _run_trip(line: _Line, journey: Journey, ready_s: float, following: Journey | None) -> Process:
    env, trip = line.env, journey.trip
    deviation_s = line.deviations_s(trip)
    yield env.timeout(max(0.0, max(trip.start_s + deviation_s[0], ready_s) - env.now))
    journey.arrival_s.append(env.now)
    on_board = line.empty_train(trip.direction)
    last = len(trip.stations) - 1
    for i in range(last):
        if i > 0:
            stop = _platform_stop(line, journey, i, on_board)
            least_s = line.dwelling.least_s(stop)
            yield env.timeout(max(0.0, wish_to_leave_s(line.rules, stop, least_s, deviation_s[i]) - env.now))
        yield from _wait_for_train_ahead(line, journey, i)
        if i == 0:
            journey.arrival_s[0] = env.now
        _exchange_passengers(line, journey, i, on_board)
        journey.leave(env, i)
        asked = _asked(line, journey, i, following)
        journey.running_time_s.append(asked.running_time_s)
        served = line.starvation.served.get((trip.trip_id, i))
        slowed_s = 0.0 if served is None else line.running.slowed_s(asked, served)
        journey.slowed_s.append(slowed_s)
        yield env.timeout(asked.running_time_s + slowed_s)
        at_signal_s = env.now
        ahead = journey.ahead[i + 1]
        if ahead is not None and not ahead[0].has_left(ahead[1]):
            yield ahead[0].departed(env, ahead[1])
        journey.held_outside_s.append(env.now - at_signal_s)
        journey.arrival_s.append(env.now)
    journey.leave(env, last)


def _platform_stop(line: _Line, journey: Journey, i: int, on_board: OnBoard) -> PlatformStop:
    """The train as it stands at a platform on its way, and who wants to get off and on."""
    station, arrived_s = journey.first_station + i, journey.arrival_s[i]
    waiting = 0.0
    if line.demand is not None:
        waiting = line.platforms[journey.trip.direction, station].waiting(arrived_s, journey.last_station)
    return PlatformStop(journey.trip, i, station, arrived_s, on_board.count, on_board.alighting(station), waiting)


def _wait_for_train_ahead(line: _Line, journey: Journey, i: int) -> Process:
    """Stand at the platform until the train ahead has left this place, and the minimum headway has passed since."""
    ahead = journey.ahead[i]
    if ahead is None:
        return
    leader, stop = ahead
    if not leader.has_left(stop):
        yield leader.departed(line.env, stop)
    clear_s = leader.departure_s[stop] + line.rules.minimum_headway_s
    if clear_s > line.env.now:
        yield line.env.timeout(clear_s - line.env.now)


def _exchange_passengers(line: _Line, journey: Journey, i: int, on_board: OnBoard) -> None:
    """Let passengers off and on at a departure, and note who they were."""
    now_s, station = line.env.now, journey.first_station + i
    on_board.alight(station)
    if line.demand is None:
        journey.boardings.append(NOBODY_BOARDS)
    else:
        room = math.inf if line.planned_loads else line.demand.room - on_board.count
        boarding = line.platforms[journey.trip.direction, station].board(now_s, room, journey.last_station)
        on_board.board(boarding.boarded_to)
        journey.boardings.append(boarding)
    journey.passengers.append(journey.trip.passengers[i] if line.planned_loads else on_board.count)


def _asked(line: _Line, journey: Journey, i: int, following: Journey | None) -> RunAsked:
    """The run that the train makes now: with its load, in the running time that its lateness and load allow."""
    trip, now_s = journey.trip, line.env.now
    planned = RunAsked(
        trip.trip_id, trip.direction, journey.first_station + i, trip.running_time_s(i), journey.passengers[i],
        trip.driving[i],
        now_s,
    )  # fmt: skip
    next_start_s = None if following is None else following.trip.start_s
    shortest_s = line.running.shortest_s(planned)
    return replace(planned, running_time_s=told_running_time_s(line.rules, trip, i, now_s, shortest_s, next_start_s))
