"""`headwatt sweep`: many what-ifs from one file, resumed where they stopped, with a table and plots."""

import sys
import time
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import duration_text, print_json, stage_progress, stderr_console, stdout_console
from api.cli.simulation_options import ControllerOption, EngineAddress, Workers, engine_of
from api.cli.targets import require_folders

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweep import Sweep
    from simulation.sweep import Workload

HELP = (
    "Simulate many what-ifs that one file describes, and compare them.\n\n"
    "The file names a scenario, perhaps a plan, and factors: paths into the scenario with their levels or "
    "distributions. Every case meets the same disturbed days. Days are kept in a Parquet data set as they are done: a "
    "sweep that was stopped, or killed, goes on where it was, and a longer one reuses them. In the end there are "
    "table.csv, report.html and a picture of each measure in the output folder."
)
EPILOG = """\
[bold]Examples[/]

What there would be to do, and how long it takes:  [cyan]headwatt sweep docs/studies/dwell_noise.yaml --dry-run[/]

Do it, or go on with it:  [cyan]headwatt sweep docs/studies/dwell_noise.yaml --out out/dwell_noise[/]

On a cluster:  [cyan]headwatt sweep study.yaml --engine tcp://scheduler:8786[/]
"""


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sweep as a YAML file.")],
    out: Annotated[
        Path | None, typer.Option(help="Output folder; out/ and the file's name by default.", metavar="DIR")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Folder of a plan, instead of the one that the file names.", metavar="DIR")
    ] = None,
    vehicle: Annotated[
        Path | None,
        typer.Option(
            help="A vehicle as `headwatt calibrate` wrote it; by default the one that the plan was made with, if any.",
            metavar="FILE",
        ),
    ] = None,
    controller: ControllerOption = "none",
    workers: Workers = 2,
    engine: EngineAddress = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the cases and how long they would take; simulate nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Simulate the cases of a sweep's file; see HELP."""
    from api.sound_plan import read_sound_plan  # noqa: PLC0415
    from api.study.chart import svg  # noqa: PLC0415
    from api.study.sweep_page import charts, render  # noqa: PLC0415
    from api.version import headwatt_version  # noqa: PLC0415
    from scenarios.sweep import read_sweep  # noqa: PLC0415
    from scenarios.vehicle import load_vehicle  # noqa: PLC0415
    from simulation.cases import simulate_cases  # noqa: PLC0415
    from simulation.day_store import DayStore  # noqa: PLC0415
    from simulation.engine import started  # noqa: PLC0415
    from simulation.replications import replication_seeds  # noqa: PLC0415
    from simulation.sweep import cases_of, table, workload  # noqa: PLC0415

    begin = time.monotonic()
    version = headwatt_version()
    folder = out or Path("out") / file.stem
    require_folders({"--out": folder})
    with stage_progress(f"headwatt sweep {file.name}") as progress:
        progress("reading", 0.0)
        asked = read_sweep(file)
        plan_folder = plan or asked.plan_folder
        if plan_folder is None:
            _require_no_plan(asked, file)
        written = read_sound_plan(plan_folder) if plan_folder is not None else None
        calibrated = load_vehicle(vehicle) if vehicle is not None else written.vehicle if written is not None else None
        cases = cases_of(asked, written.plan.timetable if written is not None else None, calibrated, controller)
        seeds = replication_seeds(asked.file.seed, asked.file.replications)
        store = DayStore(folder / "days")
        todo = workload(cases, seeds, store, version)
        if not dry_run:
            folder.mkdir(parents=True, exist_ok=True)
            with started(engine_of(workers, engine)) as session:
                simulate_cases(
                    cases, seeds, session, store, version,
                    lambda done, count: progress("simulated days", done / max(1, count)),
                )  # fmt: skip
    if dry_run:
        _show_dry_run(asked, todo, workers, folder, json)
        return
    found = table(cases, seeds, store, version)
    found.to_csv(folder / "table.csv", index=False)
    command = " ".join(["headwatt", *sys.argv[1:]])
    (folder / "report.html").write_text(render(asked, found, command), encoding="utf-8")
    pictures = charts(asked, found)
    for name, chart in pictures.items():
        (folder / f"{name}.svg").write_text(svg(chart), encoding="utf-8")
    if json:
        print_json(
            {
                "sweep": file.name,
                "scenario": asked.file.scenario,
                "replications": asked.file.replications,
                "seed": asked.file.seed,
                "controller": controller,
                "metering_point": "substation DC terminals",
                "factors": list(asked.factors),
                "rows": [
                    {str(key): _json_value(value) for key, value in row.items()} for row in found.to_dict("records")
                ],
                "days_reused": todo.days_known,
                "seconds": {"all": round(time.monotonic() - begin, 3)},
            }
        )
    else:
        _print(asked, found)
        stderr_console().print(
            f"{folder}/report.html, table.csv, {len(pictures)} pictures; {todo.days} days in {folder}/days, "
            f"of which {todo.days_known} were there before."
        )


def _require_no_plan(asked: "Sweep", file: Path) -> None:
    """Refuse a file that asks for the plan's timetable where no plan is named."""
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if asked.file.timetable is not None and "plan" in asked.file.timetable:
        allowed = "in_force, or a plan named in the file or with --plan"
        raise InputFaults([Fault(file.name, "", "timetable", "plan", allowed)])


def _show_dry_run(asked: "Sweep", todo: "Workload", workers: int, folder: Path, json: bool) -> None:
    cases = [dict(case.labels) for case in asked.cases]
    if json:
        print_json(
            {
                "cases": cases,
                "days": todo.days,
                "days_known": todo.days_known,
                "estimated_processor_s": round(todo.processor_s, 1),
                "estimated_s": round(todo.wall_s(workers), 1),
            }
        )
        return
    shown = Table(box=SIMPLE_HEAD, title=f"{len(cases)} cases", title_justify="left")
    for name in asked.factors:
        shown.add_column(name, justify="right")
    for labels in cases:
        shown.add_row(*(str(labels[name]) for name in asked.factors))
    console = stdout_console()
    console.print(shown)
    console.print(
        f"{todo.days} simulated days, {todo.days_known} of them in {folder}/days already; the rest takes about "
        f"{duration_text(todo.wall_s(workers))} on {workers} processes of a usual laptop."
    )


def _json_value(value: Any) -> Any:
    """A cell as JSON: gaps of the table are null."""
    if isinstance(value, float) and isnan(value):
        return None
    return round(value, 6) if isinstance(value, float) else value


_IN_TERMINAL = {"saving_percent": "saving, %", "energy_kwh": "kWh a day", "mean_waiting_s": "waiting, s"}


_WIDTH_OF_FILES = 160
"""Characters of a line where no terminal says how many it has."""


def _print(asked: "Sweep", found: "pd.DataFrame") -> None:
    from api.study.sweep_page import MEASURES, interval_text  # noqa: PLC0415

    shown = Table(box=SIMPLE_HEAD, title=asked.file.title or asked.file.scenario, title_justify="left")
    for name in (*asked.factors, "timetable"):
        shown.add_column(name.rsplit(".", 1)[-1], no_wrap=True)
    measures = [m for m in MEASURES if m[0] in found and m[0] in _IN_TERMINAL]
    for column, *_ in measures:
        shown.add_column(_IN_TERMINAL[column], justify="right", no_wrap=True)
    for _, row in found.iterrows():
        cells = [str(row[name]).replace("in_force", "in force") for name in (*asked.factors, "timetable")]
        shown.add_row(*cells, *(interval_text(row, column, scale) for column, _, _, scale in measures))
    console = stdout_console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    console.print(shown)
