"""Rules of the line (L): stations, terminals, depots, limits, gradients, curves."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scenarios.files.names import did_you_mean
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import DIRECTIONS, seconds_to_clock
from scenarios.schema.line import Curve, Gradient, SpeedLimit, Station
from scenarios.schema.scenario import Scenario


def station_ids(scenario: Scenario) -> dict[str, str]:
    """Full names of the stations by identifier.

    Raises LookupError if a station has no identifier, because then references to stations cannot be checked.
    """
    known = list(having(scenario.stations, "id"))
    if not known or len(known) < len(scenario.stations):
        raise LookupError("stations without identifiers")
    return {station.id: station.__dict__.get("name", station.id) for _, station in known}


def known_station(scenario: Scenario, wrong: str) -> str:
    """Suggestions for a wrong station: the most similar names, then all stations in order along the line."""
    ids = station_ids(scenario)
    return did_you_mean(wrong, ids, ids)


def _at_least_two(scenario: Scenario) -> Iterator[Finding]:
    if len(scenario.stations) < 2:
        yield Finding(("stations",), f"{len(scenario.stations)} stations", "at least two")


def _unique_ids(scenario: Scenario) -> Iterator[Finding]:
    for name in ("stations", "depots"):
        seen: set[str] = set()
        for position, item in having(getattr(scenario, name), "id"):
            if item.id in seen:
                yield Finding((name, position, "id"), item.id, "an identifier that occurs in no row above")
            seen.add(item.id)


def _rising_chainage(scenario: Scenario) -> Iterator[Finding]:
    placed = list(having(scenario.stations, "id", "chainage_m"))
    for (_, before), (position, station) in pairwise(placed):
        if station.chainage_m <= before.chainage_m:
            yield Finding(
                ("stations", position, "chainage_m"), f"{station.chainage_m:g}",
                f"above {before.chainage_m:g}, the chainage of {before.id}, the previous station",
            )  # fmt: skip


def _dwells(scenario: Scenario) -> Iterator[Finding]:
    last = len(scenario.stations) - 1
    for position, station in having(scenario.stations, "minimum_dwell_s", "dwell_s", "maximum_dwell_s"):
        if not station.minimum_dwell_s <= station.dwell_s <= station.maximum_dwell_s:
            yield Finding(
                ("stations", position, "dwell_s"), f"{station.dwell_s:g}",
                f"between minimum_dwell_s {station.minimum_dwell_s:g} and maximum_dwell_s {station.maximum_dwell_s:g}",
            )  # fmt: skip
        elif 0 < position < last and station.minimum_dwell_s == 0:
            yield Finding(("stations", position, "minimum_dwell_s"), "0", "above 0 between the terminals")


def _terminals(scenario: Scenario) -> Iterator[Finding]:
    ids = station_ids(scenario)
    unknown = [name for name in scenario.terminals if name not in ids]
    for name in unknown:
        yield Finding(("terminals", name), name, known_station(scenario, name))
    if unknown:
        # A misspelt terminal may well be the end of the line that seems to be missing.
        return
    for station in (scenario.stations[0], scenario.stations[-1]) if scenario.stations else ():
        if "id" in station.__dict__ and station.id not in scenario.terminals:
            yield Finding(("terminals",), f"{station.id} missing", f"{station.id}, because it is an end of the line")


def _turnbacks(scenario: Scenario) -> Iterator[Finding]:
    for name, terminal in scenario.terminals.items():
        longest = terminal.maximum_turnback_s
        most_s = max(terminal.turnbacks_s)
        if longest is not None and longest < most_s:
            yield Finding(("terminals", name, "maximum_turnback_s"), f"{longest}", f"at least turnback_s {most_s}")


def _turnback_periods(scenario: Scenario) -> Iterator[Finding]:
    for name, terminal in scenario.terminals.items():
        rows = list(having(terminal.turnback_periods, "from_s", "to_s", "direction"))
        for position, row in rows:
            if row.to_s <= row.from_s:
                path = ("terminals", name, "turnback_periods", position, "to")
                yield Finding(path, seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}")
        for direction in DIRECTIONS:
            of = sorted((item for item in rows if item[1].direction in (direction, "both")), key=lambda i: i[1].from_s)
            for (_, before), (position, row) in pairwise(of):
                if row.from_s < before.to_s:
                    yield Finding(
                        ("terminals", name, "turnback_periods", position, "from"), seconds_to_clock(row.from_s),
                        f"not before {seconds_to_clock(before.to_s)}: periods of a direction must not overlap",
                    )  # fmt: skip


def _depots(scenario: Scenario) -> Iterator[Finding]:
    ids = station_ids(scenario)
    for position, depot in having(scenario.depots, "station"):
        if depot.station not in ids:
            yield Finding(("depots", position, "station"), depot.station, known_station(scenario, depot.station))


def _blocks(scenario: Scenario) -> Iterator[Finding]:
    signalling = scenario.signalling
    given = signalling.block_length_m is not None, bool(signalling.block_borders_m)
    if signalling.system == "fixed_block":
        if sum(given) != 1:
            words = "block_length_m and block_borders_m" if all(given) else "neither block_length_m nor block_borders_m"
            yield Finding(
                ("signalling", "system"),
                f"fixed_block with {words}",
                "one of the two, because the system is fixed_block",
            )
    elif any(given):
        name = "block_length_m" if given[0] else "block_borders_m"
        yield Finding(("signalling", name), "given", "no value, because the system is moving_block")
    borders = signalling.block_borders_m
    for position, (before, after) in enumerate(pairwise(borders), 1):
        if after <= before:
            yield Finding(
                ("signalling", "block_borders_m", position), f"{after:g}", f"above {before:g}, the previous border"
            )


def _terminal_dwells(scenario: Scenario) -> Iterator[Finding]:
    placed = list(having(scenario.stations, "id", "dwell_s"))
    for position, station in (placed[0], placed[-1]) if len(placed) > 1 else ():
        terminal = scenario.terminals.get(station.id)
        if terminal is not None and station.dwell_s > terminal.turnback_s:
            allowed = (
                f"at most turnback_s {terminal.turnback_s}, because the dwell at a terminal is part of the turnback"
            )
            yield Finding(("stations", position, "dwell_s"), f"{station.dwell_s}", allowed)


SECTION_TOLERANCE_M = 0.05
"""Chainages and lengths agree within the rounding of figures with one decimal."""


def _sections(scenario: Scenario) -> Iterator[Finding]:
    sections = scenario.track.sections
    if not sections:
        return
    path: tuple[str | int, ...] = ("track", "sections")
    wanted = len(scenario.stations) - 1
    if len(sections) != wanted:
        allowed = f"{wanted} sections for {len(scenario.stations)} stations, each from a station to the next one"
        yield Finding(path, f"{len(sections)} sections", allowed)
        return
    for position, section in having(sections, "departure_station", "length_m"):
        here, there = scenario.stations[position : position + 2]
        if section.departure_station != here.id:
            yield Finding(
                (*path, position, "departure_station"), section.departure_station,
                f"{here.id}, because sections are in the order of the stations",
            )  # fmt: skip
        elif abs(there.chainage_m - here.chainage_m - section.length_m) > SECTION_TOLERANCE_M:
            yield Finding(
                (*path, position, "length_m"), f"{section.length_m:g}",
                f"{there.chainage_m - here.chainage_m:g}, the difference of the chainages of {here.id} and {there.id}, "
                "or no chainages",
            )  # fmt: skip


def _limits_once(scenario: Scenario) -> Iterator[Finding]:
    sections = scenario.track.sections
    limited = [section.limit_kmh is not None for _, section in having(sections, "limit_kmh")]
    down = [position for position, section in having(sections, "limit_down_kmh") if section.limit_down_kmh is not None]
    if scenario.track.speed_limits and (any(limited) or down):
        yield Finding(("track", "speed_limits"), "beside limits of sections", "limits in one of both places")
    elif not scenario.track.speed_limits and (any(limited) or down):
        for position, section in having(sections, "limit_kmh"):
            if section.limit_kmh is None:
                allowed = "a limit for each section, because the track has no speed_limits"
                yield Finding(("track", "sections", position, "limit_kmh"), "missing", allowed)


Stretch = SpeedLimit | Gradient | Curve


def _forward(scenario: Scenario) -> Iterator[Finding]:
    for table in ("speed_limits", "gradients", "curves"):
        for position, row in having(getattr(scenario.track, table), "from_m", "to_m"):
            if row.to_m <= row.from_m:
                yield Finding(("track", table, position, "to_m"), f"{row.to_m:g}", f"above from_m {row.from_m:g}")


def _overlap(scenario: Scenario) -> Iterator[Finding]:
    for table in ("speed_limits", "gradients", "curves"):
        found: dict[int, Finding] = {}
        for _, rows in _by_direction(getattr(scenario.track, table)):
            for (_, before), (position, row) in pairwise(rows):
                if row.from_m < before.to_m:
                    found[position] = Finding(
                        ("track", table, position, "from_m"), f"{row.from_m:g}",
                        f"at least {before.to_m:g}, the end of the stretch from {before.from_m:g}: no overlap",
                    )  # fmt: skip
        yield from found.values()


def _covered(scenario: Scenario) -> Iterator[Finding]:
    placed = [station for _, station in having(scenario.stations, "chainage_m")]
    if len(placed) < 2:
        return
    first, last = _ends(placed)
    limited = [section for _, section in having(scenario.track.sections, "limit_kmh") if section.limit_kmh is not None]
    for table in ("gradients",) if limited else ("speed_limits", "gradients"):
        found: dict[tuple[str | int, ...], Finding] = {}
        for direction, rows in _by_direction(getattr(scenario.track, table)):
            reached = first
            for position, row in rows:
                if row.from_m > reached and reached < last:
                    path: tuple[str | int, ...] = ("track", table, position, "from_m")
                    found.setdefault(
                        path, Finding(path, f"{row.from_m:g}", f"at most {reached:g}: no gap to the previous stretch")
                    )
                reached = max(reached, row.to_m)
            if reached < last:
                path = ("track", table, rows[-1][0], "to_m") if rows else ("track", table)
                words = f"{rows[-1][1].to_m:g}" if rows else f"no rows in direction {direction}"
                found.setdefault(path, Finding(path, words, f"at least {last:g}, the chainage of the last station"))
        yield from found.values()


def _ends(placed: Sequence[Station]) -> tuple[float, float]:
    chainages = [station.chainage_m for station in placed]
    return min(chainages), max(chainages)


def _by_direction(table: Sequence[Stretch]) -> Iterator[tuple[str, list[tuple[int, Stretch]]]]:
    """For each direction its positions and rows, by chainage; without rows whose from_m is above to_m."""
    for direction in DIRECTIONS:
        rows = [
            (position, row)
            for position, row in having(table, "from_m", "to_m")
            if getattr(row, "direction", "both") in (direction, "both") and row.to_m > row.from_m
        ]
        yield direction, sorted(rows, key=lambda item: item[1].from_m)


RULES = (
    Rule("L1", "A line has at least two stations.", _at_least_two, needs_whole_table=True),
    Rule("L2", "Identifiers of stations and depots are unique.", _unique_ids),
    Rule("L3", "The chainage increases from station to station.", _rising_chainage),
    Rule("L4", "Each dwell lies between its limits; the dwells at intermediate stations are positive.", _dwells),
    Rule("L5", "Terminals are stations, and both ends of the line are terminals.", _terminals),
    Rule("L6", "The longest turnback time is not below the shortest turnback time.", _turnbacks),
    Rule("L7", "Each depot lies at a station.", _depots),
    Rule("L8", "Each stretch of a speed limit, gradient or curve has from_m below to_m.", _forward),
    Rule("L9", "Stretches of the same type and direction do not overlap.", _overlap),
    Rule(
        "L10",
        "Speed limits and gradients cover the line from the first to the last station.",
        _covered,
        needs_whole_table=True,
    ),
    Rule(
        "L11",
        "Fixed blocks have borders, given by an increasing list or by a length; moving blocks have none.",
        _blocks,
    ),
    Rule(
        "L12",
        "Sections are in the order of the stations, and their lengths are those of the chainages.",
        _sections,
        needs_whole_table=True,
    ),
    Rule("L13", "Limits are given by stretches of chainage or by sections, for the whole line.", _limits_once),
    Rule(
        "L14",
        "The dwell at an end of the line is not longer than the turnback, which contains it.",
        _terminal_dwells,
    ),
    Rule("L15", "Periods of turnbacks end after their start and do not overlap.", _turnback_periods),
)
