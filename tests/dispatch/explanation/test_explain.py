"""Explanation of a saving: single-trip counterfactuals agree with whole days; levers and energy exchanges add up."""

from dataclasses import replace

import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_energy_j
from dispatch.energy.trip_change import PlannedDay
from dispatch.explanation.compare import PlannedLine, compare
from dispatch.explanation.energy_exchange import doing, energy_exchanges
from dispatch.explanation.explain import change_of, counterparts, explain, parts_of_trip
from dispatch.explanation.lever import Lever
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable, Trip, retimed
from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library, supply_network, train_of

LINE = load_scenario("tutorial_line")
TRAIN = train_of(LINE)
LIBRARY = profile_library(LINE, TRAIN)
NETWORK = supply_network(LINE)
IN_FORCE = timetable_in_force(LINE)
MODEL = LineModel(LINE, LIBRARY, NETWORK)
PLAIN = replace(MODEL, network=replace(NETWORK, storages=()))
"""The tutorial line has a storage and a reversible substation; this is it without the storage."""


def planned(trip: Trip, number: int) -> Trip:
    """A trip that leaves a little later, runs its first section slower, dwells less, and is driven optimally."""
    sections = range(len(trip.driving))
    run = [trip.running_time_s(k) + (2 if k == 0 else 0) for k in sections]
    dwell = [trip.dwell_s(k) - (2 if k == 1 else 0) for k in sections[1:]]
    return retimed(trip, trip.start_s + 7 * (number % 4), run, dwell, "optimal")


PLANNED = Timetable(tuple(planned(trip, number) for number, trip in enumerate(IN_FORCE.trips)))


def plan_of(timetable: Timetable = PLANNED, mode: Mode = "equal-service") -> Plan:
    return Plan(
        scenario=LINE.name,
        scenario_hash=LINE.hash,
        mode=mode,
        timetable=timetable,
        headways=headway_table(timetable, LINE),
        vehicles={trip.vehicle: LINE.main_train_type for trip in timetable.trips},
        seed=0,
        version="test",
    )


@pytest.fixture(scope="module")
def day() -> PlannedDay:
    return PlannedDay.of(PLANNED, MODEL, IN_FORCE.trips)


def energy_kwh(timetable: Timetable, line: LineModel = MODEL) -> float:
    return planned_energy_j(timetable, line) / 3.6e6


def with_trip(timetable: Timetable, other: Trip) -> Timetable:
    return Timetable(tuple(other if trip.trip_id == other.trip_id else trip for trip in timetable.trips))


@pytest.mark.parametrize("number", [0, 1, 9, 30, 54])
def test_one_trip_put_back_is_what_the_whole_day_gives(number: int) -> None:
    plain = PlannedDay.of(PLANNED, PLAIN, IN_FORCE.trips)
    back = counterparts(plan_of(), IN_FORCE)[plain.trips[number].trip_id]
    assert back != plain.trips[number]
    growth = plain.growth_kwh(number, back)
    assert growth == pytest.approx(energy_kwh(with_trip(PLANNED, back), PLAIN) - energy_kwh(PLANNED, PLAIN), abs=1e-3)
    assert abs(growth) > 0.01
    assert plain.growth_kwh(number, plain.trips[number]) == 0.0


@pytest.mark.parametrize("number", [1, 9, 30])
def test_a_trip_put_back_beside_storage_counts_what_is_left_in_it(day: PlannedDay, number: int) -> None:
    """The charge binds seconds that are far apart; what differs at the end of the window is neither lost nor saved."""
    back = counterparts(plan_of(), IN_FORCE)[day.trips[number].trip_id]
    growth = day.growth_kwh(number, back)
    whole = energy_kwh(with_trip(PLANNED, back)) - energy_kwh(PLANNED)
    assert growth == pytest.approx(whole, rel=0.02, abs=0.02)
    assert growth != pytest.approx(PlannedDay.of(PLANNED, PLAIN, IN_FORCE.trips).growth_kwh(number, back), rel=0.001)


