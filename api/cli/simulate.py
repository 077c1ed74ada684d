"""`headwatt simulate`: simulate disturbed days of the timetable in force, or of a plan, with energy and service."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.plan_state import note_state
from api.cli.reached import Reached
from api.cli.regulation import controllers_of, regulators_of
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType, OverrideNames, ScenarioName
from api.cli.simulation_options import (
    BaselineControllerOption,
    ControllerOption,
    EngineAddress,
    Workers,
    engine_of,
)
from api.cli.targets import unusable_folders
from api.day_figures import figures_of

if TYPE_CHECKING:
    from api.plan_files.manifest import FolderState
    from dispatch.plans.timetable import Timetable
    from scenarios.schema import Scenario
    from scenarios.values.rolling_stock import RollingStock
    from simulation.day.model import DayModel
    from simulation.judging.judge import Days, Judgement
    from simulation.runs.day_store import DayStore
    from simulation.runs.replications import DayResult

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

    from api.version import headwatt_version  # noqa: PLC0415
    from scenarios.values.build import require_possible_running_times  # noqa: PLC0415
    from scenarios.values.rolling_stock import fleet_profiles  # noqa: PLC0415
    from simulation.day.model import day_model  # noqa: PLC0415
    from simulation.judging.judge import Days, compare  # noqa: PLC0415
    from simulation.judging.judge_plan import IN_FORCE, PLAN, as_planned, energies_percent, savings_percent  # noqa: PLC0415
    from simulation.runs.engine import started  # noqa: PLC0415
    from simulation.runs.enough_days import Effort, simulate_until  # noqa: PLC0415
    from simulation.runs.interval import mean_interval  # noqa: PLC0415
    from simulation.runs.replications import prepare_profiles  # noqa: PLC0415

    _check(replications, interval, trace_day, {"--trace": trace, "--days": days})
    begin = time.monotonic()
    seconds: dict[str, float] = {}

    def lap(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - begin - sum(seconds.values()), 3)

    line = _read(scenario, tuple(override or ()), (vehicle, fleet, as_type), plan)
    loaded, timetables = line.scenario, line.timetables
    effort = Effort(interval, replications, max(most, replications), seed)
    watched = energies_percent if plan is None else savings_percent
    with stage_progress(f"headwatt simulate {loaded.name}") as progress:
        progress("reading", 0.0)
        profiles = fleet_profiles(loaded, line.stock).of_vehicle
        require_possible_running_times(loaded, profiles.main)
        regulators = regulators_of(
            controllers_of(controller, baseline_controller, plan is not None), loaded, line.stock
        )
        model = day_model(loaded, profiles.main, others=profiles.others)
        if workers > 1 and engine is None:
            prepare_profiles(model, timetables.values(), workers)
        warnings = _warnings(model, timetables[IN_FORCE], loaded if plan is not None else None)
        lap("read")
        with _store(days, plan) as store, started(engine_of(workers, engine)) as session:
            case = as_planned(loaded, line.stock, timetables, regulators)
            called = "pairs of days" if plan is not None else "simulated days"
            found = simulate_until(case, effort, watched, session, store, headwatt_version(), progress, called)
        lap("days")
        if trace is not None:
            progress("traced day", 0.0)
            _trace(
                line,
                model.regulated_by(regulators.get(PLAN if plan is not None else IN_FORCE)),
                found.seeds[trace_day - 1],
                trace,
            )
            lap("trace")
    results = found.results
    judgement = compare(found.seeds, results[IN_FORCE], results[PLAN]) if plan is not None else None
    simulated = judgement.plan if judgement is not None else Days(results[IN_FORCE])
    width = 2.0 * mean_interval(watched(results)).half_width
    reached = Reached(interval, width, plan is not None, len(found.seeds))
    if json:
        print_json(
            {
                "scenario": loaded.name,
                "scenario_hash": loaded.hash,
                "timetable": "plan" if plan is not None else "in force",
                "replications": len(found.seeds),
                "seed": seed,
                "controller": controller,
                "baseline_controller": baseline_controller,
                "metering_point": "substation DC terminals",
                "interval": reached.as_json(),
                "warnings": list(warnings),
                "remarks": list(_remarks(loaded, results)),
                **figures_of(simulated),
                **(_saving(judgement, line.against) if judgement is not None else {}),
                **({"plan_folder": line.plan_state.as_json()} if line.plan_state is not None else {}),
                "seconds": seconds,
            }
        )
    else:
        _print(loaded.title, simulated, judgement, line.against, warnings, _remarks(loaded, results))
        if interval is not None:
            stdout_console().print(reached.sentence())


@dataclass(frozen=True, eq=False)
class _Line:
    """The simulated line, its trains, the timetables by name, the arguments of the verdict on a plan, and the state of
    the plan's folder."""

    scenario: "Scenario"
    stock: "RollingStock"
    timetables: "dict[str, Timetable]"
    against: dict[str, Any]
    plan_state: "FolderState | None"


