"""Rules of equal service: the service for passengers is not worse than today."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from dispatch.checker.case import CheckCase
from dispatch.checker.rules.vehicles import duties
from dispatch.checker.violation import Violation, clock, rule
from dispatch.plans.plan import Mode
from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema.base import DIRECTIONS, Direction

EQUAL: tuple[Mode, ...] = ("equal-service",)
HEADWAY_TOLERANCE_SHARE = 0.05
"""Tolerance of the mean headway of a period, as a share (published headways are rounded)."""
SINGLE_GAP_SHARE = 0.30
"""A single gap may exceed the longest one of its period today by this share (assumed: passengers notice more)."""
LONGER_TRIPS_MOST_S = 120
"""Largest additional one-way time of a plan with longer trips."""
WAITING_ROUNDING_S = 0.05
"""Tolerance of the mean waiting: the tenth of a second of its output."""


@rule("same-trips", "Each direction has the trips of today, over the same stations.", EQUAL)
def same_trips(case: CheckCase) -> Iterator[Violation]:
    """Every trip in force has a corresponding trip of the plan, and the plan has no other trips."""
    # A trip with an invalid form counts as present; the rules of form report its faults.
    broken = {trip.trip_id for trip in case.plan.timetable.trips if not case.is_sound(trip)}
    for direction in DIRECTIONS:
        kept = {in_force.trip_id for _, in_force in case.paired[direction]}
        for trip in case.in_order(direction, case.baseline):
            if trip.trip_id not in kept | broken:
                place, time = trip.stations[0], trip.start_s
                sentence = f"trip {trip.trip_id} is missing; today it leaves {place} {direction} at {clock(time)}"
                yield Violation("same-trips", sentence, trip.trip_id, place, time, 1, "trips")
        for planned, in_force in case.paired[direction]:
            if planned.stations != in_force.stations:
                ends = f"{planned.stations[0]} to {planned.stations[-1]}"
                today = f"{in_force.stations[0]} to {in_force.stations[-1]}"
                sentence = f"trip {planned.trip_id} runs {ends}; today {in_force.trip_id} runs {today}"
                yield Violation(
                    "same-trips", sentence, planned.trip_id, planned.stations[0], planned.start_s, 1, "trips"
                )
        standing = Counter(planned for planned, _ in case.paired[direction])
        for trip in (Counter(case.in_order(direction)) - standing).elements():
            place, time = trip.stations[0], trip.start_s
            sentence = f"trip {trip.trip_id}, which leaves {place} {direction} at {clock(time)}, does not run today"
            yield Violation("same-trips", sentence, trip.trip_id, place, time, 1, "trips")


@rule(
    "same-headways",
    "The mean headway of each period and direction is that of today or that of the plan's headway table, or lies "
    "between them, within 5 %, and no single gap is more than 30 % longer than the longest gap or the headway of its "
    "period today. A trip counts for the period of the trip in force to which it corresponds.",
    EQUAL,
)
def same_headways(case: CheckCase) -> Iterator[Violation]:
    """Mean headways are those of today or of the plan's table, and no single gap is much longer."""
    for direction in DIRECTIONS:
        yield from _single_gaps(case, direction)
        pairs = _from_the_end(case, direction)
        members: dict[int, list[int]] = {}
        for index, (_, in_force) in enumerate(pairs):
            members.setdefault(case.period_of(direction, in_force.start_s), []).append(index)
        for period, indices in members.items():
            # The headway of the table is the time from a departure to the next one.
            begin, end = indices[0], min(indices[-1] + 1, len(pairs) - 1)
            if end == begin:
                continue
            planned, today = ((pairs[end][k].start_s - pairs[begin][k].start_s) / (end - begin) for k in (0, 1))
            start = case.periods[direction][period][0]
            # The last gap of the day is the rest before the last train, so the mean of today may differ from the table.
            table = case.headway_in_table_s(direction, start) or today
            low = min(today, table) * (1.0 - HEADWAY_TOLERANCE_SHARE)
            high = max(today, table) * (1.0 + HEADWAY_TOLERANCE_SHARE)
            over = max(low - planned, planned - high)
            if over > 1e-9:
                sentence = (
                    f"from {clock(start)} trains run {direction} {planned:.1f} s apart on average, today "
                    f"{today:.1f} s; {low:.1f} to {high:.1f} s are allowed, off by {over:.1f} s"
                )
                yield Violation("same-headways", sentence, pairs[indices[0]][0].trip_id, "", start, over)


