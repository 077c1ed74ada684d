"""Rules on one train alone: how fast it can run and how long it stands at a station."""

from collections.abc import Iterator

from dispatch.rules.case import Case
from dispatch.rules.violation import Violation, rule

ROUNDING_S = 1e-6


@rule(
    "minimum-running-time",
    "No section is run in less than the shortest time that track, planned load and the trip's vehicle, by its train "
    "type, allow.",
)
def minimum_running_time(case: Case) -> Iterator[Violation]:
    """Each running time is at least the flat-out time of its section with the vehicle's own train type and load."""
    for trip in case.sound_trips:
        first = case.first_section(trip)
        assert first is not None
        name = case.type_name_of(trip)
        train = f" for {name} {trip.vehicle}" if len(case.fleet_types) > 1 else ""
        for index in range(len(trip.stations) - 1):
            run, load = (name, trip.direction, first + index), trip.passengers[index]
            if not case.shortest.allows(*run, load, trip.running_time_s(index) + ROUNDING_S):
                shortest = case.shortest.of(*run, load)
                short = shortest - trip.running_time_s(index)
                place = f"{trip.stations[index]}-{trip.stations[index + 1]}"
                sentence = (
                    f"trip {trip.trip_id} runs {place} in {trip.running_time_s(index)} s; "
                    f"the shortest possible{train} with {load:.0f} passengers is {shortest:.1f} s, {short:.1f} s more"
                )
                yield Violation("minimum-running-time", sentence, trip.trip_id, place, trip.departure_s[index], short)


@rule("dwell-limits", "A train stands at every station between the shortest and the longest dwell of that station.")
def dwell_limits(case: Case) -> Iterator[Violation]:
    """Each dwell lies within the limits of its station."""
    stations = {station.id: station for station in case.scenario.stations}
    for trip in case.sound_trips:
        for index in range(1, len(trip.stations) - 1):
            place, dwell = trip.stations[index], trip.dwell_s(index)
            low, high = stations[place].minimum_dwell_s, stations[place].maximum_dwell_s
            if not low <= dwell <= high:
                amount = max(low - dwell, dwell - high)
                sentence = (
                    f"trip {trip.trip_id} stands {dwell} s at {place}; {low:g} to {high:g} s are allowed, off "
                    f"by {amount:g} s"
                )
                yield Violation("dwell-limits", sentence, trip.trip_id, place, trip.arrival_s[index], amount)
