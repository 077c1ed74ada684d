"""Limits of the search: the reserve of dwells where deviations accumulate."""

import numpy as np
import pytest
from timing_lines import small_line

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, retimed
from dispatch.timing.limits import equal_service_limits
from scenarios.schema.base import DIRECTIONS
from simulation.disturbances.dwell_noise import DwellNoise


def with_dwells(timetable: Timetable, dwell_s: int) -> Timetable:
    """The same trips, all dwells between the terminals changed."""
    return Timetable(
        tuple(
            retimed(trip, trip.start_s, list(trip.running_times_s), [dwell_s] * len(trip.dwells_s), trip.driving[0])
            for trip in timetable.trips
        )
    )


@pytest.mark.parametrize(("accumulates", "reserve_s"), [(False, 0), (True, 4)])
def test_dwells_have_a_reserve_where_deviations_accumulate(accumulates: bool, reserve_s: int) -> None:
    scenario = small_line(5, noise_s=3.0, accumulates=accumulates)
    limits = equal_service_limits(scenario, with_dwells(timetable_in_force(scenario), 40), 0.0)
    for direction in DIRECTIONS:
        inner = scenario.stations_in_order(direction)[1:-1]
        assert [low for low, _ in limits.dwell_span_s[direction]] == [s.minimum_dwell_s + reserve_s for s in inner]


def test_dwells_that_are_shorter_today_stay_allowed() -> None:
    scenario = small_line(5, noise_s=3.0, accumulates=True)
    shortest_s = [int(station.minimum_dwell_s) for station in scenario.stations[1:-1]]
    today_s = max(shortest_s) + 1
    limits = equal_service_limits(scenario, with_dwells(timetable_in_force(scenario), today_s), 0.0)
    assert [low for low, _ in limits.dwell_span_s["up"]] == [min(low + 4, today_s) for low in shortest_s]
    assert today_s in [low for low, _ in limits.dwell_span_s["up"]]


def test_the_reserve_keeps_the_mean_trip_as_long_as_planned() -> None:
    """Of the deviations in simulated days: what a reserve of 4 s cuts off adds less than 0.02 s to a stop."""
    stations = [str(number) for number in range(20)]
    drawn_s = np.concatenate([DwellNoise(3.0, True).deviations_s(seed, "1", stations) for seed in range(500)])
    assert np.maximum(drawn_s, 0.0).mean() > 1.0
    assert np.maximum(drawn_s, -4.0).mean() - drawn_s.mean() < 0.02
