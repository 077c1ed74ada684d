"""The port of the jobs on the database: the process that answers requests only reads and writes rows."""

from typing import Any, cast

from api.jobs.port import Job, Keep, Limits, NewJob, Result, TooManyJobsError, UnknownJobError
from api.state import jobs as rows
from api.state.database import Session, now
from api.state.job_tables import JobRow


class StoredJobs:
    """The jobs as rows of the database. Workers find new jobs and requested stops there."""

    def submit(self, session: Session, job: NewJob, limits: Limits) -> Job:
        """Put a job into the queue; raises `TooManyJobsError`."""
        waiting = rows.waiting_jobs(session, job.owner_id)
        if waiting >= limits.waiting:
            raise TooManyJobsError(waiting)
        created_at = now()
        change = rows.add_job(
            session,
            id=job.job_id,
            kind=job.kind,
            lane=job.lane,
            line_id=job.line_id,
            owner_id=job.owner_id,
            order=dict(job.order),
            status="queued",
            attempt=0,
            created_at=created_at,
            stage="",
            share=0.0,
            limit_s=min((one for one in (job.limit_s, limits.seconds) if one is not None), default=None),
            at_once=limits.at_once,
        )
        return Job(
            job.job_id, job.kind, job.owner_id, job.line_id, dict(job.order), "queued", created_at, change=change
        )

    def get(self, session: Session, job_id: str) -> Job:
        """The present state of a job; raises `UnknownJobError`."""
        return job_of(_row(session, job_id))

    def stop(self, session: Session, job_id: str, keep: Keep = "nothing") -> Job:
        """End a job. With `best`, a running job ends with its best so far; a job in the queue has none."""
        if keep == "best" and _row(session, job_id).status == "running":
            rows.request_best(session, job_id)
        else:
            rows.end_job(session, job_id, "cancelled")
        return job_of(_row(session, job_id))

    def resume(self, session: Session, job_id: str) -> Job:
        """Put a job that failed or was cancelled back into the queue."""
        rows.queue_again(session, job_id, of_statuses=("failed", "cancelled"))
        return job_of(_row(session, job_id))

    def result(self, session: Session, job_id: str) -> Result | None:
        """What a job made; None unless it succeeded."""
        row = _row(session, job_id)
        if row.status != "succeeded" or row.result is None:
            return None
        return Result(row.result["facts"], row.result["files"])


def job_of(row: JobRow) -> Job:
    """The job in a row."""
    return Job(
        job_id=row.id,
        kind=cast(Any, row.kind),
        owner_id=row.owner_id,
        line_id=row.line_id,
        order=row.order,
        status=cast(Any, row.status),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        stage=row.stage,
        share=row.share,
        best=row.best,
        problem=row.problem,
        is_ending=row.status == "running" and row.stop == "best",
        change=row.change,
    )


def _row(session: Session, job_id: str) -> JobRow:
    row = rows.job_row(session, job_id)
    if row is None:
        raise UnknownJobError(job_id)
    return row
