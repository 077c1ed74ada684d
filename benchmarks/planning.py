"""Seconds, saving and memory of planning: a day, a very large day, growth with the number of trips, convergence.

    python benchmarks/planning.py                       # all tables, some minutes
    python benchmarks/planning.py yizhuang growth       # some of: yizhuang, convergence, growth, large, sizes

The Yizhuang day is planned at equal service with half the standard effort and with the effort `thorough`. The large day
is made up, of the size of Shanghai's line 8: 28 stations, 37.4 km, 1,332 trips in 18 hours. Growth plans the Yizhuang
line with its headways multiplied, at the same effort, and fits seconds = c · tripsⁿ. Sizes plans days of 368 to 2,600
trips at the standard effort, each in its own process, with the CPU seconds of each stage, their growth and the largest
memory; the day of 2,600 trips is made up from Shanghai's line 8. CPU seconds are those of the process, all threads
together, also on a machine that does other work. Nothing is written.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

if "HEADWATT_CACHE" not in os.environ:
    os.environ["HEADWATT_CACHE"] = tempfile.mkdtemp(prefix="headwatt-benchmark-")

import numpy as np
from rich.console import Console
from rich.table import Table

from dispatch.energy.line_model import LineModel
from dispatch.explanation.levers import lever_shares
from dispatch.explanation.potential import potential_of
from dispatch.planner.options import EFFORTS
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.timing.limits import equal_service_limits
from dispatch.timing.line_motions import motion_table_for
from dispatch.timing.optimise import optimise
from dispatch.timing.task import TimingOptions
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.demand import Demand
from scenarios.schema.line import Gradient, SpeedLimit, Station, Terminal, Track
from scenarios.schema.service import ClockByDirection, FleetPart, HeadwayPeriod, RunningTimes
from scenarios.schema.supply import Substation
from scenarios.values.shortest_running_times import ShortestTimes
from simulation.day.model import day_model

PARTS = ("yizhuang", "convergence", "growth", "large", "sizes")
STATIONS, LENGTH_M, TRIPS = 28, 37_400.0, 1_332
HOUR = 3600


def large_line(count: int = STATIONS, length_m: float = LENGTH_M, substation_count: int = 20) -> Scenario:
    """A made-up line, by default of the size of Shanghai's line 8, with the trains and the supply of Yizhuang."""
    line = load_scenario("beijing_yizhuang")
    generator = np.random.default_rng(8)
    shares = generator.uniform(0.7, 1.3, count - 1)
    place_m = np.concatenate([[0.0], np.cumsum(shares) / shares.sum() * length_m]).round()
    stations = tuple(
        Station(
            id=f"S{n:02d}", name=f"Station {n}", chainage_m=float(x),
            minimum_dwell_s=20 if inner else 0, dwell_s=30 if inner else 0, maximum_dwell_s=40 if inner else 0,
        )
        for n, x in enumerate(place_m)
        for inner in [0 < n < STATIONS - 1]
    )  # fmt: skip
    edges = np.linspace(-200.0, length_m + 200.0, 61)
    slopes = generator.integers(-15, 16, 60)
    track = Track(
        speed_limits=(SpeedLimit(from_m=-200.0, to_m=length_m + 200.0, limit_kmh=80.0),),
        gradients=tuple(
            Gradient(from_m=float(a), to_m=float(b), permil=float(s))
            for (a, b), s in zip(pairwise(edges), slopes, strict=True)
        ),
    )
    substations = tuple(
        Substation(id=f"T{n:02d}", chainage_m=float(x))
        for n, x in enumerate(np.linspace(300.0, length_m - 300.0, substation_count))
    )
    begin, end = int(5.5 * HOUR), int(23.5 * HOUR)
    peaks = [begin, 7 * HOUR, 10 * HOUR, int(16.5 * HOUR), int(19.5 * HOUR), end]
    headways = [102, 90, 101, 90, 102]
    terminal = Terminal(turnback_s=150, maximum_turnback_s=900, tracks=4)
    scenario = line.model_copy(
        update={
            "name": "large_line",
            "stations": stations,
            "terminals": {stations[place].id: terminal for place in (0, -1)},
            "depots": (),
            "track": track,
            "supply": line.supply.model_copy(update={"substations": substations}),
            "fleet": (FleetPart(train_type="six_car", trainsets=120),),
            "signalling": line.signalling.model_copy(update={"minimum_headway_s": 75}),
            "demand": Demand(origin_destination=(), scale=0.0),
            "timetable": line.timetable.model_copy(
                update={
                    "running_time_s": RunningTimes(up=(200,) * (count - 1), down=(200,) * (count - 1)),
                    "first_departure_s": ClockByDirection(up=begin, down=begin),
                    "last_departure_s": ClockByDirection(up=end, down=end),
                    "periods": tuple(
                        HeadwayPeriod(from_s=a, to_s=b, headway_s=h)
                        for (a, b), h in zip(pairwise(peaks), headways, strict=True)
                    ),
                }
            ),
        }
    )  # fmt: skip
    shortest = ShortestTimes(scenario).at_normal_load()["six_car"]
    slower = {d: tuple(int(np.ceil(1.2 * t)) for t in times) for d, times in shortest.items()}
    timetable = scenario.timetable.model_copy(update={"running_time_s": RunningTimes(**slower)})
    return scenario.model_copy(update={"timetable": timetable})


