"""A job in a process of its own, seen from its worker: progress, stop, outcome."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from api.problems import Problem, ProblemKind

COMMAND = (sys.executable, "-m", "api.jobs.work")
_GRACE_S = 3.0


class JobProcess:
    """A running job. At the end of the `with` block, the process and all of its children have ended."""

    def __init__(self, job: dict[str, Any], log: Path, command: tuple[str, ...] = COMMAND) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        reading, writing = os.pipe()
        try:
            with log.open("ab") as written:
                self._process = subprocess.Popen(
                    (*command, str(writing)),
                    stdin=subprocess.PIPE,
                    stdout=written,
                    stderr=written,
                    start_new_session=True,
                    pass_fds=(writing,),
                    text=True,
                    encoding="utf-8",
                )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._messages: IO[bytes] = os.fdopen(reading, "rb", buffering=0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._messages, selectors.EVENT_READ)
        self._pending = b""
        self._ask(json.dumps(job, ensure_ascii=False))

    def __enter__(self) -> "JobProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._selector.close()
        self._messages.close()

    def messages(self, wait_s: float) -> list[dict[str, Any]]:
        """What the process sent, after waiting for at most `wait_s`; an outcome is the last message.

        A process that ended without an outcome has the outcome `failed` with the reason.
        """
        if not self._selector.select(wait_s):
            return []
        received = os.read(self._messages.fileno(), 1 << 20)
        if not received:
            return [{"outcome": {"status": "failed", "problem": self._death().as_json(), "result": None}}]
        *lines, self._pending = (self._pending + received).split(b"\n")
        return [dict(json.loads(line)) for line in lines]

    def keep_best(self) -> None:
        """Request the end of the search, with the best so far."""
        self._ask("best")

    def kill(self) -> None:
        """End the process and its children: first SIGTERM, then SIGKILL."""
        for sent, patience_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _GRACE_S)):
            # The process leads its group and is reaped last, so that the id of the group cannot belong to others.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sent)
            until = time.monotonic() + patience_s
            while _group_lives(self._process.pid) and time.monotonic() < until:
                time.sleep(0.05)
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the process has died, which `messages` reports
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _death(self) -> Problem:
        ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        how = f"its exit code was {ended.si_status}"
        if ended.si_code != os.CLD_EXITED:
            how = f"signal {ended.si_status} ({signal.Signals(ended.si_status).name}) ended the process"
        return Problem(ProblemKind.WORKER_DIED, f"The job has no result: {how}.")


def _group_lives(group: int) -> bool:
    """Whether a process of a group runs; one that has ended and waits to be reaped does not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[2]) == group and fields[0] not in ("Z", "X"):
            return True
    return False
