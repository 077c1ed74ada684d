"""Train types: mass, effort, resistance, efficiencies, auxiliaries; every figure for the whole train."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import EfficiencyShare, Identifier, Number, Part, Share, Text, Whole

Force = Annotated[Number, Field(ge=0, le=5_000)]
Speed = Annotated[Number, Field(ge=0, le=400)]
PowerKw = Annotated[Number, Field(gt=0, le=50_000)]


class Capacity(Part):
    """How many passengers the train takes."""

    normal: Annotated[Whole, Field(ge=1, le=10_000)]
    """Passengers at normal load; load limits of the policy are shares of it."""
    crush: Annotated[Whole, Field(ge=1, le=10_000)]
    """Passengers that can be squeezed in at the very most."""


class Comfort(Part):
    """Limits on how fast the speed may change."""

    maximum_acceleration_m_s2: Annotated[Number, Field(gt=0, le=3)]
    """Largest acceleration."""
    maximum_deceleration_m_s2: Annotated[Number, Field(gt=0, le=3)]
    """Largest deceleration in service braking."""
    maximum_jerk_m_s3: Annotated[Number, Field(gt=0, le=10)] | None = None
    """Largest change of acceleration; none means no limit."""


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
    """Largest force at that speed."""


class EffortCurve(Part):
    """Largest force over speed: points with straight lines between them, or a force, either one under a power limit."""

    points: tuple[EffortPoint, ...] | None = None
    """Points in order of speed, the first at 0 km/h; the force may not rise with speed."""
    force_kn: Annotated[Number, Field(gt=0, le=5_000)] | None = None
    """Constant force, instead of points."""
    power_kw: PowerKw | None = None
    """Largest force times speed; none means no limit beside the points."""


class EfficiencyMap(Part):
    """Efficiency over force and speed: bilinear between the points, constant beyond them."""

    forces_kn: tuple[Force, ...]
    """Forces of the rows, rising."""
    speeds_kmh: tuple[Speed, ...]
    """Speeds of the columns, rising."""
    share: tuple[tuple[EfficiencyShare, ...], ...]
    """One row for each force, one column for each speed."""


class Efficiencies(Part):
    """What passes between collector and wheel: for each way either a constant or a map."""

    traction: EfficiencyShare | None = None
    """Wheel power over collector power in traction."""
    regeneration: EfficiencyShare | None = None
    """Collector power over wheel power in electric braking."""
    traction_map: EfficiencyMap | None = None
    """Map over force and speed, instead of `traction`."""
    regeneration_map: EfficiencyMap | None = None
    """Map over force and speed, instead of `regeneration`."""


class AuxiliaryPoint(Part):
    """Mean power of the auxiliaries at one outside temperature."""

    temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Temperature outside."""
    power_kw: Annotated[Number, Field(ge=0, le=2_000)]
    """Mean power of heating, cooling, air, light and control, for the whole train."""


class AtoLevel(Part):
    """One way of driving that the train's ATO offers: full effort to a cap, hold it, coast from a place on, brake."""

    name: Identifier
    """Name of the level; a plan refers to it."""
    speed_cap_kmh: Annotated[Number, Field(ge=10, le=400)] | None = None
    """Speed that the level never passes; none means only the limits."""
    coast_from_share: Share = 1.0
    """Share of the section's length after which it coasts; 1 means never."""
    slowest_share: Annotated[Number, Field(gt=0, le=1)] = 0.5
    """Share of the cap below which a coasting train is not let fall."""


class PassengerExchange(Part):
    """How long boarding and alighting take: a least dwell that grows with the passengers and the crowding on board.

    Seconds = fixed + boarding · B + alighting · A + crowding · S³ · B, with B boarding, A alighting and S standing
    through passengers at each door (Puong 2000, fitted on the Red Line of Boston, whose figures are 12.22, 2.27, 1.82
    and 0.00062).
    """

    doors: Annotated[Whole, Field(ge=1, le=500)]
    """Doors on one side of the whole train."""
    seats: Annotated[Whole, Field(ge=0, le=10_000)]
    """Seats of the whole train; who finds none stands."""
    fixed_s: Annotated[Number, Field(ge=0, le=300)]
    """Opening, closing and reaction, whoever comes."""
    boarding_s: Annotated[Number, Field(ge=0, le=60)]
    """For each passenger who boards at a door."""
    alighting_s: Annotated[Number, Field(ge=0, le=60)]
    """For each passenger who alights at a door."""
    crowding_s: Annotated[Number, Field(ge=0, le=1)]
    """For each passenger who boards at a door, times the cube of those who stand there."""
    most_standing: Annotated[Number, Field(ge=0, le=100)]
    """More who stand at a door count as so many: the model was not fitted beyond."""


class TrainType(Part):
    """A type of train, as it runs on the line."""

    title: Text
    """What people call it."""
    tare_t: Annotated[Number, Field(gt=5, le=2_000)]
    """Mass of the empty train."""
    rotating_mass_share: Annotated[Number, Field(ge=0, le=0.5)]
    """Inertia of the rotating parts, as a share of the tare."""
    passenger_kg: Annotated[Number, Field(ge=20, le=150)]
    """Mean mass of one passenger."""
    capacity: Capacity
    """How many passengers it takes."""
    length_m: Annotated[Number, Field(gt=0, le=500)]
    """Length over couplers; a speed limit holds until the tail has left it."""
    maximum_speed_kmh: Annotated[Number, Field(ge=20, le=350)]
    """Highest speed of the train itself."""
    comfort: Comfort
    """Limits on acceleration and deceleration."""
    resistance: RunningResistance
    """Running resistance on straight level track."""
    curve_resistance_n_m_per_kn: Annotated[Number, Field(ge=0, le=2_000)] = 600.0
    """Curve resistance in N for each kN of weight is this over the radius in m."""
    traction: EffortCurve
    """Largest traction force."""
    electric_brake: EffortCurve
    """Largest force of the electric brake."""
    friction_brake_kn: Force
    """Largest force of the friction brake, on top of the electric brake."""
    service_brake_kn: Annotated[Number, Field(gt=0, le=5_000)]
    """Limit on the sum of both brakes."""
    efficiency: Efficiencies
    """Efficiencies between collector and wheel."""
    auxiliaries: tuple[AuxiliaryPoint, ...]
    """Power over outside temperature: straight lines between points, constant beyond them; one point is a constant."""
    passenger_exchange: PassengerExchange | None = None
    """How dwells grow with the passengers; none means that they do not."""
    ato_levels: tuple[AtoLevel, ...] = ()
    """The only ways of driving, if the train's ATO offers no more than some levels; empty means any speed profile."""
