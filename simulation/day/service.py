"""Service of a simulated day: waiting, punctuality, regularity, crowding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.base import Direction
from scenarios.values.fleet import ByVehicle

if TYPE_CHECKING:
    from simulation.railway.trip_record import TripRecord


@dataclass(frozen=True)
class ServiceMeasures:
    """Means of one day.

    `mean_waiting_s` is over all passengers with a train; `excess_waiting_s` is the waiting above that of the same
    passengers with the timetable without disturbances. `headway_variation` is the standard deviation of actual divided
    by scheduled headways at all stations (0: as planned). `punctual_share` is the share of punctual arrivals,
    `within_5_s_share` and the two after it are the shares of arrivals that are late by at most this time.
    `hindered_s` is the total delay of all trips by trains ahead.

    `mean_ride_s` is the time on board, `mean_travel_s` is this time plus the waiting; `mean_crowding_share` is the load
    divided by normal capacity, mean over all passengers and their time on board. `cancelled_trips` did not run because
    their vehicle was withdrawn; `found_depot_full` is the number of trains that waited for a place in the depot.
    """

    passengers: float
    denied_boardings: float
    never_served: float
    mean_waiting_s: float
    excess_waiting_s: float
    mean_one_way_s: float
    mean_lateness_s: float
    lateness_95_percent_s: float
    punctual_share: float
    headway_variation: float
    shortest_headway_s: float
    maximum_load: float
    maximum_load_share: float
    hindered_s: float
    mean_ride_s: float = 0.0
    mean_travel_s: float = 0.0
    mean_crowding_share: float = 0.0
    cancelled_trips: int = 0
    found_depot_full: int = 0
    within_5_s_share: float = 1.0
    within_10_s_share: float = 1.0
    within_20_s_share: float = 1.0


def measure(
    trips: Sequence["TripRecord"],
    scheduled_waited_s: float,
    never_served: float,
    normal_capacity: ByVehicle[float],
    rode_s: float = 0.0,
    cancelled_trips: int = 0,
    found_depot_full: int = 0,
    *,
    punctual_within_s: float,
) -> ServiceMeasures:
    """The service measures of trip records.

    `scheduled_waited_s` is the waiting of the same passengers if every train leaves on time, in passenger-seconds;
    `rode_s` is the total time on board. An arrival at most `punctual_within_s` late is punctual.
    """
    passengers = sum(sum(trip.boarded) for trip in trips)
    waited_s = sum(sum(trip.waited_s) for trip in trips)
    lateness_s = np.array([late for trip in trips for late in trip.lateness_s])
    one_way_s = [trip.arrival_s[-1] - trip.departure_s[0] for trip in trips]
    headways = _headways(trips)
    actual_s = np.array([actual for actual, _ in headways])
    ratio = np.array([actual / scheduled for actual, scheduled in headways if scheduled > 0.0])
    maximum_load = max((max(trip.passengers) for trip in trips), default=0.0)
    by_capacity: dict[float, list[TripRecord]] = {}
    for trip in trips:
        by_capacity.setdefault(normal_capacity.of(trip.trip.vehicle), []).append(trip)
    return ServiceMeasures(
        passengers=passengers,
        denied_boardings=sum(sum(trip.denied) for trip in trips),
        never_served=never_served,
        mean_waiting_s=waited_s / passengers if passengers > 0.0 else 0.0,
        excess_waiting_s=(waited_s - scheduled_waited_s) / passengers if passengers > 0.0 else 0.0,
        mean_one_way_s=float(np.mean(one_way_s)) if one_way_s else 0.0,
        mean_lateness_s=float(lateness_s.mean()) if lateness_s.size else 0.0,
        lateness_95_percent_s=float(np.quantile(lateness_s, 0.95)) if lateness_s.size else 0.0,
        punctual_share=_share_within(lateness_s, punctual_within_s),
        headway_variation=float(ratio.std()) if ratio.size else 0.0,
        shortest_headway_s=float(actual_s.min()) if actual_s.size else float("inf"),
        maximum_load=maximum_load,
        maximum_load_share=max(
            (max(max(trip.passengers) for trip in alike) / normal for normal, alike in by_capacity.items()), default=0.0
        ),
        hindered_s=sum(sum(trip.hindered_s) for trip in trips),
        mean_ride_s=rode_s / passengers if passengers > 0.0 else 0.0,
        mean_travel_s=(waited_s + rode_s) / passengers if passengers > 0.0 else 0.0,
        mean_crowding_share=_load_met_share(by_capacity),
        cancelled_trips=cancelled_trips,
        found_depot_full=found_depot_full,
        within_5_s_share=_share_within(lateness_s, 5.0),
        within_10_s_share=_share_within(lateness_s, 10.0),
        within_20_s_share=_share_within(lateness_s, 20.0),
    )


def _share_within(lateness_s: FloatArray, within_s: float) -> float:
    return float(np.mean(lateness_s <= within_s)) if lateness_s.size else 1.0


def _load_met_share(by_capacity: Mapping[float, Sequence["TripRecord"]]) -> float:
    """Load divided by normal capacity, mean over all passengers and their time on board: Σ load² t / Σ load t over all
    runs, each squared load divided by the capacity of its train."""
    met, total = 0.0, 0.0
    parts = []
    for normal, trips in by_capacity.items():
        load = np.array([passengers for trip in trips for passengers in trip.passengers])
        time_s = np.array(
            [b - a for trip in trips for a, b in zip(trip.departure_s[:-1], trip.arrival_s[1:], strict=True)]
        )
        parts.append((normal, float((load * load * time_s).sum())))
        total += float((load * time_s).sum())
    for normal, squared in parts:
        met += squared / total / normal if total > 0.0 else 0.0
    return met


def _headways(trips: Sequence["TripRecord"]) -> list[tuple[float, float]]:
    """Actual and scheduled time between successive departures at each station of each direction."""
    calls: dict[tuple[Direction, str], list[tuple[float, float]]] = {}
    for record in trips:
        for i, station in enumerate(record.trip.stations[:-1]):
            calls.setdefault((record.direction, station), []).append(
                (float(record.trip.departure_s[i]), record.departure_s[i])
            )
    headways: list[tuple[float, float]] = []
    for at_station in calls.values():
        at_station.sort()
        headways += [(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(at_station)]
    return headways
