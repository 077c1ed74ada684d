"""When trains leave a terminal and when they come there, for every pattern of every period of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dispatch.baseline import one_way_time_s, station_arrivals_s, station_offsets_s
from dispatch.headway_patterns import Pattern, Segment
from scenarios.schema import Scenario

Side = Literal["left", "come"]
SIDES: tuple[Side, Side] = ("left", "come")
NEVER_S = 10**9


@dataclass(frozen=True, eq=False)
class TerminalEvents:
    """Departures from terminals (`left`) and arrivals of trips that end there (`come`).

    `ends` are the two ends of the line; `stations` those and the inner ones at which some pattern turns.
    """

    scenario: Scenario
    patterns: Mapping[Segment, Sequence[Pattern]]
    ends: tuple[str, str]
    stations: tuple[str, ...]
    _of: dict[tuple[Side, str, Segment], tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    @staticmethod
    def of(scenario: Scenario, patterns: Mapping[Segment, Sequence[Pattern]]) -> "TerminalEvents":
        """For the patterns that a day may be made of."""
        ends = (scenario.stations[0].id, scenario.stations[-1].id)
        parts = {pattern.part for many in patterns.values() for pattern in many}
        inner = {scenario.stations[place].id for part in parts if part for place in (part.first, part.last)}
        return TerminalEvents(scenario, patterns, ends, (*ends, *sorted(inner - set(ends))))

    def times(self, what: Side, station: str, segment: Segment, pattern: Pattern) -> tuple[int, ...]:
        """The moments of one pattern, rising."""
        direction, scenario = segment.direction, self.scenario
        order = [one.id for one in scenario.stations_in_order(direction)]
        found: list[int] = []
        if what == "left" and station == order[0]:
            found += pattern.departures
        if what == "come" and station == order[-1]:
            travel_s = one_way_time_s(scenario, direction)
            found += [time + travel_s for time in pattern.departures]
        if pattern.part is not None:
            first, last = pattern.part.in_order(direction, len(order))
            if what == "left" and station == order[first]:
                found += pattern.shorts
            if what == "come" and station == order[last]:
                travel_s = station_arrivals_s(scenario, direction)[last] - station_offsets_s(scenario, direction)[first]
                found += [time + travel_s for time in pattern.shorts]
        return tuple(sorted(found))

    def of_patterns(self, what: Side, station: str, segment: Segment) -> tuple[tuple[int, ...], ...]:
        """The moments of each pattern of a segment."""
        key = (what, station, segment)
        if key not in self._of:
            self._of[key] = tuple(self.times(what, station, segment, one) for one in self.patterns[segment])
        return self._of[key]

    def span(self, what: Side, station: str, segment: Segment) -> tuple[int, int]:
        """The first and the last moment of any pattern of a segment."""
        times = [one for one in self.of_patterns(what, station, segment) if one]
        return (min(one[0] for one in times), max(one[-1] for one in times)) if times else (NEVER_S, NEVER_S)

    def chosen(self, station: str, chosen: Mapping[Segment, Pattern]) -> tuple[list[int], list[int]]:
        """All departures from a station and all arrivals there of the patterns chosen, rising."""
        left, come = (
            sorted(time for segment, one in chosen.items() for time in self.times(side, station, segment, one))
            for side in SIDES
        )
        return left, come
