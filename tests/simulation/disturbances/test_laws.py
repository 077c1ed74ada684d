"""What befalls a day: each law with its figures, its limiting case, and nothing but the seed and the thing deciding."""

import math

import numpy as np
import pytest
from scipy import stats

from energy_models.supply.network import Substation, SupplyNetwork, VehicleLaw
from energy_models.track import SectionTrack, with_slow_stretch
from scenarios.files.load import load_scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.values.build import profile_library
from simulation.disturbances.day import DisturbedDay, disturbed_day
from simulation.disturbances.draws import exponential_s, lognormal_s, poisson, uniform
from simulation.disturbances.track import NO_LIMITS, DrivingLimits, Slow
from simulation.railway.limited_driving import LimitedLibraries

NAMES = ("W", "M", "E")
LINE = SupplyNetwork(
    6000.0,
    tuple(Substation(name, 3000.0 * i, 850.0, 0.02) for i, name in enumerate(NAMES)),
    VehicleLaw(900.0, 930.0, 600.0, 500.0, 500.0),
    7e-6,
    4.5e-6,
)
QUIET: dict[str, object] = {"dwell_noise_s": 0, "dwell_noise_accumulates": False}


def day(seed: int = 1, **reported: object) -> DisturbedDay:
    return disturbed_day(Disturbances.model_validate({**QUIET, **reported}), seed, LINE)


def test_laws_have_the_moments_that_they_are_reported() -> None:
    shares = [uniform("law", k) for k in range(20_000)]
    assert stats.kstest(shares, "uniform").pvalue > 0.01
    times_s = np.array([lognormal_s(share, 60.0, 40.0) for share in shares])
    # Standard errors 0.28 s and about 0.7 s.
    assert times_s.mean() == pytest.approx(60.0, abs=1.2)
    assert times_s.std() == pytest.approx(40.0, abs=3.0)
    assert np.mean([exponential_s(share, 90.0) for share in shares]) == pytest.approx(90.0, abs=2.6)
    counts = np.array([poisson(share, 1.7) for share in shares])
    assert np.bincount(counts, minlength=4)[:4] / 20_000 == pytest.approx(stats.poisson.pmf(range(4), 1.7), abs=0.015)
    assert lognormal_s(0.9, 60.0, 0.0) == pytest.approx(60.0)
    assert poisson(0.999999, 0.0) == 0


def test_a_day_without_disturbances_has_nothing() -> None:
    quiet = day()
    assert (quiet.speed_limits, quiet.slippery, quiet.outages) == ((), (), ())
    assert quiet.door_fault_s("up-1", "A") == 0.0
    assert quiet.late_pull_out_s("up-1") == 0.0
    assert quiet.fails_in_section("up-1", [1000.0] * 50) is None
    assert quiet.driving_limits("up", (0.0, 1e6), 30_000.0, failed=False) == NO_LIMITS
    assert quiet.temperature_c(18.0, np.arange(3.0)) is None


def test_rates_of_zero_are_as_without_disturbances() -> None:
    nothing = day(
        door_faults={"per_1000_stops": 0, "mean_s": 45, "standard_deviation_s": 30},
        late_pull_outs={"late_share": 0, "mean_s": 100, "standard_deviation_s": 10},
        train_failures={"per_million_km": 0, "limit_kmh": 40},
        random_speed_limits={"per_day": 0, "length_m": 200, "limit_kmh": 40, "mean_s": 600},
        substation_failures={"per_year": 0, "mean_s": 600},
        weather={"slippery": [{"from": "06:00", "to": "09:00", "maximum_acceleration_m_s2": 0.5,
                               "maximum_deceleration_m_s2": 0.5, "share_of_days": 0}]},
    )  # fmt: skip
    assert (nothing.speed_limits, nothing.slippery, nothing.outages) == ((), (), ())
    assert not any(nothing.door_fault_s(f"t{i}", "A") or nothing.late_pull_out_s(f"t{i}") for i in range(500))
    assert nothing.fails_in_section("up-1", [1e6]) is None


