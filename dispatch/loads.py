"""Planned loads: how many passengers each trip carries over each section."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dispatch.timetable import DIRECTIONS, Trip
from energy_models.arrays import FloatArray
from scenarios.demand import SectionLoads


def planned_loads(trips: Sequence[Trip], loads: SectionLoads, stations: Sequence[str]) -> tuple[Trip, ...]:
    """The same trips with `passengers` as the demand and the gaps between trains make them.

    A train carries over a section those who wanted to travel there since the train ahead left the section's first
    station: load = ∫ q(t) dt over the gap, q the section's flow in passengers an hour, constant within each time bin.
    The first train takes those of a gap as long as the one behind it; a train alone in its direction those of one
    hour. `stations` are the line's stations in order of rising chainage.
    """
    result = {trip.trip_id: trip for trip in trips}
    for direction in DIRECTIONS:
        order = list(stations if direction == "up" else stations[::-1])
        in_order = sorted((trip for trip in trips if trip.direction == direction), key=lambda trip: trip.start_s)
        load: dict[str, dict[int, float]] = {trip.trip_id: {} for trip in in_order}
        for section, station in enumerate(order[:-1]):
            calling = [trip for trip in in_order if station in trip.stations[:-1]]
            departures = np.array([float(trip.departure_s[trip.stations.index(station)]) for trip in calling])
            flow = loads.passengers_per_hour[direction][:, section]
            carried = passengers_since_train_ahead(loads.time_bin_s, flow, departures)
            for trip, passengers in zip(calling, carried, strict=True):
                load[trip.trip_id][section] = round(float(passengers), 3)
        for trip in in_order:
            first = order.index(trip.stations[0])
            result[trip.trip_id] = replace(
                trip, passengers=tuple(load[trip.trip_id][first + k] for k in range(len(trip.stations) - 1))
            )
    return tuple(result[trip.trip_id] for trip in trips)


def passengers_since_train_ahead(edge_s: FloatArray, per_hour: FloatArray, departure_s: FloatArray) -> FloatArray:
    """Passengers who come between each departure and the one before it (n departures, n loads).

    `edge_s` has one more entry than `per_hour`; nobody comes outside the edges. The first gap counts as long as the
    second; a single departure gathers one hour.
    """
    if departure_s.size == 0:
        return np.zeros(0)
    first_gap = departure_s[1] - departure_s[0] if departure_s.size > 1 else 3600.0
    come = cumulative_passengers(edge_s, per_hour, np.concatenate(([departure_s[0] - first_gap], departure_s)))
    return np.diff(come)


def cumulative_passengers(edge_s: FloatArray, per_hour: FloatArray, time_s: FloatArray) -> FloatArray:
    """Passengers come by each time since the first edge, the flow being constant within each bin."""
    totals = np.concatenate(([0.0], np.cumsum(per_hour * np.diff(edge_s) / 3600.0)))
    return np.interp(time_s, edge_s, totals)
