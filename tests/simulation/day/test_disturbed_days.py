"""Disturbed days of the tutorial line: each disturbance alone, its limiting case, and days that are paired."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from scenarios.files.load import load_scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.disturbances import Disturbances
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.day.record import DayRecord
from simulation.railway.passengers import PlatformDemand

QUIET: dict[str, object] = {"dwell_noise_s": 0, "dwell_noise_accumulates": False}
ALL_HOURS = {"from": "00:00", "to": "24:00"}


@pytest.fixture(scope="module")
def model() -> DayModel:
    """Without dwell noise, so that only the disturbances of the test act."""
    scenario = load_scenario("tutorial_line")
    quiet = scenario.model_copy(update={"disturbances": Disturbances.model_validate(QUIET)})
    return day_model(quiet, profile_library(scenario))


@pytest.fixture(scope="module")
def in_force() -> Timetable:
    return timetable_in_force(load_scenario("tutorial_line"))


@pytest.fixture(scope="module")
def usual(model: DayModel, in_force: Timetable) -> DayRecord:
    return model.day(in_force, None)


def reported(model: DayModel, **words: object) -> DayModel:
    assert model.disturbances is not None
    return replace(
        model, disturbances=replace(model.disturbances, given=Disturbances.model_validate({**QUIET, **words}))
    )


def same(one: DayRecord, other: DayRecord) -> bool:
    return (
        one.trips == other.trips
        and one.account.energy_kwh == other.account.energy_kwh
        and dict(one.account.substation_kwh) == dict(other.account.substation_kwh)
        and one.service == other.service
    )


ZERO_RATES = {
    "door_faults": {"per_1000_stops": 0, "mean_s": 45, "standard_deviation_s": 30},
    "late_pull_outs": {"late_share": 0, "mean_s": 100, "standard_deviation_s": 10},
    "train_failures": {"per_million_km": 0, "limit_kmh": 40},
    "random_speed_limits": {"per_day": 0, "length_m": 200, "limit_kmh": 40, "mean_s": 600},
    "substation_failures": {"per_year": 0, "mean_s": 600},
    "weather": {"temperature_deviation_c": 0},
}


@pytest.mark.parametrize("name", [*ZERO_RATES, "all"])
def test_a_rate_of_zero_changes_nothing_bit_by_bit(
    model: DayModel, in_force: Timetable, usual: DayRecord, name: str
) -> None:
    words = ZERO_RATES if name == "all" else {name: ZERO_RATES[name]}
    assert same(reported(model, **words).day(in_force, 5), usual)


@pytest.mark.parametrize(
    "words",
    [
        {"speed_limits": [{"from_m": 2700, "to_m": 3000, "limit_kmh": 80, **ALL_HOURS}]},
        {"speed_limits": [{"from_m": 2700, "to_m": 3000, "limit_kmh": 20, "from": "01:00", "to": "02:00"}]},
        {"substations_out": [{"substation": "west", "from": "01:00", "to": "02:00"}]},
        {"train_failures": {"per_million_km": 1_000_000, "limit_kmh": 350, "spare_ready_after_s": 120}},
        {"weather": {"slippery": [{**ALL_HOURS, "maximum_acceleration_m_s2": 3, "maximum_deceleration_m_s2": 3}]}},
        {"weather": {"temperatures": [{"at": "06:00", "temperature_c": 15}]}},
    ],
    ids=lambda words: next(iter(words)),
)
def test_what_does_not_bind_changes_no_train_and_no_energy(
    model: DayModel, in_force: Timetable, usual: DayRecord, words: dict[str, object]
) -> None:
    day = reported(model, **words).day(in_force, 5)
    assert day.trips == usual.trips
    # A stretch that does not bind still cuts the mesh of the driving profile in two.
    assert day.account.energy_kwh == pytest.approx(usual.account.energy_kwh, rel=1e-6)


def test_without_a_seed_nothing_happens_and_the_same_seed_is_the_same_day(in_force: Timetable) -> None:
    scenario = load_scenario("tutorial_line", ("rough_days",))
    rough = day_model(scenario, profile_library(scenario))
    plain = load_scenario("tutorial_line")
    calm = day_model(plain, profile_library(plain)).day(in_force, None)
    assert same(rough.day(in_force, None), calm)
    one, again, other = (rough.day(in_force, seed) for seed in (3, 3, 4))
    assert same(one, again)
    assert not same(one, other)
    assert one.account.residual_share < 1e-6
    assert one.outages


def test_baseline_and_plan_of_a_seed_meet_the_same_events(model: DayModel, in_force: Timetable) -> None:
    rough = reported(
        model,
        door_faults={"per_1000_stops": 100, "mean_s": 45, "standard_deviation_s": 30},
        late_pull_outs={"late_share": 0.5, "mean_s": 100, "standard_deviation_s": 50},
        dwell_noise_accumulates=True,
    )
    accumulating = replace(rough, rules=replace(rough.rules, noise=replace(rough.rules.noise, accumulates=True)))
    later = Timetable(
        tuple(
            replace(
                trip,
                arrival_s=tuple(t + 40 for t in trip.arrival_s),
                departure_s=tuple(t + 40 for t in trip.departure_s),
            )
            for trip in in_force.trips
        )
    )
    before, after = (accumulating.run_trains(one, 9, planned_loads=True).trips for one in (in_force, later))
    deviations = [
        np.concatenate([np.subtract(record.departure_s, record.trip.departure_s) for record in trips])
        for trips in (before, after)
    ]
    np.testing.assert_allclose(deviations[0], deviations[1], atol=1e-6)
    assert deviations[0].max() > 40.0


def test_a_door_fault_at_each_stop_makes_every_dwell_that_much_longer(model: DayModel, in_force: Timetable) -> None:
    faulty = reported(model, door_faults={"per_1000_stops": 1000, "mean_s": 40, "standard_deviation_s": 0})
    for trip in faulty.run_trains(in_force, 1, planned_loads=True).trips:
        for stop in range(1, len(trip.trip.stations) - 1):
            dwell_s = trip.departure_s[stop] - trip.arrival_s[stop]
            least_s = model.rules.minimum_dwell_s[trip.trip.stations[stop]] + 40.0
            assert dwell_s >= least_s - 1e-9


def test_late_pull_outs_delay_the_first_trip_of_a_duty_alone(model: DayModel, in_force: Timetable) -> None:
    late = reported(model, late_pull_outs={"late_share": 1, "mean_s": 30, "standard_deviation_s": 0})
    seen: set[str] = set()
    for trip in sorted(late.run_trains(in_force, 1, planned_loads=True).trips, key=lambda trip: trip.trip.start_s):
        first = trip.trip.vehicle not in seen
        seen.add(trip.trip.vehicle)
        assert trip.departure_s[0] - trip.trip.start_s == pytest.approx(30.0 if first else 0.0, abs=1e-6)


def test_a_speed_limit_delays_trains_in_its_hours_on_its_track_alone(
    model: DayModel, in_force: Timetable, usual: DayRecord
) -> None:
    limit = {"from_m": 2500, "to_m": 3200, "limit_kmh": 20, "from": "07:00", "to": "08:00", "direction": "up"}
    day = reported(model, speed_limits=[limit]).day(in_force, 1)
    slow, plain = {}, {}
    for record, before in zip(day.trips, usual.trips, strict=True):
        slow[record.trip.trip_id], plain[record.trip.trip_id] = record.running_time_s, before.running_time_s
        if record.direction == "up" and 25_200 <= record.departure_s[2] < 28_800:
            assert record.running_time_s[2] > before.running_time_s[2] + 30
        elif record.trip.end_s < 25_200:
            assert record == before
    assert slow != plain
    assert day.account.residual_share < 1e-6


def test_slippery_rails_make_every_run_longer_that_has_no_time_to_spare(model: DayModel, in_force: Timetable) -> None:
    wet = {**ALL_HOURS, "maximum_acceleration_m_s2": 0.4, "maximum_deceleration_m_s2": 0.4}
    day = reported(model, weather={"slippery": [wet]}).day(in_force, 1)
    planned = np.array([[trip.trip.running_time_s(i) for i in range(4)] for trip in day.trips])
    assert np.array([trip.running_time_s for trip in day.trips]).mean() > planned.mean() + 5.0
    assert day.account.residual_share < 1e-6


@pytest.mark.parametrize("spare_s", [None, 120])
def test_failed_trains_are_slow_to_the_terminal_and_withdrawn(
    model: DayModel, in_force: Timetable, usual: DayRecord, spare_s: int | None
) -> None:
    words = {"per_million_km": 20_000, "limit_kmh": 25, "spare_ready_after_s": spare_s}
    failing = reported(model, train_failures=words)
    ran = failing.run_trains(in_force, 2)
    slow = {
        trip.trip.trip_id
        for trip, before in zip(ran.trips, failing.run_trains(in_force, None).trips, strict=False)
        if trip.trip == before.trip and max(np.subtract(trip.running_time_s, before.running_time_s)) > 30
    }
    assert slow or ran.cancelled
    if spare_s is not None:
        assert not ran.cancelled
        assert len(ran.trips) == len(in_force.trips)
        return
    assert ran.cancelled
    assert len(ran.trips) + len(ran.cancelled) == len(in_force.trips)
    # A cancelled trip lies behind a failed one in its duty, and nothing of that duty runs after it.
    by_vehicle: dict[str, list[tuple[int, bool]]] = {}
    for trip in in_force.trips:
        by_vehicle.setdefault(trip.vehicle, []).append((trip.start_s, trip in ran.cancelled))
    for duty in by_vehicle.values():
        gone = [cancelled for _, cancelled in sorted(duty)]
        assert gone == sorted(gone)
        assert not gone[0]
    day = failing.day(in_force, 2)
    assert day.cancelled == ran.cancelled
    assert day.service.cancelled_trips == len(ran.cancelled)
    assert day.service.mean_waiting_s > usual.service.mean_waiting_s
    came = usual.service.passengers + usual.service.never_served
    assert day.service.passengers + day.service.never_served == pytest.approx(came, rel=1e-9)
    assert day.account.residual_share < 1e-6


def test_a_substation_out_is_silent_for_its_hours_and_back_afterwards(
    model: DayModel, in_force: Timetable, usual: DayRecord
) -> None:
    day = reported(model, substations_out=[{"substation": "west", "from": "07:00", "to": "08:00"}]).day(
        in_force, 1, traces=True
    )
    assert day.traces is not None
    time_s = day.traces.start_s + np.arange(len(day.traces.substation_power_w))
    out = (time_s >= 25_200) & (time_s < 28_800)
    west = day.traces.substation_power_w[:, day.traces.substation_names.index("west")]
    assert not west[out].any()
    assert west[~out].max() > 1e5
    assert day.account.minimum_voltage_v < usual.account.minimum_voltage_v
    assert day.account.residual_share < 1e-6
    assert [outage.name for outage in day.outages] == ["west"]


def test_the_temperature_of_the_day_moves_the_auxiliaries_alone(
    model: DayModel, in_force: Timetable, usual: DayRecord
) -> None:
    hot = reported(model, weather={"temperatures": [{"at": "06:00", "temperature_c": 35}]}).day(in_force, 1)
    # 35 kW at 15 °C, 80 kW at 35 °C.
    assert hot.account.auxiliaries_kwh == pytest.approx(usual.account.auxiliaries_kwh * 80.0 / 35.0, rel=1e-6)
    assert hot.trips == usual.trips
    course = [{"at": "06:00", "temperature_c": 15}, {"at": "09:00", "temperature_c": 35}]
    warming = reported(model, weather={"temperatures": course}).day(in_force, 1)
    assert usual.account.auxiliaries_kwh < warming.account.auxiliaries_kwh < hot.account.auxiliaries_kwh


def test_storage_out_all_day_is_the_line_without_it(model: DayModel, in_force: Timetable) -> None:
    day = reported(model, substations_out=[{"substation": "middle", **ALL_HOURS}]).day(in_force, 1)
    without = replace(model, network=model.network.without("middle")).day(in_force, 1)
    assert day.account.energy_kwh == without.account.energy_kwh
    assert dict(day.account.substation_kwh) == dict(without.account.substation_kwh)
    assert day.account.storage_charged_kwh == day.account.storage_change_kwh == 0.0


def test_the_state_of_charge_goes_through_the_day_within_its_limits(model: DayModel, in_force: Timetable) -> None:
    store = model.network.storages[0]
    day = model.day(in_force, None, traces=True)
    assert day.traces is not None
    assert day.traces.storage_names == ("middle",)
    charge, power_w = day.traces.storage_charge_share[:, 0], day.traces.storage_power_w[:, 0]
    assert charge.max() <= store.maximum_charge_share + 1e-9
    # Below the least charge only the standing loss takes it.
    assert charge.min() >= store.minimum_charge_share - store.standing_loss_w * len(charge) / store.capacity_j
    assert np.ptp(charge) > 0.1
    stored_w = np.where(power_w < 0.0, -power_w * store.charge_efficiency, -power_w / store.discharge_efficiency)
    grown = np.diff(charge, prepend=store.initial_charge_share) * store.capacity_j
    np.testing.assert_allclose(grown, stored_w - store.standing_loss_w, atol=1e-2)
    account = day.account
    assert account.storage_charged_kwh - account.storage_discharged_kwh == pytest.approx(
        account.storage_change_kwh + account.storage_losses_kwh, rel=1e-9
    )
    assert account.storage_losses_kwh > 0.0


def test_energy_by_train_and_by_section_add_up_to_the_account(model: DayModel, in_force: Timetable) -> None:
    day = model.day(in_force, 3)
    for table in (day.energy.by_train, day.energy.by_section):
        for kind in ("traction_kwh", "auxiliaries_kwh", "regeneration_offered_kwh", "regeneration_used_kwh"):
            total = sum(getattr(energy, kind) for energy in table.values())
            assert total == pytest.approx(getattr(day.account, kind), rel=1e-6)
    assert set(day.energy.by_train) == {trip.vehicle for trip in in_force.trips}
    assert set(day.energy.by_section) == {"HAR-MKT", "MKT-UNI", "UNI-PRK", "PRK-AIR", "AIR-PRK", "PRK-UNI", "UNI-MKT",
                                          "MKT-HAR", "standing"}  # fmt: skip
    losses_kwh = day.account.line_losses_kwh
    net_kwh = sum(energy.net_kwh for energy in day.energy.by_train.values())
    fed_kwh = day.account.energy_kwh + day.account.storage_discharged_kwh - day.account.storage_charged_kwh
    assert net_kwh + losses_kwh == pytest.approx(fed_kwh, rel=1e-6)
    for name, hours in day.account.substation_hourly_kwh.items():
        assert sum(hours.values()) == pytest.approx(day.account.substation_kwh[name], rel=1e-9)


def test_crowding_and_journeys_are_those_of_the_trips(model: DayModel, in_force: Timetable, usual: DayRecord) -> None:
    crowding, journeys = usual.crowding, usual.journeys
    assert sum(table.sum() for table in crowding.trains.values()) == 4 * len(in_force.trips)
    fullest = max(np.nanmax(table) for table in crowding.fullest_load.values())
    assert fullest == usual.service.maximum_load
    for direction in DIRECTIONS:
        on_board = sum(sum(trip.passengers) for trip in usual.trips if trip.direction == direction)
        assert crowding.passengers[direction].sum() == pytest.approx(on_board)
        mean = crowding.mean_load[direction]
        assert np.nanmax(mean) <= np.nanmax(crowding.fullest_load[direction])
        boarded = sum(sum(trip.boarded) for trip in usual.trips if trip.direction == direction)
        assert journeys.passengers[direction].sum() == pytest.approx(boarded)
    # On the undisturbed day the ride from the first to the last station is the timetable's.
    ride_s = journeys.rode_s["up"][0, 4] / journeys.passengers["up"][0, 4]
    assert ride_s == pytest.approx(in_force.of("up")[0].end_s - in_force.of("up")[0].start_s)
    assert usual.service.mean_travel_s == pytest.approx(usual.service.mean_waiting_s + usual.service.mean_ride_s)
    assert usual.service.mean_ride_s == pytest.approx(journeys.mean_ride_s)
    assert journeys.mean_s("up")[0, 4] > ride_s
    assert model.run_trains(in_force, None).cancelled == ()


def test_dwells_grow_with_the_passengers_and_not_before_they_are_many(
    model: DayModel, in_force: Timetable, usual: DayRecord
) -> None:
    assert model.kinds.main.exchange is not None
    assert max(max(trip.lateness_s) for trip in usual.trips) == 0.0
    crowd = {
        d: PlatformDemand.from_journeys(demand.edge_s, 3.0 * demand.per_hour) for d, demand in model.demand.items()
    }
    heavy = replace(model, demand=crowd)
    late = heavy.run_trains(in_force, None).trips
    assert max(max(trip.lateness_s) for trip in late) > 10.0
    # The same passengers through doors that take no time: the timetable again.
    quick = replace(heavy, kinds=heavy.kinds.map(lambda kind: replace(kind, exchange=None)))
    trips = quick.run_trains(in_force, None).trips
    assert max(max(trip.lateness_s) for trip in trips) == 0.0
