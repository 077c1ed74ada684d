"""A train that follows the instructions of a profile alone drives the profile: time, energy, limits and the stop."""

from itertools import pairwise

import numpy as np
import pytest
from instructed import assert_drives
from sections import hilly, level, metro

from energy_models.driving.ato import AtoLevel, follow_level
from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.driving.speed_cap import speed_cap
from energy_models.driving.switching import regime_nodes, switching_points
from energy_models.train import Efficiency, ForceCurve, Train
from scenarios.files.load import load_scenario
from scenarios.schema import DIRECTIONS
from scenarios.schema.base import Direction
from scenarios.values.build import section_tracks, train_of


def of_four_cars(**changes: object) -> Train:
    """A light train: little resistance beside its effort, so that cruising takes 1 to 2 % of the largest traction."""
    values: dict[str, object] = {
        "tare_kg": 140e3,
        "rotating_mass_kg": 11.2e3,
        "resistance_n": (2200.0, 60.0, 6.0),
        "traction": ForceCurve(np.zeros(1), np.array([220e3]), 2.4e6),
        "electric_brake": ForceCurve(np.zeros(1), np.array([180e3]), 2.8e6),
        "friction_brake_force_n": 220e3,
        "service_brake_force_n": 220e3,
    }
    return metro(**{**values, **changes})


def test_a_limit_of_30_kmh_on_level_track_is_cruised_not_coasted() -> None:
    track, train = level(3000.0, 30 / 3.6), of_four_cars()
    profile = optimal(track, train, 0.0, 375.0)
    points = switching_points(profile, train, track)
    assert [point.regime for point in points] == ["full effort", "cruise", "coast", "brake"]
    assert 3.6 * points[1].from_m_s == pytest.approx(30.0, abs=0.01)
    assert points[1].until_distance_m - points[1].distance_m > 2000.0
    assert_drives(points, profile, track, train)


@pytest.mark.parametrize("length_m", [80.0, 100.0, 150.0, 250.0, 400.0])
@pytest.mark.parametrize("limit_kmh", [15, 25, 40, 60, 80])
def test_short_sections(length_m: float, limit_kmh: float) -> None:
    track = level(length_m, limit_kmh / 3.6)
    for train in (metro(), of_four_cars()):
        shortest_s = flat_out(track, train, 300.0).running_time_s
        for slower in (1.02, 1.15, 1.6):
            profile = optimal(track, train, 300.0, slower * shortest_s)
            points = switching_points(profile, train, track)
            assert len(points) >= 2
            assert points[-1].regime == "brake"
            assert_drives(points, profile, track, train)


@pytest.mark.parametrize("limit_kmh", range(15, 101, 5))
def test_every_limit(limit_kmh: int) -> None:
    track, train = level(2000.0, limit_kmh / 3.6), of_four_cars()
    shortest_s = flat_out(track, train, 200.0).running_time_s
    for slower in (1.0, 1.03, 1.2):
        profile = optimal(track, train, 200.0, slower * shortest_s)
        assert_drives(switching_points(profile, train, track), profile, track, train)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("name", "loads"),
    [
        ("tutorial_line", (0.0, 400.0, 800.0)),
        pytest.param("beijing_yizhuang", (0.0, 750.0, 1500.0), marks=pytest.mark.many_cases),
    ],
)
def test_every_section_of_the_bundled_lines(name: str, loads: tuple[float, ...], direction: Direction) -> None:
    scenario = load_scenario(name)
    train = train_of(scenario)
    counts = []
    for track in section_tracks(scenario, direction, train):
        for load in loads:
            fastest = flat_out(track, train, load)
            profiles = [fastest, speed_cap(track, train, load, 1.15 * fastest.running_time_s)]
            profiles += [optimal(track, train, load, slower * fastest.running_time_s) for slower in (1.02, 1.1, 1.3)]
            for profile in profiles:
                points = switching_points(profile, train, track)
                assert_drives(points, profile, track, train)
                counts.append(len(points))
    assert np.mean(counts) < 7.0, "few enough for a driver"
    assert max(counts) <= 15


def test_a_descent_is_cruised_by_the_brake() -> None:
    track = hilly((300.0, 12.0, 0.0), (900.0, 12.0, -0.04), (300.0, 12.0, 0.0))
    profile = optimal(track, metro(), 0.0, 1.02 * flat_out(track, metro(), 0.0).running_time_s)
    points = switching_points(profile, metro(), track)
    held = next(point for point in points if point.regime == "cruise" and point.until_distance_m > 1000.0)
    assert held.from_m_s == held.until_m_s == pytest.approx(12.0, abs=0.01)
    assert_drives(points, profile, track, metro())


