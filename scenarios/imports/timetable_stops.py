"""The stops of a timetable as texts with their places, and the trips that follow from them.

Every form of a timetable table becomes a list of `StopText`; this module reads the times and checks each trip.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from energy_models.faults import Fault
from scenarios.files.clock_text import CLOCK_ALLOWED, DAY_S, passes_midnight, read_clock
from scenarios.files.names import nearest
from scenarios.schema.base import LATEST_CLOCK_S, Direction

WRAP_OPTION = "--wrap-midnight"


@dataclass(frozen=True)
class CellText:
    """The text of a cell and its place, such as `row 5` or `row 5, column D`."""

    text: str
    place: str


@dataclass(frozen=True)
class StopText:
    """One stop of one trip as texts; at the ends of a trip one of the two times may be empty.

    `block` is the part of a table, or the file, whose trips are in order of time.
    """

    file: str
    block: str
    trip: str
    direction: Direction
    station: str
    arrival: CellText
    departure: CellText
    vehicle: str = ""
    train_number: str = ""

    @property
    def cell_place(self) -> str:
        """The place of the first time of the stop."""
        return (self.arrival if self.arrival.text else self.departure).place

    @property
    def place(self) -> str:
        """The place of the stop, with its trip and its station."""
        return self.named(self.cell_place)

    def named(self, place: str) -> str:
        """A place with the trip and the station of the stop."""
        return f"{place} (trip {self.trip}, station {self.station})"


@dataclass(frozen=True)
class TimedStop:
    """A stop with its times in s from midnight of the service day."""

    stop: StopText
    arrival_s: int
    departure_s: int


@dataclass(frozen=True)
class TimedTrip:
    """A trip with its stops in order of travel."""

    trip: str
    direction: Direction
    stops: tuple[TimedStop, ...]

    @property
    def stations(self) -> tuple[str, ...]:
        """The stations in order of travel."""
        return tuple(timed.stop.station for timed in self.stops)

    def later(self, seconds: int) -> "TimedTrip":
        """The same trip, later by a time in s."""
        stops = (TimedStop(s.stop, s.arrival_s + seconds, s.departure_s + seconds) for s in self.stops)
        return replace(self, stops=tuple(stops))


def timed_trips(stops: Sequence[StopText], faults: list[Fault], *, wrap_midnight: bool) -> list[TimedTrip]:
    """The trips of the stops, in order of their first stop; all faults are appended to `faults`.

    If `wrap_midnight` is true, a time more than 12 hours before the previous time of its trip, and a trip that begins
    more than 12 hours before the previous trip of its block, are of the next day. If false, each is a fault.
    """
    of_trip: dict[str, list[StopText]] = defaultdict(list)
    for stop in stops:
        of_trip[stop.trip].append(stop)
    trips = []
    for trip, found in of_trip.items():
        timed = _timed(found, faults, wrap_midnight)
        if len(found) == 1 and timed:
            faults.append(Fault(found[0].file, found[0].place, "trip_id", trip, "at least two stops for each trip"))
        if timed:
            trips.append(TimedTrip(trip, found[0].direction, tuple(timed)))
    return _wrapped_in_order(trips, faults, wrap_midnight)


def _timed(stops: Sequence[StopText], faults: list[Fault], wrap: bool) -> list[TimedStop]:
    timed: list[TimedStop] = []
    last: tuple[int, CellText] | None = None
    shift_s = 0
    for stop in stops:
        times: list[int] = []
        first: CellText | None = None
        for field, cell, other in (
            ("arrival", stop.arrival, stop.departure),
            ("departure", stop.departure, stop.arrival),
        ):
            used = cell if cell.text else other
            if field == "departure" and not times and used == first:
                continue  # one cell is one fault
            first = used
            try:
                time_s = read_clock(used.text) + shift_s
            except ValueError:
                if cell.text or field == "arrival":
                    faults.append(Fault(stop.file, stop.named(used.place), field, used.text or "empty", CLOCK_ALLOWED))
                continue
            if last is not None and time_s < last[0]:
                midnight = passes_midnight(last[0], time_s)
                if not (midnight and wrap):
                    faults.append(_backward(stop, field, used, last, time_s))
                if not midnight:
                    continue
                # Without the option, the later stops of the trip are not reported again.
                time_s, shift_s = time_s + DAY_S, shift_s + DAY_S
            last = time_s, used
            times.append(time_s)
        if len(times) == 2:
            timed.append(TimedStop(stop, times[0], times[1]))
    if timed and timed[-1].departure_s > LATEST_CLOCK_S:
        end = timed[-1].stop
        faults.append(Fault(end.file, end.place, "departure", end.departure.text or end.arrival.text, CLOCK_ALLOWED))
    return timed


def _backward(stop: StopText, field: str, used: CellText, last: tuple[int, CellText], time_s: int) -> Fault:
    before = (
        "the arrival" if last[1].place == used.place and field == "departure" else f"{last[1].text} in {last[1].place}"
    )
    allowed = f"not before {before}"
    if passes_midnight(last[0], time_s):
        allowed += f"; after midnight, times continue as 24:10, or use {WRAP_OPTION}"
    return Fault(stop.file, stop.named(used.place), field, used.text, allowed)


def _wrapped_in_order(trips: list[TimedTrip], faults: list[Fault], wrap: bool) -> list[TimedTrip]:
    """The trips with those of the next day moved there, in blocks whose trips are otherwise in order of time."""
    blocks: dict[tuple[str, str, Direction], list[int]] = defaultdict(list)
    for index, trip in enumerate(trips):
        start = trip.stops[0].stop
        blocks[start.file, start.block, trip.direction].append(index)
    moved = list(trips)
    for (_, block, _), indices in blocks.items():
        drops = [
            place
            for place in range(1, len(indices))
            if passes_midnight(
                trips[indices[place - 1]].stops[0].departure_s, trips[indices[place]].stops[0].departure_s
            )
        ]
        # With more than one such drop, the trips are not in order of time, and nothing follows from their order.
        if len(drops) != 1:
            continue
        if wrap:
            for index in indices[drops[0] :]:
                moved[index] = trips[index].later(DAY_S)
        elif block:
            before, first = trips[indices[drops[0] - 1]].stops[0], trips[indices[drops[0]]].stops[0]
            used = first.stop.departure if first.stop.departure.text else first.stop.arrival
            shown = before.stop.departure.text or before.stop.arrival.text
            allowed = (
                f"not before {shown}, the departure of the trip before (trip {before.stop.trip}); after midnight, "
                f"times continue as 24:10, or use {WRAP_OPTION}"
            )
            faults.append(Fault(first.stop.file, first.stop.named(used.place), "departure", used.text, allowed))
    return moved


def mistyped(
    trips: Sequence[TimedTrip], order: Sequence[str], names: Mapping[str, str], key: Callable[[str], str]
) -> list[Fault]:  # fmt: skip
    """Faults of stations that are in few trips, and whose trips are those of the line with a similar name instead.

    `order` is the line, `names` are the names of the stations, and `key` gives the identifier of a station in `order`.
    """
    served: dict[str, int] = defaultdict(int)
    for trip in trips:
        for station in trip.stations:
            served[key(station)] += 1
    line = {names.get(station, station).casefold(): station for station in order}
    faults = []
    for trip in trips:
        stations = [key(station) for station in trip.stations]
        for place, station in enumerate(stations):
            if station in order:
                continue
            near = [line[text] for text in nearest(names.get(station, station).casefold(), line)]
            meant = next(
                (
                    one
                    for one in near
                    if one not in stations
                    and served[station] * 5 <= served[one]
                    and _is_part([*stations[:place], one, *stations[place + 1 :]], order)
                ),
                None,
            )
            if meant is not None:
                wrong = trip.stops[place].stop
                title = names.get(meant, meant)
                allowed = f"a station of the line; did you mean {title}? Without it, the trip does not stop at {title}"
                faults.append(Fault(wrong.file, wrong.place, "station", wrong.station, allowed))
    return faults


def _is_part(stations: Sequence[str], order: Sequence[str]) -> bool:
    """Whether stations are stations of a line, in its order in one of the two directions, apart from unknown ones."""
    places = [order.index(station) for station in stations if station in order]
    known = len(places) >= 0.6 * len(stations)
    return known and (places == sorted(places) or places == sorted(places, reverse=True))
