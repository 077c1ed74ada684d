"""Very slow runs: cases found at random in which the first search did not settle and a speed cap was given instead."""

import numpy as np
import pytest

from energy_models.driving import runs
from energy_models.driving.optimal import optimal
from energy_models.driving.speed_cap import speed_cap
from energy_models.running_times import front
from energy_models.track import SectionTrack
from energy_models.train import Efficiency, ForceCurve, Train

# Boundaries m, limits m/s, slopes; mass t, effort kN, power kW, brake kN, deceleration, efficiency; load, time s.
CASES = [
    pytest.param(
        ([0.0, 721.9, 846.7, 1134.0, 1777.0], [14.29, 22.89, 24.8, 14.21], [-0.02369, -0.02798, 0.03253, -0.02851]),
        (222.6, 176.8, 2160.0, 241.2, 1.0, 0.7024), 500.0, 413.0, id="hill, three times the minimum",
    ),
    pytest.param(
        ([0.0, 788.7, 971.9, 1588.0, 2018.0], [21.93, 17.72, 15.66, 13.99], [-0.01433, 0.007413, -0.0192, -0.001428]),
        (354.5, 280.2, 2713.0, 261.1, np.inf, 0.8418), 500.0, 717.0, id="valleys, five times the minimum",
    ),
    pytest.param(
        ([0.0, 741.7], [18.93], [-0.02124]),
        (284.9, 352.4, 2272.0, 219.6, 1.0, 0.9041), 0.0, 334.0, id="one slope down, five times the minimum",
    ),
]  # fmt: skip


def train_of(figures: tuple[float, ...]) -> Train:
    mass_t, effort_kn, power_kw, brake_kn, deceleration, efficiency = figures
    mass_kg = 1e3 * mass_t
    return Train(
        tare_kg=mass_kg,
        rotating_mass_kg=0.06 * mass_kg,
        passenger_kg=60.0,
        capacity_normal=1000,
        capacity_crush=1500,
        length_m=100.0,
        maximum_speed_m_s=22.0,
        maximum_acceleration_m_s2=1.0,
        maximum_deceleration_m_s2=deceleration,
        resistance_n=(0.012 * mass_kg, 0.0008 * mass_kg, 0.00003 * mass_kg),
        traction=ForceCurve(np.array([0.0, 10.0, 25.0]), 1e3 * effort_kn * np.array([1.0, 1.0, 0.5]), 1e3 * power_kw),
        electric_brake=ForceCurve(np.array([0.0]), np.array([0.0])),
        friction_brake_force_n=1e3 * brake_kn,
        service_brake_force_n=1e3 * brake_kn,
        traction_efficiency=Efficiency.constant(efficiency),
    )


@pytest.mark.parametrize(("section", "figures", "load", "running_time_s"), CASES)
def test_a_very_slow_run_is_the_optimum_and_costs_no_more_than_a_cap(
    section: tuple[list[float], ...], figures: tuple[float, ...], load: float, running_time_s: float
) -> None:
    boundary, limit, slope = (np.array(column) for column in section)
    track, train = SectionTrack("slow", boundary, limit, slope, np.zeros(slope.size)), train_of(figures)
    best = optimal(track, train, load, running_time_s, regeneration_credit=0.0)
    assert best.strategy == "optimal"
    assert best.running_time_s == pytest.approx(running_time_s, abs=1e-3)
    # Downhill and with all that time nothing has to be drawn but a little at the start.
    assert best.net_energy_j <= speed_cap(track, train, load, running_time_s).net_energy_j + 1.0
    quicker = optimal(track, train, load, 0.8 * running_time_s, regeneration_credit=0.0)
    assert best.net_energy_j <= quicker.net_energy_j + 1.0


def test_a_search_that_does_not_settle_reports_what_it_gives_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    track = SectionTrack("slow", np.array([0.0, 741.7]), np.array([18.93]), np.array([-0.02124]), np.zeros(1))
    train, running_time_s = train_of((284.9, 352.4, 2272.0, 219.6, 1.0, 0.9041)), 334.0
    monkeypatch.setattr(runs, "_attempts", lambda _course, guess, _time_s: [(guess, False, 2)])
    monkeypatch.setenv("HEADWATT_CACHE", "")
    given = optimal(track, train, 0.0, running_time_s)
    assert given.strategy == "speed_cap"
    assert given.running_time_s == pytest.approx(running_time_s, abs=1e-3)
    assert np.all(np.isfinite(front(track, train, 0.0, count=5).price_of_time_w))
