"""Random lines through the whole of Headwatt: rules of the scenario, plan, checker, judge, plan folder."""

from random import Random

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from planned_or_refused import planned_or_refused
from random_lines import findings, random_line, random_lines

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Mode
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS

MODES: tuple[Mode, ...] = ("equal-service", "demand-led")
LINES = 200
LINES_AT_ONCE = 10
PUT_BACK_MOST = 0
"""Of `LINES_AT_ONCE` lines, so many may need repair after the search."""


@given(random_lines())
@settings(max_examples=examples(40))
def test_random_lines_keep_the_rules_of_the_scenario_language(scenario: Scenario) -> None:
    assert findings(scenario) == []
    assert all(timetable_in_force(scenario).of(direction) for direction in DIRECTIONS)


@pytest.mark.many_cases
@given(random_lines(), st.sampled_from(MODES))
@settings(max_examples=examples(5))
def test_a_random_line_is_planned_or_refused_with_reasons(scenario: Scenario, mode: Mode) -> None:
    planned_or_refused(scenario, mode)


@pytest.mark.long_runs
@pytest.mark.parametrize("first", range(0, LINES, LINES_AT_ONCE))
def test_two_hundred_random_lines_are_planned_or_refused_with_reasons(first: int) -> None:
    """A failure names the seed; `random_line(Random(seed))` is the line."""
    put_back = {}
    for seed in range(first, first + LINES_AT_ONCE):
        scenario = random_line(Random(seed))
        for mode in MODES:
            try:
                outcome = planned_or_refused(scenario, mode)
            except Exception as error:
                error.add_note(f"seed {seed}, {mode}")
                raise
            if outcome.trips_back:
                put_back[seed, mode] = outcome.trips_back
    assert len(put_back) <= PUT_BACK_MOST, put_back


@pytest.mark.many_cases
def test_the_random_lines_contain_every_kind() -> None:
    """The kinds that once made the planner fail are among the lines of the long run."""
    lines = [random_line(Random(seed)) for seed in range(LINES)]
    in_force = [timetable_in_force(line) for line in lines]
    counts = [len(timetable.of(direction)) for timetable in in_force for direction in DIRECTIONS]
    assert {1, 2} <= set(counts)
    assert any(timetable.turns_on_the_way for timetable in in_force)
    turning = [
        {place for trip in timetable.trips for place in (trip.stations[0], trip.stations[-1])} for timetable in in_force
    ]
    # Terminals where no trip turns, and terminals that trips of one direction use only.
    assert any(set(line.terminals) - used for line, used in zip(lines, turning, strict=True))
    assert any(
        {trip.stations[-1] for trip in timetable.of("up")} - {trip.stations[0] for trip in timetable.of("down")}
        for timetable in in_force
    )
    assert {len(line.train_types) for line in lines} == {1, 2}
    assert {bool(line.depots) for line in lines} == {True, False}
    assert {line.signalling.system for line in lines} == {"moving_block", "fixed_block"}
    assert any(line.supply.storages for line in lines)
    assert any(station.inverter_v for line in lines for station in line.supply.substations)
    assert any(call.vehicle for line in lines for call in line.timetable.calls or ())
    assert any(period.direction != "both" for line in lines for period in line.timetable.periods or ())
