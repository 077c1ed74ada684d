"""Fronts, tables and the library of profiles."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sections import hilly, level, metro

from energy_models.driving.ato import AtoLevel, best_level, follow_level
from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.faults import Infeasible, InputFaults
from energy_models.movement.planned import seconds_of_motion
from energy_models.running_times import ProfileKey, ProfileLibrary, front, running_time_tables, store

TRACK = hilly((300.0, 14.0, 0.0), (800.0, 22.0, -0.01), (700.0, 20.0, 0.012), (200.0, 15.0, 0.0))
SECTIONS = {"up": (TRACK, level(900.0)), "down": (level(900.0), level(1500.0, slope=-0.004))}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATT_CACHE", str(tmp_path))


@pytest.mark.parametrize("credit", [1.0, 0.0])
def test_a_front_is_convex_and_decreasing_with_a_profile_behind_each_point(credit: float) -> None:
    found = front(TRACK, metro(), 400.0, regeneration_credit=credit)
    assert found.running_time_s.size == 20
    assert found.minimum_time_s == flat_out(TRACK, metro(), 400.0).running_time_s
    slopes = np.diff(found.objective_j) / np.diff(found.running_time_s)
    assert np.all(slopes < 0)
    assert np.all(np.diff(slopes) > 0)
    for time_s, objective_j, profile in zip(found.running_time_s, found.objective_j, found.profiles, strict=True):
        assert profile.running_time_s == pytest.approx(time_s, abs=1e-6)
        assert profile.traction_energy_j - credit * profile.regeneration_energy_j == pytest.approx(objective_j)


def test_interpolation_is_within_half_a_percent() -> None:
    found = front(TRACK, metro(), 400.0)
    times = 0.5 * (found.running_time_s[2:] + found.running_time_s[1:-1])
    exact = np.array([optimal(TRACK, metro(), 400.0, float(time_s)).net_energy_j for time_s in times])
    np.testing.assert_allclose(found.objective_at(times), exact, rtol=5e-3)


def test_the_price_of_time_is_the_slope_of_the_front() -> None:
    found = front(TRACK, metro(), 400.0)
    for k in (8, 12, 16):
        time_s = float(found.running_time_s[k])
        around = [optimal(TRACK, metro(), 400.0, time_s + shift).net_energy_j for shift in (-0.2, 0.2)]
        assert found.price_of_time_w[k] == pytest.approx((around[0] - around[1]) / 0.4, rel=0.02)


def test_outside_the_front_there_is_nothing_faster_and_slower_costs_no_more() -> None:
    found = front(TRACK, metro(), 0.0, count=6)
    assert found.objective_at(found.minimum_time_s - 1.0) == np.inf
    assert found.objective_at(1e4) == found.objective_j[-1]


def test_a_kept_front_is_the_computed_one() -> None:
    first = front(TRACK, metro(), 400.0, count=5)
    again = front(TRACK, metro(), 400.0, count=5)
    np.testing.assert_array_equal(first.objective_j, again.objective_j)
    for one, other in zip(first.profiles, again.profiles, strict=True):
        np.testing.assert_array_equal(one.speed_m_s, other.speed_m_s)


def test_tables_do_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATT_CACHE", "")
    done: list[tuple[int, int]] = []
    one = running_time_tables(
        SECTIONS, metro(), (0.0, 500.0), count=4, progress=lambda count, of: done.append((count, of))
    )
    two = running_time_tables(SECTIONS, metro(), (0.0, 500.0), count=4, workers=2)
    assert list(one) == list(two)
    assert done == [(k, 8) for k in range(1, 9)]
    for key, table in one.items():
        np.testing.assert_array_equal(table.objective_j, two[key].objective_j)


def keys() -> list[ProfileKey]:
    return [
        ProfileKey("up", 0, time_s, load, strategy)
        for time_s in (140, 150, 160)
        for load in (0.0, 300.0, 1000.0)
        for strategy in ("optimal", "speed_cap", "flat_out")
    ]


def test_a_library_gives_the_same_in_any_order_with_any_workers_and_from_disk() -> None:
    prepared = ProfileLibrary(SECTIONS, metro())
    prepared.prepare(keys(), workers=2)
    from_disk = ProfileLibrary(SECTIONS, metro())
    from_disk.prepare(keys())
    on_request = ProfileLibrary(SECTIONS, metro(tare_kg=200_000.0 + 0.0))
    for key in reversed(keys()):
        profiles = [library.profile(*key) for library in (prepared, from_disk, on_request)]
        for profile in profiles[1:]:
            np.testing.assert_array_equal(profile.speed_m_s, profiles[0].speed_m_s)
            np.testing.assert_array_equal(profile.traction_force_n, profiles[0].traction_force_n)
        assert profiles[0].strategy == key.strategy


def test_a_load_is_rounded_up_to_its_class() -> None:
    library = ProfileLibrary(SECTIONS, metro())
    assert library.load_classes == (0.0, 250.0, 500.0, 750.0, 1000.0, 1500.0)
    assert [library.load_class(load) for load in (0.0, 1.0, 250.0, 250.5, 1500.0, 1501.0)] == [
        0.0, 250.0, 250.0, 500.0, 1500.0, 1600.0
    ]  # fmt: skip
    assert library.profile("up", 1, 80.0, 10.0, "optimal") is library.profile("up", 1, 80.0, 249.0, "optimal")


def test_a_motion_is_that_of_the_profile_remembered_and_not_sent_along() -> None:
    train = metro()
    library = ProfileLibrary(SECTIONS, train)
    motion = library.motion("up", 0, 130.0, 431.0, "optimal")
    expected = seconds_of_motion(library.profile("up", 0, 130.0, 431.0, "optimal"), train, 431.0)
    np.testing.assert_array_equal(motion.power_w, expected.power_w)
    np.testing.assert_array_equal(motion.distance_m, expected.distance_m)
    assert library.motion("up", 0, 130.0, 431.0, "optimal") is motion
    assert library.motion("up", 0, 130.0, 432.0, "optimal") is not motion
    as_sent = pickle.dumps(library)
    library.motion("up", 0, 130.0, 433.0, "optimal")
    assert pickle.dumps(library) == as_sent
    np.testing.assert_array_equal(
        pickle.loads(as_sent).motion("up", 0, 130.0, 431.0, "optimal").power_w, motion.power_w
    )


def test_what_a_library_has_not_got_is_reported_in_words() -> None:
    library = ProfileLibrary(SECTIONS, metro())
    with pytest.raises(InputFaults, match="up 0 to 1; down 0 to 1"):
        library.profile("up", 2, 80.0, 0.0, "optimal")
    with pytest.raises(InputFaults, match="one of flat_out, speed_cap, optimal"):
        library.profile("up", 0, 80.0, 0.0, "fast")
    with pytest.raises(Infeasible, match="below the minimum"):
        library.profile("up", 1, 20.0, 0.0, "optimal")


def test_another_train_or_another_track_is_another_key() -> None:
    base = store.content_hash(TRACK, metro())
    assert store.content_hash(TRACK, metro()) == base
    assert store.content_hash(TRACK, metro(tare_kg=200_001.0)) != base
    assert store.content_hash(level(), metro()) != base
    assert store.content_hash((1.0, 2.0), 3.0) != store.content_hash((1.0,), 2.0, 3.0)


DAMAGE: dict[str, Callable[[bytes, bytes], bytes]] = {
    "empty": lambda _own, _other: b"",
    "cut off in its first line": lambda own, _other: own[:20],
    "cut off": lambda own, _other: own[:-200],
    "changed": lambda own, _other: own[:-300] + bytes(b ^ 1 for b in own[-300:-200]) + own[-200:],
    "another file's": lambda _own, other: other,
    "no file of Headwatt's": lambda _own, _other: b"PK\x03\x04 an archive",
    "without its first line": lambda own, _other: own.partition(b"\n")[2],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_computed_again_and_replaced(tmp_path: Path, damage: str) -> None:
    before = front(TRACK, metro(), 0.0, count=4)
    (kept,) = (tmp_path / "driving").glob("*.runs")
    own = kept.read_bytes()
    front(TRACK, metro(), 100.0, count=4)
    (other,) = set((tmp_path / "driving").glob("*.runs")) - {kept}
    kept.write_bytes(DAMAGE[damage](own, other.read_bytes()))
    assert store.load(kept.stem) is None
    np.testing.assert_array_equal(front(TRACK, metro(), 0.0, count=4).objective_j, before.objective_j)
    assert store.load(kept.stem) is not None


def test_a_library_leaves_out_kept_runs_that_do_not_fit_its_sections(tmp_path: Path) -> None:
    library = ProfileLibrary(SECTIONS, metro())
    library.prepare(keys()[:3])
    (key,) = (file.stem for file in (tmp_path / "driving").glob("*.runs"))
    kept = store.load(key)
    assert kept is not None
    name = next(name for name in kept if name.endswith("energy"))
    store.save(key, {**kept, name: kept[name][:, :-5]})
    again = ProfileLibrary(SECTIONS, metro())
    again.prepare(keys()[:3])
    for wanted in keys()[:3]:
        np.testing.assert_array_equal(again.profile(*wanted).speed_m_s, library.profile(*wanted).speed_m_s)
    repaired = store.load(key)
    assert repaired is not None
    np.testing.assert_array_equal(repaired[name], kept[name])


_ADD = """
import sys
import numpy as np
from energy_models.running_times import store
for number in range(int(sys.argv[1]), int(sys.argv[1]) + 20):
    store.update("shared", lambda kept: {**(kept or {}), f"run_{number}": np.full(1000, float(number))})
