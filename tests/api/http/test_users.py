"""Users, keys and the audit log over HTTP: for administrators of every line, with a lost update refused."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.access.roles import EVERY_LINE, Role
from api.services.installation import Installation, open_installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx2.Client]:
    key = installation.access.add("root", Role.ADMIN, [EVERY_LINE], timedelta(days=1), "a test")
    with served_app(app_in(installation.data)) as port:
        headers = {"authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers) as client:
            yield client


def test_a_user_is_added_changed_and_ended(client: httpx2.Client, installation: Installation) -> None:
    wanted = {"roles": {"tutorial_line": "planner"}}
    added = client.put("/v1/users/ada", json=wanted)
    assert (added.status_code, added.json()["roles"]) == (201, {"tutorial_line": "planner"})
    assert client.put("/v1/users/ada", json=wanted).status_code == 428
    read = client.get("/v1/users/ada")
    assert read.headers["etag"] == added.headers["etag"]
    changed = client.put("/v1/users/ada", json={"roles": {"*": "viewer"}}, headers={"if-match": read.headers["etag"]})
    assert (changed.status_code, changed.json()["roles"]) == (200, {"*": "viewer"})
    stale = client.put("/v1/users/ada", json=wanted, headers={"if-match": read.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert client.put("/v1/users/eve", json=wanted, headers={"if-match": '"x"'}).status_code == 412

    made = client.post("/v1/keys", json={"user": "ada", "role": "viewer", "lines": ["tutorial_line"], "days": 2})
    assert made.status_code == 201, made.text
    own = {"authorization": f"Bearer {made.json()['secret']}"}
    assert client.get("/v1/plans", headers=own).status_code == 200
    assert client.get("/v1/users", headers=own).status_code == 403
    prefix = made.json()["key"]["key"]
    assert prefix in [key["key"] for key in client.get("/v1/keys").json()["keys"]]
    assert made.json()["secret"][12:] not in client.get("/v1/keys").text + client.get("/v1/users").text
    assert client.delete(f"/v1/keys/{prefix}").status_code == 204
    assert client.delete(f"/v1/keys/{prefix}").status_code == 204
    assert client.get("/v1/plans", headers=own).status_code == 401

    link = client.post("/v1/users/ada/links")
    assert link.json()["path"].startswith("/sign-in#link=hwl_")
    token = link.json()["path"].partition("=")[2]
    assert client.post("/v1/sessions", json={"link": token}).status_code == 201
    assert client.delete("/v1/users/ada").status_code == 204
    assert client.get("/v1/users/ada").json()["disabled_at"] is not None
    assert client.post("/v1/users/ada/links").status_code == 422
    actions = [entry.action for entry in reversed(installation.audit.newest(20)) if entry.object_id == "ada"]
    assert actions == [
        "user.added", "roles.set", "key.added", "key.revoked", "link.made", "session.began", "role.revoked",
    ]  # fmt: skip
    (change,) = [entry for entry in installation.audit.newest(20) if entry.action == "roles.set"]
    assert (change.actor_id, change.before, change.after) == (
        "root", {"roles": {"tutorial_line": "planner"}}, {"roles": {"*": "viewer"}},
    )  # fmt: skip
    assert change.request_id


def test_wrong_names_and_roles_are_refused(client: httpx2.Client) -> None:
    for name in ("local", "headwatt", "oidc:ada", "x" * 101, "a%0ab"):
        answer = client.put(f"/v1/users/{name}", json={"roles": {}})
        assert answer.status_code in (404, 422), name
    for roles in ({"nowhere": "viewer"}, {"*": "boss"}, {"*": None}, [], {"": "viewer"}):
        assert client.put("/v1/users/ada", json={"roles": roles}).status_code == 422, roles
    for change in ({"user": "none"}, {"role": "boss"}, {"lines": []}, {"lines": ["nowhere"]}, {"days": 0}, {"x": 1}):
        wanted = {"user": "root", "role": "viewer", "lines": ["*"], "days": 1} | change
        assert client.post("/v1/keys", json=wanted).status_code == 422, change
    for address in ("/v1/users/none", "/v1/users/a%00b", "/v1/users/%C3%BC"):
        assert client.get(address).json()["code"] in ("unknown-user", "unknown-path")
        assert client.delete(address).status_code == 404
    assert client.delete("/v1/keys/hw_00000000").status_code == 422
    assert client.get("/v1/users/none").status_code == 404


def test_lists_go_on_at_next(client: httpx2.Client) -> None:
    for number in range(5):
        assert client.put(f"/v1/users/user {number}", json={"roles": {}}).status_code == 201
        client.post("/v1/keys", json={"user": f"user {number}", "role": "viewer"})
    for address, name, count in (("/v1/users", "users", 6), ("/v1/keys", "keys", 6), ("/v1/audit", "entries", 11)):
        whole = client.get(address).json()
        assert len(whole[name]) == count
        assert whole["next"] is None
        pieces, following = [], f"{address}?limit=2"
        while following is not None:
            page = client.get(following).json()
            pieces += page[name]
            following = page["next"]
        assert pieces == whole[name]
    assert client.get("/v1/audit?cursor=x").status_code == 422
    assert client.get("/v1/users?cursor=%00").status_code == 422
    entries = client.get("/v1/audit").json()["entries"]
    assert [entry["number"] for entry in entries] == list(range(11, 0, -1))
