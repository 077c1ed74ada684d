"""The service: fleet, timetable in force, policy for new plans, driving today."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from scenarios.schema.base import (
    NAME_TEXT,
    Applies,
    Clock,
    Direction,
    Identifier,
    Number,
    OperatorName,
    Part,
    Seconds,
    Text,
    Whole,
    YesNo,
)

RunningTime = Annotated[Whole, Field(ge=1, le=7_200)]
Headway = Annotated[Whole, Field(ge=30, le=7_200)]


class FleetPart(Part):
    """Trains of one type."""

    train_type: Identifier
    """Train type, one of `train_types`."""
    trainsets: Annotated[Whole, Field(ge=1, le=1_000)]
    """Number of available trains of that type, without trains in repair."""
    depot: Identifier | None = None
    """Home depot of these trains; none means any depot."""
    vehicles: tuple[OperatorName, ...] = ()
    """Names of these trains, one for each trainset, for example the numbers of the operator; without names, the trains
    have the vehicles of the calls, otherwise type and number."""


class RunningTimes(Part):
    """Running times of the timetable in force, in order of travel."""

    up: tuple[RunningTime, ...]
    """One time for each section, from the first station to the last, in s."""
    down: tuple[RunningTime, ...]
    """One time for each section, from the last station to the first, in s."""


class ClockByDirection(Part):
    """A time for each direction, at the first terminal of the direction."""

    up: Clock
    """Time at the first station."""
    down: Clock
    """Time at the last station."""


class HeadwayPeriod(Part):
    """A period with one headway."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period; the next period may begin at this time."""
    headway_s: Headway
    """Time between two departures."""
    direction: Applies = "both"
    """Direction of the row."""


class Departure(Part):
    """One departure of an explicit timetable."""

    direction: Direction
    """Direction of the trip."""
    departure_s: Clock = Field(alias="departure")
    """Departure from the terminal."""


class SectionTime(Part):
    """The running time of one section in a period, and the dwell before it, instead of those of the whole day."""

    from_s: Clock = Field(alias="from")
    """Start of the period: the first departure from the terminal with these times."""
    to_s: Clock = Field(alias="to")
    """End of the period; a departure from the terminal at this time has the times of the next period."""
    direction: Applies = "both"
    """Direction of the row."""
    departure_station: Identifier
    """Station at which the section begins, in the direction of travel."""
    running_time_s: RunningTime
    """Running time of the section."""
    dwell_s: Seconds | None = None
    """Dwell at the departure station; none means the dwell of the station. Not for terminals of the line."""


class Call(Part):
    """The stop of one trip at one station. The rows of a trip are together, in order of travel."""

    trip_id: OperatorName
    """Identifier of the trip, as the operator writes it."""
    station: Identifier
    """Station of the stop."""
    arrival_s: Clock = Field(alias="arrival")
    """Arrival; at the first station of the trip the same as the departure."""
    departure_s: Clock = Field(alias="departure")
    """Departure; at the last station of the trip the same as the arrival."""
    vehicle: OperatorName | None = None
    """Vehicle or block that works the trip, as the operator writes it."""
    train_number: OperatorName | None = None
    """Train number that staff and passengers know the trip by."""


SourceName = Annotated[
    str, NAME_TEXT, Field(min_length=1), WithJsonSchema({"type": ["string", "integer"], "minLength": 1})
]
"""A name or an identifier of the source of a timetable, of any length."""


class TimetableOrigin(Part):
    """Where an imported timetable comes from, so that exports use the names of the source and can be merged into it."""

    format: Literal["gtfs", "csv"]
    """Format of the source."""
    file: Text
    """Name of the file that was imported."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the names and contents of the tables of a GTFS feed, the same for a zip and for its unpacked files."""
    agency_id: SourceName | None = None
    """Identifier of the agency of the route."""
    agency_name: SourceName | None = None
    """Name of the agency."""
    timezone: Text | None = None
    """Time zone of the agency."""
    route_ids: tuple[SourceName, ...] = ()
    """Identifiers of the imported routes; two if each direction has its own route."""
    route_name: SourceName | None = None
    """Name of the first of these routes."""
    service_ids: tuple[SourceName, ...] = ()
    """Identifiers of the services of the imported trips."""
    day: Text | None = None
    """Service day of the import, such as 2026-03-04."""


