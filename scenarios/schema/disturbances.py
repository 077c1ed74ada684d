"""How a day departs from its timetable: what happens by chance, with its rate, and what is known to happen."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import Applies, Chainage, Clock, Identifier, Number, Part, Seconds, Share, YesNo

Duration = Annotated[Number, Field(gt=0, le=86_400)]
Spread = Annotated[Number, Field(ge=0, le=86_400)]
SlowSpeed = Annotated[Number, Field(ge=5, le=350)]
Adhesive = Annotated[Number, Field(gt=0, le=3)]


class DoorFaults(Part):
    """Doors that do not close: a stop lasts longer, by a lognormal time."""

    per_1000_stops: Annotated[Number, Field(ge=0, le=1_000)]
    """How many of a thousand stops on the way have such a fault."""
    mean_s: Duration
    """Mean time that it costs."""
    standard_deviation_s: Spread
    """Standard deviation of that time."""


class LatePullOuts(Part):
    """Vehicles that come out of their depot late, by a lognormal time; the rest of the duty follows."""

    late_share: Share
    """Share of duties whose first trip is late."""
    mean_s: Duration
    """Mean lateness of those."""
    standard_deviation_s: Spread
    """Standard deviation of it."""


class TrainFailures(Part):
    """Trains that fail on the way, run on slowly to the end of their trip, and are withdrawn there."""

    per_million_km: Annotated[Number, Field(ge=0, le=1_000_000)]
    """Failures in a million train-km."""
    limit_kmh: SlowSpeed
    """Speed that the failed train does not pass."""
    spare_ready_after_s: Seconds | None = None
    """A spare takes over the later trips, ready that long after the failed train arrived; none: they are cancelled."""


class TemporarySpeedLimit(Part):
    """A speed limit for some hours, for trains that depart towards it within them."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where it ends."""
    limit_kmh: SlowSpeed
    """The highest speed."""
    from_s: Clock = Field(alias="from")
    """When it begins."""
    to_s: Clock = Field(alias="to")
    """When it ends."""
    direction: Applies = "both"
    """Direction for which it holds."""


class RandomSpeedLimits(Part):
    """Temporary speed limits that nobody planned: a Poisson number, at any place, from any time of the day on."""

    per_day: Annotated[Number, Field(ge=0, le=50)]
    """Mean number in a day."""
    length_m: Annotated[Number, Field(gt=0, le=100_000)]
    """Length of each."""
    limit_kmh: SlowSpeed
    """The highest speed."""
    mean_s: Duration
    """Mean time that it lasts; the time is exponential."""


class SubstationOut(Part):
    """A substation or storage that is out of service for some hours; the contact lines stay tied together there."""

    substation: Identifier
    """Which one."""
    from_s: Clock = Field(alias="from")
    """When it goes out."""
    to_s: Clock = Field(alias="to")
    """When it comes back."""


class SubstationFailures(Part):
    """Substations that go out unexpectedly, each by itself, at any time of the day."""

    per_year: Annotated[Number, Field(ge=0, le=365)]
    """Mean number in a year, of each substation; at most one a day."""
    mean_s: Duration
    """Mean time until it is back; the time is exponential."""


class Temperature(Part):
    """The temperature outside at one time of the day."""

    at_s: Clock = Field(alias="at")
    """Time of the day."""
    temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Temperature outside."""


class SlipperyRails(Part):
    """Hours in which the rails hold less: both limits are lower for trains that depart within them."""

    from_s: Clock = Field(alias="from")
    """When it begins."""
    to_s: Clock = Field(alias="to")
    """When it ends."""
    maximum_acceleration_m_s2: Adhesive
    """Largest acceleration that the wheels hold."""
    maximum_deceleration_m_s2: Adhesive
    """Largest deceleration that drivers and ATO then ask for."""
    share_of_days: Share = 1.0
    """Share of the days on which it happens."""


class Weather(Part):
    """What moves the auxiliaries and the adhesion."""

    temperatures: tuple[Temperature, ...] = ()
    """Temperature over the day: straight lines between points, constant beyond them; none means the scenario's own."""
    temperature_deviation_c: Annotated[Number, Field(ge=0, le=30)] = 0.0
    """Standard deviation of a whole day's temperature around that; normal."""
    slippery: tuple[SlipperyRails, ...] = ()
    """Hours with slippery rails."""


class Disturbances(Part):
    """How the day departs from its timetable; the seed belongs to a run, never to the line.

    On a day without a seed none of this happens, neither by chance nor as planned.
    """

    dwell_noise_s: Annotated[Number, Field(ge=0, le=300)]
    """Standard deviation of a dwell."""
    dwell_noise_accumulates: YesNo
    """False: trains hold the timetable, so that a late departure is made up. True: deviations add up along the trip."""
    door_faults: DoorFaults | None = None
    """Doors that do not close."""
    late_pull_outs: LatePullOuts | None = None
    """Vehicles that come out late."""
    train_failures: TrainFailures | None = None
    """Trains that fail and are withdrawn."""
    speed_limits: tuple[TemporarySpeedLimit, ...] = ()
    """Temporary speed limits that hold on every simulated day."""
    random_speed_limits: RandomSpeedLimits | None = None
    """Temporary speed limits that come by chance."""
    substations_out: tuple[SubstationOut, ...] = ()
    """Substations and storages that are out for some hours of every simulated day."""
    substation_failures: SubstationFailures | None = None
    """Substations that go out by chance."""
    weather: Weather | None = None
    """Temperature and adhesion over the day."""
