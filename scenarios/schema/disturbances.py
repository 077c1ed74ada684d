"""Disturbances of a simulated day: random events with their rates, and events at known times."""

from typing import Annotated

from pydantic import Field

from scenarios.schema.base import Applies, Chainage, Clock, Identifier, Number, Part, Seconds, Share, YesNo

Duration = Annotated[Number, Field(gt=0, le=86_400)]
Spread = Annotated[Number, Field(ge=0, le=86_400)]
SlowSpeed = Annotated[Number, Field(ge=5, le=350)]
Adhesive = Annotated[Number, Field(gt=0, le=3)]


class DoorFaults(Part):
    """Door faults: a stop takes longer, by a lognormal time."""

    per_1000_stops: Annotated[Number, Field(ge=0, le=1_000)]
    """Number of such faults per thousand stops at intermediate stations."""
    mean_s: Duration
    """Mean additional time."""
    standard_deviation_s: Spread
    """Standard deviation of the delay."""


class LatePullOuts(Part):
    """Vehicles that leave their depot late, by a lognormal time; the delay continues in the rest of the duty."""

    late_share: Share
    """Share of duties whose first trip is late."""
    mean_s: Duration
    """Mean delay of these duties."""
    standard_deviation_s: Spread
    """Standard deviation of this delay."""


class TrainFailures(Part):
    """Trains that fail during a trip, continue slowly to the end of the trip, and are withdrawn there."""

    per_million_km: Annotated[Number, Field(ge=0, le=1_000_000)]
    """Failures per million train-km."""
    limit_kmh: SlowSpeed
    """Largest speed of the failed train."""
    spare_ready_after_s: Seconds | None = None
    """Time from the arrival of the failed train until a spare train is ready to work the later trips; none: these trips
    are cancelled."""


class TemporarySpeedLimit(Part):
    """A speed limit for some hours; it applies to runs that depart within these hours."""

    from_m: Chainage
    """Chainage where the stretch begins."""
    to_m: Chainage
    """Chainage where it ends."""
    limit_kmh: SlowSpeed
    """Speed limit."""
    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    direction: Applies = "both"
    """Direction for which the limit holds."""


class RandomSpeedLimits(Part):
    """Unplanned temporary speed limits: a Poisson-distributed number per day, each at a random place and from a random
    time of day."""

    per_day: Annotated[Number, Field(ge=0, le=50)]
    """Mean number per day."""
    length_m: Annotated[Number, Field(gt=0, le=100_000)]
    """Length of each limit."""
    limit_kmh: SlowSpeed
    """Speed limit."""
    mean_s: Duration
    """Mean duration; the duration is exponential."""


class SubstationOut(Part):
    """A substation or storage that is out of service for a time; the contact lines stay connected at its place."""

    substation: Identifier
    """Identifier of the substation or storage."""
    from_s: Clock = Field(alias="from")
    """Begin of the outage."""
    to_s: Clock = Field(alias="to")
    """End of the outage."""


class SubstationFailures(Part):
    """Random failures of substations; each substation fails independently, at a random time of day."""

    per_year: Annotated[Number, Field(ge=0, le=365)]
    """Mean number of failures of each substation per year; at most one per day."""
    mean_s: Duration
    """Mean duration of an outage; the duration is exponential."""


class Temperature(Part):
    """The outside temperature at one time of the day."""

    at_s: Clock = Field(alias="at")
    """Time of the day."""
    temperature_c: Annotated[Number, Field(ge=-60, le=60)]
    """Outside temperature."""


class SlipperyRails(Part):
    """Hours with low adhesion: acceleration and deceleration are limited for trains that depart within these hours."""

    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    maximum_acceleration_m_s2: Adhesive
    """Largest acceleration that the adhesion allows."""
    maximum_deceleration_m_s2: Adhesive
    """Largest deceleration of drivers and ATO in these hours."""
    share_of_days: Share = 1.0
    """Share of the days with this event."""


class Weather(Part):
    """Weather: it changes the power of the auxiliaries and the adhesion."""

    temperatures: tuple[Temperature, ...] = ()
    """Temperature over the day: straight lines between points, constant beyond them; none means
    `outside_temperature_c`."""
    temperature_deviation_c: Annotated[Number, Field(ge=0, le=30)] = 0.0
    """Standard deviation of the temperature from day to day; normally distributed, the same for all hours of a day."""
    slippery: tuple[SlipperyRails, ...] = ()
    """Times with slippery rails."""


class Disturbances(Part):
    """Deviations of a simulated day from its timetable. The seed is an argument of a run, not a property of the line.

    A day without a seed has no disturbances, neither random nor planned ones.
    """

    dwell_noise_s: Annotated[Number, Field(ge=0, le=300)]
    """Standard deviation of a dwell."""
    dwell_noise_accumulates: YesNo
    """False: trains hold the timetable and recover a late departure. True: deviations accumulate along the trip."""
    door_faults: DoorFaults | None = None
    """Door faults."""
    late_pull_outs: LatePullOuts | None = None
    """Vehicles that leave their depot late."""
    train_failures: TrainFailures | None = None
    """Trains that fail and are withdrawn."""
    speed_limits: tuple[TemporarySpeedLimit, ...] = ()
    """Temporary speed limits of every simulated day."""
    random_speed_limits: RandomSpeedLimits | None = None
    """Random temporary speed limits."""
    substations_out: tuple[SubstationOut, ...] = ()
    """Substations and storages that are out of service for some hours of every simulated day."""
    substation_failures: SubstationFailures | None = None
    """Random failures of substations."""
    weather: Weather | None = None
    """Temperature and adhesion over the day."""
