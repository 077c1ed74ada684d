"""The format `driving-case-1`: what is read, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy_models.faults import InputFaults
from scenarios.reference_cases.driving import load_driving_case


def case() -> dict[str, Any]:
    return {
        "format": "driving-case-1",
        "name": "small",
        "length_m": 900.0,
        "segments": [[0.0, 400.0, 60.0, 5.0], [400.0, 900.0, 72.0, -10.0]],
        "train": {
            "effective_mass_kg": 210e3, "mass_kg": 200e3, "traction_force_n": 250e3, "traction_power_w": 3e6,
            "regeneration_force_n": 0, "regeneration_power_w": 0, "friction_brake_force_n": 200e3,
            "resistance_n": [3000.0, 60.0, 18.0], "efficiency_traction": 0.85, "efficiency_regeneration": 0.8,
            "maximum_speed_kmh": 80.0, "maximum_acceleration_m_s2": None,
        },
        "boundary_speed_m_s": 0.1,
        "points": [{"running_time_s": 80.0, "energy_kwh": 10.0}],
    }  # fmt: skip


def load(tmp_path: Path, document: object) -> Any:
    path = tmp_path / "case.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return load_driving_case(path)


def test_track_and_train_are_in_si_units(tmp_path: Path) -> None:
    found = load(tmp_path, case())
    track, train = found.to_track(), found.to_train()
    np.testing.assert_allclose(track.boundary_m, [0.0, 400.0, 900.0])
    np.testing.assert_allclose(track.speed_limit_m_s, [60.0 / 3.6, 20.0])
    np.testing.assert_allclose(track.slope, [0.005, -0.01])
    assert train.effective_mass_kg(0.0) == 210e3
    assert train.mass_kg(0.0) == 200e3
    assert train.maximum_acceleration_m_s2 == np.inf
    assert float(train.electric_brake.at(10.0)) == 0.0


def test_another_gravity_is_folded_into_the_slopes(tmp_path: Path) -> None:
    document = case()
    document["train"]["gravity_m_s2"] = 9.81 * 1.1
    np.testing.assert_allclose(load(tmp_path, document).to_track().slope, [0.0055, -0.011])


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("format", "driving-case-2", "driving-case-1"),
        ("length_m", 1000.0, "ends at 900 m"),
        ("segments", [[0.0, 500.0, 60.0, 5.0], [400.0, 900.0, 72.0, 0.0]], "segment 2 starts at 400 m"),
        ("segments", [], "at least 1"),
        ("points", [{"running_time_s": -5, "energy_kwh": 1}], "greater than 0"),
        ("segments", [[0.0, 900.0, 60.0, 140.0]], "to start on 140.0 permil"),
    ],
)
def test_a_wrong_case_names_what_is_wrong(tmp_path: Path, place: str, value: object, words: str) -> None:
    with pytest.raises(InputFaults, match=words):
        load(tmp_path, {**case(), place: value})


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    document = case()
    document["train"]["mass_kg"] = -1
    document["train"]["efficiency_traction"] = 1.5
    document["boundary_speed_m_s"] = "slow"
    with pytest.raises(InputFaults) as caught:
        load(tmp_path, document)
    assert {fault.place for fault in caught.value.faults} == {
        "train.mass_kg", "train.efficiency_traction", "boundary_speed_m_s"
    }  # fmt: skip


def test_no_json_and_no_file_are_reported(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="JSON"):
        load(tmp_path, "{")
    with pytest.raises(InputFaults, match="a readable file"):
        load_driving_case(tmp_path / "missing.json")
