"""What the service answers, and what it costs, while a worker computes plans: times, processor, memory.

    python benchmarks/service.py [--only orders load idle] [--seconds 60] [--clients 200] [--streams 500] [--plans 2000]
                                 [--soak SECONDS] [--profile FILE]

A real `headwatt serve` and a real `headwatt worker` with lower priority (nice 10) run on a temporary data folder. One
plan is computed; the other ended plans are rows with the files of this plan. Each client sends a request each `--pause`
seconds, over one connection: plans with their results, jobs, lists, numbers of jobs. All clients are one process.
Clients, service and worker share the processors of this machine. Processor times are those of the kernel for the
process, without its children. Each part prints how long it takes; the last line is the result of all parts as JSON:

    orders  orders of plans without a worker, one after another: processor time of the answering process
    load    clients and event streams while a plan is computed
    idle    processor times without requests and jobs
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from service_load import load, processor_s

from api.jobs.plan_order import PlanOrder
from api.jobs.plan_publishing import publish_plan
from api.jobs.port import Limits, NewJob
from api.jobs.stored_jobs import StoredJobs
from api.services.ids import new_id
from api.state.database import open_database
from api.state.files import FileStore
from api.state.jobs import end_job, job_row
from api.state.plans import add_plan

START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
PROFILED = """
import cProfile, pstats, signal, sys, threading
from api.cli.main import run
sys.argv[0] = 'headwatt'
profiles = []
def begin(*_):
    sys.setprofile(None)
    profiles.append(cProfile.Profile())
    profiles[-1].enable()
threading.setprofile(begin)
begin()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the server ends itself by this signal once more
try:
    run()
finally:
    for one in profiles:
        one.disable()
    pstats.Stats(*profiles).dump_stats({file!r})
