"""`headwatt simulate`: disturbed days of today's timetable, or of a written plan, with energy and service."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.reached import Reached
from api.cli.simulation_options import ControllerOption, EngineAddress, Workers, engine_of
from api.cli.targets import unusable_folders
from api.day_figures import figures_of

if TYPE_CHECKING:
    from dispatch.timetable import Timetable
    from energy_models.train import Train
    from scenarios.schema import Scenario
    from simulation.day import DayModel
    from simulation.day_store import DayStore
    from simulation.judge import Days, Judgement

HELP = (
    "Simulate disturbed days and account for their electricity at the substations.\n\n"
    "Trains run with dwell noise and passengers, the two-track DC network is solved at every second, and the energy "
    "balance closes to 0.1 %, or the day is an error. With --plan the plan and today's timetable meet the same "
    "disturbances, and the saving is told with its 95 % interval. With --interval as many days are simulated as it "
    "takes, at least ten; days that are kept (--days) are not simulated again, so that a stopped run goes on."
)
EPILOG = """\
[bold]Examples[/]

Ten days of today's timetable:  [cyan]headwatt simulate beijing_yizhuang[/]

A plan that was written, beside today's timetable on the same days:
[cyan]headwatt simulate beijing_yizhuang --plan plans/beijing_yizhuang[/]

As many days as the day's energy to ± 0.05 % needs, kept so that a stopped run goes on:
[cyan]headwatt simulate beijing_yizhuang --interval 0.1 --days out/days[/]

The same plan on a hot day, for a program:
[cyan]headwatt simulate beijing_yizhuang --plan plans/beijing_yizhuang --override summer --json[/]

Trains that bunch, and what holding them to even gaps changes:
[cyan]headwatt simulate beijing_yizhuang --override accumulating_noise --controller even[/]

