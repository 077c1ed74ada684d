"""Simulated days of fleets with several train types: each vehicle runs, loads and draws as its own type does."""

from dataclasses import replace

import numpy as np
import pytest
from mixed_fleets import LINE, mixed

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.movement.following import braking_rate_m_s2
from scenarios.schema import Scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.values.build import profile_library
from scenarios.values.fleet import ByVehicle, by_vehicle, vehicle_names
from simulation.day.model import DayModel, day_model
from simulation.day.record import DayRecord
from simulation.judging.judge import judge_with
from simulation.runs.replications import replicate

ROUGH = Disturbances.model_validate(
    {
        "dwell_noise_s": 3,
        "dwell_noise_accumulates": False,
        "random_speed_limits": {"per_day": 4, "length_m": 400, "limit_kmh": 40, "mean_s": 7200},
        "train_failures": {"per_million_km": 4000, "limit_kmh": 30, "spare_ready_after_s": 600},
        "weather": {
            "temperatures": [{"at": "06:00", "temperature_c": 25}, {"at": "14:00", "temperature_c": 33}],
            "temperature_deviation_c": 1.0,
        },
    }
)


def model_of(scenario: Scenario) -> DayModel:
    return day_model(scenario, profile_library(scenario))


def with_type(scenario: Scenario, **changes: object) -> Scenario:
    """The line whose heavy trains differ in something else, too."""
    heavy = scenario.train_types["heavy"].model_copy(update=changes)
    return scenario.model_copy(update={"train_types": {**scenario.train_types, "heavy": heavy}})


def hours(scenario: Scenario) -> Timetable:
    """The first trips of the day, in which all six vehicles run."""
    trips = timetable_in_force(scenario)
    return Timetable((*trips.of("up")[:14], *trips.of("down")[:14]))


def figures(day: DayRecord) -> tuple[object, ...]:
    return repr(day.account), day.service, day.bill, [(t.arrival_s, t.departure_s, t.passengers) for t in day.trips]


def test_values_by_vehicle() -> None:
    values = by_vehicle(mixed(2, 1), {"four_car": "a", "heavy": "b"})
    assert (values.of("four_car-02"), values.of("heavy-01"), values.of("heavy-02")) == ("a", "b", "a")
    assert values.distinct == ("a", "b")
    requested: list[str] = []
    assert values.map(lambda one: requested.append(one) or one.upper()).of("heavy-01") == "B"  # type: ignore[func-returns-value]
    assert requested == ["a", "b"]
    assert ByVehicle(1.0).of("anything") == 1.0


@pytest.mark.parametrize("seed", [None, 3])
def test_types_that_differ_in_name_alone_make_the_same_day(seed: int | None) -> None:
    pure, named = (line.with_parts(disturbances=ROUGH) for line in (LINE, mixed(3, 3, heavy_t=140)))
    assert {trip.vehicle for trip in hours(named).trips} == set(vehicle_names(named))
    one, other = (model_of(line).day(hours(line), seed) for line in (pure, named))
    assert figures(one) == figures(other)


def test_a_mixed_fleet_draws_between_its_types() -> None:
    """The same trips of the same duties: all light, three vehicles heavy, all heavy."""
    some = mixed(3, 3, heavy_t=200)
    heavy = some.model_copy(update={"fleet": (some.fleet[1].model_copy(update={"trainsets": 6}),)})
    days = [model_of(line).day(hours(line), 1) for line in (LINE, some, heavy)]
    drawn_kwh = [day.account.energy_kwh for day in days]
    assert drawn_kwh[0] < drawn_kwh[1] < drawn_kwh[2]
    # Each vehicle alone: its traction at the collector is that of its own type, whatever the others are.
    alone = [[day.energy.by_train[name].traction_kwh for name in sorted(day.energy.by_train)] for day in days]
    assert alone[1] == pytest.approx([*alone[0][:3], *alone[2][3:]], rel=1e-3)
    assert all(1.1 * light < heavy for light, heavy in zip(alone[0], alone[2], strict=True))


def test_a_train_too_slow_for_its_timetable_is_late_and_the_others_are_not() -> None:
    scenario = mixed(3, 3, heavy_t=400)
    day = model_of(scenario).day(hours(scenario), None)
    late = {trip.trip.vehicle for trip in day.trips if max(trip.lateness_s) > 2.0}
    assert late == {"heavy-01", "heavy-02", "heavy-03"}
    shortest_s = profile_library(scenario, train_type="heavy").minimum_time_s("up", 3, 0.0)
    for trip in day.trips:
        if trip.trip.vehicle.startswith("heavy") and trip.direction == "up":
            assert trip.running_time_s[3] >= shortest_s


