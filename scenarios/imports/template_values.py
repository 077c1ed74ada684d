"""Template values for keys that a timetable does not contain: from another line, or assumed, for a first plan."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.files.written import document_of
from scenarios.imports.least_times import assumed_track
from scenarios.imports.line import SOURCE_KEY, ImportedLine
from scenarios.imports.vehicle_chains import Turning, fleet_need, shortest_turns_s
from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.values.headway_periods import BREAK_OF_SERVICE_S

LOAD_SHARE = 0.4
"""Assumed load of every train, as a share of normal capacity, if there are no demand data."""
FULLEST_SHARE = 0.8
"""Assumed largest load of a train; demand intervals average the loads of unevenly spaced trains."""
BELOW_CRUSH_SHARE = 0.95
"""Assumed largest flow in an interval times the longest gap in it, as a share of crush capacity."""
INTERVAL_S = 900
LONGEST_WAIT_S = 3600
"""Passengers of the first train after a longer gap come in this time before it."""
MOST_TRACKS = 20
SHORTEST_HEADWAY_S = 30
"""Limits of the scenario language for the tracks of a terminal and for the minimum headway."""


def template_values(like: Scenario, line: ImportedLine) -> dict[str, Any]:
    """The values that a timetable does not contain, from another line and from assumptions about this line.

    The trips of the line have whole seconds at every stop. Raises InputFaults if trips of one direction follow each
    other closer than any signalling allows.
    """
    other = document_of(like)
    as_there = f"assumed: as on {like.name}"
    turnback = next(iter(other["terminals"].values()))
    main_type = like.main_train_type
    terminals = _terminals(line, turnback)
    need = fleet_need(line.trips, _turning(terminals, like))
    for station, terminal in terminals.items():
        room = min(MOST_TRACKS, max(int(terminal.get("tracks", 2)), need.standing.get(station, 0)))
        terminals[station] = {**terminal, "tracks": room}
    signalling, gap_words = _signalling(other["signalling"], like, line)
    policy = {key: value for key, value in other["policy"].items()
              if key in ("longest_headway_s", "load_limit_share")}  # fmt: skip
    gaps = [after - before for way in DIRECTIONS for before, after in pairwise(line.departure_s[way])]
    policy["longest_headway_s"] = max(
        (gap for gap in gaps if gap <= BREAK_OF_SERVICE_S), default=policy["longest_headway_s"]
    )
    policy["longest_headway_s"] = max(policy["longest_headway_s"], signalling["minimum_headway_s"])
    supply = {
        key: value for key, value in other["supply"].items() if key not in ("substations", "storages", "ties_m", "gaps")
    }
    supply["substations"] = _substations(line, like)
    values: dict[str, Any] = {
        "terminals": terminals,
        "depots": [{"id": f"{end[:34]}_depot", "station": end, "capacity": need.vehicles} for end in terminals],
        "track": assumed_track(line, like),
        "signalling": signalling,
        "train_types": {main_type: other["train_types"][main_type]},
        "fleet": [{"train_type": main_type, "trainsets": need.vehicles}],
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
        f"{SOURCE_KEY}; assumed: one train for each vehicle of the timetable, no spare trains"
        if line.vehicles
        else "assumed: the smallest fleet for the timetable, no spare trains"
    )
    values["provenance"] = {
        "terminals": f"{as_there}, with tracks for the trains that stand there today",
        "depots": "assumed: one at each terminal, with capacity for the fleet",
        "track.speed_limits": "assumed: the maximum speed of the trains on the whole line",
        "track.gradients": "assumed: level track",
        "signalling": f"{as_there}{gap_words}",
        f"train_types.{main_type}": as_there,
        "fleet": counted,
        "outside_temperature_c": as_there,
        "supply": as_there,
        "supply.substations": f"assumed: at stations, with about the spacing of {like.name}",
        "demand": f"assumed: trains carry {LOAD_SHARE:.0%} of normal load, no train more than {FULLEST_SHARE:.0%}",
        "policy": f"{as_there}; the longest headway is that of the timetable in force, without breaks of service",
        "driving": as_there,
        "disturbances": as_there,
        "tariff": as_there,
        "co2_kg_per_kwh": as_there,
    }
    if "operation" in other:
        values["operation"] = other["operation"]
        values["provenance"]["operation"] = as_there
    if "co2_periods" in other:
        values["co2_periods"] = other["co2_periods"]
        values["provenance"]["co2_periods"] = as_there
    return values


def breaks_of_service(line: ImportedLine) -> list[str]:
    """Gaps between two trips over the whole line that are breaks of service and not headways, for the notes."""
    return [
        f"break of service: no train {way} over the whole line departs between {seconds_to_clock(before)} and "
        f"{seconds_to_clock(after)}; the longest headway does not count this gap"
        for way in DIRECTIONS
        for before, after in pairwise(line.departure_s[way])
        if after - before > BREAK_OF_SERVICE_S
    ]


def _terminals(line: ImportedLine, turnback: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The ends of the line and of the short trips; a shorter turn of today's vehicles is possible."""
    shortest_s = shortest_turns_s(line.trips)
    ids = line.order("up")
    found: dict[str, dict[str, Any]] = {}
    for station in (ids[0], *line.turning, ids[-1]):
        turnback_s = min(int(turnback["turnback_s"]), shortest_s.get(station, int(turnback["turnback_s"])))
        found[station] = {**turnback, "turnback_s": turnback_s}
    return found


