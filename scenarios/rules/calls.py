"""Rules of calls (C): the trips of a timetable that gives every stop of every trip."""

from collections.abc import Iterator
from itertools import pairwise

from scenarios.files.names import did_you_mean
from scenarios.rules.rule import Finding, Rule
from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.schema.service import CalledTrip


def _at(row: int, column: str) -> tuple[str | int, ...]:
    return ("timetable", "calls", row, column)


def _direction(scenario: Scenario, trip: CalledTrip) -> Direction | None:
    """The direction of a trip over neighbouring stations; None for any other trip."""
    for direction in DIRECTIONS:
        order = tuple(station.id for station in scenario.stations_in_order(direction))
        if len(trip.stations) > 1 and trip.stations[0] in order:
            first = order.index(trip.stations[0])
            if order[first : first + len(trip.stations)] == trip.stations:
                return direction
    return None


def _neighbours(scenario: Scenario) -> Iterator[Finding]:
    ids = [station.id for station in scenario.stations]
    for trip in scenario.timetable.called_trips:
        unknown = [(row, name) for row, name in zip(trip.rows, trip.stations, strict=True) if name not in ids]
        for row, name in unknown:
            allowed = did_you_mean(name, ids, if_none="the line has no stations")
            yield Finding(_at(row, "station"), f"{name} of trip {trip.trip_id}", allowed)
        if unknown:
            continue
        if len(trip.stations) < 2:
            allowed = "at least two calls for each trip"
            yield Finding(_at(trip.rows[0], "trip_id"), f"one call of trip {trip.trip_id}", allowed)
            continue
        places = [ids.index(name) for name in trip.stations]
        step = 1 if places[1] > places[0] else -1
        for row, (before, place) in zip(trip.rows[1:], pairwise(places), strict=True):
            if place != before + step:
                after = ids[before + step] if 0 <= before + step < len(ids) else "no station"
                yield Finding(
                    _at(row, "station"), f"{ids[place]} of trip {trip.trip_id} after {ids[before]}",
                    f"{after}, the next station in the direction of the trip; Headwatt does not plan trips that pass "
                    "stations",
                )  # fmt: skip
                break


def _times_rise(scenario: Scenario) -> Iterator[Finding]:
    for trip in scenario.timetable.called_trips:
        last = len(trip.rows) - 1
        for k, row in enumerate(trip.rows):
            arrival, departure = trip.arrival_s[k], trip.departure_s[k]
            if 0 < k < last and departure < arrival:
                yield Finding(
                    _at(row, "departure"), f"{seconds_to_clock(departure)} of trip {trip.trip_id}",
                    f"not before the arrival at {seconds_to_clock(arrival)}",
                )  # fmt: skip
            if k > 0 and arrival <= trip.departure_s[k - 1]:
                yield Finding(
                    _at(row, "arrival"), f"{seconds_to_clock(arrival)} of trip {trip.trip_id}",
                    f"after {seconds_to_clock(trip.departure_s[k - 1])}, the departure from {trip.stations[k - 1]}; "
                    "times after midnight go on with 24:00",
                )  # fmt: skip


def _ends_at_terminals(scenario: Scenario) -> Iterator[Finding]:
    for trip in scenario.timetable.called_trips:
        for row, name in ((trip.rows[0], trip.stations[0]), (trip.rows[-1], trip.stations[-1])):
            if name not in scenario.terminals:
                yield Finding(
                    _at(row, "station"), f"trip {trip.trip_id} begins or ends at {name}",
                    "one of terminals: " + ", ".join(scenario.terminals),
                )  # fmt: skip


def _dwells_within_limits(scenario: Scenario) -> Iterator[Finding]:
    stations = {station.id: station for station in scenario.stations}
    for trip in scenario.timetable.called_trips:
        for k in range(1, len(trip.rows) - 1):
            station = stations.get(trip.stations[k])
            dwell_s = trip.departure_s[k] - trip.arrival_s[k]
            is_within = station is None or station.minimum_dwell_s <= dwell_s <= station.maximum_dwell_s
            if station is not None and dwell_s >= 0 and not is_within:
                yield Finding(
                    _at(trip.rows[k], "departure"), f"a dwell of {dwell_s} s of trip {trip.trip_id} at {station.id}",
                    f"{station.minimum_dwell_s:g} to {station.maximum_dwell_s:g} s, the dwell limits of the station",
                )  # fmt: skip


