"""The trains of a fleet: leading, mean and thriftiest trains, and the profiles that vehicles share."""

import pickle

import numpy as np
import pytest
from own_models import different_models

from energy_models.running_times import FollowedProfiles, followed_by
from energy_models.running_times.store import content_hash
from scenarios.files.load import load_scenario
from scenarios.values.rolling_stock import RollingStock, fleet_profiles, mean_train, thriftiest_train
from scenarios.vehicles.fleet import FleetModels, stock_of

LINE = load_scenario("tutorial_line")
STOCK = stock_of(LINE, fleet=FleetModels(different_models(LINE)))
RUN = ("up", 1, 85.0, 400.0, "optimal")


def test_without_models_the_fleet_has_the_trains_of_the_scenario() -> None:
    stock = RollingStock.of(LINE)
    profiles = fleet_profiles(LINE, stock)
    assert stock.leading == stock.of_type
    assert not isinstance(profiles.main, FollowedProfiles)
    assert profiles.of_vehicle.others == {}


def test_every_vehicle_follows_the_profiles_of_its_type_within_its_effort() -> None:
    profiles = fleet_profiles(LINE, STOCK)
    assert len(profiles.of_vehicle.others) == LINE.trainsets
    assert len({one.followed for one in profiles.of_vehicle.distinct if isinstance(one, FollowedProfiles)}) == 1
    for own in profiles.of_vehicle.distinct:
        assert own.train.effective_mass_kg(0.0) <= STOCK.leading["four_car"].effective_mass_kg(0.0) + 1e-6
        for strategy in ("optimal", "flat_out"):
            profile = own.profile("up", 1, 85.0, 400.0, strategy)
            effort_n = own.train.traction.at(profile.speed_m_s[1:])
            assert np.all(profile.traction_force_n <= 1.01 * effort_n)


def test_a_vehicle_that_follows_draws_hardly_more_than_with_profiles_of_its_own() -> None:
    """What shared profiles cost: the lightest and the heaviest vehicle against driving computed for them alone."""
    profiles = fleet_profiles(LINE, STOCK)
    for vehicle in ("four_car-01", "four_car-06"):
        shared = profiles.of_vehicle.of(vehicle).profile(*RUN)
        alone = profiles.main.followed.changed(  # type: ignore[attr-defined]
            profiles.main.sections, STOCK.own[vehicle]
        ).profile(*RUN)
        assert alone.net_energy_j <= shared.net_energy_j * 1.0005
        assert shared.net_energy_j <= alone.net_energy_j * 1.01


def test_mean_and_thriftiest_train() -> None:
    trains = list(STOCK.own.values())
    mean, best = mean_train(trains), thriftiest_train(trains)
    assert mean.tare_kg == float(np.mean([one.tare_kg for one in trains]))
    assert STOCK.of_type["four_car"].tare_kg == mean.tare_kg
    given = fleet_profiles(LINE, RollingStock.of(LINE)).main.profile(*RUN)
    assert followed_by(given, best).net_energy_j <= min(followed_by(given, one).net_energy_j for one in trains)


def test_a_change_of_all_trains_changes_own_and_leading_trains() -> None:
    halved = STOCK.map(lambda _, train: mean_train([train, train]))
    assert set(halved.own) == set(STOCK.own)
    plain = RollingStock.of(LINE).map(lambda _, train: mean_train([train]))
    assert plain.leading["four_car"] is plain.of_type["four_car"]


@pytest.mark.parametrize("stock", [RollingStock.of(LINE), STOCK], ids=["types", "own models"])
def test_a_rolling_stock_can_be_sent_to_another_process(stock: RollingStock) -> None:
    assert content_hash(pickle.loads(pickle.dumps(stock)).content) == content_hash(stock.content)
