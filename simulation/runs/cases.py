"""Cases: a line with its changes and the timetables to simulate, as work for every engine.

Each worker builds the line and its driving profiles, so that many cases are spread as evenly as their days. Profiles
depend only on the train and the track: cases with the same train and track share their profiles.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.running_times.store import content_hash
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import section_tracks
from scenarios.values.rolling_stock import FleetProfiles, RollingStock, fleet_profiles
from simulation.day.model import day_model
from simulation.runs.day_store import DayStore, KeptDay, Label, day_key
from simulation.runs.engine import EngineTask, Held, Session
from simulation.runs.replications import DayResult, DayWork, prepare_profiles

DAYS_A_TASK = 5
"""Largest number of days per task: small enough to lose little work, large enough to build a line rarely."""

_LEAST_TASKS = 16
"""Smallest number of tasks: few missing days are split into smaller tasks, so that all workers have work."""

_LIBRARIES_HELD = 3

Progress = Callable[[int, int], None]
"""A function of the number of finished days and the number of all days."""


@dataclass(frozen=True, eq=False)
class SimulationCase:
    """One case: the line, its trains, timetables by name, and labels of its days.

    `regulators` makes the regulators of a timetable by its name; without an entry its trains use their own control.
    """

    scenario: Scenario
    stock: RollingStock
    timetables: Mapping[str, Timetable]
    labels: Mapping[str, Label]
    regulators: Mapping[str, RegulatorFactory] = field(default_factory=dict)

    def keys(self, version: str) -> dict[str, str]:
        """The content key of the days of each timetable."""
        return {
            name: day_key(self.scenario, self.stock, one, version, self.regulators.get(name))
            for name, one in self.timetables.items()
        }


@dataclass(frozen=True)
class DaysAsked:
    """Work for a case: seeds, each with the timetables to simulate on its day."""

    days: tuple[tuple[str, int], ...]


class CaseWork:
    """The state of a worker for days of a case; the line is built for the first day."""

    def __init__(self, case: SimulationCase) -> None:
        self._scenario, self._stock, self._timetables = case.scenario, case.stock, dict(case.timetables)
        self._regulators = dict(case.regulators)

    def work(self, task: DaysAsked) -> tuple[DayResult, ...]:
        """Simulate days in the given order."""
        return tuple(self._days.work(day) for day in task.days)

    def __getstate__(self) -> dict[str, object]:
        """Pickle without the line; the receiving process builds the line again."""
        return {name: value for name, value in self.__dict__.items() if name != "_days"}

    @cached_property
    def _days(self) -> DayWork:
        profiles = _profiles(self._scenario, self._stock).of_vehicle
        model = day_model(self._scenario, profiles.main, others=profiles.others)
        prepare_profiles(model, self._timetables.values())
        return DayWork(model, self._timetables, regulators=self._regulators)


_held: "OrderedDict[str, FleetProfiles]" = OrderedDict()


def _profiles(scenario: Scenario, stock: RollingStock) -> FleetProfiles:
    """The profiles of the trains on a line, cached for the next cases."""
    key = content_hash(
        stock.content,
        tuple(stock.type_of.items()),
        *(section_tracks(scenario, direction, stock.main) for direction in DIRECTIONS),
    )
    if key not in _held:
        _held[key] = fleet_profiles(scenario, stock)
        while len(_held) > _LIBRARIES_HELD:
            _held.popitem(last=False)
    _held.move_to_end(key)
    return _held[key]


def simulate_cases(
    cases: Sequence[SimulationCase],
    seeds: Sequence[int],
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress | None = None,
) -> None:
    """Simulate each timetable of each case on the day of each seed; stored days are not simulated again.

    All cases have the same seeds: common random numbers. Finished days are stored at once; they depend only on the
    cases, the seeds and the version. Raises the errors of a day.
    """
    keys = [case.keys(version) for case in cases]
    missing: dict[int, list[tuple[str, int]]] = {}
    planned: set[tuple[str, int]] = set()
    for number, of_case in enumerate(keys):
        for seed in seeds:
            for name, key in of_case.items():
                # Cases may have the same day: if a factor has no effect on the day, or if a level is repeated.
                if (key, seed) not in planned and not store.has(key, seed):
                    planned.add((key, seed))
                    missing.setdefault(number, []).append((name, seed))
    count = len({(key, seed) for of_case in keys for key in of_case.values() for seed in seeds})
    done = count - len(planned)
    if progress is not None:
        progress(done, count)
    size = max(1, min(DAYS_A_TASK, len(planned) // _LEAST_TASKS))
    tasks = [
        (number, tuple(days[first : first + size]))
        for number, days in missing.items()
        for first in range(0, len(days), size)
    ]
    left = {number: sum(task[0] == number for task in tasks) for number in missing}
    held: dict[int, Held] = {}

    def calls() -> Iterator[EngineTask]:
        for number, days in tasks:
            if number not in held:
                held[number] = session.hold(CaseWork(cases[number]))
            yield EngineTask(held[number], DaysAsked(days))

    with store.open():
        for index, results in session.run(calls()):
            number, days = tasks[index]
            for (name, seed), result in zip(days, results, strict=True):
                labels = {**cases[number].labels, "timetable": name}
                store.keep(KeptDay(keys[number][name], seed, result, labels))
            store.flush_when_due()
            left[number] -= 1
            if not left[number]:
                session.release(held.pop(number))
            done += len(days)
            if progress is not None:
                progress(done, count)
