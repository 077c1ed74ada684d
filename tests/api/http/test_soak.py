"""Some minutes of requests of every kind to a real service: its memory stays within 5 %.

HEADWATT_SOAK_S sets the seconds; an hour by hand is `python benchmarks/service.py --soak 3600`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from finished_plans import ordered
from prepared_data import prepared_data

from api.jobs.plan_order import PlanOrder
from api.state.database import SETTING, open_database

START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
SECONDS = float(os.environ.get("HEADWATT_SOAK_S", "180"))
MOST_GROWTH = 0.05


@contextmanager
def serving(data: Path) -> Iterator[tuple[int, str]]:
    """`headwatt serve` without a worker; yields its process and its address."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop(SETTING, None)
    command = (sys.executable, "-c", START, "serve", "--port", "0", "--data", str(data), "--no-worker")
    log = data.with_name("serve.log")
    with log.open("w") as written:
        process = subprocess.Popen(command, env=environment, stderr=written)
    try:
        until_s = time.monotonic() + 300
        while "http://" not in log.read_text():
            assert time.monotonic() < until_s
            time.sleep(0.2)
        yield process.pid, next(word for word in log.read_text().split() if word.startswith("http://"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


@pytest.mark.many_cases
@pytest.mark.timeout(SECONDS + 900)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory is read from /proc")
def test_memory_is_flat(tmp_path: Path) -> None:
    data = prepared_data(tmp_path / "data")
    database = open_database(data)
    plans = [ordered(database, PlanOrder("tutorial_line", seed=seed)) for seed in range(20)]
    database.close()
    requests, warm_kb, is_warm = 0, 0, False
    with serving(data) as (pid, address), httpx2.Client(base_url=address, timeout=300.0) as client:
        assert client.get("/v1/plans").status_code == 200
        begun = time.monotonic()
        while time.monotonic() < begun + SECONDS:
            plan = plans[requests % len(plans)]
            for path in (
                f"/v1/plans/{plan}",
                f"/v1/jobs/{plan}",
                "/v1/plans?limit=20",
                "/v1/jobs",
                "/health",
                "/metrics",
            ):
                assert client.get(path).status_code == 200
            assert client.get("/v1/plans/none").status_code == 404
            assert client.post("/v1/simulations", content=b"{").status_code == 415
            job = client.post("/v1/simulations", json={"scenario": "tutorial_line", "replications": 2}).json()["id"]
            with client.stream("GET", f"/v1/jobs/{job}/events") as events:
                assert next(events.iter_lines()).startswith("id:")
            assert client.post(f"/v1/jobs/{job}/stop").status_code == 200
            requests += 1
            if not is_warm and time.monotonic() > begun + SECONDS / 3:
                is_warm, warm_kb = True, memory_kb(pid)
        growth = memory_kb(pid) / warm_kb - 1.0
    assert growth <= MOST_GROWTH, f"{growth:.1%} of {warm_kb} kB after {requests} rounds"
