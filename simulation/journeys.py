"""Journeys: trips while they run, where their trains are, and which trips make a vehicle's duty."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import simpy

from dispatch.timetable import Direction, Trip
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from energy_models.hindered import Path, standing_at
from simulation.passengers import Boarding
from simulation.record import TripRecord


class Journey:
    """One trip while it runs.

    `gone_s` is when it has left the running track at its last station; until then inf.
    """

    def __init__(self, trip: Trip, first_station: int) -> None:
        self.trip = trip
        self.first_station = first_station
        self.arrival_s: list[float] = []
        self.departure_s: list[float] = []
        self.running_time_s: list[int] = []
        self.slowed_s: list[float] = []
        self.hindered_s: list[float] = []
        self.hindered: list[DrivingProfile | None] = []
        self.gone_s = math.inf
        self.has_asked = False
        self.passengers: list[float] = []
        self.boardings: list[Boarding] = []
        self.cancelled = False
        self._departed: dict[int, simpy.Event] = {}
        self._news: simpy.Event | None = None
        self._change: simpy.Event | None = None
        self._runs: list[Path] = []
        self._path: Path | None = None

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

    def lateness_s(self, now_s: float) -> float:
        """How late the train is as far as is known: at its last departure, or because it should have begun."""
        if not self.departure_s:
            return max(0.0, now_s - self.trip.start_s)
        left = len(self.departure_s) - 1
        return self.departure_s[left] - self.trip.departure_s[left]

    def cancel(self) -> None:
        """Note that the trip, which has not begun, will not run, and let all who wait for it look whom they follow."""
        self.cancelled = True
        self.reconsider()
        self._tell()

    def reconsider(self) -> None:
        """Let all who wait for a departure of this train look again whom they follow."""
        for stop in list(self._departed):
            self._departed.pop(stop).succeed()

    def news(self, env: simpy.Environment) -> simpy.Event:
        """The event of the next change in where this train is or will be."""
        if self._news is None:
            self._news = env.event()
        return self._news

    def change(self, env: simpy.Environment) -> simpy.Event:
        """The event of the next news that this train moves otherwise than it was going to: later, it may be.

        Other news are that it goes on from where it was known to stand, or out of the way: those are good for whoever
        comes behind.
        """
        if self._change is None:
            self._change = env.event()
        return self._change

    def begin_run(self, motion: Path, origin_m: float) -> None:
        """Note how the train means to move from here on; `origin_m` is where its ruler begins on the line."""
        self._runs = [*self._runs[-1:], _moved(motion, origin_m)]
        self._path = None
        self._tell()

    def change_run(self, motion: Path, origin_m: float) -> None:
        """Note that the run under way goes on otherwise."""
        self._runs[-1] = _moved(motion, origin_m)
        self._path = None
        self._tell()
        if self._change is not None:
            change, self._change = self._change, None
            change.succeed()

    def ask_for_track(self) -> None:
        """Note that the train has asked for a track of the terminal where its trip ends."""
        self.has_asked = True
        self._tell()

    def clear_track(self, now_s: float) -> None:
        """Note that the train stands on a track of its last station, out of the way."""
        self.gone_s = now_s
        self._tell()

    def path(self, station_m: Sequence[float]) -> Path:
        """Where the front of the train is, on the ruler of its direction, since it left the station before the last."""
        if not self._runs:
            return standing_at(station_m[self.first_station])
        if self._path is None:
            self._path = Path(
                np.concatenate([run.time_s for run in self._runs]),
                np.concatenate([run.place_m for run in self._runs]),
                np.concatenate([run.speed_m_s for run in self._runs]),
            )
        return self._path

    def _tell(self) -> None:
        if self._news is not None:
            news, self._news = self._news, None
            news.succeed()

    def record(self) -> TripRecord:
        """The finished trip."""
        own = slice(self.first_station, None)
        return TripRecord(
            self.trip,
            tuple(self.arrival_s),
            tuple(self.departure_s),
            tuple(self.running_time_s),
            tuple(self.hindered_s),
            tuple(self.passengers),
            tuple(boarding.boarded for boarding in self.boardings),
            tuple(boarding.denied for boarding in self.boardings),
            tuple(boarding.waited_s for boarding in self.boardings),
            tuple(self.slowed_s),
            tuple(tuple(boarding.boarded_to[own].tolist()) for boarding in self.boardings),
            tuple(tuple(boarding.waited_to_s[own].tolist()) for boarding in self.boardings),
            tuple(self.hindered),
        )


@dataclass(frozen=True)
class Duty:
    """The trips that one vehicle works, in their order; trips without a vehicle are each a duty of their own."""

    vehicle: str
    journeys: tuple[Journey, ...]

    @property
    def has_vehicle(self) -> bool:
        """Whether the timetable names the vehicle."""
        return bool(self.journeys[0].trip.vehicle)

    def after(self, journey: Journey) -> tuple[Journey, ...]:
        """The journeys after one of them."""
        return self.journeys[self.journeys.index(journey) + 1 :]

    def turns(self) -> Iterator[tuple[Journey, Journey | None]]:
        """Each journey with the one that follows it."""
        yield from zip(self.journeys, [*self.journeys[1:], None], strict=True)


def journeys_of(trips: Sequence[Trip], station_order: Mapping[Direction, Sequence[str]]) -> list[Journey]:
    """A journey for each trip; raises InputFaults for a trip that leaves the line."""
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
