"""Optimal driving beside independent solutions, with the tolerances of `headwatt validate driving`.

Sources: `reference/trajectory` (see its README: ms-eetc, direct multiple shooting with IPOPT, 200 intervals; tracks and
train of the YZ cases from TTOBench, BSD-2-Clause, doi 10.1007/s43069-023-00248-x). Their discretisation error is 0.03
to 0.1 %. The case carried here has figures of SYN3_regen, so that something runs everywhere.
"""

import json
from pathlib import Path

import pytest

from api.cli.validate_driving import run_point
from energy_models.driving.course import course_of, profile_along
from energy_models.driving.flat_out import flat_out
from energy_models.driving.runs import Courses
from energy_models.driving.speed_cap import speed_cap
from scenarios.reference_cases.driving import load_driving_case

_TRAIN = {
    "effective_mass_kg": 237600.0,
    "mass_kg": 220000,
    "traction_force_n": 260000.0,
    "traction_power_w": 2600000.0,
    "regeneration_force_n": 240000.0,
    "regeneration_power_w": 3600000.0,
    "friction_brake_force_n": 0.0,
    "resistance_n": [3000.0, 60.0, 18.0],
    "efficiency_traction": 0.85,
    "efficiency_regeneration": 0.8,
    "maximum_speed_kmh": 80.0,
    "maximum_acceleration_m_s2": 1.0,
    "maximum_deceleration_m_s2": 1.0,
    "gravity_m_s2": 9.81,
}
CARRIED = {
    "format": "driving-case-1",
    "name": "SYN3_regen",
    "length_m": 2200.0,
    "segments": [[0.0, 2200.0, 80.0, 0.0]],
    "train": _TRAIN,
    "boundary_speed_m_s": 0.1,
    "minimum_running_time_s": 122.331,
    "points": [
        {"running_time_s": 124.8, "energy_kwh": 13.03358, "lower_bound_kwh": 12.79872,
         "speed_cap": {"speed_cap_kmh": 77.33, "trip_time_s": 124.8, "energy_kwh": 13.786}},
        {"running_time_s": 134.6, "energy_kwh": 10.82259, "lower_bound_kwh": 10.65094,
         "speed_cap": {"speed_cap_kmh": 68.79, "trip_time_s": 134.6, "energy_kwh": 11.6275}},
        {"running_time_s": 159.0, "energy_kwh": 7.83977, "lower_bound_kwh": 7.65204,
         "speed_cap": {"speed_cap_kmh": 55.08, "trip_time_s": 159.0, "energy_kwh": 8.4955}},
    ],
}  # fmt: skip


@pytest.fixture
def carried_file(tmp_path: Path) -> Path:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(CARRIED))
    return path


def test_every_carried_point_is_within_tolerance(carried_file: Path) -> None:
    case = load_driving_case(carried_file)
    assert [run_point("", case, point).beyond for point in case.points] == [[]] * 3


def test_every_reference_point_is_within_tolerance(trajectory_file: Path) -> None:
    case = load_driving_case(trajectory_file)
    assert [run_point("", case, point).beyond for point in case.points] == [[]] * len(case.points)


def test_the_minimum_running_time_is_the_references(carried_file: Path) -> None:
    case = load_driving_case(carried_file)
    ours_s = flat_out(case.to_track(), case.to_train(), 0.0, 0.1).running_time_s
    assert ours_s == pytest.approx(122.331, abs=0.1)


def test_minimum_running_times_of_all_references(trajectory_file: Path) -> None:
    case = load_driving_case(trajectory_file)
    assert case.minimum_running_time_s is not None
    ours_s = flat_out(case.to_track(), case.to_train(), 0.0, case.boundary_speed_m_s).running_time_s
    assert ours_s == pytest.approx(case.minimum_running_time_s, abs=0.1)


def test_a_speed_cap_takes_the_references_speed_and_energy(carried_file: Path) -> None:
    case = load_driving_case(carried_file)
    for point in case.points:
        assert point.speed_cap is not None
        profile = speed_cap(case.to_track(), case.to_train(), 0.0, point.running_time_s, 0.1)
        assert 3.6 * profile.speed_m_s.max() == pytest.approx(point.speed_cap.speed_cap_kmh, abs=0.15)
        assert profile.net_energy_j / 3.6e6 == pytest.approx(point.speed_cap.energy_kwh, rel=2e-3)


def test_two_hundred_cells_are_near_two_thousand(carried_file: Path) -> None:
    # Self-convergence: the plain mesh against one three to four times as fine. Tolerance: the order of the cell size.
    case = load_driving_case(carried_file)
    courses = Courses(case.to_track(), case.to_train(), 0.0, 0.1)
    run = courses.optimal_run(134.6)
    fine = course_of(case.to_track(), case.to_train(), 0.0, 0.1, fineness="fine")
    assert fine.cell_m.size > 2.5 * run.course.cell_m.size
    from energy_models.driving import runs as solver

    guess, _ = solver.capped(fine, 134.6)
    finer = solver.least_energy_run(fine, guess, 134.6, 1.0)
    assert finer.converged
    assert profile_along(run.course, "", run.energy).net_energy_j == pytest.approx(
        profile_along(fine, "", finer.energy).net_energy_j, rel=2e-3
    )
