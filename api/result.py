"""The result of a plan as one JSON object with stable names: printed by `--json`, in `result.json`, sent by HTTP."""

from pydantic import BaseModel, ConfigDict, JsonValue

from api.input_effects import InputRange, input_range_of
from api.savings import SavingFigure, savings_of
from api.source_names import violation_line
from api.version import headwatt_version
from dispatch.explanation.levers import Lever
from dispatch.headways.trade import HeadwayChoice
from dispatch.planner.refusals import over_tracks_of
from dispatch.plans.dwell_transfer import DwellTransfer
from dispatch.plans.longer_trips import LongerTrips
from dispatch.plans.running_patterns import running_patterns
from scenarios.rules.plausible import unacknowledged
from scenarios.values.train_numbers import train_numbers
from simulation.experiment import PlanExperiment
from simulation.judging.day_figures import DayFigures

_STABLE = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Checks(BaseModel):
    """What the checker proved: every rule by name, and whether all of them hold."""

    model_config = _STABLE

    passed: bool
    rules: list[str]
    violations: list[str] = []


class Choice(BaseModel):
    """One row of the trade between headways, run as today: number 0 is today, the set counts from 1.

    Figures are those of a day without disturbances, on the equivalent track; a choice by its mean waiting has no
    number.
    """

    model_config = _STABLE

    number: int | None
    chosen: bool
    trips: int
    short_trips: int = 0
    """Number of short trips among them."""
    train_km: float
    vehicles: int
    mean_waiting_s: float
    fullest_train_share: float
    energy_kwh: float
    cost: float
    co2_kg: float
    proven: bool


class PeriodPatterns(BaseModel):
    """The running-time and dwell patterns of one direction and headway period: names with numbers of trips."""

    model_config = _STABLE

    direction: str
    from_s: int
    to_s: int
    trips_by_pattern: dict[str, int]


class PlanResult(BaseModel):
    """The result of a plan as an object. Names are stable; later versions may add names.

    `saving_percent` is the headline: the judged saving, mean over the paired simulated days, on the two-track ladder.
    `savings` lists every other saving that is printed for the plan, with the days, the supply model and the baseline
    behind it, and why it differs from the headline. `undisturbed_today_kwh` is the timetable in force with every train
    on time, on the equivalent track; `undisturbed_kwh` are the planned trips with the times of today, and the plan.
    `bound_kwh` is the lower bound of all timings of these trips, and `share_of_gap_closed` (0 to 1) the share of the
    difference to this bound that the plan closes. `saving_against_mean_phase_percent` is judged like the headline,
    against the mean over all phases; the entry of the same name in `metadata` is that of every train on time.
    `saving_caveat` is a sentence if the fleet cannot run today's timetable, the baseline of the saving.
    `no_saving_because` has the reasons why no saving may be quoted; the figures are then those of days that do not run
    as laid out, or that contradict each other. `metadata` contains further reports of the planner: `convergence` has a
    row for the end of each stage of the search, with the seconds since the start of the search, the name of the stage,
    and the energy of the day in kWh in the model of the search. These seconds, and `seconds`, differ from run to run.
    `warnings` are unlikely inputs (`headwatt scenario check`) that the scenario file does not acknowledge.
    `input_range` lists borrowed and assumed inputs, with the range of the saving. `patterns` lists the running-time and
    dwell patterns of the plan.
    """

    model_config = _STABLE

    scenario: str
    mode: str
    status: str
    metering_point: str
    baseline: DayFigures
    plan: DayFigures
    saving_percent: float
    saving_ci95_percent: tuple[float, float]
    saving_caveat: str | None = None
    no_saving_because: list[str] = []
    replications: int
    levers: list[Lever]
    checks: Checks
    seconds: dict[str, float]
    seed: int
    scenario_hash: str
    version: str
    notes: list[str] = []
    options: dict[str, JsonValue] = {}
    metadata: dict[str, JsonValue] = {}
    currency: str | None = None
    objective: str | None = None
    pareto: list[Choice] = []
    undisturbed_today_kwh: float | None = None
    undisturbed_kwh: tuple[float, float] | None = None
    bound_kwh: float | None = None
    share_of_gap_closed: float | None = None
    saving_against_mean_phase_percent: float | None = None
    savings: list[SavingFigure] = []
    longer_trips: LongerTrips | None = None
    shorter_standing: DwellTransfer | None = None
    warnings: list[str] = []
    input_range: InputRange | None = None
    patterns: list[PeriodPatterns] = []


