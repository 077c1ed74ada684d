"""Calibration against trains whose parameters are known because the test integrates their motion itself."""

import numpy as np
import pandas as pd
import pytest
from small_line import second_by_second, telemetry, tracks

from energy_models.calibration.estimate import Calibration, calibrate
from energy_models.calibration.parameters import PARAMETER_NAMES, VehicleParameters
from energy_models.calibration.priors import EXACT_SENSORS
from energy_models.calibration.stretches import cut
from energy_models.faults import InputFaults
from energy_models.telemetry.recorder.sensors import PERFECT, Sensors

TRUTH = VehicleParameters(205e3, 11.5e3, 3300.0, 190.0, 5.6, 0.83, 0.80, 52e3)
START = VehicleParameters(198e3, 9.9e3, 2965.0, 230.0, 5.0, 0.85, 0.85, 45e3)
RUNS = 180
SEEDS = 40


@pytest.fixture(scope="module")
def motion() -> pd.DataFrame:
    return second_by_second(TRUTH, RUNS, np.random.default_rng(7))


@pytest.fixture(scope="module")
def forty(motion: pd.DataFrame) -> list[Calibration]:
    """One calibration for each of forty drawings of noise on the same motion, with sensors of the right scale."""
    return [
        calibrate(cut(telemetry(motion, TRUTH, seed, Sensors()), tracks()), START, classes=EXACT_SENSORS)
        for seed in range(SEEDS)
    ]


def test_without_noise_the_parameters_come_back(motion: pd.DataFrame) -> None:
    found = calibrate(cut(telemetry(motion, TRUTH, 0, PERFECT), tracks()), START)
    for name in PARAMETER_NAMES:
        # What is left is the integration step of the test's own motion (50 ms) against one-second rows.
        assert getattr(found.parameters, name) == pytest.approx(getattr(TRUTH, name), rel=0.01), name
    assert found.parameters.tare_kg == pytest.approx(TRUTH.tare_kg, rel=5e-4)
    assert found.resistance_interval(15.0).value == pytest.approx(3300 + 190 * 15 + 5.6 * 225, rel=5e-4)


def test_the_type_of_the_train_matters_only_where_the_telemetry_says_little(motion: pd.DataFrame) -> None:
    data = cut(telemetry(motion, TRUTH, 1, Sensors()), tracks())
    near, far = calibrate(data, TRUTH), calibrate(data, VehicleParameters(150e3, 5e3, 6e3, 50.0, 2.0, 0.7, 0.6, 2e4))
    for name in ("tare_kg", "traction_efficiency", "regeneration_efficiency", "auxiliary_w"):
        assert getattr(far.parameters, name) == pytest.approx(getattr(near.parameters, name), rel=4e-3), name
    at_15 = near.resistance_interval(15.0)
    assert at_15.lower < far.resistance_interval(15.0).value < at_15.upper
    # A, B and C can replace each other in part, so each leans on its type.
    assert far.parameters.resistance_constant_n > near.parameters.resistance_constant_n


@pytest.mark.many_cases
def test_intervals_cover_the_truth_as_often_as_they_promise(forty: list[Calibration]) -> None:
    covered = pd.DataFrame(
        [
            {
                name: one.estimates[name].lower <= getattr(TRUTH, name) <= one.estimates[name].upper
                for name in PARAMETER_NAMES
            }
            for one in forty
        ]
    )
    # Binomial(40, 0.95): 33 or fewer has a chance of 0.3 % for one honest parameter.
    assert (covered.sum() >= 34).all(), covered.sum().to_dict()
    # All eight together (they are correlated, so the bounds are wider than for 320 independent draws).
    # A, B and C lean on the type, which is near the truth here: their intervals hold more often.
    assert 0.92 <= covered.to_numpy().mean() <= 0.995, covered.sum().to_dict()


@pytest.mark.many_cases
def test_intervals_are_as_wide_as_the_estimates_scatter(forty: list[Calibration]) -> None:
    for name in PARAMETER_NAMES:
        if name.startswith("resistance"):  # leans on the type, so it scatters less; see the resistance at one speed
            continue
        values = np.array([one.estimates[name].value for one in forty])
        half = np.mean([one.estimates[name].upper - one.estimates[name].value for one in forty]) / 1.97
        # The scatter of forty draws is itself known to 1 / sqrt(2 * 39) = 11 %; three of those.
        # Above: the intervals allow for losses by force and speed that these trains do not have.
        assert 0.67 < half / values.std(ddof=1) < 2.5, name
        # No bias beyond half of the scatter of one estimate, which widens an interval of 95 % to one of 93 %.
        assert abs(values.mean() - getattr(TRUTH, name)) < 0.5 * values.std(ddof=1), name