def test_room_auxiliaries_length_and_brakes_are_those_of_the_vehicle() -> None:
    base = mixed(3, 3, heavy_t=140)
    own = LINE.train_types["four_car"]
    scenario = with_type(
        base,
        capacity=own.capacity.model_copy(update={"normal": 40, "crush": 50}),
        auxiliaries=tuple(p.model_copy(update={"power_kw": 2.0 * p.power_kw}) for p in own.auxiliaries),
        length_m=2.0 * own.length_m,
        service_brake_kn=0.5 * own.service_brake_kn,
    )
    model = model_of(scenario)
    assert model.signalling.train_length_m.of("heavy-02") == 2.0 * model.signalling.train_length_m.of("four_car-01")
    heavy = model.kinds.of("heavy-01").train
    assert model.signalling.braking_m_s2.of("heavy-01") == braking_rate_m_s2(
        heavy, 50.0, heavy.maximum_deceleration_m_s2
    )
    assert model.signalling.braking_m_s2.of("heavy-01") < model.signalling.braking_m_s2.main
    day = model.day(hours(scenario), None)
    fullest = {
        kind: max(max(trip.passengers) for trip in day.trips if trip.trip.vehicle.startswith(kind))
        for kind in ("four_car", "heavy")
    }
    assert fullest["heavy"] == pytest.approx(50.0)
    assert fullest["four_car"] > 60.0
    assert day.service.denied_boardings > 0.0
    assert day.service.maximum_load_share == pytest.approx(50.0 / 40.0)
    plain = model_of(base).day(hours(base), None)
    by_train = day.account.auxiliaries_kwh / plain.account.auxiliaries_kwh
    assert 1.2 < by_train < 1.7
    snapshots = model.snapshots(day.trips)
    full = np.unique(np.round(snapshots.auxiliary_w[snapshots.auxiliary_w > 0.0]))
    assert {round(model.train.auxiliary_w), round(heavy.auxiliary_w)} <= set(full.astype(int).tolist())


def test_a_hot_day_heats_each_type_by_its_own_curve() -> None:
    own = LINE.train_types["four_car"]
    steady = tuple(p.model_copy(update={"power_kw": 45.0}) for p in own.auxiliaries[:1])
    hot = ROUGH.model_copy(update={"train_failures": None, "random_speed_limits": None, "dwell_noise_s": 0.0})
    base = mixed(3, 3, heavy_t=140).with_parts(disturbances=hot)
    scenario = with_type(base, auxiliaries=steady)
    quiet, heated = (
        model_of(scenario.with_parts(disturbances=words)).day(hours(scenario), 2, traces=True)
        for words in (hot.model_copy(update={"weather": None}), hot)
    )
    change = {"four_car": 0.0, "heavy": 0.0}
    for day, sign in ((heated, 1.0), (quiet, -1.0)):
        assert day.traces is not None
        snapshots = day.traces.snapshots
        for number, trip in enumerate(day.trips):
            of_trip = np.isin(snapshots.owner, np.flatnonzero(np.array(day.traces.run_trip) == number))
            change[trip.trip.vehicle.rpartition("-")[0]] += sign * float(snapshots.auxiliary_w[of_trip].sum())
    assert change["heavy"] == 0.0
    assert change["four_car"] > 1e6


@pytest.mark.many_cases
def test_judge_and_replications_of_a_mixed_fleet_do_not_depend_on_workers() -> None:
    scenario = mixed(3, 3, heavy_t=200)
    model = model_of(scenario)
    short = Timetable((*timetable_in_force(scenario).of("up")[:3], *timetable_in_force(scenario).of("down")[:3]))
    swapped = {"four_car-01": "heavy-03"}
    other = Timetable(tuple(replace(t, vehicle=swapped.get(t.vehicle, t.vehicle)) for t in short.trips))
    judged = judge_with(model, short, other, replications=2, seed=1)
    assert judged.saving_percent.mean < 0.0
    one, two = (replicate(model, {"plan": other}, (5, 6), workers)["plan"] for workers in (1, 2))
    assert [repr(day) for day in one] == [repr(day) for day in two]
