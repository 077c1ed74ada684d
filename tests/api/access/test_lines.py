"""Every route with every role: a foreign line does not exist, and on the own line the table of roles decides."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from api_routes import api_routes
from fastapi.routing import APIRoute
from finished_plans import ordered
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.access.roles import ALLOWED, EVERY_LINE, OF_INSTALLATION, Action, Role
from api.http.access import Require
from api.jobs.plan_order import PlanOrder
from api.services.installation import Installation, open_installation

OWN, FOREIGN = "beijing_yizhuang", "tutorial_line"
STUDIES = (
    "/v1/simulations", "/v1/sweeps", "/v1/calibrations", "/v1/telemetry-checks", "/v1/line-descriptions",
    "/v1/day-traces",
)  # fmt: skip
LINE_ORDERS = ("/v1/plans", *STUDIES)
"""The addresses whose order names a line."""
OF_A_KIND = tuple(f"{resource}/{{job_id}}" for resource in STUDIES)
"""The addresses that know only jobs of one kind; the job of the test is a plan."""

ROLES = [
    role if role in (Role.VIEWER, Role.PLANNER) else pytest.param(role, marks=pytest.mark.many_cases) for role in Role
]
"""Continuous integration walks the routes with every role, the default run with two of them."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path_factory.mktemp("data")))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[APIRoute]:
    return list(api_routes(app_in(tmp_path_factory.mktemp("routes"))))


@pytest.fixture(scope="module")
def port(installation: Installation) -> Iterator[int]:
    with served_app(app_in(installation.data, is_local=False)) as port:
        yield port


def client_of(role: Role, line: str, installation: Installation, port: int) -> httpx2.Client:
    key = installation.access.add(f"{role} of {line}", role, [line], timedelta(days=1), "a test")
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers)


BODIES: dict[str, Any] = {
    "/v1/plans/{plan_id}/approval": {"step": "approve"},
    "/v1/plans/{plan_id}/exports": {"format": "csv"},
    "/v1/live/{line_id}/advice/{advice_id}": {"answer": "acknowledged"},
    "/v1/live/{line_id}/advising": {"is_on": False},
    "/v1/live/{line_id}/alarms/{alarm_id}": {"action": "acknowledge"},
    "/v1/live/{line_id}/incidents": {"kind": "silent meters"},
    "/v1/live/{line_id}/messages": [],
    "/v1/live/{line_id}/recoveries": {"kind": "train failed", "train_id": "T1"},
    "/v1/plans/{plan_id}/versions": {"moves": [{"trip": "up-001", "by_s": 5}]},
}
"""The body of each POST that needs one, besides the line."""
UNKNOWN = ("unknown-plan", "unknown-line", "unknown-job", "unknown-version")


def asked(client: httpx2.Client, route: APIRoute, line: str, plan_id: str) -> tuple[int, str]:
    """Status and code of a request to a route, with a line and a plan in its address and its body."""
    parts = {
        "plan_id": plan_id, "job_id": plan_id, "line_id": line, "version": 1, "name": "plan.json", "user_id": "nobody",
        "key_id": "hw_00000000", "advice_id": "up-001.1", "alarm_id": "gap:T1", "vehicle": "four_car-01",
        "recovery_id": "a1",
    }  # fmt: skip
    address = route.path.format(**parts)
    (method,) = route.methods
    content: dict[str, Any] = {}
    if route.path == "/v1/imports":
        address, content = f"{address}?line={line}&check_only=true", {"content": b"no zip"}
    elif route.path == "/v1/lines/{line_id}/scenario-differences":
        address += "?before=1&after=1"
    elif route.path == "/v1/live/{line_id}/moments":
        address += "?time_s=1"
    elif method == "PUT" and "{line_id}" in route.path:
        content = {"content": b"name: x"}
    elif method in ("POST", "PUT"):
        needs_line = route.path in LINE_ORDERS
        study = {"study": {"factors": {"disturbances.dwell_noise_s": [0, 1]}}} if route.path == "/v1/sweeps" else {}
        content = {"json": {"scenario": line, **study} if needs_line else BODIES.get(route.path, {})}
    with client.stream(method, address, headers={"if-match": '"other"'}, **content) as answer:
        if "json" not in answer.headers.get("content-type", ""):
            return answer.status_code, ""
        body = json.loads(answer.read())
    return answer.status_code, body.get("code", "")


