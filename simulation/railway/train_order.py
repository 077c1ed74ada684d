"""The order of trains at each station. Trains overtake only at terminals."""

from collections.abc import Sequence

from scenarios.schema.base import Direction
from simulation.railway.trip_run import Journey

Place = tuple[Direction, int]
"""A direction and the index of a station in order of travel."""


class TrainOrder:
    """The journeys that leave each station, in order; at the start of the day the order is that of the timetable."""

    def __init__(self, journeys: Sequence[Journey]) -> None:
        calls: dict[Place, list[tuple[int, str, Journey]]] = {}
        for journey in journeys:
            for stop in range(len(journey.trip.stations) - 1):
                call = (journey.trip.departure_s[stop], journey.trip.trip_id, journey)
                calls.setdefault(_place(journey, stop), []).append(call)
        self._order: dict[Place, list[Journey]] = {
            place: [journey for _, _, journey in sorted(at_place, key=lambda call: call[:2])]
            for place, at_place in calls.items()
        }
        self._position: dict[tuple[Journey, int], int] = {}
        for place in self._order:
            self._number(place)

    def ahead(self, journey: Journey, stop: int) -> tuple[Journey, int] | None:
        """The train that leaves the stop of the journey directly before it, and the index of the stop in its trip."""
        return self._neighbour(journey, stop, -1)

    def behind(self, journey: Journey, stop: int) -> tuple[Journey, int] | None:
        """The train that leaves the stop of the journey directly after it, and the index of the stop in its trip."""
        return self._neighbour(journey, stop, 1)

    def let_pass(self, journey: Journey, before: Journey) -> None:
        """Move a journey that has not begun ahead of another journey at every station that both serve."""
        for stop in range(len(journey.trip.stations) - 1):
            place = _place(journey, stop)
            order = self._order[place]
            if before not in order or order.index(before) > order.index(journey):
                continue
            order.remove(journey)
            order.insert(order.index(before), journey)
            self._number(place)

    def take_out(self, journey: Journey, from_stop: int) -> None:
        """Remove a journey from the order at its stops from an index, because it does not run there."""
        for stop in range(from_stop, len(journey.trip.stations) - 1):
            place = _place(journey, stop)
            self._order[place].remove(journey)
            self._number(place)

    def _neighbour(self, journey: Journey, stop: int, by: int) -> tuple[Journey, int] | None:
        position = self._position.get((journey, stop))
        if position is None:
            return None
        order = self._order[_place(journey, stop)]
        if not 0 <= position + by < len(order):
            return None
        other = order[position + by]
        return other, journey.first_station + stop - other.first_station

    def _number(self, place: Place) -> None:
        for position, journey in enumerate(self._order[place]):
            self._position[journey, place[1] - journey.first_station] = position


def _place(journey: Journey, stop: int) -> Place:
    return journey.trip.direction, journey.first_station + stop
