"""Cached days: the days that were simulated, to the last bit; a damaged or missing folder only costs time."""

from pathlib import Path

import pytest
from timing_lines import TWO_PERIODS, small_line

from dispatch.plans.in_force import timetable_in_force
from scenarios.values.build import profile_library
from simulation.day.model import day_model
from simulation.runs import day_cache
from simulation.runs.day_cache import DayCache
from simulation.runs.replications import DayResult, DayWork
from simulation.runs.stored_values import plain


@pytest.fixture(scope="module")
def days() -> dict[int, DayResult]:
    scenario = small_line(4, TWO_PERIODS)
    work = DayWork(day_model(scenario, profile_library(scenario)), {"in force": timetable_in_force(scenario)})
    return {seed: work.work(("in force", seed)) for seed in (3, 2**64 - 1)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADWATT_CACHE", str(tmp_path))
    return tmp_path / "days"


def test_days_come_back_to_the_last_bit(days: dict[int, DayResult]) -> None:
    assert not DayCache("a").find(list(days))
    DayCache("a").keep(days)
    found = DayCache("a").find([*days, 4])
    assert {seed: plain(day) for seed, day in found.items()} == {seed: plain(day) for seed, day in days.items()}
    assert not DayCache("b").find(list(days))


@pytest.mark.parametrize("content", [b"", b"PAR1 no table"])
def test_a_damaged_file_is_no_answer(folder: Path, days: dict[int, DayResult], content: bytes) -> None:
    DayCache("a").keep(days)
    (file,) = (folder / "a").glob("*.parquet")
    file.write_bytes(content)
    assert not DayCache("a").find(list(days))
    DayCache("a").keep(days)
    assert set(DayCache("a").find(list(days))) == set(days)


def test_without_a_folder_nothing_is_kept(days: dict[int, DayResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATT_CACHE", "")
    DayCache("a").keep(days)
    assert not DayCache("a").find(list(days))


def test_a_folder_that_is_a_file_only_costs_time(folder: Path, days: dict[int, DayResult]) -> None:
    folder.write_text("")
    DayCache("a").keep(days)
    assert not DayCache("a").find(list(days))


def test_the_keys_used_least_recently_are_removed(
    folder: Path, days: dict[int, DayResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_cache, "MOST_KEYS", 2)
    for key in ("a", "b"):
        DayCache(key).keep(days)
    assert DayCache("a").find([3])
    DayCache("c").keep(days)
    assert {key.name for key in folder.iterdir()} == {"a", "c"}
