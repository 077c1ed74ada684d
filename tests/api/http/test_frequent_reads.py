"""The answers in front of the routes: those of the routes, with only the lines of the user, and never an old one."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from finished_plans import ordered, placed
from prepared_data import prepared_data, prepared_database
from served_app import app_in, served_app

from api.access.principal import LOCAL
from api.access.roles import EVERY_LINE, Role
from api.http import frequent_reads
from api.http.frequent_reads import FrequentReads
from api.http.service import Service
from api.jobs.plan_order import PlanOrder
from api.problems import Problem, ProblemKind
from api.services.installation import Installation, open_installation
from api.state.database import SETTING, Database
from api.state.jobs import begin_job, end_job, note_progress
from api.state.plans import change_approval, plan_record

pytest_plugins = ["state_databases"]
OWN, FOREIGN = "beijing_yizhuang", "tutorial_line"


@dataclass(frozen=True)
class Served:
    """A served installation, and another set of connections to its database, as another process has it."""

    installation: Installation
    elsewhere: Database
    app: FastAPI
    port: int

    def client(self, line: str = EVERY_LINE, role: Role = Role.VIEWER) -> httpx2.Client:
        name = f"{role} of {line.replace('*', 'every line')}"
        key = self.installation.access.add(name, role, [line], timedelta(days=1), "a test")
        headers = {"authorization": f"Bearer {key}"}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120.0, headers=headers)


@pytest.fixture(params=("sqlite", "postgresql"))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    from state_databases import new_database_url  # a plugin of pytest, which imports it first

    data = tmp_path / "data"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            patch.setenv(SETTING, prepared_database(new_database_url(request.param, tmp_path, request), data))
        installation = open_installation(prepared_data(data))
        app = app_in(data, is_local=False)
    elsewhere = Database(installation.database.url)
    with served_app(app) as port:
        yield Served(installation, elsewhere, app, port)
    elsewhere.close()
    installation.close()


@pytest.fixture
def passed_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the routes answer."""
    found: list[str] = []
    real = FrequentReads.__call__

    async def noted(self: FrequentReads, scope: Any, receive: Any, send: Any) -> None:
        inner = self._app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            found.append(scope["path"])
            await inner(scope, receive, send)

        self._app = app
        try:
            await real(self, scope, receive, send)
        finally:
            self._app = inner

    monkeypatch.setattr(FrequentReads, "__call__", noted)
    return found


def test_the_answers_are_those_of_the_routes(
    served: Served, passed_on: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "result.json").write_text('{"saving_percent": 1.5}')
    plan_id = placed(served.elsewhere, served.installation.data, PlanOrder(OWN), folder)
    other = ordered(served.elsewhere, PlanOrder(FOREIGN))
    addresses = (
        f"/v1/plans/{plan_id}", f"/v1/jobs/{plan_id}", f"/v1/plans/{other}", "/v1/plans", "/v1/plans?limit=1",
        "/v1/jobs", "/v1/jobs?limit=1", "/health",
    )  # fmt: skip
    kept = ("content-type", "content-length", "etag", "cache-control", "content-security-policy")
    with served.client() as client:
        quick = [client.get(address) for address in addresses]
        assert not passed_on
        unchanged = client.get(addresses[0], headers={"if-none-match": quick[0].headers["etag"]})
        assert (unchanged.status_code, unchanged.content, passed_on) == (304, b"", [])
        monkeypatch.setattr(frequent_reads, "_wanted", lambda _scope: None)
        for address, seen in zip(addresses, quick, strict=True):
            routed = client.get(address)
            assert (routed.status_code, routed.content) == (seen.status_code, seen.content) == (200, seen.content)
            assert {name: routed.headers.get(name) for name in kept} == {name: seen.headers.get(name) for name in kept}
        assert passed_on == [address.partition("?")[0] for address in addresses]


def test_the_routes_answer_everything_else(served: Served, passed_on: list[str]) -> None:
    addresses = (
        "/v1/plans/none", "/v1/jobs/none", "/v1/plans?limit=0", "/v1/plans?limit=501", "/v1/jobs?limit=1&kind=plan",
        "/v1/plans?cursor=x", "/v1/plans/a%2fb", "/v1/plans/a?x=1",
    )  # fmt: skip
    with served.client() as client:
        assert [client.get(address).status_code for address in addresses] == [404, 404, 422, 422, 200, 422, 404, 404]
    assert len(passed_on) == len(addresses)


