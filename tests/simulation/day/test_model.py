"""The simulated day in closed form, its balance under everything at once, and what passengers and weak supplies do."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from energy_models.account.energy import J_PER_KWH
from energy_models.supply.solver import solve
from scenarios.files.load import load_scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.disturbances import DwellNoise


@pytest.fixture(scope="module")
def model() -> DayModel:
    scenario = load_scenario("tutorial_line")
    return day_model(scenario, profile_library(scenario))


@pytest.fixture(scope="module")
def in_force() -> Timetable:
    return timetable_in_force(load_scenario("tutorial_line"))


def alone(trip: Trip, passengers: float) -> Timetable:
    return Timetable((replace(trip, passengers=(passengers,) * len(trip.passengers)),))


def test_one_train_without_noise_draws_the_planned_energy(model: DayModel, in_force: Timetable) -> None:
    trip, load = in_force.of("up")[0], model.library.load_classes[2]
    day = model.day(alone(trip, load), None, planned_loads=True)
    profiles = [
        model.library.profile("up", k, trip.running_time_s(k), load, trip.driving[k])
        for k in range(len(trip.stations) - 1)
    ]
    planned_j = sum(profile.traction_energy_j for profile in profiles)
    offered_j = sum(profile.regeneration_energy_j for profile in profiles)
    # A second that changes from traction to braking counts with its mean: gross energies lose up to 0.5 %, net nothing.
    assert day.account.traction_kwh == pytest.approx(planned_j / J_PER_KWH, rel=5e-3)
    net_kwh = day.account.traction_kwh - day.account.regeneration_offered_kwh
    assert net_kwh == pytest.approx((planned_j - offered_j) / J_PER_KWH, rel=1e-9)
    powered_s = trip.end_s - trip.start_s + 180
    assert day.account.auxiliaries_kwh == pytest.approx(model.train.auxiliary_w * powered_s / J_PER_KWH, rel=1e-9)
    assert day.trips[0].departure_s == trip.departure_s


def test_two_trains_on_a_line_without_resistance_exchange_all_that_is_requested(
    model: DayModel, in_force: Timetable
) -> None:
    # Closed form: one voltage everywhere, so in each second braking trains give what the others and their own
    # auxiliaries demand, no more: used = min(offered, demanded), substations = demanded - used.
    plain = tuple(replace(s, inverter_v=np.inf, inverter_resistance_ohm=np.inf) for s in model.network.substations)
    network = replace(model.network, contact_ohm_per_m=1e-8, return_ohm_per_m=1e-8, storages=(), substations=plain)
    lossless = replace(model, network=network)
    up, down = in_force.of("up")[3], in_force.of("down")[3]
    both = Timetable((replace(up, vehicle="A"), replace(down, vehicle="B")))
    day = lossless.day(both, None, planned_loads=True)
    snapshots = lossless.snapshots(day.trips)
    instant = np.repeat(np.arange(snapshots.count), np.diff(snapshots.offset))

    def each_second(power_w: np.ndarray) -> np.ndarray:
        return np.bincount(instant, weights=power_w, minlength=snapshots.count)

    requested = each_second(np.maximum(snapshots.power_w, 0.0) + snapshots.auxiliary_w)
    offered = each_second(-np.minimum(snapshots.power_w, 0.0))
    used = np.minimum(offered, requested)
    assert day.account.regeneration_used_kwh == pytest.approx(used.sum() / J_PER_KWH, rel=1e-3)
    assert day.account.energy_kwh == pytest.approx((requested - used).sum() / J_PER_KWH, rel=1e-3)
    own = np.minimum(-np.minimum(snapshots.power_w, 0.0), snapshots.auxiliary_w).sum()
    assert used.sum() > 1.2 * own  # the trains really met


def test_the_day_balances_with_storage_inverter_noise_and_passengers(model: DayModel, in_force: Timetable) -> None:
    assert model.network.storages
    noisy = replace(model, rules=replace(model.rules, noise=DwellNoise(10.0, accumulates=True)))
    day = noisy.day(in_force, 11)
    account = day.account
    assert account.residual_share < 1e-6
    fed = account.energy_kwh + account.storage_discharged_kwh - account.storage_charged_kwh
    spent = account.traction_kwh + account.auxiliaries_kwh - account.regeneration_used_kwh + account.line_losses_kwh
    assert fed == pytest.approx(spent, rel=1e-6)
    assert account.energy_kwh == pytest.approx(sum(account.substation_kwh.values()), rel=1e-12)
    assert account.energy_kwh == pytest.approx(sum(account.hourly_kwh.values()), rel=1e-12)
    assert account.receptivity.used_kwh.sum() == pytest.approx(account.regeneration_used_kwh, rel=1e-6)
    assert account.receptivity.offered_kwh.sum() == pytest.approx(account.regeneration_offered_kwh, rel=1e-9)


def test_passengers_are_all_accounted_for(model: DayModel, in_force: Timetable) -> None:
    service = model.day(in_force, 3).service
    total = sum(model.demand[direction].total for direction in DIRECTIONS)
    # Who came before the platforms opened is in the demand table, but not in the day.
    assert service.passengers + service.never_served <= total + 1e-6
    assert service.passengers > 0.8 * total
    assert service.denied_boardings == 0.0


def test_twice_the_passengers_make_heavier_trains_and_more_energy(model: DayModel, in_force: Timetable) -> None:
    light, heavy = (
        model.day(Timetable(tuple(alone(trip, load).trips[0] for trip in in_force.trips)), None, planned_loads=True)
        for load in (100.0, 700.0)
    )
    assert heavy.account.traction_kwh > 1.1 * light.account.traction_kwh
    assert heavy.account.auxiliaries_kwh == pytest.approx(light.account.auxiliaries_kwh, rel=1e-12)


def test_a_supply_too_weak_starves_trains_and_reports_it(model: DayModel, in_force: Timetable) -> None:
    weak = tuple(replace(substation, resistance_ohm=1.0) for substation in model.network.substations[:1])
    day = replace(model, network=replace(model.network, substations=weak, storages=())).day(in_force, None)
    assert day.account.unserved_kwh > 0.0
    assert day.account.minimum_voltage_v < model.network.law.traction_full_above_v
    assert day.account.residual_share < 1e-6


def short_of(model: DayModel, resistance_ohm: float) -> DayModel:
    """One substation is left, behind that resistance."""
    left = replace(model.network.substations[0], resistance_ohm=resistance_ohm)
    return replace(model, network=replace(model.network, substations=(left,), storages=()))


@pytest.mark.many_cases
def test_trains_whose_traction_is_not_served_arrive_later_the_weaker_the_supply(
    model: DayModel, in_force: Timetable
) -> None:
    strong = model.day(in_force, None)
    assert strong.account.unserved_kwh == 0.0
    assert not any(any(trip.slowed_s) for trip in strong.trips)
    latest_s = [0.0]
    for resistance_ohm in (0.04, 0.08, 0.3):
        day = short_of(model, resistance_ohm).day(in_force, None)
        assert day.account.unserved_kwh > 0.0
        latest_s.append(max(max(trip.lateness_s) for trip in day.trips))
        for trip in day.trips:
            for i, (running_s, slowed_s) in enumerate(zip(trip.running_time_s, trip.slowed_s, strict=True)):
                held_s = trip.hindered_s[i]
                way_s = trip.arrival_s[i + 1] - trip.departure_s[i]
                assert way_s == pytest.approx(running_s + slowed_s + held_s, abs=1e-6)
    assert np.all(np.diff(latest_s) > 2.0)


def test_a_thin_contact_line_and_a_substation_out_slow_trains_where_it_is_thin(
    model: DayModel, in_force: Timetable
) -> None:
    # Fed from its first end alone, over a contact line of twenty times the resistance: only beyond it is traction lost.
    network = replace(
        model.network,
        substations=model.network.substations[:1],
        storages=(),
        contact_ohm_per_m=20.0 * model.network.contact_ohm_per_m,
    )
    day = replace(model, network=network).day(in_force, None)
    by_section = np.array([trip.slowed_s for trip in day.trips if trip.direction == "up"]).mean(axis=0)
    assert by_section[-1] > by_section[0]
    assert by_section[-1] > 1.0
    again = replace(model, network=network).day(in_force, None)
    assert again.trips == day.trips
    assert again.account.energy_kwh == day.account.energy_kwh


def test_a_lone_train_on_a_weak_supply_settles_where_the_supply_and_its_motion_agree(
    model: DayModel, in_force: Timetable
) -> None:
    weak = short_of(model, 0.2)
    lone = alone(in_force.of("up")[0], model.library.load_classes[2])
    day = weak.day(lone, None, planned_loads=True)
    assert max(day.trips[0].slowed_s) > 1.0
    # Energy that moved the train: what it was served is about what the undisturbed run takes, never much more.
    usual = model.day(lone, None, planned_loads=True)
    assert day.account.traction_kwh < 1.1 * usual.account.traction_kwh
    assert day.account.traction_kwh > 0.5 * usual.account.traction_kwh


def test_a_day_is_the_same_again_and_other_seeds_are_other_days(model: DayModel, in_force: Timetable) -> None:
    first, again, other = (model.day(in_force, seed) for seed in (1, 1, 2))
    assert first.trips == again.trips
    assert first.account.energy_kwh == again.account.energy_kwh
    assert first.account.energy_kwh != other.account.energy_kwh


def test_both_timetables_of_a_pair_meet_the_same_disturbances(model: DayModel, in_force: Timetable) -> None:
    # The other timetable leaves a minute later everywhere: every deviation from it is the same.
    later = Timetable(
        tuple(
            replace(
                trip,
                arrival_s=tuple(t + 60 for t in trip.arrival_s),
                departure_s=tuple(t + 60 for t in trip.departure_s),
            )
            for trip in in_force.trips
        )
    )
    quiet = replace(model, rules=replace(model.rules, noise=DwellNoise(2.0, accumulates=True)))
    before, after = (quiet.run_trains(timetable, 5, planned_loads=True).trips for timetable in (in_force, later))
    deviations = [
        [np.subtract(record.departure_s, record.trip.departure_s) for record in trips] for trips in (before, after)
    ]
    np.testing.assert_allclose(np.concatenate(deviations[0]), np.concatenate(deviations[1]), atol=1e-9)


def test_a_way_of_driving_with_a_time_of_its_own_stands_for_the_rest(model: DayModel, in_force: Timetable) -> None:
    trip = in_force.of("down")[0]
    fast = alone(replace(trip, driving=("flat_out",) * len(trip.driving)), 0.0)
    day = model.day(fast, None, planned_loads=True)
    assert day.trips[0].arrival_s[-1] == trip.end_s
    powered_s = trip.end_s - trip.start_s + 180
    assert day.account.auxiliaries_kwh == pytest.approx(model.train.auxiliary_w * powered_s / J_PER_KWH, rel=1e-6)
    assert day.account.traction_kwh > model.day(alone(trip, 0.0), None, planned_loads=True).account.traction_kwh


def test_traces_are_the_account_second_by_second(model: DayModel, in_force: Timetable) -> None:
    day = model.day(in_force, None, traces=True)
    assert day.traces is not None
    assert day.traces.substation_power_w.sum() / J_PER_KWH == pytest.approx(day.account.energy_kwh, rel=1e-12)
    assert np.nanmin(day.traces.minimum_voltage_v) >= day.account.minimum_voltage_v
    assert model.day(in_force, None).traces is None


def test_the_ladder_and_the_equivalent_track_tell_the_same_day_but_for_losses(
    model: DayModel, in_force: Timetable
) -> None:
    snapshots = model.snapshots(model.run_trains(in_force, None).trips)
    ladder, single = (solve(model.network, snapshots, model=kind) for kind in ("ladder", "equivalent"))
    np.testing.assert_allclose(ladder.traction_demanded_w, single.traction_demanded_w, rtol=1e-12)
    assert ladder.source_power_w.sum() == pytest.approx(single.source_power_w.sum(), rel=0.03)