"""
"""The command with a profile of all its threads; the times of a thread contain those in which it waits."""
LINE = "tutorial_line"
QUICK = {"scenario": LINE, "effort": "quick", "replications": 2}
LONG = {"scenario": "beijing_yizhuang", "effort": "thorough", "replications": 1000}
PARTS = ("orders", "load", "idle")
PLANS_AT_ONCE = 50
FOLLOWED = 10
"""Plans that wait or are computed during the load; the event streams follow these plans."""


def with_children(pid: int) -> list[int]:
    """A process and all processes below it."""
    below = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *(found for child in below for found in with_children(child))]


@dataclass
class Service:
    """A running service on this machine."""

    port: int
    data: Path
    pid: int

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        sent = json.dumps(body).encode() if body is not None else None
        request = Request(f"http://127.0.0.1:{self.port}{path}", sent, headers, method=method)
        with urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def order(self, body: Any, **other: Any) -> str:
        return str(self.call("POST", "/v1/plans", {**body, **other})["id"])

    def status(self, plan_id: str) -> str:
        return str(self.call("GET", f"/v1/plans/{plan_id}")["status"])


@contextmanager
def headwatt(log: Path, *words: str, program: str = START) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as written:
        process = subprocess.Popen([sys.executable, "-c", program, *words], stderr=written)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def until(holds: Callable[[], bool], seconds: float = 1200.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("the service did not get there")
        time.sleep(0.2)


@contextmanager
def serving(folder: Path, profile: Path | None = None) -> Iterator[Service]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    data = folder / "data"
    words = ("serve", "--port", str(port), "--data", str(data), "--no-worker")
    program = START if profile is None else PROFILED.format(file=str(profile.resolve()))
    with headwatt(folder / "serve.log", *words, program=program) as process:
        service = Service(port, data, process.pid)

        def lives() -> bool:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)):
                    return False
            try:
                return bool(service.call("GET", "/health/live"))
            except TimeoutError:
                return False

        until(lives)
        yield service


@contextmanager
def working(service: Service, folder: Path) -> Iterator[int]:
    """A worker with a lower priority; yields its process id."""
    with headwatt(folder / "worker.log", "worker", "--data", str(service.data)) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, 10)
        yield process.pid


def ended_plans(service: Service, count: int) -> list[str]:
    """The ids of ended plans: one that is computed, and rows with its files."""
    first = service.order(QUICK)
    until(lambda: service.status(first) in ("succeeded", "failed", "infeasible", "cancelled"))
    database, store = open_database(service.data), FileStore(service.data)
    with database.reading() as session:
        row = job_row(session, first)
    assert row is not None, first
    assert row.result is not None, row.problem
    plans = [first]
    while len(plans) < count:
        # Some plans in each transaction: the service can write between them, and no worker sees a plan in the queue.
        with database.writing() as session:
            for seed in range(len(plans), min(count, len(plans) + PLANS_AT_ONCE)):
                order, plan_id = PlanOrder(LINE, seed=seed), new_id()
                new = NewJob(plan_id, "plan", "local", order.as_json(), order.lane, LINE)
                job = StoredJobs().submit(session, new, Limits())
                add_plan(session, plan_id, LINE, "local", job.created_at)
                end_job(session, plan_id, "succeeded", None, row.result)
                publish_plan(session, store, plan_id, row.result)
                plans.append(plan_id)
        if len(plans) % 500 == 0:
            print(f"  {len(plans):,} ended plans", flush=True)
    database.close()
    return plans


def cost_of_orders(service: Service, count: int) -> tuple[list[str], dict[str, float | int]]:
    """Order plans one after another, and print what one costs the answering process; the plans and the figures."""
    first = service.order(LONG, seed=1000)  # the check of orders has loaded the scenario after this
    before_s, begin = processor_s(service.pid), time.perf_counter()
    plans = [service.order(LONG, seed=seed) for seed in range(count)]
    took_s, used_s = time.perf_counter() - begin, processor_s(service.pid) - before_s
    print(f"{count} orders: {used_s / count * 1000:.1f} ms of the answering process each")
    print(f"  {took_s / count * 1000:.0f} ms until the answer")
    figures = {"service_ms": round(used_s / count * 1000, 2), "answer_ms": round(took_s / count * 1000, 1)}
    return [first, *plans], {"orders": count, **figures}


def idle(service: Service, worker: int, seconds: float) -> dict[str, float]:
    """Print and return the processor times without requests and jobs, in percent of a core."""
    found = {}
    for name, pids in (("serve", with_children(service.pid)), ("worker", with_children(worker))):
        before_s = sum(map(processor_s, pids))
        time.sleep(seconds)
        used_s = sum(map(processor_s, pids)) - before_s
        print(f"idle, {name} ({len(pids)} processes): {used_s / seconds * 100:.2f} % of a core over {seconds:.0f} s")
        found[f"{name}_percent"] = round(used_s / seconds * 100, 3)
    return found


@contextmanager
def part(name: str) -> Iterator[None]:
    """Print how long a part takes, and the load average at its end."""
    print(f"{name} ...", flush=True)
    begin = time.monotonic()
    yield
    print(f"  ({name}: {time.monotonic() - begin:.0f} s, load average {os.getloadavg()[0]:.1f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--soak", type=float, default=0, help="seconds of the load, instead of --seconds")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--plans", type=int, default=2000)
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--idle", type=float, default=30)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between the requests of a client")
    parser.add_argument("--profile", type=Path, help="profile the answering process, which costs time, into FILE")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the processes of this one end as well
    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f} at the begin")
    with tempfile.TemporaryDirectory(prefix="headwatt-service-") as name, ExitStack() as stack:
        folder = Path(name)
        with part("start of the service"):
            service = stack.enter_context(serving(folder, wanted.profile))
        followed: list[str] = []
        result: dict[str, Any] = {}
        if "orders" in wanted.only:
            with part("orders"):
                followed, result["orders"] = cost_of_orders(service, wanted.orders)
        if "load" in wanted.only or "idle" in wanted.only:
            with part("start of the worker"):
                for plan in followed:
                    service.call("POST", f"/v1/plans/{plan}/cancel")
                worker = stack.enter_context(working(service, folder))
        if "load" in wanted.only:
            result["load"] = loaded(service, wanted)
        if "idle" in wanted.only:
            time.sleep(10)
            with part("idle"):
                result["idle"] = idle(service, worker, wanted.idle)
        print(json.dumps({**result, "load_average": round(os.getloadavg()[0], 1)}), flush=True)


def loaded(service: Service, wanted: argparse.Namespace) -> dict[str, float | int]:
    """The figures of the load, with the ended plans and the plan that is computed meanwhile."""
    with part("ended plans"):
        plans = ended_plans(service, wanted.plans)
        size = len(json.dumps(service.call("GET", "/v1/plans/" + plans[0])))
        print(f"{len(plans):,} ended plans; a plan with its result has {size:,} bytes")
    with part("begin of a plan"):
        followed = [service.order(LONG, seed=seed) for seed in range(FOLLOWED)]
        until(lambda: any(service.status(plan) == "running" for plan in followed))
    with part("load"):
        figures = asyncio.run(load(service.port, service.pid, plans, followed, wanted))
    running = sum(service.status(plan) == "running" for plan in followed)
    print(f"{running} plans were computed at the end of the load")
    for plan in followed:
        if service.status(plan) in ("queued", "running"):
            service.call("POST", f"/v1/plans/{plan}/cancel")
    return {**figures, "computed_at_the_end": running}


if __name__ == "__main__":
    main()
