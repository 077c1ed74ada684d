"""The simulated line writes telemetry, and the calibration finds the train that wrote it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy_models.calibration.parameters import PARAMETER_NAMES, VehicleParameters, with_parameters
from energy_models.driving.vehicle import efficiency_at
from energy_models.faults import InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES, STATES
from energy_models.telemetry.findings.history import findings_over_days, summaries
from energy_models.telemetry.findings.vehicle_day import vehicle_day
from energy_models.telemetry.findings.within_day import findings_within
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.telemetry.recorder.sensors import PERFECT
from energy_models.train import Train
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import section_tracks, train_of
from scenarios.vehicles.calibrated import apply
from scenarios.vehicles.from_telemetry import CalibratedFile, calibrate_file
from simulation.virtual_line.telemetry import LineTelemetry, meter_rows, record_line, rounded

FROM_S, TO_S = 7 * 3600, 9 * 3600 + 1800


@pytest.fixture(scope="module")
def line() -> Scenario:
    return load_scenario("beijing_yizhuang")


@pytest.fixture(scope="module")
def hidden(line: Scenario) -> VehicleParameters:
    return draw_ground_truth(train_of(line), np.random.default_rng(11))


@pytest.fixture(scope="module")
def morning(line: Scenario, hidden: VehicleParameters) -> LineTelemetry:
    return record_line(line, hidden, from_s=FROM_S, to_s=TO_S, trainsets=3, seed=4)


@pytest.fixture(scope="module")
def morning_file(morning: LineTelemetry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("telemetry") / "morning.csv"
    rounded(morning.rows).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def found(line: Scenario, morning_file: Path) -> CalibratedFile:
    return calibrate_file(morning_file, line)


def test_meters_have_the_energy_of_each_substation(line: Scenario, morning: LineTelemetry) -> None:
    meters = meter_rows(morning, FROM_S, 60)
    assert list(meters["substation"].unique()) == [one.id for one in line.supply.substations]
    assert meters["time_s"].min() == FROM_S + 60
    assert meters["time_s"].max() == TO_S
    energy = meters.groupby("substation", sort=False)["power_kw"].sum() * 60e3
    np.testing.assert_allclose(energy, morning.substation_power_w.sum(axis=0), rtol=1e-5)


def test_rows_are_one_a_second_of_the_requested_trainsets(morning: LineTelemetry) -> None:
    assert len(morning.vehicles) == 3
    assert set(morning.rows["vehicle"]) == set(morning.vehicles)
    for _, rows in morning.rows.groupby("vehicle"):
        step = np.diff(rows["time_s"])
        assert (step >= 1.0).all()
        assert (step == 1.0).mean() > 0.99
        assert rows["time_s"].min() > FROM_S
        assert rows["time_s"].max() <= TO_S
    assert set(morning.rows["state"]) == {"stand", "traction", "brake"} or "coast" in set(morning.rows["state"])
    assert set(morning.rows["state"]) <= set(STATES)


def test_a_clean_morning_has_no_finding(morning: LineTelemetry) -> None:
    """Loads and gradients differ between sections, and the same sections come again and again."""
    rows = morning.rows.assign(instant_ms=(morning.rows["time_s"] * 1000.0).astype(np.int64), flags=0)
    days = {str(name): vehicle_day(str(name), "day", mine) for name, mine in rows.groupby("vehicle")}
    within = [str(one) for day in days.values() for one in findings_within(day)]
    assert [*within, *(str(one) for one in findings_over_days(summaries(days)))] == []


def test_no_column_holds_a_hidden_parameter(morning_file: Path) -> None:
    assert tuple(pd.read_csv(morning_file, nrows=1).columns) == COLUMN_NAMES


def test_the_hidden_train_is_found_again(found: CalibratedFile, hidden: VehicleParameters) -> None:
    assert list(found.calibration.estimates) == list(PARAMETER_NAMES)
    for name, one in found.calibration.estimates.items():
        # One drawing of eight correlated 95 % intervals: 1.65 times the half width is 99.9 %.
        truth, slack = getattr(hidden, name), 0.65 * (one.upper - one.lower) / 2.0
        assert one.lower - slack <= truth <= one.upper + slack, (name, truth, one)
    for speed in (8.0, 14.0, 20.0):
        at = found.calibration.resistance_interval(speed)
        truth = (
            hidden.resistance_constant_n
            + hidden.resistance_per_m_s_n * speed
            + hidden.resistance_per_m_s_squared_n * speed**2
        )
        assert abs(at.value - truth) < 1.65 * (at.upper - at.value), speed


def test_the_estimate_is_worth_having(found: CalibratedFile, hidden: VehicleParameters, line: Scenario) -> None:
    """Two and a half hours of three trainsets are more precise than a data sheet."""
    nominal, estimates = train_of(line), found.calibration.estimates
    # The declared accuracy of the load sensor is 2 %, that of the meter 1 %; twice that is inside an interval.
    assert (estimates["tare_kg"].upper - estimates["tare_kg"].value) / hidden.tare_kg < 0.06
    assert (estimates["auxiliary_w"].upper - estimates["auxiliary_w"].value) / hidden.auxiliary_w < 0.03
    # These trains do not coast, so the resistance and the losses of the drive act alike; their sum is known better.
    at = found.calibration.resistance_interval(14.0)
    assert (at.upper - at.value) / at.value < 0.3
    assert any("power at 50 km/h" in one.together for one in found.calibration.combinations)
    truth = with_parameters(nominal, hidden)
    calibrated = apply(found.vehicle, nominal)
    for speed in (10.0, 14.0, 18.0):
        power_w = [_level_power_w(train, speed) for train in (calibrated, truth, nominal)]
        assert abs(power_w[0] - power_w[1]) < max(abs(power_w[2] - power_w[1]), 0.03 * power_w[1])


def _level_power_w(train: Train, speed_m_s: float) -> float:
    """Collector power of the drive at a constant speed on level track."""
    force = float(train.resistance_at(speed_m_s))
    share = float(efficiency_at(train.traction_efficiency, np.array([force]), np.array([speed_m_s]))[0])
    return force * speed_m_s / share


def test_every_row_of_the_file_is_accounted_for(found: CalibratedFile, morning: LineTelemetry) -> None:
    telemetry = found.telemetry
    assert telemetry.rows_read == len(morning.rows)
    assert len(telemetry.rows) + sum(one.rows for one in telemetry.exclusions) == telemetry.rows_read
    assert found.cut.stretches.duration_s.sum() + sum(found.cut.unused_seconds.values()) == len(telemetry.rows)


def test_without_noise_distance_and_speed_agree_with_the_line(line: Scenario, hidden: VehicleParameters) -> None:
    clean = record_line(line, hidden, from_s=FROM_S, to_s=FROM_S + 1200, trainsets=1, seed=1, sensors=PERFECT)
    rows = clean.rows
    tracks = {way: section_tracks(line, way, train_of(line)) for way in ("up", "down")}
    runs = 0
    for (_, direction, section), run in rows.groupby(["trip", "direction", "section"], sort=False):
        moving = run[run["speed_m_s"] > 0.0]
        track = tracks[direction][int(section)]
        if len(moving) < 60 or run["state"].iloc[0] != "stand" or run.index[-1] == rows.index[-1]:
            continue
        runs += 1
        last = run["chainage_m"].iloc[-1]
        assert (last - track.departure_chainage_m) * track.chainage_per_m == pytest.approx(track.length_m, abs=1e-6)
        # Trapezoids over one-second speeds: the error of a second is the jump of acceleration within it, at most 1 m.
        assert run["speed_m_s"].sum() == pytest.approx(track.length_m, abs=3.0)
        assert (run["voltage_v"].between(500.0, 930.1)).all()
    assert runs >= 4


def test_a_window_that_cuts_through_runs_and_dwells_has_each_second_once(
    line: Scenario, hidden: VehicleParameters
) -> None:
    # 40 minutes around the end of a trip and the turnback that follows, with every trainset of the line.
    rows = record_line(line, hidden, from_s=36_000, to_s=38_400, trainsets=10, seed=1, sensors=PERFECT).rows
    for name, mine in rows.groupby("vehicle"):
        assert (np.diff(mine["time_s"]) == 1.0).all(), name
        # Positions go on from second to second: nothing is recorded twice or at two places.
        assert np.abs(np.diff(mine["chainage_m"])).max() < 25.0


def test_the_same_seed_writes_the_same_rows(line: Scenario, hidden: VehicleParameters) -> None:
    first, second, other = (
        record_line(line, hidden, from_s=FROM_S, to_s=FROM_S + 300, trainsets=2, seed=seed).rows for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)


def test_a_heavier_train_that_cannot_keep_time_runs_late(line: Scenario) -> None:
    heavy = draw_ground_truth(train_of(line), np.random.default_rng(0))
    heavy = VehicleParameters(3.2 * heavy.tare_kg, *list(vars(heavy).values())[1:])
    late = record_line(line, heavy, from_s=FROM_S, to_s=FROM_S + 1800, trainsets=1, seed=1, sensors=PERFECT)
    usual = record_line(
        line, draw_ground_truth(train_of(line), np.random.default_rng(0)), from_s=FROM_S, to_s=FROM_S + 1800,
        trainsets=1,
        seed=1, sensors=PERFECT,
    )  # fmt: skip
    assert (late.rows["state"] == "stand").sum() < (usual.rows["state"] == "stand").sum()


@pytest.mark.parametrize(
    ("requested", "words"),
    [
        ({"from_s": 9000, "to_s": 9000}, "an end after the start"),
        ({"from_s": 3600, "to_s": 7200}, "a window with trains"),
        ({"trainsets": 99}, "the number of trainsets in the window"),
        ({"driving": "sideways"}, "speed_cap"),
    ],
)
def test_wrong_requests_are_reported(
    line: Scenario, hidden: VehicleParameters, requested: dict[str, int], words: str
) -> None:
    with pytest.raises(InputFaults, match=words):
        record_line(line, hidden, **{"from_s": FROM_S, "to_s": TO_S, "trainsets": 1, "seed": 0, **requested})  # type: ignore[arg-type]


def test_telemetry_of_another_line_is_refused(line: Scenario, morning: LineTelemetry, tmp_path: Path) -> None:
    rows = rounded(morning.rows)
    file = tmp_path / "other.csv"
    rows.assign(chainage_m=rows["chainage_m"] + 30_000.0).to_csv(file, index=False)
    with pytest.raises(InputFaults, match="telemetry of this line"):
        calibrate_file(file, line)
    rows.assign(section=40).to_csv(file, index=False)
    with pytest.raises(InputFaults, match="13 sections"):
        calibrate_file(file, line)


def test_what_is_held_stays_and_unknown_names_are_reported(line: Scenario, morning_file: Path) -> None:
    held = calibrate_file(morning_file, line, ["tare_t=204.5"])
    assert held.vehicle.held == {"tare_t": 204.5}
    assert held.vehicle.parameters.tare_t is None
    assert apply(held.vehicle, train_of(line)).tare_kg == 204.5e3
    with pytest.raises(InputFaults) as fault:
        calibrate_file(morning_file, line, ["tare=3", "auxiliary_kw=many", "traction_efficiency=1.3"])
    assert len(fault.value.faults) == 3
    with pytest.raises(InputFaults, match="six_car"):
        calibrate_file(morning_file, line, train_type="seven_car")
    with pytest.raises(InputFaults, match="V99"):
        calibrate_file(morning_file, line, only=["V99"])
