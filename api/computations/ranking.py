"""The ranking of a fleet and the changes of its vehicles, as a document; the mean distance of a vehicle."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dispatch.plans.in_force import timetable_in_force
from scenarios.schema import Scenario
from scenarios.values.track_lengths import distance_m
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.fleet import FleetModels, belonging_faults
from scenarios.vehicles.fleet_report import FleetReport, fleet_report


def mean_km_a_day(scenario: Scenario) -> float:
    """The mean distance of a vehicle on a day of the timetable in force, in km."""
    timetable = timetable_in_force(scenario)
    metres = sum(distance_m(scenario, trip.stations[0], trip.stations[-1]) for trip in timetable.trips)
    return metres / 1000.0 / max(1, len(timetable.vehicles))


def ranking_document(found: FleetReport, scenario: Scenario, km_a_day: float) -> dict[str, Any]:
    """The ranking and the changes of a fleet as one JSON object."""
    return {
        "scenario": scenario.name,
        "metering_point": "collector",
        "unit": "kWh/km",
        "km_a_day": round(km_a_day, 3),
        "ranking": [asdict(one) for one in found.ranking],
        "changes": [asdict(one) for one in found.changes],
    }


def ranked_fleet(scenario: Scenario, history: Mapping[str, Sequence[CalibratedVehicle]]) -> dict[str, Any]:
    """The document of the vehicles whose present model belongs to the scenario; `left_out` has the others."""
    kept, left_out = {}, []
    for vehicle, models in sorted(history.items()):
        faults = belonging_faults(scenario, None, FleetModels({vehicle: models[-1]}), None)
        if faults:
            left_out.append({"vehicle": vehicle, "reason": str(faults[0])})
        else:
            kept[vehicle] = models
    km_a_day = mean_km_a_day(scenario)
    return {**ranking_document(fleet_report(scenario, kept, km_a_day), scenario, km_a_day), "left_out": left_out}
