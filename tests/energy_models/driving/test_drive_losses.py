"""Losses of a drive as an efficiency map: the map gives the energy of the formula, and limits."""

import numpy as np
import pytest

from energy_models.arrays import frozen_floats
from energy_models.drive_losses import (
    DriveLosses,
    mean_over_acceleration,
    regeneration_efficiency,
    scaled_to,
    traction_efficiency,
)
from energy_models.driving.vehicle import efficiency_at
from energy_models.train import Efficiency, ForceCurve

# Of the size of a six-car metro train; one train of an independent simulator has 16 kW, 5 %, 252 kW at 310 kN and 42 kW
# at 22 m/s.
LOSSES = DriveLosses(16e3, 0.05, 252e3 / 310e3**2, 42e3 / 22.0**2)
CURVE = ForceCurve(frozen_floats([0.0, 10.0, 22.0]), frozen_floats([310e3, 310e3, 190e3]))


@pytest.mark.parametrize("force_n", [20e3, 60e3, 140e3, 300e3])
@pytest.mark.parametrize("speed_m_s", [3.0, 9.0, 15.0, 21.0])
def test_the_map_gives_the_power_of_the_formula(force_n: float, speed_m_s: float) -> None:
    power = force_n * speed_m_s
    at = np.array([force_n]), np.array([speed_m_s])
    traction = power / efficiency_at(traction_efficiency(LOSSES, CURVE, 22.2), *at)[0]
    # The map is bilinear between its points: 2 % of the power at the wheel.
    assert traction == pytest.approx(power + float(LOSSES.at(force_n, speed_m_s)), abs=0.02 * power)
    back = power * efficiency_at(regeneration_efficiency(LOSSES, CURVE, 22.2), *at)[0]
    assert back == pytest.approx(max(power - float(LOSSES.at(force_n, speed_m_s)), 0.0), abs=0.03 * power)


def test_a_share_of_power_alone_is_a_constant_efficiency() -> None:
    losses = DriveLosses(0.0, 0.25, 0.0, 0.0)
    assert traction_efficiency(losses, CURVE, 22.2).share.item() == pytest.approx(0.8)
    assert regeneration_efficiency(losses, CURVE, 22.2).share.item() == pytest.approx(0.75)


def test_the_mean_is_work_over_energy() -> None:
    constant = Efficiency.constant(0.83)
    assert mean_over_acceleration(constant, CURVE, 22.2) == 0.83
    mapped = traction_efficiency(LOSSES, CURVE, 22.2)
    mean = mean_over_acceleration(mapped, CURVE, 22.2)
    # The entries of the map include low forces and speeds, which carry little energy.
    assert mean > np.mean(mapped.share) + 0.05
    assert mean_over_acceleration(scaled_to(mapped, CURVE, 22.2, 0.8), CURVE, 22.2) == pytest.approx(0.8, rel=1e-3)
