"""Requests that an attacker sends: each is refused with a short problem, and the service goes on."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from served_app import app_in, served_app

from api.http import request_guard, slow_connections
from api.problems import MOST_FAULTS

JSON = {"content-type": "application/json"}
ORDER = {"scenario": "tutorial_line"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with (
        served_app(app_in(tmp_path_factory.mktemp("data"), ["plans.example"], checks=True)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        yield client


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, after checking that it is short and allows nothing in a browser."""
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert len(response.content) < 100_000
    return dict(response.json())


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "a b", "[::1"]
)
def test_a_name_that_somebody_points_at_this_machine_gets_nothing(client: httpx2.Client, host: str) -> None:
    for address in ("/", "/v1/plans", "/pages/page.js", "/openapi.json"):
        assert client.get(address, headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost:8740", "127.0.0.1", "[::1]:8740", "plans.example", "PLANS.example:443"])
def test_addresses_and_names_of_the_setting_are_answered(client: httpx2.Client, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://[bad"},
    ],
)
def test_a_page_of_another_origin_changes_nothing(client: httpx2.Client, headers: dict[str, str]) -> None:
    plain = {"content-type": "text/plain"}
    for address in ("/v1/plans", "/v1/plans/x/cancel", "/v1/telemetry"):
        problem(client.post(address, content=json.dumps(ORDER), headers=headers | plain), 403, "cross-origin")
    assert client.get("/v1/plans").json()["plans"] == []


