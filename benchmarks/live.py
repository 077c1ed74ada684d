"""The live line under load: event to advice through a real broker, recovery, processor time and memory.

    python benchmarks/live.py latency --line beijing_yizhuang --minutes 5 --extra-records 40
    python benchmarks/live.py latency --dense --minutes 5
    python benchmarks/live.py recovery --line beijing_yizhuang
    python benchmarks/live.py broker-day --line tutorial_line --speed 60 --minutes 20
    python benchmarks/live.py day --line tutorial_line

`latency` starts a broker, the process of the line on one core, and a virtual line, and watches the topics: the time
from the event of a train to the advice that follows from it, as a third party sees both. `--dense` is a line of about
60 trains and 12 substations, made from the Shanghai line with a headway of 75 s. `--extra-records` adds so many records
each second of trains without an event. `recovery` kills the process with `kill -9`, starts it again, and measures until
its first snapshot and until its time is that of the line. `broker-day` prints the memory of the process while hours of
a line pass quickly through the broker and the telemetry store. `day` runs a whole day through the core without a clock.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from api.ingest.live_mqtt import Exchange, Outgoing
from api.ingest.mqtt import broker_at
from api.live.broker_beside import broker_beside
from api.live.live_line import LiveLine, Outcome
from api.live.live_plan import LivePlan
from api.live.messages import read_row
from api.live.place import LivePlace, read_whole
from api.live.run import virtual_beside
from api.live.snapshot import snapshot
from api.live.topics import Topics
from api.live.virtual_rows import event_of, meters_of, record_of
from api.live.virtual_settings import VirtualSettings
from api.services.installation import open_installation
from dispatch.energy.line_model import LineModel
from dispatch.plans.in_force import timetable_in_force
from scenarios.files.load import LINES, load_scenario
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
    counts, seen = {"events": 0, "advice": 0}, set()

    def received(rows: list[tuple[str, bytes]]) -> None:
        now = time.monotonic()
        for topic, content in rows:
            row = json.loads(content)
            if topic == topics.events:
                counts["events"] += 1
                waiting[row["train"]] = now
            else:
                counts["advice"] += 1
                # Advice at a terminal and a hold that is reconsidered follow from the clock, not from an event.
                is_new = row["stop"] > 0 and row["advice_id"] not in seen
                seen.add(row["advice_id"])
                since = waiting.pop(row["train_id"], None)
                if row["status"] == "open" and since is not None and is_new:
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


def dense_line(folder: Path) -> Path:
    """A line of about 60 trains and 12 substations: the Shanghai line, with more trains and substations."""
    line = folder / "dense_line"
    shutil.copytree(LINES / "shanghai_line8", line)
    scenario = yaml.safe_load((line / "scenario.yaml").read_text(encoding="utf-8"))
    scenario.pop("overrides", None)
    scenario.update(name="dense_line", title="Dense line")
    scenario["signalling"]["minimum_headway_s"] = 60
    scenario["fleet"][0]["trainsets"] = 78
    for terminal in scenario["terminals"].values():
        terminal["tracks"] = 4
    for period in scenario["timetable"]["periods"]:
        period["headway_s"] = 75
    substations = scenario["supply"]["substations"]
    substations += [{**substations[0], "id": f"{name}_sub", "station": name} for name in ("LXM", "CSR", "JYR")]
    (line / "scenario.yaml").write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
    return line


@contextmanager
def running(
    folder: Path, line: str, speed: float, controller: str, url: str, *more: str
) -> Iterator["tuple[subprocess.Popen[bytes], list[str], LivePlace]"]:
    """The process of a line on the last core, and a virtual line beside it; yields process, command and place."""
    name = Path(line).name
    place = LivePlace(folder / "data", name)
    installation = open_installation(folder / "data")
    installation.prepare(lambda _: None)
    installation.close()
    command = [
        sys.executable, "-m", "api.cli", "live", line, "--virtual-elsewhere", "--broker", url,
        "--controller", controller, "--data", str(folder / "data"), *more,
    ]  # fmt: skip
    settings = VirtualSettings(
        name, line, None, 8 * 3600, speed, 1, 1.0, 2.0, "2026-12-01", url
    )  # fmt: skip
    process = on_one_core(command)
    try:
        wait(place.timetable.exists, process)
        with virtual_beside(settings):
            wait(lambda: (read_whole(place.snapshot) or {}).get("time_s", 0.0) > 8 * 3600 + 5, process)
            yield process, command, place
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(60)


def on_one_core(command: list[str]) -> "subprocess.Popen[bytes]":
    """A process that uses one core only."""
    # A start of an installation finds compiled modules; this variable would compile them anew.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, env=kept)
    os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
    return process


def wait(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> float:
    """Wait until something holds; the time that it took in s."""
    began = time.monotonic()
    while not holds():
        assert process.poll() is None
        time.sleep(0.02)
    return time.monotonic() - began


def latency(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, broker_beside(Path(name)) as url:
        assert url is not None, "no mosquitto"
        line = str(dense_line(Path(name))) if given.dense else given.line
        more = ("--store", f"{name}/store")
        with running(Path(name), line, given.speed, given.controller, url, *more) as (process, _, place):
            wait(lambda: not (read_whole(place.snapshot) or {})["advising"]["silent_because"], process)
            found = asyncio.run(watch(url, Path(line).name, 60.0 * given.minutes, given.extra_records, process.pid))
            snapshot_now = read_whole(place.snapshot) or {}
            trains = sum(one["state"] in ("running", "standing", "turning") for one in snapshot_now["trains"])
            print(
                json.dumps(
                    {**found, "trains": trains, "substations": len(snapshot_now["substations"]),
                     "refused": snapshot_now["refused"], "load": os.getloadavg()}
                )
            )  # fmt: skip


class NewestClock:
    """The newest time of the virtual line at the broker, heard by a thread of its own while the block runs."""

    def __init__(self, url: str, line: str) -> None:
        self.time_s = 0.0
        self._url, self._topic, self._ends = url, Topics(line).clock, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._hear()))

    def __enter__(self) -> "NewestClock":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    async def _hear(self) -> None:
        exchange = Exchange(broker_at(self._url, "clock"), (self._topic,), self._received, print)
        stop = asyncio.Event()
        task = asyncio.create_task(exchange.run(stop))
        while not self._ends.is_set():
            await asyncio.sleep(0.1)
        stop.set()
        await asyncio.gather(task, return_exceptions=True)

    def _received(self, rows: list[tuple[str, bytes]]) -> None:
        for _, content in rows:
            self.time_s = max(self.time_s, json.loads(content)["time_s"])


def recovery(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, broker_beside(Path(name)) as url:
        assert url is not None, "no mosquitto"
        with (
            running(Path(name), given.line, given.speed, given.controller, url) as (first, command, place),
            NewestClock(url, given.line) as clock,
        ):
            wait(lambda: not (read_whole(place.snapshot) or {})["advising"]["silent_because"], first)
            process = first
            for _ in range(given.times):
                time.sleep(20.0)
                process = recovered(given, process, command, place, clock)
            process.terminate()
            process.wait(60)


def recovered(
    given: argparse.Namespace, process: "subprocess.Popen[bytes]", command: list[str], place: LivePlace,
    clock: NewestClock,
) -> "subprocess.Popen[bytes]":  # fmt: skip
    """Kill the process, start it again, and print how long it takes until its state is that of the line."""
    before = read_whole(place.snapshot) or {}
    process.kill()
    process.wait()
    again, began = on_one_core(command), time.monotonic()

    def now() -> dict[str, Any]:
        return read_whole(place.snapshot) or before

    wait(lambda: now()["sequence"] > before["sequence"], again)
    first_s, first_used_s = time.monotonic() - began, used_s(again.pid)
    # A snapshot is written each second: meanwhile the line goes on by its speed.
    wait(lambda: now()["time_s"] >= clock.time_s - 1.5 * given.speed, again)
    right_s, right_used_s = time.monotonic() - began, used_s(again.pid)
    after = now()
    wrong = [one["train_id"] for one in after["trains"] if one["state"] in ("missing", "unknown")]
    wait(lambda: not now()["advising"]["silent_because"], again)
    print(
        json.dumps(
            {"first_snapshot_s": round(first_s, 2), "first_used_s": first_used_s, "right_again_s": round(right_s, 2),
             "right_used_s": right_used_s, "advises_again_s": round(time.monotonic() - began, 2),
             "advises_used_s": used_s(again.pid), "behind_s": round(clock.time_s - after["time_s"], 1),
             "wrong_trains": wrong, "refused": after["refused"], "load": os.getloadavg()}
        ),
        flush=True,
    )  # fmt: skip
    return again


def broker_day(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, broker_beside(Path(name)) as url:
        assert url is not None, "no mosquitto"
        more = ("--store", f"{name}/store")
        with running(Path(name), given.line, given.speed, given.controller, url, *more) as (process, _, place):
            began = time.monotonic()
            while time.monotonic() - began < 60.0 * given.minutes:
                now = read_whole(place.snapshot) or {}
                disk_mb = sum(one.stat().st_size for one in place.folder.rglob("*") if one.is_file()) / 1e6
                print(
                    f"{now['time_s'] / 3600:6.2f} h, {memory_mb(process.pid):6.0f} MB, {used_s(process.pid):6.0f} s, "
                    f"{disk_mb:6.1f} MB of files, refused {now['refused']}",
                    flush=True,
                )
                time.sleep(30.0)


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
    one.add_argument("--extra-records", type=int, default=0)
    one.add_argument("--dense", action="store_true")
    one.set_defaults(run=latency)
    for name, run, speed in (("recovery", recovery, 5.0), ("broker-day", broker_day, 60.0)):
        two = commands.add_parser(name)
        two.add_argument("--line", default="tutorial_line")
        two.add_argument("--controller", default="energy")
        two.add_argument("--speed", type=float, default=speed)
        two.add_argument("--minutes", type=float, default=20.0)
        two.add_argument("--times", type=int, default=3, help="recovery: kill so often")
        two.set_defaults(run=run)
    other = commands.add_parser("day")
    other.add_argument("--line", default="tutorial_line")
    other.set_defaults(run=day)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
