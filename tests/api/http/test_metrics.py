"""Metrics and the log of requests: routes as templates, jobs and streams counted, no secret anywhere."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from finished_plans import ended, ordered
from prepared_data import prepared_data
from prometheus_client.parser import text_string_to_metric_families
from served_app import app_in, served_app

from api.access.roles import EVERY_LINE, Role
from api.http.app import create_app
from api.http.exposure import Exposure
from api.http.service import Service
from api.jobs.plan_order import PlanOrder
from api.logs import REQUEST_ID, JsonLines, TextLines
from api.services.installation import Installation, open_installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def found(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, frozenset(labels.items())]


def test_requests_jobs_and_streams_are_counted(installation: Installation, tmp_path: Path) -> None:
    plan_id = ordered(installation.database, PlanOrder("tutorial_line"))
    with (
        served_app(app_in(tmp_path)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        for _ in range(3):
            client.get(f"/v1/plans/{plan_id}")
        client.get("/v1/plans/none")
        client.get("/nothing/secret")
        client.get("/metrics")
        ended(installation.database, PlanOrder("tutorial_line"), "failed")
        with client.stream("GET", f"/v1/plans/{plan_id}/events") as stream:
            assert stream.status_code == 200
            lines = stream.iter_lines()
            next(lines)
            text = client.get("/metrics").text
            assert found(text, "headwatt_event_streams") == 1.0
    route = "/v1/plans/{plan_id}"
    count = "headwatt_http_request_seconds_count"
    assert found(text, count, method="GET", route=route, status="200") == 3.0
    assert found(text, count, method="GET", route=route, status="404") == 1.0
    assert found(text, count, method="", route="unmatched", status="404") == 1.0
    assert found(text, "headwatt_jobs", lane="long", status="queued") == 1.0
    assert found(text, "headwatt_oldest_waiting_job_seconds") > 0.0
    assert found(text, "headwatt_workers") == 0.0
    assert plan_id not in text
    assert "secret" not in text


def test_who_may_read_the_metrics_is_a_setting(installation: Installation) -> None:
    every = installation.access.add("prometheus", Role.VIEWER, [EVERY_LINE], timedelta(days=1), "a test")
    one = installation.access.add("ada", Role.ADMIN, ["tutorial_line"], timedelta(days=1), "a test")
    statuses = {}
    for access in ("role", "open", "off"):
        app = create_app(Service.of(installation), exposure=Exposure(metrics=access))  # type: ignore[arg-type]
        with served_app(app) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
            headers = [{}, *({"authorization": f"Bearer {key}"} for key in (one, every))]
            statuses[access] = [client.get("/metrics", headers=given).status_code for given in headers]
    assert statuses == {"role": [401, 403, 200], "open": [200, 200, 200], "off": [401, 403, 404]}


def test_the_log_of_requests_has_ids_and_no_secrets(
    installation: Installation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = installation.access.add("ada", Role.ADMIN, [EVERY_LINE], timedelta(days=1), "a test")
    caplog.set_level(logging.INFO, "headwatt")
    lines = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((JsonLines().format(record), TextLines().format(record)))

    handler = Kept()
    logging.getLogger("headwatt").addHandler(handler)
    try:
        with (
            served_app(app_in(tmp_path)) as port,
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
        ):
            session = client.post("/v1/sessions", json={"key": key})
            client.get("/v1/plans?cursor=hidden", headers={"x-request-id": "request-0001"})
            client.get("/v1/plans", headers={"authorization": f"Bearer {key}"})
    finally:
        logging.getLogger("headwatt").removeHandler(handler)
    secret = session.cookies["headwatt"]
    assert len(lines) == 3
    for json_line, text_line in lines:
        assert not any(one in json_line + text_line for one in (key, secret, "hidden"))
    entry = json.loads(lines[1][0])
    assert entry["duration_ms"] >= 0
    picked = {name: entry[name] for name in ("level", "request_id", "route", "status", "user", "method")}
    assert picked == {
        "level": "info", "request_id": "request-0001", "route": "/v1/plans", "status": 422, "user": "ada",
        "method": "GET",
    }  # fmt: skip
    assert "(request request-0001)" in lines[1][1]


def test_an_entry_keeps_its_traceback_and_hides_secrets() -> None:
    token = REQUEST_ID.set("request-0002")
    try:
        raise RuntimeError("postgresql://planner:hunter2@db/headwatt")
    except RuntimeError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "Cookie: headwatt=abc", (), sys.exc_info()
        )
    finally:
        entry = json.loads(JsonLines().format(record))
        text = TextLines().format(record)
        REQUEST_ID.reset(token)
    assert "Traceback" in entry["exception"]
    assert "Traceback" in text
    assert text.splitlines()[0].endswith("(request request-0002)")
    assert not any(one in entry["exception"] + entry["message"] + text for one in ("hunter2", "abc"))
