"""A written plan judged on as many pairs of days as the asked interval needs; days that are kept are reused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatch.timetable import Timetable
from energy_models.train import Train
from scenarios.schema import Scenario
from simulation.cases import Case, simulate_cases
from simulation.control import ControllerName
from simulation.day_store import DayStore
from simulation.engine import Session
from simulation.judge import Judgement, compare
from simulation.replications import replication_seeds
from simulation.sensitivity import Answer, Variation, answers, variations
from simulation.sequential import LEAST_DAYS, MOST_DAYS, is_narrow_enough, next_count

BASELINE, PLAN = "in_force", "plan"

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of it that is done."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be judged: the plan's timetable beside the one in force, one line, one train, one controller."""

    scenario: Scenario
    train: Train
    in_force: Timetable
    plan: Timetable
    controller: ControllerName = "none"

    @property
    def case(self) -> Case:
        """The line as it is, with both timetables."""
        labels = {"family": "", "variation": "as planned"}
        return Case(self.scenario, self.train, self.timetables, labels, self.controller)

    @property
    def timetables(self) -> dict[str, Timetable]:
        """Both timetables by name."""
        return {BASELINE: self.in_force, PLAN: self.plan}


@dataclass(frozen=True)
class Effort:
    """How surely: the widest 95 % interval of the saving, percentage points from end to end, and the most days.

    Without an interval `least` days are simulated, no more.
    """

    interval_percent: float | None = None
    least: int = LEAST_DAYS
    most: int = MOST_DAYS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.interval_percent is not None and not self.interval_percent > 0.0:
            raise ValueError(f"interval_percent(={self.interval_percent}) must be > 0")
        if not LEAST_DAYS <= self.least <= self.most:
            raise ValueError(f"least(={self.least}) must be {LEAST_DAYS} to most(={self.most})")


def judge_until(
    question: Question,
    effort: Effort,
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> Judgement:
    """Judge on pairs of days until the interval is narrow enough, or at most as many days as the effort allows.

    The judgement depends on question, effort and version alone; what the store has only saves time.
    """
    case, count = question.case, effort.least
    while True:
        stage = f"{count} pairs of days"
        seeds = replication_seeds(effort.seed, count)
        simulate_cases(
            [case], seeds, session, store, version,
            lambda done, of, stage=stage: progress(stage, done / max(1, of)),  # type: ignore[misc]
        )  # fmt: skip
        judgement = _kept(case, seeds, store, version)
        width = effort.interval_percent
        if width is None or is_narrow_enough(judgement.savings_percent, width) or count >= effort.most:
            return judgement
        count = next_count(judgement.savings_percent, width, effort.most)


def judge_variations(
    question: Question,
    judged: Judgement,
    days: int,
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Answer, ...]:
    """Judge the plan under each variation of the world, on the first `days` of the judgement's own days."""
    asked = variations(question.case)
    seeds = judged.seeds[:days]
    simulate_cases(
        [variation.case for variation in asked], seeds, session, store, version,
        lambda done, of: progress("sensitivity", done / max(1, of)),
    )  # fmt: skip
    found: dict[Variation, Judgement] = {v: _kept(v.case, seeds, store, version) for v in asked}
    return answers(judged, found)


def _kept(case: Case, seeds: Sequence[int], store: DayStore, version: str) -> Judgement:
    keys = case.keys(version)
    return compare(seeds, store.find(keys[BASELINE], seeds), store.find(keys[PLAN], seeds))
