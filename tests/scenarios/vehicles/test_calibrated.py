"""The vehicle file: written, read back, checked, applied to a train."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy_models.arrays import frozen_floats
from energy_models.calibration.parameters import VehicleParameters, parameters_of, with_parameters
from energy_models.faults import InputFaults
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.train import Efficiency, ForceCurve, Train
from scenarios.vehicles.calibrated import (
    CalibratedVehicle,
    apply,
    load_vehicle,
    read_hidden,
    write_hidden,
    write_vehicle,
)

TRAIN = Train(
    tare_kg=198e3, rotating_mass_kg=9.9e3, passenger_kg=60.0, capacity_normal=1500, capacity_crush=2000, length_m=120.0,
    maximum_speed_m_s=22.2, maximum_acceleration_m_s2=1.2, maximum_deceleration_m_s2=1.0,
    resistance_n=(2965.0, 230.0, 5.0), traction=ForceCurve(frozen_floats([0.0]), frozen_floats([310e3])),
    electric_brake=ForceCurve(frozen_floats([0.0]), frozen_floats([260e3])), friction_brake_force_n=100e3,
    service_brake_force_n=260e3, traction_efficiency=Efficiency.constant(0.85),
    regeneration_efficiency=Efficiency.constant(0.85), auxiliary_w=45e3,
)  # fmt: skip


def parameter(value: float, unit: str, scenario_value: float) -> dict[str, Any]:
    return {
        "value": value, "interval_95": {"lower": 0.97 * value, "upper": 1.03 * value}, "unit": unit, "seconds": 500.0,
        "scenario_value": scenario_value,
    }  # fmt: skip


def content() -> dict[str, Any]:
    return {
        "format": "headwatt vehicle 1",
        "scenario": "a_line",
        "train_type": "six_car",
        "source": {
            "file": "t.csv", "sha256": "0" * 64, "rows": 100, "rows_excluded": 1, "seconds_used": 90.0, "runs": 30,
            "vehicles": ["V1"], "outside_temperature_c": 18.0,
        },
        "parameters": {
            "tare_t": parameter(205.0, "t", 198.0),
            "resistance_constant_kn": parameter(3.3, "kN", 2.965),
            "traction_efficiency": parameter(0.83, "share", 0.85),
            "auxiliary_kw": parameter(54.0, "kW", 45.0),
        },
        "held": {"rotating_mass_t": 10.5},
        "not_estimated": {"regeneration_efficiency": "no braking"},
    }  # fmt: skip


def test_written_and_read_back_it_is_the_same(tmp_path: Path) -> None:
    vehicle = CalibratedVehicle.model_validate(content())
    write_vehicle(vehicle, tmp_path / "v.yaml")
    assert load_vehicle(tmp_path / "v.yaml") == vehicle


def test_applied_it_changes_what_was_estimated_and_nothing_else() -> None:
    train = apply(CalibratedVehicle.model_validate(content()), TRAIN)
    assert train.tare_kg == 205e3
    assert train.rotating_mass_kg == pytest.approx(10.5e3)
    assert train.resistance_n == pytest.approx((3300.0, 230.0, 5.0))
    assert train.traction_efficiency.share.item() == pytest.approx(0.83)
    assert train.regeneration_efficiency.share.item() == pytest.approx(0.85)
    assert train.auxiliary_w == pytest.approx(54e3)
    assert train.traction is TRAIN.traction
    assert train.capacity_normal == TRAIN.capacity_normal


def test_auxiliaries_keep_their_dependence_on_temperature() -> None:
    summer = replace(TRAIN, auxiliary_w=90e3)
    assert apply(CalibratedVehicle.model_validate(content()), summer).auxiliary_w == pytest.approx(90e3 * 54 / 45)


def test_an_efficiency_map_keeps_its_shape_and_stays_below_one() -> None:
    share = frozen_floats([[0.70, 0.80], [0.90, 0.99]])
    mapped = replace(
        TRAIN, traction_efficiency=Efficiency(frozen_floats([0.0, 3e5]), frozen_floats([0.0, 20.0]), share)
    )
    vehicle = content()
    vehicle["parameters"]["traction_efficiency"] = parameter(0.89, "share", 0.96)
    found = apply(CalibratedVehicle.model_validate(vehicle), mapped).traction_efficiency
    # Full effort is 310 kN, beyond the last row of the map: only the row of 300 kN counts, from 0.90 to 0.99. The
    # mean over a change of speed from 0 to 22.2 m/s weighs each speed by itself: ∫ v dv / ∫ v / share(v) dv.
    speed = np.linspace(0.0, 22.2, 100_001)
    at = np.interp(speed, [0.0, 20.0], share[1])
    mean = np.trapezoid(speed, speed) / np.trapezoid(speed / at, speed)
    np.testing.assert_allclose(found.share, np.minimum(share * 0.89 / mean, 1.0), rtol=1e-4)


def test_every_fault_of_a_vehicle_file_is_reported_with_its_line(tmp_path: Path) -> None:
    import yaml

    broken = content()
    broken["source"]["sha256"] = "short"
    broken["parameters"]["tare_t"]["value"] = "heavy"
    broken["parameters"]["mass_t"] = 3
    del broken["train_type"]
    file = tmp_path / "v.yaml"
    file.write_text(yaml.safe_dump(broken, sort_keys=False))
    with pytest.raises(InputFaults) as fault:
        load_vehicle(file)
    text = str(fault.value)
    assert len(fault.value.faults) == 4
    for word in ("sha256", "tare_t.value", "mass_t", "train_type", "line "):
        assert word in text


@pytest.mark.parametrize(
    ("place", "value"), [("lower", 210.0), ("upper", 100.0)], ids=["value below its interval", "value above it"]
)
def test_a_value_outside_its_interval_is_a_fault(tmp_path: Path, place: str, value: float) -> None:
    import yaml

    broken = content()
    broken["parameters"]["tare_t"]["interval_95"][place] = value
    file = tmp_path / "v.yaml"
    file.write_text(yaml.safe_dump(broken))
    with pytest.raises(InputFaults, match="tare_t"):
        load_vehicle(file)


def test_an_efficiency_above_one_and_an_absent_file_are_faults(tmp_path: Path) -> None:
    broken = content()
    broken["parameters"]["traction_efficiency"] = parameter(1.2, "share", 0.85)
    with pytest.raises(ValueError, match="at most 1"):
        CalibratedVehicle.model_validate(broken)
    with pytest.raises(InputFaults, match="vehicle file"):
        load_vehicle(tmp_path / "none.yaml")


def test_hidden_parameters_round_trip_and_fill_up_from_the_train(tmp_path: Path) -> None:
    hidden = draw_ground_truth(TRAIN, np.random.default_rng(3))
    write_hidden(hidden, tmp_path / "truth.yaml")
    back = read_hidden(tmp_path / "truth.yaml", TRAIN)
    assert list(vars(back).values()) == pytest.approx(list(vars(hidden).values()), rel=1e-6)
    (tmp_path / "part.yaml").write_text("tare_t: 210\n")
    part = read_hidden(tmp_path / "part.yaml", TRAIN)
    assert part == replace(parameters_of(TRAIN), tare_kg=210e3)
    (tmp_path / "bad.yaml").write_text("tare: 210\ntraction_efficiency: 1.4\n")
    with pytest.raises(InputFaults) as fault:
        read_hidden(tmp_path / "bad.yaml", TRAIN)
    assert len(fault.value.faults) == 2


def test_parameters_of_a_train_put_back_change_nothing() -> None:
    same = with_parameters(TRAIN, parameters_of(TRAIN))
    assert parameters_of(same) == parameters_of(TRAIN)
    with pytest.raises(ValueError, match="finite"):
        VehicleParameters(float("nan"), 0, 0, 0, 0, 1, 1, 0)
