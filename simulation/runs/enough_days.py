"""Simulate as many days as a requested interval needs; stored days are used again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulation.runs.cases import SimulationCase, simulate_cases
from simulation.runs.day_store import DayStore
from simulation.runs.engine import Session
from simulation.runs.replications import DayResult, replication_seeds
from simulation.runs.sequential import LEAST_DAYS, MOST_DAYS, is_narrow_enough, next_count

Progress = Callable[[str, float], None]
"""A function of the name of a stage and the share of the stage that is done."""

Results = Mapping[str, tuple[DayResult, ...]]
"""The days of each timetable by its name, in the order of the seeds."""


@dataclass(frozen=True)
class Effort:
    """The requested precision: full width of the 95 % interval of the observed value, and the largest number of days.

    Without an interval, `least` days are simulated; with an interval, at least ten.
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
    """Days of a case with the same seeds; `seeds` in the order of the replications."""

    seeds: tuple[int, ...]
    results: Results


def simulate_until(
    case: SimulationCase,
    effort: Effort,
    watched: Callable[[Results], Sequence[float]],
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
    days_called: str = "simulated days",
) -> DaysFound:
    """Simulate until the interval of the observed value is narrow enough, or up to the largest number of days.

    `watched` gives one value for each seed. The result depends only on case, effort and version; stored days only save
    time. Raises the errors of a day.
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


def kept_days(case: SimulationCase, seeds: Sequence[int], store: DayStore, version: str) -> Results:
    """The days of each timetable of a case from a store that contains all of them."""
    return {name: store.find(key, seeds) for name, key in case.keys(version).items()}