@pytest.mark.many_cases
def test_resistance_at_one_speed_is_far_better_known_than_its_coefficients(forty: list[Calibration]) -> None:
    truth = 3300 + 190 * 15 + 5.6 * 225
    at_15 = [one.resistance_interval(15.0) for one in forty]
    assert sum(one.lower <= truth <= one.upper for one in at_15) >= 34
    linear = forty[0].estimates["resistance_per_m_s_n"]
    assert (at_15[0].upper - at_15[0].lower) / truth < 0.2 * (linear.upper - linear.lower) / TRUTH.resistance_per_m_s_n


def test_glitches_do_not_move_the_estimate(motion: pd.DataFrame) -> None:
    rows = telemetry(motion, TRUTH, 3, Sensors())
    wild = rows.copy()
    hit = np.random.default_rng(5).choice(len(rows), 60, replace=False)
    wild.loc[hit, "current_a"] = 15_000.0
    clean, glitched = (calibrate(cut(one, tracks()), START) for one in (rows, wild))
    assert glitched.outlier.sum() > 30
    for name in PARAMETER_NAMES:
        width = clean.estimates[name].upper - clean.estimates[name].value
        assert abs(glitched.estimates[name].value - clean.estimates[name].value) < width, name


@pytest.mark.many_cases
def test_a_constant_load_leaves_the_scale_open_and_reports_it() -> None:
    truth = VehicleParameters(205e3, 11.5e3, 3300.0, 190.0, 5.6, 0.83, 0.80, 52e3)
    level = second_by_second(truth, 60, np.random.default_rng(2), lightest_kg=30_000.0, heaviest_kg=30_200.0)
    data = cut(telemetry(level, truth, 1, Sensors(load_noise_kg=20.0, load_run_noise_kg=10.0)), tracks())
    with pytest.raises(InputFaults, match="only the variation of the payload determines") as fault:
        calibrate(data, START)
    assert "fix a known tare" in str(fault.value)
    held = calibrate(data, VehicleParameters(205e3, *list(START.__dict__.values())[1:]), hold=["tare_kg"])
    assert held.not_estimated == {"tare_kg": "fixed at the given value"}
    assert held.parameters.tare_kg == 205e3
    assert held.parameters.traction_efficiency == pytest.approx(0.83, rel=0.01)


def test_without_electric_braking_the_regeneration_is_not_estimated(motion: pd.DataFrame) -> None:
    rows = telemetry(motion, TRUTH, 1, Sensors())
    rows.loc[rows["state"] == "brake", "friction_brake"] = 1
    found = calibrate(cut(rows, tracks()), START)
    assert "electric braking" in found.not_estimated["regeneration_efficiency"]
    assert found.parameters.regeneration_efficiency == START.regeneration_efficiency
    assert (
        found.estimates["traction_efficiency"].lower
        < TRUTH.traction_efficiency
        < found.estimates["traction_efficiency"].upper
    )


def test_too_little_telemetry_reports_every_lack_at_once(motion: pd.DataFrame) -> None:
    rows = telemetry(motion, TRUTH, 1, Sensors())
    with pytest.raises(InputFaults) as fault:
        calibrate(cut(rows[rows["time_s"] < 300], tracks()), START, hold=["weight"])
    assert [one.field for one in fault.value.faults] == ["hold", "stand", "runs"]


def test_every_second_is_used_or_counted(motion: pd.DataFrame) -> None:
    rows = telemetry(motion, TRUTH, 1, Sensors())
    data = cut(rows, tracks())
    assert data.stretches.duration_s.sum() + sum(data.unused_seconds.values()) == len(rows)
    assert data.speed_noise_m_s == pytest.approx(np.hypot(0.03, 0.1 / 3.6 / np.sqrt(12.0)), rel=0.2)


def test_a_section_that_the_line_does_not_have(motion: pd.DataFrame) -> None:
    rows = telemetry(motion, TRUTH, 1, Sensors())
    rows.loc[0, "section"] = 7.0
    with pytest.raises(InputFaults, match="from 0 to 2"):
        cut(rows, tracks())
