"""Simulate disturbed days of the timetable in force, or of a plan: the computation and its JSON document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.computations.reached import Reached
from api.computations.regulators import controllers_of, regulators_of
from api.day_figures import figures_of
from api.input_effects import input_notes
from api.plan_files.manifest import FolderState
from api.plan_files.models import ModelFiles
from api.plan_files.sound_plan import read_sound_plan
from api.version import headwatt_version
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.longer_trips import allowed_in
from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.controller_name import ControllerName
from energy_models.account.substations import highest
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import require_possible_running_times
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from simulation.day.least_headway import headways_below
from simulation.day.model import DayModel, day_model
from simulation.day.trace import trace_of, write_trace
from simulation.judging.judge import Days, Judgement, compare
from simulation.judging.judge_plan import IN_FORCE, PLAN, as_planned, energies_percent, savings_percent
from simulation.judging.overloads import overload_remarks
from simulation.judging.verdict import objections
from simulation.runs.day_store import DayStore
from simulation.runs.engine import Engine, started
from simulation.runs.enough_days import Effort, Progress, simulate_until
from simulation.runs.interval import mean_interval
from simulation.runs.replications import DayResult, prepare_profiles


@dataclass(frozen=True)
class SimulationOptions:
    """How many days are simulated, and under which controllers of the trains.
    Without a plan, `controller` regulates today's timetable.

    `interval` is the full width of the 95 % interval: of the mean energy of a day in percent; with a plan, of the mean
    saving in percentage points.
    """

    replications: int = 10
    interval: float | None = None
    most: int = 400
    seed: int = 0
    controller: ControllerName = "none"
    baseline_controller: ControllerName = "none"


@dataclass(frozen=True, eq=False)
class SimulatedLine:
    """The simulated line, its trains, the timetables by name, the arguments of the verdict on a plan, and the state of
    the plan's folder."""

    scenario: Scenario
    stock: RollingStock
    timetables: dict[str, Timetable]
    against: Mapping[str, Any] = field(default_factory=dict)
    plan_state: FolderState | None = None


def read_line(
    scenario: str | Path, overrides: tuple[str, ...], models: ModelFiles, plan: Path | None = None
) -> SimulatedLine:
    """Read a line, with the plan of a folder if one is given. Raises `InputFaults`."""
    loaded = load_scenario(scenario, overrides)
    in_force = timetable_in_force(loaded)
    if plan is None:
        return SimulatedLine(loaded, models.stock(loaded, None), {IN_FORCE: in_force})
    written = read_sound_plan(plan)
    return SimulatedLine(
        loaded,
        models.stock(loaded, written.models),
        {IN_FORCE: in_force, PLAN: written.plan.timetable},
        {
            "mode": written.plan.mode,
            "longer_trips_s": allowed_in(written.plan),
            "tolerated_waiting_share": loaded.operation.tolerated_waiting_share,
        },
        written.state,
    )


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated days of a line: their results by timetable, and with a plan the judgement."""

    line: SimulatedLine
    options: SimulationOptions
    model: DayModel
    seeds: Sequence[int]
    results: Mapping[str, tuple[DayResult, ...]]
    judgement: Judgement | None
    reached: Reached
    warnings: tuple[str, ...]

    @property
    def simulated(self) -> Days:
        """The days of the plan if there is one, otherwise those of the timetable in force."""
        return self.judgement.plan if self.judgement is not None else Days(self.results[IN_FORCE])

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on the loads of the substations, highest over all days of each timetable."""
        return overload_remarks(
            self.line.scenario,
            {
                "plan" if name == PLAN else "timetable in force": highest(day.account.loads for day in days)
                for name, days in self.results.items()
            },
        )

    def document(self) -> dict[str, Any]:
        """The simulation as one JSON object."""
        state = self.line.plan_state
        return {
            "scenario": self.line.scenario.name,
            "scenario_hash": self.line.scenario.hash,
            "timetable": "plan" if self.judgement is not None else "in force",
            "replications": len(self.seeds),
            "seed": self.options.seed,
            "controller": self.options.controller,
            "baseline_controller": self.options.baseline_controller,
            "metering_point": "substation DC terminals",
            "interval": self.reached.as_json(),
            "warnings": list(self.warnings),
            "remarks": list(self.remarks),
            **figures_of(self.simulated),
            **(_saving(self.judgement, self.line.against) if self.judgement is not None else {}),
            **({"plan_folder": state.as_json()} if state is not None else {}),
        }


