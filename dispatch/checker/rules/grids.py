"""Rules of the grids that the user chose: departures from the first station, and dwells."""

from collections.abc import Iterator

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, clock, rule


@rule(
    "departure-grid",
    "With a departure grid, each trip leaves its first station at a multiple of the grid, or at the time of its trip "
    "in force, such as first and last trains.",
)
def departure_grid(case: CheckCase) -> Iterator[Violation]:
    """Departures are multiples of the grid."""
    grid = case.plan.options.departure_grid_s
    if grid <= 1:
        return
    for trip in case.plan.timetable.trips:
        off_s = trip.start_s % grid
        if off_s and not _must_stay(case, trip.trip_id, trip.start_s):
            sentence = f"trip {trip.trip_id} leaves at {clock(trip.start_s)}, which is no multiple of {grid} s"
            yield Violation("departure-grid", sentence, trip.trip_id, trip.stations[0], trip.start_s, off_s)


def _must_stay(case: CheckCase, trip_id: str, start_s: int) -> bool:
    """Whether a fix sets the times of the trip, or it leaves as today."""
    fixed = case.plan.options.fixed
    in_gap = any(trip_id in (gap.ahead, gap.trip) for gap in fixed.gaps)
    today = {trip.trip_id: trip.start_s for trip in case.baseline.trips}
    return in_gap or trip_id in fixed.times or today.get(trip_id) == start_s


@rule(
    "dwell-grid",
    "With a dwell grid, each dwell is a multiple of the grid, except fixed dwells and one dwell of a trip whose total "
    "dwell in force is no multiple.",
)
def dwell_grid(case: CheckCase) -> Iterator[Violation]:
    """Dwells are multiples of the grid."""
    grid = case.plan.options.dwell_grid_s
    if grid <= 1:
        return
    fixed = case.plan.options.fixed
    today = {trip.trip_id: trip for trip in case.baseline.trips}
    for trip in case.plan.timetable.trips:
        in_force = today.get(trip.trip_id)
        if trip.trip_id in fixed.times or (in_force is not None and in_force.dwells_s == trip.dwells_s):
            continue
        set_here = fixed.dwells_s.get(trip.trip_id, {})
        off = [
            (station, dwell_s)
            for station, dwell_s in zip(trip.stations[1:-1], trip.dwells_s, strict=True)
            if dwell_s % grid and station not in set_here
        ]
        rest = in_force is not None and sum(in_force.dwells_s) % grid > 0
        if len(off) > (1 if rest or set_here else 0):
            station, dwell_s = off[-1]
            sentence = f"trip {trip.trip_id} stands {dwell_s} s at {station}, which is no multiple of {grid} s"
            time_s = trip.arrival_s[trip.stations.index(station)]
            yield Violation("dwell-grid", sentence, trip.trip_id, station, time_s, dwell_s % grid)