def _both_directions(scenario: Scenario) -> Iterator[Finding]:
    if scenario.timetable.calls is None:
        return
    for direction in DIRECTIONS:
        if not scenario.whole_trips[direction]:
            first, last = (scenario.stations_in_order(direction)[k].id for k in (0, -1))
            yield Finding(
                ("timetable", "calls"), f"no trip {direction} over the whole line",
                f"at least one trip from {first} to {last}",
            )  # fmt: skip


def _vehicles(scenario: Scenario) -> Iterator[Finding]:
    trips = scenario.timetable.called_trips
    yield from _names_of_a_trip(scenario)
    without = [trip for trip in trips if not trip.vehicle]
    if without and len(without) < len(trips):
        yield Finding(
            _at(without[0].rows[0], "vehicle"), f"empty for {len(without)} of {len(trips)} trips",
            "a vehicle for every trip, or for none",
        )  # fmt: skip
        return
    chains: dict[str, list[CalledTrip]] = {}
    for trip in sorted(trips, key=lambda trip: (trip.departure_s[0], trip.trip_id)):
        chains.setdefault(trip.vehicle or "", []).append(trip)
    chains.pop("", None)
    for vehicle, chain in chains.items():
        for before, trip in pairwise(chain):
            ends = f"trip {before.trip_id} ends at {before.stations[-1]} at {seconds_to_clock(before.arrival_s[-1])}"
            if trip.stations[0] != before.stations[-1] or trip.departure_s[0] < before.arrival_s[-1]:
                yield Finding(
                    _at(trip.rows[0], "vehicle"),
                    f"{vehicle} from {trip.stations[0]} at {seconds_to_clock(trip.departure_s[0])}, trip "
                    f"{trip.trip_id}",
                    f"a vehicle that is there: its {ends}; leave the column empty to have vehicles chosen",
                )  # fmt: skip


def _names_of_a_trip(scenario: Scenario) -> Iterator[Finding]:
    calls = scenario.timetable.calls or ()
    for trip in scenario.timetable.called_trips:
        for column, own in (("vehicle", trip.vehicle), ("train_number", trip.train_number)):
            for row in trip.rows:
                other = getattr(calls[row], column)
                if other not in (None, own):
                    yield Finding(_at(row, column), other, f"{own}, as in the first row of trip {trip.trip_id}")
                    break


def _calls_apart(scenario: Scenario) -> Iterator[Finding]:
    shortest = scenario.signalling.minimum_headway_s
    leaving: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for trip in scenario.timetable.called_trips:
        direction = _direction(scenario, trip)
        if direction is not None:
            for k, time_s in enumerate((*trip.departure_s[:-1], trip.arrival_s[-1])):
                leaving.setdefault((direction, trip.stations[k]), []).append((time_s, trip.rows[k], trip.trip_id))
    for departures in leaving.values():
        for (before, _, ahead), (time, row, trip_id) in pairwise(sorted(departures)):
            if time - before < shortest:
                yield Finding(
                    _at(row, "departure"), f"{seconds_to_clock(time)} of trip {trip_id}",
                    f"at least {shortest} s, signalling.minimum_headway_s, after trip {ahead} at "
                    f"{seconds_to_clock(before)}",
                )  # fmt: skip


RULES = (
    Rule("C1", "Each trip calls at neighbouring stations of the line, in one direction.", _neighbours),
    Rule("C2", "The times of a trip rise from call to call.", _times_rise, needs_whole_table=True),
    Rule("C3", "Each trip begins and ends at a terminal.", _ends_at_terminals),
    Rule(
        "C4",
        "The dwell of each call lies within the limits of its station.",
        _dwells_within_limits,
        needs_whole_table=True,
    ),
    Rule("C5", "In each direction, at least one trip runs over the whole line.", _both_directions, needs_whole=True),
    Rule(
        "C6",
        "A trip has one vehicle and one train number. Either every trip has a vehicle or none, and each vehicle can "
        "work its trips one after the other.",
        _vehicles,
        needs_whole_table=True,
    ),
    Rule(
        "C7",
        "Successive trips leave each station, or arrive at their last one, at least the minimum headway apart.",
        _calls_apart,
        needs_whole_table=True,
    ),
)
