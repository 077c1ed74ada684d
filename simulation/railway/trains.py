"""Trains: a SimPy process for each vehicle works the trips of its duty during the day, behind the train ahead.

A vehicle starts from its depot or from a turnback track. It departs at its scheduled time or when it is ready,
whichever is later, unless a regulator holds it. It dwells as planned plus the noise, runs within the movement
authority (`following`), and turns back in at least the minimum time. A delay that the turnback cannot absorb continues
on the next trip. The ATO has one of two behaviours after a deviation:

- recovery: departures return to the timetable as far as minimum dwells allow, and a train whose delay the next dwell
  cannot absorb runs faster, within the rules of recovery;
- accumulation: planned dwells and running times are kept, and a delay stays until the terminal.

Runs with traction not served (`traction_shortfall`) take longer than planned. Disturbances act in `dwells` (minimum
dwells), `section_runs` (runs of sections) and `turnbacks` (start of a vehicle).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import simpy

from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.interface.line_state import ReadyTrain
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from simulation.railway.control_centre import Centre, ControlCentre
from simulation.railway.depot_wait import DepotWait
from simulation.railway.depots import Depots, PutAway
from simulation.railway.dwells import MinimumDwell, wish_to_leave_s
from simulation.railway.following import PlannedRun, RunDone, run_section
from simulation.railway.passengers import OnBoard, Platform
from simulation.railway.platforms import (
    exchange_passengers,
    expected_load,
    neighbours,
    platform_stop,
    wait_for_train_ahead,
)
from simulation.railway.railway import Line, LineDemand, Railway
from simulation.railway.section_runs import (
    FasterWhenLate,
    RunRequest,
    due_s,
    least_running_time_s,
    running_time_to_drive_s,
)
from simulation.railway.traction_shortfall import NO_SHORTFALL, TractionShortfall
from simulation.railway.train_order import TrainOrder
from simulation.railway.trip_record import TripRecord
from simulation.railway.trip_run import Duty, Journey, duties_of, journeys_of
from simulation.railway.turnbacks import TerminalGate, TrackRequest, depot_rests, ready_after_s, shunting_s, tracks_of

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Operations:
    """All records of trips of a day, in the order of the timetable, and the passengers without a train.

    `cancelled` are the trips that did not run because their vehicle was withdrawn before; `depot_waits` are the trains
    that found their depot full.
    """

    trips: tuple[TripRecord, ...]
    never_served: float
    cancelled: tuple[Trip, ...] = ()
    depot_waits: tuple[DepotWait, ...] = ()


def operate(
    timetable: Timetable,
    railway: Railway,
    seed: int | None,
    demand: LineDemand | None = None,
    planned_loads: bool = False,
    shortfall: TractionShortfall = NO_SHORTFALL,
) -> Operations:
    """Simulate the trains of a day, and return the record of every trip.

    Without a seed there are no disturbances. Loads follow from the demand; with `planned_loads` (and without a demand)
    they are the loads of the timetable. Each trip without a vehicle has its own vehicle. The runs in `shortfall` are
    slower because of traction not served.

    Raises InputFaults if a trip does not run along neighbouring stations of its direction, or if trains wait for each
    other without end (a vehicle whose trips contradict the order of trains).
    """
    if not timetable.trips:
        return Operations((), 0.0)
    day = begin_day(timetable, railway, seed, demand, planned_loads, shortfall)
    day.line.env.run()
    return day.operations()


@dataclass(frozen=True, eq=False)
class DayInProgress:
    """The trains of a day that has begun: their common state and their journeys, in the order of the timetable."""

    line: Line
    journeys: tuple[Journey, ...]

    def run_until(self, time_s: float) -> None:
        """Continue to a later moment; the events of this moment itself have not happened yet."""
        self.line.env.run(until=time_s)

    def operations(self) -> Operations:
        """The records of the day after its last event; raises InputFaults if trains wait for each other without end."""
        ran = [journey for journey in self.journeys if not journey.cancelled]
        stuck = [journey.trip.trip_id for journey in ran if not journey.has_left(len(journey.trip.stations) - 1)]
        if stuck:
            allowed = "duties whose trips do not contradict the order of trains at any station"
            shown = f"{len(stuck)} trips wait for each other without end: {', '.join(stuck[:5])}"
            raise InputFaults([Fault("timetable", "", "vehicle", shown, allowed)])
        never_served = sum(platform.never_served() for platform in self.line.platforms.values())
        cancelled = tuple(journey.trip for journey in self.journeys if journey.cancelled)
        records = tuple(journey.record() for journey in ran)
        return Operations(records, never_served, cancelled, self.line.depots.waits())


def begin_day(
    timetable: Timetable,
    railway: Railway,
    seed: int | None,
    demand: LineDemand | None = None,
    planned_loads: bool = False,
    shortfall: TractionShortfall = NO_SHORTFALL,
    centre: Centre | None = None,
) -> DayInProgress:
    """The trains of a day before their first event; the arguments are those of `operate`.

    `centre` replaces the control centre that hands the questions of the trains to the regulator of the railway. Raises
    InputFaults if a trip does not run along neighbouring stations of its direction.
    """
    journeys = journeys_of(timetable.trips, railway.station_order)
    env = simpy.Environment(initial_time=min(trip.start_s for trip in timetable.trips) - 3600.0)
    order, duties = TrainOrder(journeys), duties_of(journeys)
    line = Line(
        env,
        railway,
        railway.dwelling or MinimumDwell(railway.rules),
        order,
        tracks_of(env, railway.rules, order),
        Depots(env, railway.rules.depot_places, duties, railway.rules.operation.full_depot_patience_s),
        depot_rests(duties, railway.rules),
        seed,
        demand,
        planned_loads or demand is None,
        shortfall,
        centre or _control_centre(railway, seed),
    )
    if demand is not None:
        for direction, opens_s in demand.opens_s.items():
            for station, opening_s in enumerate(opens_s):
                line.platforms[direction, station] = Platform(demand.platforms[direction], station, opening_s)
    for duty in duties:
        env.process(_work_duty(line, duty))
    return DayInProgress(line, tuple(journeys))


def _control_centre(railway: Railway, seed: int | None) -> ControlCentre | None:
    if railway.regulator is None:
        return None
    operation = railway.rules.operation
    return ControlCentre(
        railway.regulator, float(operation.state_latency_s), float(operation.advice_followed_share), seed
    )


def _work_duty(line: Line, duty: Duty) -> Process:
    """One vehicle during the day: from the depot, trip after trip, and back to the depot."""
    env, rules = line.env, line.rules
    ready_s = line.railway.vehicles.pull_out_s(duty)
    track: TrackRequest | None = None
    put_away: PutAway | None = None
    is_in_depot = duty.has_vehicle
    for journey, following in duty.turns():
        start, end = journey.trip.stations[0], journey.trip.stations[-1]
        if track is None and start in line.tracks:
            shunting = shunting_s(rules, start)
            yield env.timeout(max(0.0, max(journey.trip.start_s, ready_s) - shunting - env.now))
            track = None if put_away is None else put_away.stays()
            if track is None:
                track = line.tracks[start].request()
                if track.event is not None:
                    yield track.event
                    ready_s = max(ready_s, env.now + shunting)
                if is_in_depot:
                    line.depots.go_out(start)
        track = yield from _run_trip(line, journey, ready_s, following, track)
        if line.centre is not None and following is None:
            line.centre.report_end(journey, env.now)
        ready_s = ready_after_s(rules, journey)
        put_away, is_in_depot = None, False
        withdrawn = line.railway.vehicles.withdrawal(journey)
        has_spare = withdrawn is not None and withdrawn.spare_ready_after_s is not None
        if withdrawn is not None and withdrawn.spare_ready_after_s is not None:
            ready_s = journey.arrival_s[-1] + withdrawn.spare_ready_after_s
        if track is not None and (withdrawn is not None or following is None or journey.trip.trip_id in line.rests):
            # The failed train takes the depot place of the spare.
            put_away = line.depots.put_away(duty, end, track, shunting_s(rules, end), takes_place=not has_spare)
            track, is_in_depot = None, duty.has_vehicle and not has_spare
        elif track is not None and following is not None and following.trip.stations[0] != end:
            env.process(_give_back(env, track, shunting_s(rules, end)))
            track = None
        if withdrawn is not None and not has_spare:
            _cancel(line, duty.after(journey))
            return


def _cancel(line: Line, journeys: Sequence[Journey]) -> None:
    """Cancel trips that have not begun: no train follows them or waits for them."""
    for journey in journeys:
        line.order.take_out(journey, 0)
        journey.cancel()


def _give_back(env: simpy.Environment, track: TrackRequest, after_s: float) -> Process:
    yield env.timeout(after_s)
    track.release()


def _run_trip(
    line: Line, journey: Journey, ready_s: float, following: Journey | None, track: TrackRequest | None
) -> Generator[simpy.Event, Any, TrackRequest | None]:
    """One trip; it begins on a turnback track and returns the track on which it ends."""
    env, trip = line.env, journey.trip
    deviation_s = line.deviations_s(trip)
    yield env.timeout(max(0.0, max(trip.start_s + deviation_s[0], ready_s) - env.now))
    journey.arrival_s.append(env.now)
    if line.centre is not None:
        line.centre.report(journey, "ready", 0, env.now, 0.0)
    on_board = line.empty_train(trip.direction)
    last = len(trip.stations) - 1
    gate: TerminalGate | None = None
    points: tuple[TrackRequest, ...] = ()
    for i in range(last):
        if i > 0:
            stop = platform_stop(line, journey, i, on_board)
            least_s = line.dwelling.least_s(stop)
            yield env.timeout(max(0.0, wish_to_leave_s(line.rules, stop, least_s, deviation_s[i]) - env.now))
        yield from wait_for_train_ahead(line, journey, i)
        yield from _hold(line, journey, i, following, on_board)
        if i == 0:
            journey.arrival_s[0] = env.now
            points = yield from _take_points(line, journey)
        exchange_passengers(line, journey, i, on_board)
        journey.leave(env, i)
        if i == last - 1 and trip.stations[last] in line.tracks:
            gate = TerminalGate(line.tracks[trip.stations[last]])
        request = _run_request(line, journey, i, following)
        if line.centre is not None:
            line.centre.report(journey, "departed", i, env.now, journey.passengers[i], request.running_time_s)
        served = line.shortfall.served.get((trip.trip_id, i))
        profile = line.railway.running.of(trip.vehicle).profile(request, served)
        if i == 0 and track is not None:
            clears_s = _seconds_to(profile, line.railway.signalling.throat_m(trip.vehicle))
            for claim in (track, *points):
                env.process(_give_back(env, claim, clears_s))
        done = yield from _run(line, journey, i, request, profile, gate, following)
        journey.arrival_s.append(done.arrival_s)
        if line.centre is not None:
            line.centre.report(journey, "arrived", i + 1, env.now, journey.passengers[i])
    journey.clear_track(env.now)
    journey.leave(env, last)
    if gate is None:
        return None
    gate.stands()
    return gate.track


def _take_points(line: Line, journey: Journey) -> Generator[simpy.Event, Any, tuple[TrackRequest, ...]]:
    """Wait before a departure from a terminal until its points are free; no effect if routes do not cross."""
    tracks = line.tracks.get(journey.trip.stations[0])
    if tracks is None or tracks.points is None:
        return ()
    claim = TrackRequest(tracks.points)
    if claim.event is not None:
        yield claim.event
    return (claim,)


def _seconds_to(profile: DrivingProfile, distance_m: float) -> float:
    """Time in s from the start of a profile to a distance."""
    return float(np.interp(distance_m, profile.distance_m, profile.time_s) - profile.time_s[0])


def _run(
    line: Line, journey: Journey, i: int, request: RunRequest, profile: DrivingProfile, gate: TerminalGate | None,
    following: Journey | None,
) -> Generator[simpy.Event, Any, RunDone]:  # fmt: skip
    """One run behind the trains ahead, with its entries in the record."""
    env, railway, trip = line.env, line.railway, journey.trip
    running = railway.running.of(trip.vehicle)
    served = line.shortfall.served.get((trip.trip_id, i))
    slowed_s = 0.0 if served is None else running.slowed_s(request, served)
    journey.running_time_s.append(request.running_time_s)
    journey.slowed_s.append(slowed_s)

    def profile_for(running_time_s: int) -> DrivingProfile:
        return running.profile(replace(request, running_time_s=running_time_s), served)

    def recovery() -> FasterWhenLate:
        least_s = least_running_time_s(line.rules, request.running_time_s, running.shortest_s(request))
        latest_s = due_s(line.rules, trip, i, _next_start_s(following))
        return FasterWhenLate(profile_for, request.running_time_s, least_s, latest_s)

    free_arrival_s = env.now + request.running_time_s + slowed_s
    planned = PlannedRun(profile, running.train(request), request.passengers, free_arrival_s, recovery)
    done = yield from run_section(env, railway.signalling, line.order, journey, i, planned, gate)
    journey.hindered_s.append(max(0.0, done.arrival_s - free_arrival_s))
    journey.delayed_profiles.append(done.delayed_profile)
    return done


def _hold(line: Line, journey: Journey, i: int, following: Journey | None, on_board: OnBoard) -> Process:
    """Wait at the platform until the departure of the advice; ask again at its review."""
    if line.centre is None:
        return
    while True:
        passengers = expected_load(line, journey, i, on_board)
        advice = line.centre.advise(_ready_train(line, journey, i, following, passengers, can_hold=True))
        if advice is None or advice.departs_s <= line.env.now:
            return
        if advice.review_s is None or not line.env.now < advice.review_s < advice.departs_s:
            yield line.env.timeout(advice.departs_s - line.env.now)
            return
        yield line.env.timeout(advice.review_s - line.env.now)


def _run_request(line: Line, journey: Journey, i: int, following: Journey | None) -> RunRequest:
    """The next run of the train: its load, and the running time from delay, load and advice."""
    planned = _planned_run(line, journey, i, journey.passengers[i])
    train = _ready_train(line, journey, i, following, journey.passengers[i], can_hold=False)
    advice = None if line.centre is None else line.centre.advise(train)
    wished_s = train.own_running_time_s if advice is None else advice.running_time_s
    running_time_s = max(wished_s, train.shortest_s)
    return planned if running_time_s == planned.running_time_s else replace(planned, running_time_s=running_time_s)


def _planned_run(line: Line, journey: Journey, i: int, passengers: float) -> RunRequest:
    trip = journey.trip
    return RunRequest(
        trip.trip_id, trip.direction, journey.first_station + i, trip.running_time_s(i), passengers, trip.driving[i],
        line.env.now,
    )  # fmt: skip


def _ready_train(
    line: Line, journey: Journey, i: int, following: Journey | None, passengers: float, *, can_hold: bool
) -> ReadyTrain:
    """A train at a platform with the running time of its own control, from delay and load."""
    trip, now_s = journey.trip, line.env.now
    shortest_s = line.railway.running.of(trip.vehicle).shortest_s(_planned_run(line, journey, i, passengers))
    own_s = running_time_to_drive_s(line.rules, trip, i, now_s, shortest_s, _next_start_s(following))
    before, after = (None, None) if line.centre is None else neighbours(line, journey, i)
    station = journey.first_station + i
    return ReadyTrain(trip, i, station, now_s, before, after, passengers, own_s, shortest_s, can_hold)


def _next_start_s(following: Journey | None) -> float | None:
    return None if following is None else float(following.trip.start_s)
