"""Rules of the line (L): stations, terminals, depots, limits, gradients, curves."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scenarios.names import did_you_mean
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.line import Curve, Gradient, SpeedLimit, Station
from scenarios.schema.scenario import Scenario


def station_ids(scenario: Scenario) -> dict[str, str]:
    """Full names of the stations by identifier.

    LookupError when a station's identifier is not known: nothing can then be said about references to stations.
    """
    known = list(having(scenario.stations, "id"))
    if not known or len(known) < len(scenario.stations):
        raise LookupError("stations without identifiers")
    return {station.id: station.__dict__.get("name", station.id) for _, station in known}


def known_station(scenario: Scenario, wrong: str) -> str:
    """What a wrong station was perhaps meant to be: the nearest names, then all in order along the line."""
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
                yield Finding((name, position, "id"), item.id, "an identifier that no row above has")
            seen.add(item.id)


def _rising_chainage(scenario: Scenario) -> Iterator[Finding]:
    placed = list(having(scenario.stations, "id", "chainage_m"))
    for (_, before), (position, station) in pairwise(placed):
        if station.chainage_m <= before.chainage_m:
            yield Finding(
                ("stations", position, "chainage_m"), f"{station.chainage_m:g}",
                f"above {before.chainage_m:g}, the chainage of {before.id} before it",
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
            yield Finding(("terminals",), f"{station.id} missing", f"{station.id} too, an end of the line")


def _turnbacks(scenario: Scenario) -> Iterator[Finding]:
    for name, terminal in scenario.terminals.items():
        longest = terminal.maximum_turnback_s
        if longest is not None and longest < terminal.turnback_s:
            yield Finding(
                ("terminals", name, "maximum_turnback_s"), f"{longest}", f"at least turnback_s {terminal.turnback_s}"
            )


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
            yield Finding(("signalling", "system"), f"fixed_block with {words}", "one of the two with fixed_block")
    elif any(given):
        name = "block_length_m" if given[0] else "block_borders_m"
        yield Finding(("signalling", name), "given", "left out under moving_block")
    borders = signalling.block_borders_m
    for position, (before, after) in enumerate(pairwise(borders), 1):
        if after <= before:
            yield Finding(("signalling", "block_borders_m", position), f"{after:g}", f"above {before:g}: rising")


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
                        f"at least {before.to_m:g}, where the stretch from {before.from_m:g} ends: no overlap",
                    )  # fmt: skip
        yield from found.values()


def _covered(scenario: Scenario) -> Iterator[Finding]:
    placed = [station for _, station in having(scenario.stations, "chainage_m")]
    if len(placed) < 2:
        return
    first, last = _ends(placed)
    for table in ("speed_limits", "gradients"):
        found: dict[tuple[str | int, ...], Finding] = {}
        for direction, rows in _by_direction(getattr(scenario.track, table)):
            reached = first
            for position, row in rows:
                if row.from_m > reached and reached < last:
                    path: tuple[str | int, ...] = ("track", table, position, "from_m")
                    found.setdefault(path, Finding(path, f"{row.from_m:g}", f"at most {reached:g}: no gap before it"))
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
    """For each direction the positions and rows that hold in it, by chainage; rows that run backwards left out."""
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
    Rule("L3", "The chainage rises from station to station.", _rising_chainage),
    Rule("L4", "Each dwell lies between its limits and is positive between the terminals.", _dwells),
    Rule("L5", "Terminals are stations, and both ends of the line are terminals.", _terminals),
    Rule("L6", "The longest turnback is not below the shortest.", _turnbacks),
    Rule("L7", "Each depot lies at a station.", _depots),
    Rule("L8", "Each stretch of limit, gradient or curve ends beyond its beginning.", _forward),
    Rule("L9", "Stretches of the same kind and direction do not overlap.", _overlap),
    Rule(
        "L10",
        "Speed limits and gradients cover the line from the first to the last station.",
        _covered,
        needs_whole_table=True,
    ),
    Rule("L11", "Fixed blocks, and only they, have borders, by a list that rises or by a length.", _blocks),
)
