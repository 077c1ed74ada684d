"""`headwatt plan`: a scenario in, a checked plan with its saving out."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.interrupt import interrupt_keeps_best
from api.cli.outcome import ExitCode

HELP = (
    "Plan a day with less electricity, prove it, judge it, and write it down.\n\n"
    "Writes headways.csv, timetable.csv, profiles.csv, result.json, scenario.json and report.html, and prints what is "
    "saved, against which baseline, at which metering point, how surely, and by which levers."
)
EPILOG = """\
[bold]Examples[/]

A weekday of the bundled line:  [cyan]headwatt plan beijing_yizhuang[/]

A summer day, 20 simulated days:  [cyan]headwatt plan beijing_yizhuang --override summer --replications 20[/]

Your own line, for a program:  [cyan]headwatt plan lines/my_line --out out --json > result.json[/]

Again, with some things fixed, changing little:  [cyan]headwatt plan beijing_yizhuang --from plans/beijing_yizhuang \
--fix fixes.yaml --keep-close 20 --out plans/revised[/]

For the bill, below 5 MW:  [cyan]headwatt plan beijing_yizhuang --objective cost --peak-limit-kw 5000[/]

Trips up to 30 s longer end to end, run in what trains stand at the terminals:
[cyan]headwatt plan beijing_yizhuang --longer-trips 30[/]

Ctrl-C during the search ends the search: the best plan so far is checked, judged and written. A second one ends all.

With a calibrated vehicle:  [cyan]headwatt plan beijing_yizhuang --vehicle calibrated.json[/]

Headways that follow the demand, waiting as today, and the trade to choose from:
[cyan]headwatt plan beijing_yizhuang --mode demand-led[/]

The third of that set, or the cheapest at which passengers wait 170 s on average:
[cyan]headwatt plan beijing_yizhuang --mode demand-led --pick 3[/]
[cyan]headwatt plan beijing_yizhuang --mode demand-led --objective cost --mean-waiting 170[/]
"""


def plan(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of a bundled line, or path of a scenario folder.")
    ],
    mode: Annotated[
        Literal["equal-service", "demand-led"],
        typer.Option(
            help="equal-service keeps trips and headways; demand-led lets headways follow the demand within the policy."
        ),
    ] = "equal-service",
    objective: Annotated[
        Literal["energy", "cost", "co2"] | None,
        typer.Option(
            help="What the plan saves: energy, its cost by time of use with the demand charge, or CO2.",
            show_default="energy",
        ),
    ] = None,
    pick: Annotated[
        int | None,
        typer.Option(min=1, help="demand-led: take this number of the set that the summary lists.", metavar="N"),
    ] = None,
    mean_waiting: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            help="demand-led: the least at which passengers wait no longer than this on average.",
            show_default="the policy's, or as today",
            metavar="S",
        ),
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option(
            help="What stays fixed: trips, windows, dwells, headways, vehicles, withdrawals, spare trains (YAML).",
            metavar="FILE",
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A plan's folder to start from instead of today's timetable; its fixes are not taken over.",
            metavar="DIR",
        ),
    ] = None,
    keep_close: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=3600,
            help="No departure moves by more than this from the plan of --from, or from today's timetable.",
            metavar="S",
        ),
    ] = None,
    peak_limit_kw: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            help="The mean power of any 15 minutes stays below this, at the substation terminals.",
            metavar="KW",
        ),
    ] = None,
    longer_trips: Annotated[
        int,
        typer.Option(
            min=0,
            max=120,
            help="equal-service: trips may take up to this much longer end to end than today, taken from the stand at "
            "the terminal: electricity against travel time. Vehicles, waiting and shortest turnbacks stay.",
            metavar="S",
        ),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the plan's files.", show_default="plans/NAME", metavar="DIR"),
    ] = None,
    replications: Annotated[
        int, typer.Option(min=2, max=1000, help="Simulated days behind the interval.", metavar="N")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same plan.", metavar="N")] = 0,
    time_limit: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=86400.0,
            help="Search of the timetable: seconds that set how much is searched, and after which the search ends "
            "(with one worker after twice as many).",
            metavar="S",
        ),
    ] = 30.0,
    vehicle: Annotated[
        Path | None,
        typer.Option(
            help="A vehicle as `headwatt calibrate` wrote it; the plan's folder keeps it.",
            show_default="that of --from, else the scenario's",
            metavar="FILE",
        ),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME"),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that compute at once.", metavar="N")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Plan a day with less electricity, prove it, judge it, and write it down."""
    with stage_progress(f"headwatt plan {scenario}") as progress:
        progress("reading the scenario", 0.0)
        # The physics and the solvers take seconds to import; `--help` and the other commands do not wait for them.
        from api.cli.trade_table import trade_table  # noqa: PLC0415
        from api.headway_wish import headway_wish  # noqa: PLC0415
        from api.plan_folder import read_plan_folder, write_plan_folder  # noqa: PLC0415
        from api.result import result_of  # noqa: PLC0415
        from api.summary import sentences  # noqa: PLC0415
        from dispatch.longer_trips import require_sensible  # noqa: PLC0415
        from dispatch.timing.job import SearchStop  # noqa: PLC0415
        from scenarios.fixes import NO_FIXES, read_fixes  # noqa: PLC0415
        from scenarios.load import load_scenario  # noqa: PLC0415
        from scenarios.vehicle import load_vehicle  # noqa: PLC0415
        from simulation.experiment import PlanRequest, run_plan_experiment  # noqa: PLC0415

        wish = headway_wish(mode, objective or "energy", {"--pick": pick, "--mean-waiting": mean_waiting})
        asked = load_scenario(scenario, tuple(override or ()))
        before = read_plan_folder(start) if start is not None else None
        require_sensible(longer_trips, mode, before.plan if before is not None else None, "--longer-trips")
        kept = before.vehicle if before is not None else None
        calibrated = load_vehicle(vehicle) if vehicle is not None else kept
        request = PlanRequest(
            scenario=asked,
            mode=mode,
            replications=replications,
            seed=seed,
            time_limit_s=time_limit,
            vehicle=calibrated,
            workers=workers,
            headways=wish,
            fixes=read_fixes(fix) if fix is not None else NO_FIXES,
            start=before.plan if before is not None else None,
            keep_close_s=keep_close,
            peak_limit_kw=peak_limit_kw,
            longer_trips_s=longer_trips,
        )
        folder = out if out is not None else Path("plans") / asked.name
        _make_writable(folder)
        progress("preparing", 0.0)
        stop = SearchStop()
        try:
            with interrupt_keeps_best(stop, progress):
                experiment = run_plan_experiment(request, progress, stop)
        except BaseException:
            # No plan, no folder; one that holds something already is kept.
            with suppress(OSError):
                folder.rmdir()
            raise
        progress("writing the plan", 0.0)
        write_plan_folder(experiment, folder)
        progress("writing the plan", 1.0)
    result = result_of(experiment)
    if json:
        print_json(result.model_dump(mode="json"))
    else:
        console = stdout_console()
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for sentence in sentences(result, asked.title, asked.driving.baseline):
            table.add_row(sentence.heading, sentence.text)
        table.add_row("Written", f"{folder} (open {folder / 'report.html'} in a browser)")
        console.print(table)
        if result.pareto:
            console.print(trade_table(result))
    if result.status == "rejected":
        raise typer.Exit(ExitCode.REFUSED)


def _make_writable(folder: Path) -> None:
    """Make the plan's folder: one that cannot be written is told before the work, not after it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
