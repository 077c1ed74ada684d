"""The vehicles of a fleet: their names, their train types, and values by train type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from scenarios.schema.scenario import Scenario

T = TypeVar("T")
Other = TypeVar("Other")
Own_co = TypeVar("Own_co", covariant=True)


def vehicle_names(scenario: Scenario) -> dict[str, str]:
    """Train type of every vehicle of the fleet by its name, in fleet order.

    Trains that the fleet names have this name. Of the others, the first have the names of the further vehicles in the
    calls of the timetable in force, in order of departure; the rest has type and number, as in `metro-07`.
    """
    given = given_names(scenario)
    called = iter(name for name in called_vehicles(scenario) if name not in given)
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for part in scenario.fleet:
        own = iter(part.vehicles)
        for _ in range(part.trainsets):
            counts[part.train_type] = counts.get(part.train_type, 0) + 1
            name = next(own, None) or next(called, None)
            while name is None:
                numbered = f"{part.train_type}-{counts[part.train_type]:02d}"
                if numbered in given:
                    counts[part.train_type] += 1
                else:
                    name = numbered
            names[name] = part.train_type
    return names


def given_names(scenario: Scenario) -> tuple[str, ...]:
    """The names that the fleet of a scenario gives to its vehicles, in fleet order."""
    return tuple(name for part in scenario.fleet for name in part.vehicles)


def called_vehicles(scenario: Scenario) -> tuple[str, ...]:
    """Vehicles of the calls in order of their first departure; empty unless every trip has a vehicle."""
    trips = sorted(scenario.timetable.called_trips, key=lambda trip: (trip.departure_s[0], trip.trip_id))
    names = [trip.vehicle for trip in trips if trip.vehicle]
    return tuple(dict.fromkeys(names)) if len(names) == len(trips) else ()


@dataclass(frozen=True)
class ByVehicle(Generic[Own_co]):
    """A value that depends on the train type of a vehicle: `main` for vehicles of the main type, `others` by vehicle
    for the other types; a vehicle that is not in the fleet has the value of the main type."""

    main: Own_co
    others: Mapping[str, Own_co] = field(default_factory=dict)

    def of(self, vehicle: str) -> Own_co:
        """The value of a vehicle."""
        return self.others.get(vehicle, self.main)

    @property
    def distinct(self) -> tuple[Own_co, ...]:
        """The value of each type once, the value of the main type first."""
        return tuple({id(value): value for value in (self.main, *self.others.values())}.values())

    def map(self, change: Callable[[Own_co], Other]) -> "ByVehicle[Other]":
        """A new value for each vehicle; the function is called once per type."""
        changed = {id(value): change(value) for value in self.distinct}
        return ByVehicle(changed[id(self.main)], {name: changed[id(value)] for name, value in self.others.items()})


def by_vehicle(scenario: Scenario, of_type: Mapping[str, T]) -> ByVehicle[T]:
    """Values by train type as values by vehicle of the fleet."""
    main = scenario.main_train_type
    return ByVehicle(
        of_type[main], {vehicle: of_type[name] for vehicle, name in vehicle_names(scenario).items() if name != main}
    )
