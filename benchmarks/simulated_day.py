"""Seconds of a simulated day, stage by stage, and how they grow with the number of trips.

Run alone: python benchmarks/simulated_day.py [SCENARIO]. The first day compiles and is not counted.
"""

import resource
import sys
import time
from itertools import pairwise

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.account.energy import account
from energy_models.supply.solver import solve
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.runs.replications import prepare_profiles


def stages_s(model: DayModel, timetable: Timetable, seed: int) -> tuple[float, ...]:
    """Wall seconds of trains, movement, ladder and account."""
    marks = [time.perf_counter()]
    trips = model.run_trains(timetable, seed).trips
    marks.append(time.perf_counter())
    snapshots = model.snapshots(trips)
    marks.append(time.perf_counter())
    solution = solve(model.network, snapshots)
    marks.append(time.perf_counter())
    account(snapshots, solution, model.network)
    marks.append(time.perf_counter())
    return tuple(after - before for before, after in pairwise(marks))


def main() -> None:
    scenario = load_scenario(sys.argv[1] if len(sys.argv) > 1 else "beijing_yizhuang")
    model = day_model(scenario, profile_library(scenario))
    whole = timetable_in_force(scenario)
    prepare_profiles(model, [whole], 2)
    model.day(whole, 0)
    print(f"{'trips':>6} {'trains':>8} {'movement':>9} {'ladder':>8} {'account':>8} {'total':>8}   ms a trip")
    for share in (0.25, 0.5, 0.75, 1.0):
        last_s = min(t.start_s for t in whole.trips) + share * 86_400 * 0.77
        part = Timetable(tuple(trip for trip in whole.trips if trip.start_s <= last_s))
        measured = [stages_s(model, part, seed) for seed in range(3)]
        best = [min(column) for column in zip(*measured, strict=True)]
        total = sum(best)
        print(
            f"{len(part.trips):>6} {best[0]:>8.3f} {best[1]:>9.3f} {best[2]:>8.3f} {best[3]:>8.3f} {total:>8.3f}   "
            f"{1000.0 * total / len(part.trips):.2f}"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
