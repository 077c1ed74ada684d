"""The running-time and dwell patterns of a plan as rows of the report."""

from dataclasses import dataclass

from api.clock import clock_text
from dispatch.plans.running_patterns import running_patterns
from simulation.experiment import PlanExperiment

MOST_ROWS = 60
"""With a pattern for each trip the table would be as long as the timetable."""


@dataclass(frozen=True)
class PatternRow:
    """One pattern: its name, number of trips, first departure, one-way time, running times and dwells in s."""

    name: str
    trips: int
    first: str
    one_way_s: int
    running_times_s: tuple[int, ...]
    dwells_s: tuple[int, ...]


def pattern_rows(experiment: PlanExperiment) -> tuple[list[PatternRow], int]:
    """The patterns of the plan by direction and period, and how many are left out because there are too many."""
    departure_s = {trip.trip_id: trip.start_s for trip in experiment.plan.timetable.trips}
    found = running_patterns(experiment.plan, experiment.request.scenario, experiment.baseline_plan.timetable)
    least = sorted((len(one.trip_ids) for one in found), reverse=True)[min(len(found), MOST_ROWS) - 1]
    shown = [one for one in found if len(one.trip_ids) >= least][:MOST_ROWS]
    rows = [
        PatternRow(
            name=one.name,
            trips=len(one.trip_ids),
            first=clock_text(min(departure_s[trip_id] for trip_id in one.trip_ids)),
            one_way_s=one.one_way_s,
            running_times_s=one.running_times_s,
            dwells_s=one.dwells_s,
        )
        for one in shown
    ]
    return rows, len(found) - len(shown)
