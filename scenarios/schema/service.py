"""The service: fleet, timetable in force, policy for new plans, driving today."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.base import Applies, Clock, Direction, Identifier, Number, Part, Seconds, Whole, YesNo

RunningTime = Annotated[Whole, Field(ge=1, le=7_200)]
Headway = Annotated[Whole, Field(ge=30, le=7_200)]


class FleetPart(Part):
    """Trains of one type."""

    train_type: Identifier
    """Type, one of `train_types`."""
    trainsets: Annotated[Whole, Field(ge=1, le=1_000)]
    """Trains of that type, those in repair not counted."""
    depot: Identifier | None = None
    """Depot where they belong; none means any."""


class RunningTimes(Part):
    """Running times of the timetable in force, in order of travel."""

    up: tuple[RunningTime, ...]
    """One time for each section, from the first station to the last, in s."""
    down: tuple[RunningTime, ...]
    """One time for each section, from the last station to the first, in s."""


class ClockByDirection(Part):
    """A clock time for each direction, at the terminal where it starts."""

    up: Clock
    """At the first station."""
    down: Clock
    """At the last station."""


class HeadwayPeriod(Part):
    """A period with one headway."""

    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period; the next may begin there."""
    headway_s: Headway
    """Time between two departures."""
    direction: Applies = "both"
    """Direction for which the row holds."""


class Departure(Part):
    """One departure of an explicit timetable."""

    direction: Direction
    """Direction of the trip."""
    departure_s: Clock = Field(alias="departure")
    """Departure from the terminal."""


class TimetableInForce(Part):
    """What runs today: times over the line, and headways per period or every departure."""

    running_time_s: RunningTimes
    """Running times of each section."""
    first_departure_s: ClockByDirection | None = Field(default=None, alias="first_departure")
    """First train of each direction; needed with periods."""
    last_departure_s: ClockByDirection | None = Field(default=None, alias="last_departure")
    """Last train of each direction; needed with periods."""
    periods: tuple[HeadwayPeriod, ...] | None = None
    """Headways; they cover the time from the first to the last departure."""
    departures: tuple[Departure, ...] | None = None
    """Every departure from the terminals, instead of periods."""


class Policy(Part):
    """What a new plan may do."""

    longest_headway_s: Headway
    """Longest time between two departures while the service runs."""
    load_limit_share: Annotated[Number, Field(gt=0, le=2)]
    """Largest load at the busiest section, as a share of normal capacity."""
    mean_waiting_limit_s: Annotated[Number, Field(gt=0, le=7_200)] | None = None
    """Longest mean waiting over the day; none means no limit beside the headways."""
    departure_window_s: Seconds | None = None
    """Each departure may move by at most this much at equal service; none means half a headway."""
    standing_to_running_s: Annotated[Number, Field(ge=0, le=600)] = 0
    """At equal service a trip may stand by this much less at its stations together, each dwell within its limits, and
    run as much longer."""


class Recovery(Part):
    """What a late train may do on a simulated day to be on time again, where trains hold the timetable."""

    shortens_dwells: YesNo = True
    """Whether it may shorten its dwells, down to the minimum dwell of each station."""
    runs_faster: YesNo = True
    """Whether it may run faster than planned."""
    running_time_margin_share: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Share that a late train's running time stays above the shortest one."""
    tolerated_lateness_s: Annotated[Number, Field(ge=0, le=600)] = 5.0
    """Lateness that is left to the next dwells before a train runs faster."""


class Driving(Part):
    """How trains are driven today."""

    baseline: Literal["speed_cap", "flat_out", "optimal"]
    """Driving of the timetable in force; speed_cap is full effort to a constant cap that just meets the time."""
    recovery: Recovery = Field(default_factory=Recovery)
    """What a late train may do to be on time again."""
