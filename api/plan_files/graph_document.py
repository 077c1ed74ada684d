"""What the pages draw of a plan: stations, the trips of today and of the plan, and the power of both days."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from api.report.power import quarter_hours
from dispatch.energy.line_model import OtherLibraries
from dispatch.energy.planned_movements import as_planned
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray
from energy_models.faults import Infeasible
from energy_models.running_times import ProfileLibrary
from scenarios.schema import Scenario
from scenarios.values.train_numbers import train_numbers
from simulation.experiment import PlanExperiment


def write_graph(experiment: PlanExperiment, file: Path) -> None:
    """Write the graph of an experiment as compressed JSON; the same experiment gives the same bytes."""
    document = graph_document(
        experiment.request.scenario,
        experiment.baseline_plan.timetable,
        experiment.plan.timetable,
        experiment.library,
        experiment.others,
    )
    start_s, interval_s = experiment.trace_start_s, experiment.trace_interval_s
    document["power"] = {
        "today": _quarters(experiment.baseline_trace, start_s, interval_s),
        "plan": _quarters(experiment.plan_trace, start_s, interval_s),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    file.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def graph_document(
    scenario: Scenario, today: Timetable, plan: Timetable, library: ProfileLibrary, others: OtherLibraries
) -> dict[str, Any]:
    """Stations and trips; times in whole seconds of the service day, `power_kw` is the mean power of each run in kW.

    A run whose profile the trains cannot drive has no power (null).
    """
    places = {station.id: number for number, station in enumerate(scenario.stations)}
    numbers = train_numbers(scenario)
    return {
        "line_id": scenario.name,
        "title": scenario.title,
        "stations": [
            {"station_id": station.id, "name": station.name, "chainage_m": station.chainage_m}
            for station in scenario.stations
        ],
        "capacity": scenario.train_types[scenario.main_train_type].capacity.normal,
        "load_limit_share": scenario.policy.load_limit_share,
        "trips": [_trip(trip, places, numbers, library, others) for trip in plan.by_departure()],
        "today": [_trip(trip, places, numbers, library, others) for trip in today.by_departure()],
    }


def _trip(
    trip: Trip,
    places: Mapping[str, int],
    numbers: Mapping[str, str],
    library: ProfileLibrary,
    others: OtherLibraries,
) -> dict[str, Any]:
    stops = zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True)
    return {
        "trip_id": trip.trip_id,
        "number": numbers.get(trip.trip_id),
        "direction": trip.direction,
        "duty": trip.vehicle or None,
        "stops": [[places[station], arrival_s, departure_s] for station, arrival_s, departure_s in stops],
        "passengers": [round(number) for number in trip.passengers],
        "power_kw": _powers_kw(trip, library, others),
    }


def _powers_kw(trip: Trip, library: ProfileLibrary, others: OtherLibraries) -> list[int] | None:
    try:
        runs, _ = as_planned(trip, library, others)
    except Infeasible:
        return None
    return [round(float(np.mean(run.motion.power_w)) / 1000.0) for run in runs]


def _quarters(power_w: FloatArray, start_s: float, interval_s: float) -> list[list[int]]:
    """Begin of each quarter hour in seconds of the service day, and its mean power in kW."""
    begins_s, mean_kw = quarter_hours(power_w, start_s, interval_s)
    return [[int(begin_s), round(kw)] for begin_s, kw in zip(begins_s.tolist(), mean_kw.tolist(), strict=True)]
