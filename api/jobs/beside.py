"""The worker process beside the process that answers requests: started, and started again if it dies."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

COMMAND = (sys.executable, "-m", "api.cli", "worker")
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 20.0
_STEADY_S = 60.0
_PATIENCE_S = 20.0


class WorkerBeside:
    """Keeps one worker process. If this process is killed, the worker finishes its running jobs and ends."""

    def __init__(self, data: Path, at_once: int, command: tuple[str, ...] = COMMAND) -> None:
        self._command = (*command, "--data", str(data), "--at-once", str(at_once), "--beside")
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="headwatt-worker-beside", daemon=True)

    def start(self) -> None:
        """Start the worker and keep it."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker; its running jobs return to the queue."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_S)
            process.kill()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_S)

    def _keep(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began_s = time.monotonic()
            # A session of its own: Ctrl-C ends the worker through `stop`, not directly.
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
            if self._stopping.is_set():
                self._process.terminate()
            self._process.wait()
            pause_s = _FIRST_PAUSE_S if time.monotonic() - began_s > _STEADY_S else min(2 * pause_s, _LONGEST_PAUSE_S)
            self._stopping.wait(pause_s)
