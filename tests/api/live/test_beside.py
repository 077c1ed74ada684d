"""Programs that must not outlive the process that started them, also if it is killed with `kill -9`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from live_processes import free_port, until

from api.live.broker_beside import mosquitto

SLEEPER = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
STARTER = (
    "import sys, time; from api.live.beside import start_beside; "
    "one = start_beside([sys.executable, '-c', sys.argv[1], sys.argv[2]]); time.sleep(600)"
)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", STARTER, SLEEPER, str(place)]) as starter:
        until(lambda: place.exists() and place.read_text() != "", "the program does not start")
        pid = int(place.read_text())
        assert is_running(pid)
        starter.kill()
    until(lambda: not is_running(pid), "the program outlives its starter")


@pytest.mark.many_cases
@pytest.mark.skipif(mosquitto() is None or sys.platform != "linux", reason="no mosquitto")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_demo_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    command = [
        sys.executable,
        "-m",
        "api.cli",
        "live",
        "demo",
        "tutorial_line",
        "--data",
        data,
        "--port",
        str(free_port()),
    ]

    def ours() -> list[int]:
        found = []
        for one in Path("/proc").glob("[0-9]*"):
            try:
                words = (one / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if data in words and int(one.name) != os.getpid():
                found.append(int(one.name))
        return found

    with subprocess.Popen(command, start_new_session=True) as demo:
        snapshot = tmp_path / "data" / "live" / "tutorial_line" / "snapshot.json"
        until(snapshot.exists, "the line does not run")
        assert len(ours()) >= 5
        demo.send_signal(number)
        demo.wait(120)
        time.sleep(0.5)
    until(lambda: ours() == [], f"{ours()} are left")
