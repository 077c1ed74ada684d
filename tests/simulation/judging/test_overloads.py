"""Remarks where the load of a substation is above its overload class, and where there is no class to compare with."""

from typing import Any

from energy_models.account.substations import SubstationLoads
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from simulation.judging.overloads import overload_remarks

LINE = load_scenario("tutorial_line")
LOADS = {"west": SubstationLoads(2500.0, 2000.0, 1400.0, 600.0), "east": SubstationLoads(2000.0, 900.0, 500.0, 100.0)}


def rated(**ratings: tuple[float, Any]) -> Scenario:
    substations = tuple(
        item.model_copy(update={"rated_power_kw": ratings[item.id][0], "overload_class": ratings[item.id][1]})
        if item.id in ratings
        else item
        for item in LINE.supply.substations
    )
    return LINE.with_parts(supply=LINE.supply.model_copy(update={"substations": substations}))


def test_within_the_class_there_is_no_remark() -> None:
    assert overload_remarks(rated(west=(1000.0, "VI"), east=(1000.0, "V")), {"plan": LOADS}) == ()


def test_each_exceeded_time_is_named_with_its_limit_and_its_timetable() -> None:
    scenario = rated(west=(900.0, "V"), east=(1000.0, "V"))
    higher = {**LOADS, "west": SubstationLoads(1700.0, 1600.0, 1300.0, 950.0)}
    (remark,) = overload_remarks(scenario, {"plan": LOADS, "timetable in force": higher})
    assert "Substation west is loaded above its overload class V with 900 kW rated power" in remark
    assert "2,500 kW over one second instead of at most 1,800 kW (plan)" in remark
    assert "2,000 kW over one minute instead of at most 1,800 kW (plan)" in remark
    assert "1,400 kW over two hours instead of at most 1,350 kW (plan)" in remark
    assert "950 kW over 24 hours instead of at most 900 kW (timetable in force)" in remark
    assert "1,300 kW" not in remark


def test_a_load_at_the_limit_is_allowed() -> None:
    loads = {"west": SubstationLoads(3000.0, 3000.0, 1500.0, 1000.0)}
    assert overload_remarks(rated(west=(1000.0, "VI")), {"plan": loads}) == ()


def test_without_ratings_one_remark_has_the_highest_load() -> None:
    (remark,) = overload_remarks(LINE, {"plan": LOADS})
    assert remark.startswith("No substation has rated power")
    assert "2,500 kW over one second at west (plan)" in remark


def test_substations_without_rating_are_named_beside_rated_ones() -> None:
    (remark,) = overload_remarks(rated(west=(1000.0, "VI")), {"plan": LOADS})
    assert remark.startswith("east: no rated power")
    assert "2,000 kW over one second at east (plan)" in remark
