"""Rules on vehicles: continuity, turnback, fleet, terminal tracks and depots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dispatch.rules.case import CLEARING_S, DEPOT_AFTER_S, Case
from dispatch.rules.violation import Violation, clock, rule
from dispatch.timetable import Trip
from scenarios.fleet import vehicle_names


@rule(
    "vehicle-continuity",
    "Every trip has a vehicle, a vehicle works one trip at a time, and it begins where its trip before ended.",
)
def vehicle_continuity(case: Case) -> Iterator[Violation]:
    """Duties are chains in time and place."""
    for trip in case.sound_trips:
        if not trip.vehicle:
            sentence = f"trip {trip.trip_id} has no vehicle"
            yield Violation("vehicle-continuity", sentence, trip.trip_id, trip.stations[0], trip.start_s)
    for vehicle, trips in duties(case.sound_trips).items():
        for before, after in pairwise(trips):
            if after.start_s < before.end_s:
                late = before.end_s - after.start_s
                sentence = (
                    f"vehicle {vehicle} should leave with trip {after.trip_id} {late} s before "
                    f"{before.trip_id} has ended"
                )
                yield Violation("vehicle-continuity", sentence, after.trip_id, after.stations[0], after.start_s, late)
            elif after.stations[0] != before.stations[-1]:
                sentence = (
                    f"vehicle {vehicle} ends trip {before.trip_id} at {before.stations[-1]} but should begin "
                    f"{after.trip_id} "
                    f"at {after.stations[0]}"
                )
                yield Violation("vehicle-continuity", sentence, after.trip_id, after.stations[0], after.start_s)


@rule("turnback", "Between two trips a vehicle has at least the turnback time of the terminal.")
def turnback(case: Case) -> Iterator[Violation]:
    """The stand between two trips is long enough."""
    for vehicle, trips in duties(case.sound_trips).items():
        for before, after in pairwise(trips):
            place = before.stations[-1]
            if place != after.stations[0] or place not in case.terminals or after.start_s < before.end_s:
                continue  # reported by continuity or by stations-in-order
            needed = case.scenario.terminals[place].turnback_s
            stand = after.start_s - before.end_s
            if stand < needed:
                sentence = (
                    f"vehicle {vehicle} turns at {place} in {stand} s before trip {after.trip_id}; {needed:g} "
                    "s are needed, "
                    f"{needed - stand:g} s more"
                )
                yield Violation("turnback", sentence, after.trip_id, place, after.start_s, needed - stand)


@rule(
    "fleet",
    "The plan uses no more vehicles of a train type than the fleet has, only types that the line has, and each vehicle "
    "as the type that the fleet has under its name.",
)
def fleet(case: Case) -> Iterator[Violation]:
    """Vehicles by type stay within the fleet."""
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
                f"the plan needs {len(vehicles)} vehicles of type {train_type}, the fleet has "
                f"{owned[train_type]}: {over} too many"
            )
            yield Violation("fleet", sentence, amount=over, unit="vehicles")


@dataclass(frozen=True)
class Stand:
    """A vehicle at a terminal; `from_s` or `to_s` None is the end of a night in the depot."""

    vehicle: str
    station: str
    from_s: int | None
    to_s: int | None
    trip: Trip


@rule(
    "terminal-tracks",
    "No more trains are at a terminal at once than it has tracks. A train is there from arrival until 45 s after "
    "departure, when the next one may arrive, or, when it goes to the depot (beyond the longest turnback, or 900 s), "
    "for half a turnback time after arrival and from as long before departure.",
)
def terminal_tracks(case: Case) -> Iterator[Violation]:
    """Occupation of turnback tracks stays within their number."""
    allowed: dict[str, int] = {station: terminal.tracks for station, terminal in case.scenario.terminals.items()}
    if case.plan.mode == "equal-service":
        for station, peak in _peaks(_occupations(case, stands(case.baseline.trips))).items():
            allowed[station] = max(allowed.get(station, peak), peak)
    for station, occupations in _occupations(case, stands(case.sound_trips)).items():
        yield from _over(
            "terminal-tracks", station, occupations, allowed[station], "trains stand at", "tracks are there", "trains"
        )


@rule(
    "depot",
    "A vehicle begins and ends its day, and waits longer than the longest turnback, only where a depot is, "
    "and no depot holds "
    "more trains than its capacity. A line without depots in its scenario lets trains begin, end and wait at "
    "any terminal.",
)
def depot(case: Case) -> Iterator[Violation]:
    """Trains out of service stand in a depot with room for them."""
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
        yield from _over("depot", station, occupations, room, "trains rest at", "find room in a depot there", "trains")


def duties(trips: Sequence[Trip]) -> Mapping[str, list[Trip]]:
    """The trips of each vehicle by departure; trips without a vehicle are left out."""
    result: dict[str, list[Trip]] = {}
    for trip in sorted(trips, key=lambda trip: (trip.start_s, trip.end_s, trip.trip_id)):
        if trip.vehicle:
            result.setdefault(trip.vehicle, []).append(trip)
    return result


def stands(trips: Sequence[Trip]) -> list[Stand]:
    """Where and when vehicles stand at terminals, nights included; breaks of continuity are left to their own rule."""
    result = []
    for vehicle, worked in duties(trips).items():
        result.append(Stand(vehicle, worked[0].stations[0], None, worked[0].start_s, worked[0]))
        result.append(Stand(vehicle, worked[-1].stations[-1], worked[-1].end_s, None, worked[-1]))
        for before, after in pairwise(worked):
            if before.stations[-1] == after.stations[0] and after.start_s >= before.end_s:
                result.append(Stand(vehicle, after.stations[0], before.end_s, after.start_s, after))
    return result


Occupation = tuple[float, float, str]


def _occupations(case: Case, standing: Sequence[Stand]) -> Mapping[str, list[Occupation]]:
    result: dict[str, list[Occupation]] = {}
    for stand in standing:
        if stand.station not in case.terminals:
            continue
        half = case.scenario.terminals[stand.station].turnback_s / 2
        at_station = result.setdefault(stand.station, [])
        if stand.from_s is not None and stand.to_s is not None and not _goes_to_depot(case, stand):
            at_station.append((stand.from_s, stand.to_s + CLEARING_S, stand.trip.trip_id))
            continue
        if stand.from_s is not None:
            at_station.append((stand.from_s, stand.from_s + half, stand.trip.trip_id))
        if stand.to_s is not None:
            at_station.append((stand.to_s - half, stand.to_s + CLEARING_S, stand.trip.trip_id))
    return result


def _in_depot(case: Case, standing: Sequence[Stand]) -> Mapping[str, list[Occupation]]:
    result: dict[str, list[Occupation]] = {}
    for stand in standing:
        if stand.from_s is None or stand.to_s is None or _goes_to_depot(case, stand):
            begin = -1e9 if stand.from_s is None else float(stand.from_s)
            end = 1e9 if stand.to_s is None else float(stand.to_s)
            result.setdefault(stand.station, []).append((begin, end, stand.trip.trip_id))
    return result


def _goes_to_depot(case: Case, stand: Stand) -> bool:
    if stand.from_s is None or stand.to_s is None or stand.station not in case.terminals:
        return False
    longest = case.scenario.terminals[stand.station].maximum_turnback_s
    if longest is not None:
        return stand.to_s - stand.from_s > longest
    with_depot = {place.station for place in case.scenario.depots}
    return (not with_depot or stand.station in with_depot) and stand.to_s - stand.from_s > DEPOT_AFTER_S


def _peaks(occupations: Mapping[str, list[Occupation]]) -> Mapping[str, int]:
    return {
        station: max((count for _, count, _ in _counts(at_station)), default=0)
        for station, at_station in occupations.items()
    }


def _counts(occupations: Sequence[Occupation]) -> list[tuple[float, int, str]]:
    """(time, trains there from then on, trip that came) at each arrival; who leaves in the same second has left."""
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
