"""The receiver: forms of bytes, sources, and faults that leave nothing behind."""

import gzip
import json
from pathlib import Path

import pytest
from recorded_train import recorded_train
from telemetry_mappings import own_mapping, own_mapping_text

from api.ingest.receiver import Receiver, receiver_of
from energy_models.faults import InputFaults
from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import create_store

ROWS = recorded_train(hours=0.1)


def test_forms_of_a_message(tmp_path: Path) -> None:
    receiver = Receiver(create_store(tmp_path / "s", "Asia/Shanghai"), [own_mapping()])
    records = ROWS.to_dict("records")
    csv = ROWS.to_csv(index=False).encode()
    assert receiver.receive(csv).stored == len(ROWS)
    for content in (
        json.dumps(records).encode(),
        "\n".join(json.dumps(one) for one in records).encode(),
        ROWS.to_parquet(),
        gzip.compress(csv),
    ):
        receipt = receiver.receive(content)
        assert (receipt.rows_in, receipt.duplicates) == (len(ROWS), len(ROWS))
    one = receiver.receive(json.dumps(records[0], indent=1).encode())
    assert (one.rows_in, one.duplicates) == (1, 1)


def test_compaction_between_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.ingest.receiver.BATCHES_BETWEEN_COMPACTIONS", 3)
    receiver = Receiver(create_store(tmp_path / "s", "Asia/Shanghai"), [own_mapping()])
    for k in range(0, 70, 10):
        receiver.receive(ROWS.iloc[k : k + 10].to_csv(index=False).encode())
    assert len(read_rows(receiver.store, "test_line")) == 70
    assert len(receiver.store.state.files) == 2


def test_sources_and_faults(tmp_path: Path) -> None:
    receiver = Receiver(create_store(tmp_path / "s", "Asia/Shanghai"), [own_mapping(), own_mapping(source="b")])
    content = ROWS.to_csv(index=False).encode()
    with pytest.raises(InputFaults, match="one of b, own"):
        receiver.receive(content)
    assert receiver.receive(content, "b").stored == len(ROWS)
    with pytest.raises(InputFaults, match="missing"):
        receiver.receive(b"a,b\n1,2\n", "b")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(own_mapping_text())
    with pytest.raises(InputFaults, match="a source of its own"):
        receiver_of(tmp_path / "t", [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    with pytest.raises(InputFaults, match="at least one mapping"):
        receiver_of(tmp_path / "t", [])
    found = receiver_of(tmp_path / "t", [tmp_path / "a.yaml"])
    assert found.store.settings.zone == "Asia/Shanghai"
    with pytest.raises(InputFaults):
        found.receive(gzip.compress(content)[:-20])
    assert found.store.state.files == ()
