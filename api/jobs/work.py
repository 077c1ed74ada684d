"""The process of one job: `python -m api.jobs.work`, started by a worker.

The first line of its input is the job as JSON; each later line is a request to stop. The end of its input means that
the worker has died: the process then ends itself with all of its children, because another worker takes over the job.
It writes lines of JSON to the file descriptor of its first argument: progress, then one outcome.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from api.jobs.fleet_jobs import calibrate, check_telemetry
from api.jobs.import_job import import_scenario
from api.jobs.line_jobs import describe, simulate, sweep, trace
from api.jobs.place import JobPlace, Progress
from api.jobs.plan_job import compute_plan
from api.jobs.plan_study_jobs import compare, explain, export, judge, revise
from api.jobs.port import JobKind
from api.problems import Problem, ProblemError, ProblemKind, problem_of
from api.state.database import Database, DatabaseUnavailableError
from api.state.files import FileStore
from dispatch.timing.best_saving import BestSaving
from dispatch.timing.task import SearchStop
from energy_models.faults import Infeasible, InputFaults

_NICENESS = 10
"""Nice value: the process that answers requests has priority over planning on the same core."""

_BETWEEN_MESSAGES_S = 0.5

Compute = Callable[[Mapping[str, Any], JobPlace, Progress], dict[str, Any]]
COMPUTE: Mapping[JobKind, Compute] = {
    "simulate": simulate,
    "sweep": sweep,
    "calibrate": calibrate,
    "check-telemetry": check_telemetry,
    "judge": judge,
    "compare": compare,
    "explain": explain,
    "export": export,
    "revise": revise,
    "import": import_scenario,
    "describe": describe,
    "trace": trace,
}
"""The computation of each kind of job that has no search; each returns the facts and the files of its result."""


class Messages:
    """Writes lines to the worker; progress at most a few times per second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._stage = ""
        self._share = 0.0
        self._best: dict[str, Any] | None = None
        self._sent_s = 0.0

    def progress(self, stage: str, share: float) -> None:
        """Send the stage and the share of the stage that is done."""
        now_s = time.monotonic()
        if stage == self._stage and now_s - self._sent_s < _BETWEEN_MESSAGES_S:
            return
        self._stage, self._share, self._sent_s = stage, min(max(share, 0.0), 1.0), now_s
        self._send_progress()

    def best(self, savings: Sequence[BestSaving]) -> None:
        """Send the best savings that the search has found so far, as it estimates them."""
        if not savings:
            return
        curve = [[round(one.seconds, 2), round(one.saving_percent, 3)] for one in savings]
        self._best = {"saving_percent": curve[-1][1], "curve": curve}
        self._send_progress()

    def _send_progress(self) -> None:
        self._send({"stage": self._stage, "share": self._share, "best": self._best})

    def outcome(self, status: str, problem: object = None, result: object = None) -> None:
        """Send how the job ended."""
        self._send({"outcome": {"status": status, "problem": problem, "result": result}})

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:  # the search and the simulated days report at the same time
            self._stream.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._stream.flush()


def work(job: dict[str, Any], messages: Messages, stop: SearchStop) -> None:
    """Compute a job and send its outcome."""
    data = Path(job["data"])
    scratch = Path(job["scratch"])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    database = Database(job["database"])
    try:
        if job["kind"] == "plan":
            result = compute_plan(
                job["order"], database, FileStore(data), scratch, messages.progress, stop, messages.best
            )
        else:
            place = JobPlace(database, FileStore(data), scratch)
            result = COMPUTE[job["kind"]](job["order"], place, messages.progress)
    except Infeasible as error:
        messages.outcome("infeasible", problem_of(error).as_json())
    except DatabaseUnavailableError:
        detail = "The database did not answer the job."
        messages.outcome("failed", Problem(ProblemKind.UNAVAILABLE, detail).as_json())
    except Exception as error:
        if not isinstance(error, (InputFaults, ProblemError)):
            traceback.print_exc()
        messages.outcome("failed", problem_of(error).as_json())
    else:
        messages.outcome("succeeded", None, result)
    finally:
        database.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _listen(requests: TextIO, stop: SearchStop) -> None:
    wanted = threading.Event()
    threading.Thread(target=_stop_when_wanted, args=(wanted, stop), name="headwatt-stop", daemon=True).start()
    for _ in requests:
        wanted.set()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _stop_when_wanted(wanted: threading.Event, stop: SearchStop) -> None:
    """End the search, now or when it begins."""
    wanted.wait()
    while not stop.is_searching:
        time.sleep(0.1)
    stop.cancel()


def main() -> None:
    """Compute the job of the first line of the input."""
    os.nice(_NICENESS)
    stop = SearchStop()
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as stream:
        job = json.loads(sys.stdin.readline())
        threading.Thread(target=_listen, args=(sys.stdin, stop), name="headwatt-worker-lives", daemon=True).start()
        work(job, Messages(stream), stop)


if __name__ == "__main__":
    main()
