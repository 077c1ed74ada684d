"""Simulated days beside the planner: the same days as without one, whatever the number of workers."""

import multiprocessing
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from timing_lines import TWO_PERIODS, small_line

from dispatch.planner.beside import NOTHING_BESIDE
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.regulation.schedule import schedule_regulators
from dispatch.timing.kernel.compilation import SUPPLY, Compiling
from scenarios.values.build import profile_library
from scenarios.values.fleet import ByVehicle
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import day_model
from simulation.judging.beside import judged_beside
from simulation.judging.judge import Judgement, judge, judge_with
from simulation.runs.day_cache import DayCache
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


@pytest.mark.parametrize(
    ("workers", "compares_early"), [(1, True), pytest.param(2, True, marks=pytest.mark.many_cases), (2, False)]
)
def test_days_beside_the_planner_are_those_of_the_judge(workers: int, compares_early: bool) -> None:
    scenario = small_line(4, TWO_PERIODS)
    library, in_force = profile_library(scenario), timetable_in_force(scenario)
    plan = shifted(in_force, 7)
    seeds = replication_seeds(5, 2)
    shares: list[float] = []
    with judged_beside(
        scenario,
        RollingStock.of(scenario),
        seeds,
        workers,
        compares_early,
        lambda _, share: shares.append(share),
        Compiling(),
        (SUPPLY,),
    ) as beside:
        beside.begun(ByVehicle(library), in_force)
        beside.compiled()
        beside.decided(plan)
        judged = beside.judged()
    alone = judge(scenario, in_force, plan, library, 2, 5)
    assert energies(judged.judgement) == energies(alone)
    assert judged.judgement.saving_percent == alone.saving_percent
    assert shares[-1] == 1.0


def test_a_regulator_is_judged_on_the_same_days() -> None:
    scenario = small_line(4, TWO_PERIODS)
    library, in_force, seeds = profile_library(scenario), timetable_in_force(scenario), replication_seeds(5, 2)
    hold = schedule_regulators(scenario.operation)["hold"]
    with judged_beside(
        scenario, RollingStock.of(scenario), seeds, 1, True, lambda *_: None, Compiling(), (SUPPLY,), hold
    ) as beside:
        beside.begun(ByVehicle(library), in_force)
        beside.decided(shifted(in_force, 7))
        judged = beside.judged()
    found = judged.regulation
    assert found is not None
    alone = judge_with(day_model(scenario, library, hold), in_force, shifted(in_force, 7), 2, 5)
    assert energies(found.without) == energies(judged.judgement)
    assert energies(found.same_regulator) == energies(alone)
    assert energies(found.regulated) == [*energies(judged.judgement)[:2], *energies(alone)[2:]]
    assert energies(found.alone) == [*energies(judged.judgement)[:2], *energies(alone)[:2]]


def judged_again(seed: int) -> Judgement:
    scenario = small_line(4, TWO_PERIODS)
    in_force = timetable_in_force(scenario)
    with judged_beside(
        scenario, RollingStock.of(scenario), (seed, 8), 1, True, lambda *_: None, Compiling(), (SUPPLY,)
    ) as beside:
        beside.begun(ByVehicle(profile_library(scenario)), in_force)
        beside.decided(shifted(in_force, 7))
        return beside.judged().judgement


def test_the_next_plan_takes_the_days_in_force_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATT_CACHE", str(tmp_path))
    first = judged_again(7)
    (key,) = (tmp_path / "days").iterdir()
    # A day that nobody simulated shows that the second judgement reads it.
    kept = first.baseline.results[0]
    changed = replace(kept, account=replace(kept.account, energy_kwh=kept.account.energy_kwh + 100.0))
    shutil.rmtree(key)
    DayCache(key.name).keep({7: changed, 8: first.baseline.results[1]})
    again = judged_again(7)
    assert [day.account.energy_kwh for day in again.baseline.results] == [
        kept.account.energy_kwh + 100.0,
        first.baseline.results[1].account.energy_kwh,
    ]
    assert energies(again)[2:] == energies(first)[2:]
    # Another seed is another day.
    assert energies(judged_again(9))[1:2] == energies(first)[1:2]


def planned_wrongly() -> None:
    scenario = small_line(4, TWO_PERIODS)
    seeds = replication_seeds(0, 2)
    with judged_beside(
        scenario, RollingStock.of(scenario), seeds, 2, True, lambda *_: None, Compiling(), (SUPPLY,)
    ) as beside:
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
