"""Passengers: they arrive at the platforms during the day and board the next train to their destination with room.

The demand is by origin, destination and time. If the scenario has only rates of boarding and alighting, the same share
of passengers from each origin alights at a station, which gives each passenger a destination. Loads follow from the
actual trains: after a long gap the load of a train is larger, independent of the planned load.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.plans.timetable import Timetable
from energy_models.arrays import FloatArray, frozen_floats
from energy_models.compiled import allocating
from scenarios.schema.base import DIRECTIONS, Direction


@dataclass(frozen=True, eq=False)
class PlatformDemand:
    """Passengers of one direction: rates constant within each time bin.

    `per_hour[b, i, j]` passengers arrive at station i in bin b with destination j > i, for stations in order of travel.
    Before the first and after the last bin there are no arrivals.
    """

    edge_s: FloatArray
    per_hour: FloatArray
    _came: FloatArray
    _waited_s: FloatArray

    @staticmethod
    def from_journeys(edge_s: FloatArray, per_hour: FloatArray) -> "PlatformDemand":
        """From passengers per hour by (bin, origin, destination); raises ValueError if the shapes do not match."""
        edges, rates = frozen_floats(edge_s), frozen_floats(per_hour)
        bins = len(edges) - 1
        if rates.ndim != 3 or rates.shape[0] != bins or rates.shape[1] != rates.shape[2]:
            raise ValueError(f"journeys between stations in {bins} bins are needed, not an array of {rates.shape}")
        # Passengers who have arrived by the edge of each bin, and the integral of this curve: both exact, so waiting is
        # exact.
        width_s = np.diff(edges)[:, None, None]
        rate, nobody = rates / 3600.0, np.zeros((1, *rates.shape[1:]))
        came = np.concatenate([nobody, np.cumsum(rate * width_s, axis=0)])
        area = np.concatenate([nobody, np.cumsum(came[:-1] * width_s + rate * width_s**2 / 2.0, axis=0)])
        return PlatformDemand(edges, rates, frozen_floats(came), frozen_floats(area))

    @staticmethod
    def from_rates(
        edge_s: FloatArray, boarding_per_hour: FloatArray, alighting_per_hour: FloatArray, load_per_hour: FloatArray
    ) -> "PlatformDemand":
        """From boardings and alightings per hour by (bin, station) and flow per hour by (bin, section).

        The share that alights at a station is its alightings divided by the flow on the section before; all alight at
        the last station. A passenger from i has destination j with probability share(j) · Π (1 - share(k)), i < k < j.
        """
        bins, stations = np.shape(boarding_per_hour)
        if len(edge_s) != bins + 1 or np.shape(load_per_hour) != (bins, stations - 1):
            raise ValueError(
                f"rates of {bins} bins and {stations} stations need {bins + 1} edges and a flow of shape "
                f"{(bins, stations - 1)}, not {len(edge_s)} and {np.shape(load_per_hour)}"
            )
        share = np.zeros((bins, stations))
        flow = np.asarray(load_per_hour, dtype=np.float64)
        np.divide(np.asarray(alighting_per_hour, dtype=np.float64)[:, 1:], flow, out=share[:, 1:], where=flow > 0.0)
        share = np.clip(share, 0.0, 1.0)
        share[:, -1] = 1.0
        per_hour = np.zeros((bins, stations, stations))
        for origin in range(stations - 1):
            on_board = np.array(boarding_per_hour, dtype=np.float64)[:, origin]
            for destination in range(origin + 1, stations):
                per_hour[:, origin, destination] = on_board * share[:, destination]
                on_board = on_board * (1.0 - share[:, destination])
        return PlatformDemand.from_journeys(edge_s, per_hour)

    @property
    def total(self) -> float:
        """Passengers of the day in this direction."""
        return float(self._came[-1].sum())

    def came_by(self, station: int, time_s: float) -> float:
        """Passengers who have arrived at the platform of a station by a time."""
        return float(self.came_between(station, float(self.edge_s[0]), time_s)[0].sum())

    def came_between(self, station: int, from_s: float, to_s: float) -> tuple[FloatArray, FloatArray]:
        """Passengers who arrive between two times, and their waiting until the second time in passenger-s.

        Both are arrays by destination, for all stations in order of travel.
        """
        return self.waiting_at(station, from_s, to_s, np.zeros(self.per_hour.shape[1]))

    def waiting_at(
        self, station: int, from_s: float, to_s: float, left_behind: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """As `came_between`, together with passengers who are on the platform at the first time."""
        waiting, waited_s = _waiting_at(
            self.edge_s, self.per_hour, self._came, self._waited_s, station, float(from_s), float(to_s), left_behind
        )
        return waiting, waited_s


@allocating()
def _waiting_at(
    edge_s: FloatArray,
    per_hour: FloatArray,
    came_by_edge: FloatArray,
    area_by_edge: FloatArray,
    station: int,
    from_s: float,
    to_s: float,
    left_behind: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    stations, last = per_hour.shape[1], len(edge_s) - 1
    came, area = np.zeros(stations), np.zeros(stations)
    for sign, time_s in ((-1.0, from_s), (1.0, to_s)):
        if time_s <= edge_s[0]:
            continue
        b = min(int(np.searchsorted(edge_s, time_s, side="right")) - 1, last)
        since_s = time_s - edge_s[b]
        for j in range(station + 1, stations):
            rate = per_hour[b, station, j] / 3600.0 if b < last else 0.0
            before = came_by_edge[b, station, j]
            by_now = before + rate * since_s
            came[j] += sign * by_now
            area[j] += sign * (area_by_edge[b, station, j] + before * since_s + rate * since_s * since_s / 2.0)
            if sign < 0.0:
                # Passengers who arrived before the first time are not counted, and their waiting after it is not
                # counted either.
                area[j] -= by_now * (to_s - from_s)
    for j in range(stations):
        came[j] += left_behind[j]
        area[j] += left_behind[j] * (to_s - from_s)
    return came, area


@dataclass(frozen=True, eq=False)
class Boarding:
    """One departure: boarded and denied passengers, and the waiting since the train ahead in passenger-s.

    `boarded_to` and `waited_to_s` are by destination, for all stations in order of travel.
    """

    boarded_to: FloatArray
    denied: float
    waited_to_s: FloatArray

    @property
    def boarded(self) -> float:
        """Number of boarded passengers."""
        return float(self.boarded_to.sum())

    @property
    def waited_s(self) -> float:
        """Waiting of all passengers on the platform since the train ahead, in passenger-s."""
        return float(self.waited_to_s.sum())


NOBODY_BOARDS = Boarding(np.zeros(0), 0.0, np.zeros(0))
"""A departure of a train on a line without a demand."""


class OnBoard:
    """The passengers on one train, by destination; `count` is their number."""

    def __init__(self, stations: int) -> None:
        self._to = np.zeros(stations)
        self.count = 0.0

    def alighting(self, station: int) -> float:
        """Passengers who alight at a station."""
        return float(self._to[station]) if self._to.size else 0.0

    def alight(self, station: int) -> None:
        """Remove the passengers who alight at a station."""
        if self._to.size:
            self._to[station] = 0.0
            self.count = float(self._to.sum())

    def board(self, boarded_to: FloatArray) -> None:
        """Add the boarded passengers."""
        self._to += boarded_to
        self.count = float(self._to.sum())


class Platform:
    """The waiting passengers at one station for one direction, by destination."""

    def __init__(self, demand: PlatformDemand, station: int, opens_s: float) -> None:
        self._demand = demand
        self._station = station
        self._since_s = opens_s
        self._left_behind = np.zeros(demand.per_hour.shape[1])

    def board(self, departure_s: float, room: float, last_station: int | None = None) -> Boarding:
        """The train at the platform leaves: the passengers who have arrived board up to the room; the others wait.

        Passengers with a destination beyond `last_station` (default: the end of the line) wait for another train. If
        the room is too small, each destination gets its share of the room.
        """
        waiting, waited_s = self._demand.waiting_at(self._station, self._since_s, departure_s, self._left_behind)
        wishing = waiting
        if last_station is not None and last_station + 1 < len(waiting):
            wishing = waiting.copy()
            wishing[last_station + 1 :] = 0.0
        wish = float(wishing.sum())
        boarded = min(wish, max(0.0, room))
        boarded_to = wishing * (boarded / wish) if wish > 0.0 else wishing
        self._since_s, self._left_behind = departure_s, waiting - boarded_to
        return Boarding(boarded_to, wish - boarded, waited_s)

    def waiting(self, time_s: float, last_station: int | None = None) -> float:
        """Passengers on the platform at a time after the last departure with a destination up to `last_station`."""
        waiting, _ = self._demand.waiting_at(self._station, self._since_s, time_s, self._left_behind)
        return float(waiting[: None if last_station is None else last_station + 1].sum())

    def never_served(self) -> float:
        """Passengers without room in the last train, or who arrived after it."""
        after_s = max(self._since_s, float(self._demand.edge_s[-1]))
        return float(self._demand.waiting_at(self._station, self._since_s, after_s, self._left_behind)[0].sum())


@dataclass(frozen=True)
class Call:
    """A departure from a station (index in order of travel) of a train to `last_station`."""

    station: int
    departure_s: float
    last_station: int | None = None


def scheduled_waiting_s(calls: Iterable[Call], demand: PlatformDemand, opens_s: Sequence[float]) -> float:
    """Waiting in passenger-seconds for departures in order of time."""
    platforms: dict[int, Platform] = {}
    waited_s = 0.0
    for call in calls:
        if call.station not in platforms:
            platforms[call.station] = Platform(demand, call.station, opens_s[call.station])
        waited_s += platforms[call.station].board(call.departure_s, math.inf, call.last_station).waited_s
    return waited_s


def opening_s(timetable: Timetable, order: Mapping[Direction, tuple[str, ...]]) -> dict[Direction, tuple[float, ...]]:
    """The time when passengers begin to arrive at each platform: one gap before the first train.

    A platform with a single train opens one hour before the train; a platform without trains opens with the day.
    """
    opening: dict[Direction, tuple[float, ...]] = {}
    for direction in DIRECTIONS:
        departures: dict[str, list[int]] = {station: [] for station in order[direction]}
        for trip in timetable.of(direction):
            for station, departure_s in zip(trip.stations[:-1], trip.departure_s, strict=False):
                departures[station].append(departure_s)
        opens: list[float] = []
        for station in order[direction]:
            times = sorted(departures[station])
            gap_s = times[1] - times[0] if len(times) > 1 else 3600
            opens.append(float(times[0] - gap_s) if times else 0.0)
        opening[direction] = tuple(opens)
    return opening
