"""Passengers: they come to the platforms through the day, board the next train that goes where they want and has room.

Who comes is told by origin, destination and time. Where the scenario has only rates of boarding and alighting, those on
board are taken to leave in equal shares wherever they boarded, which gives each passenger a destination too. Loads
follow from the trains that really came: after a long gap a train is fuller, whatever the timetable had planned.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np

from dispatch.timetable import DIRECTIONS, Direction, Timetable
from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class PlatformDemand:
    """Passengers of one direction: rates constant within each time bin.

    `per_hour[b, i, j]` come to station i in bin b to go to station j > i, for stations in order of travel. Before the
    first and after the last bin nobody comes.
    """

    edge_s: FloatArray
    per_hour: FloatArray
    _came: FloatArray
    _waited_s: FloatArray

    @staticmethod
    def from_journeys(edge_s: FloatArray, per_hour: FloatArray) -> "PlatformDemand":
        """From passengers an hour by (bin, origin, destination); raises ValueError when the shapes do not fit."""
        edges, rates = frozen_floats(edge_s), frozen_floats(per_hour)
        bins = len(edges) - 1
        if rates.ndim != 3 or rates.shape[0] != bins or rates.shape[1] != rates.shape[2]:
            raise ValueError(f"journeys between stations in {bins} bins are needed, not an array of {rates.shape}")
        # Who has come by the edge of each bin, and the area under that curve: both exact, so waiting is as well.
        width_s = np.diff(edges)[:, None, None]
        rate, nobody = rates / 3600.0, np.zeros((1, *rates.shape[1:]))
        came = np.concatenate([nobody, np.cumsum(rate * width_s, axis=0)])
        area = np.concatenate([nobody, np.cumsum(came[:-1] * width_s + rate * width_s**2 / 2.0, axis=0)])
        return PlatformDemand(edges, rates, frozen_floats(came), frozen_floats(area))

    @staticmethod
    def from_rates(
        edge_s: FloatArray, boarding_per_hour: FloatArray, alighting_per_hour: FloatArray, load_per_hour: FloatArray
    ) -> "PlatformDemand":
        """From boardings and alightings an hour by (bin, station) and flow an hour by (bin, section).

        The share that leaves at a station is its alightings over the flow on the section that leads there; all leave
        at the last station. A passenger from i goes to j with the chance share(j) · Π (1 - share(k)) over i < k < j.
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
        """Passengers who have come to a station's platform by a time."""
        return float(self.came_between(station, float(self.edge_s[0]), time_s)[0].sum())

    def came_between(self, station: int, from_s: float, to_s: float) -> tuple[FloatArray, FloatArray]:
        """Passengers who come between two times, and their waiting until the second one in passenger-s.

        Both are arrays by destination, for all stations in order of travel.
        """
        came, waited_s = _came_between(
            self.edge_s, self.per_hour, self._came, self._waited_s, station, float(from_s), float(to_s)
        )
        return came, waited_s


@numba.njit(cache=True)
def _came_between(
    edge_s: FloatArray,
    per_hour: FloatArray,
    came_by_edge: FloatArray,
    area_by_edge: FloatArray,
    station: int,
    from_s: float,
    to_s: float,
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
                # Those who had come before the first time are not counted, so neither is their waiting since.
                area[j] -= by_now * (to_s - from_s)
    return came, area


@dataclass(frozen=True, eq=False)
class Boarding:
    """What happened at one departure: who boarded, was denied, and waited since the train before in passenger-s.

    `boarded_to` and `waited_to_s` are by destination, for all stations in order of travel.
    """

    boarded_to: FloatArray
    denied: float
    waited_to_s: FloatArray

    @property
    def boarded(self) -> float:
        """Passengers who boarded."""
        return float(self.boarded_to.sum())

    @property
    def waited_s(self) -> float:
        """Waiting of all who stood on the platform since the train before, in passenger-s."""
        return float(self.waited_to_s.sum())


NOBODY_BOARDS = Boarding(np.zeros(0), 0.0, np.zeros(0))
"""A departure of a train on a line without a demand."""


class OnBoard:
    """Those who are on one train, by destination."""

    def __init__(self, stations: int) -> None:
        self._to = np.zeros(stations)

    @property
    def count(self) -> float:
        """Passengers on board."""
        return float(self._to.sum())

    def alighting(self, station: int) -> float:
        """Passengers who leave at a station."""
        return float(self._to[station]) if self._to.size else 0.0

    def alight(self, station: int) -> None:
        """Let those leave who have arrived."""
        if self._to.size:
            self._to[station] = 0.0

    def board(self, boarded_to: FloatArray) -> None:
        """Take those on board who boarded."""
        self._to += boarded_to


class Platform:
    """Those who wait at one station for one direction while the day goes on, by their destination."""

    def __init__(self, demand: PlatformDemand, station: int, opens_s: float) -> None:
        self._demand = demand
        self._station = station
        self._since_s = opens_s
        self._left_behind = np.zeros(demand.per_hour.shape[1])

    def board(self, departure_s: float, room: float, last_station: int | None = None) -> Boarding:
        """The train at the platform leaves: as many board as have come and find room, the rest waits on.

        Who wants to go beyond `last_station` (default: the end of the line) waits for another train. Where the room is
        short each destination gets its share of it.
        """
        came, waited_s = self._demand.came_between(self._station, self._since_s, departure_s)
        waited_s += self._left_behind * (departure_s - self._since_s)
        waiting = came + self._left_behind
        wishing = waiting.copy()
        if last_station is not None:
            wishing[last_station + 1 :] = 0.0
        wish = float(wishing.sum())
        boarded = min(wish, max(0.0, room))
        boarded_to = wishing * (boarded / wish) if wish > 0.0 else wishing
        self._since_s, self._left_behind = departure_s, waiting - boarded_to
        return Boarding(boarded_to, wish - boarded, waited_s)

    def waiting(self, time_s: float, last_station: int | None = None) -> float:
        """Passengers on the platform at a time after the last departure who want no farther than `last_station`."""
        waiting = self._left_behind + self._demand.came_between(self._station, self._since_s, time_s)[0]
        return float(waiting[: None if last_station is None else last_station + 1].sum())

    def never_served(self) -> float:
        """Passengers who were left behind by the last train, or came after it."""
        after_s = max(self._since_s, float(self._demand.edge_s[-1]))
        return float((self._demand.came_between(self._station, self._since_s, after_s)[0] + self._left_behind).sum())


@dataclass(frozen=True)
class Call:
    """A departure from a station (index in order of travel) of a train that goes as far as `last_station`."""

    station: int
    departure_s: float
    last_station: int | None = None


def scheduled_waiting_s(calls: Iterable[Call], demand: PlatformDemand, opens_s: Sequence[float]) -> float:
    """Waiting in passenger-seconds that given departures make; they come in the order of time."""
    platforms: dict[int, Platform] = {}
    waited_s = 0.0
    for call in calls:
        if call.station not in platforms:
            platforms[call.station] = Platform(demand, call.station, opens_s[call.station])
        waited_s += platforms[call.station].board(call.departure_s, math.inf, call.last_station).waited_s
    return waited_s


def opening_s(timetable: Timetable, order: Mapping[Direction, tuple[str, ...]]) -> dict[Direction, tuple[float, ...]]:
    """When each platform begins to fill: as long before its first train as the second one comes after it.

    A platform with a single train opens one hour before it, one without any with the day.
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
