"""Which trip of a feed runs as which trip of a plan: kept, removed, added, or a departure of a frequency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from api.export.feed_stop_times import FeedCall, places_of
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.trip_pairs import pairs
from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.day_trips import DayTrips
from scenarios.imports.patterns import SeenTrip, trip_list


@dataclass(frozen=True)
class NewTrip:
    """A trip of the plan that becomes a new trip of the feed: its identifier there, and the trip that is copied.

    `is_added`: the timetable in force does not have the trip; otherwise it was a departure of a frequency.
    """

    trip_id: str
    trip: Trip
    template: str
    is_added: bool


@dataclass
class Targets:
    """What becomes of the trips of a feed: `kept` by identifier, `removed`, `added`, and for each trip with a frequency
    its departures."""

    kept: dict[str, Trip] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    added: list[NewTrip] = field(default_factory=list)
    departures: dict[str, list[NewTrip]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def targets_of(
    plan: Plan, in_force: Timetable, day: DayTrips, calls: Mapping[str, Sequence[FeedCall]], taken: set[str], place: str
) -> Targets:
    """The trips of the feed for the trips of a plan.

    At equal service, the trips of the plan have the names of the feed. Otherwise, trips with these names keep them, and
    other trips correspond by departure (`trip_pairs`); a trip of the plan without counterpart is added, a trip of the
    timetable in force without counterpart is removed. Raises InputFaults with every trip of the plan that has no
    counterpart in the feed; `place` names the routes and the day in them. `taken` are the identifiers of all trips of
    the feed; the new ones are added to it.
    """
    seen = {trip.trip_id: trip for trip in day.seen}
    matched, rest, gone = _matched(plan, in_force)
    faults: list[Fault] = []
    templates: dict[str, str] = {}
    for name, trip in matched.items():
        source = seen.get(name)
        if source is None:
            faults.append(Fault(place, f"trip {trip.trip_id}", "trip_id", name, "a trip of the feed on this day"))
        elif places_of(trip.stations, calls[_feed_trip(source)]) is None:
            allowed = "stations of this trip in the feed, in order of travel"
            faults.append(Fault(place, f"trip {trip.trip_id}", "stations", " - ".join(trip.stations), allowed))
    known = [trip for trip in in_force.trips if trip.trip_id in seen]
    for trip in rest:
        chosen = None if plan.mode == "equal-service" else _template(trip, known, seen, calls)
        if chosen is None:
            allowed = "a trip with a counterpart in the feed"
            if plan.mode != "equal-service":
                allowed += ", or a trip of the feed over the same stations that can be copied"
            faults.append(Fault(place, f"trip {trip.trip_id}", "trip_id", trip.trip_id, allowed))
        else:
            templates[trip.trip_id] = chosen
    faults += [
        Fault(place, f"trip {name}", "trip_id", name, "a trip of the feed on this day") for name in gone
        if name not in seen
    ]  # fmt: skip
    if faults:
        raise InputFaults(faults)
    return _collected(day, matched, {trip.trip_id: trip for trip in rest}, templates, gone, taken)


def _matched(plan: Plan, in_force: Timetable) -> tuple[dict[str, Trip], list[Trip], list[str]]:
    """Trips of the plan by the name of the trip in force that they replace, other trips of the plan, and the names of
    trips in force that the plan does not run."""
    today = {trip.trip_id: trip for trip in in_force.trips}
    matched = {trip.trip_id: trip for trip in plan.timetable.trips if trip.trip_id in today}
    rest = [trip for trip in plan.timetable.trips if trip.trip_id not in today]
    gone = [trip for trip in in_force.trips if trip.trip_id not in matched]
    if plan.mode == "equal-service" or not rest or not gone:
        return matched, rest, [trip.trip_id for trip in gone]
    sides = [replace(plan, mode="demand-led", timetable=Timetable(tuple(trips))) for trips in (gone, rest)]
    alone: list[Trip] = []
    ended: list[str] = []
    for old, new in pairs(*sides):
        if old is not None and new is not None:
            matched[old.trip_id] = new
        elif new is not None:
            alone.append(new)
        elif old is not None:
            ended.append(old.trip_id)
    return matched, alone, ended


def _template(
    trip: Trip, known: Sequence[Trip], seen: Mapping[str, SeenTrip], calls: Mapping[str, Sequence[FeedCall]]
) -> str | None:
    """The trip in force that is copied: if possible over the same stations, with the closest departure."""
    fitting = [
        one
        for one in known
        if one.direction == trip.direction and places_of(trip.stations, calls[_feed_trip(seen[one.trip_id])])
    ]
    if not fitting:
        return None
    return min(
        fitting,
        key=lambda one: (
            seen[one.trip_id].stations != trip.stations, abs(one.start_s - trip.start_s), one.trip_id
        ),
    ).trip_id  # fmt: skip


def _feed_trip(trip: SeenTrip) -> str:
    return trip.of_frequency or trip.trip_id


def _collected(
    day: DayTrips, matched: Mapping[str, Trip], rest: Mapping[str, Trip], templates: Mapping[str, str],
    gone: Sequence[str], taken: set[str],
) -> Targets:  # fmt: skip
    targets = Targets()
    first: dict[tuple[object, ...], str] = {}
    elsewhere: list[str] = []
    ended = set(gone)
    for trip in day.seen:
        # A trip that the feed has twice at the same times is one train: both rows change alike.
        kept = first.setdefault((trip.stations, trip.arrival_s, trip.departure_s), trip.trip_id)
        source = _feed_trip(trip)
        if kept in matched:
            if trip.of_frequency:
                one = NewTrip(trip.trip_id, matched[kept], source, is_added=False)
                targets.departures.setdefault(source, []).append(one)
            else:
                targets.kept[source] = matched[kept]
        elif kept not in ended:
            elsewhere.append(trip.trip_id)
        elif trip.of_frequency:
            targets.departures.setdefault(source, [])
        else:
            targets.removed.append(source)
    seen = {trip.trip_id: trip for trip in day.seen}
    for name, planned in rest.items():
        template = seen[templates[name]]
        source = _feed_trip(template)
        added = NewTrip(free_name(name, taken), planned, source, is_added=True)
        (targets.departures.setdefault(source, []) if template.of_frequency else targets.added).append(added)
    stay = [name for name in elsewhere if seen[name].of_frequency not in targets.departures]
    dropped = [name for name in elsewhere if seen[name].of_frequency in targets.departures]
    if stay:
        targets.notes.append(
            f"{len(stay)} trips of the routes on this day are not in the scenario and stay as they are: "
            + trip_list(stay)
        )
    if dropped:
        targets.notes.append(
            f"{len(dropped)} departures of frequencies are not in the scenario and are not in the merged feed: "
            + trip_list(dropped)
        )
    return targets


def free_name(name: str, taken: set[str]) -> str:
    """The name, or the name with the first number from 2 on that is not taken; it is taken from then on."""
    found = next(one for k in count(1) if (one := f"{name}-{k}" if k > 1 else name) not in taken)
    taken.add(found)
    return found
