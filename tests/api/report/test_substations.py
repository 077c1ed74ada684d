"""The substations in result, summary and report: the parts of the account add up to the utility meter."""

from dataclasses import replace

import pytest

from api.experiment_result import result_of
from api.report.render import render_report
from api.report.substations import load_rows, substation_rows
from api.result import PlanResult
from api.summary import sentences
from simulation.experiment import PlanExperiment
from simulation.judging.day_figures import DayFigures

WH = 1e-3  # kWh


@pytest.fixture(scope="module")
def result(experiment: PlanExperiment) -> PlanResult:
    return result_of(experiment)


def test_the_result_adds_up_from_the_terminals_to_the_bill(experiment: PlanExperiment, result: PlanResult) -> None:
    for figures, days in (
        (result.baseline, experiment.judgement.baseline),
        (result.plan, experiment.judgement.plan),
    ):
        losses = (figures.load_losses_kwh, figures.no_load_losses_kwh, figures.return_losses_kwh)
        assert all(loss is not None for loss in losses)
        summed = figures.energy_kwh + sum(loss or 0.0 for loss in losses)
        assert summed == pytest.approx(figures.utility_kwh, abs=WH)
        billed = [day.bill.utility_kwh for day in days.results]
        assert summed == pytest.approx(sum(billed) / len(billed), abs=WH)
        assert sum(one.utility_kwh for one in figures.substations) == pytest.approx(figures.utility_kwh, abs=WH)
        assert [one.name for one in figures.substations] == ["west", "east"]


def test_the_report_has_the_table_and_the_summary_the_sum(experiment: PlanExperiment, result: PlanResult) -> None:
    rows = substation_rows(result)
    assert [(row.name, row.day) for row in rows][-2:] == [("together", "plan"), ("together", "today")]
    assert rows[-2].energies[0] == f"{result.plan.energy_kwh:,.0f}"
    assert rows[-2].energies[-1] == f"{result.plan.utility_kwh:,.0f}"
    assert 'id="substations"' in render_report(experiment, result)
    text = next(line.text for line in sentences(result, "Line", "speed_cap") if line.heading == "Utility meter")
    assert "load losses of transformers and rectifiers" in text
    assert f"= {result.plan.utility_kwh:,.0f} kWh" in text


def test_a_result_of_an_earlier_version_has_no_table(result: PlanResult) -> None:
    def without(figures: DayFigures) -> DayFigures:
        names = ("utility_kwh", "load_losses_kwh", "no_load_losses_kwh", "return_losses_kwh")
        return replace(figures, substations=(), **dict.fromkeys(names))

    old = result.model_copy(update={"plan": without(result.plan), "baseline": without(result.baseline)})
    assert substation_rows(old) == []
    assert not [line for line in sentences(old, "Line", "speed_cap") if line.heading == "Utility meter"]


def test_loads_beside_a_class_mark_what_is_above_it(result: PlanResult) -> None:
    def rated(figures: DayFigures) -> DayFigures:
        west, east = figures.substations
        return replace(figures, substations=(replace(west, rated_power_kw=100.0, overload_class="VI"), east))

    rows = load_rows(result.model_copy(update={"plan": rated(result.plan), "baseline": rated(result.baseline)}))
    assert [(row.name, row.day) for row in rows] == [
        ("west", "plan"), ("west", "today"), ("east", "plan"), ("east", "today")
    ]  # fmt: skip
    assert rows[0].rating == "100 kW, class VI"
    assert rows[0].loads[0] == (f"{result.plan.substations[0].peak_1s_kw:,.0f} of 300", True)
    assert rows[2].rating == "none"
    assert not any(is_exceeded for _, is_exceeded in rows[2].loads)


def test_longer_times_have_smaller_loads(result: PlanResult) -> None:
    for figures in (result.plan, result.baseline):
        for one in figures.substations:
            assert one.peak_1s_kw >= one.peak_1min_kw >= one.peak_2h_kw >= one.mean_24h_kw > 0.0
