"""Planned loads: the number of passengers of each trip on each section."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dispatch.plans.passenger_groups import riders
from dispatch.plans.timetable import Trip
from energy_models.arrays import FloatArray
from scenarios.schema.base import DIRECTIONS
from scenarios.values.travel import Travel


def planned_loads(trips: Sequence[Trip], travel: Travel, stations: Sequence[str]) -> tuple[Trip, ...]:
    """The same trips with the loads `passengers` from the demand and the gaps between trains.

    A train carries on a section the passengers since the last train to their destination left the first station of the
    section: load = Σ ∫ q(t) dt over the gap, with the flow q of a group in passengers per hour, constant within each
    time bin. If all trains run the whole line, there is one group; otherwise passengers wait for a train to their
    destination. The gap before the first train has the length of the gap after it; a single train in its direction
    carries the passengers of one hour. `stations` are the stations of the line in order of chainage.
    """
    result = {trip.trip_id: trip for trip in trips}
    for direction in DIRECTIONS:
        order = list(stations if direction == "up" else stations[::-1])
        in_order = sorted((trip for trip in trips if trip.direction == direction), key=lambda trip: trip.start_s)
        load: dict[str, list[float]] = {trip.trip_id: [0.0] * len(trip.driving) for trip in in_order}
        for group in riders(in_order, order, direction, travel):
            for section in range(len(order) - 1):
                calls = group.calls(order, section)
                departures = np.array([float(trip.departure_s[place]) for trip, place in calls])
                flow = group.passengers_per_hour[:, section]
                carried = passengers_since_train_ahead(group.time_bin_s, flow, departures)
                for (trip, place), passengers in zip(calls, carried, strict=True):
                    load[trip.trip_id][place] += float(passengers)
        for trip in in_order:
            result[trip.trip_id] = replace(trip, passengers=tuple(round(one, 3) for one in load[trip.trip_id]))
    return tuple(result[trip.trip_id] for trip in trips)


def passengers_since_train_ahead(edge_s: FloatArray, per_hour: FloatArray, departure_s: FloatArray) -> FloatArray:
    """Passengers who arrive between each departure and the previous one (n departures, n loads).

    `edge_s` has one more entry than `per_hour`; there are no passengers outside the edges. The first gap has the length
    of the second; a single departure has the passengers of one hour.
    """
    if departure_s.size == 0:
        return np.zeros(0)
    first_gap = departure_s[1] - departure_s[0] if departure_s.size > 1 else 3600.0
    come = cumulative_passengers(edge_s, per_hour, np.concatenate(([departure_s[0] - first_gap], departure_s)))
    return np.diff(come)


def cumulative_passengers(edge_s: FloatArray, per_hour: FloatArray, time_s: FloatArray) -> FloatArray:
    """Number of passengers from the first edge to each time, with a constant flow within each bin."""
    totals = np.concatenate(([0.0], np.cumsum(per_hour * np.diff(edge_s) / 3600.0)))
    return np.interp(time_s, edge_s, totals)
