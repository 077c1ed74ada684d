"""Passengers of the day, in one of six forms."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import Applies, Clock, Direction, Identifier, Number, Part, Share

Passengers = Annotated[Number, Field(ge=0, le=1_000_000)]


class OriginDestination(Part):
    """Passengers from one station to another station in one interval."""

    from_s: Clock = Field(alias="from")
    """Start of the interval."""
    origin: Identifier
    """Station where the passengers enter."""
    destination: Identifier
    """Station where the passengers leave."""
    passengers: Passengers
    """Passengers in the interval."""


class StationCount(Part):
    """Passengers who board and alight at one station in one interval."""

    from_s: Clock = Field(alias="from")
    """Start of the interval, as a time at the station."""
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
    """Start of the interval, as a time at the first station of the section."""
    departure_station: Identifier
    """First station of the section in the direction of travel."""
    direction: Direction
    """Direction of travel."""
    passengers: Passengers
    """Passengers in the interval."""


class PeriodJourneys(Part):
    """Passengers from one station to another station in one period, spread evenly over the period."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    origin: Identifier
    """Station where the passengers enter."""
    destination: Identifier
    """Station where the passengers leave."""
    passengers: Passengers
    """Passengers in the whole period."""


class StationBoardings(Part):
    """Passengers who board at one station in one interval; Headwatt assumes where they alight."""

    from_s: Clock = Field(alias="from")
    """Start of the interval."""
    station: Identifier
    """Station where the passengers board."""
    direction: Applies = "both"
    """Direction of travel, if it is known."""
    passengers: Passengers
    """Passengers in the interval."""


class GravityStation(Part):
    """How many journeys a station produces and attracts, relative to the other stations."""

    station: Identifier
    """The station."""
    attraction: Annotated[Number, Field(ge=0, le=1e9)]
    """Attraction as a destination, for example jobs, shops and schools around the station; only ratios count."""
    production: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    """Production as an origin, for example inhabitants around the station; only ratios count. None: as the
    attraction."""


class ProfilePeriod(Part):
    """Share of the passengers of the day in one period, for example one hour; spread evenly over the period."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    share: Share
    """Share of the passengers of the day; the shares of all periods add up to 1."""
    outward_share: Share = 0.5
    """Share of these passengers who travel from production to attraction (to work); the others travel back."""


class Gravity(Part):
    """A gravity model: production · attraction · exp(-distance / deterrence_km) for each pair of stations (Wilson 1971,
    Environment and Planning 3). Distances are those along the line."""

    stations: tuple[GravityStation, ...]
    """Each station of the line once."""
    profile: tuple[ProfilePeriod, ...]
    """Distribution over the day, without overlap."""


class ExtraPassengers(Part):
    """Additional passengers, spread evenly over a period, for example because of an event or a closed road."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    origin: Identifier
    """Station where the passengers enter."""
    destination: Identifier
    """Station where the passengers leave."""
    passengers: Passengers
    """Passengers in the whole period."""


class Demand(Part):
    """Passengers of the day: exactly one of the six forms."""

    interval_s: Annotated[int, Field(ge=60, le=7_200)] = 900
    """Length of the intervals of the table."""
    passengers_per_day: Annotated[Number, Field(gt=0, le=10_000_000)] | None = None
    """Daily total of the gravity model, which needs it; a table with origins and destinations, or by station, is
    scaled to it."""
    scale: Annotated[Number, Field(ge=0, le=10)] = 1.0
    """Factor on all passengers, for what-if cases."""
    origin_destination: tuple[OriginDestination, ...] | None = None
    """Table by origin and destination."""
    station_counts: tuple[StationCount, ...] | None = None
    """Table of boardings and alightings."""
    section_loads: tuple[SectionLoad, ...] | None = None
    """Table of loads by section."""
    origin_destination_periods: tuple[PeriodJourneys, ...] | None = None
    """Table by origin and destination for periods of any length."""
    boardings: tuple[StationBoardings, ...] | None = None
    """Table of boardings. Passengers alight at the other stations in proportion to the daily boardings there, which
    decrease with the distance if `deterrence_km` is given."""
    gravity: Gravity | None = None
    """Gravity model of the daily total."""
    deterrence_km: Annotated[Number, Field(gt=0, le=1_000)] | None = None
    """Distance over which journeys become rarer by the factor e, for `gravity` and `boardings`. None: the distance does
    not matter."""
    extra: tuple[ExtraPassengers, ...] = ()
    """Additional passengers."""

    @property
    def has_destinations(self) -> bool:
        """Whether the form gives the origin and the destination of passengers."""
        forms = (self.origin_destination, self.origin_destination_periods, self.boardings, self.gravity)
        return any(form is not None for form in forms)
