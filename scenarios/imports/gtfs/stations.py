"""The stations of the stops of a route: platforms and boarding areas of one station become one station."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.distances import Place, great_circle_m
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.line import ImportedStation, identifiers, readable_name
from scenarios.imports.patterns import trip_list

SAME_STATION_M = 1000
"""Stops with the same name within this distance are one station, even without a common parent station."""
SAME_STEM_M = 300
"""Stops whose names differ only by direction or platform are one station within this distance."""

SCHEMATIC = "schematic place, not surveyed"
"""Text in `stop_desc`: the coordinates are schematic and are not the real place."""

_BOUND = r"(?:north|south|east|west|in|out)(?:[- ]?bound)?|[nsew]b"
_PLATFORM = (
    r"platforms?|plat|pf|track|tracks|stop|bay|gleis|gl|steig|bahnsteig|quai|voie|and[eé]n|v[ií]a|binario|bin|peron|"
    r"spor|站台|月台|ホーム|乗り場|のりば|番線|승강장|홈"
)
_SUFFIX = re.compile(
    r"(?:^|[\s,;:/_\-–—(（\[【])\s*(?:"
    rf"(?:(?:{_BOUND})|(?:to|towards?|direction|dir|richtung|sens|vers|hacia|dirección)\b.*|(?:方向|往|開往|开往).*|"
    rf"(?:{_PLATFORM})[\s.:]*#?\s*\d*[a-z]?|#?\d{{1,2}}[a-z]?(?:\s*(?:{_PLATFORM}|番|号|號|번\s*홈|번))?|p\d{{1,2}}[a-z]?|"
    rf"[\w\s]*(?:方面|方向|방면)|[a-z]))\s*[)）\]】]?\s*$",
    re.IGNORECASE,
)
"""The last part of a name that tells a direction or a platform apart, for example "(Northbound)" or "Platform 1"."""


def name_stem(name: str) -> str:
    """The name without its parts for direction and platform: "Museum (Platform 2)" and "Museum Northbound" give
    "museum"."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    while True:
        shorter = _SUFFIX.sub("", text).strip(" ,;:/_-–—(（[【")
        if not shorter or shorter == text:
            return text
        text = shorter


