"""Planned days: the same snapshots as runs and stands one by one, and equal days solved once."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays, planned_energy_j
from dispatch.energy.planned_movements import planned_movements
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.movement.planned import assemble
from scenarios.files.load import load_scenario


@pytest.mark.parametrize("overrides", [(), ("short_turns",)], ids=["whole line", "short turns"])
def test_snapshots_are_those_of_runs_and_stands_one_by_one(overrides: tuple[str, ...]) -> None:
    scenario = load_scenario("tutorial_line", overrides)
    line, timetable = LineModel.of(scenario), timetable_in_force(scenario)
    found = planned_movements(timetable, line)
    start_s = min(trip.start_s for trip in timetable.trips)
    end_s = max(trip.end_s for trip in timetable.trips) + scenario.operation.powered_stand_s
    one_by_one = assemble(found.runs, found.stands, found.auxiliary_w, start_s, end_s)
    snapshots = PlannedDays(line).snapshots(timetable)
    for name in ("offset", "chainage_m", "track", "power_w", "auxiliary_w", "owner"):
        np.testing.assert_array_equal(getattr(snapshots, name), getattr(one_by_one, name))


def test_another_day_has_its_own_energy_and_an_equal_day_the_same() -> None:
    scenario = load_scenario("tutorial_line")
    line, timetable = LineModel.of(scenario), timetable_in_force(scenario)
    other = Timetable(tuple(replace(trip, driving=("optimal",) * len(trip.driving)) for trip in timetable.trips))
    days = PlannedDays(line)
    assert days.energy_j(timetable) == planned_energy_j(timetable, line)
    assert days.energy_j(other) == planned_energy_j(other, line) < days.energy_j(timetable)
    assert days.energy_j(Timetable(tuple(timetable.trips))) == days.energy_j(timetable)
    assert days.energy_j(timetable, "ladder") == planned_energy_j(timetable, line, "ladder")
