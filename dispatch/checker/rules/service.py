"""Rules of the service in both modes: loads, first and last trains."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.checker.case import Call, CheckCase
from dispatch.checker.violation import Violation, clock, rule
from dispatch.plans.timetable import Timetable
from scenarios.schema.base import DIRECTIONS, Direction

LOAD_SLACK = 0.05
"""If the timetable in force exceeds the load limit, a moved departure may add this share to its largest load."""


@rule(
    "load-limit",
    "On no section does a train carry more passengers than the share of its normal capacity that the policy allows. At "
    "equal service, it may also carry as many as the fullest train in force carries there in that period, within 5 %. "
    "Passengers take the next train to their destination. A trip counts for the period of the trip in force to which "
    "it corresponds.",
)
def load_limit(case: CheckCase) -> Iterator[Violation]:
    """The passengers who arrive in the gap before each train have room in the train."""
    share = case.scenario.policy.load_limit_share
    for direction in DIRECTIONS:
        in_force = _fullest(case, direction) if case.plan.mode == "equal-service" else {}
        for load in _loads(case, direction):
            trip, place, time = load.call.trip, load.call.trip.stations[load.call.index], load.call.departure_s
            worst = in_force.get((load.section, load.period), 0.0)
            limit = share * case.train_type_of(trip).capacity.normal
            allowed = worst * (1.0 + LOAD_SLACK) if worst > limit else limit
            over = load.passengers - allowed
            if over > 1e-6:
                sentence = (
                    f"trip {trip.trip_id} leaves {place} at {clock(time)} with {load.passengers:.0f} "
                    "expected passengers; "
                    f"{allowed:.0f} are allowed, {over:.0f} too many"
                )
                yield Violation("load-limit", sentence, trip.trip_id, place, time, over, "passengers")


def _fullest(case: CheckCase, direction: Direction) -> dict[tuple[int, int], float]:
    """The passengers of the fullest train in force by section and period."""

    def compute() -> dict[tuple[int, int], float]:
        fullest: dict[tuple[int, int], float] = {}
        for load in _loads(case, direction, case.baseline):
            key = (load.section, load.period)
            fullest[key] = max(fullest.get(key, 0.0), load.passengers)
        return fullest

    return case.known.once(("fullest", direction), compute)


@dataclass(frozen=True)
class _Load:
    section: int
    period: int
    passengers: float
    call: Call


def _loads(case: CheckCase, direction: Direction, timetable: Timetable | None = None) -> Iterator[_Load]:
    """Expected load of each train on each section: the passengers since the last train to their destination.

    The gap before the first train has the length of the gap after it.
    """
    groups = case.able_to_take(direction, timetable)
    at_station = case.calls(direction, timetable)
    for section, station in enumerate(case.line[direction][:-1]):
        leaving = [call for call in at_station[station] if call.index + 1 < len(call.trip.stations)]
        load = dict.fromkeys((call.trip.trip_id for call in leaving), 0.0)
        for group in groups:
            calls = [call for call in leaving if call.trip.trip_id in group.trips]
            for number, call in enumerate(calls if len(calls) > 1 else ()):
                other = calls[number - 1] if number else calls[1]
                gap = abs(call.departure_s - other.departure_s)
                load[call.trip.trip_id] += group.demand.passing(
                    direction, section, call.departure_s - gap, call.departure_s
                )
        for call in leaving:
            # A trip that moves over the border of a period stays a trip of its period.
            period = (
                case.period_of_trip(call.trip) if timetable is None else case.period_of(direction, call.trip.start_s)
            )
            yield _Load(section, period, load[call.trip.trip_id], call)


@rule(
    "first-and-last",
    "In each direction, the first and the last train from the end of the line leave at the same times as today and run "
    "as far as today, or to the other end of the line.",
)
def first_and_last(case: CheckCase) -> Iterator[Violation]:
    """First and last trains leave as today."""
    for direction in DIRECTIONS:
        start, line_end = case.line[direction][0], case.line[direction][-1]
        in_force = [trip for trip in case.in_order(direction, case.baseline) if trip.stations[0] == start]
        if not in_force:
            continue
        planned = [trip for trip in case.in_order(direction) if trip.stations[0] == start]
        if not planned:
            sentence = f"no train runs {direction}; today the first leaves at {clock(in_force[0].start_s)}"
            yield Violation("first-and-last", sentence, place=in_force[0].stations[0], time_s=in_force[0].start_s)
            continue
        for which, index in (("first", 0), ("last", -1)):
            moved = planned[index].start_s - in_force[index].start_s
            if moved:
                trip = planned[index]
                when = "later" if moved > 0 else "earlier"
                sentence = (
                    f"the {which} train {direction}, trip {trip.trip_id}, leaves {trip.stations[0]} at "
                    f"{clock(trip.start_s)}, "
                    f"{abs(moved)} s {when} than today"
                )
                yield Violation("first-and-last", sentence, trip.trip_id, trip.stations[0], trip.start_s, abs(moved))
                continue
            trip, end = planned[index], in_force[index].stations[-1]
            turns = trip.stations[-1] in case.terminals and trip.stations[-1] not in (end, line_end)
            if turns:
                sentence = (
                    f"the {which} train {direction}, trip {trip.trip_id}, turns at {trip.stations[-1]} instead of {end}"
                )
                yield Violation("first-and-last", sentence, trip.trip_id, trip.stations[-1], trip.end_s)
