"""Programs that take the place of a plan's search in tests of the worker: real processes, only quicker.

`python -m job_programs PROGRAM DESCRIPTOR` reads the job as its first line, as `api.jobs.work` does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

FILES: dict[str, str] = {}
FACTS = {
    "result_status": "rejected", "checks_passed": False, "scenario_hash": "", "plan_sha256": "", "model_version": "",
    "figures": {},
}  # fmt: skip


def command(program: str) -> tuple[str, ...]:
    """The command of a worker whose jobs run a program of this file, or `killed_work`."""
    if program == "killed_work":
        return (sys.executable, "-m", "killed_work")
    return (sys.executable, "-m", "job_programs", program)


def main() -> None:
    program, descriptor = sys.argv[1], int(sys.argv[2])
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    stop = threading.Event()

    def listen() -> None:
        for _ in sys.stdin:
            stop.set()
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=listen, daemon=True).start()

    def send(message: dict[str, Any]) -> None:
        os.write(descriptor, (json.dumps(message) + "\n").encode())

    # Each start is counted, so that a test finds a job that ran twice.
    with (Path(job["data"]) / "starts").open("a") as starts:
        starts.write(Path(job["scratch"]).name.rsplit(".", 1)[0] + "\n")
    send({"stage": "search", "share": 0.5})
    if program == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if program == "exits":
        raise SystemExit(9)
    if program == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if program == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (Path(job["data"]) / "child").write_text(str(child.pid))
    if program in ("deaf", "child", "sleeps"):
        time.sleep(600)
    if program == "until_stopped":
        stop.wait(600)
    if program == "second":
        time.sleep(1.0)
    send({"outcome": {"status": "succeeded", "problem": None, "result": {"facts": FACTS, "files": FILES}}})


if __name__ == "__main__":
    main()
