"""Passengers per 15 minutes, in one of three forms."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import Clock, Direction, Identifier, Number, Part

Passengers = Annotated[Number, Field(ge=0, le=1_000_000)]


class OriginDestination(Part):
    """Passengers who enter at one station in one interval and leave at another."""

    from_s: Clock = Field(alias="from")
    """Begin of the interval."""
    origin: Identifier
    """Station where they enter."""
    destination: Identifier
    """Station where they leave."""
    passengers: Passengers
    """Passengers in the interval."""


class StationCount(Part):
    """Passengers who board and alight at one station in one interval."""

    from_s: Clock = Field(alias="from")
    """Begin of the interval, at the station."""
    station: Identifier
    """The station."""
    direction: Direction
    """Direction of travel."""
    boarding: Passengers
    """Passengers who board in the interval."""
    alighting: Passengers
    """Passengers who alight in the interval."""


class SectionLoad(Part):
    """Passengers carried over one section in one interval."""

    from_s: Clock = Field(alias="from")
    """Begin of the interval, at the section's first station."""
    departure_station: Identifier
    """Station where the section begins in the direction of travel."""
    direction: Direction
    """Direction of travel."""
    passengers: Passengers
    """Passengers in the interval."""


class ExtraPassengers(Part):
    """Passengers on top, spread evenly over a period: an event, a closed road."""

    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    origin: Identifier
    """Station where they enter."""
    destination: Identifier
    """Station where they leave."""
    passengers: Passengers
    """Passengers in the whole period."""


class Demand(Part):
    """Passengers of the day: exactly one of the three tables."""

    interval_s: Annotated[int, Field(ge=60, le=7_200)] = 900
    """Length of the intervals of the table."""
    passengers_per_day: Annotated[Number, Field(gt=0, le=10_000_000)] | None = None
    """Daily total; when given, a table by origin and destination or by station is scaled to it."""
    scale: Annotated[Number, Field(ge=0, le=10)] = 1.0
    """Factor on all passengers, for what-ifs."""
    origin_destination: tuple[OriginDestination, ...] | None = None
    """Table by origin and destination."""
    station_counts: tuple[StationCount, ...] | None = None
    """Table of boardings and alightings."""
    section_loads: tuple[SectionLoad, ...] | None = None
    """Table of loads by section."""
    extra: tuple[ExtraPassengers, ...] = ()
    """Passengers on top of the table."""
