"""Checks of track and train: every fault at once, each with its place, value and what is allowed."""

from dataclasses import replace

import numpy as np
import pytest
from sections import hilly, level, metro

from energy_models.driving.checks import faults_of
from energy_models.train import Efficiency, ForceCurve


def test_a_sound_track_and_train_have_no_fault() -> None:
    assert faults_of(hilly((300.0, 14.0, 0.02), (800.0, 22.0, -0.01)), metro(), 1500.0) == ()


def test_an_electric_brake_may_fade_in_at_low_speed() -> None:
    fading = ForceCurve(np.array([0.0, 1.0, 3.0, 15.0, 22.0]), np.array([0.0, 0.0, 200e3, 200e3, 100e3]))
    assert faults_of(None, metro(electric_brake=fading)) == ()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"tare_kg": 0.0}, "tare_kg", "more than 0"),
        ({"length_m": -1.0}, "length_m", "not negative"),
        ({"resistance_n": (3000.0, -1.0, 6.0)}, "resistance_n", "none negative"),
        ({"traction": ForceCurve(np.array([0.0, 10.0]), np.array([100e3, 120e3]))}, "traction.force_n", "not rise"),
        ({"traction": ForceCurve(np.array([0.0, 10.0, 9.0]), np.full(3, 1e5))}, "traction.speed_m_s", "increase"),
        ({"traction": ForceCurve(np.zeros(1), np.array([1e5]), 0.0)}, "traction.power_w", "more than 0 W"),
        (
            {"electric_brake": ForceCurve(np.array([0.0, 9.0, 20.0]), np.array([2e5, 1e5, 2e5]))},
            "electric_brake.force_n",
            "once it has fallen",
        ),
        ({"traction_efficiency": Efficiency.constant(1.2)}, "traction_efficiency.share", "to 1"),
    ],
)
def test_a_fault_of_the_train_names_field_and_rule(change: dict[str, object], field: str, words: str) -> None:
    (fault,) = faults_of(None, metro(**change))
    assert fault.field == field
    assert words in fault.allowed


def test_all_faults_come_at_once() -> None:
    track = replace(level(), speed_limit_m_s=np.array([0.0]), slope=np.array([0.5]))
    found = faults_of(track, metro(tare_kg=-1.0, maximum_deceleration_m_s2=0.0))
    assert {fault.field for fault in found} == {
        "speed_limit_m_s[0]", "slope[0]", "tare_kg", "maximum_deceleration_m_s2"
    }  # fmt: skip


def test_overlapping_segments_are_a_fault() -> None:
    track = replace(hilly((300.0, 14.0, 0.0), (800.0, 22.0, 0.0)), boundary_m=np.array([0.0, 300.0, 250.0]))
    (fault,) = faults_of(track, None)
    assert fault.value == "250 m after 300 m"
    assert "overlap" in fault.allowed


def test_a_train_that_cannot_start_on_its_gradient_is_a_fault() -> None:
    (fault,) = faults_of(level(slope=0.14), metro(), 1000.0)
    assert fault.field == "traction"
    assert "start on 140.0 permil" in fault.allowed
