"""Journeys: trips in operation, the positions of their trains, and the duties of vehicles."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import simpy

from dispatch.plans.timetable import Trip
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from energy_models.movement.following import Path, joined, standing_at
from scenarios.schema.base import Direction
from simulation.railway.passengers import Boarding
from simulation.railway.trip_record import TripRecord


class Journey:
    """One trip in operation.

    `gone_s` is the time when the train has left the running track at its last station; before, it is inf.
    """

    def __init__(self, trip: Trip, first_station: int) -> None:
        self.trip = trip
        self.first_station = first_station
        self.arrival_s: list[float] = []
        self.departure_s: list[float] = []
        self.running_time_s: list[int] = []
        self.slowed_s: list[float] = []
        self.hindered_s: list[float] = []
        self.delayed_profiles: list[DrivingProfile | None] = []
        self.gone_s = math.inf
        self.has_requested = False
        self.passengers: list[float] = []
        self.boardings: list[Boarding] = []
        self.cancelled = False
        self._departed: dict[int, simpy.Event] = {}
        self._any_change: simpy.Event | None = None
        self._unfavourable_change: simpy.Event | None = None
        self._runs: list[Path] = []
        self._path: Path | None = None

    @property
    def last_station(self) -> int:
        """Index of the last station of the trip in order of travel."""
        return self.first_station + len(self.trip.stations) - 1

    def has_left(self, stop: int) -> bool:
        """Whether the train has departed from the stop with this index."""
        return len(self.departure_s) > stop

    def departed(self, env: simpy.Environment, stop: int) -> simpy.Event:
        """The event of the departure from a stop that the train has not left yet."""
        return self._departed.setdefault(stop, env.event())

    def leave(self, env: simpy.Environment, stop: int) -> None:
        """Record the departure and trigger its event."""
        self.departure_s.append(env.now)
        waiting = self._departed.pop(stop, None)
        if waiting is not None:
            waiting.succeed()

    def lateness_s(self, now_s: float) -> float:
        """The known delay of the train: at its last departure, or because its trip should have begun."""
        if not self.departure_s:
            return max(0.0, now_s - self.trip.start_s)
        left = len(self.departure_s) - 1
        return self.departure_s[left] - self.trip.departure_s[left]

    def cancel(self) -> None:
        """Cancel a trip that has not begun, and wake the trains that wait for it."""
        self.cancelled = True
        self.reconsider()
        self._trigger_change()

    def reconsider(self) -> None:
        """Wake all trains that wait for a departure of this train, so that they check the train ahead again."""
        for stop in list(self._departed):
            self._departed.pop(stop).succeed()

    def any_change(self, env: simpy.Environment) -> simpy.Event:
        """The event of the next change of the present or future position of this train."""
        if self._any_change is None:
            self._any_change = env.event()
        return self._any_change

    def unfavourable_change(self, env: simpy.Environment) -> simpy.Event:
        """The event of the next change of the motion of this train that can be unfavourable for a train behind.

        Other changes are that the train continues after a known stop, or leaves the track; these are favourable for a
        train behind.
        """
        if self._unfavourable_change is None:
            self._unfavourable_change = env.event()
        return self._unfavourable_change

    def begin_run(self, motion: Path, origin_m: float) -> None:
        """Record the planned motion of the train; `origin_m` is the origin of its coordinate on the line."""
        self._runs = [*self._runs[-1:], _moved(motion, origin_m)]
        self._path = None
        self._trigger_change()

    def change_run(self, motion: Path, origin_m: float) -> None:
        """Record a new motion for the present run."""
        self._runs[-1] = _moved(motion, origin_m)
        self._path = None
        self._trigger_change()
        if self._unfavourable_change is not None:
            change, self._unfavourable_change = self._unfavourable_change, None
            change.succeed()

    def record_track_request(self) -> None:
        """Record that the train has requested a track of the terminal where its trip ends."""
        self.has_requested = True
        self._trigger_change()

    def clear_track(self, now_s: float) -> None:
        """Record that the train is on a track of its last station and no longer on the running track."""
        self.gone_s = now_s
        self._trigger_change()

    @property
    def run_path(self) -> Path:
        """The motion of the present or last run, in the coordinate of the direction; the train has begun a run."""
        return self._runs[-1]

    def path(self, station_m: Sequence[float]) -> Path:
        """Position of the front of the train, in the coordinate of its direction, during its last run."""
        if not self._runs:
            return standing_at(station_m[self.first_station])
        if self._path is None:
            before, present = self._runs[0], self._runs[-1]
            self._path = present if before is present else joined(before, present)
        return self._path

    def _trigger_change(self) -> None:
        if self._any_change is not None:
            change, self._any_change = self._any_change, None
            change.succeed()

    def record(self) -> TripRecord:
        """The record of the finished trip."""
        boarded_to = np.array([boarding.boarded_to for boarding in self.boardings])
        waited_to_s = np.array([boarding.waited_to_s for boarding in self.boardings])
        return TripRecord(
            self.trip,
            tuple(self.arrival_s),
            tuple(self.departure_s),
            tuple(self.running_time_s),
            tuple(self.hindered_s),
            tuple(self.passengers),
            tuple(boarded_to.sum(axis=1).tolist()),
            tuple(boarding.denied for boarding in self.boardings),
            tuple(waited_to_s.sum(axis=1).tolist()),
            tuple(self.slowed_s),
            tuple(map(tuple, boarded_to[:, self.first_station :].tolist())),
            tuple(map(tuple, waited_to_s[:, self.first_station :].tolist())),
            tuple(self.delayed_profiles),
        )


@dataclass(frozen=True)
class Duty:
    """The trips of one vehicle, in order; each trip without a vehicle is its own duty."""

    vehicle: str
    journeys: tuple[Journey, ...]

    @property
    def has_vehicle(self) -> bool:
        """Whether the timetable has a name for the vehicle."""
        return bool(self.journeys[0].trip.vehicle)

    def after(self, journey: Journey) -> tuple[Journey, ...]:
        """The journeys after a journey."""
        return self.journeys[self.journeys.index(journey) + 1 :]

    def turns(self) -> Iterator[tuple[Journey, Journey | None]]:
        """Each journey with the next one."""
        yield from zip(self.journeys, [*self.journeys[1:], None], strict=True)


def journeys_of(trips: Sequence[Trip], station_order: Mapping[Direction, Sequence[str]]) -> list[Journey]:
    """A journey for each trip; raises InputFaults for a trip with stations that are not neighbours."""
    return [Journey(trip, _first_station(trip, station_order[trip.direction])) for trip in trips]


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


def _moved(motion: Path, by_m: float) -> Path:
    return Path(motion.time_s, motion.place_m + by_m, motion.speed_m_s)


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
