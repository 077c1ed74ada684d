"""Rules of form: times in whole seconds and in order, stations of the line, known driving."""

from collections import Counter
from collections.abc import Iterator

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, clock, rule
from dispatch.plans.timetable import Trip
from scenarios.schema.base import DIRECTIONS

STRATEGIES = frozenset({"flat_out", "speed_cap", "optimal"})


@rule(
    "whole-seconds",
    "Every time is a whole second. A train leaves a station not before its arrival there, and arrives at a station "
    "after it left the station before. A trip has an arrival and a departure at each of its stations, and a name that "
    "no other trip has.",
)
def whole_seconds(case: CheckCase) -> Iterator[Violation]:
    """Times are whole, in order and complete."""
    names = Counter(trip.trip_id for trip in case.plan.timetable.trips)
    for name, count in names.items():
        if count > 1:
            yield Violation(
                "whole-seconds", f"{count} trips have the name {name}", name, amount=count - 1, unit="trips"
            )
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
            sentence = f"trip {name} has {found} values of {field} for {count} stations; {wanted} are necessary"
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
    "A trip stops at neighbouring stations of the line in the order of travel, and begins and ends at stations where "
    "trains may turn.",
)
def stations_in_order(case: CheckCase) -> Iterator[Violation]:
    """Stations are known, neighbours, in order; both ends are terminals."""
    for trip in case.plan.timetable.trips:
        if trip.direction not in DIRECTIONS or len(trip.stations) < 2:
            continue
        order = case.line[trip.direction]
        unknown = [station for station in trip.stations if station not in order]
        for station in unknown:
            sentence = f"trip {trip.trip_id} stops at {station}, which is not a station of the line"
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
    "Every section is driven by a driving strategy of the scenario or by an ATO level of the vehicle's train type. The "
    "planned number of passengers is not negative and not above the crush capacity of the train.",
)
def known_driving(case: CheckCase) -> Iterator[Violation]:
    """Driving is known, and the planned load is within the crush capacity."""
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
                    f"trip {trip.trip_id} leaves {place} with {passengers:g} planned passengers; 0 to {crush} "
                    "are allowed"
                )
                over = max(-passengers, passengers - crush)
                yield Violation("known-driving", sentence, trip.trip_id, place, time, over, "passengers")
