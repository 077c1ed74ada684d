"""Scale of the simulation: one replication, a hundred on two cores with the memory of a worker, and growth.

Run alone; any of the parts may be named, all by default:

    python benchmarks/simulation_scale.py
    python benchmarks/simulation_scale.py replication hundred trains stations

Bounds, from what is asked of the simulation: one replication of the Yizhuang day at most 5 s of one core, ladder
included; 100 replications at most 5 minutes on 2 cores; less than 1 GiB a worker; growth with trains and stations at
most linear times 1.2. Processor seconds are those of the process, also on a machine that does other work; only the
hundred replications are timed by the wall clock too. The trains and the passengers of the synthetic days are those of
Yizhuang; lines of more stations are made up (`planning.py`), with passengers between all pairs of stations.
"""

import multiprocessing
import os
import resource
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

from planning import large_line, with_headways
from rich.console import Console
from rich.table import Table

from dispatch.plans.in_force import timetable_in_force
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.demand import Demand, OriginDestination
from scenarios.values.build import profile_library
from simulation.day.model import day_model
from simulation.runs.replications import prepare_profiles, replicate, replication_seeds

PARTS = ("replication", "hundred", "trains", "stations")
REPLICATION_LIMIT_S, HUNDRED_LIMIT_S, MEMORY_LIMIT_MIB, GROWTH_LIMIT = 5.0, 300.0, 1024.0, 1.2
HEADWAYS = (4.0, 2.0, 1.0, 0.7)
STATIONS = (8, 14, 28, 56)
METRES_A_STATION = 1400.0
DAY_S = 86_400


def day_s(scenario: Scenario, repeats: int = 3) -> tuple[float, int, int]:
    """Least processor seconds of a disturbed day, with its trips and its stops; profiles are computed before."""
    model = day_model(scenario, profile_library(scenario))
    timetable = timetable_in_force(scenario)
    prepare_profiles(model, [timetable], 2)
    model.day(timetable, 0)
    best = float("inf")
    for seed in replication_seeds(1, repeats):
        begin = time.process_time()
        model.day(timetable, seed)
        best = min(best, time.process_time() - begin)
    return best, len(timetable.trips), sum(len(trip.stations) for trip in timetable.trips)


def verdict(value: float, limit: float) -> str:
    """Whether a bound holds."""
    return f"{value:,.2f} of {limit:,.2f}: {'holds' if value <= limit else 'MISSED'}"


def replication(console: Console) -> None:
    """One day of Yizhuang."""
    seconds, trips, _ = day_s(load_scenario("beijing_yizhuang"), 5)
    console.print(f"One replication of the Yizhuang day, {trips} trips: {verdict(seconds, REPLICATION_LIMIT_S)} s.")


def resident_mib(process: int) -> float:
    """Resident memory of a process now; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def hundred(console: Console) -> None:
    """A hundred days on two processes, and the memory of the largest."""
    scenario = load_scenario("beijing_yizhuang")
    model = day_model(scenario, profile_library(scenario))
    timetable = timetable_in_force(scenario)
    prepare_profiles(model, [timetable], 2)
    ended = threading.Event()
    most_mib = 0.0

    def watch() -> None:
        nonlocal most_mib
        while not ended.wait(0.25):
            workers = [child.pid for child in multiprocessing.active_children() if child.pid]
            most_mib = max([most_mib, *(resident_mib(worker) for worker in workers)])

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    days = replicate(model, {"in force": timetable}, replication_seeds(0, 100), workers=2)["in force"]
    wall_s = time.perf_counter() - begin
    while multiprocessing.active_children():  # their processor time counts when they have ended
        time.sleep(0.1)
    ended.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    console.print(f"{len(days)} replications on 2 processes: {verdict(wall_s, HUNDRED_LIMIT_S)} s by the wall clock.")
    console.print(f"Processor time of both: {verdict(cpu_s / 2, HUNDRED_LIMIT_S)} s each.")
    console.print(f"Resident memory of the larger worker: {verdict(most_mib, MEMORY_LIMIT_MIB)} MiB.")


def shown_growth(console: Console, title: str, unit: str, rows: list[tuple[int, float]]) -> None:
    """A row for each size, with the seconds over those that linear growth from the smaller size would give."""
    table = Table(unit, "CPU s a day", f"ms for each {unit[:-1]}", "over linear", title=title)
    worst = 0.0
    for before, (size, seconds) in pairwise([None, *rows]):
        factor = "" if before is None else f"{seconds / before[1] / (size / before[0]):.2f}"
        worst = max(worst, float(factor or 0.0))
        table.add_row(str(size), f"{seconds:.2f}", f"{1000 * seconds / size:.2f}", factor)
    console.print(table)
    (least, fewest_s), (most, most_s) = rows[0], rows[-1]
    console.print(f"Over linear at the worst step: {verdict(worst, GROWTH_LIMIT)}.")
    console.print(f"Over linear from {least} to {most}: {verdict(most_s / fewest_s / (most / least), GROWTH_LIMIT)}.")


def trains(console: Console) -> None:
    """The Yizhuang day with fewer and more trains."""
    rows = []
    for factor in HEADWAYS:
        seconds, trips, _ = day_s(with_headways(load_scenario("beijing_yizhuang"), factor))
        rows.append((trips, seconds))
    shown_growth(console, "Growth with trains: the Yizhuang day, headways multiplied", "trips", rows)
    # Where trains hold each other up there is more to simulate than trains: told apart, not hidden.
    seconds, trips, _ = day_s(with_headways(load_scenario("beijing_yizhuang"), 0.5))
    console.print(
        f"With headways halved, two minutes in the peaks, trains hold each other up all day: {trips} trips, "
        f"{seconds:.2f} s, {seconds / rows[-1][1] / (trips / rows[-1][0]):.2f} of linear."
    )


def stations(console: Console) -> None:
    """Made-up lines with more stations and as many trips; each station 1.4 km of line, each second one a substation."""
    rows = []
    for count in STATIONS:
        line = large_line(count, METRES_A_STATION * (count - 1), count // 2)
        names = [station.id for station in line.stations]
        each = 200_000.0 / (len(names) * (len(names) - 1))
        demand = Demand(
            interval_s=7200,
            origin_destination=tuple(
                OriginDestination(from_s=from_s, origin=a, destination=b, passengers=each * 7200 / DAY_S)
                for from_s in range(0, DAY_S, 7200) for a in names for b in names if a != b
            ),
        )  # fmt: skip
        seconds, trips, _ = day_s(with_headways(line.with_parts(demand=demand), 3.0), 2)
        rows.append((count, seconds))
        console.print(f"{count} stations, {trips} trips", style="dim")
    shown_growth(console, "Growth with stations: made-up lines, as many trips", "stations", rows)


def main() -> None:
    """Print what is asked for."""
    asked = sys.argv[1:] or list(PARTS)
    unknown = set(asked) - set(PARTS)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; one or more of {', '.join(PARTS)}")
    console = Console(width=120)
    for part in asked:
        {"replication": replication, "hundred": hundred, "trains": trains, "stations": stations}[part](console)


if __name__ == "__main__":
    main()
