"""`POST /v1/telemetry` over real HTTP: every form of rows, receipts, faults as problems, and re-sends."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from prepared_data import prepared_data
from recorded_train import recorded_train
from served_process import asking
from telemetry_mappings import own_mapping_text

from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import open_store

pytestmark = pytest.mark.many_cases

ROWS = recorded_train(hours=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("telemetry")
    (folder / "m.yaml").write_text(own_mapping_text())
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx2.Client]:
    words = ("--no-worker", "--telemetry", str(folder / "store"), "--mapping", str(folder / "m.yaml"))
    with asking(prepared_data(folder / "jobs"), *words) as client:
        yield client


def test_rows_are_stored_once_in_any_form(client: httpx2.Client, folder: Path) -> None:
    records = ROWS.to_dict("records")
    csv = ROWS.to_csv(index=False).encode()
    first = client.post("/v1/telemetry", content=csv, headers={"content-type": "text/csv"})
    assert first.status_code == 200
    assert first.json() == {"rows_in": len(ROWS), "stored": len(ROWS), "flagged": 0, "duplicates": 0,
                            "quarantined": 0, "flags": {}, "reasons": {}}  # fmt: skip
    for content in (csv, gzip.compress(csv), ROWS.to_parquet(), json.dumps(records).encode(),
                    "\n".join(map(json.dumps, records)).encode()):  # fmt: skip
        again = client.post("/v1/telemetry?source=own", content=content).json()
        assert (again["rows_in"], again["duplicates"]) == (len(ROWS), len(ROWS))
    assert len(read_rows(open_store(folder / "store"), "test_line")) == len(ROWS)


def test_bad_rows_are_counted_and_bad_requests_are_problems(client: httpx2.Client) -> None:
    body = json.dumps([{"time_s": 1, "vehicle": ""}, 7]).encode()
    receipt = client.post("/v1/telemetry", content=body).json()
    assert receipt["quarantined"] == 2
    assert receipt["reasons"] == {"vehicle is blank": 1, "the row is no JSON object": 1}
    for content, query in ((b"a,b\n1,2\n", ""), (b"", ""), (b"[1", ""), (b"x", "?source=other")):
        answer = client.post(f"/v1/telemetry{query}", content=content)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "input-faults"
    large = client.post("/v1/telemetry", content=b" " * 64_000_001)
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    assert client.get("/v1/telemetry").status_code == 405


@pytest.mark.many_cases
def test_a_service_without_a_store(tmp_path: Path) -> None:
    with asking(prepared_data(tmp_path / "jobs"), "--no-worker") as client:
        answer = client.post("/v1/telemetry", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "no-telemetry-store")
        document = client.get("/openapi.json").json()
        statuses = {"200", "400", "401", "403", "404", "408", "409", "413", "415", "421", "422", "503"}
        assert set(document["paths"]["/v1/telemetry"]["post"]["responses"]) == statuses
