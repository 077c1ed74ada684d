"""`headwatt judge`: judge a plan on as many pairs of disturbed days as the requested interval needs."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.outcome import ExitCode
from api.cli.plan_state import note_state
from api.cli.regulation import controllers_of, regulators_of
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.cli.simulation_options import BaselineControllerOption, ControllerOption, EngineAddress, Workers, engine_of
from api.cli.targets import require_folders, require_writable
from api.day_figures import figures_of

if TYPE_CHECKING:
    from api.study.judgement_page import JudgedPlan
    from simulation.judging.sensitivity import Answer
    from simulation.runs.interval import MeanInterval

HELP = (
    "Judge a plan: simulate today's timetable and the plan on the same disturbed days.\n\n"
    "The command simulates at least ten pairs of days; with --interval, more pairs until the 95 % interval of the "
    "mean saving has this width in percentage points. If the plan worsens the service by more than the "
    "tolerances, the command rejects the plan, and the exit code is 1. A Parquet data set stores the days, so that a "
    "stopped command can continue and a longer run uses the stored days."
)
EPILOG = """\
[bold]Examples[/]

Ten pairs of days:  [cyan]headwatt judge plans/beijing_yizhuang[/]

The saving to ± 0.1 percentage points, with a page:
[cyan]headwatt judge plans/beijing_yizhuang --interval 0.2 --out judged.html[/]

