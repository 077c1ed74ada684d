"""Rules of the service (V): fleet, timetable in force, policy."""

from collections.abc import Iterator
from itertools import pairwise

from scenarios.names import did_you_mean
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.schema.service import HeadwayPeriod


def _fleet(scenario: Scenario) -> Iterator[Finding]:
    if not scenario.fleet:
        yield Finding(("fleet",), "no trains", "at least one train type with its trains")
    depots = [depot.id for _, depot in having(scenario.depots, "id")]
    for position, part in enumerate(scenario.fleet):
        train_type, depot = part.__dict__.get("train_type"), part.__dict__.get("depot")
        if train_type is not None and train_type not in scenario.train_types:
            yield Finding(("fleet", position, "train_type"), train_type, did_you_mean(train_type, scenario.train_types))
        if depot is not None and depot not in depots:
            yield Finding(("fleet", position, "depot"), depot, did_you_mean(depot, depots))


def _depot_capacity(scenario: Scenario) -> Iterator[Finding]:
    room = sum(depot.capacity for depot in scenario.depots)
    if scenario.depots and scenario.trainsets > room:
        yield Finding(("depots",), f"room for {room} trains", f"room for the fleet of {scenario.trainsets}")


def _running_times(scenario: Scenario) -> Iterator[Finding]:
    sections = len(scenario.stations) - 1
    if sections < 1:
        return
    times = scenario.timetable.running_time_s
    for direction in DIRECTIONS:
        given = times.__dict__.get(direction)
        if given is not None and len(given) != sections:
            yield Finding(
                ("timetable", "running_time_s", direction), f"{len(given)} times",
                f"{sections} times, one for each section between {sections + 1} stations",
            )  # fmt: skip


def _within_maximum_speed(scenario: Scenario) -> Iterator[Finding]:
    chainages = [station.chainage_m for station in scenario.stations]
    if any(after <= before for before, after in pairwise(chainages)):
        # Distances mean nothing then, and rule L3 has said so.
        return
    fastest = max(train.maximum_speed_kmh for train in scenario.train_types.values()) / 3.6
    for direction in DIRECTIONS:
        times = scenario.timetable.running_time_s.__dict__.get(direction, ())
        stations = scenario.stations_in_order(direction)
        if len(times) != len(stations) - 1:
            continue
        for position, (here, there) in enumerate(pairwise(stations)):
            shortest = abs(there.chainage_m - here.chainage_m) / fastest
            if times[position] <= shortest:
                yield Finding(
                    ("timetable", "running_time_s", direction, position), f"{times[position]}",
                    f"above {shortest:.0f} for {here.id} to {there.id}, the time at the trains' maximum speed",
                )  # fmt: skip


def _one_form(scenario: Scenario) -> Iterator[Finding]:
    timetable = scenario.timetable
    if timetable.departures is not None:
        others = ("first_departure_s", "last_departure_s", "periods")
        given = [name.removesuffix("_s") for name in others if getattr(timetable, name) is not None]
        if given:
            yield Finding(
                ("timetable", "departures"), "departures beside " + ", ".join(given), "departures alone, or periods"
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
            yield Finding(("timetable", key), "missing", f"{key}, needed where departures are not listed one by one")


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
                    f"not before {seconds_to_clock(before.to_s)}: periods of a direction may not overlap",
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
                    f"at least {shortest} s after {seconds_to_clock(before)}, the train before",
                )  # fmt: skip


RULES = (
    Rule("V1", "The fleet has trains of known types, in known depots.", _fleet),
    Rule("V2", "The depots have room for the fleet.", _depot_capacity),
    Rule("V3", "There is one running time for each section and direction.", _running_times),
    Rule("V4", "No running time is shorter than the trains' maximum speed allows.", _within_maximum_speed),
    Rule("V5", "The timetable has periods with first and last departures, or a list of departures.", _one_form),
    Rule("V6", "The last departure is not before the first.", _last_after_first),
    Rule("V7", "Periods end after their beginning and do not overlap.", _periods),
    Rule("V8", "Periods cover the time from the first to the last departure.", _periods_cover),
    Rule("V9", "No headway is below the minimum headway of the signalling.", _headways),
    Rule("V10", "Listed departures keep the minimum headway.", _departures_apart),
)
