"""What a train graph shows: stations, and every trip of today's timetable and of the plan."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatch.energy.line_model import OtherLibraries
from dispatch.energy.planned_movements import as_planned
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray
from energy_models.faults import Infeasible
from energy_models.running_times import ProfileLibrary
from scenarios.schema import Scenario
from scenarios.values.train_numbers import train_numbers

STEP_S = 6
"""Seconds between two points of a moving train in the report."""


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


def report_graph(
    scenario: Scenario,
    today: Timetable,
    plan: Timetable,
    library: ProfileLibrary,
    others: OtherLibraries,
    borders_s: tuple[int, ...],
) -> dict[str, Any]:
    """The graph of a report: planned trips have a `motion`; the borders of headway periods are in s."""
    document = graph_document(scenario, today, plan, library, others)
    for row in (*document["trips"], *document["today"]):
        del row["passengers"], row["power_kw"]  # the report draws loads elsewhere, and power from the motion
    for row, trip in zip(document["trips"], plan.by_departure(), strict=True):
        row["motion"] = _motion(trip, library, others)
    return {**document, "borders_s": list(borders_s)}


def day_range_s(*timetables: Timetable) -> tuple[float, float]:
    """First departure and last arrival of all timetables together, with a margin."""
    starts = [trip.start_s for timetable in timetables for trip in timetable.trips]
    ends = [trip.end_s for timetable in timetables for trip in timetable.trips]
    return min(starts) - 300.0, max(ends) + 300.0


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


def _motion(trip: Trip, library: ProfileLibrary, others: OtherLibraries) -> list[int] | None:
    """Time in s, place in m and mean power until the next point in kW of each point, as changes from the point before.

    None for a trip with a run whose profile the trains cannot drive.
    """
    try:
        runs, _ = as_planned(trip, library, others)
    except Infeasible:
        return None
    parts: list[FloatArray] = []
    for k, run in enumerate(runs):
        motion = run.motion
        steps = np.arange(0, len(motion.power_w), STEP_S)
        mean_w = np.add.reduceat(motion.power_w, steps) / np.diff(np.append(steps, len(motion.power_w)))
        places_m = run.track.chainage_m(motion.distance_m)[steps]
        parts.append(np.column_stack([run.departure_s + steps, places_m, mean_w / 1000.0]))
        parts.append(np.array([[trip.arrival_s[k + 1], run.track.arrival_chainage_m, 0.0]], dtype=np.float64))
    points = np.round(np.concatenate(parts)).astype(np.int64)
    found: list[int] = np.diff(points, axis=0, prepend=np.zeros((1, 3), np.int64)).ravel().tolist()
    return found