def test_levers_add_up_and_trips_are_sorted() -> None:
    found = explain(plan_of(), IN_FORCE, MODEL)
    assert found.before_kwh == pytest.approx(energy_kwh(IN_FORCE), abs=0.05)
    assert found.after_kwh == pytest.approx(energy_kwh(PLANNED), abs=0.05)
    assert sum(lever.saving_kwh for lever in found.levers) == pytest.approx(found.saving_kwh, abs=0.05)
    savings = [change.saving_kwh for change in found.trips]
    assert savings == sorted(savings, reverse=True)
    assert len(savings) == len(PLANNED.trips)
    change = next(change for change in found.trips if change.trip_id == IN_FORCE.trips[3].trip_id)
    assert (change.departure_change_s, change.running_change_s, change.dwell_change_s) == (21, 2, -2)
    assert (change.sections, change.stations, change.driving, change.driving_before) == (1, 1, "optimal", "speed_cap")


def test_levers_written_with_the_plan_hold_only_while_it_is_as_written() -> None:
    saving = energy_kwh(IN_FORCE) - energy_kwh(PLANNED)
    written = (Lever("driving", saving - 3.0), Lever("dwells", 3.0))
    assert explain(plan_of(), IN_FORCE, MODEL, known_levers=written).levers == written
    edited = Timetable((IN_FORCE.trips[0], *PLANNED.trips[1:]))
    found = explain(plan_of(edited), IN_FORCE, MODEL, known_levers=(Lever("driving", 2 * saving),))
    assert len(found.levers) == 4
    assert sum(lever.saving_kwh for lever in found.levers) == pytest.approx(found.saving_kwh, abs=0.05)
    same = next(change for change in found.trips if change.trip_id == IN_FORCE.trips[0].trip_id)
    assert same.saving_kwh == 0.0


def test_where_headways_follow_the_demand_trips_keep_their_departure() -> None:
    fewer = Timetable(tuple(trip for number, trip in enumerate(PLANNED.trips) if number % 5))
    back = counterparts(plan_of(fewer, "demand-led"), IN_FORCE)
    for trip in fewer.trips:
        assert back[trip.trip_id].start_s == trip.start_s
        assert back[trip.trip_id].driving == ("speed_cap",) * len(trip.driving)
        assert (
            back[trip.trip_id].end_s - trip.start_s
            == IN_FORCE.of(trip.direction)[0].end_s - IN_FORCE.of(trip.direction)[0].start_s
        )
    found = explain(plan_of(fewer, "demand-led"), IN_FORCE, MODEL)
    assert found.levers[0].name == "number of trips and departures"
    assert found.levers[0].saving_kwh > 0.0
    assert sum(lever.saving_kwh for lever in found.levers) == pytest.approx(found.saving_kwh, abs=0.05)


def test_parts_of_a_trip_are_its_levers_put_back_alone(day: PlannedDay) -> None:
    place = next(k for k, trip in enumerate(day.trips) if k > 8 and trip.trip_id == IN_FORCE.trips[7].trip_id)
    trip = day.trips[place]
    back = counterparts(plan_of(), IN_FORCE)[trip.trip_id]
    parts = {part.name: part.saving_kwh for part in parts_of_trip(day, trip, back)}
    only_driving = replace(trip, driving=back.driving)
    by_s = back.start_s - trip.start_s
    moved = replace(
        trip,
        arrival_s=tuple(time + by_s for time in trip.arrival_s),
        departure_s=tuple(time + by_s for time in trip.departure_s),
    )
    assert by_s != 0
    assert parts["driving"] == pytest.approx(day.growth_kwh(place, only_driving))
    assert parts["departure"] == pytest.approx(day.growth_kwh(place, moved))
    assert parts["driving"] > 0.0
    assert set(parts) == {"driving", "departure", "running times", "dwells"}
    assert change_of(day, trip, back).saving_kwh == pytest.approx(day.growth_kwh(place, back))


