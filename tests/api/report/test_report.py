"""The report: its numbers are those of the experiment, its charts are charts, and it is safe to open."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from api.experiment_result import result_of
from api.report.borders import borders, largest_move, shown
from api.report.convergence import convergence
from api.report.levers import waterfall
from api.report.power import quarter_hours
from api.report.regeneration import mean_day
from api.report.render import render_report
from api.report.trade import trade
from api.result import Choice, PlanResult
from api.savings import KINDS
from api.summary import headline, headline_beside, sentences
from dispatch.energy.planned_movements import as_planned
from dispatch.explanation.lever import Lever
from dispatch.plans.dwell_transfer import DwellTransfer
from dispatch.plans.longer_trips import LongerTrips
from dispatch.plans.timetable import Timetable
from energy_models.account.energy import Receptivity
from simulation.experiment import PlanExperiment
from simulation.judging.regulation import judge_regulation

LONGER = LongerTrips(allowed_s=40, most_s=30, mean_s=24.3)
LESS = DwellTransfer(most_s=30, mean_s=29.6, today_s=370.0)


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
    names = ("regeneration", "service", "power", "levers", "convergence")
    drawn = [charts[name] for name in names]
    drawn += [section["chart"] for section in charts["driving"]]
    for chart in drawn:
        go.Figure(data=chart["data"], layout=chart["layout"], skip_invalid=False)


def test_the_train_graph_holds_every_stop_of_every_trip(charts: dict[str, Any], experiment: PlanExperiment) -> None:
    graph = charts["train_graph"]
    stations = [station["station_id"] for station in graph["stations"]]
    for timetable, name in ((experiment.baseline_plan.timetable, "today"), (experiment.plan.timetable, "trips")):
        drawn = {
            row["trip_id"]: [(stations[k], arrival, departure) for k, arrival, departure in row["stops"]]
            for row in graph[name]
        }
        assert drawn == {
            trip.trip_id: list(zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True))
            for trip in timetable.trips
        }


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
    assert not re.findall(r"src\s*=|href\s*=\s*\"(?!#|\?lang=)|url\(|@import", markup)


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
    assert experiment.potential is not None
    assert f"{experiment.potential.bound_percent:.1f} %" in said["Limit"]
    assert f"{100.0 * experiment.potential.share_of_gap_closed:.0f} % of that gap" in said["Limit"]
    assert f"All {len(experiment.check.rules)} rules" in said["Checks"]


@pytest.mark.parametrize(
    ("change", "heading", "words"),
    [
        ({"saving_percent": -1.25, "saving_ci95_percent": (-2.0, -0.5)}, "Saving", "1.2 % more"),
        ({"saving_percent": 0.5, "saving_ci95_percent": (-0.5, 1.5)}, "Saving", "the saving is not significant"),
        ({"mode": "demand-led"}, "Passengers", "follow the demand"),
        ({"levers": []}, "Levers", "not split"),
        (
            {"longer_trips": LONGER},
            "Saving",
            "Trips take up to 30 s longer (on average 24.3 s), as the planner allowed.",
        ),
        ({"longer_trips": LONGER}, "Passengers", "trips up to 30 s longer (on average 24.3 s) from end to end"),
        (
            {"shorter_standing": LESS},
            "Passengers",
            "The total dwell of trips is up to 30 s shorter (on average 29.6 of 370 s)",
        ),
        ({"longer_trips": LONGER}, "Limit", "No timing of these trips, up to 40 s longer, saves more than"),
        (
            {"levers": [Lever(name="dwells", saving_kwh=500), Lever(name="disturbances", saving_kwh=-120)]},
            "Levers",
            "the saving is 120 kWh smaller",
        ),
    ],
)
def test_sentences_stay_honest(result: PlanResult, change: dict[str, Any], heading: str, words: str) -> None:
    said = {one.heading: one.text for one in sentences(result.model_copy(update=change), "A line", "speed_cap")}
    assert words in said[heading]


def test_a_saving_against_a_day_that_could_not_run_says_so(
    result: PlanResult, experiment: PlanExperiment, page: str
) -> None:
    words = (
        "Today's timetable needs 6 trains, but the fleet has 4: the comparison is with a day that the fleet cannot run."
    )
    request = experiment.request
    fleet = (request.scenario.fleet[0].model_copy(update={"trainsets": 4}),)
    small = replace(experiment, request=replace(request, scenario=request.scenario.model_copy(update={"fleet": fleet})))
    told = result_of(small)
    assert result.saving_caveat is None
    assert "that the fleet cannot run" not in page.split("<script", maxsplit=1)[0]
    assert told.saving_caveat == words
    assert words in {one.heading: one.text for one in sentences(told, "A line", "speed_cap")}["Saving"]
    assert render_report(small, told).replace("&#39;", "'").count(words) >= 2  # beside the figure, and in words


def test_where_headways_follow_the_demand_the_limit_is_against_today_like_the_saving(result: PlanResult) -> None:
    figures = {"undisturbed_today_kwh": 1000.0, "undisturbed_kwh": (800.0, 600.0), "bound_kwh": 400.0}
    led = result.model_copy(update={"mode": "demand-led", "share_of_gap_closed": 0.5, **figures})
    said = {one.heading: one.text for one in sentences(led, "A line", "speed_cap")}
    assert "With these headways, no timing saves more than 60.0 % against today" in said["Limit"]
    assert "today draws 1,000 kWh, these trips 800 kWh run as today and 600 kWh as planned" in said["Limit"]
    assert "closes 50 % of the gap to the limit of 400 kWh" in said["Limit"]
    more = led.model_copy(update={"undisturbed_today_kwh": 320.0})
    said = {one.heading: one.text for one in sentences(more, "A line", "speed_cap")}
    assert "any timing draws at least 25.0 % more than today" in said["Limit"]


def test_nothing_is_said_of_a_limit_that_was_not_computed(result: PlanResult) -> None:
    without = result.model_copy(update={"bound_kwh": None, "saving_against_mean_phase_percent": None})
    said = {one.heading: one.text for one in sentences(without, "A line", "speed_cap")}
    assert "Limit" not in said
    assert "phases" not in said["Compared with"]


def test_saving_against_the_mean_phase_is_a_saving_of_other_energy(
    result: PlanResult, experiment: PlanExperiment
) -> None:
    """Before is what today's service would draw on average over all phases; after is the plan."""
    assert experiment.potential is not None
    mean_kwh = experiment.baseline.energy_kwh * experiment.potential.mean_phase_share
    expected = 100.0 * (mean_kwh - experiment.planned.energy_kwh) / mean_kwh
    assert result.saving_against_mean_phase_percent == pytest.approx(expected, rel=1e-12)
    assert result.bound_kwh == experiment.potential.bound_kwh
    assert result.undisturbed_kwh is not None
    assert result.undisturbed_today_kwh == result.undisturbed_kwh[0] == experiment.potential.before_kwh
    assert result.bound_kwh < result.undisturbed_kwh[1] < result.undisturbed_kwh[0]