def result_of(experiment: PlanExperiment) -> PlanResult:
    """The stable object of an experiment."""
    request = experiment.request
    potential = experiment.potential
    numbers = train_numbers(request.scenario)
    return PlanResult(
        scenario=request.scenario.name,
        mode=request.mode,
        status=experiment.status,
        metering_point=experiment.metering_point,
        baseline=experiment.baseline,
        plan=experiment.planned,
        saving_percent=experiment.saving_percent,
        saving_ci95_percent=experiment.saving_ci95_percent,
        saving_caveat=experiment.saving_caveat,
        no_saving_because=list(experiment.no_saving_because),
        replications=experiment.replications,
        levers=list(experiment.levers),
        checks=Checks(
            passed=experiment.check.passed,
            rules=[str(rule) for rule in experiment.check.rules],
            violations=[violation_line(violation, numbers) for violation in experiment.check.violations],
        ),
        seconds={stage: round(seconds, 3) for stage, seconds in experiment.seconds.items()},
        seed=request.seed,
        scenario_hash=request.scenario.hash,
        version=headwatt_version(),
        notes=list(experiment.notes),
        options=experiment.plan.options.to_json(),
        metadata=experiment.plan.facts.to_json(),
        currency=request.scenario.tariff.currency,
        objective=None if experiment.trade is None else experiment.trade.objective,
        pareto=[] if experiment.trade is None else [_choice(row) for row in experiment.trade.rows],
        undisturbed_today_kwh=None if potential is None else potential.today_kwh,
        undisturbed_kwh=None if potential is None else (potential.before_kwh, potential.after_kwh),
        bound_kwh=None if potential is None else potential.bound_kwh,
        share_of_gap_closed=None if potential is None else potential.share_of_gap_closed,
        saving_against_mean_phase_percent=experiment.saving_against_mean_phase_percent,
        savings=savings_of(experiment),
        longer_trips=experiment.longer_trips,
        shorter_standing=experiment.dwell_transfer,
        warnings=[*unacknowledged(request.scenario), *_crowded_terminals(experiment)],
        input_range=input_range_of(experiment),
        patterns=_patterns(experiment),
    )


def _crowded_terminals(experiment: PlanExperiment) -> list[str]:
    """Terminals with too few tracks for today's timetable, unless the scenario file acknowledges that."""
    found = over_tracks_of(experiment.baseline_plan.timetable, experiment.request.scenario)
    return [warning.sentence for warning in found if not warning.is_acknowledged]


def _patterns(experiment: PlanExperiment) -> list[PeriodPatterns]:
    found: dict[tuple[str, int, int], dict[str, int]] = {}
    for pattern in running_patterns(experiment.plan, experiment.request.scenario, experiment.baseline_plan.timetable):
        period = found.setdefault((pattern.direction, pattern.from_s, pattern.to_s), {})
        period[pattern.name] = len(pattern.trip_ids)
    return [
        PeriodPatterns(direction=direction, from_s=from_s, to_s=to_s, trips_by_pattern=trips)
        for (direction, from_s, to_s), trips in found.items()
    ]


def _choice(row: HeadwayChoice) -> Choice:
    return Choice(
        number=row.number,
        chosen=row.is_chosen,
        trips=row.trips,
        short_trips=row.short_trips,
        train_km=row.train_km,
        vehicles=row.vehicles,
        mean_waiting_s=row.mean_waiting_s,
        fullest_train_share=row.fullest_train_share,
        energy_kwh=row.energy_kwh,
        cost=row.cost,
        co2_kg=row.co2_kg,
        proven=row.is_proven,
    )
