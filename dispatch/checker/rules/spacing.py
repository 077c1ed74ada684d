"""Rules between successive trains: minimum headway, train ahead, longest headway."""

from collections.abc import Iterator
from itertools import pairwise

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, clock, rule
from scenarios.schema.base import DIRECTIONS, Direction

GAP_SLACK_SHARE = 0.10
"""At equal service single gaps may exceed the longest of today by this share; the mean headway and waiting may not."""


@rule(
    "minimum-headway",
    "Successive trains leave every station at least the minimum headway of the signalling apart, and arrive at their "
    "last station at least so far apart.",
)
def minimum_headway(case: CheckCase) -> Iterator[Violation]:
    """Departures (arrivals at the last station) are at least the minimum headway apart."""
    shortest = case.scenario.signalling.minimum_headway_s
    for direction in DIRECTIONS:
        for station, calls in case.calls(direction).items():
            for ahead, behind in pairwise(calls):
                gap = behind.departure_s - ahead.departure_s
                if gap < shortest:
                    what = "reaches" if station == case.line[direction][-1] else "leaves"
                    sentence = (
                        f"trip {behind.trip.trip_id} {what} {station} at {clock(behind.departure_s)}, {gap} s after "
                        f"{ahead.trip.trip_id}; the minimum is {shortest:g} s, {shortest - gap:g} s more"
                    )
                    yield Violation(
                        "minimum-headway", sentence, behind.trip.trip_id, station, behind.departure_s, shortest - gap
                    )


@rule(
    "train-ahead", "No train arrives at a station before the train ahead has left it, and no train overtakes another."
)
def train_ahead(case: CheckCase) -> Iterator[Violation]:
    """The order of trains does not change, and the platform is free at each arrival."""
    for direction in DIRECTIONS:
        for station, calls in case.calls(direction).items():
            for ahead, behind in pairwise(calls):
                if behind.index + 1 >= len(behind.trip.stations) or ahead.index + 1 >= len(ahead.trip.stations):
                    continue
                arrival = behind.trip.arrival_s[behind.index + 1]
                free = ahead.trip.departure_s[ahead.index + 1]
                if arrival <= free:
                    place = behind.trip.stations[behind.index + 1]
                    sentence = (
                        f"trip {behind.trip.trip_id} reaches {place} at {clock(arrival)}, but "
                        f"{ahead.trip.trip_id}, which left {station} ahead of this trip, is there until {clock(free)}; "
                        f"an arrival {free - arrival + 1} s later keeps the rule"
                    )
                    yield Violation("train-ahead", sentence, behind.trip.trip_id, place, arrival, free - arrival + 1)


def _gaps_today_s(case: CheckCase, direction: Direction, station: str) -> dict[int, float]:
    """By period, the longest gap in force at a station with its slack; at least the longest headway of the policy."""

    def compute() -> dict[int, float]:
        allowed: dict[int, float] = {}
        for ahead, behind in pairwise(case.calls(direction, case.baseline)[station]):
            period = case.period_of(direction, behind.trip.start_s)
            today = (behind.departure_s - ahead.departure_s) * (1.0 + GAP_SLACK_SHARE)
            allowed[period] = max(allowed.get(period, case.scenario.policy.longest_headway_s), today)
        return allowed

    return case.known.once(("gaps today", direction, station), compute)


@rule(
    "longest-headway",
    "Two successive departures at a station are no further apart than the longest headway of the policy. At equal "
    "service, they may also be as far apart as in the timetable in force there in that period. A trip counts for the "
    "period of the trip in force to which it corresponds.",
)
def longest_headway(case: CheckCase) -> Iterator[Violation]:
    """Gaps between departures stay within the policy."""
    policy = case.scenario.policy.longest_headway_s
    for direction in DIRECTIONS:
        for station, calls in case.calls(direction).items():
            if station == case.line[direction][-1]:
                continue
            # A violation in the timetable in force is no fault of the plan; it must not become worse.
            allowed = _gaps_today_s(case, direction, station) if case.plan.mode == "equal-service" else {}
            for ahead, behind in pairwise(calls):
                gap = behind.departure_s - ahead.departure_s
                # A gap over the change of periods belongs to both.
                limit = max(allowed.get(case.period_of_trip(trip), policy) for trip in (ahead.trip, behind.trip))
                if gap > limit:
                    sentence = (
                        f"trip {behind.trip.trip_id} leaves {station} at {clock(behind.departure_s)}, {gap} s after "
                        f"{ahead.trip.trip_id}; at most {limit:g} s are allowed, {gap - limit:g} s too many"
                    )
                    yield Violation(
                        "longest-headway", sentence, behind.trip.trip_id, station, behind.departure_s, gap - limit
                    )
