"""Trips of two plans side by side: by name at equal service, else in order and by the nearest departure."""

from dataclasses import replace

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.energy.line_model import LineModel
from dispatch.explanation.compare import PlannedLine, compare
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.plans.trip_pairs import pairs
from scenarios.files.load import load_scenario

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)


def leaving(trip: Trip, start_s: int, name: str) -> Trip:
    sections = range(len(trip.driving))
    run = [trip.running_time_s(k) for k in sections]
    return retimed(replace(trip, trip_id=name), start_s, run, [trip.dwell_s(k) for k in sections[1:]], trip.driving[0])


def plan_of(trips: list[Trip], mode: Mode = "demand-led") -> Plan:
    timetable = Timetable(tuple(trips))
    return Plan(
        scenario=LINE.name,
        scenario_hash=LINE.hash,
        mode=mode,
        timetable=timetable,
        headways=headway_table(timetable, LINE) if mode == "equal-service" else (),
        vehicles={},
        seed=0,
        version="test",
    )


def up(*starts_s: int) -> Plan:
    return plan_of([leaving(IN_FORCE.of("up")[0], s, f"up-{n:03d}") for n, s in enumerate(starts_s, start=1)])


def departures(first: Plan, second: Plan) -> list[tuple[int | None, int | None]]:
    return [(a.start_s if a else None, b.start_s if b else None) for a, b in pairs(first, second)]


def test_trips_that_leave_together_are_one_whatever_their_names() -> None:
    today, fewer = up(0, 300, 600, 900, 1200, 1800), up(0, 420, 810, 1200, 1800)
    found = departures(today, fewer)
    assert (0, 0) in found
    assert (1200, 1200) in found
    assert (1800, 1800) in found
    assert sum(None in pair for pair in found) == 1


def test_trips_further_apart_than_half_a_headway_stand_alone() -> None:
    assert departures(up(0, 400), up(1000, 1400)) == [(0, None), (400, None), (None, 1000), (None, 1400)]
    assert departures(up(0, 400, 800), up(210, 610, 1010)) == [(0, None), (400, 210), (800, 610), (None, 1010)]
    assert departures(up(0, 400, 800), up(190, 590, 990)) == [(0, 190), (400, 590), (800, 990)]
    assert departures(up(), up(5)) == [(None, 5)]


def test_at_equal_service_names_tell_and_other_stations_never_pair() -> None:
    ups = IN_FORCE.of("up")
    late = [leaving(trip, trip.start_s + 250, trip.trip_id) for trip in ups]
    names = [
        (a.trip_id if a else "", b.trip_id if b else "")
        for a, b in pairs(plan_of(list(ups), "equal-service"), plan_of(late, "equal-service"))
    ]
    assert names == [(trip.trip_id, trip.trip_id) for trip in ups]
    short = replace(
        ups[3],
        stations=ups[3].stations[:3],
        arrival_s=ups[3].arrival_s[:3],
        departure_s=ups[3].departure_s[:3],
        driving=ups[3].driving[:2],
        passengers=ups[3].passengers[:2],
    )
    assert departures(plan_of([ups[3]]), plan_of([short])) == [(ups[3].start_s, None), (None, ups[3].start_s)]


STARTS = st.lists(st.integers(0, 4000), max_size=12, unique=True)


@settings(max_examples=examples(100))
@given(STARTS, STARTS)
def test_pairs_never_cross_and_tell_every_trip_once(first: list[int], second: list[int]) -> None:
    found = departures(up(*sorted(first)), up(*sorted(second)))
    together = [(a, b) for a, b in found if a is not None and b is not None]
    assert [a for a, _ in together] == sorted(a for a, _ in together)
    assert [b for _, b in together] == sorted(b for _, b in together)
    assert sorted(a for a, _ in found if a is not None) == sorted(first)
    assert sorted(b for _, b in found if b is not None) == sorted(second)


def test_a_comparison_names_both_trips() -> None:
    thin = [leaving(trip, trip.start_s, f"{trip.direction}-{number}") for number, trip in enumerate(IN_FORCE.trips)]
    thinner = plan_of([trip for number, trip in enumerate(thin) if number % 2 == 0])
    thinner = replace(thinner, headways=headway_table(thinner.timetable, LINE))
    today = plan_of(list(IN_FORCE.trips), "equal-service")
    found = compare(*(PlannedLine(plan, LineModel.of(LINE)) for plan in (today, thinner)))
    both = [row for row in found.trips if None not in row.trip_ids]
    assert len(both) == len(thinner.timetable.trips)
    assert all(row.departure_change_s == 0 for row in both)
    assert all(row.trip_ids[0] != row.trip_ids[1] and row.trip_id == row.trip_ids[0] for row in both)