def test_every_saving_is_listed_beside_the_headline(result: PlanResult, experiment: PlanExperiment, page: str) -> None:
    """One headline; each other figure is another one in days, supply model or baseline, and the report shows all."""
    regulated = ("judged-regulated", "judged-same-regulator")
    assert [figure.name for figure in result.savings] == [name for name in KINDS if name not in regulated]
    assert [figure.name for figure in result.savings if figure.is_headline] == ["judged"]
    by_name = {figure.name: figure for figure in result.savings}
    assert by_name["judged"].saving_percent == result.saving_percent
    assert by_name["judged-against-mean-phase"].saving_percent == result.saving_against_mean_phase_percent
    basis = [(figure.days, figure.supply_model, figure.baseline) for figure in result.savings]
    assert len(set(basis)) == len(basis)
    for figure in result.savings[1:]:
        expected = 100.0 * (1.0 - figure.plan_kwh / figure.baseline_kwh)
        assert figure.saving_percent == pytest.approx(expected, rel=1e-9)
        assert f"{figure.saving_percent:.1f}" in page
    assert experiment.potential is not None
    assert by_name["on-time-equivalent"].plan_kwh == experiment.potential.after_kwh
    undisturbed_kwh = float(experiment.plan_trace.sum()) / 3.6e6
    assert by_name["simulated-undisturbed"].plan_kwh == pytest.approx(undisturbed_kwh)