A plan on other trains than it was made with:
[cyan]headwatt simulate beijing_yizhuang --plan out/weekday --vehicle vehicle.yaml[/]
"""


def simulate(
    scenario: Annotated[str, typer.Argument(help="Name of a bundled line, or path of a scenario folder.")],
    plan: Annotated[
        Path | None,
        typer.Option(help="Simulate the plan in this folder, and today's timetable on the same days.", metavar="DIR"),
    ] = None,
    replications: Annotated[
        int, typer.Option(min=2, max=100_000, help="Simulated days; with --interval those to begin with.", metavar="N")
    ] = 10,
    interval: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100.0,
            metavar="POINTS",
            help="Width of the 95 % interval from end to end: of the mean energy of a day, in percent of it; with "
            "--plan of the mean saving, in percentage points.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=10, max=100_000, help="Days at which --interval stops in any case.", metavar="N")
    ] = 400,
    days: Annotated[
        Path | None,
        typer.Option(
            help="Keep the simulated days in this data set, and take from it those that are there.",
            show_default="DIR/days of --plan DIR, else none are kept",
            metavar="DIR",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same days.", metavar="N")] = 0,
    vehicle: Annotated[
        Path | None,
        typer.Option(
            help="A vehicle as `headwatt calibrate` wrote it.",
            show_default="the plan's, else the scenario's",
            metavar="FILE",
        ),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME"),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="Also write what happened on one day into this folder, second by second: events.csv to read, tables "
            "in Parquet, for `headwatt replay`.",
            metavar="DIR",
        ),
    ] = None,
    trace_day: Annotated[
        int, typer.Option(min=1, help="Which of the simulated days to trace, counted from 1.", metavar="N")
    ] = 1,
    controller: ControllerOption = "none",
    workers: Workers = 2,
    engine: EngineAddress = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Simulate replications of today's timetable, or of a written plan beside it; see HELP."""
    # The physics takes seconds to import; `--help` and the other commands do not wait for it.

    from api.version import headwatt_version  # noqa: PLC0415
    from scenarios.build import profile_library, require_possible_running_times  # noqa: PLC0415
    from simulation.control import CONTROLLERS  # noqa: PLC0415
    from simulation.day import day_model  # noqa: PLC0415
    from simulation.engine import started  # noqa: PLC0415
    from simulation.enough_days import Effort, simulate_until  # noqa: PLC0415
    from simulation.interval import estimate  # noqa: PLC0415
    from simulation.judge import Days, compare  # noqa: PLC0415
    from simulation.judging import IN_FORCE, PLAN, as_planned, energies_percent, savings_percent  # noqa: PLC0415
    from simulation.least_headway import headways_below  # noqa: PLC0415
    from simulation.replications import prepare_profiles  # noqa: PLC0415

    _check(replications, interval, trace_day, {"--trace": trace, "--days": days})
    begin = time.monotonic()
    seconds: dict[str, float] = {}

    def lap(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - begin - sum(seconds.values()), 3)

    line = _read(scenario, tuple(override or ()), vehicle, plan)
    asked, timetables = line.scenario, line.timetables
    effort = Effort(interval, replications, max(most, replications), seed)
    watched = energies_percent if plan is None else savings_percent
    with stage_progress(f"headwatt simulate {asked.name}") as progress:
        progress("reading", 0.0)
        library = profile_library(asked, line.train)
        require_possible_running_times(asked, library)
        model = day_model(asked, library, CONTROLLERS[controller])
        if workers > 1 and engine is None:
            prepare_profiles(model, timetables.values(), workers)
        warnings = headways_below(model, timetables[IN_FORCE])
        lap("read")
        with _store(days, plan) as store, started(engine_of(workers, engine)) as session:
            case = as_planned(asked, line.train, timetables, controller)
            called = "pairs of days" if plan is not None else "simulated days"
            found = simulate_until(case, effort, watched, session, store, headwatt_version(), progress, called)
        lap("days")
        if trace is not None:
            progress("traced day", 0.0)
            _trace(asked, model, timetables, found.seeds[trace_day - 1], trace)
            lap("trace")
    results = found.results
    judgement = compare(found.seeds, results[IN_FORCE], results[PLAN]) if plan is not None else None
    simulated = judgement.plan if judgement is not None else Days(results[IN_FORCE])
    width = 2.0 * estimate(watched(results)).half_width
    reached = Reached(interval, width, plan is not None, len(found.seeds))
    if json:
        print_json(
            {
                "scenario": asked.name,
                "scenario_hash": asked.hash,
                "timetable": "plan" if plan is not None else "in force",
                "replications": len(found.seeds),
                "seed": seed,
                "controller": controller,
                "metering_point": "substation DC terminals",
                "interval": reached.as_json(),
                "warnings": list(warnings),
                **figures_of(simulated),
                **(_saving(judgement, line.against) if judgement is not None else {}),
                "seconds": seconds,
            }
        )
    else:
        _print(asked.title, simulated, judgement, line.against, warnings)
        if interval is not None:
            stdout_console().print(reached.sentence())


@dataclass(frozen=True, eq=False)
class _Line:
    """What is simulated: the line, its train, the timetables by name, and what the verdict on a plan has to know."""

    scenario: "Scenario"
    train: "Train"
    timetables: "dict[str, Timetable]"
    against: dict[str, Any]


def _read(scenario: str, overrides: tuple[str, ...], vehicle: Path | None, plan: Path | None) -> _Line:
    from dispatch.baseline import timetable_in_force  # noqa: PLC0415
    from scenarios.build import train_of  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415
    from scenarios.vehicle import apply, load_vehicle  # noqa: PLC0415
    from simulation.judging import IN_FORCE, PLAN  # noqa: PLC0415

    asked = load_scenario(scenario, overrides)
    train = train_of(asked)
    calibrated = load_vehicle(vehicle) if vehicle is not None else None
    timetables = {IN_FORCE: timetable_in_force(asked)}
    against: dict[str, Any] = {}
    if plan is not None:
        from api.sound_plan import read_sound_plan  # noqa: PLC0415
        from dispatch.longer_trips import allowed_in  # noqa: PLC0415

        written = read_sound_plan(plan)
        timetables[PLAN] = written.plan.timetable
        against = {"mode": written.plan.mode, "longer_trips_s": allowed_in(written.plan)}
        calibrated = calibrated or written.vehicle
    return _Line(asked, train if calibrated is None else apply(calibrated, train), timetables, against)


