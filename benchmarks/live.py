"""The live line under load: event to advice through a real broker, processor time and memory of the process.

    python benchmarks/live.py latency --line beijing_yizhuang --speed 1 --minutes 5 --extra-records 40
    python benchmarks/live.py day --line tutorial_line

`latency` starts a broker, the process of the line and a virtual line, and watches the topics: the time from the event
of a train to the advice that follows from it, as a third party sees both. `--extra-records` adds so many records each
second of trains without an event. `day` runs a whole day of the virtual line through the core without a clock, and
prints memory by hour.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from api.ingest.live_mqtt import Exchange, Outgoing
from api.ingest.mqtt import broker_at
from api.live.broker_beside import broker_beside
from api.live.live_line import LiveLine, Outcome
from api.live.live_plan import LivePlan
from api.live.messages import read_row
from api.live.snapshot import snapshot
from api.live.topics import Topics
from api.live.virtual_rows import event_of, meters_of, record_of
from dispatch.energy.line_model import LineModel
from dispatch.plans.in_force import timetable_in_force
from scenarios.files.load import load_scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import day_model
from simulation.virtual_line.live import VirtualLine


def used_s(pid: int) -> float:
    """Processor time of a process in s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024.0


async def watch(url: str, line: str, seconds: float, extra: int, pid: int) -> dict[str, Any]:
    """Watch events and advice for some time; send extra records."""
    topics, waiting, took_s = Topics(line), {}, []
    counts = {"events": 0, "advice": 0}

    def received(topic: str, rows: list[bytes]) -> None:
        now = time.monotonic()
        for row in map(json.loads, rows):
            if topic == topics.events:
                counts["events"] += 1
                waiting[row["train"]] = now
            else:
                counts["advice"] += 1
                since = waiting.pop(row["train_id"], None)
                if row["status"] == "open" and since is not None:
                    took_s.append(now - since)

    exchange = Exchange(broker_at(url, "bench"), (topics.events, topics.advice), received, print)
    stop = asyncio.Event()
    task = asyncio.create_task(exchange.run(stop))
    began, before_s = time.monotonic(), used_s(pid)
    while time.monotonic() - began < seconds:
        for k in range(extra):
            row = {"kind": "record", "vehicle": f"X{k}", "time_s": 1, "chainage_m": 1, "speed_m_s": 1}
            exchange.send(Outgoing(topics.records, json.dumps(row).encode(), 0))
        await asyncio.sleep(1.0)
    share = (used_s(pid) - before_s) / (time.monotonic() - began)
    stop.set()
    with suppress(Exception):
        await task
    return {
        **counts, "pairs": len(took_s), "p50_s": round(float(np.percentile(took_s, 50)), 3) if took_s else None,
        "p99_s": round(float(np.percentile(took_s, 99)), 3) if took_s else None, "core_share": round(share, 3),
        "memory_mb": round(memory_mb(pid)),
    }  # fmt: skip


def latency(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder, broker_beside(Path(folder)) as url:
        assert url is not None, "no mosquitto"
        command = [
            sys.executable, "-m", "api.cli", "live", given.line, "--virtual", "--speed", str(given.speed),
            "--broker", url,
            "--controller", given.controller, "--data", f"{folder}/data", "--from", "08:00",
        ]  # fmt: skip
        process = subprocess.Popen(command)
        try:
            path = Path(folder) / "data" / "live" / given.line / "snapshot.json"
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.5)
            time.sleep(10.0)
            print(
                json.dumps(asyncio.run(watch(url, given.line, 60.0 * given.minutes, given.extra_records, process.pid)))
            )
        finally:
            process.terminate()
            process.wait(30)


def day(given: argparse.Namespace) -> None:
    scenario = load_scenario(given.line)
    model = LineModel.of(scenario, RollingStock.of(scenario))
    plan = LivePlan(model, timetable_in_force(scenario))
    virtual = VirtualLine(
        day_model(scenario, model.library, others=model.others), plan.timetable, seed=1, from_s=plan.starts_s - 60
    )
    live, known_kwh, began = LiveLine(plan, None, "none"), 0.0, time.process_time()
    while virtual.time_s < virtual.ends_s:
        second, outcome = virtual.second(), Outcome()
        meters = meters_of(second)
        rows = [*map(event_of, second.events), *map(record_of, second.records), *([meters] if meters else [])]
        for row in rows:
            live.apply(read_row(row), second.time_s, outcome)
        live.step(second.time_s, outcome)
        known_kwh += sum(second.true_substation_w.values()) / 3.6e6
        if second.time_s % 3600 == 0:
            size = len(json.dumps(snapshot(live, second.time_s)))
            print(
                f"{second.time_s // 3600:02d}:00 {memory_mb(os.getpid()):6.0f} MB {time.process_time() - began:6.0f} s "
                f"known {known_kwh:8.1f} kWh, modelled {live.account.energy_kwh:8.1f} kWh, snapshot {size:,} bytes",
                flush=True,
            )
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("latency")
    one.add_argument("--line", default="beijing_yizhuang")
    one.add_argument("--controller", default="energy")
    one.add_argument("--speed", type=float, default=1.0)
    one.add_argument("--minutes", type=float, default=5.0)
    one.add_argument("--extra-records", type=int, default=40)
    one.set_defaults(run=latency)
    other = commands.add_parser("day")
    other.add_argument("--line", default="tutorial_line")
    other.set_defaults(run=day)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
