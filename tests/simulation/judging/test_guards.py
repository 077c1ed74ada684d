"""No saving is quoted against a day that does not run, nor where figures contradict each other."""

from dataclasses import replace

import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_energy_j
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.potential import Potential
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import profile_library, supply_network
from simulation.day.model import day_model
from simulation.day.record import DayRecord
from simulation.judging.guards import contradictions, day_does_not_run
from simulation.judging.judge import Judgement, compare
from simulation.runs.replications import DayWork, replication_seeds

LINE = load_scenario("tutorial_line")


def undisturbed(scenario: Scenario, timetable: Timetable) -> DayRecord:
    return day_model(scenario, profile_library(scenario)).day(timetable, None, False, True)


def laid_out_kwh(scenario: Scenario, timetable: Timetable) -> float:
    line = LineModel(scenario, profile_library(scenario), supply_network(scenario), {})
    return planned_energy_j(timetable, line, "ladder") / 3.6e6


def with_slow_turnback(tracks: int) -> Scenario:
    """Trains stand 400 s at Airfield in a peak with a train each 300 s."""
    airfield = LINE.terminals["AIR"].model_copy(update={"turnback_s": 400, "tracks": tracks})
    part = LINE.fleet[0].model_copy(update={"trainsets": 8})
    return LINE.with_parts(terminals={**LINE.terminals, "AIR": airfield}, fleet=(part,))


def test_a_day_that_runs_as_laid_out_is_a_baseline() -> None:
    today = timetable_in_force(LINE)
    day = undisturbed(LINE, today)
    assert day_does_not_run("The timetable in force", day, laid_out_kwh(LINE, today), LINE) is None


def test_a_terminal_with_too_few_tracks_is_named_with_its_time_and_cause() -> None:
    scenario = with_slow_turnback(tracks=1)
    today = first_in_first_out(timetable_in_force(scenario), scenario)
    sentence = day_does_not_run("The timetable in force", undisturbed(scenario, today), None, scenario)
    assert sentence is not None
    assert "at AIR from 06:" in sentence
    assert "the turnback is too short" in sentence


def test_a_day_that_draws_more_than_laid_out_is_no_baseline() -> None:
    today = timetable_in_force(LINE)
    laid_out = laid_out_kwh(LINE, today)
    sentence = day_does_not_run("The plan", undisturbed(LINE, today), laid_out / 1.05, LINE)
    assert sentence is not None
    assert sentence.startswith("The plan does not run as laid out")


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    """Today's timetable against the same timetable: a saving of exactly zero."""
    today = timetable_in_force(LINE)
    seeds = replication_seeds(0, 2)
    work = DayWork(day_model(LINE, profile_library(LINE)), {"today": today})
    days = [work.work(("today", seed)) for seed in seeds]
    return compare(seeds, days, days)


POTENTIAL = Potential(
    today_kwh=1000.0, before_kwh=1000.0, after_kwh=900.0, bound_kwh=800.0, share_of_gap_closed=0.5, mean_phase_share=1.0
)
LEVERS_KWH = (60.0, 40.0)


def test_figures_that_agree_are_no_contradiction(judgement: Judgement) -> None:
    assert contradictions(judgement, POTENTIAL, LEVERS_KWH) == ()


def test_a_saving_above_its_limit_is_a_contradiction(judgement: Judgement) -> None:
    (sentence,) = contradictions(judgement, replace(POTENTIAL, bound_kwh=1010.0, after_kwh=1010.0), ())
    assert "above -1.0 %, the limit" in sentence


def test_a_plan_below_its_bound_is_a_contradiction(judgement: Judgement) -> None:
    (sentence,) = contradictions(judgement, replace(POTENTIAL, bound_kwh=910.0), LEVERS_KWH)
    assert "less than the limit of 910 kWh" in sentence


def test_levers_that_miss_the_saving_are_a_contradiction(judgement: Judgement) -> None:
    (sentence,) = contradictions(judgement, POTENTIAL, LEVERS_KWH[:1])
    assert "The levers add up to 60 kWh, but the saving that they split is 100 kWh" in sentence
