"""The day of an independent model: 800 passengers on every train, three kinds of noise, judged on ladder days.

    python benchmarks/reference_day.py [NOISE ...]      # some twenty minutes; "none" alone: four cases without noise

The independent model of the Yizhuang line and its crude search are those of the reference cases. Nothing is written.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial

if "HEADWATT_CACHE" not in os.environ:
    os.environ["HEADWATT_CACHE"] = tempfile.mkdtemp(prefix="headwatt-benchmark-")

from rich.console import Console
from rich.progress import track
from rich.table import Table

from dispatch.energy.line_model import LineModel
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.terminal_occupancy import terminal_excess_s
from dispatch.plans.timetable import Timetable
from dispatch.rostering.duties import assign
from dispatch.timing.limits import equal_service_limits
from dispatch.timing.line_motions import motion_table_for
from dispatch.timing.optimise import SearchWish, optimise
from dispatch.timing.task import TimingOptions
from scenarios.files.load import load_scenario
from simulation.day.model import DayModel, day_model
from simulation.judging.judge import compare
from simulation.runs.replications import DayResult, replicate, replication_seeds

REFERENCE_PASSENGERS = 800.0
REFERENCE_EFFORT = 1.6
REFERENCE_MEAN_PHASE_SHARE = 59_884.0 / 61_100.6
"""Of an independent model's day: its mean over all phases between the directions, over its bare phase."""


@dataclass(frozen=True)
class ReferenceCase:
    """A kind of noise, what a crude search reached there, and the freedoms: seconds of a trip's standing that may
    become running, seconds by which trips may be longer, taken from the stand at terminals."""

    noise: str
    noise_s: float
    accumulates: bool
    crude_percent: float
    standing_to_running_s: int
    longer_s: int = 0


REFERENCE_CASES = (
    ReferenceCase("none", 0.0, False, 20.0, 0),
    ReferenceCase("3 s held", 3.0, False, 16.6, 0),
    ReferenceCase("3 s adding up", 3.0, True, 11.5, 0),
    ReferenceCase("none", 0.0, False, 20.0, 30),
    ReferenceCase("3 s held", 3.0, False, 16.6, 30),
    ReferenceCase("3 s adding up", 3.0, True, 11.5, 30),
    ReferenceCase("none", 0.0, False, 22.0, 0, 30),
    ReferenceCase("none", 0.0, False, 22.0, 30, 30),
)


def _quiet_day(model: DayModel, timetable: Timetable) -> DayResult:
    """A day without disturbances, with the loads that the timetable says."""
    day = model.day(timetable, None, True)
    return DayResult(day.account, day.service, day.bill, day.train_km, len(day.trips), day.vehicles)


def main() -> None:
    """The day of an independent model: 800 passengers on every train, three kinds of noise, judged on ladder days."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = tuple(dict.fromkeys(case.noise for case in REFERENCE_CASES))
    parser.add_argument("noise", nargs="*", help="; ".join(kinds))
    wanted = parser.parse_args().noise or kinds
    console = Console(width=160)
    make_plan(load_scenario("tutorial_line"), PlannerOptions(effort=0.07))  # compiles everything
    shown = Table(
        "noise", "standing to running s", "longer trips s", "a crude search %", "saving %", "95 % interval",
        "vs mean phase %", "15-minute peak kW (today)", "unserved kWh", "search s", "CPU s",
        title=f"Yizhuang, {REFERENCE_PASSENGERS:g} passengers on every train, effort {REFERENCE_EFFORT:g}",
    )  # fmt: skip
    for case in track([one for one in REFERENCE_CASES if one.noise in wanted], "cases", console=Console(stderr=True)):
        line = load_scenario("beijing_yizhuang", ("accumulating_noise",) if case.accumulates else ())
        model = LineModel.of(line)
        load = (REFERENCE_PASSENGERS,) * (len(line.stations) - 1)
        before = Timetable(tuple(replace(trip, passengers=load) for trip in timetable_in_force(line).trips))
        timing_limits = replace(
            equal_service_limits(line, before, model.train.auxiliary_w),
            dwell_to_run_s=case.standing_to_running_s,
            longer_s=case.longer_s,
        )
        motion_table_for(before, model.library, model.train, 2, longer_s=case.longer_s)
        wall, cpu = time.perf_counter(), time.process_time()
        options = TimingOptions(
            effort=REFERENCE_EFFORT, noise_deviation_s=case.noise_s,
            noise_accumulates=case.accumulates,
        )  # fmt: skip
        wish = SearchWish(terminal_excess_s=partial(terminal_excess_s, scenario=line))
        turn = partial(assign, scenario=line, in_force=before, may_exceed=True)
        after = optimise(before, model, timing_limits, turn, options, wish=wish).timetable
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        day = day_model(line, model.library)
        if case.noise_s:
            seeds = replication_seeds(0, 10)
            days = replicate(day, {"before": before, "after": after}, seeds, 2, None, True)
        else:
            seeds = (0, 0)
            days = {
                key: (_quiet_day(day, timetable),) * 2 for key, timetable in {"before": before, "after": after}.items()
            }
        judged = compare(seeds, days["before"], days["after"])
        saving, drawn = judged.saving_percent, judged.plan.energy().mean
        mean_phase = 100.0 * (1.0 - drawn / (judged.baseline.energy().mean * REFERENCE_MEAN_PHASE_SHARE))
        peak, peak_today = (of.energy("peak_15min_sliding_kw").mean for of in (judged.plan, judged.baseline))
        shown.add_row(
            case.noise, str(case.standing_to_running_s), str(case.longer_s), f"{case.crude_percent:.1f}",
            f"{saving.mean:.2f}", f"{saving.low:.2f} to {saving.high:.2f}", f"{mean_phase:.2f}",
            f"{peak:,.0f} ({peak_today:,.0f})", f"{judged.plan.energy('unserved_kwh').mean:.1f}", f"{wall:.0f}",
            f"{cpu:.0f}",
        )  # fmt: skip
        console.print(f"{case}: {saving.mean:.2f} %, {wall:.0f} s of search")
    console.print(shown)


if __name__ == "__main__":
    main()