def _read(
    scenario: str, overrides: tuple[str, ...], models: tuple[Path | None, Path | None, str | None], plan: Path | None
) -> _Line:
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from simulation.judging.judge_plan import IN_FORCE, PLAN  # noqa: PLC0415

    loaded = load_scenario(scenario, overrides)
    kept = None
    timetables = {IN_FORCE: timetable_in_force(loaded)}
    against: dict[str, Any] = {}
    state = None
    if plan is not None:
        from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
        from dispatch.plans.longer_trips import allowed_in  # noqa: PLC0415

        written = read_sound_plan(plan)
        timetables[PLAN] = written.plan.timetable
        against = {
            "mode": written.plan.mode,
            "longer_trips_s": allowed_in(written.plan),
            "tolerated_waiting_share": loaded.operation.tolerated_waiting_share,
        }
        kept = written.models
        state = written.state
        note_state(state)
    return _Line(loaded, ModelFiles(*models).stock(loaded, kept), timetables, against, state)


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


@contextmanager
def _store(days: Path | None, plan: Path | None) -> Iterator["DayStore"]:
    """The data set of simulated days: the folder of --days, a folder in the plan's folder, or a temporary folder."""
    from simulation.runs.day_store import DayStore  # noqa: PLC0415

    folder = days or (plan / "days" if plan is not None else None)
    if folder is not None:
        yield DayStore(folder)
    else:
        with TemporaryDirectory(prefix="headwatt-days-") as passing:
            yield DayStore(Path(passing))


def _trace(line: _Line, model: "DayModel", seed: int, folder: Path) -> None:
    """Simulate one day again and write its trace: a day of the plan if there is one."""
    from api.version import headwatt_version  # noqa: PLC0415
    from simulation.day.trace import trace_of, write_trace  # noqa: PLC0415
    from simulation.judging.judge_plan import IN_FORCE, PLAN  # noqa: PLC0415

    state = line.plan_state
    day = model.day(line.timetables[IN_FORCE if state is None else PLAN], seed, traces=True)
    name = "in force" if state is None else f"plan ({state.mark})" if state.mark else "plan"
    write_trace(trace_of(line.scenario, day, name, headwatt_version()), folder)


def _remarks(scenario: "Scenario", results: Mapping[str, Sequence["DayResult"]]) -> tuple[str, ...]:
    """Remarks on the loads of the substations, highest over all days of each timetable."""
    from energy_models.account.substations import highest  # noqa: PLC0415
    from simulation.judging.judge_plan import PLAN  # noqa: PLC0415
    from simulation.judging.overloads import overload_remarks  # noqa: PLC0415

    return overload_remarks(
        scenario,
        {
            "plan" if name == PLAN else "timetable in force": highest(day.account.loads for day in days)
            for name, days in results.items()
        },
    )


def _warnings(model: "DayModel", in_force: "Timetable", judged: "Scenario | None") -> tuple[str, ...]:
    """Warnings of the signalling, and notes on the inputs of a scenario whose plan is judged."""
    from api.input_effects import input_notes  # noqa: PLC0415
    from simulation.day.least_headway import headways_below  # noqa: PLC0415

    return (*headways_below(model, in_force), *(input_notes(judged) if judged is not None else ()))


def _saving(judgement: "Judgement", against: dict[str, Any]) -> dict[str, Any]:
    from simulation.judging.verdict import objections  # noqa: PLC0415

    saving, kwh = judgement.saving_percent, judgement.saving_kwh
    return {
        "saving_percent": round(saving.mean, 4),
        "saving_ci95_percent": [round(saving.low, 4), round(saving.high, 4)],
        "savings_percent": [round(value, 4) for value in judgement.savings_percent],
        "saving_kwh": round(kwh.mean, 3),
        "objections": [objection.sentence for objection in objections(judgement, **against)],
        "baseline": figures_of(judgement.baseline),
    }


def _print(
    title: str,
    days: "Days",
    judgement: "Judgement | None",
    against: dict[str, Any],
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