The saving with other dwell noise, other demand, a substation out of service, other train parameters:
[cyan]headwatt judge plans/beijing_yizhuang --sensitivity --out judged.html[/]
"""


def judge(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.")],
    interval: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100.0,
            metavar="POINTS",
            help="Full width of the 95 % interval of the mean saving, in percentage points.",
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(min=10, max=100_000, help="Pairs of days to start with.", metavar="N")
    ] = 10,
    most: Annotated[int, typer.Option(min=10, max=100_000, help="Largest number of pairs of days.", metavar="N")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same days.", metavar="N")] = 0,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity",
            help="Also judge with other dwell noise, ±10 % passengers, each substation out of service, and ±5 % mass, "
            "efficiencies and resistance; ten pairs of days each.",
        ),
    ] = False,
    vehicle: Annotated[
        Path | None, typer.Option(help="Vehicle file instead of that of the plan.", metavar="FILE")
    ] = None,
    fleet: FleetFolder = None,
    as_type: ModelsAsType = None,
    days: Annotated[
        Path | None, typer.Option(help="Data set of simulated days; by default PLAN/days.", metavar="DIR")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Page to write, with plots.", metavar="FILE.html")] = None,
    controller: ControllerOption = "none",
    baseline_controller: BaselineControllerOption = "none",
    workers: Workers = 2,
    engine: EngineAddress = None,
    json: JsonOutput = False,
) -> None:
    """Judge a plan; see HELP."""
    from api.input_effects import input_notes  # noqa: PLC0415
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
    from api.regulation_savings import savings_as_json, savings_rows  # noqa: PLC0415
    from api.study.chart import svg  # noqa: PLC0415
    from api.study.judgement_page import JudgedPlan, render, sensitivity_chart  # noqa: PLC0415
    from api.version import headwatt_version  # noqa: PLC0415
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415
    from dispatch.plans.longer_trips import allowed_in  # noqa: PLC0415
    from simulation.judging.judge_plan import Question, judge_regulated, judge_until, judge_variations  # noqa: PLC0415
    from simulation.judging.verdict import objections  # noqa: PLC0415
    from simulation.runs.day_store import DayStore  # noqa: PLC0415
    from simulation.runs.engine import started  # noqa: PLC0415
    from simulation.runs.enough_days import Effort  # noqa: PLC0415
    from simulation.runs.sequential import LEAST_DAYS  # noqa: PLC0415

    begin = time.monotonic()
    require_writable({"--out": out})
    require_folders({"--days": days})
    version = headwatt_version()
    with stage_progress(f"headwatt judge {plan.name}") as progress:
        progress("reading", 0.0)
        written = read_sound_plan(plan)
        note_state(written.state)
        stock = written.stock(ModelFiles(vehicle, fleet, as_type))
        regulators = regulators_of(controllers_of(controller, baseline_controller, True), written.scenario, stock)
        question = Question(
            written.scenario, stock, timetable_in_force(written.scenario), written.plan.timetable, regulators
        )
        store = DayStore(days or plan / "days")
        effort = Effort(interval, replications, max(most, replications), seed)
        with started(engine_of(workers, engine)) as session:
            judgement = judge_until(question, effort, session, store, version, progress)
            regulated = judge_regulated(question, judgement.seeds, session, store, version, progress)
            answers: tuple[Answer, ...] = ()
            if sensitivity:
                answers = judge_variations(question, judgement, LEAST_DAYS, session, store, version, progress)
    found = JudgedPlan(
        title=written.scenario.title,
        plan=str(plan),
        judgement=judgement,
        objections=objections(
            judgement,
            mode=written.plan.mode,
            longer_trips_s=allowed_in(written.plan),
            tolerated_waiting_share=written.scenario.operation.tolerated_waiting_share,
        ),
        requested_interval_percent=interval,
        sensitivity=answers,
        command=" ".join(["headwatt", *sys.argv[1:]]),
        edited=written.state.sentence(),
        regulation=() if regulated is None else tuple(savings_rows(regulated, controller)),
    )
    if out is not None:
        out.write_text(render(found), encoding="utf-8")
        if answers:
            out.with_suffix(".svg").write_text(svg(sensitivity_chart(answers, judgement)), encoding="utf-8")
    if json:
        document = _as_json(found, written.scenario.name, written.scenario.hash, seed)
        print_json(
            {
                **document,
                "controller": controller,
                "baseline_controller": baseline_controller,
                "regulation": None if regulated is None else savings_as_json(regulated, controller),
                "input_notes": list(input_notes(written.scenario)),
                "plan_folder": written.state.as_json(),
                "seconds": {"all": round(time.monotonic() - begin, 3)},
            }
        )
    else:
        _print(found)
        for note in input_notes(written.scenario):
            stdout_console().print(note, markup=False)
        if out is not None:
            stderr_console().print(f"Wrote {out}.")
    if found.objections:
        raise typer.Exit(ExitCode.REFUSED)


def _estimate(found: "MeanInterval") -> dict[str, Any]:
    return {"mean": round(found.mean, 6), "ci95": [round(found.low, 6), round(found.high, 6)]}


def _as_json(judged: "JudgedPlan", scenario: str, scenario_hash: str, seed: int) -> dict[str, Any]:
    from api.study.judgement_page import quantiles, width_percent  # noqa: PLC0415
    from simulation.judging.judge import SERVICE_MEASURES  # noqa: PLC0415

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


def _print(judged: "JudgedPlan") -> None:
    from api.study.judgement_page import (  # noqa: PLC0415
        REGULATION_COLUMNS,
        SENSITIVITY_COLUMNS,
        energy_rows,
        interval_words,
        quantiles,
        sensitivity_rows,
        service_rows,
        verdict_words,
    )

    console = stdout_console()
    table = Table(box=SIMPLE_HEAD, title=judged.title, title_justify="left")
    for name in ("", "today", "plan", "change"):
        table.add_column(name, justify="right" if name else "left")
    for row in energy_rows(judged.judgement):
        table.add_row(*row)
    table.add_section()
    for row in service_rows(judged.judgement):
        table.add_row(*row[:4])
    console.print(table)
    if judged.sensitivity:
        shown = Table(box=SIMPLE_HEAD, title="Saving with each variation", title_justify="left")
        for name in SENSITIVITY_COLUMNS[:5]:
            shown.add_column(name, justify="left" if name in ("what differs", "by") else "right")
        for row in sensitivity_rows(judged.sensitivity):
            shown.add_row(*row[:5])
        console.print(shown)
    if judged.regulation:
        shown = Table(box=SIMPLE_HEAD, title="Saving with and without regulation", title_justify="left")
        for name in REGULATION_COLUMNS:
            shown.add_column(name, justify="left" if name == REGULATION_COLUMNS[0] else "right")
        for line in judged.regulation:
            shown.add_row(*line)
        console.print(shown)
    spread = ", ".join(f"{name} %: {value:.2f}" for name, value in quantiles(judged.judgement).items())
    console.print(f"Quantiles of the saving of single days, %: {spread}.")
    for objection in judged.objections:
        console.print(f"[bold red]Rejected.[/] {objection.sentence}")
    console.print(verdict_words(judged), style="red" if judged.objections else "green")
    if judged.requested_interval_percent is not None:
        console.print(interval_words(judged))
