"""The least headway of a line's signalling: two trains of a simulated day hinder each other just below it."""

from dataclasses import replace
from typing import Literal

import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import Direction
from scenarios.values.build import profile_library
from simulation.day.least_headway import headways_below, least_headways
from simulation.day.model import DayModel, day_model

LINE = load_scenario("tutorial_line")
LIBRARY = profile_library(LINE)


def under(**signalling: object) -> tuple[Scenario, DayModel]:
    scenario = LINE.model_copy(update={"signalling": LINE.signalling.model_copy(update=signalling)})
    model = day_model(scenario, LIBRARY)
    return scenario, replace(model, rules=replace(model.rules, minimum_headway_s=0.0))


def hindered_s(model: DayModel, timetable: Timetable, direction: Direction, headway_s: int) -> float:
    """What the second of two trains loses that run the busiest trip one headway apart."""
    trip = max(timetable.of(direction), key=lambda one: (len(one.stations), sum(one.passengers), one.trip_id))
    second = replace(
        trip,
        trip_id="second",
        vehicle="second",
        arrival_s=tuple(s + headway_s for s in trip.arrival_s),
        departure_s=tuple(s + headway_s for s in trip.departure_s),
    )
    ran = model.run_trains(Timetable((trip, second)), None, planned_loads=True)
    return sum(ran.trips[1].hindered_s)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("block_m", [None, 250, 500])
def test_trains_hinder_each_other_just_below_the_least_headway_and_not_above(
    block_m: int | None, direction: Literal["up", "down"]
) -> None:
    blocks = {} if block_m is None else {"system": "fixed_block", "block_length_m": float(block_m)}
    scenario, model = under(**blocks)
    timetable = timetable_in_force(scenario)
    least_s = max(one.headway_s for one in least_headways(model, timetable) if one.direction == direction)
    assert hindered_s(model, timetable, direction, int(least_s) + 1) == 0.0
    assert hindered_s(model, timetable, direction, int(least_s) - 1) > 0.0


def test_only_a_rule_below_what_the_signalling_can_is_warned_about() -> None:
    scenario, free = under()
    timetable = timetable_in_force(scenario)
    worst = max(least_headways(free, timetable), key=lambda one: one.headway_s)
    assert headways_below(replace(free, rules=replace(free.rules, minimum_headway_s=worst.headway_s)), timetable) == ()
    tight = replace(free, rules=replace(free.rules, minimum_headway_s=worst.headway_s - 1.0))
    (sentence,) = headways_below(tight, timetable)
    for part in (worst.from_station, worst.to_station, f"{worst.headway_s:.0f} s", f"{worst.headway_s - 1.0:.0f} s"):
        assert part in sentence
