"""Trains: a SimPy process for each vehicle works the trips of its duty, behind the train ahead, through the day.

A vehicle comes out of its depot or stands on a turnback track; departs at its scheduled time or when it is ready,
whichever is later, unless a controller holds it; dwells as planned, give or take the noise; runs as the trains ahead
let it (`simulation.following`); turns back in no less than the minimum time, and carries its lateness into its next
trip when the turnback is too short to absorb it. What an ATO does about a deviation is one of two behaviours:

- it holds the timetable: departures return to the schedule as far as minimum dwells allow, and a train so late that
  the next dwell cannot absorb it runs faster, as far as the rules of recovery let it;
- deviations add up: planned dwells and running times are kept, and whatever was lost stays lost until the terminal.

Runs that the supply starves (`simulation.starvation`) take longer, whatever they planned. Where a day is disturbed:
`simulation.dwells` (what a dwell lasts at least), `simulation.runs` (how a section is run), `simulation.turnbacks`
(when a vehicle comes out).
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import simpy

from dispatch.timetable import Direction, Timetable, Trip
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from simulation.control import Controller, Neighbour, NoControl, ReadyTrain
from simulation.dwells import LeastDwell, MinimumDwell, PlatformStop, wish_to_leave_s
from simulation.following import RunDone, RunWish, run_section
from simulation.journeys import Duty, Journey, duties_of, journeys_of
from simulation.order import TrainOrder
from simulation.passengers import NOBODY_BOARDS, OnBoard, Platform, PlatformDemand
from simulation.record import TripRecord
from simulation.rules import OperatingRules
from simulation.runs import FasterWhenLate, RunAsked, Running, due_s, least_running_time_s, told_running_time_s
from simulation.signalling import Signalling
from simulation.starvation import NOBODY, Starvation
from simulation.turnbacks import (
    PATIENCE_S,
    AlwaysReady,
    TerminalGate,
    TrackRequest,
    TurnbackTracks,
    VehicleEvents,
    depot_rests,
    ready_after_s,
    shunting_s,
    tracks_of,
)  # fmt: skip

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class LineDemand:
    """Passengers of both directions; `room` is what a train carries at most, `opens_s` when platforms begin to fill."""

    platforms: Mapping[Direction, PlatformDemand]
    room: float
    opens_s: Mapping[Direction, Sequence[float]]


@dataclass(frozen=True, eq=False)
class Railway:
    """What trains run on, with and under: the same on every day of a line.

    `dwelling` says what a dwell lasts at least (None: the station's minimum), `vehicles` when a vehicle comes out of
    its depot, `controller` who is held.
    """

    rules: OperatingRules
    running: Running
    station_order: Mapping[Direction, Sequence[str]]
    signalling: Signalling
    dwelling: LeastDwell | None = None
    vehicles: VehicleEvents = field(default_factory=AlwaysReady)
    controller: Controller = field(default_factory=NoControl)


@dataclass
class _Line:
    """What all trains of a day share."""

    env: simpy.Environment
    railway: Railway
    dwelling: LeastDwell
    order: TrainOrder
    tracks: Mapping[str, TurnbackTracks]
    rests: frozenset[str]
    seed: int | None
    demand: LineDemand | None
    planned_loads: bool
    starvation: Starvation
    platforms: dict[tuple[Direction, int], Platform] = field(default_factory=dict)

    @property
    def rules(self) -> OperatingRules:
        return self.railway.rules

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
    """All trips of a day as they ran, in the order of the timetable, and the passengers who found no train.

    `cancelled` are the trips that did not run, because their vehicle was withdrawn before.
    """

    trips: tuple[TripRecord, ...]
    never_served: float
    cancelled: tuple[Trip, ...] = ()


def operate(
    timetable: Timetable,
    railway: Railway,
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
    journeys = journeys_of(timetable.trips, railway.station_order)
    env = simpy.Environment(initial_time=min(trip.start_s for trip in timetable.trips) - 3600.0)
    order, duties = TrainOrder(journeys), duties_of(journeys)
    line = _Line(
        env,
        railway,
        railway.dwelling or MinimumDwell(railway.rules),
        order,
        tracks_of(env, railway.rules.turnback_tracks, order),
        depot_rests(duties, railway.rules),
        seed,
        demand,
        planned_loads or demand is None,
        starvation,
    )
    if demand is not None:
        for direction, opens_s in demand.opens_s.items():
            for station, opening_s in enumerate(opens_s):
                line.platforms[direction, station] = Platform(demand.platforms[direction], station, opening_s)
    for duty in duties:
        env.process(_work_duty(line, duty))
    env.run()
    ran = [journey for journey in journeys if not journey.cancelled]
    stuck = [journey.trip.trip_id for journey in ran if not journey.has_left(len(journey.trip.stations) - 1)]
    if stuck:
        allowed = "duties whose trips do not contradict the order of trains at any station"
        shown = f"{len(stuck)} trips wait for each other for ever: {', '.join(stuck[:5])}"
        raise InputFaults([Fault("timetable", "", "vehicle", shown, allowed)])
    never_served = sum(platform.never_served() for platform in line.platforms.values())
    cancelled = tuple(journey.trip for journey in journeys if journey.cancelled)
    return Operations(tuple(journey.record() for journey in ran), never_served, cancelled)


def _work_duty(line: _Line, duty: Duty) -> Process:
    """One vehicle through the day: out of the depot, trip after trip, and into it."""
    env, rules = line.env, line.rules
    ready_s = line.railway.vehicles.pull_out_s(duty)
    track: TrackRequest | None = None
    for journey, following in duty.turns():
        start = journey.trip.stations[0]
        if track is None and start in line.tracks:
            shunting = shunting_s(rules, start)
            yield env.timeout(max(0.0, max(journey.trip.start_s, ready_s) - shunting - env.now))
            track = line.tracks[start].request()
            if track.event is not None:
                yield track.event
                ready_s = max(ready_s, env.now + shunting)
        track = yield from _run_trip(line, journey, ready_s, following, track)
        ready_s = ready_after_s(rules, journey)
        withdrawn = line.railway.vehicles.withdrawal(journey)
        if withdrawn is not None and withdrawn.spare_ready_after_s is not None:
            ready_s = journey.arrival_s[-1] + withdrawn.spare_ready_after_s
        goes_in = withdrawn is not None or following is None or journey.trip.trip_id in line.rests
        if track is not None and (goes_in or (following and following.trip.stations[0] != journey.trip.stations[-1])):
            env.process(_give_back(env, track, shunting_s(rules, journey.trip.stations[-1])))
            track = None
        if withdrawn is not None and withdrawn.spare_ready_after_s is None:
            _cancel(line, duty.after(journey))
            return


def _cancel(line: _Line, journeys: Sequence[Journey]) -> None:
    """Let trips that have not begun not run: nobody follows them, nobody waits for them."""
    for journey in journeys:
        line.order.take_out(journey, 0)
        journey.cancel()


def _give_back(env: simpy.Environment, track: TrackRequest, after_s: float) -> Process:
    yield env.timeout(after_s)
    track.release()


def _run_trip(
    line: _Line, journey: Journey, ready_s: float, following: Journey | None, track: TrackRequest | None
) -> Generator[simpy.Event, Any, TrackRequest | None]:
    """One trip; it begins on a turnback track and returns the one on which it ends."""
    env, trip = line.env, journey.trip
    deviation_s = line.deviations_s(trip)
    yield env.timeout(max(0.0, max(trip.start_s + deviation_s[0], ready_s) - env.now))
    journey.arrival_s.append(env.now)
    on_board = line.empty_train(trip.direction)
    last = len(trip.stations) - 1
    gate: TerminalGate | None = None
    for i in range(last):
        if i > 0:
            stop = _platform_stop(line, journey, i, on_board)
            least_s = line.dwelling.least_s(stop)
            yield env.timeout(max(0.0, wish_to_leave_s(line.rules, stop, least_s, deviation_s[i]) - env.now))
        yield from _wait_for_train_ahead(line, journey, i)
        yield from _be_held(line, journey, i)
        if i == 0:
            journey.arrival_s[0] = env.now
        _exchange_passengers(line, journey, i, on_board)
        journey.leave(env, i)
        if i == last - 1 and trip.stations[last] in line.tracks:
            gate = TerminalGate(line.tracks[trip.stations[last]])
        asked = _asked(line, journey, i, following)
        served = line.starvation.served.get((trip.trip_id, i))
        wanted = line.railway.running.profile(asked, served)
        if i == 0 and track is not None:
            clears_s = _seconds_to(wanted, line.railway.signalling.throat_m)
            env.process(_give_back(env, track, clears_s))
        done = yield from _run(line, journey, i, asked, wanted, gate, following)
        journey.arrival_s.append(done.arrival_s)
    journey.clear_track(env.now)
    journey.leave(env, last)
    if gate is None:
        return None
    return gate.track


def _seconds_to(profile: DrivingProfile, distance_m: float) -> float:
    """When a profile has covered a distance, in s from its beginning."""
    return float(np.interp(distance_m, profile.distance_m, profile.time_s) - profile.time_s[0])


def _run(
    line: _Line, journey: Journey, i: int, asked: RunAsked, wanted: DrivingProfile, gate: TerminalGate | None,
    following: Journey | None,
) -> Generator[simpy.Event, Any, RunDone]:  # fmt: skip
    """One run as the trains ahead let it, with what it leaves in the record."""
    env, railway, trip = line.env, line.railway, journey.trip
    served = line.starvation.served.get((trip.trip_id, i))
    slowed_s = 0.0 if served is None else railway.running.slowed_s(asked, served)
    journey.running_time_s.append(asked.running_time_s)
    journey.slowed_s.append(slowed_s)

    def profile_for(running_time_s: int) -> DrivingProfile:
        return railway.running.profile(replace(asked, running_time_s=running_time_s), served)

    least_s = least_running_time_s(line.rules, asked.running_time_s, railway.running.shortest_s(asked))
    recovery = FasterWhenLate(
        profile_for, asked.running_time_s, least_s, due_s(line.rules, trip, i, _next_start_s(following))
    )
    free_arrival_s = env.now + asked.running_time_s + slowed_s
    wish = RunWish(wanted, railway.running.train(asked), asked.passengers, free_arrival_s, recovery)
    done = yield from run_section(env, railway.signalling, line.order, journey, i, wish, gate)
    journey.hindered_s.append(max(0.0, done.arrival_s - free_arrival_s))
    journey.hindered.append(done.hindered)
    return done


def _platform_stop(line: _Line, journey: Journey, i: int, on_board: OnBoard) -> PlatformStop:
    """The train as it stands at a platform on its way, and who wants to get off and on."""
    station, arrived_s = journey.first_station + i, journey.arrival_s[i]
    waiting = 0.0
    if line.demand is not None:
        waiting = line.platforms[journey.trip.direction, station].waiting(arrived_s, journey.last_station)
    return PlatformStop(journey.trip, i, station, arrived_s, on_board.count, on_board.alighting(station), waiting)


def _wait_for_train_ahead(line: _Line, journey: Journey, i: int) -> Process:
    """Stand at the platform until the train ahead has left this place, and the minimum headway has passed since.

    Where a trip begins, a train does not wait for one whose vehicle is missing too long: it goes first then.
    """
    tracks = line.tracks.get(journey.trip.stations[0]) if i == 0 else None
    waited = False
    ahead = line.order.ahead(journey, i)
    while ahead is not None and not ahead[0].has_left(ahead[1]):
        is_missing = i == 0 and ahead[1] == 0 and not ahead[0].arrival_s
        patience_s = ahead[0].trip.start_s + PATIENCE_S - line.env.now
        if is_missing and patience_s <= 0.0:
            line.order.let_pass(journey, ahead[0])
            ahead[0].reconsider()
            ahead = line.order.ahead(journey, i)
            continue
        departed = ahead[0].departed(line.env, ahead[1])
        if tracks is not None and not waited:
            waited = True
            tracks.begins_to_wait(journey)
        if not departed.triggered:
            yield line.env.any_of([departed, line.env.timeout(patience_s)]) if is_missing else departed
        ahead = line.order.ahead(journey, i)
    if tracks is not None and waited:
        tracks.ends_to_wait(journey)
    if ahead is None:
        return
    clear_s = ahead[0].departure_s[ahead[1]] + line.rules.minimum_headway_s
    if clear_s > line.env.now:
        yield line.env.timeout(clear_s - line.env.now)


def _be_held(line: _Line, journey: Journey, i: int) -> Process:
    """Stand on as long as the controller says."""
    departs_s = line.railway.controller.departs_s(_ready_train(line, journey, i))
    if departs_s > line.env.now:
        yield line.env.timeout(departs_s - line.env.now)


def _ready_train(line: _Line, journey: Journey, i: int) -> ReadyTrain:
    """What a control centre knows of a train at a platform."""
    before = after = None
    ahead, behind = line.order.ahead(journey, i), line.order.behind(journey, i)
    if ahead is not None and ahead[0].has_left(ahead[1]):
        leader, stop = ahead
        before = Neighbour(leader.trip.trip_id, float(leader.trip.departure_s[stop]), leader.departure_s[stop])
    if behind is not None:
        follower, stop = behind
        planned_s = float(follower.trip.departure_s[stop])
        after = Neighbour(
            follower.trip.trip_id, planned_s, max(line.env.now, planned_s + follower.lateness_s(line.env.now))
        )
    return ReadyTrain(journey.trip, i, journey.first_station + i, line.env.now, before, after)


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
    """The run that the train makes now: with its load, in the running time that lateness, load and controller give."""
    trip, now_s, railway = journey.trip, line.env.now, line.railway
    planned = RunAsked(
        trip.trip_id, trip.direction, journey.first_station + i, trip.running_time_s(i), journey.passengers[i],
        trip.driving[i], now_s,
    )  # fmt: skip
    shortest_s = railway.running.shortest_s(planned)
    wished_s = told_running_time_s(line.rules, trip, i, now_s, shortest_s, _next_start_s(following))
    told_s = railway.controller.running_time_s(_ready_train(line, journey, i), wished_s, shortest_s)
    return replace(planned, running_time_s=max(told_s, shortest_s))


def _next_start_s(following: Journey | None) -> float | None:
    return None if following is None else float(following.trip.start_s)
