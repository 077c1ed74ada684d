"""The line: stations, terminals, depots, and the track between them."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.base import Applies, Chainage, Identifier, Number, Part, Seconds, Text, Whole, YesNo


class Station(Part):
    """A stopping point, the same for both directions, with the dwell of the timetable in force and its limits."""

    id: Identifier
    """Short name by which everything else refers to the station."""
    name: Text
    """Name as passengers read it."""
    chainage_m: Chainage
    """Place of the stopping point along the line; must rise from station to station."""
    minimum_dwell_s: Seconds = 0
    """Shortest dwell that a plan may give; 0 at the two terminals, where the turnback counts instead."""
    dwell_s: Seconds = 0
    """Dwell of the timetable in force."""
    maximum_dwell_s: Seconds = 0
    """Longest dwell that a plan may give."""
    latitude_deg: Annotated[Number, Field(ge=-90, le=90)] | None = None
    """Latitude (WGS 84), for exchange with other programs; no result depends on it."""
    longitude_deg: Annotated[Number, Field(ge=-180, le=180)] | None = None
    """Longitude (WGS 84), likewise."""


class Terminal(Part):
    """A station where trains turn back."""

    turnback_s: Seconds
    """Shortest time from arrival to departure of the same train."""
    maximum_turnback_s: Seconds | None = None
    """Longest time that a train may stand there; none means no limit."""
    tracks: Annotated[Whole, Field(ge=1, le=20)] = 2
    """Trains that can stand there at the same time."""
    shares_points: YesNo = False
    """On the simulated day one train at a time runs in or out over the points before the tracks. False: routes in and
    out do not cross, as where trains turn on tail tracks beyond the platforms."""


class Depot(Part):
    """A place where trains are stabled."""

    id: Identifier
    """Short name of the depot."""
    station: Identifier
    """Station at which its trains enter and leave the line."""
    capacity: Annotated[Whole, Field(ge=1, le=1000)]
    """Trains that it can hold."""


class SpeedLimit(Part):
    """A speed limit over a stretch of track; it holds until the tail of the train has left it."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where it ends."""
    limit_kmh: Annotated[Number, Field(ge=5, le=350)]
    """The highest speed."""
    direction: Applies = "both"
    """Direction for which the row holds."""


class Gradient(Part):
    """A stretch of constant gradient."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where it ends."""
    permil: Annotated[Number, Field(ge=-120, le=120)]
    """Rise in metres a kilometre; positive where the line climbs with increasing chainage, whatever the direction."""
    direction: Applies = "both"
    """Direction for which the row holds; in the direction down the sign is turned for the train."""


class Curve(Part):
    """A stretch of constant radius; what no row names is straight."""

    from_m: Chainage
    """Chainage where the curve begins."""
    to_m: Chainage
    """Chainage where it ends."""
    radius_m: Annotated[Number, Field(ge=20, le=100_000)]
    """Radius of the curve."""
    direction: Applies = "both"
    """Direction for which the row holds."""


class Track(Part):
    """The track between the terminals, for both directions."""

    speed_limits: tuple[SpeedLimit, ...]
    """Speed limits without gap or overlap between the first and the last station."""
    gradients: tuple[Gradient, ...]
    """Gradients without gap or overlap between the first and the last station."""
    curves: tuple[Curve, ...] = ()
    """Curves, without overlap."""


class Signalling(Part):
    """What the signalling allows: to a plan its shortest headway, to the trains of a simulated day their distances.

    A train may be no faster than lets it stop, at the braking rate, before its movement authority ends: the margin
    short of the rear of the train ahead (moving block), or of the block in which that rear is (fixed block).
    """

    minimum_headway_s: Annotated[Whole, Field(ge=30, le=3600)]
    """Shortest time between two departures at one place in one direction, in a plan and on the day."""
    system: Literal["moving_block", "fixed_block"] = "moving_block"
    """Whether the block moves with the train ahead or is fixed to the track."""
    reaction_time_s: Annotated[Number, Field(ge=0, le=60)] = 3.0
    """From a movement of the train ahead until the train behind reacts to it."""
    margin_m: Annotated[Number, Field(ge=0, le=1_000)] = 50.0
    """Distance that is kept beyond the braking distance."""
    braking_m_s2: Annotated[Number, Field(gt=0, le=3)] | None = None
    """Braking rate that the supervision counts on, at most the train's service deceleration; none means just that."""
    block_length_m: Annotated[Number, Field(ge=20, le=20_000)] | None = None
    """Fixed blocks: their length, rounded so that a whole number fits the line; instead of a list of borders."""
    block_borders_m: tuple[Chainage, ...] = ()
    """Fixed blocks: chainages of the borders, the same for both directions."""
