"""Plans, jobs and files of databases of earlier versions, read over HTTP after the upgrade."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from released_versions import RELEASED, filled
from served_app import app_in, served_app

from api.access.roles import EVERY_LINE, Role
from api.services.bundled_lines import REGISTERED, bundled_fingerprint
from api.services.installation import open_installation
from api.state.database import SETTING, open_database
from api.state.files import FileStore
from api.state.lines import change_setting
from api.state.migrate import upgrade

STORED = ('{"days": 3}', "name: my_line\n")
"""Contents of files of which the kept rows contain the hash."""


@pytest.fixture(params=RELEASED)
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    monkeypatch.delenv(SETTING, raising=False)
    data = tmp_path / "data"
    database, store = open_database(data), FileStore(data)
    filled(database, request.param)
    upgrade(database)
    for text in STORED:
        (tmp_path / "file").write_text(text)
        store.put(tmp_path / "file")
    with database.writing() as session:
        change_setting(session, REGISTERED, bundled_fingerprint(), "a test")
    key = _key(data)
    database.close()
    headers = {"authorization": f"Bearer {key}"}
    with (
        served_app(app_in(data)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers) as client,
    ):
        yield client


def _key(data: Path) -> str:
    installation = open_installation(data)
    key = installation.access.add("reader", Role.ADMIN, [EVERY_LINE], timedelta(days=1), "a test")
    installation.close()
    return key


def test_everything_of_an_earlier_version_is_read(client: httpx2.Client) -> None:
    plans = client.get("/v1/plans").json()["plans"]
    assert len(plans) == 5
    assert {plan["approval"]["state"] for plan in plans} >= {"active", "superseded", "draft"}
    for plan in plans:
        read = client.get(f"/v1/plans/{plan['id']}")
        assert read.status_code == 200, read.text
        if plan["status"] == "succeeded":  # its files are not kept in the tests
            assert read.json()["problem"]["code"] == "plan-edited"
            assert client.get(f"/v1/plans/{plan['id']}/files/timetable.csv").status_code == 409
        for part in ("approval", "versions"):
            assert client.get(f"/v1/plans/{plan['id']}/{part}").status_code == 200
    jobs = client.get("/v1/jobs").json()["jobs"]
    assert {plan["id"] for plan in plans} <= {job["id"] for job in jobs}
    for job in jobs:
        assert client.get(f"/v1/jobs/{job['id']}").status_code == 200
    assert client.get("/v1/audit?limit=100").json()["entries"]
    newest = client.get("/v1/jobs/simulation-of-0004")
    if newest.status_code == 200:
        assert (newest.json()["result"], newest.json()["facts"]) == ({"days": 3}, {"days": 3})
        assert client.get("/v1/jobs/simulation-of-0004/files/result.json").json() == {"days": 3}
        assert client.get("/v1/lines/my_line/scenarios/1/files/my.yaml").text == "name: my_line\n"