def test_savings_with_and_without_regulation_are_told_apart(experiment: PlanExperiment, result: PlanResult) -> None:
    # The days of the two timetables, exchanged, stand for regulated days: the figures are those of the judgements.
    judged = experiment.judgement
    days = (judged.baseline.results, judged.plan.results)
    regulation = judge_regulation(judged.seeds, days, (days[1], days[0]))
    found = result_of(replace(experiment, regulation=regulation))
    assert [figure.name for figure in found.savings] == list(KINDS)
    by_name = {figure.name: figure for figure in found.savings}
    assert by_name["judged-regulated"].saving_percent == pytest.approx(0.0)
    assert by_name["judged-same-regulator"].baseline_kwh == by_name["judged"].plan_kwh
    assert found.saving_percent == result.saving_percent
    words = {one.heading: one.text for one in sentences(found, "Tutorial", "speed_cap")}
    assert f"Without regulation the plan saves {result.saving_percent:.1f} %." in words["Regulation"]
    assert "under the same regulator" in words["Regulation"]
    assert "Regulation" not in {one.heading for one in sentences(result, "Tutorial", "speed_cap")}


def test_the_headline_is_not_quoted_for_a_changed_plan(result: PlanResult) -> None:
    plan_kwh = next(figure.plan_kwh for figure in result.savings if figure.name == "on-time-ladder")
    assert headline(result) in headline_beside(result, "on-time-ladder", plan_kwh)
    changed = headline_beside(result, "on-time-ladder", 1.02 * plan_kwh)
    assert f"{result.saving_percent:.1f} %" not in changed
    assert "no judged saving" in changed
    assert "no judged saving" in headline_beside(None, "on-time-ladder", plan_kwh)


def test_contents_lead_to_every_section(page: str) -> None:
    markup = page.split("<script", maxsplit=1)[0]
    contents = markup.split('id="contents"')[1].split("</nav>")[0]
    anchors = re.findall(r'href="#([^"]+)"', contents)
    assert sorted(anchors) == sorted(re.findall(r'<section id="([^"]+)"', markup))
    assert {"savings", "borders", "checks"} <= set(anchors)


def test_borders_of_periods_show_shifts_and_gaps(experiment: PlanExperiment) -> None:
    """The trips of the second period a minute earlier: the gap before them shrinks by that, the next one grows."""
    baseline, scenario = experiment.baseline_plan, experiment.request.scenario
    edges = sorted({row.from_s for row in baseline.headways if row.direction == "up"})
    trips = [
        replace(
            trip,
            arrival_s=tuple(time - 60 for time in trip.arrival_s),
            departure_s=tuple(time - 60 for time in trip.departure_s),
        )
        if trip.direction == "up" and edges[1] <= trip.start_s < edges[2]
        else trip
        for trip in baseline.timetable.trips
    ]
    moved = replace(baseline, timetable=Timetable(tuple(trips)))
    up = [one for one in borders(baseline, moved, scenario) if one.toward == scenario.stations[-1].name]
    assert [one.shift_s for one in up[1:3]] == [(0, -60), (-60, 0)]
    changes = [one.gap_s[1] - one.gap_s[0] for one in up if one.gap_s[0] is not None and one.gap_s[1] is not None]
    assert changes == [0, -60, 60, 0]
    largest = largest_move(up)
    assert largest is not None
    assert largest.change_s == -60
    assert [row["gap_plan"] for row in shown(up, {})] == [str(one.gap_s[1]) for one in up]


