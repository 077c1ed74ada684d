"""Running-time and dwell patterns of a timetable: what an operator's system holds once for many trips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.headway_periods import period_number, periods_today


@dataclass(frozen=True)
class RunningPattern:
    """Trips of one direction and headway period with the same stations, running times and dwells.

    `name` is unique in the timetable, for example `up 07:00 B`; `from_s` and `to_s` are the headway period.
    `running_times_s` has one entry for each section, `dwells_s` one for each intermediate station.
    """

    name: str
    direction: Direction
    from_s: int
    to_s: int
    stations: tuple[str, ...]
    running_times_s: tuple[int, ...]
    dwells_s: tuple[int, ...]
    trip_ids: tuple[str, ...]

    @property
    def letter(self) -> str:
        """The part of the name that is unique in the direction and period."""
        return self.name.rsplit(" ", 1)[-1]

    @property
    def one_way_s(self) -> int:
        """Time from the first departure to the last arrival."""
        return sum(self.running_times_s) + sum(self.dwells_s)


def running_patterns(plan: Plan, scenario: Scenario, in_force: Timetable) -> tuple[RunningPattern, ...]:
    """The patterns of a plan by direction and headway period, those with most trips first.

    A trip counts for the period of its departure or, at equal service, for the period of the trip in force.
    """
    found: list[RunningPattern] = []
    timetable = plan.timetable
    today = {trip.trip_id: trip.start_s for trip in in_force.trips} if plan.mode == "equal-service" else {}
    for direction in DIRECTIONS:
        periods = periods_today(scenario, direction)
        of_period: list[list[Trip]] = [[] for _ in periods]
        for trip in timetable.of(direction):
            counted_s = today.get(trip.trip_id, trip.start_s)
            of_period[period_number(periods, counted_s)].append(trip)
        for (from_s, to_s), trips in zip(periods, of_period, strict=True):
            begin = seconds_to_clock(from_s)
            for number, alike in enumerate(_alike(trips)):
                one = alike[0]
                found.append(
                    RunningPattern(
                        name=f"{direction} {begin} {_letters(number)}",
                        direction=direction,
                        from_s=from_s,
                        to_s=to_s,
                        stations=one.stations,
                        running_times_s=one.running_times_s,
                        dwells_s=one.dwells_s,
                        trip_ids=tuple(trip.trip_id for trip in alike),
                    )
                )
    return tuple(found)


def pattern_of_trip(patterns: Sequence[RunningPattern]) -> Mapping[str, str]:
    """The name of the pattern of each trip."""
    return {trip_id: pattern.name for pattern in patterns for trip_id in pattern.trip_ids}


def most_in_a_period(patterns: Sequence[RunningPattern]) -> int:
    """The largest number of patterns in one direction and period."""
    counts: dict[tuple[Direction, int], int] = {}
    for pattern in patterns:
        key = pattern.direction, pattern.from_s
        counts[key] = counts.get(key, 0) + 1
    return max(counts.values(), default=0)


def _alike(trips: Sequence[Trip]) -> list[list[Trip]]:
    """Trips with the same times, the largest groups first, and among those the one that departs first."""
    groups: dict[object, list[Trip]] = {}
    for trip in trips:
        groups.setdefault((trip.stations, trip.running_times_s, trip.dwells_s), []).append(trip)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0].start_s))


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[rest] + letters
    return letters