def _from_the_end(case: CheckCase, direction: Direction) -> list[tuple[Trip, Trip]]:
    """Planned trips and trips in force that leave the first station of the line."""
    first = case.line[direction][0]
    return [pair for pair in case.paired[direction] if pair[1].stations[0] == first == pair[0].stations[0]]


def _single_gaps(case: CheckCase, direction: Direction) -> Iterator[Violation]:
    """Gaps between departures from the first station of the line; a gap over the border of periods belongs to both."""
    first, pairs = case.line[direction][0], _from_the_end(case, direction)
    longest: dict[int, float] = {}
    for (_, ahead), (_, behind) in pairwise(pairs):
        for period in {case.period_of(direction, trip.start_s) for trip in (ahead, behind)}:
            same = case.period_of(direction, ahead.start_s) == case.period_of(direction, behind.start_s)
            table = case.headway_in_table_s(direction, case.periods[direction][period][0]) or 0.0
            today = behind.start_s - ahead.start_s if same else 0.0
            longest[period] = max(longest.get(period, 0.0), table, today)
    for (planned_ahead, ahead), (planned, behind) in pairwise(pairs):
        periods = (case.period_of(direction, trip.start_s) for trip in (ahead, behind))
        today = max(behind.start_s - ahead.start_s, *(longest[period] for period in periods))
        gap, limit = planned.start_s - planned_ahead.start_s, today * (1.0 + SINGLE_GAP_SHARE)
        if gap > limit:
            sentence = (
                f"trip {planned.trip_id} leaves {first} at {clock(planned.start_s)}, {gap} s after "
                f"{planned_ahead.trip_id}; the longest gap of the period is {today:g} s today, at most {limit:g} s are "
                f"allowed, {gap - limit:g} s too much"
            )
            yield Violation("same-headways", sentence, planned.trip_id, first, planned.start_s, gap - limit)


@rule(
    "departure-window",
    "No departure from a terminal is further than half a headway from the departure of the trip in force to which it "
    "corresponds, or further than the policy's window where that is narrower. The headway is that at the first station "
    "of the trip.",
    EQUAL,
)
def departure_window(case: CheckCase) -> Iterator[Violation]:
    """Departures stay within their windows."""
    policy = case.scenario.policy.departure_window_s
    for direction in DIRECTIONS:
        at_station = case.calls(direction, case.baseline)
        place_of = {
            (id(call.trip), station): index for station, calls in at_station.items() for index, call in enumerate(calls)
        }
        for planned, in_force in case.paired[direction]:
            # The headway before the departure at the trip's first station; that after it for the first of the day.
            calls = at_station[in_force.stations[0]]
            number = place_of[id(in_force), in_force.stations[0]]
            if len(calls) == 1:
                continue
            window = abs(in_force.start_s - calls[abs(number - 1)].departure_s) / 2
            if policy is not None:
                window = min(window, policy)
            moved = planned.start_s - in_force.start_s
            if abs(moved) > window:
                when = "later" if moved > 0 else "earlier"
                sentence = (
                    f"trip {planned.trip_id} leaves {planned.stations[0]} at {clock(planned.start_s)}, "
                    f"{abs(moved)} s {when} "
                    f"than {in_force.trip_id} today; {window:g} s are allowed, {abs(moved) - window:g} s too much"
                )
                place, over = planned.stations[0], abs(moved) - window
                yield Violation("departure-window", sentence, planned.trip_id, place, planned.start_s, over)


@rule(
    "one-way-time",
    "No trip takes longer from end to end than the trip in force to which it corresponds. Where the planner allowed "
    "longer trips, a trip is longer by at most the time that the planner allowed (up to 120 s).",
    EQUAL,
)
def one_way_time(case: CheckCase) -> Iterator[Violation]:
    """One-way times are not longer than today plus the time that the planner allowed."""
    option_s = case.plan.options.longer_trips_s
    is_sound = 0 <= option_s <= LONGER_TRIPS_MOST_S
    allowed = option_s if is_sound else 0
    if not is_sound:
        sentence = (
            f"the plan's option longer_trips_s is {option_s!r}; 0 to {LONGER_TRIPS_MOST_S} whole seconds are allowed"
        )
        yield Violation("one-way-time", sentence)
    for direction in DIRECTIONS:
        for planned, in_force in case.paired[direction]:
            longer = (planned.end_s - planned.start_s) - (in_force.end_s - in_force.start_s)
            if longer > allowed:
                sentence = (
                    f"trip {planned.trip_id} takes {planned.end_s - planned.start_s} s, "
                    f"{in_force.trip_id} today {in_force.end_s - in_force.start_s} s: {longer} s longer"
                )
                sentence += f"; {allowed} s are allowed, {longer - allowed} s too much" if allowed else ""
                place, over = planned.stations[-1], longer - allowed
                yield Violation("one-way-time", sentence, planned.trip_id, place, planned.end_s, over)


