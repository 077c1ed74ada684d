"""A written plan judged on as many pairs of days as the asked interval needs; days that are kept are reused."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.timetable import Timetable
from energy_models.train import Train
from scenarios.schema import Scenario
from simulation.cases import Case, simulate_cases
from simulation.control import ControllerName
from simulation.day_store import DayStore
from simulation.engine import Session
from simulation.enough_days import Effort, Progress, Results, kept_days, simulate_until
from simulation.judge import Judgement, compare
from simulation.sensitivity import Answer, Variation, answers, variations

IN_FORCE, PLAN = "in_force", "plan"


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
        timetables = {IN_FORCE: self.in_force, PLAN: self.plan}
        return as_planned(self.scenario, self.train, timetables, self.controller)


def as_planned(
    scenario: Scenario, train: Train, timetables: dict[str, Timetable], controller: ControllerName = "none"
) -> Case:
    """The line as it is, with its timetables by name: the same days for whoever simulates or judges it."""
    return Case(scenario, train, timetables, {"family": "", "variation": "as planned"}, controller)


def judge_until(
    question: Question,
    effort: Effort,
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> Judgement:
    """Judge on pairs of days until the interval of the saving (percentage points) is as narrow as the effort asks.

    The judgement depends on question, effort and version alone; what the store has only saves time.
    """
    found = simulate_until(
        question.case, effort, savings_percent, session, store, version, progress, "pairs of days"
    )  # fmt: skip
    return compare(found.seeds, found.results[IN_FORCE], found.results[PLAN])


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


def savings_percent(results: Results) -> Sequence[float]:
    """The saving of each pair of days, percent of the day of the timetable in force."""
    return compare((), results[IN_FORCE], results[PLAN]).savings_percent


def energies_percent(results: Results) -> Sequence[float]:
    """The energy of each day of the timetable in force, percent of their mean."""
    energy_kwh = [day.account.energy_kwh for day in results[IN_FORCE]]
    return [100.0 * one * len(energy_kwh) / sum(energy_kwh) for one in energy_kwh]


def _kept(case: Case, seeds: Sequence[int], store: DayStore, version: str) -> Judgement:
    results = kept_days(case, seeds, store, version)
    return compare(seeds, results[IN_FORCE], results[PLAN])
