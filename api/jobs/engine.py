"""The engine of the jobs: DBOS keeps which job is at which worker and starts the next one.

A job is a workflow of two steps: `compute` runs the job in a process of its own, `publish` writes its outcome. After a
crash between the steps, DBOS repeats only the second one. Both lanes are queues with one partition for each user:
DBOS visits the partitions in random order, so that users take turns, and limits the jobs at once of a partition.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from api.jobs.engine_log import log_as_other_entries
from api.jobs.idle_engine import look_seldom
from api.jobs.port import Limits
from api.jobs.process import COMMAND, JobProcess
from api.jobs.publishing import end
from api.problems import Problem, ProblemKind
from api.state import jobs as rows
from api.state.database import Database, DatabaseUnavailableError
from api.state.files import FileStore
from api.state.job_tables import JobRow

PROTOCOL = "1"
"""Version of the workflow; it stays the same over versions of Headwatt, so that a job continues after an upgrade."""

QUEUES = {"short": "headwatt-short", "long": "headwatt-long"}
_POLL_S = 2.0
_LOOK_S = 0.5
_BETWEEN_PROGRESS_S = 1.0
_MOST_ATTEMPTS = 50
"""A job whose own process dies fails at once; an attempt is lost where the worker dies, mostly without the job's fault
(a restart of the machine, an update). The limit only ends a job that takes its machine down again and again."""
_LATE_S = 300.0
_RETRY_S = 1.0
_PATIENCE_S = 600.0
_LOST_AFTER = 5
"""DBOS has lost a job of this worker if its thread was missing at so many looks in a row, one each three seconds."""
_log = logging.getLogger("headwatt.jobs")
_T = TypeVar("_T")


class Engine:
    """The jobs at this worker. There is one engine in a process, because DBOS is one."""

    def __init__(
        self,
        database: Database,
        data: Path,
        worker_id: str,
        at_once: int,
        limits: Limits,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.database = database
        self.data = data
        self.worker_id = worker_id
        self.at_once = at_once
        self.limits = limits
        self.files = FileStore(data)
        self.is_draining = False
        self._is_ending = False
        self._command = command
        self._running: dict[str, JobProcess] = {}
        self._held: set[str] = set()
        self._missed: dict[str, int] = {}
        self._lock = threading.Lock()

    def launch(self) -> None:
        """Start DBOS and take jobs from its queues."""
        global _engine  # noqa: PLW0603
        _engine = self
        config: DBOSConfig = {
            "name": "headwatt",
            "system_database_url": self.database.url,
            "application_version": PROTOCOL,
            "executor_id": self.worker_id,
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": 30.0,
            "scheduler_polling_interval_sec": 300.0,
        }
        log_as_other_entries()
        DBOS(config=config)
        look_seldom()
        DBOS.launch()
        for queue, at_once in ((QUEUES["long"], self.at_once), (QUEUES["short"], self.at_once)):
            DBOS.register_queue(
                queue,
                worker_concurrency=at_once,
                partition_concurrency=max(self.limits.at_once, 2),
                polling_interval_sec=_POLL_S,
                on_conflict="always_update",
            )

    @property
    def running(self) -> int:
        """Number of jobs that run at this worker."""
        return len(self._running)

    def hand_over(self) -> int:
        """Give new jobs in the queue to DBOS; a job that DBOS has already is not given twice. Return their number."""
        with self.database.reading() as session:
            waiting = rows.jobs_without_engine(session)
        for job in waiting:
            engine_id = f"{job.id}.{job.attempt}"
            with SetWorkflowID(engine_id), SetEnqueueOptions(queue_partition_key=job.owner_id):
                DBOS.enqueue_workflow(QUEUES[job.lane], run_job, job.id)
            with self.database.writing() as session:
                rows.note_engine(session, job.id, engine_id)
        return len(waiting)

    def take_over(self, alive: set[str]) -> int:
        """Queue the jobs of workers that do not live, and those of this worker without a thread; return their number.

        DBOS ends the thread of a job, and still calls the job running, if it writes to a database that it takes for
        broken: its list of errors after which it tries again lacks that of a server's socket that does not exist.
        """
        found = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        queued = [one for one in found if one.queue_name is not None]
        own = {one.workflow_id for one in queued if one.executor_id == self.worker_id}
        self._missed = {name: self._missed.get(name, 0) + 1 for name in own - self._held}
        lost = {name for name, looks in self._missed.items() if looks >= _LOST_AFTER}
        orphans = [one for one in queued if one.executor_id not in alive or one.workflow_id in lost]
        for orphan in orphans:
            why = "was lost with its database" if orphan.workflow_id in lost else "had a worker that has died"
            _log.warning("Job %s %s; the job is queued again.", orphan.workflow_id, why)
            DBOS.resume_workflow(orphan.workflow_id, queue_name=orphan.queue_name)
            self._missed.pop(orphan.workflow_id, None)
        return len(orphans)

    @contextmanager
    def holding(self, engine_id: str) -> Iterator[None]:
        """The time in which a thread of this worker has a job, by the job's name in the engine."""
        self._held.add(engine_id)
        try:
            yield
        finally:
            self._held.discard(engine_id)

    def repair(self) -> None:
        """Give jobs to DBOS again that DBOS does not have or has ended, for example after a restored backup."""
        with self.database.reading() as session:
            active = {job.engine_id: job for job in rows.active_jobs(session) if job.engine_id is not None}
        if not active:
            return
        found = DBOS.list_workflows(workflow_ids=list(active), load_input=False, load_output=False)
        known = {one.workflow_id for one in found if one.status in ("PENDING", "ENQUEUED", "DELAYED")}
        for engine_id, job in active.items():
            if engine_id not in known:
                with self.database.writing() as session:
                    # A job that ended between both readings is not active any more and stays as it is.
                    rows.count_attempt(session, job.id)
                    rows.queue_again(session, job.id, of_statuses=rows.ACTIVE)

    def compute(self, job_id: str) -> dict[str, Any] | None:
        """Run a job in a process of its own; return its outcome, None if it was ended from outside."""
        while self.is_draining:
            time.sleep(_LOOK_S)  # this worker ends soon, and another one takes the job over
        while True:
            job = self._patiently(lambda: self._begin(job_id))
            if job is None:
                return None
            if job.attempt > _MOST_ATTEMPTS:
                detail = (
                    f"The job began {_MOST_ATTEMPTS} times without an end: its worker died, or the database was away."
                )
                return _failed(Problem(ProblemKind.WORKER_DIED, detail))
            outcome = self._computed(job)
            if not _lacked_database(outcome):
                break
            _log.warning("The database did not answer job %s; the job begins again.", job_id)
            time.sleep(_RETRY_S)
        self._wait_for_the_end(job_id, outcome)
        return outcome

    def publish(self, job_id: str, outcome: dict[str, Any] | None) -> None:
        """Write the outcome of a job, with its files, in one transaction; the first outcome of a job stays."""
        if outcome is None:
            return

        def write() -> None:
            with self.database.writing() as session:
                end(session, self.files, job_id, outcome)

        self._patiently(write)

    def end_processes(self) -> None:
        """End all jobs of this worker, so that the process can end; the caller queues them again."""
        self._is_ending = True
        with self._lock:
            for process in self._running.values():
                process.kill()

    def _wait_for_the_end(self, job_id: str, outcome: dict[str, Any] | None) -> None:
        """Do not record an end that is none: that of a job which this worker ends with itself, or has lost."""

        def has_ended() -> bool:
            with self.database.reading() as session:
                job = rows.job_row(session, job_id)
            return job is None or job.status not in rows.ACTIVE

        while self._is_ending:
            time.sleep(_LOOK_S)  # the process ends soon
        if outcome is None:
            while not self._patiently(has_ended):
                time.sleep(_RETRY_S)  # another worker has the job, and records its end

    def _computed(self, job: JobRow) -> dict[str, Any] | None:
        """The outcome of one process of a job."""
        sent = {
            "kind": job.kind,
            "order": job.order,
            "data": str(self.data),
            "scratch": str(self.data / "scratch" / f"{job.id}.{job.attempt}"),
            "database": self.database.url,
        }
        with JobProcess(sent, self.data / "logs" / "jobs" / f"{job.id}.log", self._command) as process:
            with self._lock:
                self._running[job.id] = process
            try:
                return self._follow(job, process)
            finally:
                with self._lock:
                    del self._running[job.id]

    def _begin(self, job_id: str) -> JobRow | None:
        with self.database.writing() as session:
            return rows.begin_job(session, job_id, self.worker_id)

    def _follow(self, job: JobRow, process: JobProcess) -> dict[str, Any] | None:
        began_s = written_s = looked_s = time.monotonic()
        is_asked = False
        latest: dict[str, Any] | None = None
        while True:
            for message in process.messages(_LOOK_S):
                if "outcome" in message:
                    return dict(message["outcome"])
                latest = message
            now_s = time.monotonic()
            # Without the database, the job goes on; its progress and a stop wait.
            try:
                if latest is not None and now_s - written_s >= _BETWEEN_PROGRESS_S:
                    with self.database.writing() as session:
                        rows.note_progress(
                            session, job.id, self.worker_id, latest["stage"], latest["share"], latest.get("best")
                        )
                    latest, written_s = None, now_s
                if now_s - looked_s >= _LOOK_S:
                    looked_s = now_s
                    with self.database.reading() as session:
                        stop = rows.requested_stop(session, job.id, self.worker_id)
                    if stop == "nothing":
                        return None
                    if stop == "best" and not is_asked:
                        is_asked = True
                        process.keep_best()
            except DatabaseUnavailableError:
                _log.warning("The database does not answer; job %s goes on.", job.id)
            if job.limit_s is not None and now_s - began_s > job.limit_s:
                if not is_asked:
                    is_asked = True
                    process.keep_best()
                elif now_s - began_s > job.limit_s + _LATE_S:
                    return _failed(Problem(ProblemKind.LIMIT_REACHED, f"The job took more than {job.limit_s:.0f} s."))

    def _patiently(self, call: Callable[[], _T]) -> _T:
        """Repeat a call until the database answers, for ten minutes at most."""
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return call()
            except DatabaseUnavailableError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(_RETRY_S)


_engine: Engine | None = None


def _this_engine() -> Engine:
    assert _engine is not None
    return _engine


@DBOS.step(name="headwatt.compute")
def _compute(job_id: str) -> dict[str, Any] | None:
    return _this_engine().compute(job_id)


@DBOS.step(name="headwatt.publish")
def _publish(job_id: str, outcome: dict[str, Any] | None) -> None:
    _this_engine().publish(job_id, outcome)


@DBOS.workflow(name="headwatt.job", max_recovery_attempts=1000)
def run_job(job_id: str) -> None:
    """Compute a job and publish its outcome."""
    with _this_engine().holding(str(DBOS.workflow_id)):
        _publish(job_id, _compute(job_id))


def _lacked_database(outcome: Mapping[str, Any] | None) -> bool:
    """Whether a job failed only because the database did not answer."""
    problem = outcome["problem"] if outcome is not None else None
    return problem is not None and problem["code"] == ProblemKind.UNAVAILABLE.value.code


def _failed(problem: Problem) -> dict[str, Any]:
    return {"status": "failed", "problem": problem.as_json(), "result": None}
