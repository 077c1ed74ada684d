"""The range of a saving for borrowed inputs, in result, summary and report."""

from dataclasses import replace

import pytest

from api.experiment_result import result_of
from api.input_effects import input_notes, input_range_of
from api.report.render import render_report
from api.result import PlanResult
from api.summary import headline, sentences
from dispatch.explanation.input_sensitivity import InputEffect, InputSensitivity
from scenarios.files.main_inputs import main_inputs
from simulation.experiment import PlanExperiment

FOUND = InputSensitivity(
    20.0, (InputEffect("train_mass", 0.2, 17.0, 24.0), InputEffect("no_load_voltage", 0.05, 20.5, 19.5, 0.25)), 9, 18
)  # fmt: skip


@pytest.fixture
def borrowed(experiment: PlanExperiment) -> PlanExperiment:
    """The experiment of a line with a borrowed train, without a sensitivity."""
    scenario = experiment.request.scenario
    provenance = {**scenario.provenance, "train_types.four_car": "assumed: as on other_line"}
    return replace(experiment, inputs=main_inputs(scenario.with_parts(provenance=provenance)), sensitivity=None)


def texts(result: PlanResult) -> dict[str, str]:
    return {sentence.heading: sentence.text for sentence in sentences(result, "line", "speed_cap")}


def test_savings_are_those_of_the_judge_moved_by_the_changes(borrowed: PlanExperiment) -> None:
    result = result_of(replace(borrowed, sensitivity=FOUND))
    found, saving = result.input_range, result.saving_percent
    assert found is not None
    assert found.status == "done"
    first, second, *others = found.inputs
    assert (first.name, second.name) == ("train_mass", "no_load_voltage")
    assert (first.smaller_percent, first.larger_percent) == (
        pytest.approx(saving - 3.0, abs=0.01), pytest.approx(saving + 4.0, abs=0.01),
    )  # fmt: skip
    assert all(one.low_percent is None for one in others)
    low, high = result.saving_ci95_percent
    assert found.low_percent is not None
    assert found.high_percent is not None
    assert found.low_percent == pytest.approx(saving - ((saving - low) ** 2 + 3.0**2 + 0.5**2) ** 0.5, abs=0.01)
    assert found.high_percent == pytest.approx(saving + ((high - saving) ** 2 + 4.0**2 + 0.5**2) ** 0.5, abs=0.01)
    assert PlanResult.model_validate_json(result.model_dump_json()) == result


def test_a_narrow_interval_is_not_shown_alone(borrowed: PlanExperiment) -> None:
    done = result_of(replace(borrowed, sensitivity=FOUND))
    assert done.input_range is not None
    span = f"{done.input_range.low_percent:.1f} to {done.input_range.high_percent:.1f} %"
    for text in (texts(done)["Saving"], headline(done)):
        assert span in text
        assert "holds only for the inputs as they are" in text
    assert "train mass" in texts(done)["Inputs"]
    assert "Computed for 9 of 18 hours" in texts(done)["Inputs"]
    page = render_report(replace(borrowed, sensitivity=FOUND), done)
    assert span.removesuffix(" %") in page
    assert "assumed: as on other_line" in page


def test_without_a_sensitivity_borrowed_inputs_are_marked_as_not_done(borrowed: PlanExperiment) -> None:
    result = result_of(borrowed)
    assert result.input_range is not None
    assert (result.input_range.status, result.input_range.low_percent) == ("not done", None)
    assert "its range was not computed" in texts(result)["Saving"]
    assert "Borrowed from another line" in texts(result)["Inputs"]
    assert "was not computed" in render_report(borrowed, result)


def test_assumed_inputs_alone_are_named_and_need_no_range(experiment: PlanExperiment) -> None:
    found = input_range_of(replace(experiment, inputs=main_inputs(experiment.request.scenario)))
    assert found.status == "not needed"
    assert {one.kind for one in found.inputs} == {"assumed"}
    result = result_of(experiment).model_copy(update={"input_range": found})
    assert "range" not in texts(result)["Saving"]
    assert texts(result)["Inputs"].startswith("Assumed: train mass")


def test_other_savings_have_a_note_on_their_inputs(experiment: PlanExperiment) -> None:
    scenario = experiment.request.scenario
    assert input_notes(scenario) == ()
    heavy = scenario.train_types["four_car"].model_copy(update={"tare_t": 230.0})
    provenance = {**scenario.provenance, "supply": "assumed: as on other_line"}
    first, second = input_notes(scenario.with_parts(train_types={"four_car": heavy}, provenance=provenance))
    assert first.startswith("Unlikely input. Tare per metre of train")
    assert "no-load voltage of the substations" in second
    assert "train mass" not in second


def test_unlikely_inputs_stand_beside_the_saving(experiment: PlanExperiment) -> None:
    result = result_of(experiment)
    assert result.warnings == []
    marked = result.model_copy(update={"warnings": ["Tare per metre of train: 2.88 t/m"]})
    assert texts(marked)["Unlikely input"] == "Tare per metre of train: 2.88 t/m"
    assert "1 unlikely input" in headline(marked)
    page = render_report(experiment, marked)
    assert "1 unlikely input, listed below" in page
    assert "Tare per metre of train: 2.88 t/m" in page
