"""Rules on vehicles: continuity, turnback, fleet, terminal tracks and depots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, clock, rule
from dispatch.plans.timetable import Timetable, Trip
from scenarios.values.fleet import vehicle_names


@rule(
    "vehicle-continuity",
    "Every trip has a vehicle. A vehicle works one trip at a time, and each trip begins where the trip before ended.",
)
def vehicle_continuity(case: CheckCase) -> Iterator[Violation]:
    """The trips of a vehicle are in sequence in time and place."""
    for trip in case.sound_trips:
        if not trip.vehicle:
            sentence = f"trip {trip.trip_id} has no vehicle"
            yield Violation("vehicle-continuity", sentence, trip.trip_id, trip.stations[0], trip.start_s)
    for vehicle, trips in duties(case.sound_trips).items():
        for before, after in pairwise(trips):
            if after.start_s < before.end_s:
                late = before.end_s - after.start_s
                sentence = (
                    f"vehicle {vehicle} leaves with trip {after.trip_id} {late} s before its trip {before.trip_id} "
                    "has ended"
                )
                yield Violation("vehicle-continuity", sentence, after.trip_id, after.stations[0], after.start_s, late)
            elif after.stations[0] != before.stations[-1]:
                sentence = (
                    f"vehicle {vehicle} ends trip {before.trip_id} at {before.stations[-1]}, but its next trip "
                    f"{after.trip_id} begins at {after.stations[0]}"
                )
                yield Violation("vehicle-continuity", sentence, after.trip_id, after.stations[0], after.start_s)


@rule(
    "turnback",
    "Between two trips a vehicle has at least the turnback time of the terminal, for its direction and arrival.",
)
def turnback(case: CheckCase) -> Iterator[Violation]:
    """The turnback time is at least the minimum."""
    for vehicle, trips in duties(case.sound_trips).items():
        for before, after in pairwise(trips):
            place = before.stations[-1]
            if place != after.stations[0] or place not in case.terminals or after.start_s < before.end_s:
                continue  # the rules continuity and stations-in-order report this case
            needed = case.scenario.terminals[place].turnback_at_s(before.end_s, before.direction)
            stand = after.start_s - before.end_s
            if stand < needed:
                sentence = (
                    f"vehicle {vehicle} turns at {place} in {stand} s before trip {after.trip_id}; the minimum is "
                    f"{needed:g} s, {needed - stand:g} s more"
                )
                yield Violation("turnback", sentence, after.trip_id, place, after.start_s, needed - stand)


@rule(
    "fleet",
    "The plan uses no more vehicles of a train type than the fleet has, only train types of the line, and each vehicle "
    "as the train type that the fleet lists for it.",
)
def fleet(case: CheckCase) -> Iterator[Violation]:
    """The numbers of vehicles by type are within the fleet."""
    owned: dict[str, int] = {}
    for group in case.scenario.fleet:
        owned[group.train_type] = owned.get(group.train_type, 0) + group.trainsets
    names = vehicle_names(case.scenario)
    used: dict[str, list[str]] = {}
    for vehicle, trips in duties(case.sound_trips).items():
        train_type = case.plan.vehicles.get(vehicle)
        if train_type is None or train_type not in owned:
            what = "has no train type" if train_type is None else f"is of type {train_type!r}, not in the fleet"
            first = trips[0]
            yield Violation("fleet", f"vehicle {vehicle} {what}", first.trip_id, first.stations[0], first.start_s)
        elif names.get(vehicle, train_type) != train_type:
            sentence = f"vehicle {vehicle} is of type {names[vehicle]} in the fleet, not {train_type}"
            yield Violation("fleet", sentence, trips[0].trip_id, trips[0].stations[0], trips[0].start_s)
        else:
            used.setdefault(train_type, []).append(vehicle)
    for train_type, vehicles in used.items():
        over = len(vehicles) - owned[train_type]
        if over > 0:
            sentence = (
                f"the plan needs {len(vehicles)} vehicles of type {train_type}, but the fleet has "
                f"{owned[train_type]}: {over} too many"
            )
            yield Violation("fleet", sentence, amount=over, unit="vehicles")


@dataclass(frozen=True)
class Stand:
    """A vehicle at a terminal; `from_s` or `to_s` is None before the first or after the last trip of the day."""

    vehicle: str
    station: str
    from_s: int | None
    to_s: int | None
    trip: Trip


@rule(
    "terminal-tracks",
    "No more trains are at a terminal at once than it has tracks. A train is there from arrival until the operation's "
    "`track_clearing_s` (45 s by default) after departure, when the next one may arrive, or, when it goes to the depot "
    "(beyond the longest turnback, or `depot_after_s`, 900 s by default), for its `depot_shunting_share` (by default "
    "half) of a turnback time after arrival and from as long before departure.",
)
def terminal_tracks(case: CheckCase) -> Iterator[Violation]:
    """The number of trains on turnback tracks is within the number of tracks."""
    allowed: dict[str, int] = {station: terminal.tracks for station, terminal in case.scenario.terminals.items()}
    if case.plan.mode == "equal-service":
        for station, peak in _peaks(_occupations(case, stands(case.baseline.trips))).items():
            allowed[station] = max(allowed.get(station, peak), peak)
    for station, occupations in _occupations(case, stands(case.sound_trips)).items():
        yield from _over(
            "terminal-tracks",
            station,
            occupations,
            allowed[station],
            "trains are at",
            "is the number of its tracks",
            "trains",
        )


@rule(
    "depot",
    "A vehicle begins and ends its day, and waits longer than the longest turnback, only at a terminal with a depot. "
    "No depot holds more trains than its capacity. Where the scenario has no depots, trains may begin, end and wait at "
    "any terminal.",
)
def depot(case: CheckCase) -> Iterator[Violation]:
    """The number of trains in the depots is within their capacity."""
    capacity: dict[str, int] = {}
    for place in case.scenario.depots:
        capacity[place.station] = capacity.get(place.station, 0) + place.capacity
    if not capacity:
        return
    allowed = dict(capacity)
    if case.plan.mode == "equal-service":
        for station, peak in _peaks(_in_depot(case, stands(case.baseline.trips))).items():
            allowed[station] = max(allowed.get(station, 0), peak)
    for station, occupations in _in_depot(case, stands(case.sound_trips)).items():
        room = allowed.get(station, 0)
        yield from _over(
            "depot",
            station,
            occupations,
            room,
            "trains are in the depots at",
            "is the capacity of the depots",
            "trains",
        )


def duties(trips: Sequence[Trip]) -> Mapping[str, tuple[Trip, ...]]:
    """The trips of each vehicle by departure; trips without a vehicle are left out."""
    return {vehicle: worked for vehicle, worked in Timetable(tuple(trips)).duties().items() if vehicle}


def stands(trips: Sequence[Trip]) -> list[Stand]:
    """Stands of vehicles at terminals, including nights; without vehicles that violate continuity."""
    result = []
    for vehicle, worked in duties(trips).items():
        result.append(Stand(vehicle, worked[0].stations[0], None, worked[0].start_s, worked[0]))
        result.append(Stand(vehicle, worked[-1].stations[-1], worked[-1].end_s, None, worked[-1]))
        for before, after in pairwise(worked):
            if before.stations[-1] == after.stations[0] and after.start_s >= before.end_s:
                result.append(Stand(vehicle, after.stations[0], before.end_s, after.start_s, after))
    return result


Occupation = tuple[float, float, str]


def _occupations(case: CheckCase, standing: Sequence[Stand]) -> Mapping[str, list[Occupation]]:
    operation = case.scenario.operation
    result: dict[str, list[Occupation]] = {}
    for stand in standing:
        if stand.station not in case.terminals:
            continue
        shunting_s = operation.depot_shunting_share * case.scenario.terminals[stand.station].turnback_s
        at_station = result.setdefault(stand.station, [])
        if stand.from_s is not None and stand.to_s is not None and not _goes_to_depot(case, stand):
            at_station.append((stand.from_s, stand.to_s + operation.track_clearing_s, stand.trip.trip_id))
            continue
        if stand.from_s is not None:
            at_station.append((stand.from_s, stand.from_s + shunting_s, stand.trip.trip_id))
        if stand.to_s is not None:
            at_station.append((stand.to_s - shunting_s, stand.to_s + operation.track_clearing_s, stand.trip.trip_id))
    return result


def _in_depot(case: CheckCase, standing: Sequence[Stand]) -> Mapping[str, list[Occupation]]:
    result: dict[str, list[Occupation]] = {}
    for stand in standing:
        if stand.from_s is None or stand.to_s is None or _goes_to_depot(case, stand):
            begin = -1e9 if stand.from_s is None else float(stand.from_s)
            end = 1e9 if stand.to_s is None else float(stand.to_s)
            result.setdefault(stand.station, []).append((begin, end, stand.trip.trip_id))
    return result


def _goes_to_depot(case: CheckCase, stand: Stand) -> bool:
    if stand.from_s is None or stand.to_s is None or stand.station not in case.terminals:
        return False
    longest = case.scenario.terminals[stand.station].maximum_turnback_s
    if longest is not None:
        return stand.to_s - stand.from_s > longest
    with_depot = {place.station for place in case.scenario.depots}
    return (
        not with_depot or stand.station in with_depot
    ) and stand.to_s - stand.from_s > case.scenario.operation.depot_after_s


def _peaks(occupations: Mapping[str, list[Occupation]]) -> Mapping[str, int]:
    return {
        station: max((count for _, count, _ in _counts(at_station)), default=0)
        for station, at_station in occupations.items()
    }


def _counts(occupations: Sequence[Occupation]) -> list[tuple[float, int, str]]:
    """(time, number of trains from then on, arriving trip) at each arrival; departures of this second count first."""
    events = sorted(
        [(begin, 1, trip) for begin, end, trip in occupations if end > begin]
        + [(end, -1, trip) for begin, end, trip in occupations if end > begin],
        key=lambda event: (event[0], event[1]),
    )
    result, count = [], 0
    for time, change, trip in events:
        count += change
        if change > 0:
            result.append((time, count, trip))
    return result


def _over(
    name: str, station: str, occupations: Sequence[Occupation], allowed: int, what: str, limit: str, unit: str
) -> Iterator[Violation]:
    for time, count, trip in _counts(occupations):
        if count > allowed:
            when = "overnight" if time < -1e8 else f"at {clock(time)}"
            sentence = f"{when} {count} {what} {station}; {allowed} {limit}, {count - allowed} too many"
            yield Violation(name, sentence, trip, station, None if time < -1e8 else round(time), count - allowed, unit)
