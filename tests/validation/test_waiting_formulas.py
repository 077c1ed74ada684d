"""Waiting on simulated days beside the formulas of renewal theory, and passengers beside what came.

Passengers who come evenly wait E[H²] / 2E[H] on average when trains leave at headways H: half a headway when these are
all the same, a whole mean headway when departures are a Poisson process (Osuna and Newell, Transportation Science 6(1)
1972; Welding, Operational Research Quarterly 8(3) 1957).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from scenarios.files.load import load_scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.disturbances import DwellNoise
from simulation.railway.passengers import PlatformDemand
from simulation.railway.trains import Operations


@pytest.fixture(scope="module")
def steady() -> DayModel:
    """The tutorial line with passengers who come evenly all day, and no least headway."""
    scenario = load_scenario("tutorial_line")
    model = day_model(scenario, profile_library(scenario))
    per_hour = np.triu(np.full((1, 5, 5), 12.0), 1)
    demand = PlatformDemand.from_journeys(np.array([0.0, 172_800.0]), per_hour)
    rules = replace(model.rules, minimum_headway_s=0.0, noise=DwellNoise(0.0))
    return replace(model, demand=dict.fromkeys(DIRECTIONS, demand), rules=rules)


@pytest.fixture(scope="module")
def pattern() -> Trip:
    return timetable_in_force(load_scenario("tutorial_line")).of("up")[0]


def leaving(pattern: Trip, at_s: Sequence[int]) -> Timetable:
    """The same trip at other times, a vehicle for each."""
    return Timetable(
        tuple(
            replace(
                pattern,
                trip_id=f"up-{k:04d}",
                vehicle=f"V{k}",
                arrival_s=tuple(t - pattern.start_s + time_s for t in pattern.arrival_s),
                departure_s=tuple(t - pattern.start_s + time_s for t in pattern.departure_s),
            )
            for k, time_s in enumerate(at_s)
        )
    )


def waited_and_expected(ran: Operations, stop: int) -> tuple[float, float]:
    """Mean waiting of those who came between the first and the last departure, and the formula's for these."""
    departures = np.array([trip.departure_s[stop] for trip in ran.trips])
    waited_s = sum(trip.waited_s[stop] for trip in ran.trips[1:])
    boarded = sum(trip.boarded[stop] for trip in ran.trips[1:])
    headway_s = np.diff(departures)
    return waited_s / boarded, float((headway_s**2).sum() / (2.0 * headway_s.sum()))


def test_regular_headways_make_passengers_wait_half_of_one(steady: DayModel, pattern: Trip) -> None:
    ran = steady.run_trains(leaving(pattern, range(20_000, 50_000, 300)), None)
    for stop in range(4):
        mean_s, expected_s = waited_and_expected(ran, stop)
        assert mean_s == pytest.approx(150.0, rel=1e-9)
        assert expected_s == pytest.approx(150.0, rel=1e-9)


def test_random_headways_make_them_wait_by_the_formula(steady: DayModel, pattern: Trip) -> None:
    # Headways are exponential with a mean of 400 s, so the mean waiting comes near 400 s: the standard error of
    # E[H²] / 2E[H] over 350 headways is about 400 · sqrt(5 / 350) / 2 = 24 s where they leave.
    drawn_s = np.random.default_rng(7).exponential(400.0, 350)
    ran = steady.run_trains(leaving(pattern, np.rint(20_000.0 + np.cumsum(drawn_s)).astype(int).tolist()), None)
    at_terminal_s, _ = waited_and_expected(ran, 0)
    assert at_terminal_s == pytest.approx(400.0, abs=96.0)
    for stop in range(4):
        mean_s, expected_s = waited_and_expected(ran, stop)
        assert mean_s == pytest.approx(expected_s, rel=1e-9)


def test_noise_makes_waiting_longer_by_the_variance_of_headways(steady: DayModel, pattern: Trip) -> None:
    noisy = replace(steady, rules=replace(steady.rules, noise=DwellNoise(20.0)))
    ran = noisy.run_trains(leaving(pattern, range(20_000, 80_000, 300)), 3)
    for stop in range(4):
        mean_s, expected_s = waited_and_expected(ran, stop)
        departures = np.array([trip.departure_s[stop] for trip in ran.trips])
        headway_s = np.diff(departures)
        assert mean_s == pytest.approx(expected_s, rel=1e-9)
        # E[H²] / 2E[H] = E[H]/2 · (1 + cv²)
        cv = headway_s.std() / headway_s.mean()
        assert mean_s == pytest.approx(0.5 * headway_s.mean() * (1.0 + cv**2), rel=1e-9)
        assert cv > 0.03


@pytest.mark.parametrize("seed", [None, 5])
def test_who_came_boarded_or_never_found_a_train(steady: DayModel, pattern: Trip, seed: int | None) -> None:
    # Ten times the passengers, so that trains are full and passengers are denied.
    crowd = PlatformDemand.from_journeys(np.array([0.0, 172_800.0]), np.triu(np.full((1, 5, 5), 1200.0), 1))
    model = replace(steady, demand=dict.fromkeys(DIRECTIONS, crowd))
    timetable = leaving(pattern, range(20_000, 40_000, 600))
    ran = model.run_trains(timetable, seed)
    assert sum(sum(trip.denied) for trip in ran.trips) > 1000.0
    assert max(max(trip.passengers) for trip in ran.trips) <= model.train.capacity_crush + 1e-6
    boarded = sum(sum(trip.boarded) for trip in ran.trips)
    # The platforms fill from one headway before their first train; in the other direction from midnight on.
    came = sum(
        crowd.came_by(station, 172_800.0) - crowd.came_by(station, timetable.trips[0].departure_s[station] - 600.0)
        for station in range(4)
    )
    assert boarded + ran.never_served == pytest.approx(came + crowd.total, rel=1e-9)
    for trip in ran.trips:
        left = np.array(trip.boarded_to).sum(axis=0)
        assert left.sum() == pytest.approx(sum(trip.boarded), rel=1e-12)