@rule(
    "dwell-total",
    "The dwell times of a trip add up to no more than those of the trip in force to which it corresponds, and to less "
    "only by as much as the policy lets dwell time become running time.",
    EQUAL,
)
def dwell_total(case: CheckCase) -> Iterator[Violation]:
    """The total dwell of a trip is not longer than today, and shorter only by the dwell-to-running-time transfer."""
    room = case.scenario.policy.standing_to_running_s
    for direction in DIRECTIONS:
        for planned, in_force in case.paired[direction]:
            total, today = (
                sum(trip.dwell_s(index) for index in range(1, len(trip.stations) - 1)) for trip in (planned, in_force)
            )
            if total > today:
                sentence = (
                    f"the dwell times of trip {planned.trip_id} add up to {total} s, those of {in_force.trip_id} today "
                    f"to {today} s: {total - today} s longer"
                )
                yield Violation(
                    "dwell-total", sentence, planned.trip_id, planned.stations[0], planned.start_s, total - today
                )
            # A trip with a longer dwell than others today may have the dwell of the others.
            elif total < today - room:
                sentence = (
                    f"the dwell times of trip {planned.trip_id} add up to {total} s, those of {in_force.trip_id} today "
                    f"to {today} s: {today - total} s shorter; {room:g} s are allowed, "
                    f"{today - room - total:g} s too much"
                )
                place, over = planned.stations[0], today - room - total
                yield Violation("dwell-total", sentence, planned.trip_id, place, planned.start_s, over)


@rule(
    "expected-waiting",
    "On average, passengers wait no longer than today. A passenger who arrives in the gap between two trains waits "
    "half of the gap; the gaps of each station are weighted with the passengers who arrive in them.",
    EQUAL,
)
def expected_waiting(case: CheckCase) -> Iterator[Violation]:
    """The mean expected waiting over all stations and the day is not longer than today."""
    today = case.known.once("waiting", lambda: mean_waiting_s(case, case.baseline))
    planned = mean_waiting_s(case, None)
    if planned > today + WAITING_ROUNDING_S:
        sentence = f"passengers wait {planned:.3f} s on average, today {today:.3f} s: {planned - today:.3f} s longer"
        yield Violation("expected-waiting", sentence, amount=planned - today)


def mean_waiting_s(case: CheckCase, timetable: Timetable | None) -> float:
    """Expected waiting in s, weighted by boarding passengers if the line has demand; `None`: of the plan."""
    waited, came = 0.0, 0.0
    weighted = _has_boardings(case)
    for direction in DIRECTIONS:
        calls = case.calls(direction, timetable)
        groups = case.able_to_take(direction, timetable)
        for number, station in enumerate(case.line[direction][:-1]):
            leaving = [call for call in calls[station] if call.index + 1 < len(call.trip.stations)]
            for group in groups if weighted else groups[:1]:
                able = [call.departure_s for call in leaving if not weighted or call.trip.trip_id in group.trips]
                for ahead, behind in pairwise(able):
                    gap = behind - ahead
                    passengers = group.demand.boarding(direction, number, ahead, behind) if weighted else float(gap)
                    waited += passengers * gap / 2
                    came += passengers
    return waited / came if came else 0.0


def _has_boardings(case: CheckCase) -> bool:
    directions: tuple[Direction, ...] = DIRECTIONS
    return case.known.once(
        "has boardings",
        lambda: any(value > 0.0 for d in directions for row in case.demand.boarding_per_hour[d] for value in row),
    )


@rule("same-fleet", "The plan needs no more vehicles than the timetable in force.", EQUAL)
def same_fleet(case: CheckCase) -> Iterator[Violation]:
    """The number of vehicles is not larger than today."""
    planned, today = len(duties(case.sound_trips)), len(duties(case.baseline.trips))
    if planned > today:
        sentence = f"the plan needs {planned} vehicles, today {today}: {planned - today} more"
        yield Violation("same-fleet", sentence, amount=planned - today, unit="vehicles")