def with_headways(scenario: Scenario, factor: float) -> Scenario:
    """The same line with all headways multiplied."""
    rows = tuple(
        r.model_copy(update={"headway_s": round(r.headway_s * factor)}) for r in scenario.timetable.periods or ()
    )
    policy = scenario.policy.model_copy(update={"longest_headway_s": 3600, "load_limit_share": 2.0})
    fleet = tuple(part.model_copy(update={"trainsets": 200}) for part in scenario.fleet)
    timetable = scenario.timetable.model_copy(update={"periods": rows})
    return scenario.model_copy(
        update={"timetable": timetable, "policy": policy, "fleet": fleet, "depots": (),
                "signalling": scenario.signalling.model_copy(update={"minimum_headway_s": 60})}
    )  # fmt: skip


def planned(scenario: Scenario, effort: float) -> tuple[Planned, float, float]:
    """A plan with its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = make_plan(scenario, PlannerOptions(effort=effort))
    return found, time.perf_counter() - wall, time.process_time() - cpu


def row(found: Planned, wall_s: float, cpu_s: float) -> tuple[str, ...]:
    """Trips, seconds, saving without noise, gap, checker."""
    potential = found.potential
    saving = 100.0 * (1.0 - potential.after_kwh / potential.before_kwh)
    return (
        str(len(found.plan.timetable.trips)),
        f"{wall_s:.1f}",
        f"{found.seconds['timetable']:.1f}",
        f"{cpu_s:.1f}",
        f"{saving:.2f}",
        f"{potential.against_mean_phase_percent:.2f}",
        f"{potential.bound_percent:.2f}",
        f"{100 * potential.share_of_gap_closed:.1f}",
        "passed" if found.check.passed else f"{len(found.check.violations)} violations",
        "yes" if found.timing.stopped_early else "no",
    )


COLUMNS = (
    "trips", "wall s", "search s", "CPU s", "saving %", "vs mean phase %", "bound %", "gap closed %", "checker",
    "cut short",
)  # fmt: skip


def table(title: str, first: str) -> Table:
    """An empty table of plans."""
    made = Table(title=title)
    for name in (first, *COLUMNS):
        made.add_column(name, justify="right")
    return made


def yizhuang(console: Console) -> None:
    """Half the standard search, and four times as much."""
    line = load_scenario("beijing_yizhuang")
    shown = table("A weekday on Yizhuang, equal service (saving without noise)", "effort")
    for effort in (0.5, EFFORTS["thorough"]):
        shown.add_row(f"{effort:g}", *row(*planned(line, effort)))
    console.print(shown)


def convergence(console: Console) -> None:
    """What the search prices at the end of each stage, under the noise it plans for."""
    found, _, _ = planned(load_scenario("beijing_yizhuang"), 2.0)
    shown = Table("seconds", "stage", "kWh under noise", title="Convergence on Yizhuang, effort 2")
    for step in found.timing.convergence:
        shown.add_row(f"{step.seconds:.1f}", step.stage, f"{step.energy_kwh:,.0f}")
    console.print(shown)


GROWTH_EFFORT = 0.3


def growth(console: Console) -> None:
    """The same line with fewer and more trips; as many changes a trip and a pattern, and no clock that ends it."""
    shown = Table(
        "headways ×", "trips", "profiles CPU s", "search CPU s", "levers and bound CPU s", "saving %",
        title=f"Growth with the number of trips, effort {GROWTH_EFFORT:g}",
    )  # fmt: skip
    counts, seconds = [], []
    for factor in (4.0, 2.0, 1.0, 0.5):
        line = with_headways(load_scenario("beijing_yizhuang"), factor)
        model = LineModel.of(line)
        before = timetable_in_force(line)
        timing_limits = equal_service_limits(line, before, model.train.auxiliary_w)
        marks = [time.process_time()]
        motion_table_for(before, model.library, model.train, 2)
        marks.append(time.process_time())
        options = TimingOptions(effort=GROWTH_EFFORT, noise_deviation_s=3.0)
        after = optimise(
            before, model, timing_limits, partial(first_in_first_out, scenario=line), options
        ).timetable  # fmt: skip
        marks.append(time.process_time())
        lever_shares(before, after, model, 2)
        potential = potential_of(before, before, after, model, timing_limits, 2)
        marks.append(time.process_time())
        profiles_s, search_s, rest_s = np.diff(marks)
        counts.append(len(before.trips))
        seconds.append(search_s + rest_s)
        saving = 100.0 * (1.0 - potential.after_kwh / potential.before_kwh)
        shown.add_row(
            f"{factor:g}", str(counts[-1]), f"{profiles_s:.1f}", f"{search_s:.1f}", f"{rest_s:.1f}", f"{saving:.2f}"
        )
    console.print(shown)
    exponent = float(np.polyfit(np.log(counts), np.log(seconds), 1)[0])
    last = float(np.log(seconds[-1] / seconds[-2]) / np.log(counts[-1] / counts[-2]))
    console.print(f"CPU seconds grow with the trips to the power {exponent:.2f} (last step {last:.2f}).")


def very_large_day() -> Scenario:
    """A made-up day of about 2,600 trips, twice the trips of a day of Shanghai's line 8 with `trips_1332`: the same
    line and headways, in a service of 33 hours, with more tracks at the terminals and without limits of depots."""
    line = load_scenario("shanghai_line8", ("trips_1332",))
    first, last = 4 * HOUR, 37 * HOUR
    borders = [first, 7 * HOUR, 13 * HOUR, 18 * HOUR, 24 * HOUR, 31 * HOUR, last]
    headways = [97, 85, 97, 85, 97, 85]
    rows = tuple(
        HeadwayPeriod(from_s=a, to_s=b, headway_s=h) for (a, b), h in zip(pairwise(borders), headways, strict=True)
    )
    service = line.timetable.model_copy(
        update={
            "first_departure_s": ClockByDirection(up=first, down=first),
            "last_departure_s": ClockByDirection(up=last, down=last),
            "periods": rows,
        }
    )
    terminals = {name: terminal.model_copy(update={"tracks": 4}) for name, terminal in line.terminals.items()}
    fleet = (line.fleet[0].model_copy(update={"trainsets": 120, "depot": None}),)
    return line.model_copy(
        update={
            "name": "very_large_day",
            "terminals": terminals,
            "depots": (),
            "fleet": fleet,
            "timetable": service,
        }
    )


SIZES_EFFORT = 1.0
SIZES = {
    "Yizhuang": lambda: load_scenario("beijing_yizhuang"),
    "Shanghai, trips_504": lambda: load_scenario("shanghai_line8", ("trips_504",)),
    "Shanghai": lambda: load_scenario("shanghai_line8"),
    "Shanghai, trips_1332": lambda: load_scenario("shanghai_line8", ("trips_1332",)),
    "made up": very_large_day,
}
"""Days by name, from the smallest to the largest."""


class _StageClock:
    """CPU seconds of this process by the stage that the planner names."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._since_s = "start", time.process_time()

    def __call__(self, stage: str, _share: float) -> None:
        now_s = time.process_time()
        self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now_s - self._since_s
        self._stage, self._since_s = stage, now_s


