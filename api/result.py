"""The result of a plan as one JSON object with stable names: printed by `--json`, in `result.json`, sent by HTTP."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, JsonValue

from api.version import headwatt_version
from dispatch.headway_choice import HeadwayChoice
from simulation.experiment import DayFigures, PlanExperiment

_STABLE = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Figures(BaseModel):
    """One day, mean over the replications. Energies in kWh at `metering_point`, unless a name says otherwise.

    `cost` is in `currency`, energy by time of use and one day's part of the demand charge; `co2_kg` counts the energy
    from the utility. `fullest_train_share` is the largest load over the normal capacity.
    """

    model_config = _STABLE

    energy_kwh: float
    train_km: float
    trips: int
    peak_15min_kw: float
    regeneration_offered_kwh: float
    regeneration_used_kwh: float
    losses_kwh: float
    unserved_kwh: float
    mean_waiting_s: float
    cost: float | None = None
    co2_kg: float | None = None
    fullest_train_share: float | None = None


class LeverSaving(BaseModel):
    """What one lever saves in a day."""

    model_config = _STABLE

    name: str
    saving_kwh: float


class Checks(BaseModel):
    """What the checker proved: every rule by name, and whether all of them hold."""

    model_config = _STABLE

    passed: bool
    rules: list[str]
    violations: list[str] = []


class Choice(BaseModel):
    """One row of the trade between headways, run as today: number 0 is today, the set counts from 1.

    Figures are those of a day without disturbances, on the equivalent track; a choice asked for by its waiting has no
    number.
    """

    model_config = _STABLE

    number: int | None
    chosen: bool
    trips: int
    short_trips: int = 0
    """Of the trips those that turn on the way."""
    train_km: float
    vehicles: int
    mean_waiting_s: float
    fullest_train_share: float
    energy_kwh: float
    cost: float
    co2_kg: float
    proven: bool


class LongerTripsModel(BaseModel):
    """By how many seconds trips may be longer than today's from end to end, as asked; and are at most, on average."""

    model_config = _STABLE

    allowed_s: int
    most_s: int
    mean_s: float


class ShorterStandingModel(BaseModel):
    """By how many seconds trips stand less at their stations together than today, and run as much longer: at most, on
    average, and what they stand today."""

    model_config = _STABLE

    most_s: int
    mean_s: float
    today_s: float


class PlanResult(BaseModel):
    """The object. Names are stable; new ones may be added.

    `undisturbed_today_kwh` is the timetable in force on a day without noise, on the equivalent track, `undisturbed_kwh`
    the planned trips run as today and as they are retimed; beside them stand `bound_kwh`, below which no timing of
    these trips goes, and `share_of_gap_closed` (0 to 1), how far timing goes there from the trips run as today.
    `saving_caveat` tells where today's timetable, which the saving is against, is one that the fleet cannot run.
    `metadata` is what the planner reports beside its decision: `convergence` has a row for the end of each stage of the
    search, with the seconds since its start, the stage's name and the day's energy in kWh as the search prices it.
    Those seconds, as `seconds`, differ from run to run.
    """

    model_config = _STABLE

    scenario: str
    mode: str
    status: str
    metering_point: str
    baseline: Figures
    plan: Figures
    saving_percent: float
    saving_ci95_percent: tuple[float, float]
    saving_caveat: str | None = None
    replications: int
    levers: list[LeverSaving]
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
    longer_trips: LongerTripsModel | None = None
    shorter_standing: ShorterStandingModel | None = None


def result_of(experiment: PlanExperiment) -> PlanResult:
    """The stable object of an experiment."""
    request = experiment.request
    evidence = experiment.evidence
    return PlanResult(
        scenario=request.scenario.name,
        mode=request.mode,
        status=experiment.status,
        metering_point=experiment.metering_point,
        baseline=_figures(experiment.baseline),
        plan=_figures(experiment.planned),
        saving_percent=experiment.saving_percent,
        saving_ci95_percent=experiment.saving_ci95_percent,
        saving_caveat=experiment.saving_caveat,
        replications=experiment.replications,
        levers=[LeverSaving(name=lever.name, saving_kwh=lever.saving_kwh) for lever in experiment.levers],
        checks=Checks(
            passed=experiment.check.passed,
            rules=[str(rule) for rule in experiment.check.rules],
            violations=[str(violation) for violation in experiment.check.violations],
        ),
        seconds={stage: round(seconds, 3) for stage, seconds in experiment.seconds.items()},
        seed=request.seed,
        scenario_hash=request.scenario.hash,
        version=headwatt_version(),
        notes=list(experiment.notes),
        options=dict(experiment.plan.options),
        metadata=dict(experiment.plan.metadata),
        currency=request.scenario.tariff.currency,
        objective=None if experiment.trade is None else experiment.trade.objective,
        pareto=[] if experiment.trade is None else [_choice(row) for row in experiment.trade.rows],
        undisturbed_today_kwh=None if evidence is None else evidence.today_kwh,
        undisturbed_kwh=None if evidence is None else (evidence.before_kwh, evidence.after_kwh),
        bound_kwh=None if evidence is None else evidence.bound_kwh,
        share_of_gap_closed=None if evidence is None else evidence.share_of_gap_closed,
        saving_against_mean_phase_percent=experiment.saving_against_mean_phase_percent,
        longer_trips=None if (longer := experiment.longer_trips) is None else LongerTripsModel(**asdict(longer)),
        shorter_standing=(
            None if (less := experiment.shorter_standing) is None else ShorterStandingModel(**asdict(less))
        ),
    )


def _figures(day: DayFigures) -> Figures:
    return Figures(
        energy_kwh=day.energy_kwh,
        train_km=day.train_km,
        trips=day.trips,
        peak_15min_kw=day.peak_15min_kw,
        regeneration_offered_kwh=day.regeneration_offered_kwh,
        regeneration_used_kwh=day.regeneration_used_kwh,
        losses_kwh=day.losses_kwh,
        unserved_kwh=day.unserved_kwh,
        mean_waiting_s=day.mean_waiting_s,
        cost=day.cost,
        co2_kg=day.co2_kg,
        fullest_train_share=day.fullest_train_share,
    )


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
