"""Simulated days beside the planner: the same days as without one, whatever the number of workers."""

import multiprocessing
import threading
import time
from dataclasses import replace

import pytest
from timing_lines import TWO_PERIODS, small_line

from dispatch.planner.beside import NOTHING_BESIDE
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.timing.kernel.compilation import SUPPLY, Compiling
from scenarios.values.build import profile_library
from scenarios.values.fleet import ByVehicle
from simulation.judging.beside import judged_beside
from simulation.judging.judge import Judgement, judge
from simulation.runs.replications import replication_seeds


def shifted(timetable: Timetable, by_s: int) -> Timetable:
    return Timetable(
        tuple(
            replace(
                trip,
                arrival_s=tuple(at + by_s for at in trip.arrival_s),
                departure_s=tuple(at + by_s for at in trip.departure_s),
            )
            for trip in timetable.trips
        )
    )


def energies(judgement: Judgement) -> list[float]:
    return [day.account.energy_kwh for days in (judgement.baseline, judgement.plan) for day in days.results]


@pytest.mark.parametrize(("workers", "compares_early"), [(1, True), (2, True), (2, False)])
def test_days_beside_the_planner_are_those_of_the_judge(workers: int, compares_early: bool) -> None:
    scenario = small_line(4, TWO_PERIODS)
    library, in_force = profile_library(scenario), timetable_in_force(scenario)
    plan = shifted(in_force, 7)
    seeds = replication_seeds(5, 2)
    shares: list[float] = []
    with judged_beside(
        scenario, seeds, workers, compares_early, lambda _, share: shares.append(share), Compiling(), (SUPPLY,)
    ) as beside:
        beside.begun(ByVehicle(library), in_force)
        beside.compiled()
        beside.decided(plan)
        judged = beside.judged()
    alone = judge(scenario, in_force, plan, library, 2, 5)
    assert energies(judged.judgement) == energies(alone)
    assert judged.judgement.saving_percent == alone.saving_percent
    assert shares[-1] == 1.0


def planned_wrongly() -> None:
    scenario = small_line(4, TWO_PERIODS)
    seeds = replication_seeds(0, 2)
    with judged_beside(scenario, seeds, 2, True, lambda *_: None, Compiling(), (SUPPLY,)) as beside:
        beside.begun(ByVehicle(profile_library(scenario)), timetable_in_force(scenario))
        raise KeyError("no plan")


def test_an_error_in_the_planner_ends_the_days() -> None:
    of_others = set(multiprocessing.active_children())
    with pytest.raises(KeyError, match="no plan"):
        planned_wrongly()
    for thread in threading.enumerate():
        if thread.name.startswith("headwatt-days"):
            thread.join(60.0)
            assert not thread.is_alive()
    # Not `join`: the pool waits for the same process in a thread, and then `join` may return before its end is known.
    ends_s = time.monotonic() + 60.0
    while set(multiprocessing.active_children()) - of_others and time.monotonic() < ends_s:
        time.sleep(0.05)
    assert not set(multiprocessing.active_children()) - of_others


def test_nothing_beside_waits_for_nothing() -> None:
    assert NOTHING_BESIDE.compiled() is None
