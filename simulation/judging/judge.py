"""The judge: baseline and plan on the same simulated days, and the saving of the plan with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from dispatch.plans.timetable import Timetable
from energy_models.running_times import ProfileLibrary
from scenarios.schema import Scenario
from simulation.day.model import DayModel, day_model
from simulation.day.service import ServiceMeasures
from simulation.runs.interval import MeanInterval, mean_interval
from simulation.runs.replications import DayResult, Progress, replicate, replication_seeds

LEAST_REPLICATIONS = 2
DEFAULT_REPLICATIONS = 10


@dataclass(frozen=True, eq=False)
class Days:
    """All replications of one timetable."""

    results: tuple[DayResult, ...]

    def energy(self, name: str = "energy_kwh") -> MeanInterval:
        """Mean and interval of one figure of the energy account."""
        return mean_interval([float(getattr(result.account, name)) for result in self.results])

    def served(self, name: str) -> MeanInterval:
        """Mean and interval of one measure of the service."""
        return mean_interval([float(getattr(result.service, name)) for result in self.results])

    def cost(self) -> MeanInterval:
        """Mean and interval of the electricity cost of a day, in the currency of the tariff."""
        return mean_interval([result.bill.cost.total for result in self.results])

    def co2_kg(self) -> MeanInterval:
        """Mean and interval of the CO2 of a day."""
        return mean_interval([result.bill.co2_kg for result in self.results])

    @property
    def worst_residual_share(self) -> float:
        """Largest residual of the energy balance over all days."""
        return max(result.account.residual_share for result in self.results)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Baseline and plan under the same disturbances. Metering point: substation DC terminals.

    `saving_percent` is the mean of the paired savings with its interval by Student's t, `savings_percent` the saving of
    each pair of days in the order of `seeds`.
    """

    seeds: tuple[int, ...]
    baseline: Days
    plan: Days
    savings_percent: tuple[float, ...]
    saving_percent: MeanInterval
    saving_kwh: MeanInterval

    @property
    def worst_saving_percent(self) -> float:
        """Smallest saving of all pairs of days."""
        return min(self.savings_percent)

    def energy_change(self, name: str) -> MeanInterval:
        """Plan minus baseline of one figure of the energy account, paired."""
        return mean_interval(
            [
                float(getattr(plan.account, name)) - float(getattr(baseline.account, name))
                for baseline, plan in zip(self.baseline.results, self.plan.results, strict=True)
            ]
        )

    def service_change(self, name: str) -> MeanInterval:
        """Plan minus baseline of one measure of the service, paired."""
        return mean_interval(
            [
                float(getattr(plan.service, name)) - float(getattr(baseline.service, name))
                for baseline, plan in zip(self.baseline.results, self.plan.results, strict=True)
            ]
        )


def judge(
    scenario: Scenario,
    baseline: Timetable,
    plan: Timetable,
    library: ProfileLibrary,
    replications: int = DEFAULT_REPLICATIONS,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> Judgement:
    """Simulate baseline and plan on the same disturbed days and compare them, pair by pair.

    The judgement depends on the arguments up to `seed`, not on `workers`. Raises ValueError for fewer than two
    replications, BalanceError if the energy balance of a day does not close.
    """
    return judge_with(day_model(scenario, library), baseline, plan, replications, seed, workers, progress)


def judge_with(
    model: DayModel,
    baseline: Timetable,
    plan: Timetable,
    replications: int = DEFAULT_REPLICATIONS,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> Judgement:
    """The same for a given day model (for example with other noise or another network)."""
    if replications < LEAST_REPLICATIONS:
        raise ValueError(f"replications(={replications}) must be >= {LEAST_REPLICATIONS} for an interval")
    seeds = replication_seeds(seed, replications)
    results = replicate(model, {"baseline": baseline, "plan": plan}, seeds, workers, progress)
    return compare(seeds, results["baseline"], results["plan"])


def compare(seeds: Sequence[int], baseline: Sequence[DayResult], plan: Sequence[DayResult]) -> Judgement:
    """Pair the days of two timetables in the order of their seeds."""
    saved_kwh = [
        before.account.energy_kwh - after.account.energy_kwh for before, after in zip(baseline, plan, strict=True)
    ]
    savings_percent = [
        100.0 * saved / before.account.energy_kwh for saved, before in zip(saved_kwh, baseline, strict=True)
    ]
    return Judgement(
        seeds=tuple(seeds),
        baseline=Days(tuple(baseline)),
        plan=Days(tuple(plan)),
        savings_percent=tuple(savings_percent),
        saving_percent=mean_interval(savings_percent),
        saving_kwh=mean_interval(saved_kwh),
    )


SERVICE_MEASURES = tuple(field.name for field in fields(ServiceMeasures))
"""Names of all measures of the service, for reports."""
