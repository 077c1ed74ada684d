"""`headwatt simulate`: simulate disturbed days of the timetable in force, or of a plan, with energy and service."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType, OverrideNames, ScenarioName
from api.cli.simulation_options import (
    BaselineControllerOption,
    ControllerOption,
    EngineAddress,
    Workers,
    engine_of,
)
from api.cli.targets import unusable_folders

if TYPE_CHECKING:
    from simulation.judging.judge import Days, Judgement

HELP = (
    "Simulate disturbed days and compute the electricity at the substations.\n\n"
    "Trains run with dwell noise and passengers. The two-track DC network is solved for every second. If the energy "
    "balance of a day does not close to 0.1 %, the command fails. With --plan, the plan and today's timetable have the "
    "same disturbances, and the command prints the saving with its 95 % interval. With --interval, the command "
    "simulates days until the interval is narrow enough, at least ten days. Days stored with --days are not simulated "
    "again, so that a stopped command can continue."
)
EPILOG = """\
[bold]Examples[/]

Ten days of today's timetable:  [cyan]headwatt simulate beijing_yizhuang[/]

A plan and today's timetable on the same days:
[cyan]headwatt simulate beijing_yizhuang --plan plans/beijing_yizhuang[/]

Days until the mean energy of a day is known to ± 0.05 %, stored so that a stopped command can continue:
[cyan]headwatt simulate beijing_yizhuang --interval 0.1 --days out/days[/]

The plan on a hot day, with JSON output:
[cyan]headwatt simulate beijing_yizhuang --plan plans/beijing_yizhuang --override summer --json[/]

Trains that bunch, with a controller that holds trains to even gaps:
[cyan]headwatt simulate beijing_yizhuang --override accumulating_noise --controller even[/]

A plan with other trains than those of its planning:
[cyan]headwatt simulate beijing_yizhuang --plan out/weekday --vehicle vehicle.yaml[/]
"""


def simulate(
    scenario: ScenarioName,
    plan: Annotated[
        Path | None,
        typer.Option(help="Plan folder: simulate this plan and today's timetable on the same days.", metavar="DIR"),
    ] = None,
    replications: Annotated[
        int,
        typer.Option(min=2, max=100_000, help="Simulated days; with --interval the days to start with.", metavar="N"),
    ] = 10,
    interval: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100.0,
            metavar="POINTS",
            help="Full width of the 95 % interval: of the mean energy of a day, in percent; with --plan of the mean "
            "saving, in percentage points.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=10, max=100_000, help="Largest number of days with --interval.", metavar="N")
    ] = 400,
    days: Annotated[
        Path | None,
        typer.Option(
            help="Data set that stores the simulated days; stored days are not simulated again.",
            show_default="DIR/days of --plan DIR, otherwise days are not stored",
            metavar="DIR",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same days.", metavar="N")] = 0,
    vehicle: Annotated[
        Path | None,
        typer.Option(
            help="Vehicle file of `headwatt calibrate`.",
            show_default="that of the plan, otherwise that of the scenario",
            metavar="FILE",
        ),
    ] = None,
    fleet: FleetFolder = None,
    as_type: ModelsAsType = None,
    override: OverrideNames = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="Also write the trace of one day, second by second, into this folder: events.csv, and Parquet tables "
            "for `headwatt replay`.",
            metavar="DIR",
        ),
    ] = None,
    trace_day: Annotated[
        int, typer.Option(min=1, help="Number of the simulated day to trace, counted from 1.", metavar="N")
    ] = 1,
    controller: ControllerOption = "none",
    baseline_controller: BaselineControllerOption = "none",
    workers: Workers = 2,
    engine: EngineAddress = None,
    json: JsonOutput = False,
) -> None:
    """Simulate replications of today's timetable, and of a plan; see HELP."""
    # The physics takes seconds to import; `--help` and the other commands do not wait for it.
    from api.computations.simulating import SimulationOptions, read_line, simulate_line, write_day_trace  # noqa: PLC0415
    from api.plan_files.models import ModelFiles  # noqa: PLC0415

    _check(replications, interval, trace_day, {"--trace": trace, "--days": days})
    begin = time.monotonic()
    seconds: dict[str, float] = {}

    def lap(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - begin - sum(seconds.values()), 3)

    line = read_line(scenario, tuple(override or ()), ModelFiles(vehicle, fleet, as_type), plan)
    if line.plan_state is not None:
        note_state(line.plan_state)
    options = SimulationOptions(replications, interval, most, seed, controller, baseline_controller)
    folder = days or (plan / "days" if plan is not None else None)
    with stage_progress(f"headwatt simulate {line.scenario.name}") as progress:
        progress("reading", 0.0)
        found = simulate_line(line, options, engine_of(workers, engine), folder, progress, lap)
        if trace is not None:
            progress("traced day", 0.0)
            write_day_trace(found, trace_day, trace)
            lap("trace")
    if json:
        print_json({**found.document(), "seconds": seconds})
    else:
        _print(line.scenario.title, found.simulated, found.judgement, line.against, found.warnings, found.remarks)
        if interval is not None:
            stdout_console().print(found.reached.sentence())


