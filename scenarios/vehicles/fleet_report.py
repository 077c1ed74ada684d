"""The state of a fleet: normalised energies with intervals and ranks, and changes of the vehicles over their days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np

from energy_models.calibration.drift import Change, change_of
from energy_models.calibration.pooling import pooled
from scenarios.schema import Scenario
from scenarios.vehicles.calibrated import SI_NAMES, CalibratedVehicle, apply
from scenarios.vehicles.fleet import LEAST_ERROR
from scenarios.vehicles.normalised import ReferenceRuns, reference_runs

ENERGY = "normalised energy"
_DRAWS = 2_000
_SIGMAS = 1.96


@dataclass(frozen=True)
class RankedVehicle:
    """One vehicle in the ranking of its type, the thriftiest first; energies in kWh for each train-km, with errors.

    `own` is its own estimate, `pooled` the estimate that leans on the type, `weight` the weight of the own estimate.
    The rank is from `rank_from` to `rank_to` with 95 %. `errors` are standard errors.
    """

    vehicle: str
    train_type: str
    models: int
    day: str | None
    version: str
    own: float
    own_error: float
    pooled: float
    pooled_error: float
    weight: float
    rank: int
    rank_from: int
    rank_to: int


@dataclass(frozen=True)
class VehicleChange:
    """A step or a drift of one parameter of a vehicle; `since` is the first day of the new level, or of the drift.

    `level` is the present value, `change` its change with the standard error, in `unit`. `kwh_a_day` is the additional
    energy at the collector at the mean distance of a vehicle of the line.
    """

    vehicle: str
    parameter: str
    unit: str
    kind: str
    level: float
    change: float
    error: float
    since: str
    since_from: str
    since_to: str
    chance: float
    kwh_a_day: float


@dataclass(frozen=True)
class FleetReport:
    """The ranking of all vehicles by type, and their changes, the most expensive first."""

    ranking: tuple[RankedVehicle, ...]
    changes: tuple[VehicleChange, ...]


def fleet_report(
    scenario: Scenario, history: Mapping[str, Sequence[CalibratedVehicle]], km_a_day: float, seed: int = 0
) -> FleetReport:
    """The state of a fleet from all models of its vehicles, each in the order of days.

    `km_a_day` is the mean distance of a vehicle, for what a change costs. `seed` is that of the intervals of ranks.
    """
    runs = {name: reference_runs(scenario, name) for name in {models[-1].train_type for models in history.values()}}
    ranking: list[RankedVehicle] = []
    for name in sorted(runs):
        of_type = {vehicle: models for vehicle, models in history.items() if models[-1].train_type == name}
        ranking += _ranked(of_type, name, runs[name], seed)
    changes = [
        change
        for vehicle, models in history.items()
        for change in _changes(vehicle, models, runs[models[-1].train_type], km_a_day)
    ]
    return FleetReport(tuple(ranking), tuple(sorted(changes, key=lambda one: -abs(one.kwh_a_day))))


def _ranked(
    history: Mapping[str, Sequence[CalibratedVehicle]], train_type: str, runs: ReferenceRuns, seed: int
) -> list[RankedVehicle]:
    latest = {vehicle: models[-1] for vehicle, models in history.items()}
    own = [runs.kwh_per_km(apply(model, runs.train)) for model in latest.values()]
    errors = [
        max(runs.relative_error(model), LEAST_ERROR) * value for model, value in zip(latest.values(), own, strict=True)
    ]
    found = pooled(own, errors)
    draws = np.random.default_rng(seed).normal(found.value, found.error, (_DRAWS, len(own)))
    ranks = 1 + np.argsort(np.argsort(draws, axis=1), axis=1)
    low, high = np.quantile(ranks, (0.025, 0.975), axis=0, method="nearest")
    place = 1 + np.argsort(np.argsort(found.value, kind="stable"), kind="stable")
    ranked = [
        RankedVehicle(
            vehicle, train_type, len(history[vehicle]), model.source.day, model.hash, own[k], errors[k],
            float(found.value[k]), float(found.error[k]), float(found.weight[k]), int(place[k]), int(low[k]),
            int(high[k]),
        )
        for k, (vehicle, model) in enumerate(latest.items())
    ]  # fmt: skip
    return sorted(ranked, key=lambda one: (one.rank, one.vehicle))


def _changes(
    vehicle: str, models: Sequence[CalibratedVehicle], runs: ReferenceRuns, km_a_day: float
) -> list[VehicleChange]:
    """The changes of the parameters of one vehicle between days that are known."""
    dated = [(model, date.fromisoformat(model.source.day)) for model in models if model.source.day is not None]
    found = []
    for name, (_, _, unit) in SI_NAMES.items():
        series = [
            (day, one.value, _noise(model, name))
            for model, day in dated
            if (one := getattr(model.parameters, name)) is not None
        ]
        change = change_of(
            [day.toordinal() for day, _, _ in series],
            [value for _, value, _ in series],
            [error for _, _, error in series],
        )
        if change is not None:
            days = [day.isoformat() for day, _, _ in series]
            level = series[-1][1]
            share = change.change / max(level - change.change, 1e-9)
            latest = apply(models[-1], runs.train)
            kwh_a_day = runs.sensitivity[name] * share * runs.kwh_per_km(latest) * km_a_day
            found.append(_in_days(vehicle, name, unit, level, change, days, kwh_a_day))
    return found


def _in_days(
    vehicle: str, name: str, unit: str, level: float, change: Change, days: Sequence[str], kwh_a_day: float
) -> VehicleChange:
    return VehicleChange(
        vehicle, name, unit, change.kind, level, change.change, change.error, days[change.since],
        days[change.since_from], days[change.since_to], change.chance, kwh_a_day,
    )  # fmt: skip


def _noise(model: CalibratedVehicle, name: str) -> float:
    """The standard error of a parameter from day to day: without the sensor classes, which stay the same."""
    one = getattr(model.parameters, name)
    error = (one.interval_95.upper - one.interval_95.lower) / (2.0 * _SIGMAS)
    sensors = model.sensors
    classes = 0.0
    if sensors is not None:
        energy, load = sensors.energy_class * one.value, sensors.load_class * one.value
        if "tare_t" in model.held:
            load = 0.0
        classes = {
            "traction_efficiency": energy**2 + load**2,
            "regeneration_efficiency": energy**2 + load**2,
            "auxiliary_kw": energy**2,
            "tare_t": load**2 + sensors.load_zero_t**2,
        }.get(name, load**2)
    least = LEAST_ERROR * max(abs(one.value), 1e-9)
    return float(max(sqrt(max(error**2 - classes, 0.0)), 0.1 * error, least))