"""


@pytest.mark.many_cases
def test_processes_that_add_at_once_all_keep_what_they_added(tmp_path: Path) -> None:
    (tmp_path / "driving").mkdir()
    (tmp_path / "driving" / "killed.part").write_bytes(b"left over")
    adding = [subprocess.Popen([sys.executable, "-c", _ADD, str(first)]) for first in (0, 20, 40)]
    assert [process.wait() for process in adding] == [0, 0, 0]
    kept = store.load("shared")
    assert kept is not None
    assert set(kept) == {f"run_{number}" for number in range(60)}
    assert all(np.all(values == float(name.removeprefix("run_"))) for name, values in kept.items())
    assert list((tmp_path / "driving").glob("*.part")) == []


LEVELS = (
    AtoLevel("brisk"),
    AtoLevel("capped", speed_cap_m_s=16.0),
    AtoLevel("coasting", speed_cap_m_s=18.0, coast_from_share=0.6),
    AtoLevel("slow", speed_cap_m_s=11.0),
)


def test_ato_levels_do_what_they_say() -> None:
    brisk, capped, coasting, slow = (follow_level(level(2000.0), metro(), 0.0, rung) for rung in LEVELS)
    assert brisk.running_time_s == pytest.approx(flat_out(level(2000.0), metro(), 0.0).running_time_s, abs=0.2)
    assert capped.speed_m_s.max() == pytest.approx(16.0)
    late = (coasting.distance_m[:-1] > 1210.0) & (coasting.distance_m[:-1] < 1700.0)
    assert np.all(coasting.traction_force_n[late] < 1e-3 * 300e3)
    assert np.all(np.diff(coasting.speed_m_s)[late] < 0)
    assert slow.running_time_s > capped.running_time_s > brisk.running_time_s


def test_the_best_level_is_the_cheapest_in_time() -> None:
    runs = {rung.name: follow_level(level(2000.0), metro(), 0.0, rung) for rung in LEVELS}
    latest_s = runs["coasting"].running_time_s + 1.0
    best = best_level(level(2000.0), metro(), 0.0, LEVELS, latest_s)
    in_time = {name: run.net_energy_j for name, run in runs.items() if run.running_time_s <= latest_s}
    assert best.strategy == min(in_time, key=lambda name: in_time[name])
    with pytest.raises(Infeasible, match="none of 4 ATO levels"):
        best_level(level(2000.0), metro(), 0.0, LEVELS, 50.0)


def test_a_library_drives_ato_levels_by_name() -> None:
    library = ProfileLibrary(SECTIONS, metro(), levels=LEVELS)
    assert library.profile("up", 1, 80.0, 0.0, "capped").speed_m_s.max() == pytest.approx(16.0)


def test_a_wrong_level_is_an_input_fault() -> None:
    with pytest.raises(InputFaults) as caught:
        AtoLevel("odd", speed_cap_m_s=0.0, coast_from_share=1.5, slowest_share=0.0)
    assert len(caught.value.faults) == 3