def test_nothing_of_a_foreign_line_is_seen_also_after_its_user_has_read_it(served: Served) -> None:
    own, foreign = ordered(served.elsewhere, PlanOrder(OWN)), ordered(served.elsewhere, PlanOrder(FOREIGN))
    with served.client() as every, served.client(OWN) as client, served.client(FOREIGN) as other:
        for _ in range(2):
            for address in (f"/v1/plans/{foreign}", f"/v1/jobs/{foreign}"):
                assert every.get(address).status_code == other.get(address).status_code == 200
                tag = every.get(address).headers["etag"]
                assert client.get(address).status_code == 404
                assert client.get(address, headers={"if-none-match": tag}).status_code == 404
            for kind in ("plans", "jobs"):
                assert [one["id"] for one in client.get(f"/v1/{kind}").json()[kind]] == [own]
                assert len(every.get(f"/v1/{kind}").json()[kind]) == 2
            assert client.get("/health").json()["jobs"] == other.get("/health").json()["jobs"] == {"queued": 1}
            assert every.get("/health").json()["jobs"] == {"queued": 2}


def test_each_change_elsewhere_is_seen_by_the_next_request(served: Served) -> None:
    plan_id = ordered(served.elsewhere, PlanOrder(OWN))
    with served.client() as client:

        def seen() -> tuple[Any, ...]:
            plan, job = client.get(f"/v1/plans/{plan_id}"), client.get(f"/v1/jobs/{plan_id}")
            listed = client.get("/v1/plans?limit=5").json()["plans"][0]
            counts = client.get("/health").json()["jobs"]
            assert plan.json()["status"] == job.json()["status"] == listed["status"]
            return plan.headers["etag"], job.json()["progress"], listed["approval"], counts

        states = [seen()]
        with served.elsewhere.writing() as session:
            begin_job(session, plan_id, "worker")
        states.append(seen())
        for share in (0.1, 0.2, 0.3):
            with served.elsewhere.writing() as session:
                note_progress(session, plan_id, "worker", "search", share)
            states.append(seen())
            assert states[-1][1]["share"] == share
        with served.elsewhere.writing() as session:
            end_job(session, plan_id, "failed", Problem(ProblemKind.WORKER_DIED, "x").as_json())
        states.append(seen())
        assert states[-1][3] == {"failed": 1}
        with served.elsewhere.writing() as session:
            record = plan_record(session, plan_id)
            assert record is not None
            assert change_approval(session, record.plan, "approved", "ada", "")
        states.append(seen())
        assert states[-1][2]["state"] == "approved"
        assert len({state[0] for state in states}) == len(states)


def test_a_key_that_is_revoked_reads_nothing(served: Served) -> None:
    plan_id = ordered(served.elsewhere, PlanOrder(OWN))
    with served.client(OWN) as client:
        assert client.get(f"/v1/plans/{plan_id}").status_code == 200
        served.installation.access.revoke_role(f"{Role.VIEWER} of {OWN}", None, "a test")
        assert client.get(f"/v1/plans/{plan_id}").status_code in (401, 403)


def test_a_request_during_a_reading_is_read_after_it(tmp_path: Path) -> None:
    installation = open_installation(prepared_data(tmp_path / "data"))
    plan_id = ordered(installation.database, PlanOrder(OWN))
    reads = FrequentReads(lambda *_: asyncio.sleep(0), Service.of(installation))
    begun, goes_on = threading.Event(), threading.Event()
    real, counts = reads._documents, []

    def slow(wanted: Any) -> Any:
        found = real(wanted)
        counts.append(len(wanted))
        begun.set()
        assert goes_on.wait(60)
        return found

    reads._documents = slow  # type: ignore[method-assign]

    async def asked() -> bytes:
        sent: list[Any] = []

        async def nothing() -> Any:
            return {}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": f"/v1/plans/{plan_id}", "query_string": b"", "headers": [],
            "state": {"principal": LOCAL},
        }  # fmt: skip
        await reads(scope, nothing, send)
        return bytes(sent[1]["body"])

    async def both() -> list[bytes]:
        first = asyncio.create_task(asked())
        await asyncio.to_thread(begun.wait, 60)
        with installation.database.writing() as session:
            begin_job(session, plan_id, "worker")
        later = [asyncio.create_task(asked()) for _ in range(5)]
        await asyncio.sleep(0)
        goes_on.set()
        return list(await asyncio.gather(first, *later))

    first, *later = asyncio.run(both())
    assert b'"status":"queued"' in first
    assert all(b'"status":"running"' in one for one in later)
    assert counts == [1, 1]
    installation.close()