def test_a_form_is_no_order_and_the_own_page_may_send(client: httpx2.Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post("/v1/plans", content=json.dumps(ORDER), headers={"content-type": kind})
        problem(answer, 415, "wrong-media-type")
    own = {"origin": str(client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    problem(client.post("/v1/plans", json={"scenario": "none"}, headers=own), 422, "input-faults")


def test_every_answer_limits_what_a_browser_does(client: httpx2.Client) -> None:
    answers = [client.get(address) for address in ("/", "/health", "/pages/page.css", "/nothing", "/openapi.json")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert "script-src 'self'" in answers[0].headers["content-security-policy"]


def test_large_bodies_are_refused_before_they_are_read(client: httpx2.Client) -> None:
    large = {"scenario": "tutorial_line", "fixes": {"trips": ["up-001"] * 2_000_000}}
    problem(client.post("/v1/plans", json=large), 413, "too-large")

    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    problem(client.post("/v1/plans", content=pieces(), headers=JSON), 413, "too-large")


@pytest.mark.many_cases
@pytest.mark.parametrize(
    "content",
    [
        {"scenario": "tutorial_line", **{f"key_{number}": 1 for number in range(40_000)}},
        {"scenario": "tutorial_line", "fixes": {f"key_{number}": 1 for number in range(40_000)}},
        {"scenario": "tutorial_line", "vehicle": {f"key_{number}": 1 for number in range(40_000)}},
        {"scenario": "tutorial_line", "fixes": {"trips": [f"none-{number}" for number in range(20_000)]}},
        {"scenario": "tutorial_line", "fixes": {"trips": [[]] * 40_000}},
        {"scenario": "tutorial_line", "fixes": "".join(f"key_{number}: 1\n" for number in range(3_000))},
        {"scenario": "tutorial_line", "k" * 90_000: 1, "headways": "x" * 900},
    ],
)
def test_very_many_faults_are_counted_not_listed(client: httpx2.Client, content: dict[str, object]) -> None:
    answer = client.post("/v1/plans", json=content)
    assert answer.status_code == 422
    assert len(answer.content) < 60_000
    assert len(answer.json()["errors"]) <= MOST_FAULTS + 1


def test_many_values_in_one_order_are_refused(client: httpx2.Client) -> None:
    text = '{"scenario": "tutorial_line", "fixes": {"trips": [' + "0," * 200_000 + "0]}}"
    problem(client.post("/v1/plans", content=text, headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize(
    "text",
    [
        '{"scenario": "tutorial_line", "fixes": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"scenario": "tutorial_line", "fixes": {"a": ' + "[" * 900 + "]" * 900 + "}}",
        '{"scenario": "tutorial_line", "seed": ' + "9" * 4_301 + "}",
        '{"scenario": "tutorial_line", "fixes": {"spare_trains": ' + "9" * 4_301 + "}}",
        '{"scenario": "tutorial_line", "fixes": {"trips": ["\\ud800"]}}',
        '{"scenario": "tutorial_line", "headways": "\\udfff"}',
        '{"scenario": "tutorial_line", "from_plan": "\\ud800\\\\udc00"}',
        '{"\\ud800": 1}',
    ],
)
def test_json_that_no_field_can_hold_is_malformed(client: httpx2.Client, text: str) -> None:
    problem(client.post("/v1/plans", content=text, headers=JSON), 400, "malformed-json")


def test_json_with_pairs_and_escaped_backslashes_is_read(client: httpx2.Client) -> None:
    text = r'{"scenario": "tutorial_line", "fixes": {"trips": ["\ud83d\ude87 \\ud800 [[[ 99999"]}}'
    body = problem(client.post("/v1/plans", content=text, headers=JSON), 422, "input-faults")
    assert body["errors"][0]["value"] == "🚇 \\ud800 [[[ 99999"
    problem(client.post("/v1/plans", content=b'{"scenario": "\xff"}', headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize(
    "name", ["a" * 256, "a" * 5_000, "é" * 130, "a%00b", "%ed%a0%80", "%ff%fe", "..%2f..%2fetc", "%0a"]
)
def test_names_that_no_file_system_takes_are_unknown(client: httpx2.Client, name: str) -> None:
    for address in (f"/v1/plans/{name}", f"/v1/plans/{name}/report", f"/v1/plans/x/files/{name}", f"/pages/{name}"):
        assert client.get(address).status_code == 404
    assert client.post(f"/v1/plans/{name}/cancel").status_code == 404


def test_a_nested_text_costs_nothing(client: httpx2.Client) -> None:
    texts = ("trips: " + "[" * 20_000, "trips:\n  " + "- " * 20_000, "? " * 20_000, "a: {" + "? " * 10_000)
    for field in ("fixes", "vehicle"):
        for text in texts:
            problem(client.post("/v1/plans", json={**ORDER, field: text}), 422, "input-faults")


@pytest.mark.many_cases
def test_a_connection_stays_usable_after_an_unexpected_error(tmp_path: Path) -> None:
    app = app_in(tmp_path)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the password is 1234")

    with served_app(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(3):
            connection.request("GET", "/broken")
            answer = connection.getresponse()
            body = json.loads(answer.read())
            assert (answer.status, body["code"], body["whose_fault"]) == (500, "internal-error", "headwatt")
            assert "1234" not in json.dumps(body)
            assert answer.getheader("x-content-type-options") == "nosniff"
            assert connection.sock is not None
        first = connection.sock
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        assert connection.sock is first
        connection.close()


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a service whose limits of time are short."""
    monkeypatch.setattr(slow_connections, "HEAD_S", 0.3)
    monkeypatch.setattr(slow_connections, "READING_S", 0.3)
    monkeypatch.setattr(request_guard, "BODY_S", 0.3)
    app = app_in(tmp_path)

    @app.get("/long")
    def long() -> list[str]:
        return ["x" * 1_000] * 40_000

    with served_app(app) as port:
        yield port


@pytest.mark.many_cases
def test_fifty_connections_that_send_nothing_are_ended(impatient: int) -> None:
    begun = (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"P")
    connections = [socket.create_connection(("127.0.0.1", impatient)) for _ in range(50)]
    for number, connection in enumerate(connections):
        connection.sendall(begun[number % 3])
    for connection in connections:
        connection.settimeout(30.0)
        assert ended(connection)


def test_a_head_without_an_end_is_refused(tmp_path: Path) -> None:
    with served_app(app_in(tmp_path)) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(30.0)
        sent, answer = 0, b""
        try:
            while sent < 20_000_000:
                connection.sendall(
                    b"GET / HTTP/1.1\r\nHost: localhost\r\n" if sent == 0 else b"X: " + b"a" * 9_997 + b"\r\n"
                )
                sent += 10_000
            answer = connection.recv(1_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < 20_000_000
    assert not answer or b" 400 " in answer


@pytest.mark.many_cases
def test_a_body_that_never_arrives_is_ended_with_a_problem(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient)) as connection:
        head = "POST /v1/plans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
        connection.sendall(f"{head}\r\n{{".encode())
        connection.settimeout(30.0)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert b"HTTP/1.1 408" in answer
    assert b"too-slow" in answer


@pytest.mark.many_cases
def test_a_client_that_does_not_read_is_ended(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient)) as connection:
        connection.settimeout(30.0)
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1.5)
        received = 0
        try:
            while piece := connection.recv(1_000_000):
                received += len(piece)
        except ConnectionResetError:
            pass
    assert received < 40_000_000


def ended(connection: socket.socket) -> bool:
    """Whether the service ends a connection, with or without an answer."""
    try:
        while connection.recv(4_096):
            pass
    except ConnectionResetError:
        pass
    connection.close()
    return True
