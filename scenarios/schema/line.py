"""The line: stations, terminals, depots, and the track between them."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.base import (
    Applies,
    Chainage,
    Clock,
    Direction,
    Identifier,
    Number,
    Part,
    Seconds,
    Text,
    Whole,
    YesNo,
)


class Station(Part):
    """A stopping point, the same for both directions, with the dwell of the timetable in force and the dwell limits."""

    id: Identifier
    """Identifier of the station."""
    name: Text
    """Public name."""
    chainage_m: Chainage
    """Chainage of the stopping point along the track of direction up; it must increase from station to station. With
    `track.sections`, it may be missing: the first station then has chainage 0."""
    minimum_dwell_s: Seconds = 0
    """Shortest dwell in a plan; 0 at the two terminals, where the turnback time holds instead."""
    dwell_s: Seconds = 0
    """Dwell of the timetable in force. At an end of the line, the dwell is part of the turnback and only compared with
    `turnback_s`."""
    maximum_dwell_s: Seconds = 0
    """Longest dwell in a plan."""
    latitude_deg: Annotated[Number, Field(ge=-90, le=90)] | None = None
    """Latitude (WGS 84), for exchange with other programs; no result depends on the latitude."""
    longitude_deg: Annotated[Number, Field(ge=-180, le=180)] | None = None
    """Longitude (WGS 84), for exchange with other programs; no result depends on it."""


class TurnbackPeriod(Part):
    """The shortest turnback of trains that arrive in a period, instead of that of the whole day."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period; an arrival at this time is outside the period."""
    direction: Applies = "both"
    """Direction of the arriving trains."""
    turnback_s: Seconds
    """Shortest time from arrival to departure of the same train."""


class Terminal(Part):
    """A station where trains turn back."""

    turnback_s: Seconds
    """Shortest time from arrival to departure of the same train."""
    maximum_turnback_s: Seconds | None = None
    """Longest time from arrival to departure of the same train. If the key is missing, there is no limit."""
    turnback_periods: tuple[TurnbackPeriod, ...] = ()
    """Turnbacks that differ in a period or by the direction of the arriving train."""
    tracks: Annotated[Whole, Field(ge=1, le=20)] = 2
    """Number of trains that can stand at the terminal at the same time."""
    shares_points: YesNo = False
    """True: on a simulated day, only one train at a time enters or leaves over the points before the tracks. False: the
    routes in and out do not cross, for example because trains turn on tail tracks beyond the platforms."""

    def turnback_at_s(self, arrival_s: float, direction: Direction) -> int:
        """Shortest turnback of a train of a direction that arrives at a time."""
        for period in self.turnback_periods:
            if period.direction in (direction, "both") and period.from_s <= arrival_s < period.to_s:
                return period.turnback_s
        return self.turnback_s

    @property
    def turnbacks_s(self) -> tuple[int, ...]:
        """The turnback of the day and those of the periods."""
        return (self.turnback_s, *(period.turnback_s for period in self.turnback_periods))


class Depot(Part):
    """A place where trains are stabled."""

    id: Identifier
    """Identifier of the depot."""
    station: Identifier
    """Station where trains of the depot enter and leave the line."""
    capacity: Annotated[Whole, Field(ge=1, le=1000)]
    """Number of trains that the depot can hold."""


class SpeedLimit(Part):
    """A speed limit over a stretch of track; the limit holds until the tail of the train has left the stretch."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where the stretch ends."""
    limit_kmh: Annotated[Number, Field(ge=5, le=350)]
    """Speed limit."""
    direction: Applies = "both"
    """Direction of the row."""


class Gradient(Part):
    """A stretch of constant gradient."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where the stretch ends."""
    permil: Annotated[Number, Field(ge=-120, le=120)]
    """Rise in metres per kilometre. Positive: the line climbs with increasing chainage. The sign does not depend on
    `direction`."""
    direction: Applies = "both"
    """Direction for which the row holds. For a train in direction down, Headwatt reverses the sign."""


class Curve(Part):
    """A stretch of constant radius. Track without a row is straight."""

    from_m: Chainage
    """Chainage where the curve begins."""
    to_m: Chainage
    """Chainage where the stretch ends."""
    radius_m: Annotated[Number, Field(ge=20, le=100_000)]
    """Radius of the curve."""
    direction: Applies = "both"
    """Direction of the row."""


class TrackSection(Part):
    """A section between two neighbouring stations, in order of rising chainage; an alternative to chainage."""

    departure_station: Identifier
    """Station at the beginning of the section in direction up."""
    length_m: Annotated[Number, Field(gt=0, le=100_000)]
    """Length of the track of direction up between the stopping points."""
    length_down_m: Annotated[Number, Field(gt=0, le=100_000)] | None = None
    """Length of the track of direction down; none means `length_m`. Places by chainage are mapped linearly within the
    section, and heights stay."""
    limit_kmh: Annotated[Number, Field(ge=5, le=350)] | None = None
    """Speed limit of the whole section; instead of `speed_limits`."""
    limit_down_kmh: Annotated[Number, Field(ge=5, le=350)] | None = None
    """Speed limit in direction down; none means `limit_kmh`."""


class Track(Part):
    """The track between the terminals, for both directions."""

    sections: tuple[TrackSection, ...] = ()
    """Lengths, and limits, of the sections; an alternative to chainages of stations and to `speed_limits`."""
    speed_limits: tuple[SpeedLimit, ...] = ()
    """Speed limits without gap or overlap between the first and the last station; not with limits of `sections`."""
    gradients: tuple[Gradient, ...]
    """Gradients without gap or overlap between the first and the last station."""
    curves: tuple[Curve, ...] = ()
    """Curves, without overlap."""


class Signalling(Part):
    """Limits of the signalling: the shortest headway of a plan, and the spacing of trains on a simulated day.

    The speed of a train must allow the train to stop, at the braking rate, before the end of its movement authority.
    The authority ends `margin_m` before the rear of the train ahead (moving block), or before the block in which that
    rear is (fixed block).
    """

    minimum_headway_s: Annotated[Whole, Field(ge=30, le=3600)]
    """Shortest time between two departures at one place in one direction, in a plan and on a simulated day."""
    system: Literal["moving_block", "fixed_block"] = "moving_block"
    """moving_block: the block moves with the train ahead. fixed_block: the blocks are fixed to the track."""
    reaction_time_s: Annotated[Number, Field(ge=0, le=60)] = 3.0
    """Time from a movement of the train ahead to the reaction of the train behind."""
    margin_m: Annotated[Number, Field(ge=0, le=1_000)] = 50.0
    """Distance kept in addition to the braking distance."""
    braking_m_s2: Annotated[Number, Field(gt=0, le=3)] | None = None
    """Braking rate of the supervision, at most the service deceleration of the train; none means the service
    deceleration."""
    block_length_m: Annotated[Number, Field(ge=20, le=20_000)] | None = None
    """Length of the fixed blocks, rounded so that a whole number of blocks fits the line; an alternative to
    `block_borders_m`."""
    block_borders_m: tuple[Chainage, ...] = ()
    """Fixed block: chainages of the borders, the same for both directions."""
