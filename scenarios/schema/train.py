"""Train types: mass, effort, resistance, efficiencies, auxiliaries; every figure for the whole train."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import EfficiencyShare, Identifier, Number, Part, Share, Text, Whole

Force = Annotated[Number, Field(ge=0, le=5_000)]
Speed = Annotated[Number, Field(ge=0, le=400)]
PowerKw = Annotated[Number, Field(gt=0, le=50_000)]


class Capacity(Part):
    """Numbers of passengers that a train can carry."""

    normal: Annotated[Whole, Field(ge=1, le=10_000)]
    """Passengers at normal load; the load limits of the policy are shares of this number."""
    crush: Annotated[Whole, Field(ge=1, le=10_000)]
    """Largest possible number of passengers."""


class Comfort(Part):
    """Limits on acceleration, deceleration and jerk."""

    maximum_acceleration_m_s2: Annotated[Number, Field(gt=0, le=3)]
    """Largest acceleration."""
    maximum_deceleration_m_s2: Annotated[Number, Field(gt=0, le=3)]
    """Largest deceleration in service braking."""
    maximum_jerk_m_s3: Annotated[Number, Field(gt=0, le=10)] | None = None
    """Largest change of acceleration per second. If the key is missing, there is no limit."""


class RunningResistance(Part):
    """Running resistance A + B v + C v² (Davis), with v in m/s."""

    constant_kn: Annotated[Number, Field(ge=0, le=100)]
    """A, at standstill."""
    per_m_s_kn: Annotated[Number, Field(ge=0, le=10)]
    """B, for each m/s."""
    per_m_s_squared_kn: Annotated[Number, Field(ge=0, le=1)]
    """C, for each m²/s²."""


class EffortPoint(Part):
    """One point of an effort curve."""

    speed_kmh: Speed
    """Speed of the train."""
    force_kn: Force
    """Largest force at this speed."""


class EffortCurve(Part):
    """Largest force over speed: points with linear interpolation, or a constant force; a power limit can apply too."""

    points: tuple[EffortPoint, ...] | None = None
    """Points in order of speed, the first at 0 km/h; the force must not increase with speed."""
    force_kn: Annotated[Number, Field(gt=0, le=5_000)] | None = None
    """Constant force, instead of points."""
    power_kw: PowerKw | None = None
    """Limit of force times speed. If the key is missing, there is no power limit."""


class EfficiencyMap(Part):
    """Efficiency over force and speed: bilinear between the points, constant outside them."""

    forces_kn: tuple[Force, ...]
    """Forces of the rows, in increasing order."""
    speeds_kmh: tuple[Speed, ...]
    """Speeds of the columns, in increasing order."""
    share: tuple[tuple[EfficiencyShare, ...], ...]
    """One row for each force, one column for each speed."""


class Efficiencies(Part):
    """Efficiencies between collector and wheel: for traction and for regeneration, a constant or a map."""

    traction: EfficiencyShare | None = None
    """Traction: wheel power divided by collector power."""
    regeneration: EfficiencyShare | None = None
    """Electric braking: collector power divided by wheel power."""
    traction_map: EfficiencyMap | None = None
    """Map over force and speed, instead of `traction`."""
    regeneration_map: EfficiencyMap | None = None
    """Map over force and speed, instead of `regeneration`."""


class AuxiliaryPoint(Part):
    """Mean power of the auxiliaries at one outside temperature."""

    temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Outside temperature."""
    power_kw: Annotated[Number, Field(ge=0, le=2_000)]
    """Mean power of heating, cooling, air, light and control, for the whole train."""


class AtoLevel(Part):
    """One driving level of the train's ATO: full effort up to a speed cap, then the cap, then coasting from a place on,
    then braking."""

    name: Identifier
    """Name of the level; plans use this name."""
    speed_cap_kmh: Annotated[Number, Field(ge=10, le=400)] | None = None
    """Speed cap of the level; none means only the speed limits."""
    coast_from_share: Share = 1.0
    """Share of the section's length after which the train coasts; 1 means no coasting."""
    slowest_share: Annotated[Number, Field(gt=0, le=1)] = 0.5
    """Lowest coasting speed, as a share of the cap."""


class PassengerExchange(Part):
    """Least dwell for boarding and alighting; it grows with the number of passengers and with crowding on board.

    Seconds = fixed + boarding · B + alighting · A + crowding · S³ · B, where B, A and S are the boarding, alighting
    and standing through passengers per door (Puong 2000, fitted to the Red Line of Boston with the values 12.22,
    2.27, 1.82 and 0.00062).
    """

    doors: Annotated[Whole, Field(ge=1, le=500)]
    """Doors on one side of the whole train."""
    seats: Annotated[Whole, Field(ge=0, le=10_000)]
    """Seats of the whole train; passengers without a seat stand."""
    fixed_s: Annotated[Number, Field(ge=0, le=300)]
    """Time for door opening, closing and reaction, independent of the number of passengers."""
    boarding_s: Annotated[Number, Field(ge=0, le=60)]
    """Time for each passenger who boards at a door."""
    alighting_s: Annotated[Number, Field(ge=0, le=60)]
    """Time for each passenger who alights at a door."""
    crowding_s: Annotated[Number, Field(ge=0, le=1)]
    """Time for each passenger who boards at a door, multiplied by the cube of the number of passengers who stand at
    that door."""
    most_standing: Annotated[Number, Field(ge=0, le=100)]
    """Largest number of standing passengers per door in the formula; the model was fitted only up to this number."""


class TrainType(Part):
    """A type of train in its formation on the line."""

    title: Text
    """Title for human readers."""
    tare_t: Annotated[Number, Field(gt=5, le=2_000)]
    """Mass of the empty train."""
    rotating_mass_share: Annotated[Number, Field(ge=0, le=0.5)]
    """Inertia of the rotating parts, as a share of the tare."""
    passenger_kg: Annotated[Number, Field(ge=20, le=150)]
    """Mean mass of one passenger."""
    capacity: Capacity
    """Numbers of passengers that the train can carry."""
    length_m: Annotated[Number, Field(gt=0, le=500)]
    """Length over couplers; a speed limit holds until the tail of the train has left the stretch."""
    maximum_speed_kmh: Annotated[Number, Field(ge=20, le=350)]
    """Maximum speed of the train."""
    comfort: Comfort
    """Limits on acceleration and deceleration."""
    resistance: RunningResistance
    """Running resistance on straight level track."""
    curve_resistance_n_m_per_kn: Annotated[Number, Field(ge=0, le=2_000)] = 600.0
    """The curve resistance in N per kN of weight is this value divided by the radius in m."""
    traction: EffortCurve
    """Largest traction force."""
    electric_brake: EffortCurve
    """Largest force of the electric brake."""
    friction_brake_kn: Force
    """Largest force of the friction brake, in addition to the electric brake."""
    service_brake_kn: Annotated[Number, Field(gt=0, le=5_000)]
    """Limit of the sum of both brake forces."""
    efficiency: Efficiencies
    """Efficiencies between collector and wheel."""
    auxiliaries: tuple[AuxiliaryPoint, ...]
    """Power over outside temperature: linear between points, constant outside them; one point gives a constant."""
    passenger_exchange: PassengerExchange | None = None
    """Dwell model. If the key is missing, dwells do not depend on passengers."""
    ato_levels: tuple[AtoLevel, ...] = ()
    """Driving levels of the ATO, if the ATO offers only fixed levels; empty means any speed profile."""
