"""Files become batches: each row of each form is a row or rejected with its original bytes."""

import contextlib
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_train import recorded_train
from telemetry_mappings import own_mapping

from energy_models.faults import InputFaults
from energy_models.telemetry.batch import Batch, Flag
from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.mapping.read import mapping_of
from energy_models.telemetry.recordings import text_rows
from energy_models.telemetry.recordings.files import file_batches, recording_files, stream_batches

HEADER = ",".join(COLUMN_NAMES)
ROW = "{},V1,T1,up,0,12.5,3.25,traction,0,0,812,1250,32000,18.5"


def batches(content: bytes, name: str = "x.csv") -> list[Batch]:
    return list(stream_batches(io.BytesIO(content), name, own_mapping()))


def test_every_form_of_the_same_rows_gives_the_same_batch(tmp_path: Path) -> None:
    rows = recorded_train(hours=0.2).round(3)  # a workbook keeps 15 digits
    rows.to_csv(tmp_path / "a.csv", index=False)
    rows.to_csv(tmp_path / "b.csv", index=False, sep=";", decimal=",", encoding="utf-16")
    rows.to_csv(tmp_path / "c.csv", index=False, sep="\t", lineterminator="\r\n", encoding="utf-8-sig")
    rows.to_parquet(tmp_path / "d.parquet")
    records = rows.to_dict("records")
    (tmp_path / "e.json").write_text(json.dumps(records))
    (tmp_path / "f.ndjson").write_text("\n".join(json.dumps(record) for record in records))
    rows.to_excel(tmp_path / "g.xlsx", index=False)
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    (tmp_path / "i.parquet.gz").write_bytes(gzip.compress((tmp_path / "d.parquet").read_bytes()))
    found = {path.name: list(file_batches(path, own_mapping())) for path in recording_files([tmp_path])}
    assert len(found) == 9
    first = found["a.csv"][0].rows
    assert first.num_rows == len(rows)
    for name, (one,) in found.items():
        assert one.rejected == (), name
        assert one.rows.equals(first), name


def test_a_broken_row_is_rejected_with_its_bytes_and_stops_no_other() -> None:
    lines = [HEADER, *(ROW.format(t) for t in range(10)), "garbage", "", ROW.format("soon"),
             ROW.format(11).replace("3.25", "fast"), ROW.format(12).replace("up", "north"),
             ROW.format(13).replace("V1", ""), ROW.format(14)]  # fmt: skip
    (batch,) = batches("\n".join(lines).encode())
    assert batch.rows_in == 16
    assert [(one.row, one.original.decode()) for one in batch.rejected] == [
        (12, "garbage"), (14, lines[13]), (15, lines[14]), (16, lines[15]), (17, lines[16])
    ]  # fmt: skip
    assert [one.reason for one in batch.rejected] == [
        "the row does not have 14 cells", "time is not readable", "speed_m_s is not a number: 'fast'",
        "direction is not up or down: 'north'", "vehicle is blank",
    ]  # fmt: skip


def test_flags_of_blank_implausible_and_late_values() -> None:
    lines = [
        HEADER,
        ROW.format(5),
        ROW.format(6).replace("812", ""),
        ROW.format(7).replace("3.25", "88"),
        ROW.format(4),
    ]
    (batch,) = batches("\n".join(lines).encode())
    assert batch.rows["flags"].to_pylist() == [0, Flag.BLANK, Flag.OUT_OF_RANGE, Flag.OUT_OF_ORDER]
    assert batch.rows["voltage_v"].to_pylist() == [812.0, None, 812.0, 812.0]


def test_bytes_that_are_no_text_are_one_row() -> None:
    mapping = mapping_of(
        b"format: telemetry-mapping-1\nsource: s\nline: l\nfile: {encoding: utf-8}\n"
        b"clock: {column: t, form: epoch_s}\nvehicle: {column: v}\nsignals: {speed_m_s: {column: s, unit: m/s}}\n",
        "m.yaml",
    )
    content = b"t,v,s\n1700000000,A,1\n1700000001,\xff\xfe,2\n1700000002,A,3\n"
    (batch,) = stream_batches(io.BytesIO(content), "x.csv", mapping)
    assert batch.rows["speed_m_s"].to_pylist() == [1.0, 3.0]
    assert [(one.row, one.original) for one in batch.rejected] == [(3, b"1700000001,\xff\xfe,2")]


def test_cells_of_several_lines_beside_a_broken_row() -> None:
    lines = [HEADER, ROW.format(1), ROW.format(2).replace("T1", '"a\nb"'), "x,y", ROW.format(3).replace("812", "?")]
    (batch,) = batches("\n".join(lines).encode())
    assert batch.rows["trip"].to_pylist() == ["T1", "a\nb"]
    assert len(batch.rejected) == 2
    assert batch.rows_in == 4


def test_pieces_of_a_file_are_the_rows_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join([HEADER, *(ROW.format(t) for t in range(500))]).encode()
    monkeypatch.setattr(text_rows, "PIECE_BYTES", 5_000)
    found = batches(content)
    assert len(found) > 5
    assert pa.concat_tables([one.rows for one in found])["instant_ms"].to_pylist() == batches(content)[0].rows[
        "instant_ms"
    ].to_pylist()[:0] + [found[0].rows["instant_ms"][0].as_py() + 1000 * t for t in range(500)]
    assert len({one.batch_id for one in found}) == len(found)


def test_a_column_that_the_mapping_reads_is_missing_or_twice() -> None:
    header = HEADER.replace("voltage_v", "u").replace("current_a", "speed_m_s")
    with pytest.raises(InputFaults) as caught:
        batches(f"{header}\n{ROW.format(1)}\n".encode())
    words = str(caught.value)
    assert "voltage_v: missing" in words
    assert "current_a: missing" in words


