"""Judgement of a plan with as many pairs of days as the requested interval needs; stored days are used again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.judging.judge import Judgement, compare
from simulation.judging.regulation import RegulationJudgement, judge_regulation
from simulation.judging.sensitivity import Answer, Variation, answers, variations
from simulation.runs.cases import SimulationCase, simulate_cases
from simulation.runs.day_store import DayStore
from simulation.runs.engine import Session
from simulation.runs.enough_days import Effort, Progress, Results, kept_days, simulate_until

IN_FORCE, PLAN = "in_force", "plan"
NO_REGULATORS: Mapping[str, RegulatorFactory] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Question:
    """The input of a judgement: timetable of the plan, timetable in force, line, trains, and the regulators of either
    timetable by `IN_FORCE` and `PLAN` (without an entry: trains use their own control)."""

    scenario: Scenario
    stock: RollingStock
    in_force: Timetable
    plan: Timetable
    regulators: Mapping[str, RegulatorFactory] = field(default_factory=dict)

    @property
    def case(self) -> SimulationCase:
        """The line without variation, with both timetables."""
        timetables = {IN_FORCE: self.in_force, PLAN: self.plan}
        return as_planned(self.scenario, self.stock, timetables, self.regulators)


def as_planned(
    scenario: Scenario,
    stock: RollingStock,
    timetables: dict[str, Timetable],
    regulators: Mapping[str, RegulatorFactory] = NO_REGULATORS,
) -> SimulationCase:
    """The line without variation, with its timetables and regulators by name; simulation and judgement use the same
    days."""
    return SimulationCase(scenario, stock, timetables, {"family": "", "variation": "as planned"}, regulators)


def judge_until(
    question: Question,
    effort: Effort,
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> Judgement:
    """Judge pairs of days until the interval of the saving (percentage points) is as narrow as the effort requires.

    The judgement depends only on question, effort and version; stored days only save time.
    """
    found = simulate_until(
        question.case, effort, savings_percent, session, store, version, progress, "pairs of days"
    )  # fmt: skip
    return compare(found.seeds, found.results[IN_FORCE], found.results[PLAN])


def judge_regulated(
    question: Question,
    seeds: Sequence[int],
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> RegulationJudgement | None:
    """The plan with and without its regulator, on the days of a judgement; None without a regulator."""
    regulator = question.regulators.get(PLAN)
    if regulator is None:
        return None
    timetables = {IN_FORCE: question.in_force, PLAN: question.plan}
    free = as_planned(question.scenario, question.stock, timetables)
    regulated = as_planned(question.scenario, question.stock, timetables, dict.fromkeys(timetables, regulator))
    simulate_cases(
        [free, regulated], seeds, session, store, version,
        lambda done, of: progress("days with and without regulation", done / max(1, of)),
    )  # fmt: skip
    without, with_it = (kept_days(case, seeds, store, version) for case in (free, regulated))
    return judge_regulation(seeds, (without[IN_FORCE], without[PLAN]), (with_it[IN_FORCE], with_it[PLAN]))


def judge_variations(
    question: Question,
    judged: Judgement,
    days: int,
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Answer, ...]:
    """Judge the plan with each variation, on the first `days` of the days of the judgement."""
    requested = variations(question.case)
    seeds = judged.seeds[:days]
    simulate_cases(
        [variation.case for variation in requested], seeds, session, store, version,
        lambda done, of: progress("sensitivity", done / max(1, of)),
    )  # fmt: skip
    found: dict[Variation, Judgement] = {v: _kept(v.case, seeds, store, version) for v in requested}
    return answers(judged, found)


def savings_percent(results: Results) -> Sequence[float]:
    """The saving of each pair of days, in percent of the energy of the timetable in force."""
    return compare((), results[IN_FORCE], results[PLAN]).savings_percent


def energies_percent(results: Results) -> Sequence[float]:
    """The energy of each day of the timetable in force, in percent of their mean."""
    energy_kwh = [day.account.energy_kwh for day in results[IN_FORCE]]
    return [100.0 * one * len(energy_kwh) / sum(energy_kwh) for one in energy_kwh]


def _kept(case: SimulationCase, seeds: Sequence[int], store: DayStore, version: str) -> Judgement:
    results = kept_days(case, seeds, store, version)
    return compare(seeds, results[IN_FORCE], results[PLAN])
