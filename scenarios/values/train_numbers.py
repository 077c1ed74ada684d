"""The train numbers of the timetable in force, by trip."""

from scenarios.schema.scenario import Scenario


def train_numbers(scenario: Scenario) -> dict[str, str]:
    """Train number of each trip that has one, by the identifier of the trip; empty without calls."""
    return {trip.trip_id: trip.train_number for trip in scenario.timetable.called_trips if trip.train_number}
