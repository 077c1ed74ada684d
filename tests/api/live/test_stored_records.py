"""The records of a live line in a telemetry store: through the hub, after a kill, and calibrated to the true trains."""

import os
from pathlib import Path

import numpy as np
import pytest
from live_lines import EIGHT, LINE, live_plan, rows_of, virtual_line
from prepared_data import prepared_data

from api.live.clock import LineClock
from api.live.hub import Hub
from api.live.place import LivePlace
from api.live.stored_records import StoredRecords, store_records
from api.live.virtual_rows import record_of
from api.services.installation import open_installation
from energy_models.calibration.parameters import with_parameters
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.telemetry.store.query import stored_days
from energy_models.telemetry.store.store import create_store
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from scenarios.vehicles.calibrated import SI_NAMES
from scenarios.vehicles.from_days import StoredDays
from scenarios.vehicles.from_telemetry import calibrate_telemetry
from simulation.day.model import day_model
from simulation.virtual_line.live import VirtualLine

DAY = "2026-12-01"


def test_a_killed_process_stores_each_record_once(tmp_path: Path) -> None:
    data, store = prepared_data(tmp_path / "data"), create_store(tmp_path / "store", "UTC")
    installation = open_installation(data)
    wall_s = 1_796_000_000.0

    def hub() -> Hub:
        return Hub(
            live_plan(), LivePlace(data, LINE), installation.database, lambda: None, "none", LineClock("UTC"),
            is_virtual=True, wall=lambda: wall_s,
            records=StoredRecords(store, LINE, data / "live" / LINE / "stored.json"),
        )  # fmt: skip

    virtual, found, sent = virtual_line(), hub(), 0
    for second in range(40):
        wall_s += 1.0
        taken = virtual.second()
        sent += len(taken.records)
        clock = {"kind": "clock", "time_s": taken.time_s, "wall_s": wall_s, "speed": 1.0, "day": DAY}
        found.take_rows([*rows_of(taken), clock])
        found.look()
        if second == 20:
            os.close(found._lock)
            found = hub()
    found.close()
    days = stored_days(store, LINE)
    assert int(days["rows"].sum()) == sent
    assert set(days["day"]) == {DAY}
    installation.close()


def test_rows_that_are_no_records_are_left_out_and_no_value_ends_the_line(tmp_path: Path) -> None:
    store = create_store(tmp_path / "store", "UTC")
    good = {"kind": "record", "vehicle": "T1", "time_s": 5, "chainage_m": 1, "speed_m_s": 2, "day": DAY}
    rows = [good, {**good, "time_s": 6, "state": 7, "voltage_v": "x"}, {**good, "vehicle": ""}, {"kind": "record"}]
    receipt = store_records(rows, store, LINE)
    assert (receipt.rows_in, receipt.stored) == (1, 1)
    records = StoredRecords(store, LINE, tmp_path / "stored.json")
    records.add([None, 7, {"kind": "departed"}], DAY, 0.0)
    assert store_records([good], store, LINE).duplicates == 1


@pytest.mark.many_cases
def test_the_records_of_a_virtual_line_give_the_true_trains(tmp_path: Path) -> None:
    """The virtual line has other trains than the scenario; the calibration of its live day finds them."""
    scenario = live_plan().scenario
    nominal = RollingStock.of(scenario).main
    truth = draw_ground_truth(nominal, np.random.default_rng(3))
    stock = RollingStock.of(scenario, {scenario.main_train_type: with_parameters(nominal, truth)})
    profiles = fleet_profiles(scenario, stock).of_vehicle
    model = day_model(scenario, profiles.main, others=profiles.others)
    virtual = VirtualLine(
        model, live_plan().timetable, seed=1, from_s=EIGHT - 6600,
        outside_temperature_c=scenario.outside_temperature_c,
    )  # fmt: skip
    rows = [{**record_of(one), "day": DAY} for _ in range(13_500) for one in virtual.second().records]
    store = create_store(tmp_path / "store", "UTC")
    for first in range(0, len(rows), 5000):
        assert store_records(rows[first : first + 5000], store, LINE).flagged == 0
    days = StoredDays(store, LINE)
    assert len(days.days) == len({row["vehicle"] for row in rows})
    telemetry = days.telemetry(days.days[0], [float(one.chainage_m) for one in scenario.stations])
    found = calibrate_telemetry(telemetry, scenario, (), day=DAY).vehicle.parameters
    for name, (si_name, factor, _) in SI_NAMES.items():
        one, true = getattr(found, name), getattr(truth, si_name) / factor
        print(f"{name}: true {true:.4g}, found {one.value:.4g}, {one.interval_95}")
        assert one.interval_95.lower <= true <= one.interval_95.upper, name
