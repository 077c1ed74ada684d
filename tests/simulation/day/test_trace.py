"""The trace of a day: it agrees with the record of the day and its energy, and reading gives the written trace."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.account.energy import J_PER_KWH
from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.values.build import profile_library
from simulation.day.model import day_model
from simulation.day.record import DayRecord
from simulation.day.trace import FILES, Trace, is_trace, read_trace, standing, trace_of, write_trace
from simulation.disturbances.line import line_disturbances

SCENARIO = load_scenario("tutorial_line")


@pytest.fixture(scope="module")
def day() -> DayRecord:
    model = day_model(SCENARIO, profile_library(SCENARIO))
    trips = timetable_in_force(SCENARIO)
    return model.day(Timetable((*trips.of("up")[:5], *trips.of("down")[:5])), 3, traces=True)


@pytest.fixture(scope="module")
def trace(day: DayRecord) -> Trace:
    return trace_of(SCENARIO, day, "in force", "1")


def test_events_are_those_of_the_record_in_order_of_time(trace: Trace, day: DayRecord) -> None:
    events = trace.events
    assert (np.diff(events["time_s"]) >= 0.0).all()
    trip = day.trips[0]
    own = events[events["trip"] == trip.trip.trip_id]
    arrives, departs = (own[own["event"] == name] for name in ("arrives", "departs"))
    assert list(arrives["time_s"]) == pytest.approx(list(trip.arrival_s[1:]), abs=1e-3)
    assert list(departs["time_s"]) == pytest.approx(list(trip.departure_s[:-1]), abs=1e-3)
    assert list(arrives["late_s"]) == pytest.approx(list(trip.lateness_s), abs=1e-3)
    boarded = events["boarded"].sum()
    assert boarded == pytest.approx(day.service.passengers, rel=1e-2)
    assert events["clock"].str.match(r"\d\d:\d\d(:\d\d)?$").all()


def test_the_substations_power_adds_up_to_the_day_s_energy(trace: Trace, day: DayRecord) -> None:
    columns = [name for name in trace.supply if name.startswith("power_w.")]
    assert len(columns) == len(day.account.substation_kwh)
    total = trace.supply[columns].to_numpy(dtype=float).sum() / J_PER_KWH
    assert total == pytest.approx(day.account.energy_kwh, rel=1e-5)  # kept with 24 bits


def test_running_trains_are_where_their_trip_is(trace: Trace, day: DayRecord) -> None:
    trip = day.trips[0]
    own = trace.trains[trace.trains["trip"] == trip.trip.trip_id]
    ends = [station.chainage_m for station in SCENARIO.stations]
    assert own["chainage_m"].min() >= min(ends)
    assert own["chainage_m"].max() <= max(ends)
    sign = 1 if trip.direction == "up" else -1
    assert (sign * np.diff(own["chainage_m"]) > -0.1).all(), "a train does not run backwards"
    # A row for each begun second of each run.
    seconds = sum(np.ceil(run) for run in trip.running_time_s)
    assert len(own) == pytest.approx(seconds, abs=2 * len(trip.running_time_s))
    assert set(own["passengers"].round(3)) == {round(load, 3) for load in map(np.float32, trip.passengers)}


def test_passengers_by_section_and_time_and_by_journey_are_those_of_the_record(trace: Trace, day: DayRecord) -> None:
    crowding, journeys = trace.crowding, trace.journeys
    assert crowding["trains"].sum() == sum(len(trip.running_time_s) for trip in day.trips)
    on_board = (crowding["trains"] * crowding["mean_load"]).sum()
    assert on_board == pytest.approx(sum(sum(trip.passengers) for trip in day.trips), rel=1e-4)
    assert crowding["fullest_load"].max() == pytest.approx(day.service.maximum_load, abs=1e-3)
    assert (crowding["to_s"] - crowding["from_s"] == 900.0).all()
    assert journeys["passengers"].sum() == pytest.approx(day.service.passengers, rel=1e-4)
    waited_s = (journeys["passengers"] * journeys["mean_waiting_s"]).sum() / journeys["passengers"].sum()
    assert waited_s == pytest.approx(day.service.mean_waiting_s, rel=1e-3)


def test_a_train_stands_between_arrival_and_departure(trace: Trace, day: DayRecord) -> None:
    trip = day.trips[0]
    dwell = next(s for s in standing(trace) if s.trip == trip.trip.trip_id and s.station == trip.trip.stations[1])
    assert (dwell.from_s, dwell.to_s) == pytest.approx((trip.arrival_s[1], trip.departure_s[1]), abs=1e-3)
    assert max(s.to_s - s.from_s for s in standing(trace)) <= 1800.0


def test_a_trace_reads_back_as_written(trace: Trace, tmp_path: Path) -> None:
    write_trace(trace, tmp_path / "trace")
    assert {file.name for file in (tmp_path / "trace").iterdir()} == set(FILES)
    again = read_trace(tmp_path / "trace")
    assert again.run == trace.run
    assert again.trains.astype({"trip": str}).equals(trace.trains.astype({"trip": str}))
    assert again.supply.equals(trace.supply)
    assert again.crowding.equals(trace.crowding)
    assert again.journeys.equals(trace.journeys)
    assert (tmp_path / "trace" / "events.csv").read_text().splitlines()[0].startswith("time_s,clock,vehicle,trip")


def test_faults_name_every_file(trace: Trace, tmp_path: Path) -> None:
    write_trace(trace, tmp_path)
    (tmp_path / "trains.parquet").write_bytes(b"no table")
    (tmp_path / "run.json").write_text("{}")
    trace.events.drop(columns="late_s").to_parquet(tmp_path / "events.parquet")
    with pytest.raises(InputFaults) as caught:
        read_trace(tmp_path)
    printed = str(caught.value)
    assert [name for name in ("trains.parquet", "run.json", "late_s") if name not in printed] == []
    assert is_trace(tmp_path)
    assert not is_trace(tmp_path / "nowhere")


def test_a_day_without_traces_has_no_trace(day: DayRecord) -> None:
    with pytest.raises(ValueError, match="traces=True"):
        trace_of(SCENARIO, replace(day, traces=None), "in force", "1")


EVERYTHING = Disturbances.model_validate(
    {
        "dwell_noise_s": 2,
        "dwell_noise_accumulates": False,
        "door_faults": {"per_1000_stops": 400, "mean_s": 40, "standard_deviation_s": 10},
        "late_pull_outs": {"late_share": 0.7, "mean_s": 90, "standard_deviation_s": 30},
        "train_failures": {"per_million_km": 40_000, "limit_kmh": 30, "spare_ready_after_s": 600},
        "speed_limits": [
            {"from_m": 1000, "to_m": 1500, "limit_kmh": 40, "from": "06:00", "to": "07:00", "direction": "up"}
        ],
        "random_speed_limits": {"per_day": 2, "length_m": 300, "limit_kmh": 45, "mean_s": 3600},
        "substations_out": [{"substation": SCENARIO.supply.substations[0].id, "from": "06:00", "to": "06:30"}],
        "weather": {
            "temperatures": [{"at": "06:00", "temperature_c": 25}, {"at": "14:00", "temperature_c": 33}],
            "temperature_deviation_c": 1.0,
            "slippery": [
                {
                    "from": "05:00",
                    "to": "09:00",
                    "maximum_acceleration_m_s2": 0.7,
                    "maximum_deceleration_m_s2": 0.7,
                    "share_of_days": 1.0,
                }
            ],
        },
    }
)


def test_every_disturbance_of_the_scenario_has_its_rows() -> None:
    """A day with every type of disturbance of the scenario language; each row agrees with the record."""
    model = day_model(SCENARIO, profile_library(SCENARIO))
    model = replace(model, disturbances=replace(line_disturbances(SCENARIO), given=EVERYTHING))
    trips = timetable_in_force(SCENARIO)
    day = model.day(Timetable((*trips.of("up")[:6], *trips.of("down")[:6])), 3, traces=True)
    events = trace_of(SCENARIO, day, "in force", "1").events
    assert {
        "door fault", "comes out late", "fails", "is withdrawn", "speed limit begins", "speed limit ends",
        "goes out of service", "is back in service", "temperature outside", "rails become slippery",
        "rails hold again",
    } <= set(events["event"])  # fmt: skip
    assert day.disturbed is not None
    by_trip = {record.trip.trip_id: record for record in day.trips}
    for row in events[events["event"] == "door fault"].itertuples():
        record = by_trip[row.trip]
        stop = record.trip.stations.index(row.station)
        assert row.time_s == pytest.approx(record.arrival_s[stop], abs=1e-3)
        assert row.duration_s == pytest.approx(day.disturbed.door_fault_s(row.trip, row.station), abs=1e-3)
        assert record.departure_s[stop] - record.arrival_s[stop] >= row.duration_s
    for row in events[events["event"] == "comes out late"].itertuples():
        assert by_trip[row.trip].departure_s[0] >= row.time_s + row.duration_s - 1e-3
    failed, gone = (events[events["event"] == name] for name in ("fails", "is withdrawn"))
    assert set(failed["trip"]) == set(gone["trip"]) == set(day.failed)
    assert "goes on at 30 km/h at most" in set(failed["detail"])
    limits = events[events["event"] == "speed limit begins"]
    assert "40 km/h from 1000 to 1500 m" in set(limits["detail"])
    assert len(limits) == len(day.disturbed.speed_limits)
