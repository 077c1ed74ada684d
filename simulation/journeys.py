"""Journeys: trips while they run, who runs ahead of whom, and which trips make a vehicle's duty."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import simpy

from dispatch.timetable import Direction, Trip
from energy_models.faults import Fault, InputFaults
from simulation.passengers import Boarding
from simulation.record import TripRecord


class Journey:
    """One trip while it runs.

    `ahead[i]` is the train that the timetable lets depart just before from the trip's i-th station, with the index of
    that station in its own trip.
    """

    def __init__(self, trip: Trip, first_station: int) -> None:
        self.trip = trip
        self.first_station = first_station
        self.ahead: list[tuple[Journey, int] | None] = [None] * len(trip.stations)
        self.arrival_s: list[float] = []
        self.departure_s: list[float] = []
        self.running_time_s: list[int] = []
        self.slowed_s: list[float] = []
        self.held_outside_s: list[float] = []
        self.passengers: list[float] = []
        self.boardings: list[Boarding] = []
        self._departed: dict[int, simpy.Event] = {}

    @property
    def last_station(self) -> int:
        """Index of the trip's last station in order of travel."""
        return self.first_station + len(self.trip.stations) - 1

    def has_left(self, stop: int) -> bool:
        """Whether the train has departed from its stop of that index."""
        return len(self.departure_s) > stop

    def departed(self, env: simpy.Environment, stop: int) -> simpy.Event:
        """The event of this train's departure from a stop that it has not left yet."""
        return self._departed.setdefault(stop, env.event())

    def leave(self, env: simpy.Environment, stop: int) -> None:
        """Note the departure and tell whoever waits for it."""
        self.departure_s.append(env.now)
        waiting = self._departed.pop(stop, None)
        if waiting is not None:
            waiting.succeed()

    def record(self) -> TripRecord:
        """The finished trip."""
        own = slice(self.first_station, None)
        return TripRecord(
            self.trip,
            tuple(self.arrival_s),
            tuple(self.departure_s),
            tuple(self.running_time_s),
            tuple(self.held_outside_s),
            tuple(self.passengers),
            tuple(boarding.boarded for boarding in self.boardings),
            tuple(boarding.denied for boarding in self.boardings),
            tuple(boarding.waited_s for boarding in self.boardings),
            tuple(self.slowed_s),
            tuple(tuple(boarding.boarded_to[own].tolist()) for boarding in self.boardings),
            tuple(tuple(boarding.waited_to_s[own].tolist()) for boarding in self.boardings),
        )


@dataclass(frozen=True)
class Duty:
    """The trips that one vehicle works, in their order; trips without a vehicle are each a duty of their own."""

    vehicle: str
    journeys: tuple[Journey, ...]

    def turns(self) -> Iterator[tuple[Journey, Journey | None]]:
        """Each journey with the one that follows it."""
        yield from zip(self.journeys, [*self.journeys[1:], None], strict=True)


def journeys_of(trips: Sequence[Trip], station_order: Mapping[Direction, Sequence[str]]) -> list[Journey]:
    """A journey for each trip, each knowing the trains ahead; raises InputFaults for a trip that leaves the line."""
    journeys = [Journey(trip, _first_station(trip, station_order[trip.direction])) for trip in trips]
    calls: dict[tuple[Direction, int], list[tuple[int, str, Journey, int]]] = {}
    for journey in journeys:
        for i in range(len(journey.trip.stations) - 1):
            place = (journey.trip.direction, journey.first_station + i)
            calls.setdefault(place, []).append((journey.trip.departure_s[i], journey.trip.trip_id, journey, i))
    for at_place in calls.values():
        at_place.sort(key=lambda call: call[:2])
        for (_, _, leader, leader_stop), (_, _, follower, stop) in pairwise(at_place):
            follower.ahead[stop] = (leader, leader_stop)
    return journeys


def duties_of(journeys: Sequence[Journey]) -> list[Duty]:
    """The duties of all vehicles, in the order of their first trips in the timetable."""
    by_vehicle: dict[str, list[Journey]] = {}
    for journey in journeys:
        name = journey.trip.vehicle or f"trip {journey.trip.trip_id}"
        by_vehicle.setdefault(name, []).append(journey)
    return [
        Duty(name, tuple(sorted(trips, key=lambda journey: (journey.trip.start_s, journey.trip.trip_id))))
        for name, trips in by_vehicle.items()
    ]


def _first_station(trip: Trip, order: Sequence[str]) -> int:
    """Index of the trip's first station in order of travel."""
    start = list(order).index(trip.stations[0]) if trip.stations[0] in order else -1
    if start < 0 or tuple(order[start : start + len(trip.stations)]) != trip.stations or len(trip.stations) < 2:
        raise InputFaults(
            [
                Fault(
                    "timetable",
                    f"trip {trip.trip_id}",
                    "stations",
                    ", ".join(trip.stations[:4]) + (", ..." if len(trip.stations) > 4 else ""),
                    f"neighbouring stations in order of travel {trip.direction}: {', '.join(order)}",
                )
            ]
        )
    return start
