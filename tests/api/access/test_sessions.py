"""Sessions of browsers: begun with a key or a link that works once, and ended by the user, by time, or with the key."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.access.keys import new_key
from api.access.redaction import without_secrets
from api.access.roles import EVERY_LINE, Role
from api.access.sessions import Lifetimes, csrf_token, new_link_token, new_session_secret
from api.problems import ProblemError
from api.services.access import Access
from api.services.audit import Audit
from api.services.installation import Installation, open_installation
from api.services.sessions import Sessions
from api.state.database import Database
from energy_models.faults import InputFaults

pytest_plugins = ["state_databases"]
DAY = timedelta(days=1)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


def client_at(port: int) -> httpx2.Client:
    return httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0)


def test_a_link_works_once_and_only_the_newest_one(database: Database) -> None:
    sessions = Sessions(database, Lifetimes())
    first, second = sessions.first_link(), sessions.first_link()
    assert first is not None
    assert second is not None
    for wrong in (first, new_link_token(), "hwl_", "x"):
        with pytest.raises(ProblemError, match="unknown, was used"):
            sessions.begin(link=wrong)

    def begin(_: int) -> str | None:
        try:
            return sessions.begin(link=second).secret
        except ProblemError:
            return None

    with ThreadPoolExecutor(6) as pool:
        began = [one for one in pool.map(begin, range(6)) if one is not None]
    assert len(began) == 1
    view = sessions.of_secret(began[0])
    assert view is not None
    assert view.principal.actor_id == "admin"
    assert view.principal.may_somewhere
    assert began[0] not in repr(view)
    assert sessions.first_link() is None
    actions = [one.action for one in reversed(Audit(database).newest(10))]
    assert actions == ["user.added", "link.made", "link.made", "session.began"]
    with pytest.raises(InputFaults, match="from the list"):
        sessions.new_link("nobody", "a test")


def test_an_expired_link_gives_nothing(database: Database) -> None:
    sessions = Sessions(database, Lifetimes(link=timedelta(0)))
    link = sessions.first_link()
    with pytest.raises(ProblemError):
        sessions.begin(link=link or "")


def test_a_session_ends_by_time_with_its_key_and_with_its_user(database: Database) -> None:
    access = Access(database)
    key = access.add("ada", Role.PLANNER, [EVERY_LINE], DAY, "a test")
    sessions = Sessions(database, Lifetimes())
    secrets = [sessions.begin(key=key).secret for _ in range(3)]
    for lifetimes in (Lifetimes(idle=timedelta(0)), Lifetimes(longest=timedelta(0))):
        other = Sessions(database, lifetimes)
        assert other.of_secret(other.begin(key=key).secret) is None
    sessions.end(secrets[0], "ada")
    assert [sessions.of_secret(one) is not None for one in secrets] == [False, True, True]
    access.add("ada", Role.VIEWER, [EVERY_LINE], DAY, "a test")
    view = sessions.of_secret(secrets[1])
    assert view is not None
    assert dict(view.principal.grants.roles) == {EVERY_LINE: Role.VIEWER}
    assert dict(view.principal.scopes.roles) == {EVERY_LINE: Role.PLANNER}
    access.revoke_key(key[:11], "a test")
    assert sessions.of_secret(secrets[1]) is None
    with pytest.raises(ProblemError):
        sessions.begin(key=key)
    again = sessions.begin(key=access.add("ada", Role.VIEWER, [EVERY_LINE], DAY, "a test")).secret
    access.revoke_role("ada", None, "a test")
    assert sessions.of_secret(again) is None
    assert sessions.of_secret(new_session_secret()) is None
    assert sessions.of_secret("' OR 1=1 --") is None


def test_a_session_of_a_key_ends_no_later_than_the_key(database: Database) -> None:
    key = Access(database).add("ada", Role.VIEWER, [EVERY_LINE], timedelta(minutes=5), "a test")
    longest = Lifetimes().longest
    view = Sessions(database, Lifetimes()).begin(key=key)
    assert view.expires_at < view.expires_at + longest
    (row,) = [one for user in Access(database).users() for one in user.keys]
    assert view.expires_at == row.expires_at


def test_the_cookie_is_hidden_from_scripts_and_other_sites(installation: Installation, tmp_path: Path) -> None:
    key = installation.access.add("ada", Role.ADMIN, [EVERY_LINE], DAY, "a test")
    with served_app(app_in(tmp_path, is_local=False)) as port, client_at(port) as client:
        answer = client.post("/v1/sessions", json={"key": key})
        assert answer.status_code == 201
        name, *attributes = answer.headers["set-cookie"].split("; ")
        assert name.startswith("headwatt=hws_")
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
        assert "Secure" not in attributes
        assert name.partition("=")[2] not in answer.text
        assert key not in answer.text
    with served_app(app_in(tmp_path, is_local=False, is_secure=True)) as port, client_at(port) as client:
        cookie = client.post("/v1/sessions", json={"key": key}).headers["set-cookie"]
        assert cookie.startswith("__Host-headwatt=hws_")
        assert "; Secure" in cookie
        secret = cookie.partition(";")[0].partition("=")[2]
        assert client.get("/v1/plans", headers={"cookie": f"headwatt={secret}"}).status_code == 401
        assert client.get("/v1/plans", headers={"cookie": f"__Host-headwatt={secret}"}).status_code == 200


def test_a_changing_request_of_a_session_needs_its_token(installation: Installation, tmp_path: Path) -> None:
    key = installation.access.add("ada", Role.PLANNER, ["tutorial_line"], DAY, "a test")
    with served_app(app_in(tmp_path, is_local=False)) as port, client_at(port) as client:
        began = client.post("/v1/sessions", json={"key": key}).json()
        assert client.get("/v1/session").json() == began
        assert (began["user"], began["limits"]) == ("ada", {"tutorial_line": "planner"})
        client.post("/v1/sessions", json={"key": key})  # the token of another session does not fit
        for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": began["csrf_token"]}):
            answer = client.post("/v1/plans", json={"scenario": "tutorial_line"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf-token-required")
        token = client.get("/v1/session").json()["csrf_token"]
        foreign = {"x-csrf-token": token, "origin": "http://evil.example"}
        answer = client.post("/v1/plans", json={"scenario": "tutorial_line"}, headers=foreign)
        assert answer.json()["code"] == "cross-origin"
        answer = client.post("/v1/plans", json={"scenario": "tutorial_line"}, headers={"x-csrf-token": token})
        assert answer.status_code == 202, answer.text
        assert client.delete("/v1/session").status_code == 403
        assert client.delete("/v1/session", headers={"x-csrf-token": token}).status_code == 204
        assert client.get("/v1/session").status_code == 401
    entries = [(one.actor_id, one.action) for one in installation.audit.newest(2)]
    assert entries == [("ada", "session.ended"), ("ada", "plan.ordered")]


def test_without_a_session_only_the_page_of_the_sign_in_answers(installation: Installation, tmp_path: Path) -> None:
    installation.access.add("ada", Role.ADMIN, [EVERY_LINE], DAY, "a test")
    with served_app(app_in(tmp_path)) as port, client_at(port) as client:
        moved = client.get("/", headers={"accept": "text/html"})
        assert (moved.status_code, moved.headers["location"]) == (303, "/sign-in")
        assert client.get("/").status_code == 401
        page = client.get("/sign-in")
        assert page.status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        assert [client.get(f"/pages/{name}").status_code for name in ("sign_in.js", "page.css", "tokens.css")] == [
            200
        ] * 3
        assert client.get("/pages/page.js").status_code == 401
        for body in ({}, {"key": "a", "link": "b"}, {"key": new_key().secret}, {"link": new_link_token()}, {"key": 5}):
            answer = client.post("/v1/sessions", json=body)
            assert answer.status_code in (401, 422), body
            assert "set-cookie" not in answer.headers


def test_an_answer_about_a_wrong_body_hides_the_key(installation: Installation, tmp_path: Path) -> None:
    key = installation.access.add("ada", Role.ADMIN, [EVERY_LINE], DAY, "a test")
    with served_app(app_in(tmp_path)) as port, client_at(port) as client:
        answer = client.post("/v1/sessions", json={"Key": key, "link": [key]})
        assert answer.status_code == 422
        assert key[12:] not in answer.text


def test_secrets_are_replaced_in_texts() -> None:
    secrets = [new_key().secret, new_link_token(), new_session_secret()]
    text = f"{secrets} postgresql+psycopg://planner:hunter2@db/headwatt {json.dumps({'Authorization': 'Bearer abc'})}"
    shown = without_secrets(text + " Cookie: headwatt=abc\nplain")
    assert not any(secret[12:] in shown for secret in secrets)
    assert "hunter2" not in shown
    assert "abc" not in shown
    assert shown.endswith("\nplain")
    assert secrets[0][:11] in shown
    assert csrf_token("a") != csrf_token("b")