def test_what_a_trip_draws_and_gives_adds_up(day: PlannedDay) -> None:
    met = 0.0
    for trip in (day.trips[9], day.trips[20]):
        for section in energy_exchanges(day, NETWORK, trip.trip_id):
            sources = section.from_substations_kwh + section.from_storage_kwh + section.from_trains_kwh
            assert sources == pytest.approx(section.drawn_kwh, rel=2e-3)
            uses = section.own_auxiliaries_kwh + section.given_kwh + section.burnt_kwh
            assert uses == pytest.approx(section.offered_kwh, rel=2e-3)
            received = sum(partner.energy_kwh for partner in section.feeds)
            received += section.to_storage_kwh + section.to_substations_kwh
            assert 0.8 * section.given_kwh <= received <= section.given_kwh + 1e-6
            met += section.from_trains_kwh
    assert met > 0.1


def test_both_sides_of_a_meeting_tell_the_same(day: PlannedDay) -> None:
    """What a trip got from another one is what that one gave to it, its stands at terminals apart."""
    compared = 0
    for section in energy_exchanges(day, NETWORK, day.trips[20].trip_id):
        for partner in section.fed_by[:2]:
            gave = sum(
                other.energy_kwh
                for theirs in energy_exchanges(day, NETWORK, partner.trip_id)
                for other in theirs.feeds
                if other.trip_id == day.trips[20].trip_id
            )
            assert gave >= partner.energy_kwh - 1e-6
            compared += 1
            assert partner.doing.startswith("braking")
    assert compared > 3


def test_words_for_what_a_train_does() -> None:
    trip = IN_FORCE.of("up")[0]
    assert doing(trip, trip.start_s + 5, 2e6) == ("leaving", trip.stations[0])
    assert doing(trip, trip.arrival_s[1] - 5, -1e6) == ("braking into", trip.stations[1])
    assert doing(trip, trip.arrival_s[1] + 1, 0.0) == ("standing at", trip.stations[1])
    assert doing(trip, trip.end_s + 60, 0.0) == ("standing at", trip.stations[-1])


def line_of(plan: Plan) -> PlannedLine:
    return PlannedLine(plan, MODEL)


def test_a_plan_beside_itself_differs_in_nothing() -> None:
    found = compare(line_of(plan_of()), line_of(plan_of()))
    assert found.totals[0] == found.totals[1]
    assert not any(trip.is_changed for trip in found.trips)
    assert all(row.headway_s[0] == row.headway_s[1] for row in found.headways)


def test_every_difference_of_two_plans_is_reported() -> None:
    extra = retimed(
        replace(IN_FORCE.trips[0], trip_id="extra"), IN_FORCE.trips[0].start_s - 400,
        [IN_FORCE.trips[0].running_time_s(k) for k in range(4)], [IN_FORCE.trips[0].dwell_s(k) for k in (1, 2, 3)],
        "speed_cap",
    )  # fmt: skip
    found = compare(line_of(plan_of(IN_FORCE)), line_of(plan_of(Timetable((extra, *PLANNED.trips)))))
    rows = {row.trip_id: row for row in found.trips}
    third = rows[IN_FORCE.trips[3].trip_id]
    assert third.departure_change_s == 21
    assert third.running_change_s == (2, 0, 0, 0)
    assert third.dwell_change_s == (-2, 0, 0)
    assert third.driving == ("speed_cap", "optimal")
    assert rows["extra"].departure_s == (None, extra.start_s)
    before, after = found.totals
    assert after.trips == before.trips + 1
    assert after.train_km == pytest.approx(before.train_km + LINE.length_m / 1000.0)
    assert after.energy_kwh != before.energy_kwh


def test_plans_of_two_lines_are_not_compared() -> None:
    other = load_scenario("beijing_yizhuang")
    elsewhere = PlannedLine(plan_of(), replace(MODEL, scenario=other))
    with pytest.raises(InputFaults, match="same line"):
        compare(line_of(plan_of()), elsewhere)
