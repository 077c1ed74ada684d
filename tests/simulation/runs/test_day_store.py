"""Days kept in Parquet: the same to the last bit, once each, and never half a file."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.regulation.schedule import schedule_regulators
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import day_model
from simulation.runs.day_store import DayStore, KeptDay, day_key
from simulation.runs.engine import Engine, EngineTask, started
from simulation.runs.replications import DayResult, DayWork
from simulation.runs.stored_values import plain


@pytest.fixture(scope="module")
def days() -> dict[int, DayResult]:
    """Two real days, by seed; one seed needs all 64 bits."""
    scenario = load_scenario("tutorial_line")
    trips = timetable_in_force(scenario).of("up")[:3]
    with started(Engine()) as session:
        held = session.hold(DayWork(day_model(scenario, profile_library(scenario)), {"a": Timetable(trips)}))
        seeds = (3, 2**64 - 1)
        found = [result for _, result in session.run(EngineTask(held, ("a", seed)) for seed in seeds)]
    return dict(zip(seeds, found, strict=True))


def test_a_day_comes_back_to_the_last_bit(tmp_path: Path, days: dict[int, DayResult]) -> None:
    store = DayStore(tmp_path / "days")
    with store.open():
        for seed, day in days.items():
            store.keep(KeptDay("k", seed, day, {"timetable": "a", "level": 1.5}))
            assert store.has("k", seed)
    again = DayStore(tmp_path / "days")
    for read, day in zip(again.find("k", list(days)), days.values(), strict=True):
        assert plain(read) == plain(day)
        assert read.account.substation_kwh == day.account.substation_kwh
        assert (read.account.receptivity.used_kwh == day.account.receptivity.used_kwh).all()
        assert type(next(iter(read.account.hourly_kwh))) is int
    assert not again.has("k", 4)
    assert not again.has("other", 3)


def test_numbers_that_json_does_not_know_survive(tmp_path: Path, days: dict[int, DayResult]) -> None:
    odd = replace(days[3], service=replace(days[3].service, shortest_headway_s=math.inf))
    store = DayStore(tmp_path)
    store.keep(KeptDay("k", 3, odd, {}))
    store.flush()
    assert DayStore(tmp_path).find("k", [3])[0].service.shortest_headway_s == math.inf


def test_a_day_kept_twice_counts_once(tmp_path: Path, days: dict[int, DayResult]) -> None:
    for _ in range(2):
        store = DayStore(tmp_path)
        store.keep(KeptDay("k", 3, days[3], {"case": "x"}))
        store.flush()
    assert len(list(tmp_path.iterdir())) == 1, "the same batch is the same file"
    store.keep(KeptDay("k", 3, days[3], {"case": "x"}))
    store.keep(KeptDay("k", 2**64 - 1, days[2**64 - 1], {"case": "x"}))
    store.flush()
    figures = DayStore(tmp_path).figures(["k"], list(days))
    assert sorted(figures["seed"]) == sorted(days)
    assert set(figures["case"]) == {"x"}
    assert figures["energy.energy_kwh"].iloc[0] > 0.0


def test_a_half_written_file_never_counts(tmp_path: Path, days: dict[int, DayResult]) -> None:
    store = DayStore(tmp_path)
    store.keep(KeptDay("k", 3, days[3], {}))
    store.flush()
    (file,) = tmp_path.iterdir()
    half = file.read_bytes()[: file.stat().st_size // 2]
    (tmp_path / f".{file.name}.99.part").write_bytes(half)
    assert DayStore(tmp_path).has("k", 3)


@pytest.mark.parametrize("damage", ["empty", "half", "no table", "changed"])
def test_a_damaged_file_is_set_aside_and_its_days_are_kept_again(
    tmp_path: Path, days: dict[int, DayResult], damage: str
) -> None:
    store = DayStore(tmp_path)
    store.keep(KeptDay("k", 3, days[3], {}))
    store.flush()
    (file,) = tmp_path.iterdir()
    own = file.read_bytes()
    middle = len(own) // 2
    changed = own[:middle] + bytes(byte ^ 255 for byte in own[middle : middle + 8]) + own[middle + 8 :]
    file.write_bytes({"empty": b"", "half": own[:middle], "no table": b"day" * 99, "changed": changed}[damage])
    again = DayStore(tmp_path)
    assert not again.has("k", 3)
    assert [path.name for path in tmp_path.iterdir()] == [f"{file.name}.damaged"]
    again.keep(KeptDay("k", 3, days[3], {}))
    again.flush()
    assert DayStore(tmp_path).has("k", 3)
    assert plain(DayStore(tmp_path).find("k", [3])[0]) == plain(days[3])


def test_what_decides_a_day_decides_its_key() -> None:
    scenario = load_scenario("tutorial_line")
    stock, timetable = RollingStock.of(scenario), timetable_in_force(scenario)
    heavier = stock.map(lambda _, train: replace(train, tare_kg=train.tare_kg + 1.0))
    own = stock.with_own({"four_car-02": replace(stock.main, auxiliary_w=1.0)})
    key = day_key(scenario, stock, timetable, "1")
    later = Timetable((replace(timetable.trips[0], vehicle="other"), *timetable.trips[1:]))
    others = {
        day_key(scenario, stock, timetable, "2"),
        day_key(scenario, stock, later, "1"),
        day_key(scenario, heavier, timetable, "1"),
        day_key(scenario, own, timetable, "1"),
        day_key(load_scenario("tutorial_line", ["summer"]), stock, timetable, "1"),
        day_key(scenario, stock, timetable, "1", schedule_regulators(scenario.operation)["hold"]),
    }
    assert len(others | {key}) == 7
    assert day_key(load_scenario("tutorial_line"), stock, timetable, "1") == key
