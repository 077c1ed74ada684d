"""Trains behind trains: they keep their braking distance, and recover as far as the rules let them."""

from dataclasses import replace

import numpy as np
import pytest
from long_railway import FREE, LENGTH_M, MARGIN_M, RATE, REACTION_S, RUN_S, SECTION_M, two_trains, whole_trip
from small_railway import ORDER, Trapezoids, moving_block, trapezoid

from dispatch.plans.timetable import Timetable
from energy_models.movement.following import Path as Motion
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import profile_library
from scenarios.values.fleet import ByVehicle
from simulation.railway.operating_rules import RecoveryRules
from simulation.railway.railway import Railway
from simulation.railway.section_runs import RunRequest
from simulation.railway.signalling import signalling_of
from simulation.railway.trains import operate


def test_trains_below_the_least_headway_never_come_closer_than_their_braking_distance() -> None:
    signalling = moving_block(section_m=SECTION_M)
    first, second = two_trains(60.0, signalling)
    assert first.delayed_profiles == (None, None)
    driven = second.delayed_profiles[0]
    assert driven is not None
    # Without hindrance it takes 75.3 s (tests/validation); who approaches slowly needs less, but never less than the
    # dwell of 40 s, 17.5 s to clear the platform, and the reaction.
    assert 40.0 + 17.5 + REACTION_S < 60.0 + second.hindered_s[0] < 75.3
    ahead = trapezoid(SECTION_M, RUN_S)
    front = Motion(ahead.time_s + first.departure_s[0], ahead.distance_m, ahead.speed_m_s)
    onwards = Motion(ahead.time_s + first.departure_s[1], ahead.distance_m + SECTION_M, ahead.speed_m_s)
    for time_s, place_m, speed_m_s in zip(
        driven.time_s + second.departure_s[0], driven.distance_m, driven.speed_m_s, strict=True
    ):
        known_s = time_s - REACTION_S
        rear_m = (onwards if known_s >= first.departure_s[1] else front).at(known_s)[0] - LENGTH_M
        assert place_m + speed_m_s**2 / (2.0 * RATE) <= rear_m - MARGIN_M + 1.0


def test_a_hindered_train_recovers_only_as_the_rules_say() -> None:
    # The first train dwells 100 s at B, and the second one, 100 s behind it, has to wait for that outside.
    signalling = moving_block(section_m=SECTION_M)

    def lateness_at_the_end_s(recovery: RecoveryRules) -> float:
        slow = whole_trip("a", 10_000, dwell_s=100)
        rules = replace(FREE, recovery=recovery, minimum_dwell_s={"B": 20.0})
        trips = Timetable((slow, whole_trip("b", 10_100)))
        railway = Railway(rules, ByVehicle(Shorter(SECTION_M)), ORDER, signalling)
        return operate(trips, railway, None).trips[1].lateness_s[-1]

    free, slower, patient, none = (
        lateness_at_the_end_s(recovery)
        for recovery in (
            RecoveryRules(),
            RecoveryRules(running_time_margin_share=0.1),
            RecoveryRules(shortens_dwells=False),
            RecoveryRules(shortens_dwells=False, runs_faster=False),
        )
    )
    assert none > 20.0
    assert free < slower < none
    assert free <= patient < none


class Shorter(Trapezoids):
    """The shortest running time is 20 s below the planned one."""

    def shortest_s(self, run: RunRequest) -> int:  # noqa: ARG002
        return RUN_S - 20


def scenario_with(**signalling: object) -> Scenario:
    scenario = load_scenario("tutorial_line")
    return scenario.model_copy(update={"signalling": scenario.signalling.model_copy(update=signalling)})


def test_borders_of_blocks_lie_at_the_same_places_for_both_directions() -> None:
    listed = scenario_with(system="fixed_block", block_borders_m=(0.0, 1000.0, 2600.0))
    library = profile_library(listed)
    lengths = {d: [track.length_m for track in library.sections[d]] for d in DIRECTIONS}
    railway = signalling_of(listed, ByVehicle(library.train), lengths)
    end_m = listed.length_m
    np.testing.assert_allclose(railway.border_m["up"], [0.0, 1000.0, 2600.0])
    np.testing.assert_allclose(railway.border_m["down"], [end_m - 2600.0, end_m - 1000.0, end_m])
    even = signalling_of(scenario_with(system="fixed_block", block_length_m=260.0), ByVehicle(library.train), lengths)
    for direction in DIRECTIONS:
        widths = np.diff(even.border_m[direction])
        np.testing.assert_allclose(widths, end_m / round(end_m / 260.0))
    assert signalling_of(scenario_with(), ByVehicle(library.train), lengths).border_m["up"].size == 0


def test_the_braking_rate_is_the_scenario_s_own_or_the_service_deceleration_as_far_as_the_brakes_hold_it() -> None:
    plain = scenario_with()
    library = profile_library(plain)
    lengths = {d: [track.length_m for track in library.sections[d]] for d in DIRECTIONS}
    train = library.train
    held = train.service_brake_force_n / train.effective_mass_kg(train.capacity_crush)
    service = signalling_of(plain, ByVehicle(train), lengths)
    assert service.braking_m_s2.main == pytest.approx(min(train.maximum_deceleration_m_s2, held))
    assert signalling_of(scenario_with(braking_m_s2=0.5), ByVehicle(train), lengths).braking_m_s2.main == 0.5
    slippery = service.authority("up", 0, "", 0.3)
    assert slippery.braking_m_s2 == 0.3
