"""What follows from the end of a job, in the transaction of this end: files, versions of plans and of scenarios."""

from collections.abc import Mapping
from typing import Any

from api.jobs.fleet_publishing import publish_fleet
from api.jobs.plan_publishing import publish_plan
from api.problems import Problem, ProblemKind
from api.state import jobs as rows
from api.state import lines, plans
from api.state.audit import Change, note
from api.state.database import Session
from api.state.files import FileStore, name_files
from api.state.job_tables import JobRow

EDITABLE = ("draft", "checked", "judged")
"""The states of approval in which a plan may get another version; an approved plan is withdrawn first."""


def end(session: Session, files: FileStore, job_id: str, outcome: Mapping[str, Any]) -> bool:
    """Write the outcome of a job, and make its result visible; False if the job had ended before."""
    job = rows.job_row(session, job_id)
    if job is None or job.status not in rows.ACTIVE:
        return False
    status, problem, result = outcome["status"], outcome["problem"], outcome["result"]
    if result is not None:
        refusal = _make_edit_current(session, job)
        refusal = refusal if refusal is not None else _refused_import(session, job, result)
        if refusal is not None:
            status, problem, result = "failed", refusal.as_json(), None
    has_ended = rows.end_job(session, job_id, status, problem, result)
    if has_ended and result is not None:
        _publish(session, files, job, result)
    return has_ended


def _make_edit_current(session: Session, job: JobRow) -> Problem | None:
    """Make the version of an edited plan the current one; the problem if the plan has changed since the order.

    This is done before the end is written, because only the change itself shows whether nobody else was faster. Other
    kinds of jobs change nothing here.
    """
    if job.kind != "revise":
        return None
    base = int(job.order["plan_version"])
    if plans.make_current(session, job.order["plan"], job.id, base, EDITABLE, job.owner_id):
        return None
    return Problem(
        ProblemKind.STALE, "Meanwhile the plan got another version, or was approved; edit its present version."
    )


def _refused_import(session: Session, job: JobRow, result: Mapping[str, Any]) -> Problem | None:
    """Why an imported scenario cannot become the newest version of its line any more; None if it can."""
    if job.kind != "import" or "scenario" not in result["facts"]:
        return None
    newest = lines.newest_scenario(session, job.order["line"])
    number = newest.number if newest is not None else None
    if newest is not None and newest.origin == "bundled":
        return Problem(ProblemKind.READ_ONLY, "A bundled line cannot be changed; import it under another name.")
    if _edits_newest(job.order) and number != job.order["base_version"]:
        return Problem(ProblemKind.STALE, f"Meanwhile the line got version {number}; edit this version.")
    return None


def _edits_newest(order: Mapping[str, Any]) -> bool:
    """Whether an import changes a version of its own line, which must still be the newest one."""
    return bool(order["form"] == "edit" or (order["form"] == "changes" and order["base_line"] == order["line"]))


def _publish(session: Session, files: FileStore, job: JobRow, result: Mapping[str, Any]) -> None:
    """Name the files of a job, and make what it made visible."""
    if job.kind in ("plan", "revise"):
        publish_plan(session, files, job.id, result)
        return
    name_files(session, files, result["files"].values())
    rows.add_job_files(session, job.id, "result", result["files"])
    publish_fleet(session, files, job, result)
    if job.kind == "import" and "scenario" in result["facts"]:
        found = result["facts"]["scenario"]
        facts = lines.ScenarioFacts(
            job.order["line"], found["title"], found["length_km"], found["stations"], tuple(found["overrides"]),
            found["scenario_hash"],
        )  # fmt: skip
        number = lines.register_scenario(session, facts, "imported", job.owner_id, found["files"])
        known = {name: value for name, value in result["facts"].items() if name != "scenario"}
        rows.note_result(session, job.id, {**result, "facts": {**known, "version": number}})
        made = {"version": number, "scenario_hash": found["scenario_hash"]}
        note(session, Change("scenario.version", "line", facts.line_id, facts.line_id, None, made), job.owner_id)
