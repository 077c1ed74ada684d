"""The whole of `headwatt plan`, with ten pairs of simulated days: seconds, memory, and how good its estimates are.

    python benchmarks/planning_command.py               # four days of 368 to 2,600 trips, some six minutes
    python benchmarks/planning_command.py Yizhuang      # some of them, by name

Each day is planned twice, each time in a process of its own; the second time is shown, when everything is compiled and
all running times are known. The error of an estimate is the factor between the time left that a stage shows at some
moment, as the command extrapolates it, and the time that the stage then takes; the largest one of a stage is shown,
from the moment on at which the command shows an estimate. The memory is the largest sum over the planner and its
processes, looked up twice a second. CPU seconds do not contain the processes that simulate days. Nothing is written.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

if "HEADWATT_CACHE" not in os.environ:
    os.environ["HEADWATT_CACHE"] = tempfile.mkdtemp(prefix="headwatt-benchmark-")

from planning import very_large_day
from process_memory import tree_kilobytes
from rich.console import Console
from rich.table import Table

from api.cli.console import Pace
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from simulation.experiment import PlanRequest, run_plan_experiment

DAYS: dict[str, Callable[[], Scenario]] = {
    "Yizhuang": lambda: load_scenario("beijing_yizhuang"),
    "Shanghai": lambda: load_scenario("shanghai_line8"),
    "trips_1332": lambda: load_scenario("shanghai_line8", ("trips_1332",)),
    "made_up": very_large_day,
}
PAIRS = 10
WORKERS = 2


@dataclass(frozen=True)
class Commanded:
    """What one command took, and for each stage that showed an estimate its seconds and its worst factor."""

    trips: int
    wall_s: float
    cpu_s: float
    saving: str
    gap_closed_percent: float
    stages: tuple[tuple[str, float, float], ...]


class _Reports:
    """The moments at which stages reported a share."""

    def __init__(self) -> None:
        self.seen: dict[str, list[tuple[float, float]]] = {}

    def __call__(self, stage: str, share: float) -> None:
        self.seen.setdefault(stage, []).append((time.perf_counter(), share))

    def stages(self) -> tuple[tuple[str, float, float], ...]:
        """Name, seconds and worst factor of each stage that showed an estimate."""
        rows = []
        for stage, moments in self.seen.items():
            (begin_s, begin_share), (end_s, _) = moments[0], moments[-1]
            pace, factors = Pace(begin_s, begin_share), []
            for at_s, share in moments[1:]:
                pace.add(at_s, share)
                estimate_s, left_s = pace.left_s(at_s), end_s - at_s
                if estimate_s is not None and left_s >= 1.0:
                    factors.append(max(estimate_s / left_s, left_s / max(estimate_s, 1e-9)))
            if factors:
                rows.append((stage, end_s - begin_s, max(factors)))
        return tuple(rows)


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def commanded(name: str) -> Commanded:
    """Plan a day and measure it."""
    request = PlanRequest(scenario=DAYS[name](), replications=PAIRS, workers=WORKERS, sensitivity=False)
    reports, wall_s, cpu_s = _Reports(), time.perf_counter(), _cpu_s()
    found = run_plan_experiment(request, reports)
    wall_s, cpu_s = time.perf_counter() - wall_s, _cpu_s() - cpu_s
    closed = 100.0 * found.potential.share_of_gap_closed if found.potential else float("nan")
    saving = "; ".join(found.no_saving_because) or f"{found.saving_percent:.1f} %, {found.status}"
    trips = len(found.plan.timetable.trips)
    return Commanded(trips, wall_s, cpu_s, saving, closed, reports.stages())


def planned(name: str) -> tuple[Commanded, float]:
    """Plan a day in a process of its own; the second value is the largest memory of all processes in MB."""
    largest = 0
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(commanded, name)
        while not found.done():
            largest = max(largest, sum(tree_kilobytes(one.pid or 0) for one in multiprocessing.active_children()))
            time.sleep(0.5)
        return found.result(), largest / 1e3


def main() -> None:
    """Print a table of the days, and one of their stages."""
    names = sys.argv[1:] or list(DAYS)
    if unknown := set(names) - set(DAYS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; one or more of {', '.join(DAYS)}")
    console = Console(width=160)
    shown = Table(
        "day", "trips", "wall s", "CPU s of the planner", "largest memory, all processes, MB", "gap closed %", "saving",
        title=f"headwatt plan with {PAIRS} pairs of days, {WORKERS} workers",
    )  # fmt: skip
    stages = Table("day", "stage", "s", "worst factor of its estimate", title="Estimates of the time left")
    for name in names:
        for _ in range(2):
            one, memory_mb = planned(name)
        shown.add_row(
            name, str(one.trips), f"{one.wall_s:.1f}", f"{one.cpu_s:.1f}", f"{memory_mb:,.0f}",
            f"{one.gap_closed_percent:.1f}", one.saving,
        )  # fmt: skip
        for stage, seconds, factor in one.stages:
            stages.add_row(name, stage, f"{seconds:.1f}", f"{factor:.2f}")
    console.print(shown)
    console.print(stages)


if __name__ == "__main__":
    main()
