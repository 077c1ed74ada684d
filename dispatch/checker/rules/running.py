"""Rules of single trains: minimum running times and dwell limits."""

from collections.abc import Iterator

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, rule

ROUNDING_S = 1e-6


@rule(
    "minimum-running-time",
    "No section is run in less than the shortest time that the track, the planned load and the train type of the "
    "trip's vehicle allow.",
)
def minimum_running_time(case: CheckCase) -> Iterator[Violation]:
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
                    f"the minimum{train} with {load:.0f} passengers is {shortest:.1f} s, {short:.1f} s more"
                )
                yield Violation("minimum-running-time", sentence, trip.trip_id, place, trip.departure_s[index], short)


@rule("dwell-limits", "The dwell time at every station lies between the shortest and the longest one of that station.")
def dwell_limits(case: CheckCase) -> Iterator[Violation]:
    """Each dwell lies within the limits of its station."""
    stations = {station.id: station for station in case.scenario.stations}
    for trip in case.sound_trips:
        for index in range(1, len(trip.stations) - 1):
            place, dwell = trip.stations[index], trip.dwell_s(index)
            low, high = stations[place].minimum_dwell_s, stations[place].maximum_dwell_s
            if not low <= dwell <= high:
                amount = max(low - dwell, dwell - high)
                sentence = (
                    f"the dwell of trip {trip.trip_id} at {place} is {dwell} s; {low:g} to {high:g} s are allowed, "
                    f"off by {amount:g} s"
                )
                yield Violation("dwell-limits", sentence, trip.trip_id, place, trip.arrival_s[index], amount)
