"""Engines: the same days from one process, a pool and a real Dask cluster, also when workers are killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import active_children

import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.faults import Fault, Infeasible, InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.runs.engine import Engine, EngineError, EngineTask, started
from simulation.runs.replications import DayResult, DayWork, prepare_profiles, replicate, replication_seeds

pytest_plugins = ["dask_cluster"]

SEEDS = replication_seeds(7, 10)


@pytest.fixture(scope="module")
def model() -> DayModel:
    scenario = load_scenario("tutorial_line")
    return day_model(scenario, profile_library(scenario))


@pytest.fixture(scope="module")
def hour() -> Timetable:
    trips = timetable_in_force(load_scenario("tutorial_line"))
    return Timetable((*trips.of("up")[:6], *trips.of("down")[:6]))


def figures(days: tuple[DayResult, ...]) -> list[object]:
    """Everything about the days that could differ, to the last bit."""
    return [(day.account.substation_kwh, day.account.hourly_kwh, day.service, day.bill) for day in days]


@pytest.fixture(scope="module")
def alone(model: DayModel, hour: Timetable) -> list[object]:
    """What one process finds."""
    return figures(replicate(model, {"a": hour}, SEEDS)["a"])


def killing(kill: Callable[[], None]) -> Callable[[int, int], None]:
    """Progress that kills once, when the third day is done and others are under way."""

    def note(done: int, _count: int) -> None:
        if done == 3:
            kill()

    return note


@pytest.mark.many_cases
def test_a_pool_whose_worker_is_killed_finds_the_same(model: DayModel, hour: Timetable, alone: list[object]) -> None:
    killed: list[int] = []

    def kill() -> None:
        worker = active_children()[0]
        killed.append(worker.pid or 0)
        os.kill(killed[0], signal.SIGKILL)

    assert figures(replicate(model, {"a": hour}, SEEDS, 2, killing(kill))["a"]) == alone
    assert len(killed) == 1


@pytest.mark.many_cases
def test_a_call_without_notice_of_a_broken_pool_is_done_again(
    model: DayModel, hour: Timetable, alone: list[object]
) -> None:
    """A call that is submitted while the pool breaks is in no list of pending calls: its future is never finished."""
    found: list[object] = []
    with started(Engine(2)) as session:
        held = session.hold(DayWork(model, {"a": hour}))
        calls = [EngineTask(held, ("a", seed)) for seed in SEEDS[:4]]
        for number, day in session.run(calls):
            found.append((number, figures((day,))))
            if len(found) == 1:
                pool = session._pool  # type: ignore[attr-defined]
                pool._pending_work_items.clear()
                for worker in active_children():
                    worker.kill()
    assert [figure for _, figure in sorted(found, key=lambda one: one[0])] == [[one] for one in alone[:4]]


def test_workers_that_die_again_and_again_are_reported(model: DayModel, hour: Timetable) -> None:
    prepare_profiles(model, [hour])
    ended = threading.Event()

    def kill_all() -> None:
        while not ended.wait(0.05):
            for worker in active_children():
                worker.kill()

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with pytest.raises(EngineError, match="ended unexpectedly 4 times in a row"):
            replicate(model, {"a": hour}, SEEDS, 2)
    finally:
        ended.set()
        killer.join()


@pytest.mark.many_cases
def test_a_dask_cluster_whose_worker_is_killed_finds_the_same(
    cluster: tuple[str, list["subprocess.Popen[bytes]"]], model: DayModel, hour: Timetable, alone: list[object]
) -> None:
    address, workers = cluster
    found = replicate(model, {"a": hour}, SEEDS, progress=killing(workers[0].kill), address=address)
    assert workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert figures(found["a"]) == alone


def test_an_address_where_nobody_answers_is_an_input_fault() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputFaults, match="no-such-protocol"), started(Engine(address="no-such-protocol://x:1")):
        pass


def test_a_cluster_without_the_package_is_reported_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputFaults, match=r"headwatt\[cluster\]"), started(Engine(address="tcp://127.0.0.1:1")):
        pass


def test_what_a_worker_raises_arrives_whole(model: DayModel, hour: Timetable) -> None:
    """Errors with faults or reasons come back with them, not with their text taken apart."""
    backwards = Timetable((hour.trips[0], *hour.of("down")))
    wrong = Timetable(tuple(type(t)(**{**t.__dict__, "stations": t.stations[::-1]}) for t in backwards.trips))
    with started(Engine(2)) as session:
        call = EngineTask(session.hold(DayWork(model, {"a": wrong})), ("a", 1))
        with pytest.raises(InputFaults) as caught:
            list(session.run([call]))
    assert isinstance(caught.value.faults[0], Fault)
    assert caught.value.faults[0].field == "stations"
    import pickle

    assert pickle.loads(pickle.dumps(Infeasible(["one", "two"]))).reasons == ("one", "two")