@dataclass(frozen=True)
class SizedPlan:
    """A plan of one size: its trips, seconds, CPU seconds by stage, memory, and figures."""

    trips: int
    wall_s: float
    cpu_s: dict[str, float]
    memory_mb: float
    gap_closed_percent: float
    checker: str


def sized_plan(name: str) -> SizedPlan:
    """Plan one of `SIZES`, and simulate one day of the plan."""
    scenario, clock, wall = SIZES[name](), _StageClock(), time.perf_counter()
    found = make_plan(scenario, PlannerOptions(effort=SIZES_EFFORT), progress=clock)
    wall_s = time.perf_counter() - wall
    clock("one simulated day", 0.0)
    day_model(scenario, found.line.library).day(found.plan.timetable, 1)
    clock("end", 1.0)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    checker = "passed" if found.check.passed else f"{len(found.check.violations)} violations"
    closed = 100.0 * found.potential.share_of_gap_closed
    return SizedPlan(len(found.plan.timetable.trips), wall_s, clock.seconds, memory_mb, closed, checker)


def sizes(console: Console) -> None:
    """Days of 368 to 2,600 trips, and the growth of each stage."""
    plans: list[SizedPlan] = []
    for name in SIZES:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            plans.append(pool.submit(sized_plan, name).result())
        one = plans[-1]
        console.print(
            f"{name}: {one.trips} trips, {one.wall_s:.1f} s, {sum(one.cpu_s.values()):.1f} CPU s, "
            f"{one.memory_mb:,.0f} MB, {one.gap_closed_percent:.1f} % of the gap, checker {one.checker}"
        )
    shown = Table("stage", *(f"{one.trips} trips" for one in plans), "growth", title="CPU seconds by stage")
    stages = dict.fromkeys(stage for one in plans for stage in one.cpu_s)
    trips = np.log([one.trips for one in plans])
    rows = {stage: [one.cpu_s.get(stage, 0.0) for one in plans] for stage in stages}
    once = ("driving profiles", "compiling the search", "one simulated day")
    rows["plan without profiles and compilation"] = [
        sum(cpu_s for stage, cpu_s in one.cpu_s.items() if stage not in once) for one in plans
    ]
    for stage, cpu_s in rows.items():
        growth = f"{np.polyfit(trips, np.log(cpu_s), 1)[0]:.2f}" if min(cpu_s) > 0.0 else ""
        shown.add_row(stage, *(f"{one:.1f}" for one in cpu_s), growth)
    console.print(shown)


def large(console: Console) -> None:
    """28 stations, 37.4 km, 1,332 trips."""
    line = large_line()
    count = len(timetable_in_force(line).trips)
    shown = table(f"A made-up day of the size of Shanghai's line 8 ({count} trips)", "effort")
    shown.add_row("3", *row(*planned(line, 3.0)))
    console.print(shown)
    console.print(f"Largest resident memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB.")


def main() -> None:
    """Print the tables asked for, after a small plan that compiles everything."""
    asked = sys.argv[1:] or list(PARTS)
    unknown = set(asked) - set(PARTS)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; one or more of {', '.join(PARTS)}")
    console = Console(width=160)
    make_plan(load_scenario("tutorial_line"), PlannerOptions(effort=0.07))
    for part in asked:
        {
            "yizhuang": yizhuang,
            "convergence": convergence,
            "growth": growth,
            "large": large,
            "sizes": sizes,
        }[part](console)


if __name__ == "__main__":
    main()
