"""Rules of form: a plan is made of whole seconds, trips in order, on stations and with driving that the line knows."""

from collections import Counter
from collections.abc import Iterator

from dispatch.rules.case import Case
from dispatch.rules.violation import Violation, clock, rule
from dispatch.timetable import DIRECTIONS, Trip

STRATEGIES = frozenset({"flat_out", "speed_cap", "optimal"})


@rule(
    "whole-seconds",
    "Every time is a whole second, a train leaves a station not before it has arrived and arrives after it "
    "has left the "
    "station before; a trip's lists belong together and its name is its own.",
)
def whole_seconds(case: Case) -> Iterator[Violation]:
    """Times are whole, in order and complete."""
    names = Counter(trip.trip_id for trip in case.plan.timetable.trips)
    for name, count in names.items():
        if count > 1:
            yield Violation("whole-seconds", f"{count} trips are called {name}", name, amount=count - 1, unit="trips")
    for trip in case.plan.timetable.trips:
        yield from _form_of(trip)


def _form_of(trip: Trip) -> Iterator[Violation]:
    name, count = trip.trip_id, len(trip.stations)
    if trip.direction not in DIRECTIONS:
        yield Violation("whole-seconds", f"trip {name} runs {trip.direction!r}, which is neither up nor down", name)
    lengths = {"arrival_s": count, "departure_s": count, "driving": count - 1, "passengers": count - 1}
    for field, wanted in lengths.items():
        found = len(getattr(trip, field))
        if found != wanted:
            sentence = f"trip {name} has {found} values of {field} for {count} stations, {wanted} belong there"
            yield Violation("whole-seconds", sentence, name, amount=abs(found - wanted), unit="values")
    for field in ("arrival_s", "departure_s"):
        for station, time in zip(trip.stations, getattr(trip, field), strict=False):
            if isinstance(time, bool) or not isinstance(time, int):
                sentence = f"trip {name} at {station}: {field} is {time!r}, not a whole second"
                yield Violation("whole-seconds", sentence, name, station)
    if len(trip.arrival_s) != count or len(trip.departure_s) != count:
        return
    for index, station in enumerate(trip.stations):
        arrival, departure = trip.arrival_s[index], trip.departure_s[index]
        at_end = index in (0, count - 1)
        if departure < arrival or (at_end and departure != arrival):
            wanted_text = "equal to" if at_end else "not before"
            sentence = (
                f"trip {name} at {station}: departure {clock(departure)} must be {wanted_text} arrival {clock(arrival)}"
            )
            yield Violation("whole-seconds", sentence, name, station, round(arrival), abs(departure - arrival))
        if index and arrival <= trip.departure_s[index - 1]:
            late = trip.departure_s[index - 1] - arrival
            sentence = f"trip {name} arrives at {station} {late} s before it has left {trip.stations[index - 1]}"
            yield Violation("whole-seconds", sentence, name, station, round(arrival), late)


@rule(
    "stations-in-order",
    "A trip calls at neighbouring stations of the line in the order of travel and begins and ends where "
    "trains may turn.",
)
def stations_in_order(case: Case) -> Iterator[Violation]:
    """Stations are known, neighbours, in order; both ends are terminals."""
    for trip in case.plan.timetable.trips:
        if trip.direction not in DIRECTIONS or len(trip.stations) < 2:
            continue
        order = case.line[trip.direction]
        unknown = [station for station in trip.stations if station not in order]
        for station in unknown:
            sentence = f"trip {trip.trip_id} calls at {station}, which the line does not have"
            yield Violation("stations-in-order", sentence, trip.trip_id, station)
        if unknown:
            continue
        for before, after in zip(trip.stations, trip.stations[1:], strict=False):
            if order.index(after) != order.index(before) + 1:
                sentence = (
                    f"trip {trip.trip_id} goes from {before} to {after}, which is not the next station {trip.direction}"
                )
                amount = abs(order.index(after) - order.index(before) - 1)
                yield Violation("stations-in-order", sentence, trip.trip_id, before, amount=amount, unit="stations")
        for station in (trip.stations[0], trip.stations[-1]):
            if station not in case.terminals:
                sentence = f"trip {trip.trip_id} begins or ends at {station}, where trains cannot turn"
                yield Violation("stations-in-order", sentence, trip.trip_id, station)


@rule(
    "known-driving",
    "Every section is run with a driving strategy, or an ATO level of the vehicle's train type, that the scenario "
    "knows, with planned passengers between none and the crush capacity.",
)
def known_driving(case: Case) -> Iterator[Violation]:
    """Driving is known and the planned load can stand in the train."""
    for trip in case.sound_trips:
        known = STRATEGIES | case.ato_levels_of(trip)
        to_whom = f" to {case.type_name_of(trip)}" if len(case.fleet_types) > 1 else ""
        crush = case.train_type_of(trip).capacity.crush
        for index, (driving, passengers) in enumerate(zip(trip.driving, trip.passengers, strict=True)):
            place, time = trip.stations[index], trip.departure_s[index]
            if driving not in known:
                sentence = (
                    f"trip {trip.trip_id} leaves {place} with driving {driving!r}; known{to_whom} are "
                    f"{', '.join(sorted(known))}"
                )
                yield Violation("known-driving", sentence, trip.trip_id, place, time)
            if not 0.0 <= passengers <= crush:
                sentence = (
                    f"trip {trip.trip_id} leaves {place} with {passengers:g} passengers planned; 0 to {crush} "
                    "can stand there"
                )
                over = max(-passengers, passengers - crush)
                yield Violation("known-driving", sentence, trip.trip_id, place, time, over, "passengers")