def action_of(route: APIRoute) -> Action | None:
    return next((one.call.action for one in route.dependant.dependencies if isinstance(one.call, Require)), None)


@pytest.mark.parametrize("role", ROLES)
def test_a_foreign_line_does_not_exist(
    role: Role, installation: Installation, port: int, routes: list[APIRoute]
) -> None:
    plan_id = ordered(installation.database, PlanOrder(FOREIGN))
    with client_of(role, OWN, installation, port) as client:
        for route in routes:
            action = action_of(route)
            status, code = asked(client, route, FOREIGN, plan_id)
            if action is not None and (role not in ALLOWED[action] or action in OF_INSTALLATION):
                assert (status, code) == (403, "role-missing"), route.path
            elif "{" in route.path:
                assert status == 404, route.path
                assert code in UNKNOWN, route.path
                assert asked(client, route, "none", "none")[:1] == (404,)
            elif route.path == "/v1/imports":
                assert (status, code) == (404, "unknown-line")
            elif route.path in LINE_ORDERS and "POST" in route.methods:
                assert (status, code) == (422, "input-faults"), route.path
        plans, lines = client.get("/v1/plans").json(), client.get("/v1/scenarios").json()
        assert plan_id not in [plan["id"] for plan in plans["plans"]]
        assert [line["name"] for line in lines["scenarios"]] == [OWN]
        counts = client.get("/health").json()["jobs"]
        jobs = client.get("/v1/jobs?limit=500").json()["jobs"]
        assert sum(counts.values()) == len(jobs)
        assert {job["line"] for job in jobs} <= {OWN}
        if role in ALLOWED[Action.ORDER_PLANS]:
            answer = client.post("/v1/plans", json={"scenario": OWN, "from_plan": plan_id, "keep_close_s": 30})
            unknown = client.post("/v1/plans", json={"scenario": OWN, "from_plan": "none", "keep_close_s": 30})
            assert answer.status_code == unknown.status_code == 422
            assert answer.text.replace(plan_id, "none") == unknown.text


@pytest.mark.parametrize("role", ROLES)
def test_on_the_own_line_the_table_decides(
    role: Role, installation: Installation, port: int, routes: list[APIRoute]
) -> None:
    with client_of(role, OWN, installation, port) as client:
        for route in routes:
            action = action_of(route)
            if action is None:
                continue
            # An owner for each role: a user may have a hundred jobs in the queue.
            needs_plan = "{plan_id}" in route.path or "{job_id}" in route.path
            plan_id = ordered(installation.database, PlanOrder(OWN), f"owner for {role}") if needs_plan else "none"
            status, code = asked(client, route, OWN, plan_id)
            allowed = role in ALLOWED[action] and action not in OF_INSTALLATION
            assert (code == "role-missing") == (not allowed), (route.path, status, code)
            assert status != 401
            if route.path not in OF_A_KIND:
                assert code not in UNKNOWN, route.path
            if allowed and (action is Action.STOP_PLANS or route.path in LINE_ORDERS):
                assert status in (200, 202), code


@pytest.mark.parametrize("role", ROLES)
def test_an_action_of_the_installation_needs_the_role_on_every_line(
    role: Role, installation: Installation, port: int, routes: list[APIRoute]
) -> None:
    found = [route for route in routes if action_of(route) in OF_INSTALLATION]
    assert {action_of(route) for route in found} == OF_INSTALLATION
    with client_of(role, EVERY_LINE, installation, port) as client:
        for route in found:
            action = action_of(route)
            assert action is not None
            status, code = asked(client, route, OWN, "none")
            assert (code == "role-missing") == (role not in ALLOWED[action]), (route.path, status, code)
            assert status in (200, 204, 403, 404, 409, 422), (route.path, status, code)


def test_different_roles_on_two_lines(installation: Installation, port: int) -> None:
    key = installation.access.add("both", Role.VIEWER, [FOREIGN, OWN], timedelta(days=1), "a test")
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {key}"})
    plan_id = ordered(installation.database, PlanOrder(FOREIGN + "+night"))
    with client:
        assert client.post(f"/v1/plans/{plan_id}/cancel").status_code == 403
        assert client.post("/v1/plans", json={"scenario": FOREIGN}).status_code == 403
    with client_of(Role.PLANNER, OWN, installation, port) as own:
        assert own.post(f"/v1/plans/{plan_id}/cancel").status_code == 404
