"""Even headways: departures of a period laid at one headway, as a start of the search where they are uneven today.

Published departures are often in whole minutes and uneven. Patterns need one headway for both directions; even gaps
within the same windows also shorten the waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.periods import Period, periods_of

LONGER_BORDER_SHARE = 0.25
"""What even gaps leave over lengthens the gap to the next period, at most by this share of the headway."""


def evened(
    timetable: Timetable,
    starts_s: Sequence[int],
    window_s: Mapping[str, tuple[int, int]],
    gap_longest_s: Mapping[str, int],
) -> Timetable:
    """The timetable with one headway for both directions in each period where today's gaps differ.

    The first departure of a period stays, and so do periods with a headway already, or with unlike headways in the two
    directions. No departure leaves its window (earliest and latest by trip). `starts_s` are the starts of the periods.
    Returns `timetable` itself if no period changes.
    """
    trips = list(timetable.trips)
    for period in periods_of(timetable, starts_s):
        headway_s = _common_headway_s(period, timetable.trips, gap_longest_s)
        if headway_s is None:
            continue
        for members in period.members:
            first_s = timetable.trips[members[0]].start_s
            for place, j in enumerate(members[1:], start=1):
                earliest, latest = window_s[trips[j].trip_id]
                trips[j] = _moved(trips[j], min(max(first_s + place * headway_s, earliest), latest))
    return Timetable(tuple(trips)) if trips != list(timetable.trips) else timetable


def _common_headway_s(period: Period, trips: Sequence[Trip], gap_longest_s: Mapping[str, int]) -> int | None:
    """One headway in whole seconds for both directions of a period; None if it has one, or if none fits both."""
    if period.headway_s is not None or min(len(members) for members in period.members) < 2:
        return None
    spans = [period.span_s(direction, trips) for direction in range(2)]
    counts = [_gaps(period, direction) for direction in range(2)]
    headway_s = min(span // count for span, count in zip(spans, counts, strict=True))
    for members, span, count in zip(period.members, spans, counts, strict=True):
        following = [j for j, ahead in period.previous.items() if ahead == members[-1]]
        last_gap_s = span - (count - 1) * headway_s if following else headway_s
        if last_gap_s > (1.0 + LONGER_BORDER_SHARE) * headway_s:
            return None
        if following and last_gap_s > gap_longest_s[trips[following[0]].trip_id]:
            return None
    return headway_s


def _gaps(period: Period, direction: int) -> int:
    """Number of gaps of a period's span: up to the next period's first departure, or to the day's last one."""
    members = period.members[direction]
    has_following = any(ahead == members[-1] for ahead in period.previous.values())
    return max(len(members) if has_following else len(members) - 1, 1)


def _moved(trip: Trip, departure_s: int) -> Trip:
    """The trip with another departure and the same running times and dwells."""
    by_s = departure_s - trip.start_s
    return replace(
        trip,
        arrival_s=tuple(time_s + by_s for time_s in trip.arrival_s),
        departure_s=tuple(time_s + by_s for time_s in trip.departure_s),
    )
