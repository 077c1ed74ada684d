"""Replications of simulated days, spread over processes; what comes back does not depend on how many there are."""

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from dispatch.timetable import Timetable
from energy_models.energy_account import EnergyAccount
from energy_models.running_times import ProfileKey
from scenarios.billing import Bill
from simulation.day import DayModel
from simulation.service import ServiceMeasures

_LOAD_SPREAD = 0.15

Progress = Callable[[int, int], None]
"""Called with the number of simulated days that are done, and of all."""


@dataclass(frozen=True, eq=False)
class DayResult:
    """What a replication keeps of a simulated day."""

    account: EnergyAccount
    service: ServiceMeasures
    bill: Bill
    train_km: float
    trips: int
    vehicles: int


def replication_seeds(seed: int, count: int) -> tuple[int, ...]:
    """A seed for each replication, from one seed; a longer series begins with the shorter one."""
    return tuple(int(child.generate_state(1, np.uint64)[0]) for child in np.random.SeedSequence(seed).spawn(count))


def replicate(
    model: DayModel,
    timetables: Mapping[str, Timetable],
    seeds: Sequence[int],
    workers: int = 1,
    progress: Progress | None = None,
    planned_loads: bool = False,
) -> Mapping[str, tuple[DayResult, ...]]:
    """Simulate each timetable on the day of each seed; results by timetable's name in the order of the seeds.

    With more than one worker the days are spread over spawned processes, to each of which the model is sent once.
    """
    prepare_profiles(model, timetables.values(), workers)
    tasks = [(name, seed) for seed in seeds for name in timetables]
    done: dict[tuple[str, int], DayResult] = {}

    def note(task: tuple[str, int], result: DayResult) -> None:
        done[task] = result
        if progress is not None:
            progress(len(done), len(tasks))

    workers = min(workers, len(tasks))
    if workers <= 1:
        for name, seed in tasks:
            note((name, seed), _one_day(model, timetables[name], seed, planned_loads))
    else:
        with ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_Worker.set_up,
            initargs=(model, dict(timetables), planned_loads),
        ) as pool:
            futures = {pool.submit(_Worker.day, name, seed): (name, seed) for name, seed in tasks}
            try:
                for future in as_completed(futures):
                    note(futures[future], future.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return {name: tuple(done[name, seed] for seed in seeds) for name in timetables}


def prepare_profiles(model: DayModel, timetables: Iterable[Timetable], workers: int = 1) -> None:
    """Compute the driving profiles that days of these timetables will ask for, so that no worker repeats it.

    Loads of disturbed days differ from those of the undisturbed one by about as much as headways do; what a day asks
    for beyond that is computed when it does, with the same result.
    """
    keys: set[ProfileKey] = set()
    for timetable in timetables:
        for trip in model.run_trains(timetable, None).trips:
            first = model.station_order[trip.direction].index(trip.trip.stations[0])
            for i, running_time_s in enumerate(trip.running_time_s):
                for share in (1.0 - _LOAD_SPREAD, 1.0, 1.0 + _LOAD_SPREAD):
                    load = model.library.load_class(share * trip.passengers[i])
                    if model.library.minimum_time_s(trip.direction, first + i, load) <= running_time_s:
                        strategy = trip.trip.driving[i]
                        keys.add(ProfileKey(trip.direction, first + i, running_time_s, load, strategy))
    model.library.prepare(sorted(keys), workers)


def _one_day(model: DayModel, timetable: Timetable, seed: int, planned_loads: bool) -> DayResult:
    day = model.day(timetable, seed, planned_loads)
    return DayResult(day.account, day.service, day.bill, day.train_km, len(day.trips), day.vehicles)


class _Worker:
    """What a worker process holds: set once, used for all its days."""

    model: DayModel
    timetables: Mapping[str, Timetable]
    planned_loads: bool

    @classmethod
    def set_up(cls, model: DayModel, timetables: Mapping[str, Timetable], planned_loads: bool) -> None:
        cls.model, cls.timetables, cls.planned_loads = model, timetables, planned_loads

    @classmethod
    def day(cls, name: str, seed: int) -> DayResult:
        return _one_day(cls.model, cls.timetables[name], seed, cls.planned_loads)
