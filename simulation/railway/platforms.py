"""A train at a platform: waiting for the train ahead, holding on advice, exchange of passengers."""

import math
from collections.abc import Generator
from typing import Any

import simpy

from dispatch.regulation.interface.line_state import Neighbour
from simulation.railway.dwells import PlatformStop
from simulation.railway.passengers import NOBODY_BOARDS, OnBoard
from simulation.railway.railway import Line
from simulation.railway.trip_run import Journey

Process = Generator[simpy.Event, Any, None]


def platform_stop(line: Line, journey: Journey, i: int, on_board: OnBoard) -> PlatformStop:
    """The stop of a train at an intermediate platform, with its alighting and boarding passengers."""
    station, arrived_s = journey.first_station + i, journey.arrival_s[i]
    waiting = 0.0
    if line.demand is not None:
        waiting = line.platforms[journey.trip.direction, station].waiting(arrived_s, journey.last_station)
    return PlatformStop(journey.trip, i, station, arrived_s, on_board.count, on_board.alighting(station), waiting)


def wait_for_train_ahead(line: Line, journey: Journey, i: int) -> Process:
    """Wait at the platform until the train ahead has left and the minimum headway has passed.

    At the first station of a trip, a train does not wait for a train whose vehicle is missing too long; it goes first.
    """
    tracks = line.tracks.get(journey.trip.stations[0]) if i == 0 else None
    waited = False
    ahead = line.order.ahead(journey, i)
    while ahead is not None and not ahead[0].has_left(ahead[1]):
        is_missing = i == 0 and ahead[1] == 0 and not ahead[0].arrival_s
        patience_s = ahead[0].trip.start_s + line.rules.operation.missing_vehicle_patience_s - line.env.now
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


def neighbours(line: Line, journey: Journey, i: int) -> tuple[Neighbour | None, Neighbour | None]:
    """The trains ahead of and behind a train at a platform."""
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
    return before, after


def expected_load(line: Line, journey: Journey, i: int, on_board: OnBoard) -> float:
    """The load over the next section if the train leaves now."""
    if line.planned_loads or line.demand is None:
        return journey.trip.passengers[i]
    station = journey.first_station + i
    waiting = line.platforms[journey.trip.direction, station].waiting(line.env.now, journey.last_station)
    load = on_board.count - on_board.alighting(station) + waiting
    return min(load, line.demand.room.of(journey.trip.vehicle))


def exchange_passengers(line: Line, journey: Journey, i: int, on_board: OnBoard) -> None:
    """Exchange passengers at a departure, and record them."""
    now_s, station = line.env.now, journey.first_station + i
    on_board.alight(station)
    if line.demand is None:
        journey.boardings.append(NOBODY_BOARDS)
    else:
        room = math.inf if line.planned_loads else line.demand.room.of(journey.trip.vehicle) - on_board.count
        boarding = line.platforms[journey.trip.direction, station].board(now_s, room, journey.last_station)
        on_board.board(boarding.boarded_to)
        journey.boardings.append(boarding)
    journey.passengers.append(journey.trip.passengers[i] if line.planned_loads else on_board.count)