def _check(replications: int, interval: float | None, trace_day: int, folders: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` for every option that contradicts another option and every folder that is not writable."""
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from simulation.runs.sequential import LEAST_DAYS  # noqa: PLC0415

    faults = unusable_folders(folders)
    if trace_day > replications:
        allowed = f"1 to {replications}, the number of simulated days"
        faults.append(Fault("", "", "--trace-day", str(trace_day), allowed))
    if interval is not None and replications < LEAST_DAYS:
        allowed = f"at least {LEAST_DAYS} with --interval: fewer days do not determine the variation between days"
        faults.append(Fault("", "", "--replications", str(replications), allowed))
    if faults:
        raise InputFaults(faults)


def _print(
    title: str,
    days: "Days",
    judgement: "Judgement | None",
    against: Mapping[str, Any],
    warnings: tuple[str, ...],
    remarks: tuple[str, ...],
) -> None:
    energy, service = days.energy(), days.served
    count = len(days.results)
    table = Table(title=f"{title}, {count} simulated days", show_header=judgement is not None, title_justify="left")
    table.add_column("", style="dim")
    table.add_column("plan" if judgement is not None else "timetable in force", justify="right")
    if judgement is not None:
        table.add_column("timetable in force", justify="right")

    def row(name: str, text: "Any") -> None:
        table.add_row(name, text(days), *([text(judgement.baseline)] if judgement is not None else []))

    row("energy at the substations, kWh", lambda d: f"{d.energy().mean:,.0f} ± {d.energy().half_width:,.0f}")
    row("  + load losses of transformers and rectifiers, kWh", lambda d: f"{d.energy('load_losses_kwh').mean:,.0f}")
    row("  + no-load losses of transformers, kWh", lambda d: f"{d.energy('no_load_losses_kwh').mean:,.0f}")
    if days.energy("return_losses_kwh").mean >= 0.5:
        row("  + losses of inverters, kWh", lambda d: f"{d.energy('return_losses_kwh').mean:,.0f}")
    row("  = energy from the utility, kWh", lambda d: f"{d.energy('utility_kwh').mean:,.0f}")
    row("braking energy used, kWh", lambda d: f"{d.energy('regeneration_used_kwh').mean:,.0f}")
    row("  of the braking energy offered, kWh", lambda d: f"{d.energy('regeneration_offered_kwh').mean:,.0f}")
    row("losses of rails and contact line, kWh", lambda d: f"{d.energy('line_losses_kwh').mean:,.0f}")
    row("traction not served, kWh", lambda d: f"{d.energy('unserved_kwh').mean:,.2f}")
    row("15-minute peak, kW", lambda d: f"{d.energy('peak_15min_sliding_kw').mean:,.0f}")
    row("lowest voltage, V", lambda d: f"{min(r.account.minimum_voltage_v for r in d.results):,.0f}")
    row("mean waiting, s", lambda d: f"{d.served('mean_waiting_s').mean:,.1f}")
    row("mean travel time with waiting, s", lambda d: f"{d.served('mean_travel_s').mean:,.1f}")
    row("punctual arrivals, %", lambda d: f"{100.0 * d.served('punctual_share').mean:.1f}")
    row("delayed by the train ahead, s", lambda d: f"{d.served('hindered_s').mean:,.0f}")
    row("headway variation", lambda d: f"{d.served('headway_variation').mean:.3f}")
    row("largest load, passengers", lambda d: f"{d.served('maximum_load').mean:,.0f}")
    row("residual of the energy balance, %", lambda d: f"{100.0 * d.worst_residual_share:.1e}")
    console = stdout_console()
    console.print(table)
    for warning in warnings:
        console.print(f"[yellow]Warning.[/] {escape(warning)}")
    for remark in remarks:
        console.print(f"[yellow]Remark.[/] {escape(remark)}")
    if judgement is not None:
        from simulation.judging.verdict import objections  # noqa: PLC0415

        saving = judgement.saving_percent
        for objection in objections(judgement, **against):
            console.print(f"[bold red]Rejected.[/] {objection.sentence}")
        console.print(
            f"The plan saves [bold]{saving.mean:.2f} %[/] at the substations' DC terminals "
            f"(95 % interval {saving.low:.2f} to {saving.high:.2f} %, "
            f"worst day {judgement.worst_saving_percent:.2f} %), {judgement.saving_kwh.mean:,.0f} kWh a day."
        )
    else:
        console.print(
            f"A day draws [bold]{energy.mean:,.0f} kWh[/] at the substations' DC terminals "
            f"(95 % interval {energy.low:,.0f} to {energy.high:,.0f} kWh); passengers wait "
            f"{service('mean_waiting_s').mean:.0f} s on average."
        )
