"""The whole scenario, and the properties that every layer needs."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from scenarios.schema.base import DIRECTIONS, Direction, Identifier, Number, Part, Text
from scenarios.schema.demand import Demand
from scenarios.schema.disturbances import Disturbances
from scenarios.schema.line import Depot, Signalling, Station, Terminal, Track
from scenarios.schema.operation import Operation
from scenarios.schema.service import CalledTrip, Driving, FleetPart, Policy, TimetableInForce
from scenarios.schema.supply import Supply
from scenarios.schema.tariff import CarbonPeriod, Tariff
from scenarios.schema.train import TrainType

WITHOUT_EFFECT: dict[str, Any] = {
    "title": True,
    "description": True,
    "sources": True,
    "provenance": True,
    "acknowledged": True,
    "stations": {"__all__": {"latitude_deg": True, "longitude_deg": True}},
    "timetable": {"origin": True},
}
"""Fields on which no result depends."""

ADDED_LATER: tuple[tuple[str, ...], ...] = (
    ("supply", "substations", "*", "rated_power_kw"),
    ("supply", "substations", "*", "overload_class"),
    ("terminals", "*", "turnback_periods"),
    ("track", "sections"),
    ("demand", "origin_destination_periods"),
    ("demand", "boardings"),
    ("demand", "gravity"),
    ("demand", "deterrence_km"),
    ("timetable", "running_time_s"),
    ("timetable", "section_times"),
    ("timetable", "calls"),
    ("fleet", "*", "vehicles"),
)
"""Fields that do not count in the hash where they are not given, so that the hashes of stored plans hold."""


def _drop_if_missing(content: Any, path: tuple[str, ...]) -> None:
    """Remove the value at a path if it is missing: None, or empty; * stands for each item of a list or mapping."""
    step, rest = path[0], path[1:]
    if step == "*":
        for item in content.values() if isinstance(content, dict) else content:
            _drop_if_missing(item, rest)
    elif rest:
        _drop_if_missing(content[step], rest)
    elif not content[step]:
        del content[step]


class Scenario(Part):
    """A line with its trains, supply, service, demand and tariff."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_\-+]{1,80}$")]
    """Name of the scenario in small letters; an override adds its own name after a plus sign."""
    title: Text
    """Title for human readers."""
    description: str = ""
    """Description of the scenario and its limits."""
    stations: tuple[Station, ...]
    """Stations in order of rising chainage; the first and the last are the terminals of the line."""
    terminals: dict[Identifier, Terminal]
    """Stations where trains turn back, the first and the last station among them."""
    depots: tuple[Depot, ...] = ()
    """Depots."""
    track: Track
    """Speed limits, gradients and curves."""
    signalling: Signalling
    """The signalling."""
    train_types: dict[Identifier, TrainType]
    """Train types by name."""
    fleet: tuple[FleetPart, ...]
    """Number of trains of each type; running-time tables and profiles are those of the first type, the main type."""
    outside_temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Outside temperature; the power of the auxiliaries depends on the outside temperature."""
    supply: Supply
    """The DC supply."""
    timetable: TimetableInForce
    """The timetable in force."""
    demand: Demand
    """Passengers of the day."""
    policy: Policy
    """Limits that a new plan must keep."""
    driving: Driving
    """Driving in the timetable in force."""
    operation: Operation = Field(default_factory=Operation)
    """How trains are worked at terminals and in depots."""
    disturbances: Disturbances
    """Deviations of a simulated day from its timetable."""
    tariff: Tariff
    """Prices of electricity."""
    co2_kg_per_kwh: Annotated[Number, Field(ge=0, le=3)]
    """CO2 for each kWh from the utility."""
    co2_periods: tuple[CarbonPeriod, ...] = ()
    """CO2 by time of day, from 00:00 to 24:00; replaces `co2_kg_per_kwh`."""
    sources: dict[Identifier, Text] = Field(default_factory=dict)
    """Citations by key."""
    provenance: dict[str, Text] = Field(default_factory=dict)
    """For each value or group of values: a key of `sources`, or `assumed: why`."""
    acknowledged: dict[str, Text] = Field(default_factory=dict)
    """Warnings of the sense check that were looked at: the key of the warning, and why the value is right."""

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all fields that can change a result; texts, sources, origin and coordinates do not count."""
        content = self.model_dump(mode="json", exclude=WITHOUT_EFFECT | {"operation": True})
        # A value equal to its default does not count, so that a field added later changes no hash of a stored plan.
        if operation := self.operation.model_dump(mode="json", exclude_defaults=True):
            content["operation"] = operation
        for path in ADDED_LATER:
            _drop_if_missing(content, path)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def with_parts(self, **parts: Any) -> "Scenario":
        """The same scenario with some parts replaced and with its own hash; the new parts are not checked."""
        changed = self.model_copy(update=parts)
        for derived in ("hash", "whole_trips"):
            changed.__dict__.pop(derived, None)
        return changed

    @property
    def length_m(self) -> float:
        """Distance between the first and the last station."""
        return self.stations[-1].chainage_m - self.stations[0].chainage_m

    @property
    def has_unlike_tracks(self) -> bool:
        """Whether the track of direction down has a length of its own in some section."""
        return any(section.length_down_m is not None for section in self.track.sections)

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

    def direction_of(self, origin: str, destination: str) -> Direction:
        """The direction of travel from one station to another; KeyError for an unknown station."""
        return "up" if self.station(destination).chainage_m > self.station(origin).chainage_m else "down"

    @cached_property
    def whole_trips(self) -> dict[Direction, tuple[CalledTrip, ...]]:
        """The called trips over the whole line by direction and departure; empty without calls."""
        orders: dict[Direction, tuple[str, ...]] = {
            direction: tuple(station.id for station in self.stations_in_order(direction)) for direction in DIRECTIONS
        }
        return {
            direction: tuple(
                sorted(
                    (trip for trip in self.timetable.called_trips if trip.stations == order),
                    key=lambda trip: (trip.departure_s[0], trip.trip_id),
                )
            )
            for direction, order in orders.items()
        }
