"""Simulated days of an experiment, in parallel with the planner.

The days of the timetable in force do not depend on the plan: they run in other processes while the search runs, and
the next plan of the same line takes them from the cache of days. The days of the plan run while levers and potential of
the plan are computed. The same processes first compile what the first plan on a machine needs. With one worker, all
days are simulated after the planning.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.arrays import FloatArray
from energy_models.running_times import ProfileLibrary, apart_together
from scenarios.schema import Scenario
from scenarios.values.fleet import ByVehicle
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import DayModel, day_model
from simulation.day.record import DayRecord
from simulation.judging.judge import Judgement, compare
from simulation.judging.regulation import RegulationJudgement, judge_regulation
from simulation.runs.day_cache import LIBRARIES, DayCache
from simulation.runs.day_store import day_key
from simulation.runs.engine import Engine, EngineTask, Kit, Session, started
from simulation.runs.replications import DayResult, DayWork, prepare_profiles

Progress = Callable[[str, float], None]
_UNDISTURBED_WORK = 2
"""The undisturbed day of a timetable takes as long as so many other days: it is the first one, and has series."""


@dataclass(frozen=True, eq=False)
class UndisturbedDay:
    """The day without disturbances, and the power of all substations at their DC terminals in W, second by second.

    The trains of each second are left out: between processes, they would be a gigabyte on a day of 2,600 trips.
    """

    record: DayRecord
    start_s: float
    power_w: FloatArray


@dataclass(frozen=True, eq=False)
class _Days:
    """All disturbed days of a timetable in the order of the seeds, and the undisturbed one."""

    results: tuple[DayResult, ...]
    undisturbed: UndisturbedDay


@dataclass(frozen=True, eq=False)
class JudgedDays:
    """Baseline and plan on the same disturbed days, and the undisturbed day of each.

    `regulation` compares the plan with and without a regulator on these days, if there is one.
    """

    judgement: Judgement
    baseline: UndisturbedDay
    plan: UndisturbedDay
    regulation: RegulationJudgement | None = None


@dataclass(frozen=True, eq=False)
class _DaysOfPlan(DayWork):
    """The days of a timetable: a result for each seed, and without a seed the undisturbed day."""

    def work(self, task: tuple[str, int | None]) -> Any:
        """Simulate one timetable on the day of one seed, or undisturbed."""
        name, seed = task
        if seed is not None:
            return super().work((name, seed))
        return undisturbed_day(self.model.day(self.timetables[name], None, False, True))


def undisturbed_day(day: DayRecord) -> UndisturbedDay:
    """The part of a day with traces that an experiment needs."""
    assert day.traces is not None
    power_w = np.asarray(day.traces.substation_power_w.sum(axis=1))
    return UndisturbedDay(replace(day, traces=None), day.traces.start_s, power_w)


class JudgedBeside:
    """Simulates the days of an experiment in parallel with the planner; made by `judged_beside`."""

    def __init__(
        self, session: Session, scenario: Scenario, stock: RollingStock, seeds: Sequence[int], workers: int,
        compares_early: bool, progress: Progress, first: Kit, first_tasks: Sequence[str],
        regulators: RegulatorFactory | None,
    ) -> None:  # fmt: skip
        self._session, self._scenario, self._seeds, self._workers = session, scenario, seeds, workers
        self._stock, self._regulators = stock, regulators
        self._is_beside, self._compares_early, self._progress = workers > 1, compares_early, progress
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="headwatt-days")
        self._search_is_compiled = threading.Event()
        self._model: DayModel | None = None
        self._in_force: Timetable | None = None
        self._baseline: Future[_Days] | None = None
        self._plan: Future[_Days] | None = None
        self._regulated: Future[tuple[tuple[DayResult, ...], tuple[DayResult, ...]]] | None = None
        self._done = 0
        if self._is_beside:
            self._thread.submit(self._compile, first, first_tasks)

    def begun(self, profiles: ByVehicle[ProfileLibrary], in_force: Timetable) -> None:
        """Begin the days of the timetable in force, unless the search shall use all processors."""
        # Separate libraries, because the planner adds profiles to its libraries at the same time.
        copies = apart_together(profiles.distinct)
        own = profiles.map(lambda library: copies[library])
        self._model, self._in_force = day_model(self._scenario, own.main, others=own.others), in_force
        if self._is_beside and self._compares_early:
            self._baseline = self._thread.submit(self._simulate_in_force, in_force)

    def compiled(self) -> None:
        """Wait until the kernels of the search are compiled."""
        if self._is_beside:
            self._search_is_compiled.wait()

    def decided(self, timetable: Timetable) -> None:
        """Begin the days of the plan."""
        assert self._in_force is not None
        if self._baseline is None:
            self._baseline = self._thread.submit(self._simulate_in_force, self._in_force)
        self._progress("simulated days", self._done / (2 * (len(self._seeds) + _UNDISTURBED_WORK)))
        self._plan = self._thread.submit(self._simulate, "plan", timetable, {})
        if self._regulators is not None:
            self._regulated = self._thread.submit(self._simulate_regulated, self._in_force, timetable, self._regulators)
        if not self._is_beside:
            # With one worker, the planner waits until the days are simulated.
            self._plan.result()

    def judged(self) -> JudgedDays:
        """The judgement after the simulation of all days; raises the error of a day."""
        assert self._baseline is not None
        assert self._plan is not None
        baseline, plan = self._baseline.result(), self._plan.result()
        judgement = compare(self._seeds, baseline.results, plan.results)
        regulation = None
        if self._regulated is not None:
            free = baseline.results, plan.results
            regulation = judge_regulation(self._seeds, free, self._regulated.result())
        return JudgedDays(judgement, baseline.undisturbed, plan.undisturbed, regulation)

    def close(self) -> None:
        """Cancel the work that has not begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _compile(self, first: Kit, first_tasks: Sequence[str]) -> None:
        try:
            held = self._session.hold(first)
            for number, _ in self._session.run(EngineTask(held, task) for task in first_tasks):
                if number == 0:
                    self._search_is_compiled.set()
        finally:
            # After a failure, the search compiles its kernels itself.
            self._search_is_compiled.set()

    def _simulate_in_force(self, timetable: Timetable) -> _Days:
        assert self._model is not None
        cache = DayCache(day_key(self._scenario, self._stock, timetable, LIBRARIES))
        cached = cache.find(self._seeds)
        days = self._simulate("baseline", timetable, cached)
        cache.keep({seed: day for seed, day in zip(self._seeds, days.results, strict=True) if seed not in cached})
        return days

    def _simulate(self, name: str, timetable: Timetable, known: Mapping[int, DayResult]) -> _Days:
        """All days of a timetable; the days of the seeds in `known` are not simulated again."""
        model = self._model
        assert model is not None
        prepare_profiles(model, [timetable], self._workers)
        held = self._session.hold(_DaysOfPlan(model, {name: timetable}))
        # The undisturbed day first, because it takes longest.
        missing = (None, *(seed for seed in self._seeds if seed not in known))
        results, undisturbed = dict(known), None
        self._done += len(known)
        for number, result in self._session.run(EngineTask(held, (name, seed)) for seed in missing):
            if (seed := missing[number]) is None:
                undisturbed = result
            else:
                results[seed] = result
            self._done += _UNDISTURBED_WORK if seed is None else 1
            if self._plan is not None:
                # While the search runs, only the progress of the search is shown.
                self._progress("simulated days", self._done / (2 * (len(self._seeds) + _UNDISTURBED_WORK)))
        assert undisturbed is not None
        return _Days(tuple(results[seed] for seed in self._seeds), undisturbed)

    def _simulate_regulated(
        self, in_force: Timetable, plan: Timetable, regulators: RegulatorFactory
    ) -> tuple[tuple[DayResult, ...], tuple[DayResult, ...]]:
        """The days of both timetables with the regulator."""
        assert self._model is not None
        timetables = {"in force": in_force, "plan": plan}
        held = self._session.hold(DayWork(self._model, timetables, regulators=dict.fromkeys(timetables, regulators)))
        tasks = [(name, seed) for name in timetables for seed in self._seeds]
        found: dict[tuple[str, int], DayResult] = {}
        for number, result in self._session.run(EngineTask(held, task) for task in tasks):
            found[tasks[number]] = result
            self._progress("days with regulation", len(found) / len(tasks))
        days = [tuple(found[name, seed] for seed in self._seeds) for name in timetables]
        return days[0], days[1]


@contextmanager
def judged_beside(
    scenario: Scenario, stock: RollingStock, seeds: Sequence[int], workers: int, compares_early: bool,
    progress: Progress, first: Kit, first_tasks: Sequence[str], regulators: RegulatorFactory | None = None,
) -> Iterator[JudgedBeside]:  # fmt: skip
    """Processes for the days of an experiment, in parallel with the planner.

    The days are those of `seeds`, for any number of workers. Without `compares_early`, the days of the timetable in
    force begin after the planning. The processes first execute `first_tasks` of `first`; `compiled` waits for the first
    of these tasks. `progress` is called from another thread. With `regulators`, the plan and the timetable in force are
    simulated with the regulator as well.
    """
    with started(Engine(max(1, min(workers, 2 * len(seeds))))) as session:
        beside = JudgedBeside(
            session, scenario, stock, seeds, workers, compares_early, progress, first, first_tasks, regulators
        )
        try:
            yield beside
        finally:
            beside.close()
