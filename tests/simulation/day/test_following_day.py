"""Whole disturbed days with many delayed trains: distances, reported delays, and the energy balance."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.account.energy import J_PER_KWH
from scenarios.files.load import load_scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.railway.driving import DrivenTrain
from simulation.railway.section_runs import RunRequest
from simulation.railway.trip_record import TripRecord


def rough(override: str | None, tracks: int = 2) -> DayModel:
    """Dwells that vary by minutes and add up."""
    scenario = load_scenario("tutorial_line", (override,) if override else ())
    model = day_model(scenario, profile_library(scenario))
    noise = DwellNoise(150.0, accumulates=True)
    rules = replace(model.rules, noise=noise, turnback_tracks=dict.fromkeys(model.rules.turnback_tracks, tracks))
    return replace(model, rules=rules)


@pytest.fixture(scope="module")
def in_force() -> Timetable:
    return timetable_in_force(load_scenario("tutorial_line"))


def front_m(model: DayModel, record: TripRecord, time_s: np.ndarray) -> np.ndarray:
    """Front of a train along its direction at each time; NaN before its first departure and after its last arrival."""
    driven = DrivenTrain(model.library, model.train)
    station_m = model.signalling.station_m[record.direction]
    first = model.station_order[record.direction].index(record.trip.stations[0])
    times, places = [], []
    for i, running_time_s in enumerate(record.running_time_s):
        profile = record.delayed_profiles[i] or driven.profile(
            RunRequest(record.trip.trip_id, record.direction, first + i, running_time_s, record.passengers[i],
                     record.trip.driving[i], record.departure_s[i])
        )  # fmt: skip
        times.append(profile.time_s + record.departure_s[i])
        places.append(profile.distance_m + station_m[first + i])
    place = np.interp(time_s, np.concatenate(times), np.concatenate(places))
    on_line = (time_s >= record.departure_s[0]) & (time_s <= record.arrival_s[-1])
    return np.where(on_line, place, np.nan)


@pytest.mark.parametrize("override", [None, "fixed_blocks"])
def test_trains_keep_apart_all_day(override: str | None, in_force: Timetable) -> None:
    model = rough(override)
    hindered = 0
    for seed in (1, 2):
        trips = model.run_trains(in_force, seed).trips
        hindered += sum(profile is not None for record in trips for profile in record.delayed_profiles)
        time_s = np.arange(min(t.departure_s[0] for t in trips), max(t.arrival_s[-1] for t in trips), 1.0)
        for direction in DIRECTIONS:
            gaps = _gaps_m(model, [t for t in trips if t.direction == direction], time_s)
            # Interpolation between nodes is good to about a metre.
            assert gaps.min() > model.signalling.train_length_m.main + model.signalling.margin_m - 1.5
    assert hindered > 20


def _gaps_m(model: DayModel, trips: list[TripRecord], time_s: np.ndarray) -> np.ndarray:
    ordered = sorted(trips, key=lambda record: record.departure_s[0])
    fronts = [front_m(model, record, time_s) for record in ordered]
    gaps = [ahead - behind for ahead, behind in pairwise(fronts)]
    return np.concatenate([gap[~np.isnan(gap)] for gap in gaps])


def test_what_hindered_trains_lose_is_reported_and_the_energy_is_that_of_their_motion(in_force: Timetable) -> None:
    model = rough("fixed_blocks")
    day = model.day(in_force, 3)
    assert day.service.hindered_s > 60.0
    assert day.account.residual_share < 1e-6
    drawn_j = 0.0
    driven = DrivenTrain(model.library, model.train)
    for record in day.trips:
        first = model.station_order[record.direction].index(record.trip.stations[0])
        for i, profile in enumerate(record.delayed_profiles):
            if profile is None:
                assert record.hindered_s[i] == 0.0
                continue
            # Arrival is where the motion ends; less than nothing is not lost, for a train may make up on the way.
            assert record.arrival_s[i + 1] == pytest.approx(record.departure_s[i] + profile.running_time_s, abs=0.06)
            free = driven.profile(
                RunRequest(record.trip.trip_id, record.direction, first + i, record.running_time_s[i],
                         record.passengers[i], record.trip.driving[i], record.departure_s[i])
            )  # fmt: skip
            drawn_j += profile.traction_energy_j - free.traction_energy_j
    assert drawn_j / J_PER_KWH > 5.0  # stops on the way cost


def test_one_turnback_track_is_a_bottleneck_but_no_dead_end(in_force: Timetable) -> None:
    one, two = (rough(None, tracks).run_trains(in_force, 4).trips for tracks in (1, 2))

    def lost_before_terminals_s(trips: tuple[TripRecord, ...]) -> float:
        return sum(record.hindered_s[-1] for record in trips)

    assert len(one) == len(two) == len(in_force.trips)
    assert lost_before_terminals_s(one) > lost_before_terminals_s(two) + 300.0


def test_paired_days_meet_the_same_noise_whatever_the_signalling(in_force: Timetable) -> None:
    moving, fixed = rough(None), rough("fixed_blocks")
    first, again = (moving.run_trains(in_force, 7).trips for _ in range(2))
    assert [t.departure_s for t in first] == [t.departure_s for t in again]
    other = fixed.run_trains(in_force, 7).trips
    same = [a.departure_s[0] == b.departure_s[0] for a, b in zip(first, other, strict=True)]
    assert np.mean(same) > 0.5  # trains that restrict no other train leave at the same second
