"""A line from a published timetable: stations and every trip of one service day."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from scenarios.files.source_positions import scalar
from scenarios.imports.patterns import RecognisedLine, SeenTrip, recognised_line
from scenarios.imports.vehicle_chains import with_possible_chains
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.service import TimetableOrigin

__all__ = [
    "SOURCE_KEY", "ImportedLine", "ImportedStation", "SeenTrip", "identifiers", "main_pattern", "readable_name",
    "seen_line",
]  # fmt: skip

SOURCE_KEY = "TIMETABLE"
"""Key of the timetable in the sources of an imported scenario."""
LONGEST_IDENTIFIER = 40


@dataclass(frozen=True)
class ImportedStation:
    """A station; None for values that are not in the timetable."""

    id: str
    name: str
    chainage_m: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


@dataclass(frozen=True)
class ImportedLine:
    """A line from a timetable: stations in direction up, and its trips with their own times.

    Each trip runs over neighbouring stations of the line, in one direction, and may begin or end between the
    terminals; `turning` are the stations where such trips begin or end. `vehicles` is the number of vehicles in the
    timetable, None if the trips have no vehicles. `origin` has the names of the source, so that an export can
    use the same names.
    """

    title: str
    stations: tuple[ImportedStation, ...]
    trips: tuple[SeenTrip, ...]
    source: str
    origin_of_chainage: str
    notes: tuple[str, ...] = field(default=())
    turning: tuple[str, ...] = field(default=())
    origin: TimetableOrigin | None = None

    def order(self, direction: Direction) -> tuple[str, ...]:
        """Stations in order of travel."""
        ids = tuple(station.id for station in self.stations)
        return ids if direction == "up" else ids[::-1]

    def direction_of(self, trip: SeenTrip) -> Direction:
        """The direction of a trip of the line."""
        ids = self.order("up")
        return "up" if ids.index(trip.stations[0]) < ids.index(trip.stations[-1]) else "down"

    def trips_in(self, direction: Direction) -> tuple[SeenTrip, ...]:
        """The trips of a direction by departure."""
        found = [trip for trip in self.trips if self.direction_of(trip) == direction]
        return tuple(sorted(found, key=lambda trip: (trip.departure_s[0], trip.trip_id)))

    def whole_trips(self, direction: Direction) -> tuple[SeenTrip, ...]:
        """The trips from terminal to terminal by departure."""
        order = self.order(direction)
        return tuple(trip for trip in self.trips_in(direction) if trip.stations == order)

    @property
    def departure_s(self) -> Mapping[Direction, tuple[int, ...]]:
        """Departures of the whole trips from the terminals, in s, in increasing order."""
        return {
            direction: tuple(round(trip.departure_s[0]) for trip in self.whole_trips(direction))
            for direction in DIRECTIONS
        }

    @property
    def lacks_dwells(self) -> bool:
        """Whether the trips have one time per stop, so that the times between stations include the dwells."""
        return not any(
            departure > arrival
            for trip in self.trips
            for arrival, departure in zip(trip.arrival_s[1:-1], trip.departure_s[1:-1], strict=True)
        )

    @property
    def lacks_times(self) -> bool:
        """Whether a trip has stops without a time."""
        return any(isnan(time_s) for trip in self.trips for time_s in (*trip.arrival_s, *trip.departure_s))

    @property
    def vehicles(self) -> int | None:
        """Number of vehicles if every trip has a vehicle, otherwise None."""
        names = [trip.vehicle for trip in self.trips]
        return len(set(names)) if names and all(names) else None

    def with_trips(self, trips: Sequence[SeenTrip], notes: Iterable[str] = ()) -> "ImportedLine":
        """The line with other trips and further notes."""
        return replace(self, trips=tuple(trips), notes=(*self.notes, *notes))


def identifiers(keys: Iterable[str]) -> dict[str, str]:
    """Unique identifiers in the form of the scenario language; they are not numbers, so that a table reads text."""
    found: dict[str, str] = {}
    for number, key in enumerate(keys, start=1):
        text = re.sub(r"[^A-Za-z0-9_\-]+", "_", key).strip("_")[:LONGEST_IDENTIFIER] or f"S{number:02d}"
        if str(scalar(text)) != text:
            text = f"S{text}"[:LONGEST_IDENTIFIER]
        if text in found.values():
            ending = f"_{number}"
            text = text[: LONGEST_IDENTIFIER - len(ending)] + ending
        found[key] = text
    return found


def readable_name(text: str) -> str:
    """A name on one line; it is not a number, so that a table reads text."""
    name = " ".join(text.split())
    return name if isinstance(scalar(name), str) else f"Station {name}"


def main_pattern(
    trips: Sequence[SeenTrip], names: Mapping[str, str], file: str, first: str | None = None
) -> tuple[str, ...]:
    """The stations of the line in direction up (`patterns.recognised_line`)."""
    return recognised_line(trips, names, file, first).order


def seen_line(
    trips: Sequence[SeenTrip],
    stations: Sequence[ImportedStation],
    *,
    title: str = "",
    source: str,
    origin_of_chainage: str,
    notes: Iterable[str] = (),
    recognised: RecognisedLine | None = None,
    origin: TimetableOrigin | None = None,
) -> ImportedLine:
    """The line with these stations (in direction up) and its trips.

    `recognised` contains the trips as they run over these stations; without it, the trips are recognised here.
    A timetable without a `title` names the line by its ends. Raises InputFaults for trips that the line cannot have.
    """
    names = {station.id: station.name for station in stations}
    found = recognised or recognised_line(trips, names, "", stations[0].id)
    chained, chains = with_possible_chains(found.trips)
    return ImportedLine(
        title=title or f"Line {stations[0].name} to {stations[-1].name}",
        stations=tuple(stations),
        trips=tuple(chained),
        source=source,
        origin_of_chainage=origin_of_chainage,
        notes=(*notes, *found.notes, *chains),
        turning=found.turning,
        origin=origin,
    )
