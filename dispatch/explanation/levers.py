"""The saving of each lever of a plan, independent of the order of the levers.

Levers interact: energy-saving driving leaves less braking energy, and better departures reuse more of it. A share that
depends on an order of levers is arbitrary, so each lever gets its mean contribution over all orders (Shapley, A value
for n-person games, 1953); the sum of the shares is the whole saving.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from math import factorial

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays
from dispatch.explanation.lever import LEVERS, Lever
from dispatch.plans.timetable import Timetable, Trip, retimed


def lever_shares(
    before: Timetable,
    after: Timetable,
    line: LineModel,
    workers: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
    days: PlannedDays | None = None,
) -> tuple[Lever, ...]:
    """Shapley shares of the saving between two timetables of the same trips, without noise, on the equivalent track.

    Another vehicle for a trip belongs to the departures. `days` are the days of the line, if others use them as well.
    """
    days = days or PlannedDays(line)
    subsets = [subset for size in range(len(LEVERS) + 1) for subset in combinations(range(len(LEVERS)), size)]
    old = {trip.trip_id: trip for trip in before.trips}
    done = 0

    def energy(subset: tuple[int, ...]) -> float:
        nonlocal done
        mixed = Timetable(tuple(_mixed(old[trip.trip_id], trip, subset) for trip in after.trips))
        joules = days.energy_j(mixed)
        done += 1
        progress("levers", done / len(subsets))
        return joules

    with ThreadPoolExecutor(workers) as pool:
        energies = dict(zip(subsets, pool.map(energy, subsets), strict=True))
    count = len(LEVERS)
    shares = []
    for lever in range(count):
        total = 0.0
        for subset in subsets:
            if lever in subset:
                continue
            weight = factorial(len(subset)) * factorial(count - len(subset) - 1) / factorial(count)
            total += weight * (energies[subset] - energies[tuple(sorted((*subset, lever)))])
        shares.append(Lever(LEVERS[lever], total / 3.6e6))
    return tuple(shares)


def fewer_trips(before: Timetable, after: Timetable, days: PlannedDays) -> Lever:
    """Saving of another number of trips, run as today: the first lever, because the others depend on the trips."""
    before_j, after_j = (days.energy_j(day) for day in (before, after))
    return Lever("number of trips", (before_j - after_j) / 3.6e6)


def _mixed(old: Trip, new: Trip, subset: tuple[int, ...]) -> Trip:
    """The trip with the chosen levers of the new trip and the others of the old trip."""
    driving, departure, run, dwell = (new if lever in subset else old for lever in range(len(LEVERS)))
    sections = len(old.driving)
    return retimed(
        replace(old, vehicle=departure.vehicle),
        departure.start_s,
        [run.running_time_s(k) for k in range(sections)],
        [dwell.dwell_s(k) for k in range(1, sections)],
        driving.driving[0],
    )
