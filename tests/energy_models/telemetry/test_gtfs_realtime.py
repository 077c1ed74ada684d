"""Vehicle positions of GTFS-Realtime, and TIDES vehicle locations, become rows of the store."""

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vehicle_positions import NOW_S, feed_mapping, feed_message

from energy_models.faults import InputFaults
from energy_models.telemetry.batch import Batch
from energy_models.telemetry.proposal.propose import propose
from energy_models.telemetry.proposal.sample import sample_of
from energy_models.telemetry.recordings.files import stream_batches
from energy_models.telemetry.recordings.gtfs_realtime import is_feed_message


def batch_of(content: bytes) -> Batch:
    (batch,) = stream_batches(io.BytesIO(content), "feed.pb", feed_mapping())
    return batch


def test_each_vehicle_of_a_message_is_a_row() -> None:
    batch = batch_of(feed_message().SerializeToString())
    assert batch.rejected == ()
    assert batch.rows_in == 2
    rows = {row["vehicle"]: row for row in batch.rows.to_pylist()}
    assert [rows[name]["instant_ms"] for name in ("TS01", "TS02")] == [1000 * (NOW_S + 57), 1000 * (NOW_S + 60)]
    assert rows["TS01"]["speed_m_s"] == 10.0
    assert (rows["TS01"]["odometer_m"], rows["TS02"]["odometer_m"]) == (1900.0, None)
    assert [rows[name]["direction"] for name in ("TS01", "TS02")] == ["up", "down"]
    assert [rows[name]["trip"] for name in ("TS01", "TS02")] == ["T1", "T2"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_messages_are_recognised_by_their_first_bytes(version: str) -> None:
    assert is_feed_message(feed_message(version=version).SerializeToString()[:4])
    for other in (b"", b"\n", b"\n\ntime,vehicle", b"PAR1", b"PK\x03\x04", b"[{}]"):
        assert not is_feed_message(other[:4])


def test_a_vehicle_without_any_time_is_in_quarantine_with_its_bytes() -> None:
    feed = feed_message()
    feed.header.ClearField("timestamp")
    batch = batch_of(feed.SerializeToString())
    assert batch.rows_in == 2
    (rejected,) = batch.rejected
    assert (rejected.row, rejected.original) == (2, feed.entity[1].SerializeToString())


def test_a_message_without_vehicles_or_cut_is_a_fault() -> None:
    feed = feed_message()
    content = feed.SerializeToString()
    del feed.entity[:2]
    with pytest.raises(InputFaults, match="at least one vehicle position"):
        batch_of(feed.SerializeToString())
    with pytest.raises(InputFaults, match="a whole GTFS-Realtime feed message"):
        batch_of(content[:-5])
    with pytest.raises(InputFaults, match="a column that the mapping reads"):
        list(stream_batches(io.BytesIO(content), "feed.pb", feed_mapping("speed_m_s: {column: speed, unit: m/s}")))


@given(st.binary(max_size=200), st.integers(0, 80))
def test_damaged_messages_are_rows_or_faults(damage: bytes, place: int) -> None:
    content = feed_message().SerializeToString()
    damaged = content[:4] + content[4 : 4 + place] + damage + content[4 + place :]
    with contextlib.suppress(InputFaults):
        batch = batch_of(damaged)
        assert batch.rows_in == batch.rows.num_rows + len(batch.rejected)


def test_the_proposal_for_a_message_is_sure_of_units(tmp_path: Path) -> None:
    file = tmp_path / "feed.pb"
    feed = feed_message()
    feed.entity[1].vehicle.position.odometer = 77.0
    file.write_bytes(feed.SerializeToString())
    proposal = propose(sample_of(file))
    assert proposal.clock is not None
    assert (proposal.clock.columns, proposal.clock.form) == (("timestamp_s",), "epoch_s")
    assert proposal.vehicle == "vehicle"
    found = {signal.signal: signal for signal in proposal.signals}
    assert {"speed_m_s", "odometer_m", "latitude_deg", "longitude_deg", "trip", "direction"} <= set(found)
    assert (found["speed_m_s"].unit, found["odometer_m"].unit) == ("m/s", "m")


TIDES = "location_ping_id,service_date,event_timestamp,trip_id_performed,trip_stop_sequence,vehicle_id,current_status,"
TIDES += "latitude,longitude,speed,odometer"
"""Columns of the table vehicle_locations of the TIDES specification 1.0 (speed in m/s, odometer in m)."""


def test_vehicle_locations_of_tides_are_mapped(tmp_path: Path) -> None:
    speed_m_s, odometer_m, lines = 0.0, 5000.0, [TIDES]
    for second in range(600):
        at = second % 150
        speed_m_s = min(at * 0.8, 16.0, max(0.0, (120 - at) * 0.8))
        odometer_m += speed_m_s
        minute, rest = divmod(second, 60)
        stamp = f"2026-11-30T07:{minute:02d}:{rest:02d}+01:00"
        status = "Stopped at" if speed_m_s == 0 else "In transit to"
        lines.append(f"p{second},2026-11-30,{stamp},T1,1,TS01,{status},52.52,13.4,{speed_m_s:.2f},{odometer_m:.1f}")
    file = tmp_path / "vehicle_locations.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    proposal = propose(sample_of(file))
    found = {signal.signal: signal for signal in proposal.signals}
    assert proposal.clock is not None
    assert (proposal.clock.columns, proposal.clock.form) == (("event_timestamp",), "iso")
    assert proposal.vehicle == "vehicle_id"
    assert (found["speed_m_s"].unit, found["odometer_m"].unit) == ("m/s", "m")
    assert not found["speed_m_s"].doubts
    assert found["trip"].column == "trip_id_performed"
