"""Keys: without users this machine needs none; with users every request needs a valid one, which appears nowhere."""

import json
import logging
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app
from typer.testing import CliRunner

from api.access.exposure import is_local_only
from api.access.keys import hash_of_key, key_in, new_key
from api.access.roles import EVERY_LINE, Role
from api.cli.main import app
from api.services.installation import Installation, open_installation
from energy_models.faults import InputFaults

ADDRESSES = (
    "/",
    "/pages/page.js",
    "/openapi.json",
    "/health",
    "/health/ready",
    "/v1/scenarios",
    "/v1/plans",
    "/nothing",
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


def added(installation: Installation, name: str = "ada", role: Role = Role.ADMIN, days: int = 1) -> str:
    return installation.access.add(name, role, [EVERY_LINE], timedelta(days=days), "a test")


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def refused(answer: httpx2.Response) -> None:
    """Check that a request got the problem of a missing key, and nothing else."""
    assert (answer.status_code, answer.json()["code"]) == (401, "key-required")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_this_machine_needs_a_key_as_soon_as_there_is_a_user(installation: Installation, tmp_path: Path) -> None:
    with (
        served_app(app_in(tmp_path)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        assert client.get("/v1/plans").status_code == 200
        refused(client.get("/v1/plans", headers={"x-forwarded-for": "192.0.2.1"}))
        refused(client.get("/v1/plans", headers=bearer(new_key().secret)))
        key = added(installation)
        for address in ADDRESSES:
            refused(client.get(address))
            assert client.get(address, headers=bearer(key)).status_code in (200, 404, 503), address
        refused(client.post("/v1/plans", content=b"x" * 900_000))
        assert client.get("/health/live").status_code == 200
        installation.access.revoke_role("ada", None, "a test")
        refused(client.get("/v1/plans", headers=bearer(key)))
        refused(client.get("/v1/plans"))


def test_beyond_this_machine_every_request_needs_a_key(installation: Installation, tmp_path: Path) -> None:
    with (
        served_app(app_in(tmp_path, is_local=False)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        for address in ADDRESSES:
            refused(client.get(address))
        assert client.get("/v1/plans", headers=bearer(added(installation))).status_code == 200


@pytest.mark.many_cases
def test_expired_and_revoked_keys_are_refused_in_the_same_way(installation: Installation, tmp_path: Path) -> None:
    good, expired, revoked = added(installation), added(installation, days=-1), added(installation)
    installation.access.revoke_key("_".join(revoked.split("_")[:2]), "a test")
    bad = [expired, revoked, new_key().secret, good[:-1], good + "x", good.upper(), "ü", "' OR 1=1 --"]
    with (
        served_app(app_in(tmp_path)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        assert client.get("/v1/plans", headers=bearer(good)).status_code == 200
        answers = [client.get("/v1/plans", headers={b"authorization": f"Bearer {key}".encode()}) for key in bad]
        for answer in answers:
            refused(answer)
        assert len({answer.content for answer in answers}) == 1
        refused(client.get("/v1/plans", headers=[("authorization", f"Bearer {good}")] * 2))
        refused(client.get(f"/v1/plans?key={good}"))
        refused(client.get("/v1/plans", headers={"authorization": f"Basic {good}"}))


@pytest.mark.many_cases
def test_a_key_appears_in_no_answer_no_log_and_no_file(
    installation: Installation, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    key = added(installation)
    application = app_in(tmp_path)

    @application.get("/fails")
    def fails() -> None:
        raise RuntimeError("a fault")

    with served_app(application) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
        requests = (
            ("GET", "/v1/plans?limit=x", None), ("GET", "/fails", None), ("POST", "/v1/plans", b"{"),
            ("POST", "/v1/plans", b'{"scenario": "none"}'), ("PUT", "/v1/plans", None), ("GET", "/v1/plans/x", None),
        )  # fmt: skip
        headers = bearer(key) | {"content-type": "application/json"}
        answers = [client.request(method, at, content=content, headers=headers) for method, at, content in requests]
        assert all(answer.status_code >= 400 for answer in answers)
        assert not any(key in answer.text + str(answer.headers) for answer in answers)
    ours = [record for record in caplog.records if not record.name.startswith(("httpcore", "httpx", "hpack"))]
    assert any("/fails failed" in record.getMessage() for record in ours)
    assert not any(key in f"{record.getMessage()} {record.exc_text}" for record in ours)
    captured = capfd.readouterr()
    assert key not in captured.out + captured.err
    assert not any(key.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert any(hash_of_key(key).encode() in file.read_bytes() for file in tmp_path.rglob("*.sqlite*"))


def test_a_key_is_shown_once_and_hides_its_secret_in_errors() -> None:
    first, second = new_key(), new_key()
    assert first.secret != second.secret
    assert first.secret not in repr(first)
    assert key_in(f"bearer  {first.secret} ") == first.secret
    assert key_in(first.secret) is None


@pytest.mark.many_cases
def test_the_commands_add_list_and_revoke(tmp_path: Path) -> None:
    run = CliRunner().invoke
    data = ("--data", str(tmp_path))
    made = run(app, ("access", "add", "ada", "--role", "planner", "--line", "tutorial_line", *data))
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key_in(f"Bearer {key}") == key
    shown = run(app, ("access", "list", "--json", *data))
    (user,) = json.loads(shown.stdout)["users"]
    assert (user["name"], user["roles"]) == ("ada", {"tutorial_line": "planner"})
    assert user["keys"][0]["key"] == key[:11]
    assert key not in shown.output + run(app, ("access", "list", *data)).output
    wrong = run(app, ("access", "add", "a\nb", "--role", "viewer", "--line", "nowhere", *data))
    assert wrong.exit_code == 2
    unknown = run(app, ("access", "revoke", "--key", key, *data))
    assert unknown.exit_code == 2
    assert key not in unknown.output
    assert run(app, ("access", "revoke", "--key", key[:11], *data)).exit_code == 0
    (user,) = json.loads(run(app, ("access", "list", "--json", *data)).stdout)["users"]
    assert user["keys"][0]["revoked_at"] is not None


def test_beyond_this_machine_the_service_needs_tls_or_a_proxy(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.write_text("a certificate")
    assert is_local_only("127.0.0.1", None, None, False)
    assert is_local_only("::1", None, None, False)
    assert is_local_only("localhost", file, file, False)
    assert not is_local_only("127.0.0.1", None, None, True)
    assert not is_local_only("0.0.0.0", None, None, True)
    assert not is_local_only("192.0.2.1", file, file, False)
    for host in ("0.0.0.0", "::", "192.0.2.1", "plans.example", "127.0.0.1.example"):
        with pytest.raises(InputFaults, match="behind-tls-proxy"):
            is_local_only(host, None, None, False)
    with pytest.raises(InputFaults, match="tls-key"):
        is_local_only("0.0.0.0", file, None, False)
    with pytest.raises(InputFaults, match="PEM"):
        is_local_only("0.0.0.0", file, tmp_path / "none", False)
    refused = CliRunner().invoke(app, ("serve", "--host", "0.0.0.0", "--data", str(tmp_path / "data")))
    assert refused.exit_code == 2
    assert not (tmp_path / "data").exists()


@pytest.mark.many_cases
def test_the_protocol_of_the_service_works_with_tls(installation: Installation, tmp_path: Path) -> None:
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(private), "-out", str(chain))
    subprocess.run(
        ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject, *files),
        check=True,
        capture_output=True,
    )
    key = added(installation)
    trusted = ssl.create_default_context(cafile=str(chain))
    with (
        served_app(app_in(tmp_path, is_local=False), ssl_certfile=chain, ssl_keyfile=private) as port,
        httpx2.Client(base_url=f"https://localhost:{port}", verify=trusted) as client,
    ):
        assert client.get("/v1/plans", headers=bearer(key)).status_code == 200
        refused(client.get("/v1/plans"))
