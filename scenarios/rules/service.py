"""Rules of the service (V): fleet, timetable in force, policy."""

from collections.abc import Iterator
from itertools import pairwise

from scenarios.files.names import did_you_mean
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.schema.service import HeadwayPeriod
from scenarios.values.fleet import called_vehicles, given_names
from scenarios.values.running_times_today import given_running_times


def _fleet(scenario: Scenario) -> Iterator[Finding]:
    if not scenario.fleet:
        yield Finding(("fleet",), "no trains", "at least one train type with its trains")
    depots = [depot.id for _, depot in having(scenario.depots, "id")]
    for position, part in enumerate(scenario.fleet):
        train_type, depot = part.__dict__.get("train_type"), part.__dict__.get("depot")
        if train_type is not None and train_type not in scenario.train_types:
            yield Finding(
                ("fleet", position, "train_type"),
                train_type,
                did_you_mean(train_type, scenario.train_types, if_none="the line has no train types"),
            )
        if depot is not None and depot not in depots:
            yield Finding(
                ("fleet", position, "depot"), depot, did_you_mean(depot, depots, if_none="the line has no depots")
            )


def _depot_capacity(scenario: Scenario) -> Iterator[Finding]:
    room = sum(depot.capacity for depot in scenario.depots)
    if scenario.depots and scenario.trainsets > room:
        yield Finding(
            ("depots",), f"capacity for {room} trains", f"capacity for the fleet of {scenario.trainsets} trains"
        )


def _vehicle_names(scenario: Scenario) -> Iterator[Finding]:
    named: dict[str, int] = {}
    parts = list(having(scenario.fleet, "trainsets", "vehicles"))
    for position, part in parts:
        path = ("fleet", position, "vehicles")
        if part.vehicles and len(part.vehicles) != part.trainsets:
            yield Finding(path, f"{len(part.vehicles)} names", f"{part.trainsets} names, one for each of the trainsets")
        for name in part.vehicles:
            if name in named:
                where = f"fleet[{named[name]}]" if named[name] != position else "the same list"
                yield Finding(path, name, f"each vehicle once; {where} contains this name too")
            named[name] = position
    if not named or len(parts) != len(scenario.fleet):
        return
    unnamed = sum(part.trainsets for part in scenario.fleet if not part.vehicles)
    known = given_names(scenario)
    strange = [name for name in called_vehicles(scenario) if name not in known]
    for name in strange[unnamed:]:
        row = next(trip.rows[0] for trip in scenario.timetable.called_trips if trip.vehicle == name)
        yield Finding(("timetable", "calls", row, "vehicle"), name, f"a vehicle of fleet, {did_you_mean(name, known)}")


def _running_times(scenario: Scenario) -> Iterator[Finding]:
    sections = len(scenario.stations) - 1
    times = scenario.timetable.running_time_s
    if sections < 1 or times is None:
        return
    for direction in DIRECTIONS:
        given = times.__dict__.get(direction)
        if given is not None and len(given) != sections:
            yield Finding(
                ("timetable", "running_time_s", direction), f"{len(given)} times",
                f"{sections} times, one for each section of the line with {sections + 1} stations",
            )  # fmt: skip


def _within_maximum_speed(scenario: Scenario) -> Iterator[Finding]:
    chainages = [station.chainage_m for station in scenario.stations]
    if any(after <= before for before, after in pairwise(chainages)):
        # Distances mean nothing then, and rule L3 has said so.
        return
    fastest = max(train.maximum_speed_kmh for train in scenario.train_types.values()) / 3.6
    for given in given_running_times(scenario):
        stations = scenario.stations_in_order(given.direction)
        if given.section >= len(stations) - 1:
            continue
        here, there = stations[given.section : given.section + 2]
        shortest = abs(there.chainage_m - here.chainage_m) / fastest
        if given.running_time_s <= shortest:
            yield Finding(
                given.path, f"{given.running_time_s}",
                f"above {shortest:.0f} for {here.id} to {there.id}, the time at the maximum speed of the trains",
            )  # fmt: skip


