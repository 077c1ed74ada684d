"""Speed profiles that another train follows: work by an independent sum, and one computation for many trains."""

from dataclasses import replace

import numpy as np
import pytest

from energy_models.running_times import FollowedProfiles, apart_together, followed_by
from energy_models.train import GRAVITY_M_S2, Efficiency, Train
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library, train_of

LINE = load_scenario("tutorial_line")
LIBRARY = profile_library(LINE)
RUN = ("up", 1, 85.0, 400.0)
LOSSLESS = Efficiency.constant(1.0)


def lighter(train: Train) -> Train:
    constant, linear, quadratic = train.resistance_n
    return replace(
        train,
        tare_kg=0.96 * train.tare_kg,
        rotating_mass_kg=0.9 * train.rotating_mass_kg,
        resistance_n=(1.1 * constant, 0.9 * linear, 1.05 * quadratic),
        traction_efficiency=LOSSLESS,
        regeneration_efficiency=LOSSLESS,
    )


@pytest.mark.parametrize("strategy", ["optimal", "speed_cap"])
def test_the_train_of_the_profiles_follows_them_with_its_own_forces(strategy: str) -> None:
    given = LIBRARY.profile(*RUN, strategy)
    found = followed_by(given, LIBRARY.train)
    np.testing.assert_allclose(found.traction_force_n, given.traction_force_n, atol=1e-6)
    np.testing.assert_allclose(found.electric_brake_force_n, given.electric_brake_force_n, atol=1e-6)
    assert found.net_energy_j == pytest.approx(given.net_energy_j, rel=1e-9)


def test_the_work_of_another_train_overcomes_its_own_resistance_and_its_own_weight() -> None:
    """From stop to stop the kinetic energy returns to zero: the work at the wheel is resistance and height."""
    own = lighter(train_of(LINE))
    profile = FollowedProfiles(LIBRARY, own).profile(*RUN, "optimal")
    cell_m = np.diff(profile.distance_m)
    braked = profile.electric_brake_force_n + profile.friction_brake_force_n
    work_j = float(((profile.traction_force_n - braked) * cell_m).sum())
    # v² is linear in the distance of a cell: ten points of each cell integrate the resistance.
    share = (np.arange(10) + 0.5) / 10.0
    squared = profile.speed_m_s**2
    v = np.sqrt(squared[:-1, None] + np.diff(squared)[:, None] * share)
    constant, linear, quadratic = own.resistance_n
    resistance_j = float(((constant + linear * v + quadratic * v**2).mean(axis=1) * cell_m).sum())
    height_j = own.mass_kg(profile.passengers) * GRAVITY_M_S2 * float((profile.slope * cell_m).sum())
    assert work_j == pytest.approx(resistance_j + height_j, rel=2e-3)
    np.testing.assert_array_equal(profile.time_s, LIBRARY.profile(*RUN, "optimal").time_s)


def test_the_energy_at_each_second_is_that_of_the_profile_at_its_load() -> None:
    own = FollowedProfiles(LIBRARY, lighter(train_of(LINE)))
    load = own.load_class(RUN[3])
    motion = own.motion(*RUN[:3], load, "optimal")
    assert float(motion.power_w.sum()) == pytest.approx(own.profile(*RUN[:3], load, "optimal").net_energy_j, rel=1e-9)
    heavier = own.motion(*RUN[:3], load - 100.0, "optimal")
    assert heavier.traction_energy_j < motion.traction_energy_j


def test_vehicles_that_share_profiles_still_share_them_in_a_separate_copy() -> None:
    first, second = (FollowedProfiles(LIBRARY, replace(LIBRARY.train, auxiliary_w=w)) for w in (1.0, 2.0))
    copies = apart_together([LIBRARY, first, second])
    assert copies[first].followed is copies[second].followed  # type: ignore[attr-defined]
    assert copies[first].followed is not LIBRARY  # type: ignore[attr-defined]
    assert [copies[one].train.auxiliary_w for one in (first, second)] == [1.0, 2.0]
    assert copies[first].minimum_time_s("up", 0, 0.0) == LIBRARY.minimum_time_s("up", 0, 0.0)
