"""A job from the queue to its end without a worker: computed in this process, published as a worker does."""

import io
import json
from pathlib import Path

from api.jobs.port import Job
from api.jobs.publishing import end
from api.jobs.stored_jobs import StoredJobs
from api.jobs.work import Messages, work
from api.state.database import Database
from api.state.files import FileStore
from api.state.jobs import begin_job
from dispatch.timing.task import SearchStop


def computed(database: Database, data: Path, job_id: str) -> Job:
    """Compute a job that waits in the queue; return it after its end."""
    with database.writing() as session:
        row = begin_job(session, job_id, "a test")
    assert row is not None
    sent = io.StringIO()
    job = {
        "kind": row.kind, "order": row.order, "data": str(data), "scratch": str(data / "scratch" / job_id),
        "database": database.url,
    }  # fmt: skip
    work(job, Messages(sent), SearchStop())
    outcome = json.loads(sent.getvalue().splitlines()[-1])["outcome"]
    with database.writing() as session:
        assert end(session, FileStore(data), job_id, outcome)
    with database.reading() as session:
        return StoredJobs().get(session, job_id)
