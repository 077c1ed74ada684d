"""Corresponding trips of two plans: by name at equal service, otherwise by departure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Trip

Pair = tuple[Trip | None, Trip | None]
ALONE = 0.5
"""Cost of a trip without a counterpart, relative to a pair with the largest allowed distance."""


def pairs(first: Plan, second: Plan) -> tuple[Pair, ...]:
    """All trips of both plans once, with their counterpart or None, in order of direction and departure.

    Plans at equal service have the same trip names. Other trips are paired over the same stations, in order of
    departure, at most half a headway apart (mean of both plans), with the least total distance.
    """
    if first.mode == second.mode == "equal-service":
        found = list(_by_name(first.timetable.trips, second.timetable.trips))
    else:
        sides = [_by_stations(plan.timetable.trips) for plan in (first, second)]
        found = [
            pair
            for stations in dict.fromkeys((*sides[0], *sides[1]))
            for pair in _by_departure(sides[0].get(stations, []), sides[1].get(stations, []))
        ]
    return tuple(sorted(found, key=lambda pair: min((t.direction != "up", t.start_s) for t in pair if t is not None)))


def _by_name(first: Sequence[Trip], second: Sequence[Trip]) -> Iterator[Pair]:
    sides = [{trip.trip_id: trip for trip in trips} for trips in (first, second)]
    for name in dict.fromkeys((*sides[0], *sides[1])):
        yield sides[0].get(name), sides[1].get(name)


def _by_stations(trips: Sequence[Trip]) -> dict[tuple[str, ...], list[Trip]]:
    """Trips over the same stations in the same order, by departure."""
    groups: dict[tuple[str, ...], list[Trip]] = {}
    for trip in sorted(trips, key=lambda trip: trip.start_s):
        groups.setdefault(trip.stations, []).append(trip)
    return groups


def _by_departure(first: Sequence[Trip], second: Sequence[Trip]) -> Iterator[Pair]:
    """The pairs with the least total cost that do not cross (dynamic programming, from the last trips to the first)."""
    headways_s = [_headways_s(trips) for trips in (first, second)]
    rows, columns = len(first), len(second)
    least = [[ALONE * (rows - i + columns - j) for j in range(columns + 1)] for i in range(rows + 1)]

    def together(i: int, j: int) -> float:
        reach_s = (headways_s[0][i] + headways_s[1][j]) / 4.0
        apart_s = abs(first[i].start_s - second[j].start_s)
        return apart_s / reach_s + least[i + 1][j + 1] if apart_s <= reach_s else float("inf")

    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            least[i][j] = min(ALONE + least[i + 1][j], ALONE + least[i][j + 1], together(i, j))
    i = j = 0
    while i < rows or j < columns:
        if i < rows and j < columns and together(i, j) <= least[i][j]:
            yield first[i], second[j]
            i, j = i + 1, j + 1
        elif i < rows and ALONE + least[i + 1][j] <= least[i][j]:
            yield first[i], None
            i += 1
        else:
            yield None, second[j]
            j += 1


def _headways_s(trips: Sequence[Trip]) -> list[float]:
    """The headway of each trip: mean of the gaps before and after; one day for a single trip."""
    gaps = [max(1.0, float(after.start_s - before.start_s)) for before, after in pairwise(trips)]
    if not gaps:
        return [86_400.0] * len(trips)
    around = zip([gaps[0], *gaps], [*gaps, gaps[-1]], strict=True)
    return [(before + after) / 2.0 for before, after in around]
