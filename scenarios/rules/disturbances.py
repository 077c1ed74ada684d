"""Rules of the disturbances (N)."""

from collections.abc import Iterator
from itertools import pairwise

from scenarios.files.names import did_you_mean
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import seconds_to_clock
from scenarios.schema.scenario import Scenario


def _ends_after_beginning(scenario: Scenario) -> Iterator[Finding]:
    disturbances = scenario.disturbances
    weather = disturbances.__dict__.get("weather")
    tables = [
        (("disturbances", "speed_limits"), disturbances.__dict__.get("speed_limits", ())),
        (("disturbances", "substations_out"), disturbances.__dict__.get("substations_out", ())),
        (("disturbances", "weather", "slippery"), weather.__dict__.get("slippery", ()) if weather is not None else ()),
    ]
    for path, rows in tables:
        for position, row in having(rows, "from_s", "to_s"):
            if row.to_s <= row.from_s:
                yield Finding(
                    (*path, position, "to"), seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}"
                )


def _limits_on_the_line(scenario: Scenario) -> Iterator[Finding]:
    chainages = [station.chainage_m for _, station in having(scenario.stations, "chainage_m")]
    for position, row in having(scenario.disturbances.__dict__.get("speed_limits", ()), "from_m", "to_m"):
        path = ("disturbances", "speed_limits", position)
        if row.to_m <= row.from_m:
            yield Finding((*path, "to_m"), f"{row.to_m:g}", f"above from_m {row.from_m:g}")
        elif chainages and (row.from_m >= max(chainages) or row.to_m <= min(chainages)):
            yield Finding(
                (*path, "from_m"), f"{row.from_m:g} to {row.to_m:g}",
                f"a stretch of the line, {min(chainages):g} to {max(chainages):g} m",
            )  # fmt: skip


def _known_substations(scenario: Scenario) -> Iterator[Finding]:
    known = [item.id for _, item in having(scenario.supply.substations, "id")]
    known += [item.id for _, item in having(scenario.supply.storages, "id")]
    rows = list(having(scenario.disturbances.__dict__.get("substations_out", ()), "substation", "from_s", "to_s"))
    for position, row in rows:
        if row.substation not in known:
            path = ("disturbances", "substations_out", position, "substation")
            yield Finding(
                path, row.substation, did_you_mean(row.substation, known, if_none="the line has no substations")
            )


def _one_substation_is_left(scenario: Scenario) -> Iterator[Finding]:
    """Checked at each time; a substation that is not in service in the scenario counts as out of service."""
    in_service = {item.id for _, item in having(scenario.supply.substations, "id", "in_service") if item.in_service}
    rows = list(having(scenario.disturbances.__dict__.get("substations_out", ()), "substation", "from_s", "to_s"))
    for position, row in rows:
        out = {other.substation for _, other in rows if other.from_s <= row.from_s < other.to_s}
        if in_service and not in_service - out:
            path = ("disturbances", "substations_out", position, "substation")
            shown = f"{row.substation}, the last substation in service at {seconds_to_clock(row.from_s)}"
            yield Finding(path, shown, "at least one substation in service at any time")


def _temperatures_rise_in_time(scenario: Scenario) -> Iterator[Finding]:
    weather = scenario.disturbances.__dict__.get("weather")
    points = weather.__dict__.get("temperatures", ()) if weather is not None else ()
    for (_, before), (position, point) in pairwise(having(points, "at_s")):
        if point.at_s <= before.at_s:
            yield Finding(
                ("disturbances", "weather", "temperatures", position, "at"), seconds_to_clock(point.at_s),
                f"after {seconds_to_clock(before.at_s)}",
            )  # fmt: skip


RULES = (
    Rule("N1", "Each temporary event ends after its beginning.", _ends_after_beginning),
    Rule("N2", "Temporary speed limits lie on the line and end beyond their beginning.", _limits_on_the_line),
    Rule("N3", "Substations and storages with outages are those of the supply.", _known_substations),
    Rule("N4", "At least one substation is in service at any time.", _one_substation_is_left),
    Rule("N5", "Temperatures are in order of time.", _temperatures_rise_in_time),
)
