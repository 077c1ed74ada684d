"""Jobs of every kind: list, read, stop, and their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.jobs.port import Job, JobKind, Jobs, JobStatus, Keep
from api.jobs.stored_jobs import job_of
from api.problems import ProblemError, ProblemKind
from api.services.ids import cursor_of, is_storable, position_of
from api.services.kept import Kept
from api.state import jobs as rows
from api.state.audit import Change, note
from api.state.database import Database, Session
from api.state.files import FileStore
from api.state.job_tables import JobRow
from api.state.line_filter import Caller

RESULT_FILE = "result.json"


@dataclass(frozen=True, eq=False)
class JobView:
    """A job as the service shows it, with the facts and the files (SHA-256 by name) of its result.

    Two views with the same job and the same `tag` are equal.
    """

    job: Job
    facts: dict[str, Any]
    files: dict[str, str]

    def __eq__(self, other: object) -> bool:
        """Whether both are the same version of the same job."""
        return isinstance(other, JobView) and (self.job.job_id, self.tag) == (other.job.job_id, other.tag)

    def __hash__(self) -> int:
        """A number that is the same for equal views."""
        return hash((self.job.job_id, self.tag))

    @property
    def tag(self) -> str:
        """A text that differs after each change."""
        return f"{self.job.change}"


class JobList:
    """The jobs of an installation."""

    def __init__(
        self, database: Database, files: FileStore, jobs: Jobs, views: Kept[rows.JobStamp, JobView] | None = None
    ) -> None:
        self.database = database
        self._views = views if views is not None else Kept[rows.JobStamp, JobView]()
        self.files = files
        self._jobs = jobs

    def for_caller(self, caller: Caller) -> "JobList":
        """The jobs of the lines that a caller may see."""
        return JobList(self.database.for_caller(caller), self.files, self._jobs, self._views)

    def newest(
        self,
        limit: int,
        cursor: str | None = None,
        kinds: Sequence[JobKind] = (),
        statuses: Sequence[JobStatus] = (),
    ) -> tuple[list[JobView], str | None]:
        """Jobs, newest first, without their files, and the cursor of the jobs after them; None if there are none.

        Raises `InputFaults` for a cursor that did not come from here.
        """
        before = position_of(cursor) if cursor is not None else None
        with self.database.reading() as session:
            found = rows.newest_jobs(session, limit + 1, before, kinds, statuses)
            views = self._of_stamps(session, found[:limit])
        last = found[limit - 1] if len(found) > limit else None
        return views, cursor_of(last.created_at, last.job_id) if last is not None else None

    def read(self, job_id: str, kind: JobKind | None = None) -> JobView:
        """A job; raises `ProblemError` for an unknown id, and for a job of another kind."""
        with self.database.reading() as session:
            stamp = rows.job_stamp(session, job_id) if is_storable(job_id) else None
            found = self._of_stamps(session, [stamp]) if stamp is not None else []
        if not found or (kind is not None and found[0].job.kind != kind):
            raise unknown_job(job_id)
        return found[0]

    def stop(self, job_id: str, keep: Keep) -> JobView:
        """Stop a job; raises `ProblemError` for an unknown job, one that has ended, and one without a best so far."""
        with self.database.writing() as session:
            row = _row(session, job_id)
            before = row.status
            if before not in rows.ACTIVE:
                raise ProblemError(ProblemKind.ALREADY_FINISHED, f"The job has ended before: {before}.")
            if keep == "best" and row.kind != "plan":
                raise ProblemError(ProblemKind.NO_BEST, "Only the search of a plan has a best result so far.")
            job = self._jobs.stop(session, job_id, keep)
            after = {"status": job.status, "keep": keep}
            note(session, Change("job.stopped", "job", job_id, row.line_id, {"status": before}, after))
            return JobView(job, {}, {})

    def _of_stamps(self, session: Session, stamps: list[rows.JobStamp]) -> list[JobView]:
        """The jobs of stamps; only those that changed are read from the database."""
        views = {stamp.job_id: self._views.get(stamp) for stamp in stamps}
        missing = [job_id for job_id, view in views.items() if view is None]
        if missing:
            found = rows.job_rows(session, missing)
            files = rows.files_of_jobs(session, missing)  # after the jobs: a job that succeeded has its files
            for row in found:
                view = _view(row, files[row.id])
                views[row.id] = view
                self._views.put(rows.JobStamp(row.id, row.created_at, row.change), view)
        return [view for view in views.values() if view is not None]

    def result(self, view: JobView) -> bytes | None:
        """The document of a job as JSON; None without one, or if its file is missing."""
        sha256 = view.files.get(RESULT_FILE)
        path = self.files.path(sha256) if sha256 is not None else None
        return path.read_bytes() if path is not None and path.is_file() else None

    def file(self, job_id: str, name: str) -> tuple[Path, str]:
        """Path and SHA-256 of a file of the result of a job; raises `ProblemError` if there is none."""
        view = self.read(job_id)
        if view.job.status != "succeeded":
            detail = f"The job is {view.job.status}; only a succeeded job has files."
            raise ProblemError(ProblemKind.NOT_FINISHED, detail)
        sha256 = view.files.get(name)
        path = self.files.path(sha256) if sha256 is not None else None
        if sha256 is None or path is None or not path.is_file():
            known = ", ".join(view.files) or "none"
            raise ProblemError(ProblemKind.UNKNOWN_FILE, f"No file {name[:80]!r}; there are {known[:2000]}.")
        return path, sha256


def unknown_job(job_id: str) -> ProblemError:
    """The problem of an id without a job."""
    return ProblemError(ProblemKind.UNKNOWN_JOB, f"No job has the id {job_id[:80]!r}.")


def _row(session: Session, job_id: str, kind: JobKind | None = None) -> JobRow:
    row = rows.job_row(session, job_id) if is_storable(job_id) else None
    if row is None or (kind is not None and row.kind != kind):
        raise unknown_job(job_id)
    return row


def _view(row: JobRow, files: dict[str, str]) -> JobView:
    facts = dict(row.result["facts"]) if row.result is not None and row.kind != "plan" else {}
    return JobView(job_of(row), facts, files)
