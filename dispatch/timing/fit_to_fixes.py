"""What fixes leave free: windows of departures, held trips, and running times and dwells that keep fixed dwells.

Trips with fixed times have these times; fixed dwells are set, and the other dwells of the trip compensate.
"""

from collections.abc import Mapping

import numpy as np

from dispatch.plans.dwell_transfer import standing_s
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.day_state import TripSpans
from dispatch.timing.limits import TimingLimits
from dispatch.timing.task import SearchTask
from energy_models.arrays import IntArray
from scenarios.schema.base import DIRECTIONS


def trip_spans(task: SearchTask, order: tuple[Trip, ...]) -> TripSpans:
    """Limits of dwells and of departures at each station, by trip, for the search."""
    fixed, limits = task.timing_limits.fixed, task.limits
    sections = max(len(trip.driving) for trip in order)
    begins = Timetable(order).first_sections()
    directions = np.array([DIRECTIONS.index(trip.direction) for trip in order], dtype=np.int64)
    shortest, longest = limits.dwell_shortest_s[directions], limits.dwell_longest_s[directions]
    reach = np.tile(np.array([-(10**9), 10**9], dtype=np.int64), (len(order), sections + 1, 1))
    for j, trip in enumerate(order):
        for station, dwell_s in fixed.dwells_s.get(trip.trip_id, {}).items():
            inner = begins[j] + trip.stations.index(station) - 1
            shortest[j, inner] = longest[j, inner] = dwell_s
        if trip.trip_id in task.timing_limits.arrival_span_s:
            reach[j, begins[j] + len(trip.driving)] = task.timing_limits.arrival_span_s[trip.trip_id]
        if fixed.close_s is not None and trip.trip_id in fixed.close_to:
            close_to = fixed.close_to[trip.trip_id]
            times = np.array((*close_to.departure_s[:-1], close_to.arrival_s[-1]), dtype=np.int64)
            here = slice(begins[j], begins[j] + len(times))
            reach[j, here, 0] = np.maximum(reach[j, here, 0], times - fixed.close_s)
            reach[j, here, 1] = np.minimum(reach[j, here, 1], times + fixed.close_s)
    return TripSpans(shortest, longest, reach)


def departure_window_s(timing_limits: TimingLimits, trip: Trip) -> tuple[int, int]:
    """Departure window of a trip: from the rules, its fix, and the plan to keep close to."""
    fixed = timing_limits.fixed
    low, high = timing_limits.window_s[trip.trip_id]
    if trip.trip_id in fixed.windows_s:
        low, high = max(low, fixed.windows_s[trip.trip_id][0]), min(high, fixed.windows_s[trip.trip_id][1])
    if fixed.close_s is not None and trip.trip_id in fixed.close_to:
        before = fixed.close_to[trip.trip_id].departure_s[0]
        low, high = max(low, before - fixed.close_s), min(high, before + fixed.close_s)
    return low, high


def rigid_trips(task: SearchTask) -> frozenset[str]:
    """Trips whose departure stays fixed after the fit: trips with fixed times, or with a fixed gap."""
    gaps = task.timing_limits.fixed.gaps
    return frozenset({*task.timing_limits.fixed.times, *(gap.ahead for gap in gaps), *(gap.trip for gap in gaps)})


def pinned_dwells_s(task: SearchTask, trips: tuple[Trip, ...]) -> dict[int, int]:
    """Dwells (by index of the intermediate station) with one fixed value for all of these trips."""
    pinned = {}
    for inner, station in enumerate(trips[0].stations[1:-1]):
        values = {task.timing_limits.fixed.dwells_s.get(trip.trip_id, {}).get(station) for trip in trips}
        if len(values) == 1 and None not in values:
            pinned[inner] = int(next(value for value in values if value is not None))
    return pinned


def way_with_dwells(
    task: SearchTask, trip: Trip, fixed_s: Mapping[int, int], reasons: list[str]
) -> tuple[list[int], list[int]]:
    """Running times and dwells of a trip with some fixed dwells; the other dwells compensate.

    A remaining excess is a reason of infeasibility; a remaining surplus shortens the trip.
    """
    direction = DIRECTIONS.index(trip.direction)
    sections = len(trip.driving)
    run = list(trip.running_times_s)
    dwell = [trip.dwell_s(k) for k in range(1, sections)]
    excess = sum(value - dwell[inner] for inner, value in fixed_s.items())
    for inner, value in fixed_s.items():
        dwell[inner] = value
    while excess != 0:
        step = 1 if excess > 0 else -1
        limit = (task.limits.dwell_shortest_s if step > 0 else task.limits.dwell_longest_s)[direction]
        room = {k: step * (dwell[k] - int(limit[k])) for k in range(sections - 1) if k not in fixed_s}
        widest = max(room, key=lambda k: (room[k], -k), default=None)
        if widest is None or room[widest] <= 0:
            break
        dwell[widest] -= step
        excess -= step
    if excess > 0:
        names = ", ".join(f"{value} s at {trip.stations[inner + 1]}" for inner, value in fixed_s.items())
        reasons.append(
            f"trip {trip.trip_id} cannot have the dwells {names} without a longer total dwell: its other dwells can "
            f"only decrease by {excess} s less than necessary"
        )
    return run, dwell


def way_on_grid(
    task: SearchTask, today: Trip, run: list[int], dwell: list[int], fixed_s: Mapping[int, int]
) -> tuple[list[int], list[int]]:
    """Running times and dwells of a trip (`today` is that in force) with dwells on their grid; the total of all stays.

    Dwells are rounded down, then as many are rounded up as the total dwell allows. The rest becomes running time if the
    rules allow so much, otherwise one dwell keeps it. Fixed dwells stay. If the shortest dwells leave no room on the
    grid, all dwells stay.
    """
    grid = task.timing_limits.dwell_grid_s
    if grid == 1:
        return run, dwell
    direction = DIRECTIONS.index(today.direction)
    free = [k for k in range(len(dwell)) if k not in fixed_s]
    least = {k: -(-int(task.limits.dwell_shortest_s[direction][k]) // grid) * grid for k in free}
    on_grid = [max(dwell[k] // grid * grid, least[k]) if k in least else dwell[k] for k in range(len(dwell))]
    rest = sum(dwell) - sum(on_grid)
    for k in sorted(free, key=lambda k: (on_grid[k] - dwell[k], k)):
        if rest >= grid and on_grid[k] + grid <= task.limits.dwell_longest_s[direction][k]:
            on_grid[k] += grid
            rest -= grid
    if rest < 0 or not free:
        return run, dwell
    run = list(run)
    longest = max(range(len(run)), key=lambda k: (run[k], -k))
    spare_s = task.limits.dwell_to_run_s - (standing_s(today) - sum(dwell))
    if rest <= spare_s and run[longest] + rest <= task.motions.longest_s[direction, longest]:
        run[longest] += rest
    else:
        on_grid[free[0]] += rest
    return run, on_grid


def times_on_grid(low: int, high: int, grid: int) -> list[int]:
    """The multiples of the grid from low to high; all seconds if there is none."""
    return list(range(-(-low // grid) * grid, high + 1, grid)) or list(range(low, high + 1))


def held_flags(task: SearchTask, order: tuple[Trip, ...]) -> IntArray:
    """1 for each trip of an order that the search does not change."""
    return np.array([trip.trip_id in task.timing_limits.fixed.times for trip in order], dtype=np.int64)
