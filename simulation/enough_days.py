"""As many simulated days as an asked interval needs; days that are kept are reused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulation.cases import Case, simulate_cases
from simulation.day_store import DayStore
from simulation.engine import Session
from simulation.replications import DayResult, replication_seeds
from simulation.sequential import LEAST_DAYS, MOST_DAYS, is_narrow_enough, next_count

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of it that is done."""

Results = Mapping[str, tuple[DayResult, ...]]
"""The days of each timetable, by its name, in the order of the seeds."""


@dataclass(frozen=True)
class Effort:
    """How surely: the widest 95 % interval of what is watched, from end to end in its own unit, and the most days.

    Without an interval `least` days are simulated, no more; with one at least ten.
    """

    interval: float | None = None
    least: int = LEAST_DAYS
    most: int = MOST_DAYS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.interval is not None and not self.interval > 0.0:
            raise ValueError(f"interval(={self.interval}) must be > 0")
        fewest = 1 if self.interval is None else LEAST_DAYS
        if not fewest <= self.least <= self.most:
            raise ValueError(f"least(={self.least}) must be {fewest} to most(={self.most})")


@dataclass(frozen=True, eq=False)
class DaysFound:
    """Days of a case on the same seeds; `seeds` in the order of their replications."""

    seeds: tuple[int, ...]
    results: Results


def simulate_until(
    case: Case,
    effort: Effort,
    watched: Callable[[Results], Sequence[float]],
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
    days_called: str = "simulated days",
) -> DaysFound:
    """Simulate until the interval of what is watched is narrow enough, or as many days as the effort allows are done.

    `watched` gives one value for each seed. What is found depends on case, effort and version alone; what the store
    has only saves time. Raises what a day raises.
    """
    count = effort.least
    while True:
        stage, seeds = f"{count} {days_called}", replication_seeds(effort.seed, count)
        simulate_cases(
            [case], seeds, session, store, version,
            lambda done, of, stage=stage: progress(stage, done / max(1, of)),  # type: ignore[misc]
        )  # fmt: skip
        results = kept_days(case, seeds, store, version)
        if effort.interval is None or count >= effort.most:
            return DaysFound(seeds, results)
        values = watched(results)
        if is_narrow_enough(values, effort.interval):
            return DaysFound(seeds, results)
        count = next_count(values, effort.interval, effort.most)


def kept_days(case: Case, seeds: Sequence[int], store: DayStore, version: str) -> Results:
    """The days of each timetable of a case from a store that has them all."""
    return {name: store.find(key, seeds) for name, key in case.keys(version).items()}
