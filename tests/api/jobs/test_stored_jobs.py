"""The port of the jobs on both databases: each call is a transition of rows, and the first end of a job stays."""

from dataclasses import replace

import pytest

from api.jobs.port import Job, Limits, NewJob, TooManyJobsError, UnknownJobError
from api.jobs.stored_jobs import StoredJobs
from api.state import jobs as rows
from api.state.database import Database
from api.state.jobs import newest_change

pytest_plugins = ["state_databases"]

NEW = NewJob("one", "plan", "ada", {"scenario": "tutorial_line"}, "short", "tutorial_line")
JOBS = StoredJobs()
UNLIMITED = Limits()


def submitted(database: Database, *ids: str, owner: str = "ada", limits: Limits = UNLIMITED) -> None:
    for job_id in ids:
        with database.writing() as session:
            JOBS.submit(session, replace(NEW, job_id=job_id, owner_id=owner), limits)


def found(database: Database, job_id: str = "one") -> Job:
    with database.reading() as session:
        return JOBS.get(session, job_id)


def begun(database: Database, worker: str = "w1") -> bool:
    with database.writing() as session:
        return rows.begin_job(session, "one", worker) is not None


def test_a_job_is_kept_as_it_was_submitted(database: Database) -> None:
    submitted(database, "one")
    job = found(database)
    assert (job.status, job.order, job.owner_id, job.line_id) == ("queued", NEW.order, "ada", "tutorial_line")
    with database.reading() as session, pytest.raises(UnknownJobError):
        JOBS.get(session, "two")


def test_a_user_has_a_limit_of_waiting_jobs_that_others_do_not_use_up(database: Database) -> None:
    limits = Limits(waiting=2)
    submitted(database, "one", "two", limits=limits)
    submitted(database, "other", owner="bob", limits=limits)
    with pytest.raises(TooManyJobsError):
        submitted(database, "three", limits=limits)
    assert begun(database)
    submitted(database, "three", limits=limits)


def test_the_shorter_limit_of_seconds_holds(database: Database) -> None:
    with database.writing() as session:
        JOBS.submit(session, replace(NEW, limit_s=60.0), Limits(seconds=20.0))
        row = rows.job_row(session, "one")
    assert row is not None
    assert row.limit_s == 20.0


def test_only_the_worker_of_a_job_writes_its_progress(database: Database) -> None:
    submitted(database, "one")
    assert begun(database)
    with database.writing() as session:
        rows.note_progress(session, "one", "w1", "search", 0.25, {"saving_percent": 4.0, "curve": [[0.1, 4.0]]})
        rows.note_progress(session, "one", "w2", "search", 0.75)
    assert (found(database).stage, found(database).share) == ("search", 0.25)
    assert found(database).best == {"saving_percent": 4.0, "curve": [[0.1, 4.0]]}
    with database.reading() as session:
        assert rows.requested_stop(session, "one", "w1") is None
        assert rows.requested_stop(session, "one", "w2") == "nothing"


def test_the_first_end_of_a_job_stays(database: Database) -> None:
    submitted(database, "one")
    assert begun(database)
    with database.writing() as session:
        assert rows.end_job(session, "one", "succeeded", None, {"facts": {"a": 1}, "files": {"b": "c"}})
        assert not rows.end_job(session, "one", "failed", {"code": "late"})
        assert JOBS.stop(session, "one").status == "succeeded"
        result = JOBS.result(session, "one")
    assert result is not None
    assert (result.facts, result.files) == ({"a": 1}, {"b": "c"})
    assert not begun(database)
    assert (found(database).status, found(database).problem, found(database).share) == ("succeeded", None, 1.0)


def test_a_waiting_job_has_no_best_and_a_running_one_ends_with_it(database: Database) -> None:
    submitted(database, "one", "two")
    assert begun(database)
    with database.writing() as session:
        assert JOBS.stop(session, "two", "best").status == "cancelled"
        job = JOBS.stop(session, "one", "best")
    assert (job.status, job.is_ending) == ("running", True)
    with database.reading() as session:
        assert rows.requested_stop(session, "one", "w1") == "best"


def test_a_stopped_job_can_be_resumed_and_a_succeeded_one_stays(database: Database) -> None:
    submitted(database, "one")
    assert begun(database)
    with database.writing() as session:
        rows.note_engine(session, "one", "one.0")
        JOBS.stop(session, "one")
    with database.writing() as session:
        assert JOBS.resume(session, "one").status == "queued"
        assert [job.id for job in rows.jobs_without_engine(session)] == ["one"]
        rows.end_job(session, "one", "succeeded")
        assert JOBS.resume(session, "one").status == "succeeded"


def test_the_jobs_of_a_worker_that_leaves_wait_again(database: Database) -> None:
    submitted(database, "one")
    assert begun(database)
    with database.writing() as session:
        rows.release_jobs(session, "w1")
    assert (found(database).status, found(database).started_at) == ("queued", None)


def test_each_change_has_a_larger_number_and_is_found(database: Database) -> None:
    submitted(database, "one", "two")
    with database.reading() as session:
        before = newest_change(session)
    assert begun(database)
    with database.reading() as session:
        changed = rows.jobs_changed_since(session, before, 10)
    assert [job_id for job_id, _ in changed] == ["one"]
    assert changed[0][1] == found(database).change > before