def test_door_faults_and_late_pull_outs_come_at_their_rate_and_belong_to_their_trip() -> None:
    reported = {
        "door_faults": {"per_1000_stops": 20, "mean_s": 45, "standard_deviation_s": 30},
        "late_pull_outs": {"late_share": 0.1, "mean_s": 120, "standard_deviation_s": 90},
    }
    one, again, other = day(1, **reported), day(1, **reported), day(2, **reported)
    faults = np.array([one.door_fault_s(f"t{i}", station) for i in range(2000) for station in "ABCDE"])
    assert (faults > 0.0).mean() == pytest.approx(0.02, abs=0.006)  # four standard errors
    assert faults[faults > 0.0].mean() == pytest.approx(45.0, abs=9.0)
    late = np.array([one.late_pull_out_s(f"t{i}") for i in range(4000)])
    assert (late > 0.0).mean() == pytest.approx(0.1, abs=0.02)
    assert [again.late_pull_out_s(f"t{i}") for i in range(100)] == late[:100].tolist()
    assert [other.late_pull_out_s(f"t{i}") for i in range(100)] != late[:100].tolist()


def test_trains_fail_in_proportion_to_their_way() -> None:
    reported = day(train_failures={"per_million_km": 5000, "limit_kmh": 40})
    sections = [1000.0, 2000.0, 500.0]
    found = [reported.fails_in_section(f"t{i}", sections) for i in range(20_000)]
    counts = [found.count(section) for section in range(3)]
    assert counts == pytest.approx([100, 200, 50], abs=50)  # 1 to 2 km at 5 a thousand
    assert all(
        reported.fails_in_section(f"t{i}", sections[:2]) == (place if place != 2 else None)
        for i, place in enumerate(found)
    )


def test_a_higher_rate_adds_speed_limits_and_keeps_those_that_there_were() -> None:
    def limits(per_day: float, seed: int) -> set[object]:
        chance = {"per_day": per_day, "length_m": 250, "limit_kmh": 36, "mean_s": 3600}
        return set(day(seed, random_speed_limits=chance).speed_limits)

    few, many = [limits(1.0, seed) for seed in range(300)], [limits(2.5, seed) for seed in range(300)]
    assert all(less <= more for less, more in zip(few, many, strict=True))
    assert np.mean([len(found) for found in few]) == pytest.approx(1.0, abs=0.24)
    assert np.mean([len(found) for found in many]) == pytest.approx(2.5, abs=0.37)


def test_a_given_limit_holds_in_its_hours_its_direction_and_where_the_train_touches_it() -> None:
    reported = day(speed_limits=[
        {"from_m": 1000, "to_m": 1200, "limit_kmh": 36, "from": "08:00", "to": "09:00", "direction": "down"}
    ])  # fmt: skip
    slow = DrivingLimits((Slow(1000.0, 1200.0, 10.0),))
    assert reported.driving_limits("down", (900.0, 2000.0), 28_800.0, failed=False) == slow
    assert reported.driving_limits("down", (900.0, 2000.0), 32_400.0, failed=False) == NO_LIMITS
    assert reported.driving_limits("up", (900.0, 2000.0), 28_800.0, failed=False) == NO_LIMITS
    assert reported.driving_limits("down", (1200.0, 2000.0), 28_800.0, failed=False) == NO_LIMITS


def test_outages_leave_one_substation_however_many_fail() -> None:
    days = [day(seed, substation_failures={"per_year": 365, "mean_s": 80_000}) for seed in range(50)]
    assert all(1 <= len(one.outages) <= 3 for one in days)
    for one in days:
        for moment_s in (outage.from_s for outage in one.outages):
            out = {outage.name for outage in one.outages if outage.from_s <= moment_s < outage.to_s}
            assert out < set(NAMES)
    rare = [day(seed, substation_failures={"per_year": 36.5, "mean_s": 600}) for seed in range(1000)]
    assert sum(len(one.outages) for one in rare) == pytest.approx(300, abs=70)