def test_unserved_energy_and_broken_rules_are_said(result: PlanResult) -> None:
    starved = result.model_copy(
        update={
            "plan": replace(result.plan, unserved_kwh=12.5),
            "checks": result.checks.model_copy(update={"passed": False, "violations": ["turnback: too short"]}),
        }
    )
    said = {one.heading: one.text for one in sentences(starved, "A line", "speed_cap")}
    assert "12.5 kWh" in said["Supply"]
    assert "1 violation of" in said["Checks"]


def test_the_waterfall_ends_at_the_plan_and_shows_what_the_levers_leave_open(result: PlanResult) -> None:
    half = [Lever(name="driving", saving_kwh=result.levers[0].saving_kwh / 2)]
    for levers, steps in ((result.levers, 1), (half, 2)):
        bars = waterfall(result.model_copy(update={"levers": levers}))["data"][0]
        assert len(bars["y"]) == steps + 2
        assert bars["y"][0] + sum(bars["y"][1:-1]) == pytest.approx(result.plan.energy_kwh)
        assert bars["y"][-1] == result.plan.energy_kwh


def test_the_motion_of_a_planned_trip_goes_through_its_stops_and_has_the_energy_of_its_runs(
    charts: dict[str, Any], experiment: PlanExperiment
) -> None:
    graph = charts["train_graph"]
    chainage_m = [round(station["chainage_m"]) for station in graph["stations"]]
    planned = {trip.trip_id: trip for trip in experiment.plan.timetable.trips}
    for row in graph["trips"]:
        time_s, place_m, power_kw = np.cumsum(np.array(row["motion"]).reshape(-1, 3), axis=0).T
        assert np.all(np.diff(time_s) >= 0)
        points = set(zip(time_s.tolist(), place_m.tolist(), strict=True))
        stops = [(chainage_m[k], arrival_s, departure_s) for k, arrival_s, departure_s in row["stops"]]
        assert {(arrival_s, place) for place, arrival_s, _ in stops[1:]} <= points
        assert {(departure_s, place) for place, _, departure_s in stops[:-1]} <= points
        energy_kj = float(np.sum(power_kw[:-1] * np.diff(time_s)))
        runs, _ = as_planned(planned[row["trip_id"]], experiment.library, experiment.others)
        expected_kj = sum(float(np.sum(run.motion.power_w)) for run in runs) / 1000.0
        assert energy_kj == pytest.approx(expected_kj, rel=0.05, abs=2_000.0)
        assert power_kw.min() < 0.0 < power_kw.max()


def test_the_maps_of_braking_energy_hold_what_the_accounts_hold(
    charts: dict[str, Any], experiment: PlanExperiment
) -> None:
    maps = charts["regeneration"]["data"]
    for days, drawn in zip((experiment.judgement.baseline, experiment.judgement.plan), maps, strict=True):
        offered = sum(cell[0] for row in drawn["customdata"] for cell in row)
        burnt = sum(cell[1] for row in drawn["customdata"] for cell in row)
        assert offered == pytest.approx(days.energy("regeneration_offered_kwh").mean, rel=2e-3)
        expected = offered - days.energy("regeneration_used_kwh").mean
        assert burnt == pytest.approx(expected, abs=0.01 * offered)
        shares = [value for row in drawn["z"] for value in row if value is not None]
        assert shares
        assert all(0.0 <= share <= 100.0 for share in shares)


def test_a_mean_day_counts_hours_that_a_day_lacks_as_nothing() -> None:
    edge_m = np.array([0.0, 1000.0])
    short = Receptivity(edge_m, np.array([18000.0, 21600.0]), np.array([[4.0]]), np.array([[1.0]]))
    long = Receptivity(edge_m, np.array([14400.0, 18000.0, 21600.0]), np.array([[2.0, 6.0]]), np.array([[1.0, 5.0]]))
    mean = mean_day([short, long])
    assert mean.hours == (4, 5)
    assert mean.offered_kwh.tolist() == [[1.0, 5.0]]
    assert mean.used_kwh.tolist() == [[0.5, 3.0]]
    assert mean.share.tolist() == [[0.5, 0.6]]


