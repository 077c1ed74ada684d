"""The result of a plan as one JSON object with stable names: printed by `--json`, in `result.json`, sent by HTTP.

`api.experiment_result` makes it. The values here import nothing that computes, so that the process that answers HTTP
can read them.
"""

from pydantic import BaseModel, ConfigDict, JsonValue

from api.input_range import InputRange
from api.saving_figure import SavingFigure
from dispatch.explanation.lever import Lever
from dispatch.plans.dwell_transfer import DwellTransfer
from dispatch.plans.longer_trips import LongerTrips
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
