"""The audit log: every change has its entry in the same transaction, and the chain shows what was changed later."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from finished_plans import ordered
from prepared_data import prepared_data
from served_app import app_in, served_app
from sqlalchemy import text
from typer.testing import CliRunner

from api.access.roles import EVERY_LINE, Role
from api.cli.main import app
from api.jobs.plan_order import PlanOrder
from api.services.access import Access
from api.services.audit import Audit
from api.services.installation import open_installation
from api.state.audit import Change, note
from api.state.database import Database
from api.state.plans import approvals, change_approval, plan_record

pytest_plugins = ["state_databases"]


def noted(database: Database, count: int) -> None:
    for number in range(count):
        with database.writing() as session:
            note(session, Change("tried", "test", str(number), "line", {"a": "ü"}, {"a": number, "b": None}), "ada")


def test_an_intact_log_is_verified(database: Database) -> None:
    audit = Audit(database)
    assert audit.verify().entries == 0
    noted(database, 3)
    found = audit.verify()
    assert (found.entries, found.fault) == (3, None)
    noted(database, 1)
    assert audit.verify(found.newest_hash).fault is None
    assert [one.number for one in audit.newest(2)] == [4, 3]
    assert audit.newest(1)[0].after == {"a": 0, "b": None}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_log SET actor_id = 'eve' WHERE id = 2", "entry 2 was changed"),
        ("UPDATE audit_log SET after = NULL WHERE id = 3", "entry 3 was changed"),
        ("UPDATE audit_log SET request_id = 'x' WHERE id = 1", "entry 1 was changed"),
        ("DELETE FROM audit_log WHERE id = 2", "entry 2 is missing"),
        ("DELETE FROM audit_log WHERE id = 1", "entry 1 is missing"),
        ("DELETE FROM audit_log WHERE id = 4", "no entry has the hash"),
    ],
)
def test_a_change_of_the_log_is_found(database: Database, statement: str, fault: str) -> None:
    noted(database, 4)
    kept = Audit(database).verify().newest_hash
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text(statement))
    found = Audit(database).verify(kept).fault
    assert found is not None
    assert fault in found


def test_entries_of_many_threads_form_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: noted(database, 5), range(6)))
    assert (Audit(database).verify().entries, Audit(database).verify().fault) == (30, None)


def test_an_entry_vanishes_with_its_change(database: Database) -> None:
    plan_id = ordered(database, PlanOrder("tutorial_line"))

    def fails() -> None:
        with database.writing() as session:
            record = plan_record(session, plan_id)
            assert record is not None
            assert change_approval(session, record.plan, "checked", "ada", "")
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        fails()
    assert Audit(database).verify().entries == 0
    with database.writing() as session:
        record = plan_record(session, plan_id)
        assert record is not None
        change_approval(session, record.plan, "checked", "ada", "seen")
        (step,) = approvals(session, plan_id)
    assert (step.before, step.after) == ("draft", "checked")
    (entry,) = Audit(database).newest(10)
    assert (entry.actor_id, entry.action, entry.object_id) == ("ada", "plan.checked", plan_id)
    assert (entry.before, entry.after) == (
        {"approval": "draft", "revision": 1},
        {"approval": "checked", "revision": 2, "active_from": None, "note": "seen"},
    )


@pytest.mark.many_cases
def test_changes_of_requests_and_commands_have_their_user_and_request(tmp_path: Path) -> None:
    installation = open_installation(prepared_data(tmp_path))
    installation.prepare(lambda _line: None)
    key = Access(installation.database).add("ada", Role.ADMIN, [EVERY_LINE], timedelta(days=1), "command line")
    headers = {"authorization": f"Bearer {key}", "x-request-id": "request-0001"}
    with (
        served_app(app_in(tmp_path)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers) as client,
    ):
        answer = client.post("/v1/plans", json={"scenario": "tutorial_line"})
        plan_id = answer.json()["id"]
        assert answer.headers["x-request-id"] == "request-0001"
        stopped = client.post(f"/v1/plans/{plan_id}/cancel", headers={"x-request-id": "a\tb"})
        assert len(stopped.headers["x-request-id"]) == 32
        refused = client.get("/v1/plans", headers={"authorization": "Bearer none"})
        assert (refused.status_code, refused.headers["x-request-id"]) == (401, "request-0001")
    installation.access.revoke_role("ada", None, "command line")
    entries = list(reversed(installation.audit.newest(10)))
    assert [(one.actor_id, one.action, one.object_id) for one in entries] == [
        ("command line", "key.added", "ada"),
        ("ada", "plan.ordered", plan_id),
        ("ada", "plan.stopped", plan_id),
        ("command line", "role.revoked", "ada"),
    ]
    assert entries[1].request_id == "request-0001"
    assert entries[2].request_id == stopped.headers["x-request-id"]
    assert entries[1].line_id == "tutorial_line"
    verified = CliRunner().invoke(app, ("audit", "verify", "--data", str(tmp_path)))
    assert (verified.exit_code, verified.stdout.startswith("4 entries")) == (0, True)
    assert key not in CliRunner().invoke(app, ("audit", "list", "--data", str(tmp_path))).output
    with installation.database.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE audit_log SET actor_id = 'eve' WHERE id = 3"))
    assert CliRunner().invoke(app, ("audit", "verify", "--data", str(tmp_path))).exit_code == 1
    installation.close()
