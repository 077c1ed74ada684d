"""The short way of plain orders gives the answers of the way that every route has."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.access.roles import EVERY_LINE, Role
from api.http.models import PlanOrderModel
from api.services.installation import open_installation
from api.services.order_check import OrderCheck
from api.state.database import Database

LINE, FOREIGN = "tutorial_line", "beijing_yizhuang"
SHORT, EVERY = "application/json", "application/json; charset=utf-8"
OF_ONE_ANSWER = ("id", "created_at", "links")
"""What differs between the answers to two equal orders."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def port(data: Path) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrderCheck, "faults", lambda *_: None)  # as if it took too long: the faults without a scenario
        with served_app(app_in(data, is_local=False)) as port:
            yield port


def client_of(data: Path, port: int, role: Role, line: str = EVERY_LINE) -> httpx2.Client:
    installation = open_installation(data)
    key = installation.access.add(f"{role} of {line}", role, [line], timedelta(days=1), "a test")
    installation.close()
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers)


def ordered(client: httpx2.Client, body: bytes, form: str, **headers: str) -> httpx2.Response:
    return client.post("/v1/plans", content=body, headers={"content-type": form, **headers})


def shown(answer: httpx2.Response) -> tuple[int, str, dict[str, Any]]:
    """The answer without what differs between two equal orders."""
    content = {name: value for name, value in answer.json().items() if name not in OF_ONE_ANSWER}
    return answer.status_code, answer.headers["content-type"], content


@pytest.mark.parametrize(
    "body",
    [
        {"scenario": LINE},
        {"scenario": LINE, "seed": 7, "effort": "quick", "replications": 2, "overrides": ["summer"]},
        {"scenario": FOREIGN},
        {"scenario": "atlantis"},
        {"scenario": LINE, "replications": 2.5},
        {"scenario": LINE, "seed": True},
        {"scenario": LINE, "unknown": 1},
        {"replications": 10},
        ["scenario"],
    ],
    ids=str,
)
@pytest.mark.parametrize("role", [Role.PLANNER, Role.VIEWER])
def test_both_ways_answer_the_same(data: Path, port: int, role: Role, body: Any) -> None:
    with client_of(data, port, role, LINE) as client:
        sent = json.dumps(body).encode()
        assert shown(ordered(client, sent, SHORT)) == shown(ordered(client, sent, EVERY))


@pytest.mark.parametrize("body", [b"", b"{", b'{"scenario": NaN}', b"\xff", b"null"], ids=str)
def test_what_is_no_order_gets_the_same_problem(data: Path, port: int, body: bytes) -> None:
    with client_of(data, port, Role.PLANNER) as client:
        short, every = ordered(client, body, SHORT), ordered(client, body, EVERY)
    assert short.status_code in (400, 422)
    assert shown(short) == shown(every)


def test_a_repeated_order_gets_the_first_plan_on_both_ways(data: Path, port: int) -> None:
    body, other = (json.dumps({"scenario": LINE, "seed": seed}).encode() for seed in (11, 12))
    with client_of(data, port, Role.PLANNER) as client:
        first = ordered(client, body, SHORT, **{"idempotency-key": "key-of-a-test"})
        assert first.status_code == 202
        assert first.headers["location"] == f"/v1/plans/{first.json()['id']}"
        assert first.headers["etag"] == client.get(first.headers["location"]).headers["etag"]
        for form in (SHORT, EVERY):
            assert ordered(client, body, form, **{"idempotency-key": "key-of-a-test"}).json() == first.json()
            assert ordered(client, other, form, **{"idempotency-key": "key-of-a-test"}).status_code == 422
            assert ordered(client, body, form, **{"idempotency-key": "with a blank"}).status_code == 422


def test_plain_orders_take_the_short_way(data: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the dependencies were resolved")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", refused)
    with client_of(data, port, Role.PLANNER) as client:
        assert ordered(client, PlanOrderModel(scenario=LINE).model_dump_json().encode(), SHORT).status_code == 202
        assert ordered(client, b'{"scenario": "tutorial_line"}', EVERY).status_code == 500


def test_an_order_changes_no_user(data: Path, port: int) -> None:
    """What a request needs to know of its user is read again only after a change of users."""
    with client_of(data, port, Role.PLANNER) as client:
        before = Database.written
        assert ordered(client, b'{"scenario": "tutorial_line"}', SHORT).status_code == 202
        assert Database.written == before
        assert client.get("/v1/audit").status_code == 403
    client_of(data, port, Role.ADMIN).close()
    assert Database.written > before
