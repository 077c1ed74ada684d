"""The report: its numbers are those of the experiment, its charts are charts, and it is safe to open."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from api.report.levers import waterfall
from api.report.power import quarter_hours
from api.report.render import render_report
from api.result import LeverSaving, PlanResult, result_of
from api.summary import sentences
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def result(experiment: PlanExperiment) -> PlanResult:
    return result_of(experiment)


@pytest.fixture(scope="module")
def page(experiment: PlanExperiment, result: PlanResult) -> str:
    return render_report(experiment, result)


@pytest.fixture(scope="module")
def charts(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found.group(1)))


def unpacked(packed: Any) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=f"<{packed['dtype']}")


def test_every_chart_is_one_that_plotly_accepts(charts: dict[str, Any]) -> None:
    drawn = [charts[name] for name in ("train_graph", "service", "power", "levers")]
    drawn += [section["chart"] for section in charts["driving"]]
    for chart in drawn:
        go.Figure(data=chart["data"], layout=chart["layout"], skip_invalid=False)


def test_the_train_graph_holds_every_stop_of_every_trip(charts: dict[str, Any], experiment: PlanExperiment) -> None:
    for timetable, names in ((experiment.baseline_plan.timetable, "today"), (experiment.plan.timetable, "plan")):
        times_s = np.concatenate(
            [unpacked(trace["x"]) for trace in charts["train_graph"]["data"] if trace["name"].startswith(names)]
        )
        expected = sorted(time for trip in timetable.trips for time in (*trip.arrival_s, *trip.departure_s))
        assert sorted(times_s[~np.isnan(times_s)] / 1000.0) == expected


def test_every_section_of_both_directions_has_its_driving(charts: dict[str, Any], experiment: PlanExperiment) -> None:
    scenario = experiment.request.scenario
    assert len(charts["driving"]) == 2 * (len(scenario.stations) - 1)
    for section in charts["driving"]:
        limit, today = section["chart"]["data"][:2]
        place_m, speed_kmh = unpacked(today["x"]), unpacked(today["y"])
        assert speed_kmh[0] == speed_kmh[-1] == 0.0
        assert np.all(np.diff(place_m) > 0)
        assert speed_kmh.max() <= max(limit["y"]) + 0.1


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import", markup)


def test_a_title_cannot_break_out_of_the_page(experiment: PlanExperiment) -> None:
    request = experiment.request
    evil = "</script><script>alert(1)</script><b>"
    stations = (request.scenario.stations[0].model_copy(update={"name": evil}), *request.scenario.stations[1:])
    scenario = request.scenario.model_copy(update={"title": evil, "stations": stations})
    changed = replace(experiment, request=replace(request, scenario=scenario))
    page = render_report(changed, result_of(changed))
    assert evil not in page
    assert "alert(1)" in page  # it is shown as text
    assert page.count("<script") == render_report(experiment, result_of(experiment)).count("<script")


def test_sentences_say_saving_baseline_meter_interval_service_and_proof(
    result: PlanResult, experiment: PlanExperiment
) -> None:
    scenario = experiment.request.scenario
    said = {one.heading: one.text for one in sentences(result, scenario.title, scenario.driving.baseline)}
    low, high = experiment.saving_ci95_percent
    assert f"{experiment.saving_percent:.1f} % less" in said["Saving"]
    assert f"{low:.1f} to {high:.1f} %" in said["Saving"]
    assert "substation DC terminals" in said["Saving"]
    assert "speed cap" in said["Compared with"]
    assert "3 simulated days" in said["Compared with"]
    assert f"{experiment.planned.trips} trips" in said["Passengers"]
    assert "driving" in said["Levers"]
    assert f"{experiment.saving_against_mean_phase_percent:.1f} %" in said["Compared with"]
    assert experiment.evidence is not None
    assert f"{experiment.evidence.bound_percent:.1f} %" in said["Limit"]
    assert f"{experiment.evidence.share_of_gap_closed:.0%} of that gap" in said["Limit"]
    assert f"All {len(experiment.check.rules)} rules" in said["Checks"]


@pytest.mark.parametrize(
    ("change", "heading", "words"),
    [
        ({"saving_percent": -1.25, "saving_ci95_percent": (-2.0, -0.5)}, "Saving", "1.2 % more"),
        ({"saving_percent": 0.5, "saving_ci95_percent": (-0.5, 1.5)}, "Saving", "a saving is not shown"),
        ({"mode": "demand-led"}, "Passengers", "follow the demand"),
        ({"levers": []}, "Levers", "not split"),
        (
            {"levers": [LeverSaving(name="dwells", saving_kwh=500), LeverSaving(name="disturbances", saving_kwh=-120)]},
            "Levers",
            "take 120 kWh",
        ),
    ],
)
def test_sentences_stay_honest(result: PlanResult, change: dict[str, Any], heading: str, words: str) -> None:
    said = {one.heading: one.text for one in sentences(result.model_copy(update=change), "A line", "speed_cap")}
    assert words in said[heading]


def test_nothing_is_said_of_a_limit_that_was_not_computed(result: PlanResult) -> None:
    without = result.model_copy(update={"bound_kwh": None, "saving_against_mean_phase_percent": None})
    said = {one.heading: one.text for one in sentences(without, "A line", "speed_cap")}
    assert "Limit" not in said
    assert "phases" not in said["Compared with"]


def test_saving_against_the_mean_phase_is_a_saving_of_other_energy(
    result: PlanResult, experiment: PlanExperiment
) -> None:
    """Before is what today's service would draw on average over all phases; after is the plan."""
    assert experiment.evidence is not None
    mean_kwh = experiment.baseline.energy_kwh * experiment.evidence.mean_phase_share
    expected = 100.0 * (mean_kwh - experiment.planned.energy_kwh) / mean_kwh
    assert result.saving_against_mean_phase_percent == pytest.approx(expected, rel=1e-12)
    assert result.bound_kwh == experiment.evidence.bound_kwh
    assert result.undisturbed_kwh is not None
    assert result.bound_kwh < result.undisturbed_kwh[1] < result.undisturbed_kwh[0]