@pytest.mark.parametrize(
    "content", [b"PAR1nonsense", b"\x1f\x8bnonsense", b"PK\x03\x04", b"[1,", b"{}{}", b"", b"\0\1\2"]
)
def test_what_is_no_recording_is_a_fault_or_rejected(content: bytes) -> None:
    rejected = 0
    with contextlib.suppress(InputFaults):
        rejected = sum(len(one.rejected) for one in batches(content))
    assert rejected <= 1


def test_a_vehicle_and_a_day_from_the_name_of_the_file(tmp_path: Path) -> None:
    text = (
        "format: telemetry-mapping-1\nsource: s\nline: l\nvehicle: {file_name: '^([A-Z0-9]+)_'}\n"
        "clock: {column: t, form: service_day_s, zone: UTC, day: {file_name: '_(\\d{8})'}}\n"
        "signals: {speed_m_s: {column: v, unit: km/h}}\n"
    )
    file = tmp_path / "TS07_20261130.csv"
    file.write_text("t,v\n3600,36\n")
    (batch,) = file_batches(file, mapping_of(text.encode(), "m.yaml"))
    assert batch.rows.select(["vehicle", "instant_ms", "speed_m_s"]).to_pylist() == [
        {"vehicle": "TS07", "instant_ms": 1_796_000_400_000, "speed_m_s": 10.0}
    ]
    with pytest.raises(InputFaults, match="not in the name of the file"):
        list(stream_batches(io.BytesIO(b"t,v\n1,2\n"), "other.csv", mapping_of(text.encode(), "m.yaml")))


_CELLS = st.text(st.characters(codec="utf-8", exclude_characters='\r\n",\0', exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(st.one_of(_CELLS, st.sampled_from(["1", "V1", "up", "0"])), max_size=16), max_size=12))
def test_every_row_of_any_text_is_counted(rows: list[list[str]]) -> None:
    """Property: rows in = rows kept + rows rejected, whatever the cells are."""
    lines = [",".join(row) for row in rows]
    written = [line for line in lines if line.strip()]
    content = "\n".join([HEADER, *[ROW.format(t) for t in range(70)], *written]).encode()
    assert sum(one.rows_in for one in batches(content)) == 70 + len(written)


def test_json_values_of_any_kind_are_counted() -> None:
    good = dict(zip(COLUMN_NAMES, ROW.format(1).split(","), strict=True))
    values: list[object] = [good, 3, None, "x", [], {}, {**good, "speed_m_s": True}, {**good, "speed_m_s": "1e400"}]
    (batch,) = batches(json.dumps(values).encode(), "x.json")
    assert batch.rows_in == len(values)
    assert batch.rows.num_rows == 2


def test_a_line_that_is_no_json_is_rejected_with_its_bytes() -> None:
    good = json.dumps(dict(zip(COLUMN_NAMES, ROW.format(1).split(","), strict=True))).encode()
    broken = [b'{"time_s": 1', b'{"time_s": 1} {"time_s": 2}', b"{]", b"7", b"NaN,"]
    (batch,) = batches(b"\xef\xbb\xbf" + b"\r\n".join([good, b"", *broken, b"  " + good]), "x.ndjson")
    assert batch.rows_in == len(broken) + 2
    assert batch.rows.num_rows == 2
    assert [one.original for one in batch.rejected] == broken
    assert [one.row for one in batch.rejected] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "broken",
    [
        [b'{"time_s": [{"a": 1}', b'{"b": 2}]}', b'{"time_s": 1},{"time_s": 2}'],
        [b'{"time_s": "}', b'{", "b": 1}', b'{"time_s": 1},{"time_s": 2}'],
        [b'{"time_s": 1}}', b'{{"time_s": 1}'],
    ],
)
def test_lines_that_are_json_only_together_are_rejected(broken: list[bytes]) -> None:
    """As one array, these lines have as many elements as lines, or would have them without their line feeds."""
    good = json.dumps(dict(zip(COLUMN_NAMES, ROW.format(1).split(","), strict=True))).encode()
    (batch,) = batches(b"\n".join([good, *broken, good]), "x.ndjson")
    assert batch.rows.num_rows == 2
    assert [one.original for one in batch.rejected] == broken


@pytest.mark.parametrize("form", ["x.json", "x.ndjson"])
def test_half_of_a_character_in_json_does_not_end_the_reading(form: str) -> None:
    good = dict(zip(COLUMN_NAMES, ROW.format(1).split(","), strict=True))
    rows = [json.dumps({**good, "trip": "\ud800"}), json.dumps({**good, "vehicle": "\udfff"}), json.dumps(good)]
    content = f"[{','.join(rows)}]" if form == "x.json" else "\n".join(rows)
    (batch,) = batches(content.encode(), form)
    assert batch.rows.num_rows == 1
    assert [(one.row, "half of a character" in one.reason) for one in batch.rejected] == [(1, True), (2, True)]


def test_a_parquet_file_with_times_and_booleans(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.to_datetime(["2026-11-30 08:00", "2026-11-30 08:01"]), "v": ["A", "A"],
                          "d": [True, False]})  # fmt: skip
    frame.to_parquet(tmp_path / "x.parquet")
    text = ("format: telemetry-mapping-1\nsource: s\nline: l\nclock: {column: t, zone: Europe/Berlin}\n"
            "vehicle: {column: v}\nsignals: {doors_open: {column: d}}\n")  # fmt: skip
    (batch,) = file_batches(tmp_path / "x.parquet", mapping_of(text.encode(), "m.yaml"))
    assert batch.rows["instant_ms"].to_pylist() == [1_796_022_000_000, 1_796_022_060_000]
    assert batch.rows["doors_open"].to_pylist() == [1.0, 0.0]
