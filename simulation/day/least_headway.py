"""The shortest headway of the signalling for undelayed trains, by section, compared with the minimum headway.

Two trains run the same trip of the timetable, the trip with most passengers of its direction, one headway apart. The
shortest headway at which the second train is not delayed by the train ahead is the blocking time of a section and the
platform at its end (`movement.following`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dispatch.plans.timetable import Timetable, Trip
from energy_models.movement.following import Ahead, Obstacle, Path, first_restriction
from scenarios.schema.base import DIRECTIONS, Direction
from simulation.day.model import DayModel
from simulation.railway.driving import DrivenTrain
from simulation.railway.section_runs import RunRequest

_LONGEST_S = 3600.0
_WITHIN_S = 0.05
_TOLD_BEYOND_S = 0.5


@dataclass(frozen=True)
class LeastHeadway:
    """The shortest headway of undelayed trains to the next station; stations by identifier."""

    direction: Direction
    from_station: str
    to_station: str
    headway_s: float


def least_headways(model: DayModel, timetable: Timetable) -> tuple[LeastHeadway, ...]:
    """For each section of the trip with most passengers of each direction, in order of travel; dwells as planned."""
    return tuple(found for direction in DIRECTIONS for found in _of_direction(model, timetable, direction))


def headways_below(model: DayModel, timetable: Timetable) -> tuple[str, ...]:
    """A sentence for each direction in which the signalling needs more than the minimum headway of plans."""
    allowed_s = model.rules.minimum_headway_s
    sentences = []
    for direction in DIRECTIONS:
        found = _of_direction(model, timetable, direction)
        too_long = [one for one in found if one.headway_s > allowed_s + _TOLD_BEYOND_S]
        if not too_long:
            continue
        worst = max(too_long, key=lambda one: one.headway_s)
        others = [f"{one.from_station} to {one.to_station} {one.headway_s:.0f} s" for one in too_long if one != worst]
        sentences.append(
            f"Direction {direction}: from {worst.from_station} to the platform of {worst.to_station} the signalling "
            f"needs a headway of {worst.headway_s:.0f} s for undelayed trains, but signalling.minimum_headway_s is "
            f"{allowed_s:.0f} s. At this headway, a train delays the train behind. A minimum headway of "
            f"{np.ceil(worst.headway_s):.0f} s, or shorter blocks, avoid this."
            + (f" The same holds for {', '.join(others)}." if others else "")
        )
    return tuple(sentences)


def _of_direction(model: DayModel, timetable: Timetable, direction: Direction) -> Iterator[LeastHeadway]:
    trips = timetable.of(direction)
    if not trips:
        return
    trip = max(trips, key=lambda one: (len(one.stations), sum(one.passengers), one.trip_id))
    kind = model.kinds.of(trip.vehicle)
    driven = DrivenTrain(kind.library, kind.train)
    first = model.station_order[direction].index(trip.stations[0])
    paths = [_path(driven, trip, first, k) for k in range(len(trip.stations) - 1)]
    for k, own in enumerate(paths):
        yield LeastHeadway(
            direction, trip.stations[k], trip.stations[k + 1], _least_s(model, trip, first, k, own, paths)
        )


def _path(driven: DrivenTrain, trip: Trip, first: int, k: int) -> Path:
    """A run of a trip from its departure, in m from its start."""
    request = RunRequest(
        trip.trip_id, trip.direction, first + k, trip.running_time_s(k), trip.passengers[k], trip.driving[k], 0.0
    )  # fmt: skip
    shortest_s = driven.shortest_s(request)
    if request.running_time_s < shortest_s:
        request = RunRequest(
            trip.trip_id, trip.direction, first + k, shortest_s, trip.passengers[k], trip.driving[k], 0.0
        )  # fmt: skip
    profile = driven.profile(request)
    return Path(profile.time_s - profile.time_s[0], profile.distance_m, profile.speed_m_s)


def _least_s(model: DayModel, trip: Trip, first: int, k: int, own: Path, paths: list[Path]) -> float:
    """By bisection: a longer headway never increases the delay."""
    signalling = model.signalling
    length_m = float(own.place_m[-1])
    time_s, place_m, speed_m_s = own.time_s, own.place_m, own.speed_m_s
    gone_s = float(own.time_s[-1])
    if k + 1 < len(paths):
        leaves_s = gone_s + trip.dwell_s(k + 1)
        after = paths[k + 1]
        time_s = np.concatenate((time_s, leaves_s + after.time_s))
        place_m = np.concatenate((place_m, length_m + after.place_m))
        speed_m_s = np.concatenate((speed_m_s, after.speed_m_s))
        gone_s = np.inf
    service_m_s2 = model.kinds.of(trip.vehicle).train.maximum_deceleration_m_s2
    authority = signalling.authority(trip.direction, first + k, trip.vehicle, service_m_s2)

    def is_free(headway_s: float) -> bool:
        rear = Path(time_s - headway_s, place_m - signalling.train_length_m.of(trip.vehicle), speed_m_s)
        return first_restriction(own, 0.0, Ahead((Obstacle(rear, gone_s - headway_s),), authority)).from_s == np.inf

    low, high = 0.0, 60.0
    while not is_free(high):
        low, high = high, 2.0 * high
        if high > _LONGEST_S:
            return np.inf
    while high - low > _WITHIN_S:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if is_free(middle) else (middle, high)
    return high
