"""Times at which trains leave and reach a terminal, for every pattern of every period of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dispatch.headways.patterns import DeparturePattern, Segment
from scenarios.schema import Scenario
from scenarios.values.station_times import station_times

Side = Literal["left", "come"]
SIDES: tuple[Side, Side] = ("left", "come")
NEVER_S = 10**9


@dataclass(frozen=True, eq=False)
class TerminalEvents:
    """Departures from terminals (`left`) and arrivals of trips that end there (`come`).

    `ends` are the two ends of the line; `stations` also contains the stations where a pattern has a short turn.
    """

    scenario: Scenario
    patterns: Mapping[Segment, Sequence[DeparturePattern]]
    ends: tuple[str, str]
    stations: tuple[str, ...]
    _of: dict[tuple[Side, str, Segment], tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    @staticmethod
    def of(scenario: Scenario, patterns: Mapping[Segment, Sequence[DeparturePattern]]) -> "TerminalEvents":
        """For the possible patterns of a day."""
        ends = (scenario.stations[0].id, scenario.stations[-1].id)
        parts = {pattern.part for many in patterns.values() for pattern in many}
        inner = {scenario.stations[place].id for part in parts if part for place in (part.first, part.last)}
        return TerminalEvents(scenario, patterns, ends, (*ends, *sorted(inner - set(ends))))

    def times(self, what: Side, station: str, segment: Segment, pattern: DeparturePattern) -> tuple[int, ...]:
        """The times of one pattern, in order."""
        direction, scenario = segment.direction, self.scenario
        order = [one.id for one in scenario.stations_in_order(direction)]
        found: list[int] = []
        if what == "left" and station == order[0]:
            found += pattern.departures
        if what == "come" and station == order[-1]:
            found += [time + station_times(scenario, direction, time).one_way_s for time in pattern.departures]
        if pattern.part is not None:
            first, last = pattern.part.in_order(direction, len(order))
            if what == "left" and station == order[first]:
                found += pattern.shorts
            if what == "come" and station == order[last]:
                for time in pattern.shorts:
                    after = station_times(scenario, direction, time)
                    found.append(time + after.arrival_s[last] - after.departure_s[first])
        return tuple(sorted(found))

    def of_patterns(self, what: Side, station: str, segment: Segment) -> tuple[tuple[int, ...], ...]:
        """The times of each pattern of a segment."""
        key = (what, station, segment)
        if key not in self._of:
            self._of[key] = tuple(self.times(what, station, segment, one) for one in self.patterns[segment])
        return self._of[key]

    def span(self, what: Side, station: str, segment: Segment) -> tuple[int, int]:
        """The first and the last time of all patterns of a segment."""
        times = [one for one in self.of_patterns(what, station, segment) if one]
        return (min(one[0] for one in times), max(one[-1] for one in times)) if times else (NEVER_S, NEVER_S)

    def chosen(self, station: str, chosen: Mapping[Segment, DeparturePattern]) -> tuple[list[int], list[int]]:
        """All departures from a station and all arrivals at a station for the chosen patterns, in order."""
        left, come = (
            sorted(time for segment, one in chosen.items() for time in self.times(side, station, segment, one))
            for side in SIDES
        )
        return left, come