def _check(replications: int, interval: float | None, trace_day: int, folders: Mapping[str, Path | None]) -> None:
    """Raise `InputFaults` with every option that contradicts another one, and every folder that cannot be written."""
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from simulation.sequential import LEAST_DAYS  # noqa: PLC0415

    faults = unusable_folders(folders)
    if trace_day > replications:
        allowed = f"1 to {replications}, the number of simulated days"
        faults.append(Fault("", "", "--trace-day", str(trace_day), allowed))
    if interval is not None and replications < LEAST_DAYS:
        allowed = f"at least {LEAST_DAYS} with --interval: fewer days say too little about their own spread"
        faults.append(Fault("", "", "--replications", str(replications), allowed))
    if faults:
        raise InputFaults(faults)


@contextmanager
def _store(days: Path | None, plan: Path | None) -> Iterator["DayStore"]:
    """The data set of simulated days: where it was asked for, beside the plan, or for this run only."""
    from simulation.day_store import DayStore  # noqa: PLC0415

    folder = days or (plan / "days" if plan is not None else None)
    if folder is not None:
        yield DayStore(folder)
    else:
        with TemporaryDirectory(prefix="headwatt-days-") as passing:
            yield DayStore(Path(passing))


def _trace(asked: "Scenario", model: "DayModel", timetables: "dict[str, Timetable]", seed: int, folder: Path) -> None:
    """Simulate one of the days again, this time keeping everything: the plan's where there is one."""
    from api.version import headwatt_version  # noqa: PLC0415
    from simulation.trace import trace_of, write_trace  # noqa: PLC0415

    name = "plan" if "plan" in timetables else "in_force"
    day = model.day(timetables[name], seed, traces=True)
    write_trace(trace_of(asked, day, "plan" if name == "plan" else "in force", headwatt_version()), folder)


def _saving(judgement: "Judgement", against: dict[str, Any]) -> dict[str, Any]:
    from simulation.verdict import objections  # noqa: PLC0415

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
    title: str, days: "Days", judgement: "Judgement | None", against: dict[str, Any], warnings: tuple[str, ...]
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
    row("energy from the utility, kWh", lambda d: f"{d.energy('utility_kwh').mean:,.0f}")
    row("braking energy used, kWh", lambda d: f"{d.energy('regeneration_used_kwh').mean:,.0f}")
    row("  of offered, kWh", lambda d: f"{d.energy('regeneration_offered_kwh').mean:,.0f}")
    row("losses of rails and contact line, kWh", lambda d: f"{d.energy('line_losses_kwh').mean:,.0f}")
    row("unserved traction, kWh", lambda d: f"{d.energy('unserved_kwh').mean:,.2f}")
    row("15-minute peak, kW", lambda d: f"{d.energy('peak_15min_sliding_kw').mean:,.0f}")
    row("lowest voltage, V", lambda d: f"{min(r.account.minimum_voltage_v for r in d.results):,.0f}")
    row("mean waiting, s", lambda d: f"{d.served('mean_waiting_s').mean:,.1f}")
    row("mean travel time with waiting, s", lambda d: f"{d.served('mean_travel_s').mean:,.1f}")
    row("punctual arrivals, %", lambda d: f"{100.0 * d.served('punctual_share').mean:.1f}")
    row("lost behind other trains, s", lambda d: f"{d.served('hindered_s').mean:,.0f}")
    row("headway variation", lambda d: f"{d.served('headway_variation').mean:.3f}")
    row("largest load, passengers", lambda d: f"{d.served('maximum_load').mean:,.0f}")
    row("energy balance open by, %", lambda d: f"{100.0 * d.worst_residual_share:.1e}")
    console = stdout_console()
    console.print(table)
    for warning in warnings:
        console.print(f"[yellow]Warning.[/] {escape(warning)}")
    if judgement is not None:
        from simulation.verdict import objections  # noqa: PLC0415

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
