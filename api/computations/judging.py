"""Judge a plan on pairs of disturbed days: the computation, its JSON document, and its page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.computations.regulators import controllers_of, regulators_of
from api.day_figures import figures_of
from api.input_effects import input_notes
from api.plan_files.folder import WrittenPlan
from api.regulation_savings import savings_as_json
from api.study.chart import svg
from api.study.judgement_page import JudgedPlan, quantiles, render, sensitivity_chart, width_percent
from api.version import headwatt_version
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.longer_trips import allowed_in
from dispatch.regulation.interface.controller_name import ControllerName
from scenarios.values.rolling_stock import RollingStock
from simulation.judging.judge import SERVICE_MEASURES
from simulation.judging.judge_plan import Question, judge_regulated, judge_until, judge_variations
from simulation.judging.sensitivity import Answer
from simulation.judging.verdict import objections
from simulation.runs.day_store import DayStore
from simulation.runs.engine import Engine, started
from simulation.runs.enough_days import Effort, Progress
from simulation.runs.interval import MeanInterval
from simulation.runs.sequential import LEAST_DAYS


@dataclass(frozen=True)
class JudgeOptions:
    """How many pairs of days judge a plan, and under which controllers of the trains.

    `interval` is the full width of the 95 % interval of the mean saving in percentage points.
    """

    interval: float | None = None
    replications: int = 10
    most: int = 400
    seed: int = 0
    sensitivity: bool = False
    controller: ControllerName = "none"
    baseline_controller: ControllerName = "none"


def judge_written(
    written: WrittenPlan,
    stock: RollingStock,
    options: JudgeOptions,
    engine: Engine,
    store: DayStore,
    progress: Progress,
    *,
    plan: str,
    command: str,
) -> JudgedPlan:
    """Judge a plan; `plan` is its name in the document, `command` the command in the page."""
    version = headwatt_version()
    in_force = timetable_in_force(written.scenario)
    controllers = controllers_of(options.controller, options.baseline_controller, True)
    regulators = regulators_of(controllers, written.scenario, stock)
    question = Question(written.scenario, stock, in_force, written.plan.timetable, regulators)
    effort = Effort(options.interval, options.replications, max(options.most, options.replications), options.seed)
    with started(engine) as session:
        judgement = judge_until(question, effort, session, store, version, progress)
        regulated = judge_regulated(question, judgement.seeds, session, store, version, progress)
        answers: tuple[Answer, ...] = ()
        if options.sensitivity:
            answers = judge_variations(question, judgement, LEAST_DAYS, session, store, version, progress)
    return JudgedPlan(
        title=written.scenario.title,
        plan=plan,
        judgement=judgement,
        objections=objections(
            judgement,
            mode=written.plan.mode,
            longer_trips_s=allowed_in(written.plan),
            tolerated_waiting_share=written.scenario.operation.tolerated_waiting_share,
        ),
        requested_interval_percent=options.interval,
        sensitivity=answers,
        command=command,
        edited=written.state.sentence(),
        controller=options.controller,
        regulated=regulated,
    )


def write_judgement_page(judged: JudgedPlan, out: Path) -> None:
    """Write the page of a judgement, and the picture of the sensitivity beside it if there is one."""
    out.write_text(render(judged), encoding="utf-8")
    if judged.sensitivity:
        chart = sensitivity_chart(judged.sensitivity, judged.judgement)
        out.with_suffix(".svg").write_text(svg(chart), encoding="utf-8")


def judgement_document(judged: JudgedPlan, written: WrittenPlan, options: JudgeOptions) -> dict[str, Any]:
    """A judgement as one JSON object."""
    return {
        **_figures(judged, written.scenario.name, written.scenario.hash, options.seed),
        "controller": options.controller,
        "baseline_controller": options.baseline_controller,
        "regulation": None if judged.regulated is None else savings_as_json(judged.regulated, judged.controller),
        "input_notes": list(input_notes(written.scenario)),
        "plan_folder": written.state.as_json(),
    }


def _estimate(found: MeanInterval) -> dict[str, Any]:
    return {"mean": round(found.mean, 6), "ci95": [round(found.low, 6), round(found.high, 6)]}


def _figures(judged: JudgedPlan, scenario: str, scenario_hash: str, seed: int) -> dict[str, Any]:
    judgement = judged.judgement
    saving = judgement.saving_percent
    worst = judgement.savings_percent.index(judgement.worst_saving_percent)
    width = width_percent(saving)
    requested = judged.requested_interval_percent
    return {
        "plan": judged.plan,
        "scenario": scenario,
        "scenario_hash": scenario_hash,
        "metering_point": "substation DC terminals",
        "seed": seed,
        "replications": saving.count,
        "verdict": "rejected" if judged.objections else "accepted",
        "objections": [
            {
                "measure": objection.measure,
                "sentence": objection.sentence,
                "change": _estimate(objection.change),
                "tolerated": objection.tolerance,
            }
            for objection in judged.objections
        ],
        "saving_percent": round(saving.mean, 6),
        "saving_ci95_percent": [round(saving.low, 6), round(saving.high, 6)],
        "interval": {
            "asked": requested,
            "reached": round(width, 6),
            "is_reached": requested is None or width <= requested,
        },
        "savings_percent": [round(value, 6) for value in judgement.savings_percent],
        "quantiles_percent": {name: round(value, 6) for name, value in quantiles(judgement).items()},
        "worst_day": {"seed": judgement.seeds[worst], "saving_percent": round(judgement.worst_saving_percent, 6)},
        "saving_kwh": _estimate(judgement.saving_kwh),
        "service_change": {
            name: _estimate(judgement.service_change(name)) for name in SERVICE_MEASURES if name != "shortest_headway_s"
        },
        "baseline_days": figures_of(judgement.baseline),
        "plan_days": figures_of(judgement.plan),
        "sensitivity": [
            {
                "family": answer.variation.family,
                "variation": answer.variation.words,
                "saving_percent": _estimate(answer.judgement.saving_percent),
                "share_of_judged": round(answer.share_of_judged, 6),
                "share_of_undisturbed": None
                if answer.share_of_undisturbed is None
                else round(answer.share_of_undisturbed, 6),
                "plan_punctual_share": round(answer.judgement.plan.served("punctual_share").mean, 6),
                "plan_unserved_kwh": round(answer.judgement.plan.energy("unserved_kwh").mean, 3),
            }
            for answer in judged.sensitivity
        ],
    }
