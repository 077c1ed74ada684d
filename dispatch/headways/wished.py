"""A day with wished headways: departures laid anew in the periods of the wishes, today's trips in all other periods."""

from collections.abc import Sequence
from dataclasses import replace

from dispatch.plans.in_force import timetable_from_departures, with_planned_loads
from dispatch.plans.timetable import Timetable, Trip
from scenarios.requests.headways import WishedHeadway
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.station_times import departures_today

NEAREST_SHARE = 0.5
"""Where wished headways end, one of today's departures follows after at least this share of the headway."""


def laid_anew(scenario: Scenario, in_force: Timetable, wishes: Sequence[WishedHeadway]) -> Timetable:
    """Trips with the wished headways, without vehicles.

    The first and the last train of each direction leave as today. After a departure in the period of a wish, the next
    one follows after the wished headway; elsewhere today's trips stay as they are, with their names and times. Today's
    trips over a part of the line stay where no wish holds for their departure. New trips have the times of the period
    and the names up-new-001, up-new-002, …
    """
    kept: list[Trip] = []
    new: dict[Direction, tuple[int, ...]] = {}
    for direction in DIRECTIONS:
        times = departures_with_wishes(departures_today(scenario, direction), direction, wishes)
        first = scenario.stations_in_order(direction)[0].id
        today = in_force.of(direction)
        over_the_line = {trip.start_s: trip for trip in today if trip.stations[0] == first}
        kept += [over_the_line[time] for time in times if time in over_the_line]
        new[direction] = tuple(time for time in times if time not in over_the_line)
        kept += [
            trip
            for trip in today
            if trip.stations[0] != first and not any(wish.holds(direction, trip.start_s) for wish in wishes)
        ]
    made = timetable_from_departures(scenario, new)
    named = [
        replace(trip, trip_id=f"{trip.direction}-new-{trip.trip_id.removeprefix(trip.direction + '-')}")
        for trip in made.trips
    ]
    return with_planned_loads(scenario, [*kept, *named])


def departures_with_wishes(
    today: Sequence[int], direction: Direction, wishes: Sequence[WishedHeadway]
) -> tuple[int, ...]:
    """Departures from the terminal of one direction, in s, in order; the first and the last are those of today."""
    first, last = today[0], today[-1]
    times = [float(first)]
    while times[-1] < last:
        now = times[-1]
        wish = next((one for one in wishes if one.holds(direction, now)), None)
        if wish is None:
            after = next(float(time) for time in today if time > now)
        elif now + wish.headway_s < wish.to_s:
            after = now + wish.headway_s
        else:
            after = _after_the_wish(now, wish, today, direction, wishes)
        times.append(min(after, float(last)))
    whole = [round(time) for time in times]
    if len(whole) > 2 and any(wish.holds(direction, whole[-2]) for wish in wishes):
        headway_s = next(wish.headway_s for wish in wishes if wish.holds(direction, whole[-2]))
        if whole[-1] - whole[-2] < NEAREST_SHARE * headway_s:
            del whole[-2]
    return tuple(dict.fromkeys(whole))


def _after_the_wish(
    now: float, wish: WishedHeadway, today: Sequence[int], direction: Direction, wishes: Sequence[WishedHeadway]
) -> float:
    """The first departure after the period of a wish: by the headway into the next wish, else one of today's."""
    by_headway = now + wish.headway_s
    if any(one.holds(direction, by_headway) for one in wishes):
        return by_headway
    earliest = max(float(wish.to_s), now + NEAREST_SHARE * wish.headway_s)
    return next((float(time) for time in today if time >= earliest), float(today[-1]))
