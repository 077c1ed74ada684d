"""Orders of jobs that are no plans: studies of a line, studies of a plan, edits of a plan, imports of a scenario."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api.jobs.orders import ImportOrder, LineOrder, Order, RevisionOrder
from api.jobs.port import JobKind, Jobs, Limits, NewJob, TooManyJobsError
from api.jobs.publishing import EDITABLE
from api.jobs.scenario_archive import name_fault
from api.problems import ProblemError, ProblemKind
from api.services.ids import is_storable, new_id
from api.services.jobs import JobList, JobView
from api.services.plans import Plans, PlanView
from api.state import lines as line_rows
from api.state import plans as plan_rows
from api.state.audit import Change, note
from api.state.database import Session
from api.state.files import FileStore, name_files
from api.state.idempotency import answered, note_answer
from api.state.jobs import add_job_files
from api.state.line_filter import Caller
from api.state.tables import LineRow, ScenarioVersionRow
from energy_models.faults import Fault, InputFaults

IMPORT_S = 600.0
"""Longest time of an import in seconds: no file may keep a worker for longer."""
_BUNDLED = "bundled"


LimitsOfLine = Callable[[str], Limits]
"""The limits of a user on a line."""


class Studies:
    """The orders of an installation."""

    def __init__(self, plans: Plans, job_list: JobList, files: FileStore, jobs: Jobs, limits: LimitsOfLine) -> None:
        self.database = job_list.database
        self._plans = plans
        self._list = job_list
        self._files = files
        self._jobs = jobs
        self._limits = limits

    def for_caller(self, caller: Caller, limits: LimitsOfLine) -> "Studies":
        """The orders of a caller, about lines that the caller may see; `limits` are those of the caller on a line."""
        return Studies(self._plans.for_caller(caller), self._list.for_caller(caller), self._files, self._jobs, limits)

    def of_line(self, kind: JobKind, order: LineOrder, owner_id: str, key: str | None = None) -> JobView:
        """Queue a study of a line. Raises `InputFaults` for an unknown line, version, override or plan."""
        written = order.model_dump(mode="json")
        earlier = self._answered(owner_id, key, kind, written)
        if earlier is not None:
            return earlier
        request = _hash(kind, written)
        faults: list[Fault] = []
        with self.database.reading() as session:
            newest = line_rows.newest_scenario(session, order.scenario)
            if newest is None:
                known = ", ".join(one.line_id for one in line_rows.newest_scenarios(session))
                raise InputFaults([Fault("", "", "scenario", order.scenario, f"one of {known or 'none'}")])
            version = newest
            if order.version is not None:
                found = line_rows.scenario_version(session, order.scenario, order.version)
                if found is None:
                    faults.append(Fault("", "", "version", str(order.version), f"1 to {newest.number}"))
                else:
                    version = found
            elif newest.origin != _BUNDLED:
                written["version"] = newest.number
            faults += _overrides(written, version)
        faults += self._start(written, order.scenario)
        faults += self._too_many_days(written, order.scenario)
        if faults:
            raise InputFaults(faults)
        return self._submit(kind, order, order.scenario, written, owner_id, key, request)

    def of_plan(
        self, kind: JobKind, plan_id: str, order: Order, owner_id: str, key: str | None = None, tag: str | None = None
    ) -> JobView:
        """Queue a study or an edit of a plan.

        With `tag`, the plan must still be the one with this tag. Raises `ProblemError` for an unknown plan, one that
        has not succeeded, whose files were changed, or that may not be edited; `InputFaults` for the other plan.
        """
        view = self._plans.read(plan_id)
        body = {"plan": plan_id, **order.model_dump(mode="json")}
        earlier = self._answered(owner_id, key, kind, body)
        if earlier is not None:
            return earlier
        self._require_result(view)
        if tag is not None and tag != view.tag:
            raise ProblemError(ProblemKind.STALE, "The plan was changed meanwhile; read it again.")
        if isinstance(order, RevisionOrder) and view.approval not in EDITABLE:
            detail = f"The plan is {view.approval}; withdraw it, or order a plan that starts from it."
            raise ProblemError(ProblemKind.WRONG_STATE, detail)
        written = {**body, "plan_version": view.version}
        if body.get("other") is not None:
            other = self._succeeded(str(body["other"]), view.line_id, "other")
            written["other_version"] = other.version
        faults = self._too_many_days(written, view.line_id)
        if faults:
            raise InputFaults(faults)
        return self._submit(kind, order, view.line_id, written, owner_id, key, _hash(kind, body))

    def import_scenario(self, order: ImportOrder, file: Path, owner_id: str, key: str | None = None) -> JobView:
        """Queue the import of a file; the caller must be allowed to change the line.

        Raises `ProblemError` for a bundled line or a version that is not the newest, `InputFaults` for other faults.
        """
        written = order.model_dump(mode="json")
        sha256 = self._files.put(file)
        body = {**written, "file": sha256}
        earlier = self._answered(owner_id, key, "import", body)
        if earlier is not None:
            return earlier
        faults = [fault] if order.form == "edit" and (fault := name_fault(order.file_name)) is not None else []
        with self.database.reading() as session:
            newest = line_rows.newest_scenario(session, order.line)
            known = [one.line_id for one in line_rows.newest_scenarios(session)]
            if order.like is not None and order.like not in known:
                faults.append(Fault("", "", "like", order.like, f"one of {', '.join(known) or 'none'}"))
        if newest is not None and newest.origin == _BUNDLED and not order.check_only:
            raise ProblemError(ProblemKind.READ_ONLY, f"{order.line} is bundled; import it under another name.")
        if faults:
            raise InputFaults(faults)
        return self._submit("import", order, order.line, body, owner_id, key, _hash("import", body), sha256)

    def versions(self, plan_id: str) -> list[tuple[int, JobView, str | None]]:
        """The versions of a plan, newest first: number, job, and status of the result."""
        self._plans.read(plan_id)
        with self.database.reading() as session:
            found = [
                (one.number, one.job_id, one.result_status) for one, _ in plan_rows.plan_versions(session, plan_id)
            ]
        return [(number, self._list.read(job_id), status) for number, job_id, status in found]

    def _submit(
        self, kind: JobKind, order: Order, line_id: str, written: Mapping[str, Any], owner_id: str, key: str | None,
        request: str, file: str | None = None,
    ) -> JobView:  # fmt: skip
        with self.database.writing() as session:
            earlier = self._earlier(session, owner_id, key, request)
            if earlier is None:
                job_id = new_id()
                limit_s = IMPORT_S if kind == "import" else None
                new = NewJob(job_id, kind, owner_id, written, order.lane(), line_id, limit_s)
                try:
                    job = self._jobs.submit(session, new, self._limits(line_id))
                except TooManyJobsError as error:
                    detail = f"{error.waiting} jobs are waiting; order again when some of them have ended."
                    raise ProblemError(ProblemKind.QUEUE_FULL, detail) from None
                if file is not None:
                    name_files(session, self._files, [file])
                    add_job_files(session, job_id, "input", {str(written["file_name"]): file})
                if kind == "revise":
                    plan_rows.add_version(session, written["plan"], job_id, job.created_at)
                ordered = {"status": "queued", "kind": kind, "order_sha256": request}
                note(session, Change("job.ordered", "job", job_id, line_id, None, ordered), owner_id)
                if key is not None:
                    note_answer(session, owner_id, key, request, job_id)
                return JobView(job, {}, {})
        return self._list.read(earlier)

    def _answered(self, owner_id: str, key: str | None, kind: JobKind, body: Mapping[str, Any]) -> JobView | None:
        if key is None:
            return None
        with self.database.reading() as session:
            earlier = self._earlier(session, owner_id, key, _hash(kind, body))
        return self._list.read(earlier) if earlier is not None else None

    def _earlier(self, session: Session, owner_id: str, key: str | None, request: str) -> str | None:
        found = answered(session, owner_id, key) if key is not None else None
        if found is None:
            return None
        if found.request_sha256 != request:
            raise ProblemError(ProblemKind.KEY_REUSED, "Send a new order with a new Idempotency-Key.")
        return found.answer_id

    def _start(self, written: dict[str, Any], line_id: str) -> list[Fault]:
        """Fix the version of the plan of an order; return the fault of a plan that cannot be used."""
        if written.get("plan") is None:
            return []
        try:
            written["plan_version"] = self._succeeded(str(written["plan"]), line_id, "plan").version
        except InputFaults as error:
            return list(error.faults)
        return []

    def _succeeded(self, plan_id: str, line_id: str, field: str) -> PlanView:
        """A plan of a line that succeeded; raises `InputFaults`."""
        try:
            view = self._plans.read(plan_id)
        except ProblemError:
            view = None
        status: str = "there is no such plan" if view is None else view.job.status
        if view is None or view.line_id != line_id or status != "succeeded" or view.damage:
            if view is not None and view.line_id != line_id:
                status = f"a plan of {view.line_id}"
            allowed = f"the id of a plan of {line_id} that succeeded"
            raise InputFaults([Fault("", "", field, f"{plan_id} ({status})", allowed)])
        return view

    def _require_result(self, view: PlanView) -> None:
        if view.job.status != "succeeded":
            detail = f"The plan is {view.job.status}; only a succeeded plan has a result."
            raise ProblemError(ProblemKind.NOT_FINISHED, detail)
        if view.problem is not None:
            raise ProblemError(view.problem.kind, view.problem.detail)

    def _too_many_days(self, written: Mapping[str, Any], line_id: str) -> list[Fault]:
        most, days = self._limits(line_id).replications, written.get("replications")
        if most is None or not isinstance(days, int) or days <= most:
            return []
        return [Fault("", "", "replications", str(days), f"at most {most}")]


def line_exists(session: Session, line_id: str) -> bool:
    """Whether the caller of a session sees a line."""
    return is_storable(line_id) and session.get(LineRow, line_id) is not None


def _overrides(written: Mapping[str, Any], version: ScenarioVersionRow) -> list[Fault]:
    known = version.overrides
    allowed = f"one of {', '.join(known) or 'none'}"
    return [Fault("", "", "overrides", one, allowed) for one in written.get("overrides", ()) if one not in known]


def _hash(kind: JobKind, body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([kind, body], sort_keys=True).encode()).hexdigest()
