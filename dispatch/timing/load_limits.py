"""The load limit at equal service as longest headways: a longer gap before a train brings more passengers to it."""

from bisect import bisect_right
from collections.abc import Mapping

import numpy as np

from dispatch.plans.timetable import Timetable
from energy_models.arrays import FloatArray
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.demand import section_loads
from scenarios.values.headway_periods import headway_starts_s

LOAD_SLACK = 0.05
"""Where today's timetable exceeds the load limit, a departure may add this share to the largest load of its period, as
the checker's rule has it."""
OTHER_TIMES_S = 120
"""By how much a departure on the way may move beside that from the terminal (assumed)."""


def gaps_by_load_s(
    scenario: Scenario, baseline: Timetable, window_s: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[float, ...]]:
    """The longest headway before each trip, at each station that it leaves, at which the load stays allowed: with the
    largest flow of passengers that the trip can meet within its window, but at least the headway of today.

    Empty where trips turn on the way, because then the passengers of a trip depend on where other trips go.
    """
    if baseline.turns_on_the_way:
        return {}
    flows = section_loads(scenario)
    normal = min(scenario.train_types[part.train_type].capacity.normal for part in scenario.fleet)
    limit = scenario.policy.load_limit_share * normal
    found: dict[str, tuple[float, ...]] = {}
    for direction in DIRECTIONS:
        starts = headway_starts_s(scenario, direction)
        trips = baseline.of(direction)
        period = {trip.trip_id: max(bisect_right(starts, trip.start_s) - 1, 0) for trip in trips}
        heaviest: dict[tuple[int, int], float] = {}
        for trip in trips:
            for section, load in enumerate(trip.passengers):
                key = period[trip.trip_id], section
                heaviest[key] = max(heaviest.get(key, 0.0), load)
        for (ahead, trip), places in baseline.neighbours(direction).items():
            reach = max(abs(time - trip.start_s) for time in window_s[trip.trip_id]) + OTHER_TIMES_S
            gaps = list(found.get(trip.trip_id, (np.inf,) * len(trip.driving)))
            for at, section in places:
                worst = heaviest[period[trip.trip_id], section]
                allowed = worst * (1.0 + LOAD_SLACK) if worst > limit else limit
                today = trip.departure_s[section] - ahead.departure_s[at]
                flow = flows.passengers_per_hour[direction][:, section]
                most = _largest(
                    flows.time_bin_s, flow, ahead.departure_s[at] - reach, trip.departure_s[section] + reach
                )
                if most > 0.0:
                    gaps[section] = max(float(today), 3600.0 * allowed / most)
            found[trip.trip_id] = tuple(gaps)
    return found


def _largest(edge_s: FloatArray, per_hour: FloatArray, from_s: float, to_s: float) -> float:
    """The largest flow in a span of time."""
    met = (edge_s[:-1] < to_s) & (edge_s[1:] > from_s)
    return float(per_hour[met].max(initial=0.0))
