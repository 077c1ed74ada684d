"""Approvals on both databases: who may take which step, what is in force on a day, and the way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from finished_plans import ordered

from api.jobs.plan_order import PlanOrder
from api.jobs.plan_publishing import publish_plan
from api.jobs.port import Limits
from api.jobs.stored_jobs import StoredJobs
from api.problems import ProblemError
from api.services.approvals import SECOND_PERSON, Approvals
from api.services.order_check import OrderCheck
from api.services.plans import Plans
from api.state.database import Database, now
from api.state.files import FileStore
from api.state.jobs import end_job
from api.state.lines import ScenarioFacts, change_setting, register_scenario

pytest_plugins = ["state_databases"]

LINE = "tutorial_line"
TODAY = now().date()  # the line has no zone


class Office:
    """Approvals with plans of one line, which need no files here."""

    def __init__(self, database: Database, data: Path) -> None:
        self.database = database
        self.files = FileStore(data)
        self.plans = Plans(database, self.files, StoredJobs(), OrderCheck(database.url, data), Limits())
        self.approvals = Approvals(self.plans)
        with database.writing() as session:
            register_scenario(session, ScenarioFacts(LINE, "Tutorial line", 3.0, 4, (), "0" * 64), "bundled", "a test")

    def plan(self, result_status: str = "feasible", *, passed: bool = True) -> str:
        plan_id = ordered(self.database, PlanOrder(LINE), "ada")
        facts = {
            "result_status": result_status, "checks_passed": passed, "scenario_hash": "", "plan_sha256": "",
            "model_version": "", "figures": {},
        }  # fmt: skip
        with self.database.writing() as session:
            end_job(session, plan_id, "succeeded")
            publish_plan(session, self.files, plan_id, {"facts": facts, "files": {}})
        return plan_id

    def state(self, plan_id: str) -> str:
        return self.plans.read(plan_id).approval

    def take(self, plan_id: str, step: str, by: str = "bob", days: int | None = None) -> None:
        begin = None if days is None else TODAY + timedelta(days=days)
        revision = self.plans.read(plan_id).revision
        self.approvals.take(plan_id, step, by, revision, "", begin)  # type: ignore[arg-type]

    def active(self, days: int = 0) -> str:
        plan_id = self.plan()
        self.take(plan_id, "approve")
        self.take(plan_id, "activate", days=days)
        return plan_id

    def in_force(self, days: int = 0) -> str | None:
        found = self.approvals.in_force(LINE, TODAY + timedelta(days=days))
        return None if found is None else found.plan_id


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def test_a_job_brings_a_plan_as_far_as_it_is_proven(office: Office) -> None:
    assert office.state(office.plan()) == "judged"
    assert office.state(office.plan("rejected")) == "checked"
    assert office.state(office.plan("rejected", passed=False)) == "draft"


def test_a_step_needs_its_state(office: Office) -> None:
    rejected, judged = office.plan("rejected"), office.plan()
    for plan_id, step in ((rejected, "approve"), (judged, "activate"), (judged, "withdraw")):
        with pytest.raises(ProblemError) as caught:
            office.take(plan_id, step)
        assert caught.value.problem.kind.value.code == "wrong-state"
    office.take(judged, "approve")
    office.take(judged, "withdraw")
    assert office.state(judged) == "judged"


def test_a_step_on_a_plan_that_was_changed_is_refused(office: Office) -> None:
    plan_id = office.plan()
    read = office.plans.read(plan_id).revision
    office.take(plan_id, "approve")
    with pytest.raises(ProblemError) as caught:
        office.approvals.take(plan_id, "withdraw", "bob", read)
    assert caught.value.problem.kind.value.code == "stale"


def test_a_second_person_approves_if_the_setting_demands_it(office: Office) -> None:
    first, second = office.plan(), office.plan()
    office.take(first, "approve", by="ada")
    with office.database.writing() as session:
        change_setting(session, SECOND_PERSON, True, "a test")
    with pytest.raises(ProblemError) as caught:
        office.take(second, "approve", by="ada")
    assert caught.value.problem.kind.value.code == "second-person-required"
    office.take(second, "approve", by="bob")
    assert office.state(second) == "approved"


def test_a_plan_holds_from_its_day_until_its_successor_begins(office: Office) -> None:
    assert office.in_force() is None
    first = office.active()
    second = office.active(days=3)
    assert [office.in_force(days) for days in (0, 2, 3, 9)] == [first, first, second, second]
    assert office.state(first) == "active"
    third = office.active()
    assert office.state(first) == "superseded"
    assert office.in_force() == third
    with pytest.raises(ProblemError):
        office.active(days=-1)


def test_a_roll_back_makes_the_plan_before_active_again(office: Office) -> None:
    with pytest.raises(ProblemError):
        office.approvals.roll_back(LINE, "bob")
    first, second = office.active(), office.active()
    restored = office.approvals.roll_back(LINE, "bob", "trains were late")
    assert restored is not None
    assert (restored.plan_id, restored.approval) == (first, "active")
    assert (office.state(second), office.in_force()) == ("superseded", first)
    notes = [(step.after, step.by_id, step.note) for step in office.approvals.steps(second)]
    assert notes[-1] == ("superseded", "bob", "trains were late")


def test_a_line_that_is_not_there_is_named(office: Office) -> None:
    for line in ("atlantis", "x" * 300, "\x00"):
        with pytest.raises(ProblemError) as caught:
            office.approvals.in_force(line)
        assert caught.value.problem.kind.value.code == "unknown-line"


def test_an_archived_plan_takes_no_step_until_it_is_restored_to_the_state_before(office: Office) -> None:
    judged, checked = office.plan(), office.plan("rejected")
    for plan_id, state in ((judged, "judged"), (checked, "checked")):
        office.take(plan_id, "archive")
        assert office.state(plan_id) == "archived"
        with pytest.raises(ProblemError, match="archived"):
            office.take(plan_id, "approve")
        office.take(plan_id, "restore")
        assert office.state(plan_id) == state
    office.take(judged, "approve")
    with pytest.raises(ProblemError, match="archive needs draft or checked or judged"):
        office.take(judged, "archive")
    assert [step.after for step in office.approvals.steps(judged)][-3:] == ["archived", "judged", "approved"]


def test_a_plan_at_work_is_not_archived(office: Office) -> None:
    plan_id = ordered(office.database, PlanOrder(LINE), "ada")
    with pytest.raises(ProblemError, match="at work"):
        office.take(plan_id, "archive")