def simulate_line(
    line: SimulatedLine,
    options: SimulationOptions,
    engine: Engine,
    days: Path | None,
    progress: Progress,
    lap: Callable[[str], None] = lambda _stage: None,
) -> Simulation:
    """Simulate days of each timetable of a line; `days` is the data set that stores them, None for none.

    `lap` is called at the end of each stage. Raises `InputFaults` for running times that no train can keep.
    """
    loaded, timetables = line.scenario, line.timetables
    has_plan = PLAN in timetables
    effort = Effort(options.interval, options.replications, max(options.most, options.replications), options.seed)
    watched = savings_percent if has_plan else energies_percent
    profiles = fleet_profiles(loaded, line.stock).of_vehicle
    require_possible_running_times(loaded, profiles.main)
    controllers = controllers_of(options.controller, options.baseline_controller, has_plan)
    regulators = regulators_of(controllers, loaded, line.stock)
    model = day_model(loaded, profiles.main, others=profiles.others)
    if engine.workers > 1 and engine.address is None:
        prepare_profiles(model, timetables.values(), engine.workers)
    warnings = (*headways_below(model, timetables[IN_FORCE]), *(input_notes(loaded) if has_plan else ()))
    lap("read")
    with _store(days) as store, started(engine) as session:
        case = as_planned(loaded, line.stock, timetables, regulators)
        called = "pairs of days" if has_plan else "simulated days"
        found = simulate_until(case, effort, watched, session, store, headwatt_version(), progress, called)
    lap("days")
    results = found.results
    judgement = compare(found.seeds, results[IN_FORCE], results[PLAN]) if has_plan else None
    width = 2.0 * mean_interval(watched(results)).half_width
    reached = Reached(options.interval, width, has_plan, len(found.seeds))
    model = model.regulated_by(regulators.get(PLAN if has_plan else IN_FORCE))
    return Simulation(line, options, model, found.seeds, results, judgement, reached, warnings)


def write_day_trace(simulation: Simulation, number: int, folder: Path) -> None:
    """Simulate one day again, counted from 1, and write its trace: a day of the plan if there is one."""
    line, state = simulation.line, simulation.line.plan_state
    timetable = line.timetables[IN_FORCE if state is None else PLAN]
    day = simulation.model.day(timetable, simulation.seeds[number - 1], traces=True)
    name = "in force" if state is None else f"plan ({state.mark})" if state.mark else "plan"
    write_trace(trace_of(line.scenario, day, name, headwatt_version()), folder)


@contextmanager
def _store(days: Path | None) -> Iterator[DayStore]:
    """The data set of simulated days in a folder, or in a temporary folder."""
    if days is not None:
        yield DayStore(days)
    else:
        with TemporaryDirectory(prefix="headwatt-days-") as passing:
            yield DayStore(Path(passing))


def _saving(judgement: Judgement, against: Mapping[str, Any]) -> dict[str, Any]:
    saving, kwh = judgement.saving_percent, judgement.saving_kwh
    return {
        "saving_percent": round(saving.mean, 4),
        "saving_ci95_percent": [round(saving.low, 4), round(saving.high, 4)],
        "savings_percent": [round(value, 4) for value in judgement.savings_percent],
        "saving_kwh": round(kwh.mean, 3),
        "objections": [objection.sentence for objection in objections(judgement, **against)],
        "baseline": figures_of(judgement.baseline),
    }