def _one_form(scenario: Scenario) -> Iterator[Finding]:
    timetable = scenario.timetable
    if timetable.calls is not None:
        beside = ("running_time_s", "section_times", "departures", "first_departure_s", "last_departure_s")
        both = [name for name in beside if getattr(timetable, name, None)]
        if both:
            yield Finding(
                ("timetable", "calls"), "calls and " + ", ".join(both),
                "either calls of every trip, or running times with departures or periods",
            )  # fmt: skip
        return
    if "running_time_s" in timetable.__dict__ and timetable.running_time_s is None:
        yield Finding(("timetable", "running_time_s"), "missing", "running_time_s, because there are no calls")
    if timetable.departures is not None:
        others = ("first_departure_s", "last_departure_s", "periods")
        given = [name.removesuffix("_s") for name in others if getattr(timetable, name) is not None]
        if given:
            yield Finding(
                ("timetable", "departures"), "departures and " + ", ".join(given), "either departures or periods"
            )
        for direction in DIRECTIONS:
            if not any(row.direction == direction for _, row in having(timetable.departures, "direction")):
                yield Finding(
                    ("timetable", "departures"), f"none in direction {direction}", "departures in both directions"
                )
        return
    for name in ("first_departure_s", "last_departure_s", "periods"):
        if getattr(timetable, name) is None:
            key = name.removesuffix("_s")
            yield Finding(("timetable", key), "missing", f"{key}, because there is no list of departures")


def _section_times(scenario: Scenario) -> Iterator[Finding]:
    ids = [station.id for station in scenario.stations]
    rows = list(having(scenario.timetable.section_times, "from_s", "to_s", "direction", "departure_station"))
    for position, row in rows:
        path = ("timetable", "section_times", position)
        if row.to_s <= row.from_s:
            yield Finding((*path, "to"), seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}")
        if row.departure_station not in ids:
            yield Finding((*path, "departure_station"), row.departure_station, did_you_mean(row.departure_station, ids))
            continue
        no_section = {"up": ids[-1:], "down": ids[:1], "both": [ids[0], ids[-1]]}[row.direction]
        if row.departure_station in no_section:
            yield Finding(
                (*path, "departure_station"), row.departure_station,
                f"a station from which a section begins in direction {row.direction}",
            )  # fmt: skip
        if row.__dict__.get("dwell_s") is not None and row.departure_station in (ids[0], ids[-1]):
            yield Finding((*path, "dwell_s"), f"{row.dwell_s}", "empty for a terminal of the line")
    for direction in DIRECTIONS:
        of = [(position, row) for position, row in rows if row.direction in (direction, "both")]
        of.sort(key=lambda item: (item[1].departure_station, item[1].from_s))
        for (_, before), (position, row) in pairwise(of):
            if row.departure_station == before.departure_station and row.from_s < before.to_s:
                yield Finding(
                    ("timetable", "section_times", position, "from"), seconds_to_clock(row.from_s),
                    f"not before {seconds_to_clock(before.to_s)}: times of one section must not overlap",
                )  # fmt: skip


def _last_after_first(scenario: Scenario) -> Iterator[Finding]:
    first, last = scenario.timetable.first_departure_s, scenario.timetable.last_departure_s
    if first is None or last is None:
        return
    for direction in DIRECTIONS:
        begin, end = first.__dict__.get(direction), last.__dict__.get(direction)
        if begin is not None and end is not None and end < begin:
            yield Finding(
                ("timetable", "last_departure", direction), seconds_to_clock(end),
                f"not before the first departure at {seconds_to_clock(begin)}",
            )  # fmt: skip


def _periods(scenario: Scenario) -> Iterator[Finding]:
    found: dict[tuple[str | int, ...], Finding] = {}
    for position, period in having(scenario.timetable.periods or (), "from_s", "to_s"):
        if period.to_s <= period.from_s:
            path: tuple[str | int, ...] = ("timetable", "periods", position, "to")
            found[path] = Finding(path, seconds_to_clock(period.to_s), f"after {seconds_to_clock(period.from_s)}")
    for direction in DIRECTIONS:
        for (_, before), (position, period) in pairwise(_periods_of(scenario, direction)):
            if period.from_s < before.to_s:
                path = ("timetable", "periods", position, "from")
                found[path] = Finding(
                    path, seconds_to_clock(period.from_s),
                    f"not before {seconds_to_clock(before.to_s)}: periods of a direction must not overlap",
                )  # fmt: skip
    yield from found.values()