class Stations:
    """The stations of stops: stops with the same highest parent, or with the same name and close together.

    Stops whose names differ only by direction or platform count as stops of the same name. Two stops of one trip are
    never one station unless they have the same parent. The keys of `names` and `places` are the identifiers of the
    stations in the scenario.
    """

    def __init__(self, feed: Feed, stops_of_trips: Iterable[Sequence[str]]) -> None:
        stops = feed.table("stops.txt")
        columns = ("stop_id", "stop_name", "stop_lat", "stop_lon", "parent_station", "stop_desc")
        self._rows = {row[0]: row for row in rows_of(stops, *columns)}
        self._lines = dict(zip(stops["stop_id"].tolist(), stops.index, strict=True))
        self.names: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.notes: tuple[str, ...] = ()
        self._of_stop: dict[str, str] = {}
        self._schematic: set[str] = set()
        self._faults: list[Fault] = []
        patterns = set(map(tuple, stops_of_trips))
        used = sorted({stop for pattern in patterns for stop in pattern})
        parents = {stop: self._highest_parent(stop) for stop in used}
        places = {stop: self._place(stop, parents[stop]) for stop in used}
        if self._faults:
            raise InputFaults(self._faults)
        groups = self._groups(used, parents, {stop: place for stop, place in places.items() if place}, patterns)
        given = identifiers(sorted(groups))
        merged = []
        for group, members in groups.items():
            station = given[group]
            self.names[station] = self._name(group, members)
            first = places[members[0]]
            assert first is not None
            self.places[station] = first
            if self._rows[group][5].startswith(SCHEMATIC):
                self._schematic.add(station)
            self._of_stop |= dict.fromkeys(members, station)
            called = {self._rows[parents[stop]][1] for stop in members}
            if len(called) > 1:
                merged.append(f"{self.names[station]} ({', '.join(sorted(called))})")
        if merged:
            self.notes = ("stops with different names were taken as one station: " + trip_list(merged),)

    def of_stop(self, stop: str) -> str:
        """The station of a stop."""
        return self._of_stop[stop]

    def imported(self, station: str, chainage_m: float) -> ImportedStation:
        """A station for the scenario, without schematic coordinates."""
        place = None if station in self._schematic else self.places[station]
        return ImportedStation(
            id=station,
            name=self.names[station],
            chainage_m=round(float(chainage_m), 1),
            latitude_deg=place.latitude_deg if place else None,
            longitude_deg=place.longitude_deg if place else None,
        )

    def _highest_parent(self, stop: str) -> str:
        """The station above a platform or boarding area; a faulty circle of parents ends at the stop itself."""
        chain = [stop]
        while (parent := self._rows[chain[-1]][4]) in self._rows:
            if parent in chain:
                circle = " - ".join((*chain, parent))
                self._faults.append(
                    Fault("stops.txt", f"row {self._lines[stop]}", "parent_station", circle, "a parent above the stop")
                )
                return stop
            chain.append(parent)
        return chain[-1]

    def _place(self, stop: str, parent: str) -> Place | None:
        """The place of the station, otherwise of the stop or of a parent between them."""
        chain, at = [parent], stop
        while at != parent:
            chain.append(at)
            at = self._rows[at][4]
        for one in chain:
            latitude, longitude = self._rows[one][2:4]
            if latitude and longitude:
                return Place(float(latitude), float(longitude))
        allowed = "coordinates of a stop of the route"
        place = f"row {self._lines[stop]}"
        self._faults.append(Fault("stops.txt", place, "stop_lat and stop_lon", "empty", allowed))
        return None

    def _groups(
        self, used: Sequence[str], parents: Mapping[str, str], places: Mapping[str, Place],
        patterns: Iterable[tuple[str, ...]],
    ) -> dict[str, list[str]]:  # fmt: skip
        """Stops by the key of their station: the highest parent of the first stop."""
        together: dict[str, set[str]] = defaultdict(set)
        for pattern in patterns:
            keys = {parents[stop] for stop in pattern}
            for key in keys:
                together[key] |= keys - {key}
        groups: dict[str, list[str]] = {}
        members: dict[str, set[str]] = {}
        for stop in used:
            parent = parents[stop]
            known = next((one for one, inside in members.items() if parent in inside), None)
            of = known or self._same(parent, places[stop], groups, members, places, together)
            if of is None:
                groups[parent], members[parent] = [stop], {parent}
            else:
                groups[of].append(stop)
                members[of].add(parent)
        return groups

    def _same(
        self, parent: str, place: Place, groups: Mapping[str, list[str]], members: Mapping[str, set[str]],
        places: Mapping[str, Place], together: Mapping[str, set[str]],
    ) -> str | None:  # fmt: skip
        """The nearest known station with this name, or with this stem of a name, close to a stop."""
        name, found = self._rows[parent][1], []
        schematic = self._rows[parent][5].startswith(SCHEMATIC)
        for key, stops in groups.items():
            if members[key] & together[parent]:
                continue
            away_m = great_circle_m(places[stops[0]], place)
            if (name == self._rows[key][1] and (away_m <= SAME_STATION_M or schematic)) or (
                name and name_stem(name) == name_stem(self._rows[key][1]) and (away_m <= SAME_STEM_M or schematic)
            ):
                found.append((away_m, key))
        return min(found)[1] if found else None

    def _name(self, key: str, stops: Sequence[str]) -> str:
        """The name of the station; of stops whose names differ, what their names have in common."""
        names = list(dict.fromkeys(self._rows[one][1] for one in (key, *stops) if self._rows[one][1]))
        own = self._rows[key][1]
        is_parent = any(stop != key for stop in stops) and self._rows[stops[0]][4] != ""
        if len(names) > 1 and not is_parent and own:
            stem = name_stem(own)
            own = own[: len(stem)].strip() if own.casefold().startswith(stem) else own
        return readable_name(own or (names[0] if names else key))