def test_the_temperature_follows_its_course_and_the_day() -> None:
    course = [{"at": "06:00", "temperature_c": 10}, {"at": "12:00", "temperature_c": 22}]
    hours_s = np.array([0.0, 21_600.0, 32_400.0, 80_000.0])
    reported = day(weather={"temperatures": course}).temperature_c(18.0, hours_s)
    assert reported == pytest.approx([10.0, 10.0, 16.0, 22.0])
    moved = [day(s, weather={"temperature_deviation_c": 2}).temperature_c(18.0, hours_s) for s in range(400)]
    assert all(one is not None and np.ptp(one) == 0.0 for one in moved)
    assert np.std([one[0] for one in moved if one is not None]) == pytest.approx(2.0, abs=0.3)


def test_slippery_days_come_at_their_share() -> None:
    row = {"from": "06:00", "to": "09:00", "maximum_acceleration_m_s2": 0.5, "maximum_deceleration_m_s2": 0.6}
    days = [day(seed, weather={"slippery": [{**row, "share_of_days": 0.25}]}) for seed in range(1000)]
    wet = [one for one in days if one.slippery]
    assert len(wet) == pytest.approx(250, abs=55)
    assert wet[0].driving_limits("up", (0.0, 1.0), 25_000.0, failed=False) == DrivingLimits((), 0.5, 0.6)
    assert wet[0].driving_limits("up", (0.0, 1.0), 40_000.0, failed=False) == NO_LIMITS


def test_a_failed_train_has_its_own_limit_everywhere() -> None:
    reported = day(train_failures={"per_million_km": 1, "limit_kmh": 36})
    assert reported.driving_limits("up", (0.0, 1.0), 0.0, failed=True).slow == (Slow(-math.inf, math.inf, 10.0),)


def test_a_slow_stretch_lowers_the_limit_there_and_leaves_the_rest() -> None:
    track = SectionTrack(
        "A-B", np.array([0.0, 400.0, 1000.0]), np.array([15.0, 20.0]), np.array([0.01, 0.0]), np.zeros(2)
    )
    slow = with_slow_stretch(track, 300.0, 500.0, 18.0)
    assert slow.boundary_m.tolist() == [0.0, 300.0, 400.0, 500.0, 1000.0]
    assert slow.speed_limit_m_s.tolist() == [15.0, 15.0, 18.0, 20.0]
    assert slow.slope.tolist() == [0.01, 0.01, 0.0, 0.0]
    assert with_slow_stretch(track, -500.0, -10.0, 5.0) is track


def test_limits_make_trains_slower_where_they_hold_and_nowhere_else() -> None:
    library = profile_library(load_scenario("tutorial_line"))
    libraries = LimitedLibraries(library)
    assert libraries.under(NO_LIMITS) is library
    slow = DrivingLimits((Slow(2700.0, 3000.0, 10.0),))
    for direction, there in (("up", 2), ("down", 1)):
        times = [
            [one.minimum_time_s(direction, section, 0.0) for section in range(4)]
            for one in (library, libraries.under(slow))
        ]
        longer = np.subtract(times[1], times[0])
        assert longer[there] > 10.0
        assert np.delete(longer, there) == pytest.approx(0.0, abs=1e-9)
    wet = libraries.under(DrivingLimits((), 0.5, 0.5))
    assert wet.minimum_time_s("up", 0, 0.0) > library.minimum_time_s("up", 0, 0.0) + 5.0
    # The tail must leave the stretch: a train of 80 m is slow for 80 m more than the stretch.
    profile = libraries.under(slow).profile("up", 2, 0.0, 0.0, "flat_out")
    within = (profile.distance_m > 2700.0 - 2200.0) & (profile.distance_m < 3000.0 - 2200.0 + 80.0)
    assert profile.speed_m_s[within].max() <= 10.0 + 1e-6