def test_unserved_energy_and_broken_rules_are_said(result: PlanResult) -> None:
    starved = result.model_copy(
        update={
            "plan": result.plan.model_copy(update={"unserved_kwh": 12.5}),
            "checks": result.checks.model_copy(update={"passed": False, "violations": ["turnback: too short"]}),
        }
    )
    said = {one.heading: one.text for one in sentences(starved, "A line", "speed_cap")}
    assert "12.5 kWh" in said["Supply"]
    assert "1 violation of" in said["Checks"]


def test_the_waterfall_ends_at_the_plan_and_shows_what_the_levers_leave_open(result: PlanResult) -> None:
    half = [LeverSaving(name="driving", saving_kwh=result.levers[0].saving_kwh / 2)]
    for levers, steps in ((result.levers, 1), (half, 2)):
        bars = waterfall(result.model_copy(update={"levers": levers}))["data"][0]
        assert len(bars["y"]) == steps + 2
        assert bars["y"][0] + sum(bars["y"][1:-1]) == pytest.approx(result.plan.energy_kwh)
        assert bars["y"][-1] == result.plan.energy_kwh


def test_quarter_hours_keep_the_energy_and_share_what_lies_across_an_edge() -> None:
    """Limiting case: 1 kW from 10 minutes before to 10 minutes after an edge is 2/3 kW in both quarters."""
    begins_s, mean_kw = quarter_hours(np.full(20, 1000.0), 3600.0 - 600.0, 60.0)
    assert begins_s.tolist() == [2700.0, 3600.0]
    assert mean_kw == pytest.approx([2 / 3, 2 / 3])
    rng = np.random.default_rng(4)
    power_w = rng.uniform(0, 5e6, 7777)
    _, mean_kw = quarter_hours(power_w, 18_123.0, 7.0)
    assert mean_kw.sum() * 900.0 * 1000.0 == pytest.approx(power_w.sum() * 7.0)
