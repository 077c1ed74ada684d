"""The vehicles of a fleet: their names, which tell their train types, and values that go by the type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from scenarios.schema.scenario import Scenario

T = TypeVar("T")
Other = TypeVar("Other")
Own_co = TypeVar("Own_co", covariant=True)


def vehicle_names(scenario: Scenario) -> dict[str, str]:
    """Train type of every vehicle of the fleet by its name (type and number, as in `metro-07`), in fleet order."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for part in scenario.fleet:
        for _ in range(part.trainsets):
            counts[part.train_type] = counts.get(part.train_type, 0) + 1
            names[f"{part.train_type}-{counts[part.train_type]:02d}"] = part.train_type
    return names


@dataclass(frozen=True)
class ByVehicle(Generic[Own_co]):
    """What goes by the train type of a vehicle: `main` is that of the main type, `others` that of each vehicle of
    another one; a vehicle that the fleet does not have counts as of the main type."""

    main: Own_co
    others: Mapping[str, Own_co] = field(default_factory=dict)

    def of(self, vehicle: str) -> Own_co:
        """The value of a vehicle."""
        return self.others.get(vehicle, self.main)

    @property
    def distinct(self) -> tuple[Own_co, ...]:
        """The value of each type once, that of the main type first."""
        return tuple({id(value): value for value in (self.main, *self.others.values())}.values())

    def map(self, change: Callable[[Own_co], Other]) -> "ByVehicle[Other]":
        """Another value for each, asked for once a type."""
        changed = {id(value): change(value) for value in self.distinct}
        return ByVehicle(changed[id(self.main)], {name: changed[id(value)] for name, value in self.others.items()})


def by_vehicle(scenario: Scenario, of_type: Mapping[str, T]) -> ByVehicle[T]:
    """Values by train type as values by vehicle of the fleet."""
    main = scenario.main_train_type
    return ByVehicle(
        of_type[main], {vehicle: of_type[name] for vehicle, name in vehicle_names(scenario).items() if name != main}
    )
