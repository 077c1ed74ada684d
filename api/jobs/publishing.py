"""What follows from the end of a job, in the transaction of this end: files, versions of plans and of scenarios."""

from collections.abc import Mapping
from typing import Any

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
    if result is not None and (found := _obstacle(session, job, result)) is not None:
        status, problem, result = "failed", found.as_json(), None
    has_ended = rows.end_job(session, job_id, status, problem, result)
    if has_ended and result is not None:
        _publish(session, files, job, result)
    return has_ended


def _obstacle(session: Session, job: JobRow, result: Mapping[str, Any]) -> Problem | None:
    """Why the result of a job cannot be published any more; None if it can.

    The version of an edited plan becomes the current one here, because only then nobody else can change the plan.
    """
    if job.kind == "revise":
        base = int(job.order["plan_version"])
        if not plans.make_current(session, job.order["plan"], job.id, base, EDITABLE, job.owner_id):
            detail = "Meanwhile the plan got another version, or was approved; edit its present version."
            return Problem(ProblemKind.STALE, detail)
    if job.kind == "import" and "scenario" in result["facts"]:
        newest = lines.newest_scenario(session, job.order["line"])
        number = newest.number if newest is not None else None
        if newest is not None and newest.origin == "bundled":
            return Problem(ProblemKind.READ_ONLY, "A bundled line cannot be changed; import it under another name.")
        if job.order["form"] == "edit" and number != job.order["base_version"]:
            return Problem(ProblemKind.STALE, f"Meanwhile the line got version {number}; edit this version.")
    return None


def _publish(session: Session, files: FileStore, job: JobRow, result: Mapping[str, Any]) -> None:
    """Name the files of a job, and make what it made visible."""
    if job.kind in ("plan", "revise"):
        publish_plan(session, files, job.id, result)
        return
    name_files(session, files, result["files"].values())
    rows.add_job_files(session, job.id, "result", result["files"])
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
