"""Plans: order, list, read, stop, and their files."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from api.jobs.plan_order import PlanOrder
from api.jobs.port import Job, Jobs, Keep, Limits, NewJob, TooManyJobsError
from api.jobs.stored_jobs import job_of
from api.plan_files.edits import EditReport, PlanEdit, StopMove
from api.plan_files.manifest import GRAPH_FILE, MODEL_FILES, PLAN_FILES
from api.problems import Problem, ProblemError, ProblemKind
from api.services.ids import cursor_of, is_storable, new_id, position_of
from api.services.kept import Kept
from api.services.order_check import OrderCheck
from api.state import plans as rows
from api.state.audit import Change, note
from api.state.database import Database, Session
from api.state.files import FileStore, hash_of
from api.state.idempotency import answered, note_answer
from api.state.line_filter import Caller
from api.state.lines import newest_scenarios, stored_version
from dispatch.planner.options import require_sensible
from energy_models.faults import Fault, InputFaults

RESULT_FILE = "result.json"


@dataclass(frozen=True, eq=False)
class PlanView:
    """A plan as the service shows it: the job of its version, its order, the state of its approval, and its files.

    `files` has the SHA-256 by name.

    Two views with the same plan and the same `tag` are equal. `damage` names the files that are not as they were
    written. `tag` differs after each change of the plan. `saving_percent` is the judged saving; None without a computed
    plan, or if no saving may be quoted.
    """

    plan_id: str
    line_id: str
    owner_id: str
    job: Job
    order: Mapping[str, Any]
    approval: str
    active_from: date | None
    version: int
    revision: int
    files: Mapping[str, str]
    damage: str = ""
    saving_percent: float | None = None

    def __eq__(self, other: object) -> bool:
        """Whether both are the same version of the same plan."""
        return isinstance(other, PlanView) and (self.plan_id, self.tag) == (other.plan_id, other.tag)

    def __hash__(self) -> int:
        """A number that is the same for equal views."""
        return hash((self.plan_id, self.tag))

    @property
    def tag(self) -> str:
        """A text that differs after each change."""
        damage = f"-{hashlib.sha256(self.damage.encode()).hexdigest()[:8]}" if self.damage else ""
        return f"{self.revision}-{self.job.change}{damage}"

    @property
    def problem(self) -> Problem | None:
        """The problem of a plan with files that were changed."""
        if not self.damage:
            return None
        return Problem(ProblemKind.PLAN_EDITED, f"Since the plan was written: {self.damage}. Its result is not proven.")


class Plans:
    """The plans of an installation."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        jobs: Jobs,
        check: OrderCheck,
        limits: Limits,
        views: Kept[rows.PlanStamp, PlanView] | None = None,
    ) -> None:
        self.database = database
        self._views = views if views is not None else Kept[rows.PlanStamp, PlanView]()
        self.files = files
        self.jobs = jobs
        self._check = check
        self._limits = limits

    def for_caller(self, caller: Caller) -> "Plans":
        """The plans that a caller may see."""
        return Plans(self.database.for_caller(caller), self.files, self.jobs, self._check, self._limits, self._views)

    def order(self, order: PlanOrder, owner_id: str, key: str | None = None, limits: Limits | None = None) -> PlanView:
        """Queue a plan; a repeated request with the same key gets the plan of the first one.

        `limits` are those of the role of the user; without them, the limits of the installation count.

        Raises `InputFaults` with the faults that the quick check finds, and `ProblemError` for a full queue or a key
        that was used with another order.
        """
        written = order.as_json()
        request = hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()
        if key is not None:
            with self.database.reading() as session:
                earlier = self._earlier(session, owner_id, key, request)
            if earlier is not None:
                return earlier
        faults = self._hidden_faults(order) or self._check.faults(order)
        if faults is None:
            faults = self._known_faults(order)
        if faults:
            raise InputFaults(faults)
        limits = limits or self._limits
        most = limits.replications
        if most is not None and order.replications > most:
            raise InputFaults([Fault("", "", "replications", str(order.replications), f"at most {most}")])
        with self.database.writing(changes_users=False) as session:
            if key is not None:
                earlier = self._earlier(session, owner_id, key, request)
                if earlier is not None:
                    return earlier
            if order.version is None:
                written["version"] = stored_version(session, order.line_id)
            plan_id = new_id()
            new = NewJob(plan_id, "plan", owner_id, written, order.lane, order.line_id)
            try:
                job = self.jobs.submit(session, new, limits)
            except TooManyJobsError as error:
                detail = (
                    f"{error.waiting} plans are waiting, and your role may have {limits.waiting} in the queue; order "
                    "again when some of them have ended."
                )
                raise ProblemError(ProblemKind.QUEUE_FULL, detail) from None
            rows.add_plan(session, plan_id, order.line_id, owner_id, job.created_at)
            ordered = {"status": "queued", "scenario": order.scenario, "order_sha256": request}
            note(session, Change("plan.ordered", "plan", plan_id, order.line_id, None, ordered), owner_id)
            if key is not None:
                note_answer(session, owner_id, key, request, plan_id)
        return PlanView(plan_id, order.line_id, owner_id, job, job.order, "draft", None, 1, 1, {})

    def read(self, plan_id: str) -> PlanView:
        """A plan; raises `ProblemError` for an unknown id."""
        with self.database.reading() as session:
            return self._read(session, plan_id)

    def newest(
        self, limit: int, cursor: str | None = None, lines: Collection[str] | None = None
    ) -> tuple[list[PlanView], str | None]:
        """Plans, newest first, and the cursor of the plans after them; None if there are none.

        Raises `InputFaults` for a cursor that did not come from here.
        """
        before = position_of(cursor) if cursor is not None else None
        with self.database.reading() as session:
            found = rows.plan_stamps(session, limit + 1, before, lines)
            views = self._of_stamps(session, found[:limit])
        last = found[limit - 1] if len(found) > limit else None
        return views, cursor_of(last.created_at, last.plan_id) if last is not None else None

    def cancel(self, plan_id: str, keep: Keep) -> PlanView:
        """Stop the job of a plan; raises `ProblemError` for an unknown plan or one that has ended before."""
        with self.database.writing() as session:
            view = self._read(session, plan_id)
            if view.job.has_ended:
                raise ProblemError(ProblemKind.ALREADY_FINISHED, f"The plan has ended before: {view.job.status}.")
            job = self.jobs.stop(session, view.job.job_id, keep)
            before, after = {"status": view.job.status}, {"status": job.status, "keep": keep}
            note(session, Change("plan.stopped", "plan", plan_id, view.line_id, before, after))
            return replace(view, job=job)

    def result(self, view: PlanView) -> bytes | None:
        """The result of a plan as JSON, as its job wrote it; None without one, or if its files were changed."""
        if view.damage or RESULT_FILE not in view.files:
            return None
        return self.files.path(view.files[RESULT_FILE]).read_bytes()

    def graph(self, plan_id: str) -> tuple[Path, str]:
        """Path and SHA-256 of the train graph, compressed JSON; raises `ProblemError` as `file` does."""
        view = self._finished(plan_id)
        if GRAPH_FILE not in view.files:
            detail = "An earlier version of Headwatt made the plan, without a train graph; edit or order it again."
            raise ProblemError(ProblemKind.UNKNOWN_FILE, detail)
        return self.files.path(view.files[GRAPH_FILE]), view.files[GRAPH_FILE]

    def check_edit(self, plan_id: str, moves: Sequence[tuple[str, int]], stops: Sequence[StopMove] = ()) -> EditReport:
        """The violations of a plan with moved trips and stops; nothing is stored.

        Raises `ProblemError` as `file` does, or if the check was not complete in time, and `InputFaults` for moves that
        the plan cannot have.
        """
        view = self._finished(plan_id)
        report = self._check.edit(PlanEdit(plan_id, view.version, tuple(moves), tuple(stops)))
        if report is None:
            raise ProblemError(ProblemKind.UNAVAILABLE, "The check took too long; try again.")
        if report.faults:
            raise InputFaults(report.faults)
        return report

    def file(self, plan_id: str, name: str) -> tuple[Path, str]:
        """Path and SHA-256 of a file of a plan; raises `ProblemError` if there is none, or if files were changed."""
        view = self._finished(plan_id)
        names = [known for known in (*PLAN_FILES, *MODEL_FILES) if known in view.files]
        if name not in names:
            raise ProblemError(ProblemKind.UNKNOWN_FILE, f"No file {name[:80]!r}; there are {', '.join(names)}.")
        return self.files.path(view.files[name]), view.files[name]

    def _finished(self, plan_id: str) -> PlanView:
        """A plan with files that are as they were written; raises `ProblemError`."""
        view = self.read(plan_id)
        if view.job.status != "succeeded":
            detail = f"The plan is {view.job.status}; only a succeeded plan has files."
            raise ProblemError(ProblemKind.NOT_FINISHED, detail)
        if view.problem is not None:
            raise ProblemError(view.problem.kind, view.problem.detail)
        return view

    def _read(self, session: Session, plan_id: str) -> PlanView:
        stamp = rows.plan_stamp(session, plan_id) if is_storable(plan_id) else None
        found = self._of_stamps(session, [stamp]) if stamp is not None else []
        if not found:
            raise unknown_plan(plan_id)
        damage = self._damage(found[0].files)
        return replace(found[0], damage=damage) if damage else found[0]

    def _of_stamps(self, session: Session, stamps: list[rows.PlanStamp]) -> list[PlanView]:
        """The plans of stamps, without a check of their files; only those that changed are read from the database."""
        views = {stamp.plan_id: self._views.get(stamp) for stamp in stamps}
        missing = [plan_id for plan_id, view in views.items() if view is None]
        if missing:
            records = rows.plan_records(session, missing)
            files = rows.files_of_plans(session, missing)  # after the plans: a plan that succeeded has its files
            for record in records:
                view = _view(record, files[record.plan.id] if record.job.status == "succeeded" else {})
                views[view.plan_id] = view
                self._views.put(
                    rows.PlanStamp(view.plan_id, record.plan.created_at, view.revision, view.job.change), view
                )
        return [view for view in views.values() if view is not None]

    def _damage(self, files: Mapping[str, str]) -> str:
        """Which files are not as they were written; a file is read again only if it looks different."""
        changed = []
        for name, sha256 in sorted(files.items()):
            path = self.files.place(sha256)
            try:
                seen = os.stat(path)  # noqa: PTH116
            except OSError:
                changed.append(f"{name} missing")
                continue
            if _hash_seen(path, seen.st_mtime_ns, seen.st_size) != sha256:
                changed.append(f"{name} changed")
        return ", ".join(changed)

    def _known_faults(self, order: PlanOrder) -> tuple[Fault, ...]:
        """The faults of an order that are found without its scenario."""
        faults: list[Fault] = []
        with self.database.reading() as session:
            known = {one.line_id: one.overrides for one in newest_scenarios(session)}
            start = rows.plan_record(session, order.from_plan) if order.from_plan is not None else None
        name, *overrides = (*order.scenario.split("+"), *order.overrides)
        if name not in known:
            faults.append(Fault("", "", "scenario", order.scenario, f"one of {', '.join(known)}"))
        for override in overrides:
            if name in known and override not in known[name]:
                faults.append(Fault("", "", "overrides", override, f"one of {', '.join(known[name]) or 'none'}"))
        if order.from_plan is not None and (start is None or start.job.status != "succeeded"):
            status = "there is no such plan" if start is None else start.job.status
            value = f"{order.from_plan} ({status})"
            faults.append(Fault("", "", "from_plan", value, "the id of a plan that succeeded"))
        try:
            require_sensible(order)
        except InputFaults as error:
            faults += error.faults
        return tuple(faults)

    def _hidden_faults(self, order: PlanOrder) -> tuple[Fault, ...]:
        """The faults of an order whose line or starting plan the caller may not see, as if both did not exist.

        The check of the order sees every line, so that these faults come before it.
        """
        if self.database.caller.lines is None:
            return ()
        faults: list[Fault] = []
        with self.database.reading() as session:
            known = [one.line_id for one in newest_scenarios(session)]
            start = rows.plan_record(session, order.from_plan) if order.from_plan is not None else None
        if order.line_id not in known:
            faults.append(Fault("", "", "scenario", order.scenario, f"one of {', '.join(known) or 'none'}"))
        if order.from_plan is not None and start is None:
            value = f"{order.from_plan} (there is no such plan)"
            faults.append(Fault("", "", "from_plan", value, "the id of a plan that succeeded"))
        return tuple(faults)

    def _earlier(self, session: Session, owner_id: str, key: str, request: str) -> PlanView | None:
        found = answered(session, owner_id, key)
        if found is None:
            return None
        if found.request_sha256 != request:
            raise ProblemError(ProblemKind.KEY_REUSED, "Send a new order with a new Idempotency-Key.")
        return self._read(session, found.answer_id)


def unknown_plan(plan_id: str) -> ProblemError:
    """The problem of an id without a plan."""
    return ProblemError(ProblemKind.UNKNOWN_PLAN, f"No plan has the id {plan_id[:80]!r}.")


def _view(record: rows.PlanRecord, files: Mapping[str, str]) -> PlanView:
    plan = record.plan
    return PlanView(
        plan.id, plan.line_id, plan.owner_id, job_of(record.job), record.order, plan.approval, plan.active_from,
        record.version.number, plan.revision, files, "", (record.version.figures or {}).get("saving_percent"),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _hash_seen(path: str, changed_ns: int, size: int) -> str:
    del changed_ns, size
    return hash_of(Path(path))
