"""A plan against a timetable in force that does not run: no saving is quoted anywhere, and the plan is described."""

import re
from dataclasses import replace

from api.experiment_result import result_of
from api.report.render import render_report
from api.summary import sentences
from simulation.experiment import PlanExperiment

REASON = "The timetable in force does not run as laid out."


def test_no_sentence_and_no_card_quotes_a_saving(experiment: PlanExperiment) -> None:
    without = replace(experiment, no_saving_because=(REASON,))
    texts = {one.heading: one.text for one in sentences(result_of(without), "line", "speed_cap")}
    assert REASON in texts["Saving"]
    assert "The plan itself runs as laid out, and draws" in texts["Saving"]
    assert "judged saving is" not in texts["Compared with"]
    assert "Other figures" not in texts
    page = render_report(without, result_of(without))
    assert re.search(r'<p class="figure">none</p>\s*<p class="note">' + re.escape(REASON), page)
    assert "None of them may be quoted for this plan" in page


def test_a_saving_that_holds_is_quoted(experiment: PlanExperiment) -> None:
    texts = {one.heading: one.text for one in sentences(result_of(experiment), "line", "speed_cap")}
    assert "judged saving is" in texts["Compared with"]
    assert "Quote the judged saving" in texts["Other figures"]
    assert (
        "None of them may be quoted"
        not in render_report(experiment, result_of(experiment)).split("<script", maxsplit=1)[0]
    )


def test_a_plan_that_does_not_run_either_is_not_praised(experiment: PlanExperiment) -> None:
    without = replace(experiment, no_saving_because=(REASON, "The plan does not run."), status="rejected")
    texts = {one.heading: one.text for one in sentences(result_of(without), "line", "speed_cap")}
    assert "itself runs" not in texts["Saving"]