def choice(number: int | None, chosen: bool, energy_kwh: float, waiting_s: float) -> Choice:
    return Choice(
        number=number, chosen=chosen, trips=50, train_km=250.0, vehicles=5, mean_waiting_s=waiting_s,
        fullest_train_share=0.5, energy_kwh=energy_kwh, cost=400.0, co2_kg=450.0, proven=True,
    )  # fmt: skip


def test_the_trade_is_shown_where_headways_were_chosen(experiment: PlanExperiment, result: PlanResult) -> None:
    assert trade(result) is None
    assert "Headways to choose from" not in render_report(experiment, result).split("<script", maxsplit=1)[0]
    rows = [choice(0, False, 1400.0, 194.0), choice(1, False, 1100.0, 240.0), choice(2, True, 1300.0, 190.0)]
    led = result.model_copy(update={"mode": "demand-led", "objective": "energy", "pareto": rows})
    drawn = trade(led)
    assert drawn is not None
    go.Figure(data=drawn["data"], layout=drawn["layout"], skip_invalid=False)
    choices, today, chosen, judged = drawn["data"]
    assert (choices["x"], choices["y"], choices["text"]) == ([240.0, 190.0], [1100.0, 1300.0], ["1", "2"])
    assert (today["x"], chosen["x"]) == ([194.0], [190.0])
    assert judged["y"] == [led.plan.energy_kwh]
    page = render_report(experiment, led)
    assert "Headways to choose from" in page.split("<script", maxsplit=1)[0]
    assert "2 (chosen)" in page
    said = {one.heading: one.text for one in sentences(led, "A line", "speed_cap")}
    assert "number 2 of 2" in said["Passengers"]
    assert f"{led.plan.cost:,.0f} {led.currency}" in said["Cost"]


def test_quarter_hours_keep_the_energy_and_share_what_lies_across_an_edge() -> None:
    """Limiting case: 1 kW from 10 minutes before to 10 minutes after an edge is 2/3 kW in both quarters."""
    begins_s, mean_kw = quarter_hours(np.full(20, 1000.0), 3600.0 - 600.0, 60.0)
    assert begins_s.tolist() == [2700.0, 3600.0]
    assert mean_kw == pytest.approx([2 / 3, 2 / 3])
    rng = np.random.default_rng(4)
    power_w = rng.uniform(0, 5e6, 7777)
    _, mean_kw = quarter_hours(power_w, 18_123.0, 7.0)
    assert mean_kw.sum() * 900.0 * 1000.0 == pytest.approx(power_w.sum() * 7.0)


def test_the_convergence_is_drawn_as_the_search_told_it(
    page: str, charts: dict[str, Any], experiment: PlanExperiment
) -> None:
    told = experiment.plan.facts.to_json()["convergence"]
    assert isinstance(told, list)
    undisturbed, disturbed = (
        [list(step) for step in zip(line["x"], line["hovertext"], line["y"], strict=True)]
        for line in charts["convergence"]["data"]
    )
    assert [*undisturbed, *disturbed] == told
    assert {stage for _, stage, _ in disturbed} == {"trips under disturbances"}
    assert 'data-chart="convergence"' in page
    assert "ended before its last stage" not in page.split("<script", maxsplit=1)[0]


@pytest.mark.parametrize("metadata", [{}, {"convergence": []}, {"convergence": "none"}, {"convergence": [[1, 2, 3]]}])
def test_a_result_without_convergence_has_no_such_chart(
    experiment: PlanExperiment, result: PlanResult, metadata: dict[str, Any]
) -> None:
    without = result.model_copy(update={"metadata": metadata})
    assert convergence(without) is None
    assert 'data-chart="convergence"' not in render_report(experiment, without)
