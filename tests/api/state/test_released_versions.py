"""A database of each released version with real rows is kept here as text, and goes up and down on both databases.

`versions/REVISION/TABLE.jsonl` has the rows as `api.state.rows_as_text` writes them. A new revision adds a folder: rows
that the code of this revision made, never rows that a later revision changed.
"""

import pytest
from released_versions import RELEASED, filled

from api.services.audit import Audit
from api.state.database import Database
from api.state.jobs import active_jobs
from api.state.migrate import downgrade, newest_revision, revision_of, upgrade
from api.state.plans import approvals, plan_files, plan_records, plan_stamps
from api.state.rows_as_text import lines_of, own_tables, snapshot, table_in

pytest_plugins = ["state_databases"]


def rows_in(database: Database) -> dict[str, list[str]]:
    with snapshot(database) as connection:
        return {name: list(lines_of(connection, table_in(connection, name))) for name in own_tables(connection)}


@pytest.mark.parametrize("revision", RELEASED)
def test_a_released_database_goes_up_and_down_and_keeps_its_rows(database_url: str, revision: str) -> None:
    database = Database(database_url)
    filled(database, revision)
    before = rows_in(database)
    assert before["plans"]
    assert before["audit_log"]
    upgrade(database)
    assert revision_of(database) == newest_revision()
    with database.reading() as session:
        plans = plan_records(session, [stamp.plan_id for stamp in plan_stamps(session, 10)])
        assert len(plans) == len(before["plans"])
        assert {plan.plan.approval for plan in plans} >= {"active", "superseded", "draft"}
        files = [plan_files(session, plan.plan.id, 1) for plan in plans if plan.job.status == "succeeded"]
        assert all(set(names) == {"timetable.csv", "result.json"} for names in files)
        assert [step.after for plan in plans for step in approvals(session, plan.plan.id)].count("approved") == 2
        assert [job.status for job in active_jobs(session)] == ["queued"]
    found = Audit(database).verify()
    assert (found.entries, found.fault) == (len(before["audit_log"]), None)
    downgrade(database, revision)
    assert rows_in(database) == before
    database.close()


def test_each_revision_goes_down_to_the_one_before(database_url: str) -> None:
    database = Database(database_url)
    filled(database, RELEASED[-1])
    upgrade(database)
    downgrade(database, "-1")
    assert revision_of(database) != newest_revision()
    upgrade(database)
    assert rows_in(database)["plans"]
    database.close()