def test_limits_that_change_and_hills() -> None:
    tracks = (
        hilly((400.0, 15.0, 0.01), (800.0, 20.0, -0.02), (800.0, 18.0, 0.015)),
        hilly((250.0, 8.0, 0.0), (300.0, 20.0, 0.03), (200.0, 6.0, -0.03), (900.0, 21.0, -0.003)),
        hilly((900.0, 22.0, 0.0), (300.0, 22.0, 0.12), (900.0, 22.0, 0.0)),
    )
    for track in tracks:
        for load in (0.0, 300.0):
            shortest_s = flat_out(track, metro(), load).running_time_s
            for slower in (1.01, 1.1, 1.3):
                for credit in (0.0, 1.0):
                    profile = optimal(track, metro(), load, slower * shortest_s, regeneration_credit=credit)
                    assert_drives(switching_points(profile, metro(), track), profile, track, metro())


@pytest.mark.parametrize(
    "efficiency",
    [
        pytest.param([[0.7, 0.7], [0.8, 0.8], [0.9, 0.9]], id="best at full effort"),
        pytest.param([[0.78, 0.8], [0.9, 0.92], [0.82, 0.85]], id="best at part load"),
    ],
)
def test_efficiency_maps(efficiency: list[list[float]]) -> None:
    share = Efficiency(np.array([0.0, 100e3, 300e3]), np.array([0.0, 22.0]), np.array(efficiency))
    train = metro(traction_efficiency=share, regeneration_efficiency=share)
    for track in (level(1500.0), hilly((400.0, 15.0, 0.01), (800.0, 20.0, -0.02), (800.0, 18.0, 0.015))):
        shortest_s = flat_out(track, train, 200.0).running_time_s
        for slower in (1.03, 1.15, 1.35):
            profile = optimal(track, train, 200.0, slower * shortest_s)
            assert_drives(switching_points(profile, train, track), profile, track, train)


def test_ato_levels() -> None:
    track = hilly((400.0, 15.0, 0.01), (800.0, 20.0, -0.02), (800.0, 18.0, 0.015))
    for ato in (AtoLevel("cap", 12.0), AtoLevel("coast", 18.0, 0.4, 0.7), AtoLevel("coast early", 14.0, 0.2, 0.9)):
        profile = follow_level(track, metro(), 0.0, ato)
        assert_drives(switching_points(profile, metro(), track), profile, track, metro())


def test_a_jerk_limit() -> None:
    train = metro(maximum_jerk_m_s3=0.8)
    profile = optimal(level(), train, 0.0, 100.0)
    assert_drives(switching_points(profile, train, level()), profile, level(), train)


def test_brakes_that_only_just_hold_the_train_are_used_earlier_not_harder() -> None:
    weak = metro(friction_brake_force_n=0.0, electric_brake=ForceCurve(np.zeros(1), np.array([130e3]), 1.5e6))
    track = level(1500.0)
    for profile in (flat_out(track, weak, 500.0), optimal(track, weak, 500.0, 110.0)):
        points = switching_points(profile, weak, track)
        for point in points:
            if point.regime == "brake":
                speed = np.linspace(point.until_m_s, point.from_m_s, 5)
                most = weak.electric_brake.at(speed) + weak.resistance_at(speed)
                assert -point.acceleration_m_s2 <= most.min() / weak.effective_mass_kg(500.0) + 1e-6
        assert_drives(points, profile, track, weak)


def test_instructions_are_continuous_and_cover_the_section() -> None:
    track = hilly((400.0, 15.0, 0.01), (800.0, 20.0, -0.02), (800.0, 18.0, 0.015))
    profile = optimal(track, metro(), 300.0, 160.0)
    points = switching_points(profile, metro(), track)
    assert points[0].distance_m == points[0].from_m_s == points[0].time_s == 0.0
    assert points[-1].until_distance_m == track.length_m
    assert points[-1].until_m_s == 0.0
    for before, after in pairwise(points):
        assert before.until_distance_m == after.distance_m
        assert before.until_m_s == after.from_m_s
        assert before.time_s < after.time_s


def test_nodes_hold_every_switching_point() -> None:
    profile = optimal(level(2500.0, 15.0), metro(), 0.0, 200.0)
    points = switching_points(profile, metro(), level(2500.0, 15.0))
    nodes = regime_nodes(profile, points)
    begins = np.flatnonzero(nodes.begins)
    np.testing.assert_allclose(nodes.distance_m[begins], [point.distance_m for point in points])
    np.testing.assert_allclose(nodes.speed_m_s[begins], [point.from_m_s for point in points])
    assert [nodes.regimes[node] for node in begins] == [point.regime for point in points]
    assert np.all(np.diff(nodes.distance_m) > 0)
    assert np.all(np.diff(nodes.time_s) > 0)
    assert nodes.time_s[-1] == pytest.approx(200.0, abs=1e-6)
    cruising = np.array([regime == "cruise" for regime in nodes.regimes])
    assert np.ptp(nodes.speed_m_s[:-1][cruising]) < 1e-9
