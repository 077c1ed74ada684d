"""The whole scenario, and the few questions about it that every layer asks."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from scenarios.schema.base import Direction, Identifier, Number, Part, Text
from scenarios.schema.demand import Demand
from scenarios.schema.disturbances import Disturbances
from scenarios.schema.line import Depot, Signalling, Station, Terminal, Track
from scenarios.schema.service import Driving, FleetPart, Policy, TimetableInForce
from scenarios.schema.supply import Supply
from scenarios.schema.tariff import CarbonPeriod, Tariff
from scenarios.schema.train import TrainType

WITHOUT_EFFECT: dict[str, Any] = {
    "title": True,
    "description": True,
    "sources": True,
    "provenance": True,
    "stations": {"__all__": {"latitude_deg": True, "longitude_deg": True}},
}
"""What no result depends on."""


class Scenario(Part):
    """A line with its trains, supply, service, demand and tariff."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_\-+]{1,80}$")]
    """Name of the scenario in small letters; an override adds its own name after a plus."""
    title: Text
    """Name as people read it."""
    description: str = ""
    """What the scenario is, and what it is not."""
    stations: tuple[Station, ...]
    """Stations in order of rising chainage; the first and the last are the terminals of the line."""
    terminals: dict[Identifier, Terminal]
    """Stations where trains turn back, the first and the last station among them."""
    depots: tuple[Depot, ...] = ()
    """Depots."""
    track: Track
    """Speed limits, gradients and curves."""
    signalling: Signalling
    """What the signalling allows."""
    train_types: dict[Identifier, TrainType]
    """Types of trains by name."""
    fleet: tuple[FleetPart, ...]
    """Trains of each type; the first type is the one that tables and profiles are made for."""
    outside_temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Temperature outside, on which the auxiliaries depend."""
    supply: Supply
    """The DC supply."""
    timetable: TimetableInForce
    """What runs today."""
    demand: Demand
    """Passengers of the day."""
    policy: Policy
    """What a new plan may do."""
    driving: Driving
    """How trains are driven today."""
    disturbances: Disturbances
    """How the day departs from its timetable."""
    tariff: Tariff
    """What electricity costs."""
    co2_kg_per_kwh: Annotated[Number, Field(ge=0, le=3)]
    """CO2 for each kWh from the utility."""
    co2_periods: tuple[CarbonPeriod, ...] = ()
    """CO2 by time of day, from 00:00 to 24:00; where given, it takes the place of `co2_kg_per_kwh`."""
    sources: dict[Identifier, Text] = Field(default_factory=dict)
    """Citations by key."""
    provenance: dict[str, Text] = Field(default_factory=dict)
    """For each value or group of values: a key of `sources`, or `assumed: why`."""

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that can change a result; wording, sources and coordinates do not."""
        content = self.model_dump(mode="json", exclude=WITHOUT_EFFECT)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def with_parts(self, **parts: Any) -> "Scenario":
        """The same scenario with parts replaced, and a hash of its own; the parts are trusted, not checked."""
        changed = self.model_copy(update=parts)
        changed.__dict__.pop("hash", None)
        return changed

    @property
    def length_m(self) -> float:
        """Distance between the first and the last station."""
        return self.stations[-1].chainage_m - self.stations[0].chainage_m

    def stations_in_order(self, direction: Direction) -> tuple[Station, ...]:
        """Stations in order of travel."""
        return self.stations if direction == "up" else self.stations[::-1]

    def station(self, station_id: str) -> Station:
        """The station of that identifier; KeyError if there is none."""
        for station in self.stations:
            if station.id == station_id:
                return station
        raise KeyError(station_id)

    @property
    def main_train_type(self) -> str:
        """The first type of the fleet."""
        return self.fleet[0].train_type

    @property
    def trainsets(self) -> int:
        """Trains of all types together."""
        return sum(part.trainsets for part in self.fleet)

    def running_times_s(self, direction: Direction) -> tuple[int, ...]:
        """Running times of the timetable in force, in order of travel."""
        return self.timetable.running_time_s.up if direction == "up" else self.timetable.running_time_s.down
