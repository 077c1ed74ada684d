"""What the restrictions of a plan cost: how much less its day would draw without shared patterns, and without grids."""

from dataclasses import replace

from dispatch.timing.day_state import Day
from dispatch.timing.kernel.trips import own_patterns
from dispatch.timing.single_trips import Pass, pass_on_surrogate, quiet_energy_j
from dispatch.timing.task import SearchTask

FIRST_PASS = 1000
"""Number of the first pass, which no pass of the plan's search has: other seeds."""
PASSES = (Pass(True, True, 0.5, False, 200.0, 5e4, 1e4), Pass(True, True, 0.35, False, 100.0, 2e4, 5e3))
"""A short search: the answer is an estimate for the summary, and no timetable comes of it."""


def cost_of_shared_patterns_j(task: SearchTask, day: Day) -> float:
    """By how much the energy of the undisturbed day falls if each trip may have its own times, in J; at least 0.

    The times come from a short search on the surrogate; both days are solved exactly. `day` stays as it is.
    """
    own, fields = _copied(day), own_patterns(len(day.order))
    trips = own.trips._replace(
        pattern=fields["pattern"], peer_group=fields["peer_group"], peers_begin=fields["peers_begin"],
        peer=fields["peer"], regular_gap_s=fields["regular_gap_s"],
    )  # fmt: skip
    return _gained_j(task, replace(own, trips=trips))


def cost_of_grids_j(task: SearchTask, day: Day) -> float:
    """By how much it falls if departures and dwells may have any second, as `cost_of_shared_patterns_j`."""
    free = _copied(day)
    return _gained_j(task, replace(free, limits=day.limits._replace(departure_grid_s=1, dwell_grid_s=1)))


def _copied(day: Day) -> Day:
    trips = day.trips
    copies = trips._replace(
        departure_s=trips.departure_s.copy(), run_s=trips.run_s.copy(), dwell_s=trips.dwell_s.copy(),
        stand_s=trips.stand_s.copy(), pattern=trips.pattern.copy(),
    )  # fmt: skip
    return replace(day, trips=copies)


def _gained_j(task: SearchTask, day: Day) -> float:
    before_j = quiet_energy_j(task, day.timetable("optimal"))
    for number, stage in enumerate(PASSES):
        pass_on_surrogate(task, day, stage, FIRST_PASS + number)
    return max(before_j - quiet_energy_j(task, day.timetable("optimal")), 0.0)