def _periods_cover(scenario: Scenario) -> Iterator[Finding]:
    timetable = scenario.timetable
    if timetable.first_departure_s is None or timetable.last_departure_s is None or timetable.periods is None:
        return
    found: dict[int, Finding] = {}
    for direction in DIRECTIONS:
        begin, end = getattr(timetable.first_departure_s, direction), getattr(timetable.last_departure_s, direction)
        reached = begin
        for _, period in _periods_of(scenario, direction):
            if period.from_s > reached:
                break
            reached = max(reached, period.to_s)
        if reached < end:
            found.setdefault(reached, Finding(
                ("timetable", "periods"), f"no headway from {seconds_to_clock(reached)} in direction {direction}",
                f"no gap from the first train at {seconds_to_clock(begin)} to the last at {seconds_to_clock(end)}",
            ))  # fmt: skip
    yield from found.values()


def _periods_of(scenario: Scenario, direction: Direction) -> list[tuple[int, HeadwayPeriod]]:
    rows = [
        (position, period)
        for position, period in having(scenario.timetable.periods or (), "from_s", "to_s")
        if period.direction in (direction, "both") and period.to_s > period.from_s
    ]
    return sorted(rows, key=lambda item: item[1].from_s)


def _headways(scenario: Scenario) -> Iterator[Finding]:
    shortest = scenario.signalling.minimum_headway_s
    for position, period in having(scenario.timetable.periods or (), "headway_s"):
        if period.headway_s < shortest:
            yield Finding(
                ("timetable", "periods", position, "headway_s"), f"{period.headway_s}",
                f"at least signalling.minimum_headway_s {shortest}",
            )  # fmt: skip
    if scenario.policy.longest_headway_s < shortest:
        yield Finding(
            ("policy", "longest_headway_s"), f"{scenario.policy.longest_headway_s}",
            f"at least signalling.minimum_headway_s {shortest}",
        )  # fmt: skip


def _departures_apart(scenario: Scenario) -> Iterator[Finding]:
    shortest = scenario.signalling.minimum_headway_s
    rows = list(having(scenario.timetable.departures or (), "direction", "departure_s"))
    for direction in DIRECTIONS:
        ordered = sorted((row.departure_s, position) for position, row in rows if row.direction == direction)
        for (before, _), (time, position) in pairwise(ordered):
            if time - before < shortest:
                yield Finding(
                    ("timetable", "departures", position, "departure"), seconds_to_clock(time),
                    f"at least {shortest} s after {seconds_to_clock(before)}, the departure of the train ahead",
                )  # fmt: skip


RULES = (
    Rule("V1", "All trains of the fleet have a known train type and a known depot.", _fleet),
    Rule("V2", "The depots have capacity for the fleet.", _depot_capacity),
    Rule("V3", "There is one running time for each section and direction.", _running_times),
    Rule("V4", "No running time is shorter than the time at the maximum speed of the trains.", _within_maximum_speed),
    Rule("V5", "The timetable has either periods with first and last departures, or a list of departures.", _one_form),
    Rule("V6", "The last departure is not before the first departure.", _last_after_first),
    Rule("V7", "Periods end after their start and do not overlap.", _periods),
    Rule("V8", "The periods cover the time from the first to the last departure.", _periods_cover),
    Rule("V9", "No headway is below the minimum headway of the signalling.", _headways),
    Rule("V10", "The gaps between listed departures are not below the minimum headway.", _departures_apart),
    Rule("V11", "Times of a section in a period belong to a section of the line and do not overlap.", _section_times),
    Rule(
        "V12",
        "If a part of the fleet names its vehicles, each trainset has one name that no other vehicle has. The vehicles "
        "of the calls are vehicles of the fleet.",
        _vehicle_names,
        needs_whole_table=True,
    ),
)
