"""What a timetable does not tell, borrowed from another line or plainly assumed, so that a first plan can be made."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

from scenarios.imported.line import SOURCE_KEY, ImportedLine
from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.written import document_of

LOAD_SHARE = 0.4
"""Assumed load of every train, as a share of normal capacity, where nobody has given the demand."""
FULLEST_SHARE = 0.8
"""No train is fuller than this by assumption: intervals even out what uneven departures would carry."""
INTERVAL_S = 900


def lent_by(like: Scenario, line: ImportedLine) -> dict[str, Any]:
    """What a timetable does not tell, from another line and from plain assumptions about this one."""
    other = document_of(like)
    as_there = f"assumed: as on {like.name}"
    ends = (line.stations[0].id, line.stations[-1].id)
    turnback = next(iter(other["terminals"].values()))
    trains = line.vehicles or _vehicles_needed(line, int(turnback["turnback_s"]))
    main_type = like.main_train_type
    begin_m, end_m = line.stations[0].chainage_m or 0.0, line.stations[-1].chainage_m or 0.0
    margin_m = like.train_types[main_type].length_m
    stretch = {"from_m": begin_m - margin_m, "to_m": end_m + margin_m}
    maximum_speed_kmh = like.train_types[main_type].maximum_speed_kmh
    gaps = [after - before for way in DIRECTIONS for before, after in pairwise(line.departure_s[way])]
    policy = {key: value for key, value in other["policy"].items()
              if key in ("longest_headway_s", "load_limit_share")}  # fmt: skip
    policy["longest_headway_s"] = max(gaps, default=policy["longest_headway_s"])
    supply = {
        key: value for key, value in other["supply"].items() if key not in ("substations", "storages", "ties_m", "gaps")
    }
    supply["substations"] = _substations(line, like)
    lent: dict[str, Any] = {
        "terminals": dict.fromkeys(ends, turnback),
        "depots": [{"id": f"{end}_depot"[:40], "station": end, "capacity": trains} for end in ends],
        "track": {
            "speed_limits": [{**stretch, "limit_kmh": maximum_speed_kmh}],
            "gradients": [{**stretch, "permil": 0}],
        },
        "signalling": _signalling(other["signalling"], like),
        "train_types": {main_type: other["train_types"][main_type]},
        "fleet": [{"train_type": main_type, "trainsets": trains}],
        "outside_temperature_c": other["outside_temperature_c"],
        "supply": supply,
        "demand": {"interval_s": INTERVAL_S, "section_loads": _loads(line, like)},
        "policy": policy,
        "driving": other["driving"],
        "disturbances": other["disturbances"],
        "tariff": other["tariff"],
        "co2_kg_per_kwh": other["co2_kg_per_kwh"],
    }
    counted = (
        f"{SOURCE_KEY}; assumed: one train for each vehicle that it names, none to spare"
        if line.vehicles
        else "assumed: the fewest that the timetable needs, none to spare"
    )
    lent["provenance"] = {
        "terminals": as_there,
        "depots": "assumed: one at each end, with room for the fleet",
        "track.speed_limits": "assumed: the trains' maximum speed everywhere",
        "track.gradients": "assumed: level track",
        "signalling": as_there,
        f"train_types.{main_type}": as_there,
        "fleet": counted,
        "outside_temperature_c": as_there,
        "supply": as_there,
        "supply.substations": f"assumed: at stations, about as far apart as on {like.name}",
        "demand": f"assumed: trains carry {LOAD_SHARE:.0%} of normal load, the fullest at most {FULLEST_SHARE:.0%}",
        "policy": f"{as_there}; the longest headway is that of today",
        "driving": as_there,
        "disturbances": as_there,
        "tariff": as_there,
        "co2_kg_per_kwh": as_there,
    }
    if "co2_periods" in other:
        lent["co2_periods"] = other["co2_periods"]
        lent["provenance"]["co2_periods"] = as_there
    return lent


def _signalling(other: dict[str, Any], like: Scenario) -> dict[str, Any]:
    """The other line's; borders of blocks, which lie where they lie, become blocks of their mean length."""
    borders_m = other.get("block_borders_m")
    if not borders_m:
        return other
    rest = {key: value for key, value in other.items() if key != "block_borders_m"}
    return {**rest, "block_length_m": round(max(20.0, like.length_m / (len(borders_m) + 1)))}


