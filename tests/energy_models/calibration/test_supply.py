"""The supply from substation meters and train voltages of a network whose values are known."""

from dataclasses import replace

import numpy as np
import pytest

from energy_models.calibration.supply import SupplyReadings, estimate_supply, readings_of
from energy_models.faults import InputFaults
from energy_models.supply.network import Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve

LAW = VehicleLaw(900.0, 930.0, 600.0, 500.0, 450.0)
LENGTH_M, TRAINS, STEP_S = 12_000.0, 10, 10.0
SCENARIO = SupplyNetwork(
    LENGTH_M, tuple(Substation(f"S{i}", 4_000.0 * i, 850.0, 0.02) for i in range(4)), LAW, 7e-6, 4.5e-6
)
CLASS = 0.005


def recorded(seed: int, hours: float = 2.0) -> tuple[SupplyNetwork, SupplyReadings]:
    """A drawn network, and what trains and meters with errors of their scales record on it."""
    rng = np.random.default_rng(seed)
    no_load, wires = 850.0 * rng.uniform(0.97, 1.03), rng.uniform(0.75, 1.35)
    true = replace(
        SCENARIO,
        substations=tuple(
            replace(one, no_load_v=no_load, resistance_ohm=0.02 * rng.uniform(0.7, 1.4)) for one in SCENARIO.substations
        ),
        contact_ohm_per_m=7e-6 * wires,
        return_ohm_per_m=4.5e-6 * wires,
    )
    count = round(hours * 3600.0 / STEP_S)
    along = (np.arange(count)[:, None] * STEP_S * 11.0 + np.arange(TRAINS) * 2.0 * LENGTH_M / TRAINS) % (2.0 * LENGTH_M)
    track = (along >= LENGTH_M).astype(np.int64)
    asked = rng.choice([-1.2e6, 5e4, 5e4, 1.5e6, 2.5e6], along.shape) * rng.uniform(0.5, 1.0, along.shape)
    snapshots = Snapshots(
        np.arange(count + 1) * TRAINS, np.where(track == 1, 2.0 * LENGTH_M - along, along).ravel(), track.ravel(),
        asked.ravel(), np.zeros(along.size), interval_s=STEP_S,
    )  # fmt: skip
    solved = solve(true, snapshots)
    vehicle = np.tile(np.arange(TRAINS), count)
    volts = solved.train_v * rng.normal(1.0, CLASS, TRAINS)[vehicle] + rng.normal(0.0, 2.0, len(vehicle))
    power = solved.train_power_w * rng.normal(1.0, CLASS, TRAINS)[vehicle]
    period = (np.arange(count) * STEP_S // 900.0).astype(int)
    energy = np.zeros((period.max() + 1, 4))
    np.add.at(energy, period, solved.substation_power_w * STEP_S)
    energy *= rng.normal(1.0, CLASS, 4)
    return true, readings_of(replace(snapshots, power_w=power), np.round(volts), vehicle, energy, 900.0)


@pytest.mark.many_cases
def test_intervals_hold_the_network() -> None:
    held = []
    for seed in range(12):
        true, readings = recorded(seed)
        found = estimate_supply(SCENARIO, readings, voltage_class=CLASS, energy_class=CLASS)
        pairs = [(found.no_load_v, true.substations[0].no_load_v), (found.conductor_ohm_per_m, true.loop_ohm_per_m)]
        pairs += [
            (one, place.resistance_ohm) for one, place in zip(found.resistance_ohm, true.substations, strict=True)
        ]
        held += [one.lower <= value <= one.upper for one, value in pairs]
        assert not found.unclear
        assert found.voltage_noise_v == pytest.approx(2.0, abs=0.3)
        assert all(one.upper / one.lower < 1.15 for one, _ in pairs)
    # Of 72 intervals, 63 or more hold in all but 1 of 500 draws of honest 95 % intervals.
    assert sum(held) >= 63


def test_without_meters_the_voltages_alone_give_the_network() -> None:
    true, readings = recorded(3)
    alone = replace(readings, energy_j=np.zeros((0, 4)), period=np.full_like(readings.period, -1))
    found = estimate_supply(SCENARIO, alone, voltage_class=CLASS)
    assert found.conductor_ohm_per_m.lower < true.loop_ohm_per_m < found.conductor_ohm_per_m.upper
    assert found.conductor_ohm_per_m.upper / found.conductor_ohm_per_m.lower < 1.3


def test_meters_with_another_unit_are_refused() -> None:
    _, readings = recorded(1)
    with pytest.raises(InputFaults, match="is the unit kWh"):
        estimate_supply(SCENARIO, replace(readings, energy_j=-1e16 * np.ones_like(readings.energy_j)))


def test_missing_trains_are_named() -> None:
    _, readings = recorded(1)
    s = readings.snapshots
    half = readings.vehicle < TRAINS // 2
    fewer = Snapshots(
        np.arange(s.count + 1) * (TRAINS // 2), s.chainage_m[half], s.track[half], s.power_w[half],
        s.auxiliary_w[half], interval_s=STEP_S,
    )  # fmt: skip
    part = replace(
        readings, snapshots=fewer, voltage_v=readings.voltage_v[half], vehicle=readings.vehicle[half],
        compared=readings.compared[half],
    )  # fmt: skip
    with pytest.raises(InputFaults, match="telemetry of some trains missing"):
        estimate_supply(SCENARIO, part)


def test_a_quarter_of_an_hour_is_too_little() -> None:
    _, readings = recorded(1, hours=0.25)
    with pytest.raises(InputFaults, match="at least 60 minutes"):
        estimate_supply(SCENARIO, readings)
