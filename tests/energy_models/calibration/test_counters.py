"""Energy counters beside voltage and current, and alone with the motion."""

import numpy as np
import pandas as pd
import pytest
from small_line import second_by_second, telemetry, tracks

from energy_models.calibration.counters import Counters, agreement, counter_estimate, counters_of
from energy_models.calibration.parameters import VehicleParameters
from energy_models.calibration.recorded_motion import recorded_motion
from energy_models.faults import InputFaults
from energy_models.telemetry.recorder.sensors import Sensors

TRUTH = VehicleParameters(205e3, 11.5e3, 3300.0, 190.0, 5.6, 0.83, 0.80, 52e3)
TYPE = VehicleParameters(198e3, 9.9e3, 2965.0, 230.0, 5.0, 0.85, 0.85, 45e3)
PERIOD_S = 300


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return second_by_second(TRUTH, 120, np.random.default_rng(7))


@pytest.fixture(scope="module")
def rows(whole: pd.DataFrame) -> pd.DataFrame:
    return telemetry(whole, TRUTH, 1, Sensors())


def counted(whole: pd.DataFrame, scale: object = 1.0) -> pd.DataFrame:
    """The counters of the true power times a scale, by five minutes."""
    power = whole["power_w"] * scale
    number = ((whole["time_s"] - 1.0) // PERIOD_S).astype(int)
    sums = pd.DataFrame({"taken": power.clip(lower=0.0), "returned": (-power).clip(lower=0.0)}).groupby(number).sum()
    return pd.DataFrame(
        {
            "vehicle": "V01",
            "period_end_s": (sums.index + 1) * float(PERIOD_S),
            "consumed_kwh": sums["taken"] / 3.6e6,
            "regenerated_kwh": sums["returned"] / 3.6e6,
        }
    )


def read(frame: pd.DataFrame) -> Counters:
    return counters_of(frame)["V01"]


def drifting(whole: pd.DataFrame, by: float) -> pd.Series:
    return 1.0 + by * (whole["time_s"] / whole["time_s"].max())


def compared(rows: pd.DataFrame, counters: pd.DataFrame) -> tuple[bool, str, float]:
    motion = recorded_motion(rows, tracks())
    found = agreement(motion, read(counters), "V01", TRUTH, np.full(len(rows), TRUTH.auxiliary_w))
    return found.agree, found.drifted, found.taken


def test_counters_of_the_same_train_agree(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    agree, drifted, taken = compared(rows, counted(whole))
    assert agree
    assert not drifted
    assert abs(taken) < 0.003


def test_energy_given_back_within_a_second_is_no_drift(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Counters see both signs within a second; voltage and current of one second show their mean only."""
    frame = counted(whole)
    total = frame["consumed_kwh"].sum()
    within = 0.006 * total / frame["regenerated_kwh"].sum()
    small = frame.assign(regenerated_kwh=frame["regenerated_kwh"] * (1.0 + within))
    assert compared(rows, small)[0]
    large = frame.assign(regenerated_kwh=frame["regenerated_kwh"] * (1.0 + 4.0 * within))
    assert not compared(rows, large)[0]


def test_a_constant_difference_is_not_blamed_on_one_of_both(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    agree, drifted, taken = compared(rows, counted(whole, 1.02))
    assert not agree
    assert "same share throughout" in drifted
    assert taken == pytest.approx(0.02, abs=0.003)


def test_the_one_that_drifts_is_named(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    assert compared(rows, counted(whole, drifting(whole, 0.1)))[1] == "the counters drifted"
    wrong = rows.assign(current_a=rows["current_a"] * (1.0 + 0.1 * rows["time_s"] / rows["time_s"].max()))
    assert compared(wrong, counted(whole))[1] == "voltage or current drifted"


def test_counters_and_motion_give_scale_and_auxiliaries(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    motion = recorded_motion(rows.assign(voltage_v=0.0, current_a=0.0), tracks())
    same, found = (counter_estimate(motion, read(counted(whole)), "V01", train, 0.01, 0.0) for train in (TRUTH, TYPE))
    assert same.traction_scale.value == pytest.approx(1.0, abs=0.015)
    assert same.auxiliary_w.lower < TRUTH.auxiliary_w < same.auxiliary_w.upper
    assert same.regeneration_scale is not None
    assert same.regeneration_scale.lower < 1.0 < same.regeneration_scale.upper
    # The type is lighter and more efficient: the same motion takes more energy than it would.
    assert found.traction_scale.lower > 1.02
    assert found.auxiliary_w.upper - found.auxiliary_w.lower < 0.5 * TRUTH.auxiliary_w


def test_without_a_pure_electric_braking_regeneration_is_not_estimated(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    motion = recorded_motion(rows.assign(friction_brake=1.0), tracks())
    found = counter_estimate(motion, read(counted(whole)), "V01", TYPE, 0.01, 0.0)
    assert found.regeneration_scale is None
    assert "friction brake" in found.reason


def test_totals_since_installation_are_refused(whole: pd.DataFrame) -> None:
    frame = counted(whole)
    with pytest.raises(InputFaults, match="totals since the meter was installed"):
        counters_of(frame.assign(consumed_kwh=frame["consumed_kwh"].cumsum() + 4e6))


def test_counters_of_another_time_are_refused(rows: pd.DataFrame, whole: pd.DataFrame) -> None:
    frame = counted(whole)
    with pytest.raises(InputFaults, match="periods with telemetry"):
        compared(rows, frame.assign(period_end_s=frame["period_end_s"] + 40_000.0))
