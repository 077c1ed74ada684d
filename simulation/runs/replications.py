"""Replications of simulated days in several processes; the result does not depend on the number of processes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.account.energy import EnergyAccount
from energy_models.running_times import ProfileKey, ProfileLibrary
from scenarios.costs.billing import Bill
from simulation.day.energy_tables import NO_TABLES, EnergyTables
from simulation.day.model import DayModel
from simulation.day.service import ServiceMeasures
from simulation.runs.engine import Engine, EngineTask, started

_LOAD_SPREAD = 0.15

Progress = Callable[[int, int], None]
"""A function of the number of finished days and the number of all days."""


@dataclass(frozen=True, eq=False)
class DayResult:
    """The result of a simulated day for a replication."""

    account: EnergyAccount
    service: ServiceMeasures
    bill: Bill
    train_km: float
    trips: int
    vehicles: int
    energy: EnergyTables = NO_TABLES


def replication_seeds(seed: int, count: int) -> tuple[int, ...]:
    """A seed for each replication from one seed; a longer series begins with the shorter series."""
    return tuple(int(child.generate_state(1, np.uint64)[0]) for child in np.random.SeedSequence(seed).spawn(count))


def replicate(
    model: DayModel,
    timetables: Mapping[str, Timetable],
    seeds: Sequence[int],
    workers: int = 1,
    progress: Progress | None = None,
    planned_loads: bool = False,
    address: str | None = None,
) -> Mapping[str, tuple[DayResult, ...]]:
    """Simulate each timetable on the day of each seed; results by name of the timetable in the order of the seeds.

    With more than one worker, the days are spread over processes of this machine or over the Dask cluster at `address`;
    the model is sent to each worker once.
    """
    prepare_profiles(model, timetables.values(), workers)
    tasks = [(name, seed) for seed in seeds for name in timetables]
    done: dict[tuple[str, int], DayResult] = {}
    with started(Engine(max(1, min(workers, len(tasks))), address)) as session:
        held = session.hold(DayWork(model, dict(timetables), planned_loads))
        for number, result in session.run(EngineTask(held, task) for task in tasks):
            done[tasks[number]] = result
            if progress is not None:
                progress(len(done), len(tasks))
    return {name: tuple(done[name, seed] for seed in seeds) for name in timetables}


def prepare_profiles(model: DayModel, timetables: Iterable[Timetable], workers: int = 1) -> None:
    """Compute the driving profiles for days of these timetables in advance, so that workers do not repeat this.

    Loads of disturbed days differ from the planned loads about as much as headways do; further profiles are computed
    during a day, with the same result.
    """
    keys: dict[ProfileLibrary, set[ProfileKey]] = {}
    for timetable in timetables:
        for trip in timetable.trips:
            library = model.kinds.of(trip.vehicle).library
            first = model.station_order[trip.direction].index(trip.stations[0])
            for i, running_time_s in enumerate(trip.running_times_s):
                for share in (1.0 - _LOAD_SPREAD, 1.0, 1.0 + _LOAD_SPREAD):
                    load = library.load_class(share * trip.passengers[i])
                    if library.minimum_time_s(trip.direction, first + i, load) <= running_time_s:
                        key = ProfileKey(trip.direction, first + i, running_time_s, load, trip.driving[i])
                        keys.setdefault(library, set()).add(key)
    for library, wanted in keys.items():
        library.prepare(sorted(wanted), workers)


@dataclass(frozen=True, eq=False)
class DayWork:
    """The state of a worker for days of one line: the model, the timetables by name, and their regulators.

    A timetable without an entry in `regulators` has the regulators of the model.
    """

    model: DayModel
    timetables: Mapping[str, Timetable]
    planned_loads: bool = False
    regulators: Mapping[str, RegulatorFactory] = field(default_factory=dict)

    def work(self, task: tuple[str, int]) -> DayResult:
        """Simulate one timetable on the day of one seed."""
        name, seed = task
        day = self.model.regulated_by(self.regulators.get(name)).day(self.timetables[name], seed, self.planned_loads)
        return DayResult(day.account, day.service, day.bill, day.train_km, len(day.trips), day.vehicles, day.energy)