def _substations(line: ImportedLine, like: Scenario) -> list[dict[str, Any]]:
    """Substations at stations, both ends among them, at most about the other line's mean spacing apart."""
    pattern = document_of(next(one for one in like.supply.substations if one.in_service))
    kept = {key: value for key, value in pattern.items() if key in ("efficiency", "transformer_no_load_kw")}
    count = sum(one.in_service for one in like.supply.substations)
    spacing_m = like.length_m / max(count - 1, 1)
    placed = [(station.id, station.chainage_m or 0.0) for station in line.stations]
    chosen = [placed[0]]
    for here, after in pairwise(placed[1:]):
        if after[1] - chosen[-1][1] > spacing_m:
            chosen.append(here)
    chosen.append(placed[-1])
    return [{"id": station, "station": station, **kept} for station, _ in chosen]


def _loads(line: ImportedLine, like: Scenario) -> list[dict[str, Any]]:
    """Passengers over every section as if they came evenly before each train, always filling the share.

    Scaled down where the fullest train would pass `FULLEST_SHARE`.
    """
    load = LOAD_SHARE * like.train_types[like.main_train_type].capacity.normal
    carried: dict[tuple[Direction, str], dict[int, float]] = {}
    fullest = load
    for direction in DIRECTIONS:
        order = line.stations if direction == "up" else line.stations[::-1]
        departures_s = line.departure_s[direction]
        first_gap_s = departures_s[1] - departures_s[0] if len(departures_s) > 1 else INTERVAL_S
        before_s = (departures_s[0] - first_gap_s, *departures_s[:-1])
        for station, offset_s in zip(order[:-1], line.offsets_s(direction)[:-1], strict=True):
            gaps = [
                (max(begin + offset_s, 0), end + offset_s) for begin, end in zip(before_s, departures_s, strict=True)
            ]
            passengers: dict[int, float] = {}
            for gap in gaps:
                for interval_s, share, _ in _shares(*gap):
                    passengers[interval_s] = passengers.get(interval_s, 0.0) + share * load
            carried[direction, station.id] = passengers
            for gap in gaps:
                found = sum(passengers[interval_s] * seconds for interval_s, _, seconds in _shares(*gap)) / INTERVAL_S
                fullest = max(fullest, found)
    scale = min(1.0, FULLEST_SHARE / LOAD_SHARE * load / fullest)
    return [
        {"from": seconds_to_clock(interval_s), "departure_station": station, "direction": direction,
         "passengers": round(scale * amount, 2)}
        for (direction, station), passengers in carried.items()
        for interval_s, amount in sorted(passengers.items())
    ]  # fmt: skip


def _shares(begin_s: int, end_s: int) -> Iterator[tuple[int, float, int]]:
    """Intervals of the table that a time touches, the share of it that lies in each, and its seconds there."""
    at_s = begin_s
    while at_s < end_s:
        interval_s = at_s // INTERVAL_S * INTERVAL_S
        until_s = min(interval_s + INTERVAL_S, end_s)
        yield interval_s, (until_s - at_s) / (end_s - begin_s), until_s - at_s
        at_s = until_s


def _vehicles_needed(line: ImportedLine, turnback_s: int) -> int:
    """The fewest vehicles: each departure takes one that has come and turned, or else a new one."""
    ready: dict[str, list[int]] = {direction: [] for direction in DIRECTIONS}
    vehicles = 0
    for departure_s, direction in sorted((t, way) for way in DIRECTIONS for t in line.departure_s[way]):
        if ready[direction] and ready[direction][0] <= departure_s:
            heappop(ready[direction])
        else:
            vehicles += 1
        opposite = "down" if direction == "up" else "up"
        heappush(ready[opposite], departure_s + line.offsets_s(direction)[-1] + turnback_s)
    return vehicles
