"""Sentences for a result: a peak above its limit, a search that ended early, the models of the trains."""

from math import ceil

from scenarios.schema import Scenario
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.fleet import FleetModels
from simulation.judging.judge import Judgement


def peak_above_limit(limit_kw: float | None, judgement: Judgement) -> tuple[str, ...]:
    """The reason to reject a plan whose 15-minute peak, mean over the simulated days, is above the limit."""
    peak_kw = judgement.plan.energy("peak_15min_sliding_kw").mean
    if limit_kw is None or peak_kw <= limit_kw:
        return ()
    return (
        f"The 15-minute peak of the simulated days is {peak_kw:.0f} kW, {peak_kw - limit_kw:.0f} kW above the limit of "
        f"{limit_kw:.0f} kW; the plan keeps a limit of {ceil(peak_kw)} kW on these days.",
    )


def calibrated_train(vehicle: CalibratedVehicle | None, as_type: str | None) -> tuple[str, ...]:
    """The calibrated train of the plan if it is not the train of the scenario; baseline and plan use the same train."""
    if vehicle is None:
        return ()
    source = vehicle.source
    held = [f"{name} {value:.4g} (fixed)" for name, value in vehicle.held.items()]
    found = [
        f"{name} {one.value:.4g} instead of {one.scenario_value:.4g}"
        for name, one in vehicle.parameters
        if one is not None
    ]
    return (
        f"Both days use trains calibrated from {source.file} (sha256 {source.sha256[:12]}, model version "
        f"{vehicle.hash[:12]}) instead of the train type {as_type or vehicle.train_type} of the scenario: "
        f"{', '.join((*found, *held))}.",
    )


def models_of_fleet(fleet: FleetModels, scenario: Scenario) -> tuple[str, ...]:
    """The models of the vehicles of a plan; baseline and plan use the same models."""
    if not fleet.of_vehicle:
        return ()
    versions = ", ".join(f"{vehicle} {version[:12]}" for vehicle, version in fleet.versions.items())
    rest = scenario.trainsets - len(fleet.of_vehicle)
    without = f" The other {rest} vehicles have the mean of the models of their type." if rest > 0 else ""
    return (
        f"{len(fleet.of_vehicle)} of {scenario.trainsets} vehicles have a calibrated model of their own on both days, "
        f"with these versions: {versions}.{without}",
    )


def search_cut_short(stopped_early: bool, cancelled: bool) -> tuple[str, ...]:
    """The reason why a search did not run to its end, if it did not."""
    if cancelled:
        return ("The search was cancelled: this is the best plan that the search had found by then.",)
    if not stopped_early:
        return ()
    return (
        "The time limit ended the search before it was done: without the limit, or on a faster machine, the plan may "
        "differ.",
    )
