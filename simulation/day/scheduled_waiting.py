"""Waiting of passengers for a timetable without disturbances, which is the same on every simulated day."""

from collections.abc import Mapping

from dispatch.plans.timetable import Timetable
from scenarios.schema.base import DIRECTIONS, Direction
from simulation.railway.passengers import Call, PlatformDemand, opening_s, scheduled_waiting_s


class ScheduledWaiting:
    """Waiting in passenger-s by timetable; computed once for each timetable."""

    def __init__(
        self, demand: Mapping[Direction, PlatformDemand], station_order: Mapping[Direction, tuple[str, ...]]
    ) -> None:
        self._demand, self._station_order = demand, station_order
        self._known: dict[int, tuple[Timetable, float]] = {}

    def of(self, timetable: Timetable) -> float:
        """The waiting of a timetable; the same object gives the stored value."""
        known = self._known.get(id(timetable))
        if known is None or known[0] is not timetable:
            known = self._known[id(timetable)] = timetable, self._computed(timetable)
        return known[1]

    def _computed(self, timetable: Timetable) -> float:
        opens_s = opening_s(timetable, self._station_order)
        waited_s = 0.0
        for direction in DIRECTIONS:
            index = {station: i for i, station in enumerate(self._station_order[direction])}
            calls = sorted(
                (departure_s, index[station], index[trip.stations[-1]])
                for trip in timetable.of(direction)
                for station, departure_s in zip(trip.stations[:-1], trip.departure_s, strict=False)
            )
            waited_s += scheduled_waiting_s(
                (Call(station, float(departure_s), last) for departure_s, station, last in calls),
                self._demand[direction],
                opens_s[direction],
            )
        return waited_s
