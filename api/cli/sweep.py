"""`headwatt sweep`: simulate the cases of one file, with a table and plots; a stopped sweep can continue."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import duration_text, print_json, stage_progress, stderr_console, stdout_console
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.cli.simulation_options import BaselineControllerOption, ControllerOption, EngineAddress, Workers, engine_of
from api.cli.targets import require_folders

if TYPE_CHECKING:
    import pandas as pd

    from api.plan_files.manifest import FolderState
    from scenarios.requests.sweep import Sweep
    from simulation.runs.sweep import Workload

HELP = (
    "Simulate and compare many cases that one file describes.\n\n"
    "The file names a scenario, optionally a plan, and factors: fields of the scenario with levels or distributions. "
    "Every case has the same disturbed days. The command stores each simulated day in a Parquet data set, so that a "
    "stopped sweep continues and a longer sweep uses the stored days. At the end the output folder contains "
    "table.csv, report.html and a picture of each measure."
)
EPILOG = """\
[bold]Examples[/]

Show the cases and the estimated time:  [cyan]headwatt sweep docs/studies/dwell_noise.yaml --dry-run[/]

Start or continue the sweep:  [cyan]headwatt sweep docs/studies/dwell_noise.yaml --out out/dwell_noise[/]

On a cluster:  [cyan]headwatt sweep study.yaml --engine tcp://scheduler:8786[/]
"""


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sweep as a YAML file.")],
    out: Annotated[
        Path | None, typer.Option(help="Output folder; by default out/ and the name of the file.", metavar="DIR")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Plan folder, instead of the plan in the file.", metavar="DIR")
    ] = None,
    vehicle: Annotated[
        Path | None,
        typer.Option(
            help="Vehicle file of `headwatt calibrate`; by default the vehicle of the plan.",
            metavar="FILE",
        ),
    ] = None,
    fleet: FleetFolder = None,
    as_type: ModelsAsType = None,
    controller: ControllerOption = "none",
    baseline_controller: BaselineControllerOption = "none",
    workers: Workers = 2,
    engine: EngineAddress = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the cases and the estimated time without simulation.")
    ] = False,
    json: JsonOutput = False,
) -> None:
    """Simulate the cases of a sweep file; see HELP."""
    from api.computations.sweeping import prepare_sweep, run_sweep, sweep_document, write_sweep  # noqa: PLC0415
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
    from scenarios.requests.sweep import read_sweep  # noqa: PLC0415

    begin = time.monotonic()
    folder = out or Path("out") / file.stem
    require_folders({"--out": folder})
    with stage_progress(f"headwatt sweep {file.name}") as progress:
        progress("reading", 0.0)
        study = read_sweep(file)
        plan_folder = plan or study.plan_folder
        written = read_sound_plan(plan_folder) if plan_folder is not None else None
        if written is not None:
            note_state(written.state)
        prepared = prepare_sweep(
            study, written, ModelFiles(vehicle, fleet, as_type), (controller, baseline_controller), folder / "days"
        )
        if not dry_run:
            folder.mkdir(parents=True, exist_ok=True)
            found = run_sweep(prepared, engine_of(workers, engine), progress)
    todo = prepared.todo
    if dry_run:
        _show_dry_run(study, todo, workers, folder, json, written.state if written is not None else None)
        return
    pictures = write_sweep(prepared, found, folder, " ".join(["headwatt", *sys.argv[1:]]))
    if json:
        document = sweep_document(prepared, found, file.name)
        print_json({**document, "seconds": {"all": round(time.monotonic() - begin, 3)}})
    else:
        _print(study, found)
        stderr_console().print(
            f"{folder}/report.html, table.csv, {len(pictures)} pictures; {todo.days} days in {folder}/days, "
            f"of which {todo.days_known} were stored before."
        )


def _show_dry_run(
    study: "Sweep", todo: "Workload", workers: int, folder: Path, json: bool, state: "FolderState | None"
) -> None:
    cases = [dict(case.labels) for case in study.cases]
    if json:
        print_json(
            {
                "cases": cases,
                "days": todo.days,
                "days_known": todo.days_known,
                **({"plan_folder": state.as_json()} if state is not None else {}),
                "estimated_processor_s": round(todo.processor_s, 1),
                "estimated_s": round(todo.wall_s(workers), 1),
            }
        )
        return
    shown = Table(box=SIMPLE_HEAD, title=f"{len(cases)} cases", title_justify="left")
    for name in study.factors:
        shown.add_column(name, justify="right")
    for labels in cases:
        shown.add_row(*(str(labels[name]) for name in study.factors))
    console = stdout_console()
    console.print(shown)
    console.print(
        f"{todo.days} simulated days, of which {todo.days_known} are stored in {folder}/days; the others take about "
        f"{duration_text(todo.wall_s(workers))} with {workers} processes on a typical laptop."
    )


_IN_TERMINAL = {"saving_percent": "saving, %", "energy_kwh": "kWh a day", "mean_waiting_s": "waiting, s"}


_WIDTH_OF_FILES = 160
"""Characters per line when stdout is not a terminal."""


def _print(study: "Sweep", found: "pd.DataFrame") -> None:
    from api.study.sweep_page import MEASURES, interval_text  # noqa: PLC0415

    shown = Table(box=SIMPLE_HEAD, title=study.file.title or study.file.scenario, title_justify="left")
    for name in (*study.factors, "timetable"):
        shown.add_column(name.rsplit(".", 1)[-1], no_wrap=True)
    measures = [m for m in MEASURES if m[0] in found and m[0] in _IN_TERMINAL]
    for column, *_ in measures:
        shown.add_column(_IN_TERMINAL[column], justify="right", no_wrap=True)
    for _, row in found.iterrows():
        cells = [str(row[name]).replace("in_force", "in force") for name in (*study.factors, "timetable")]
        shown.add_row(*cells, *(interval_text(row, column, scale) for column, _, _, scale in measures))
    console = stdout_console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    console.print(shown)
