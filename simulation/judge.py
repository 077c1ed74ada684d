"""The judge: baseline and plan on the same days, many times, and what the plan really saves, with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from dispatch.timetable import Timetable
from energy_models.running_times import ProfileLibrary
from scenarios.schema import Scenario
from simulation.day import DayModel, day_model
from simulation.interval import Estimate, estimate
from simulation.replications import DayResult, Progress, replicate, replication_seeds
from simulation.service import ServiceMeasures

LEAST_REPLICATIONS = 2
DEFAULT_REPLICATIONS = 10


@dataclass(frozen=True, eq=False)
class Days:
    """All replications of one timetable."""

    results: tuple[DayResult, ...]

    def energy(self, name: str = "energy_kwh") -> Estimate:
        """Mean and interval of one figure of the energy account, by its name."""
        return estimate([float(getattr(result.account, name)) for result in self.results])

    def served(self, name: str) -> Estimate:
        """Mean and interval of one measure of the service, by its name."""
        return estimate([float(getattr(result.service, name)) for result in self.results])

    def cost(self) -> Estimate:
        """Mean and interval of a day's electricity cost, in the tariff's currency."""
        return estimate([result.bill.cost.total for result in self.results])

    def co2_kg(self) -> Estimate:
        """Mean and interval of a day's CO2."""
        return estimate([result.bill.co2_kg for result in self.results])

    @property
    def worst_residual_share(self) -> float:
        """Largest residual of the energy balance over all days."""
        return max(result.account.residual_share for result in self.results)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Baseline and plan under the same disturbances. Metering point: substation DC terminals.

    `saving_percent` is the mean of the paired savings with its interval by Student's t, `savings_percent` those of each
    pair of days in the order of `seeds`.
    """

    seeds: tuple[int, ...]
    baseline: Days
    plan: Days
    savings_percent: tuple[float, ...]
    saving_percent: Estimate
    saving_kwh: Estimate

    @property
    def worst_saving_percent(self) -> float:
        """Saving of the day on which the plan saves least."""
        return min(self.savings_percent)

    def energy_change(self, name: str) -> Estimate:
        """Plan less baseline of one figure of the energy account, paired."""
        return estimate(
            [
                float(getattr(plan.account, name)) - float(getattr(baseline.account, name))
                for baseline, plan in zip(self.baseline.results, self.plan.results, strict=True)
            ]
        )

    def service_change(self, name: str) -> Estimate:
        """Plan less baseline of one measure of the service, paired."""
        return estimate(
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

    The judgement depends on the arguments down to `seed`, never on `workers`. Raises ValueError for fewer than two
    replications, BalanceError when the energy balance of any day does not close.
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
    """The same on a day model that is already there (with other noise, another network)."""
    if replications < LEAST_REPLICATIONS:
        raise ValueError(f"replications(={replications}) must be >= {LEAST_REPLICATIONS} for an interval")
    seeds = replication_seeds(seed, replications)
    results = replicate(model, {"baseline": baseline, "plan": plan}, seeds, workers, progress)
    return compare(seeds, results["baseline"], results["plan"])


def compare(seeds: Sequence[int], baseline: Sequence[DayResult], plan: Sequence[DayResult]) -> Judgement:
    """Pair the days of two timetables, in the order of their seeds."""
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
        saving_percent=estimate(savings_percent),
        saving_kwh=estimate(saved_kwh),
    )


SERVICE_MEASURES = tuple(field.name for field in fields(ServiceMeasures))
"""Names of the service's measures, for reports that show all of them."""
