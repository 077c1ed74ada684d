"""Rules of equal service: what the passenger has today, the passenger keeps."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from dispatch.plan import Mode
from dispatch.rules.case import Case
from dispatch.rules.vehicles import duties
from dispatch.rules.violation import Violation, clock, rule
from dispatch.timetable import DIRECTIONS, Direction, Timetable

EQUAL: tuple[Mode, ...] = ("equal-service",)
HEADWAY_TOLERANCE_SHARE = 0.05
"""A period's mean headway counts as the same within this share of it (a published headway is a rounded one)."""
LONGER_TRIPS_MOST_S = 120
"""By no more may a plan that asked for it make trips longer."""
WAITING_ROUNDING_S = 0.05
"""Means of waiting are compared to the tenth of a second in which they are quoted."""


@rule("same-trips", "Each direction has as many trips as today.", EQUAL)
def same_trips(case: Case) -> Iterator[Violation]:
    """Every trip in force has one of the plan that stands for it, and no trip of the plan is over."""
    # A trip whose form is broken runs all the same; the rules of form say what is wrong with it.
    broken = {trip.trip_id for trip in case.plan.timetable.trips if not case.is_sound(trip)}
    for direction in DIRECTIONS:
        kept = {in_force.trip_id for _, in_force in case.paired[direction]}
        for trip in case.in_order(direction, case.baseline):
            if trip.trip_id not in kept | broken:
                place, time = trip.stations[0], trip.start_s
                sentence = f"trip {trip.trip_id} is missing, which leaves {place} {direction} at {clock(time)} today"
                yield Violation("same-trips", sentence, trip.trip_id, place, time, 1, "trips")
        standing = Counter(planned for planned, _ in case.paired[direction])
        for trip in (Counter(case.in_order(direction)) - standing).elements():
            place, time = trip.stations[0], trip.start_s
            sentence = f"trip {trip.trip_id}, which leaves {place} {direction} at {clock(time)}, is one more than today"
            yield Violation("same-trips", sentence, trip.trip_id, place, time, 1, "trips")


@rule(
    "same-headways",
    "The mean headway of each period and direction is that of today or the headway table's, within 5 %, or between; "
    "a trip counts for the period of the trip in force that it stands for.",
    EQUAL,
)
def same_headways(case: Case) -> Iterator[Violation]:
    """Mean headways are kept."""
    for direction in DIRECTIONS:
        pairs = case.paired[direction]
        members: dict[int, list[int]] = {}
        for index, (_, in_force) in enumerate(pairs):
            members.setdefault(case.period_of(direction, in_force.start_s), []).append(index)
        for period, indices in members.items():
            # The headway table says how long after a departure the next one follows.
            begin, end = indices[0], min(indices[-1] + 1, len(pairs) - 1)
            if end == begin:
                continue
            planned, today = ((pairs[end][k].start_s - pairs[begin][k].start_s) / (end - begin) for k in (0, 1))
            start = case.periods[direction][period][0]
            # The last gap of the day is what the last train leaves over, so today's mean may differ from the table.
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


@rule(
    "departure-window",
    "Every departure from a terminal is within half a headway of the departure that it stands for, or within "
    "the policy's "
    "narrower window.",
    EQUAL,
)
def departure_window(case: Case) -> Iterator[Violation]:
    """Departures move little."""
    policy = case.scenario.policy.departure_window_s
    for direction in DIRECTIONS:
        today = case.in_order(direction, case.baseline)
        if len(today) == 1:
            continue
        number = {trip.trip_id: index for index, trip in enumerate(today)}
        for planned, in_force in case.paired[direction]:
            # The headway before the departure; that after it for the first of the day.
            neighbour = today[abs(number[in_force.trip_id] - 1)]
            window = abs(in_force.start_s - neighbour.start_s) / 2
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
    "No trip takes longer end to end than the trip in force that it stands for; where the plan's option "
    "`longer_trips_s` asked for that, longer by at most as many seconds (0 to 120).",
    EQUAL,
)
def one_way_time(case: Case) -> Iterator[Violation]:
    """Passengers do not travel longer than today and what the planner gave away."""
    asked = case.plan.options.get("longer_trips_s", 0)
    is_sound = type(asked) is int and 0 <= asked <= LONGER_TRIPS_MOST_S
    allowed = asked if is_sound and isinstance(asked, int) else 0
    if not is_sound:
        sentence = (
            f"the plan's option longer_trips_s is {asked!r}; 0 to {LONGER_TRIPS_MOST_S} whole seconds are allowed"
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
    "No trip stands longer at its stations together than the trip in force that it stands for, nor shorter by more "
    "than the policy's `standing_to_running_s`.",
    EQUAL,
)
def dwell_total(case: Case) -> Iterator[Violation]:
    """Standing is redistributed, and becomes running as far as the policy lets it."""
    room = case.scenario.policy.standing_to_running_s
    for direction in DIRECTIONS:
        for planned, in_force in case.paired[direction]:
            total, today = (
                sum(trip.dwell_s(index) for index in range(1, len(trip.stations) - 1)) for trip in (planned, in_force)
            )
            if total > today:
                sentence = (
                    f"trip {planned.trip_id} stands {total} s at its stations, {in_force.trip_id} today "
                    f"{today} s: {total - today} s longer"
                )
                yield Violation(
                    "dwell-total", sentence, planned.trip_id, planned.stations[0], planned.start_s, total - today
                )
            # A trip that stands longer than others today may come down to them.
            elif total < today - room:
                sentence = (
                    f"trip {planned.trip_id} stands {total} s at its stations, {in_force.trip_id} today "
                    f"{today} s: {today - total} s shorter; {room:g} s are allowed, {today - room - total:g} s too much"
                )
                place, over = planned.stations[0], today - room - total
                yield Violation("dwell-total", sentence, planned.trip_id, place, planned.start_s, over)


@rule(
    "expected-waiting",
    "Passengers wait no longer on average than today: who comes in a gap between two trains waits half of it, "
    "each station's "
    "gaps weighted with the passengers who come in them.",
    EQUAL,
)
def expected_waiting(case: Case) -> Iterator[Violation]:
    """Mean expected waiting over all stations and the day is kept."""
    planned, today = (_mean_waiting_s(case, timetable) for timetable in (None, case.baseline))
    if planned > today + WAITING_ROUNDING_S:
        sentence = f"passengers wait {planned:.3f} s on average, today {today:.3f} s: {planned - today:.3f} s longer"
        yield Violation("expected-waiting", sentence, amount=planned - today)


def _mean_waiting_s(case: Case, timetable: Timetable | None) -> float:
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


def _has_boardings(case: Case) -> bool:
    directions: tuple[Direction, ...] = DIRECTIONS
    return any(value > 0.0 for d in directions for row in case.demand.boarding_per_hour[d] for value in row)


@rule("same-fleet", "The plan needs no more vehicles than the timetable in force.", EQUAL)
def same_fleet(case: Case) -> Iterator[Violation]:
    """No vehicle is added."""
    planned, today = len(duties(case.sound_trips)), len(duties(case.baseline.trips))
    if planned > today:
        sentence = f"the plan needs {planned} vehicles, today {today}: {planned - today} more"
        yield Violation("same-fleet", sentence, amount=planned - today, unit="vehicles")
