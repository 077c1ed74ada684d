"""The order of trains at each station. Trains overtake only at terminals."""

from collections.abc import Sequence
from operator import itemgetter

from scenarios.schema.base import Direction
from simulation.railway.trip_run import Journey

Place = tuple[Direction, int]
"""A direction and the index of a station in order of travel."""

Call = tuple[Journey, int]
"""A journey and the index of a stop in its trip."""

_NO_NEIGHBOURS = (None, None)


class TrainOrder:
    """The journeys that leave each station, in order; at the start of the day the order is that of the timetable."""

    def __init__(self, journeys: Sequence[Journey]) -> None:
        calls: dict[Place, list[tuple[int, str, Journey]]] = {}
        for journey in journeys:
            for stop in range(len(journey.trip.stations) - 1):
                call = (journey.trip.departure_s[stop], journey.trip.trip_id, journey)
                calls.setdefault(_place(journey, stop), []).append(call)
        self._order: dict[Place, list[Journey]] = {
            place: [journey for _, _, journey in sorted(at_place, key=itemgetter(0, 1))]
            for place, at_place in calls.items()
        }
        self._neighbours: dict[Call, tuple[Call | None, Call | None]] = {}
        for place in self._order:
            self._link(place)

    def ahead(self, journey: Journey, stop: int) -> Call | None:
        """The train that leaves the stop of the journey directly before it, and the index of the stop in its trip."""
        return self._neighbours.get((journey, stop), _NO_NEIGHBOURS)[0]

    def behind(self, journey: Journey, stop: int) -> Call | None:
        """The train that leaves the stop of the journey directly after it, and the index of the stop in its trip."""
        return self._neighbours.get((journey, stop), _NO_NEIGHBOURS)[1]

    def let_pass(self, journey: Journey, before: Journey) -> None:
        """Move a journey that has not begun ahead of another journey at every station that both serve."""
        for stop in range(len(journey.trip.stations) - 1):
            place = _place(journey, stop)
            order = self._order[place]
            if before not in order or order.index(before) > order.index(journey):
                continue
            order.remove(journey)
            order.insert(order.index(before), journey)
            self._link(place)

    def take_out(self, journey: Journey, from_stop: int) -> None:
        """Remove a journey from the order at its stops from an index, because it does not run there."""
        for stop in range(from_stop, len(journey.trip.stations) - 1):
            place = _place(journey, stop)
            self._order[place].remove(journey)
            del self._neighbours[journey, stop]
            self._link(place)

    def _link(self, place: Place) -> None:
        calls = [(journey, place[1] - journey.first_station) for journey in self._order[place]]
        for ahead, call, behind in zip([None, *calls], calls, [*calls[1:], None], strict=False):
            self._neighbours[call] = ahead, behind


def _place(journey: Journey, stop: int) -> Place:
    return journey.trip.direction, journey.first_station + stop
