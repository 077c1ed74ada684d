"""A full disk and a read-only data folder over HTTP: what was promised stays, what fails says so, and it goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from finished_plans import placed
from full_disk import full_disk
from prepared_data import prepared_data
from read_only_folder import read_only
from served_app import app_in, served_app

from api.jobs.plan_order import PlanOrder
from api.state.database import SETTING, open_database
from api.state.files import named_files

LINE = "tutorial_line"
SIMULATION = {"scenario": LINE, "replications": 2}


@dataclass(frozen=True)
class Place:
    """A served data folder with a plan that succeeded."""

    data: Path
    plan_id: str
    client: httpx2.Client

    def state(self) -> tuple[Any, ...]:
        plan, jobs = self.client.get(f"/v1/plans/{self.plan_id}"), self.client.get("/v1/jobs?limit=500")
        assert plan.json()["result"] == {"saving_percent": 1.5}
        file = self.client.get(f"/v1/plans/{self.plan_id}/files/result.json")
        return plan.json(), file.content, [job["id"] for job in jobs.json()["jobs"]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.delenv(SETTING, raising=False)
    folder, data = tmp_path / "plan", prepared_data(tmp_path / "data")
    folder.mkdir()
    (folder / "result.json").write_text('{"saving_percent": 1.5}')
    database = open_database(data)
    plan_id = placed(database, data, PlanOrder(LINE), folder)
    database.close()
    with (
        served_app(app_in(data)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        yield Place(data, plan_id, client)


def test_a_full_disk_refuses_orders_shows_nothing_half_written_and_goes_on(place: Place) -> None:
    before = place.state()
    with full_disk(4096):
        for _ in range(2):
            refused = place.client.post("/v1/simulations", json=SIMULATION)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), refused.text
            assert refused.headers["retry-after"]
            uploaded = place.client.post("/v1/imports?line=my_line", content=bytes(range(256)) * 100)
            assert uploaded.status_code == 503, uploaded.text
        assert place.client.get("/health/live").status_code == 200
        assert place.state() == before
    with open_database(place.data).reading() as session:
        named = set(named_files(session))
    stored = {path.name for path in (place.data / "files").rglob("*") if path.is_file()}
    assert stored == named
    after = place.client.post("/v1/simulations", json=SIMULATION)
    assert after.status_code == 202, after.text
    assert place.state()[2] == [after.json()["id"], *before[2]]


def test_a_read_only_folder_refuses_files_and_goes_on(place: Place) -> None:
    """Connections that are open already may still write the database, so that an upload is what fails."""
    before = place.state()
    with read_only(place.data):
        assert place.state() == before
        uploaded = place.client.post("/v1/imports?line=my_line", content=bytes(range(256)) * 100)
    assert (uploaded.status_code, uploaded.json()["code"]) == (503, "unavailable"), uploaded.text
    assert place.state() == before
    assert place.client.post("/v1/simulations", json=SIMULATION).status_code == 202


def test_a_plan_with_a_file_that_was_cut_is_shown_without_its_result(place: Place) -> None:
    before = place.client.get(f"/v1/plans/{place.plan_id}")
    files = [path for path in (place.data / "files").rglob("*") if path.is_file()]
    (cut,) = [path for path in files if path.read_bytes().startswith(b'{"saving_percent"')]
    whole = cut.read_bytes()
    cut.chmod(0o644)
    cut.write_bytes(whole[:9])
    shown = place.client.get(f"/v1/plans/{place.plan_id}", headers={"if-none-match": before.headers["etag"]})
    assert (shown.status_code, shown.json()["result"], shown.json()["problem"]["code"]) == (200, None, "plan-edited")
    assert place.client.get(f"/v1/plans/{place.plan_id}/files/result.json").status_code == 409
    cut.write_bytes(whole)
    assert place.client.get(f"/v1/plans/{place.plan_id}").json() == before.json()