@dataclass(frozen=True)
class CalledTrip:
    """One trip of a timetable with calls: stations and times in order of travel; `rows` are positions in the table."""

    trip_id: str
    stations: tuple[str, ...]
    arrival_s: tuple[int, ...]
    departure_s: tuple[int, ...]
    vehicle: str | None
    train_number: str | None
    rows: tuple[int, ...]


class TimetableInForce(Part):
    """The timetable in force: running times with headways per period or with every departure, or the calls of every
    trip."""

    running_time_s: RunningTimes | None = None
    """Running times of each section; required without calls."""
    section_times: tuple[SectionTime, ...] = ()
    """Running times and dwells that differ in a period, for example in the peak."""
    calls: tuple[Call, ...] | None = None
    """Every stop of every trip; replaces running times and departures, so that each trip has its own times. `periods`
    is optional; without it, Headwatt finds the headway periods from the departures."""
    first_departure_s: ClockByDirection | None = Field(default=None, alias="first_departure")
    """First train of each direction; required with periods."""
    last_departure_s: ClockByDirection | None = Field(default=None, alias="last_departure")
    """Last train of each direction; required with periods."""
    periods: tuple[HeadwayPeriod, ...] | None = None
    """Headways by period; the periods cover the time from the first to the last departure."""
    departures: tuple[Departure, ...] | None = None
    """Every departure from the terminals, instead of periods."""
    origin: TimetableOrigin | None = None
    """Where the timetable was imported from; no result depends on it."""

    @cached_property
    def called_trips(self) -> tuple[CalledTrip, ...]:
        """The trips of `calls` in the order of the table; empty for the other forms."""
        rows: dict[str, list[int]] = {}
        calls = self.calls or ()
        for position, call in enumerate(calls):
            rows.setdefault(call.trip_id, []).append(position)
        return tuple(_called_trip(trip_id, places, calls) for trip_id, places in rows.items())


def _called_trip(trip_id: str, rows: list[int], calls: tuple[Call, ...]) -> CalledTrip:
    stops = [calls[row] for row in rows]
    return CalledTrip(
        trip_id,
        tuple(stop.station for stop in stops),
        tuple(stop.arrival_s for stop in stops),
        tuple(stop.departure_s for stop in stops),
        next((stop.vehicle for stop in stops if stop.vehicle is not None), None),
        next((stop.train_number for stop in stops if stop.train_number is not None), None),
        tuple(rows),
    )


class Policy(Part):
    """Limits that a new plan must keep."""

    longest_headway_s: Headway
    """Longest time between two departures during the hours of service."""
    load_limit_share: Annotated[Number, Field(gt=0, le=2)]
    """Largest load on the busiest section, as a share of normal capacity."""
    mean_waiting_limit_s: Annotated[Number, Field(gt=0, le=7_200)] | None = None
    """Longest mean waiting over the day; none means that only the headways limit the waiting."""
    departure_window_s: Seconds | None = None
    """Largest change of a departure at equal service; none means half a headway."""
    standing_to_running_s: Annotated[Number, Field(ge=0, le=600)] = 0
    """Dwell-to-running-time transfer at equal service: the largest reduction of the total dwell of a trip, which
    becomes running time; each dwell stays within its limits. 0: dwells are not shortened."""


class Recovery(Part):
    """How a late train may recover its delay on a simulated day, if trains hold the timetable."""

    shortens_dwells: YesNo = True
    """Whether a late train may shorten its dwells, down to the minimum dwell of each station."""
    runs_faster: YesNo = True
    """Whether a late train may run faster than planned."""
    running_time_margin_share: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Margin of a late train's running time above the shortest running time, as a share."""
    tolerated_lateness_s: Annotated[Number, Field(ge=0, le=600)] = 5.0
    """Delay that a train recovers only by shorter dwells; above this value, the train also runs faster."""


class Driving(Part):
    """Driving in the timetable in force."""

    baseline: Literal["speed_cap", "flat_out", "optimal"]
    """Driving of the timetable in force; speed_cap is full effort up to a constant speed cap that gives the running
    time."""
    recovery: Recovery = Field(default_factory=Recovery)
    """How a late train may recover its delay."""
