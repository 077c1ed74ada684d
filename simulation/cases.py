"""Cases: a line as it is in one what-if, with the timetables that are simulated on it, as work for any engine.

A worker builds the line and its driving profiles itself, so that a thousand cases are spread as evenly as their days.
Profiles depend on the train and the track alone: cases that share them share their profiles too.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dispatch.timetable import DIRECTIONS, Timetable
from energy_models.running_times import ProfileLibrary
from energy_models.running_times.store import content_hash
from energy_models.train import Train
from scenarios.build import profile_library, section_tracks
from scenarios.schema import Scenario
from simulation.control import CONTROLLERS, ControllerName
from simulation.day import day_model
from simulation.day_store import DayStore, KeptDay, Label, day_key
from simulation.engine import Call, Held, Session
from simulation.replications import DayResult, DayWork, prepare_profiles

DAYS_A_TASK = 5
"""Most days that a worker simulates in one go: few enough to lose little, enough to build a line seldom."""

_LEAST_TASKS = 16
"""Where few days are missing they are cut finer, into at least so many tasks, so that no worker stands idle."""

_LIBRARIES_HELD = 3

Progress = Callable[[int, int], None]
"""Called with the number of days that are done, and of all."""


@dataclass(frozen=True, eq=False)
class Case:
    """One what-if: the line, its train, timetables by name, labels for readers of its days, and who regulates."""

    scenario: Scenario
    train: Train
    timetables: Mapping[str, Timetable]
    labels: Mapping[str, Label]
    controller: ControllerName = "none"

    def keys(self, version: str) -> dict[str, str]:
        """The content key of the days of each timetable."""
        return {
            name: day_key(self.scenario, self.train, one, version, self.controller)
            for name, one in self.timetables.items()
        }


@dataclass(frozen=True)
class DaysAsked:
    """Work for a case: seeds, each with the timetables that are to be simulated on its day."""

    days: tuple[tuple[str, int], ...]


class CaseWork:
    """What a worker holds to simulate days of a case; the line is built when its first day is asked for."""

    def __init__(self, case: Case) -> None:
        self._scenario, self._train, self._timetables = case.scenario, case.train, dict(case.timetables)
        self._controller = CONTROLLERS[case.controller]

    def work(self, task: DaysAsked) -> tuple[DayResult, ...]:
        """Simulate days, in the order asked."""
        return tuple(self._days.work(day) for day in task.days)

    def __getstate__(self) -> dict[str, object]:
        """Travel without the line: it is built again where it arrives."""
        return {name: value for name, value in self.__dict__.items() if name != "_days"}

    @cached_property
    def _days(self) -> DayWork:
        model = day_model(self._scenario, _library(self._scenario, self._train), self._controller)
        prepare_profiles(model, self._timetables.values())
        return DayWork(model, self._timetables)


_libraries: "OrderedDict[str, ProfileLibrary]" = OrderedDict()


def _library(scenario: Scenario, train: Train) -> ProfileLibrary:
    """The profiles of a train on a line, kept while its next cases may ask for them."""
    key = content_hash(train, *(section_tracks(scenario, direction, train) for direction in DIRECTIONS))
    if key not in _libraries:
        _libraries[key] = profile_library(scenario, train)
        while len(_libraries) > _LIBRARIES_HELD:
            _libraries.popitem(last=False)
    _libraries.move_to_end(key)
    return _libraries[key]


def simulate_cases(
    cases: Sequence[Case],
    seeds: Sequence[int],
    session: Session,
    store: DayStore,
    version: str,
    progress: Progress | None = None,
) -> None:
    """Simulate each timetable of each case on the day of each seed; days that the store has are not simulated again.

    The same seeds in all cases: common random numbers. Days are kept as they are done, and depend on the cases, the
    seeds and the version alone. Raises what a day raises.
    """
    keys = [case.keys(version) for case in cases]
    missing: dict[int, list[tuple[str, int]]] = {}
    planned: set[tuple[str, int]] = set()
    for number, of_case in enumerate(keys):
        for seed in seeds:
            for name, key in of_case.items():
                # Cases may share a day: a factor without effect on it, a level given twice.
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

    def calls() -> Iterator[Call]:
        for number, days in tasks:
            if number not in held:
                held[number] = session.hold(CaseWork(cases[number]))
            yield Call(held[number], DaysAsked(days))

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
