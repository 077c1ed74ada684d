"""Passengers: they come to the platforms through the day, board the next train with room, and leave it again.

The demand gives rates: passengers who come to each platform, and the share of those on board who leave there. Loads
follow from the trains that really came: after a long gap a train is fuller, whatever the timetable had planned.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class PlatformDemand:
    """Passengers of one direction: rates constant within each time bin.

    `boarding_per_hour[b, i]` come to station i in bin b, for stations in order of travel; `alighting_share[b, i]` of
    those on board leave there. Before the first and after the last bin nobody comes.
    """

    edge_s: FloatArray
    boarding_per_hour: FloatArray
    alighting_share: FloatArray
    _came: FloatArray
    _waited_s: FloatArray

    @staticmethod
    def from_rates(
        edge_s: FloatArray, boarding_per_hour: FloatArray, alighting_per_hour: FloatArray, load_per_hour: FloatArray
    ) -> "PlatformDemand":
        """From boardings and alightings an hour by (bin, station) and flow an hour by (bin, section).

        The share that leaves at a station is its alightings over the flow on the section that leads there; all leave
        at the last station.
        """
        edges = frozen_floats(edge_s)
        bins, stations = np.shape(boarding_per_hour)
        if len(edges) != bins + 1 or np.shape(load_per_hour) != (bins, stations - 1):
            raise ValueError(
                f"rates of {bins} bins and {stations} stations need {bins + 1} edges and a flow of shape "
                f"{(bins, stations - 1)}, not {len(edges)} and {np.shape(load_per_hour)}"
            )
        share = np.zeros((bins, stations))
        flow = np.asarray(load_per_hour, dtype=np.float64)
        np.divide(np.asarray(alighting_per_hour, dtype=np.float64)[:, 1:], flow, out=share[:, 1:], where=flow > 0.0)
        share = np.clip(share, 0.0, 1.0)
        share[:, -1] = 1.0
        # Who has come by the edge of each bin, and the area under that curve: both exact, so waiting is as well.
        width_s = np.diff(edges)[:, None]
        rate = np.asarray(boarding_per_hour, dtype=np.float64) / 3600.0
        came = np.vstack([np.zeros(stations), np.cumsum(rate * width_s, axis=0)])
        area = np.vstack([np.zeros(stations), np.cumsum(came[:-1] * width_s + rate * width_s**2 / 2.0, axis=0)])
        return PlatformDemand(
            edges, frozen_floats(boarding_per_hour), frozen_floats(share), frozen_floats(came), frozen_floats(area)
        )

    @property
    def total(self) -> float:
        """Passengers of the day in this direction."""
        return float(self._came[-1].sum())

    def came_by(self, station: int, time_s: float) -> float:
        """Passengers who have come to a station's platform by a time."""
        return self._came_and_area(station, time_s)[0]

    def came_between(self, station: int, from_s: float, to_s: float) -> tuple[float, float]:
        """Passengers who come between two times, and the sum of their waiting until the second one in s."""
        before, area_before = self._came_and_area(station, from_s)
        after, area_after = self._came_and_area(station, to_s)
        return after - before, area_after - area_before - before * (to_s - from_s)

    def share_leaving(self, station: int, time_s: float) -> float:
        """Share of those on board who leave a train that arrives at a station at a time."""
        return float(self.alighting_share[self._bin(time_s), station])

    def _bin(self, time_s: float) -> int:
        found = int(np.searchsorted(self.edge_s, time_s, side="right")) - 1
        return min(max(found, 0), len(self.edge_s) - 2)

    def _came_and_area(self, station: int, time_s: float) -> tuple[float, float]:
        if time_s <= self.edge_s[0]:
            return 0.0, 0.0
        if time_s >= self.edge_s[-1]:
            came = float(self._came[-1, station])
            return came, float(self._waited_s[-1, station]) + came * (time_s - float(self.edge_s[-1]))
        b = self._bin(time_s)
        since_s = time_s - float(self.edge_s[b])
        rate = float(self.boarding_per_hour[b, station]) / 3600.0
        came = float(self._came[b, station])
        return came + rate * since_s, float(self._waited_s[b, station]) + came * since_s + rate * since_s**2 / 2.0


class Platform:
    """Those who wait at one station for one direction while the day goes on."""

    def __init__(self, demand: PlatformDemand, station: int, opens_s: float) -> None:
        self._demand = demand
        self._station = station
        self._since_s = opens_s
        self._left_behind = 0.0

    def board(self, departure_s: float, room: float) -> "Boarding":
        """The train at the platform leaves: as many board as have come and find room, the rest waits on."""
        came, waited_s = self._demand.came_between(self._station, self._since_s, departure_s)
        waited_s += self._left_behind * (departure_s - self._since_s)
        wishing = came + self._left_behind
        boarded = min(wishing, max(0.0, room))
        self._since_s, self._left_behind = departure_s, wishing - boarded
        return Boarding(boarded, wishing - boarded, waited_s)

    def waiting(self, time_s: float) -> float:
        """Passengers on the platform at a time after the last departure."""
        return self._left_behind + self._demand.came_between(self._station, self._since_s, time_s)[0]

    def never_served(self) -> float:
        """Passengers who were left behind by the last train, or came after it."""
        after_s = max(self._since_s, float(self._demand.edge_s[-1]))
        return self._demand.came_between(self._station, self._since_s, after_s)[0] + self._left_behind


@dataclass(frozen=True)
class Boarding:
    """What happened at one departure: passengers boarded, denied, and waiting since the train before in passenger-s."""

    boarded: float
    denied: float
    waited_s: float


def scheduled_waiting_s(calls: Iterable[tuple[int, float]], demand: PlatformDemand, opens_s: Sequence[float]) -> float:
    """Waiting in passenger-seconds that given departures make: (station, departure time), rising in time."""
    platforms: dict[int, Platform] = {}
    waited_s = 0.0
    for station, departure_s in calls:
        if station not in platforms:
            platforms[station] = Platform(demand, station, opens_s[station])
        waited_s += platforms[station].board(departure_s, math.inf).waited_s
    return waited_s
