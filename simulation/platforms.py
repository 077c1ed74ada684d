"""A train at a platform: whom it waits for, who holds it, who gets off and on."""

import math
from collections.abc import Generator
from typing import Any

import simpy

from simulation.control import Neighbour, ReadyTrain
from simulation.dwells import PlatformStop
from simulation.journeys import Journey
from simulation.passengers import NOBODY_BOARDS, OnBoard
from simulation.traffic import Line
from simulation.turnbacks import PATIENCE_S

Process = Generator[simpy.Event, Any, None]


def platform_stop(line: Line, journey: Journey, i: int, on_board: OnBoard) -> PlatformStop:
    """The train as it stands at a platform on its way, and who wants to get off and on."""
    station, arrived_s = journey.first_station + i, journey.arrival_s[i]
    waiting = 0.0
    if line.demand is not None:
        waiting = line.platforms[journey.trip.direction, station].waiting(arrived_s, journey.last_station)
    return PlatformStop(journey.trip, i, station, arrived_s, on_board.count, on_board.alighting(station), waiting)


def wait_for_train_ahead(line: Line, journey: Journey, i: int) -> Process:
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


def be_held(line: Line, journey: Journey, i: int) -> Process:
    """Stand on as long as the controller says."""
    departs_s = line.railway.controller.departs_s(ready_train(line, journey, i))
    if departs_s > line.env.now:
        yield line.env.timeout(departs_s - line.env.now)


def ready_train(line: Line, journey: Journey, i: int) -> ReadyTrain:
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


def exchange_passengers(line: Line, journey: Journey, i: int, on_board: OnBoard) -> None:
    """Let passengers off and on at a departure, and note who they were."""
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
