"""Rules of the compact forms of demand (D): the gravity model and boardings by station."""

from collections.abc import Iterator

import numpy as np

from scenarios.rules.line import known_station, station_ids
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.values.demand_forms import alighting_shares

SHARE_TOLERANCE = 0.005
"""Printed shares are rounded: 24 hourly shares with three decimals add up to 1 within this."""


def _total_and_distance(scenario: Scenario) -> Iterator[Finding]:
    demand = scenario.demand
    if demand.gravity is not None and demand.passengers_per_day is None:
        yield Finding(("demand",), "gravity without passengers_per_day", "a daily total beside gravity")
    if demand.deterrence_km is not None and demand.gravity is None and demand.boardings is None:
        allowed = "no value: only gravity and boardings compute destinations"
        yield Finding(("demand", "deterrence_km"), f"{demand.deterrence_km:g}", allowed)


def _gravity_stations(scenario: Scenario) -> Iterator[Finding]:
    gravity = scenario.demand.gravity
    if gravity is None:
        return
    ids = station_ids(scenario)
    seen: set[str] = set()
    path = ("demand", "gravity", "stations")
    for position, row in having(gravity.stations, "station"):
        if row.station not in ids:
            yield Finding((*path, position, "station"), row.station, known_station(scenario, row.station))
        elif row.station in seen:
            yield Finding((*path, position, "station"), row.station, "each station of the line once")
        seen.add(row.station)
    if missing := [name for name in ids if name not in seen]:
        yield Finding(path, f"{', '.join(missing)} missing", "each station of the line once; 0 for no journeys")


def _gravity_journeys(scenario: Scenario) -> Iterator[Finding]:
    gravity = scenario.demand.gravity
    if gravity is None:
        return
    producing = {
        row.station for row in gravity.stations if (row.attraction if row.production is None else row.production)
    }
    attracting = {row.station for row in gravity.stations if row.attraction}
    if len(producing | attracting) < 2 or not producing or not attracting:
        found = f"{len(producing)} stations produce and {len(attracting)} attract journeys"
        yield Finding(
            ("demand", "gravity", "stations"), found, "at least two different stations with journeys between them"
        )


def _profile(scenario: Scenario) -> Iterator[Finding]:
    gravity = scenario.demand.gravity
    if gravity is None:
        return
    path = ("demand", "gravity", "profile")
    rows = sorted(having(gravity.profile, "from_s", "to_s", "share"), key=lambda item: item[1].from_s)
    reached_s = 0
    for position, row in rows:
        if row.to_s <= row.from_s:
            yield Finding((*path, position, "to"), seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}")
        if row.from_s < reached_s:
            allowed = f"at least {seconds_to_clock(reached_s)}, the end of the previous period: no overlap"
            yield Finding((*path, position, "from"), seconds_to_clock(row.from_s), allowed)
        reached_s = max(reached_s, row.to_s)
    total = sum(row.share for _, row in rows)
    if len(rows) == len(gravity.profile) and abs(total - 1.0) > SHARE_TOLERANCE:
        allowed = f"shares with the sum 1, within {SHARE_TOLERANCE:g}"
        yield Finding(path, f"shares with the sum {total:g}", allowed)


def _boardings_can_alight(scenario: Scenario) -> Iterator[Finding]:
    if scenario.demand.boardings is None:
        return
    reached = {name: np.asarray(shares.sum(axis=1) > 0.0) for name, shares in alighting_shares(scenario).items()}
    place = {station.id: position for position, station in enumerate(scenario.stations)}
    for position, row in enumerate(scenario.demand.boardings):
        if row.passengers and not reached[row.direction][place[row.station]]:
            way = "" if row.direction == "both" else f" in direction {row.direction}"
            yield Finding(
                ("demand", "boardings", position, "station"), row.station,
                f"a station from which another station with boardings can be reached{way}, because passengers alight "
                "in proportion to the boardings there",
            )  # fmt: skip


RULES = (
    Rule(
        "D11",
        "The gravity model has a daily total; a deterrence is given only where Headwatt computes destinations.",
        _total_and_distance,
    ),
    Rule("D12", "The gravity model has each station of the line once.", _gravity_stations, needs_whole_table=True),
    Rule(
        "D13",
        "Stations of the gravity model produce and attract journeys.",
        _gravity_journeys,
        needs_whole=True,
    ),
    Rule("D14", "The periods of the profile do not overlap, and their shares add up to 1.", _profile),
    Rule("D15", "Passengers who board can alight at another station.", _boardings_can_alight, needs_whole=True),
)
