"""`headwatt judge`: judge a plan on as many pairs of disturbed days as the requested interval needs."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.outcome import ExitCode
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.cli.simulation_options import BaselineControllerOption, ControllerOption, EngineAddress, Workers, engine_of
from api.cli.targets import require_folders, require_writable

if TYPE_CHECKING:
    from api.study.judgement_page import JudgedPlan

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
    from api.computations.judging import (  # noqa: PLC0415
        JudgeOptions,
        judge_written,
        judgement_document,
        write_judgement_page,
    )
    from api.input_effects import input_notes  # noqa: PLC0415
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
    from simulation.runs.day_store import DayStore  # noqa: PLC0415

    begin = time.monotonic()
    require_writable({"--out": out})
    require_folders({"--days": days})
    options = JudgeOptions(interval, replications, most, seed, sensitivity, controller, baseline_controller)
    with stage_progress(f"headwatt judge {plan.name}") as progress:
        progress("reading", 0.0)
        written = read_sound_plan(plan)
        note_state(written.state)
        stock = written.stock(ModelFiles(vehicle, fleet, as_type))
        found = judge_written(
            written, stock, options, engine_of(workers, engine), DayStore(days or plan / "days"), progress,
            plan=str(plan), command=" ".join(["headwatt", *sys.argv[1:]]),
        )  # fmt: skip
    if out is not None:
        write_judgement_page(found, out)
    if json:
        document = judgement_document(found, written, options)
        print_json({**document, "seconds": {"all": round(time.monotonic() - begin, 3)}})
    else:
        _print(found)
        for note in input_notes(written.scenario):
            stdout_console().print(note, markup=False)
        if out is not None:
            stderr_console().print(f"Wrote {out}.")
    if found.objections:
        raise typer.Exit(ExitCode.REFUSED)


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
