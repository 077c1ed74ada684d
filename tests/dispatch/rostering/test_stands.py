"""Stands as arrays: the same answers as the sentences of terminals and as a count second by second."""

from dataclasses import replace

import numpy as np
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.terminal_occupancy import busiest_moment
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.rostering.stands import AllStands, Day, Terminals, lengths_km, most_at_once
from dispatch.rostering.terminal_capacity import terminal_excesses
from scenarios.files.load import load_scenario

YIZHUANG = load_scenario("beijing_yizhuang")
IN_FORCE = timetable_in_force(YIZHUANG)
INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


@given(INTERVALS)
def test_most_at_once_is_the_count_of_the_busiest_second(intervals: list[tuple[int, int]]) -> None:
    begin_s, end_s = (np.array([pair[k] for pair in intervals], dtype=np.float64) for k in (0, 1))
    by_second = [sum(begin <= second < end for begin, end in intervals) for second in range(61)]
    assert most_at_once(begin_s, end_s) == max(by_second) == busiest_moment(intervals).trains


@settings(max_examples=examples(15))
@given(st.integers(0, 10_000), st.integers(1, 400))
def test_terminals_suffice_where_no_sentence_objects(seed: int, most_s: int) -> None:
    generator = np.random.default_rng(seed)
    trips = []
    for trip in IN_FORCE.trips:
        by_s = int(generator.integers(-most_s, most_s + 1))
        trips.append(
            replace(
                trip,
                arrival_s=tuple(time + by_s for time in trip.arrival_s),
                departure_s=tuple(time + by_s for time in trip.departure_s),
            )
        )
    chains = first_in_first_out(Timetable(tuple(trips)), YIZHUANG).duties()
    terminals = Terminals.of(YIZHUANG, IN_FORCE)
    length_km = lengths_km(trips, YIZHUANG)
    stands = AllStands.of([Day.of(worked, YIZHUANG, terminals, length_km) for worked in chains.values()])
    excesses = tuple(terminal_excesses(chains, YIZHUANG, IN_FORCE))
    for station, number in terminals.number.items():
        here = stands.place == number
        suffices = terminals.suffice(number, stands.came_s[here], stands.goes_s[here])
        assert suffices == (not any(f" {station} " in sentence for sentence in excesses))


def test_a_day_that_continues_as_another_one_has_the_trips_of_both() -> None:
    chains = first_in_first_out(IN_FORCE, YIZHUANG).duties()
    one, two = list(chains.values())[:2]
    terminals, length_km = Terminals.of(YIZHUANG, None), lengths_km([*one, *two], YIZHUANG)
    after = next(n for n in range(2, len(two)) if two[n].stations[0] == one[2].stations[-1])
    joined = Day.of(one, YIZHUANG, terminals, length_km).then(3, Day.of(two, YIZHUANG, terminals, length_km), after)
    expected = Day.of([*one[:3], *two[after:]], YIZHUANG, terminals, length_km)
    for name in ("place", "came_s", "goes_s", "shortest_s", "trip_km", "done_km"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(expected, name))