def _turning(terminals: Mapping[str, Mapping[str, Any]], like: Scenario) -> Turning:
    operation = like.operation
    turnback_s = {station: float(terminal["turnback_s"]) for station, terminal in terminals.items()}
    longest = [float(one["maximum_turnback_s"]) for one in terminals.values() if "maximum_turnback_s" in one]
    return Turning(
        turnback_s,
        max(longest, default=float(operation.depot_after_s)),
        {station: operation.depot_shunting_share * time_s for station, time_s in turnback_s.items()},
        float(operation.track_clearing_s),
    )


def _signalling(other: dict[str, Any], like: Scenario, line: ImportedLine) -> tuple[dict[str, Any], str]:
    """The signalling of the other line, and words about a changed minimum headway.

    A list of block borders becomes blocks of the mean length. The minimum headway is at most the smallest gap between
    two departures of the timetable.
    """
    borders_m = other.get("block_borders_m")
    rest = {key: value for key, value in other.items() if key != "block_borders_m"}
    if borders_m:
        rest["block_length_m"] = round(max(20.0, like.length_m / (len(borders_m) + 1)))
    gap_s, ahead, behind, station = _smallest_gap(line)
    if gap_s >= rest["minimum_headway_s"]:
        return rest, ""
    if gap_s < SHORTEST_HEADWAY_S:
        names = {one.id: one.name for one in line.stations}
        value = f"{gap_s:.0f} s between trips {ahead} and {behind} at {names[station]}"
        allowed = (
            f"at least {SHORTEST_HEADWAY_S} s between two trips of one direction. If both are one train, remove one of "
            "them; if they run on different days, choose the day with --date"
        )
        raise InputFaults([Fault("", "", "departures", value, allowed)])
    rest["minimum_headway_s"] = int(gap_s)
    return rest, f"; minimum headway {int(gap_s)} s, the gap between trips {ahead} and {behind} today"


def _smallest_gap(line: ImportedLine) -> tuple[float, str, str, str]:
    """The smallest gap between two departures of one direction at one station, with its trips and station; the arrival
    of a trip counts as departure where the trip ends."""
    best = (float("inf"), "", "", "")
    for direction in DIRECTIONS:
        leaving: dict[str, list[tuple[float, str]]] = {}
        for trip in line.trips_in(direction):
            for station, time_s in zip(trip.stations, (*trip.departure_s[:-1], trip.arrival_s[-1]), strict=True):
                leaving.setdefault(station, []).append((time_s, trip.trip_id))
        for station, departures in leaving.items():
            for (before_s, ahead), (time_s, behind) in pairwise(sorted(departures)):
                best = min(best, (time_s - before_s, ahead, behind, station))
    return best


def _substations(line: ImportedLine, like: Scenario) -> list[dict[str, Any]]:
    """Substations at stations, including both terminals, with at most about the mean spacing of the other line."""
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
    """Passengers on every section: a constant arrival rate before each train that gives the assumed share of load.

    The rates are reduced if the largest load would exceed `FULLEST_SHARE`. Nobody waits in a break of service.
    """
    capacity = like.train_types[like.main_train_type].capacity
    load = LOAD_SHARE * capacity.normal
    carried: dict[tuple[Direction, str], dict[int, float]] = {}
    fullest = crowded = load
    for direction in DIRECTIONS:
        leaving: dict[str, list[int]] = {station: [] for station in line.order(direction)[:-1]}
        for trip in line.trips_in(direction):
            for station, time_s in zip(trip.stations[:-1], trip.departure_s, strict=False):
                leaving[station].append(round(time_s))
        for station, times in leaving.items():
            times.sort()
            first_gap_s = times[1] - times[0] if len(times) > 1 else INTERVAL_S
            before = (times[0] - first_gap_s, *times[:-1])
            gaps = [
                (max(begin_s, end_s - LONGEST_WAIT_S, 0), end_s)
                for begin_s, end_s in zip(before, times, strict=True)
                if end_s > max(begin_s, 0)
            ]
            passengers: dict[int, float] = {}
            for gap in gaps:
                for interval_s, share, _ in _shares(*gap):
                    passengers[interval_s] = passengers.get(interval_s, 0.0) + share * load
            carried[direction, station] = passengers
            for gap in gaps:
                found = sum(passengers[interval_s] * seconds for interval_s, _, seconds in _shares(*gap)) / INTERVAL_S
                fullest = max(fullest, found)
                # The check multiplies the flow of an interval by the longest gap in it.
                rate = max(passengers[interval_s] for interval_s, _, _ in _shares(*gap)) / INTERVAL_S
                if gap[1] - gap[0] < LONGEST_WAIT_S:
                    crowded = max(crowded, rate * (gap[1] - gap[0]))
    scale = min(1.0, FULLEST_SHARE / LOAD_SHARE * load / fullest, BELOW_CRUSH_SHARE * capacity.crush / crowded)
    return [
        {"from": seconds_to_clock(interval_s), "departure_station": station, "direction": direction,
         "passengers": round(scale * amount, 2)}
        for (direction, station), passengers in carried.items()
        for interval_s, amount in sorted(passengers.items())
    ]  # fmt: skip


def _shares(begin_s: int, end_s: int) -> Iterator[tuple[int, float, int]]:
    """The intervals that a time span overlaps, the share of the span in each, and the seconds in each."""
    at_s = begin_s
    while at_s < end_s:
        interval_s = at_s // INTERVAL_S * INTERVAL_S
        until_s = min(interval_s + INTERVAL_S, end_s)
        yield interval_s, (until_s - at_s) / (end_s - begin_s), until_s - at_s
        at_s = until_s
