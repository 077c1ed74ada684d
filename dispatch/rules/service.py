"""Rules of the service offered in either mode: room in the trains, first and last trains."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.rules.case import Call, Case
from dispatch.rules.violation import Violation, clock, rule
from dispatch.timetable import DIRECTIONS, Direction, Timetable

LOAD_SLACK = 0.05
"""Where the timetable in force exceeds the load limit, a moved departure may add this share to its worst load."""


@rule(
    "load-limit",
    "On no section does a train carry more than the policy's share of its normal capacity; at equal service, "
    "than that or, "
    "within 5 %, what the fullest train in force carries there in that period. Passengers take the next train "
    "that goes where they want.",
)
def load_limit(case: Case) -> Iterator[Violation]:
    """Passengers who gather in the gap before each train find room in it."""
    share = case.scenario.policy.load_limit_share
    for direction in DIRECTIONS:
        in_force: dict[tuple[int, int], float] = {}
        if case.plan.mode == "equal-service":
            for load in _loads(case, direction, case.baseline):
                key = (load.section, load.period)
                in_force[key] = max(in_force.get(key, 0.0), load.passengers)
        for load in _loads(case, direction):
            trip, place, time = load.call.trip, load.call.trip.stations[load.call.index], load.call.departure_s
            worst = in_force.get((load.section, load.period), 0.0)
            limit = share * case.train_type_of(trip).capacity.normal
            allowed = worst * (1.0 + LOAD_SLACK) if worst > limit else limit
            over = load.passengers - allowed
            if over > 1e-6:
                sentence = (
                    f"trip {trip.trip_id} leaves {place} at {clock(time)} with {load.passengers:.0f} "
                    "passengers expected; "
                    f"{allowed:.0f} are allowed, {over:.0f} too many"
                )
                yield Violation("load-limit", sentence, trip.trip_id, place, time, over, "passengers")


@dataclass(frozen=True)
class _Load:
    section: int
    period: int
    passengers: float
    call: Call


def _loads(case: Case, direction: Direction, timetable: Timetable | None = None) -> Iterator[_Load]:
    """Expected load of each train over each section: who wanted to travel there since the train ahead that goes there.

    The first train takes those of a gap as long as the one behind it.
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
            yield _Load(section, case.period_of(direction, call.trip.start_s), load[call.trip.trip_id], call)


@rule(
    "first-and-last",
    "The first and the last train that leave the end of the line in each direction do so when they do today, and run "
    "to the other end.",
)
def first_and_last(case: Case) -> Iterator[Violation]:
    """The ends of the service day are kept."""
    for direction in DIRECTIONS:
        in_force = case.in_order(direction, case.baseline)
        if not in_force:
            continue
        start, end = in_force[0].stations[0], in_force[0].stations[-1]
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
            elif (trip := planned[index]).stations[-1] != end and trip.stations[-1] in case.terminals:
                sentence = (
                    f"the {which} train {direction}, trip {trip.trip_id}, turns at {trip.stations[-1]} instead of {end}"
                )
                yield Violation("first-and-last", sentence, trip.trip_id, trip.stations[-1], trip.end_s)
