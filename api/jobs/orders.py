"""The orders of jobs that are no plans: what a client asks for, as names, numbers and texts that can be stored.

A job stores its order as a JSON object, with what the service adds: the number of the version of a scenario or a plan,
the id of the plan in the address of the request, and the SHA-256 of a file that came with the request.
"""

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from api.jobs.port import JobKind, Lane

MOST_DAYS = 1000
SHORT_DAYS = 20
"""A job of at most so many simulated days uses the short lane."""

_NAME = r"^[a-z0-9_\-]{1,80}$"
_Name = Annotated[str, Field(pattern=_NAME)]
_Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[0-9a-zA-Z\-]+$")]
_Text = Annotated[str, Field(max_length=200)]
_Seed = Annotated[int, Field(strict=True, ge=0, le=2**31, description="The same seed gives the same days.")]
_Days = Annotated[int, Field(strict=True, ge=2, le=MOST_DAYS)]
_Controller = Annotated[
    Literal["none", "hold", "even", "track", "energy"],
    Field(description="Controller of the trains, as `--controller`."),
]
_Interval = Annotated[
    float | None,
    Field(ge=0.001, le=100.0, allow_inf_nan=False, description="Full width of the 95 % interval in percentage points."),
]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": list(examples)})


class Order(BaseModel):
    """An order of a job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def lane(self) -> Lane:
        """The lane of the job."""
        return "short"


class LineOrder(Order):
    """An order about a line."""

    scenario: Annotated[_Name, Field(description="Name of a line of `/v1/scenarios`.")]
    version: Annotated[
        int | None,
        Field(strict=True, ge=1, le=1_000_000, description="Version of its scenario; by default the newest."),
    ] = None


class DaysOrder(Order):
    """An order of simulated days."""

    replications: Annotated[_Days, Field(description="Simulated days; with `interval`, the days to start with.")] = 10
    interval: _Interval = None
    most: Annotated[_Days, Field(description="Largest number of days with `interval`.")] = 400
    seed: _Seed = 0
    controller: _Controller = "none"

    @model_validator(mode="after")
    def _enough_days(self) -> "DaysOrder":
        if self.interval is not None and self.replications < 10:
            raise ValueError("replications must be at least 10 with an interval")
        return self

    def lane(self) -> Lane:
        """Short for few days."""
        return "short" if self.interval is None and self.replications <= SHORT_DAYS else "long"


class SimulationOrder(DaysOrder, LineOrder):
    """Simulate disturbed days of the timetable in force; with `plan`, of this plan on the same days."""

    model_config = _examples(
        {"scenario": "beijing_yizhuang", "overrides": ["summer"], "replications": 10},
        {"scenario": "beijing_yizhuang", "interval": 0.1, "controller": "even"},
    )

    overrides: Annotated[
        tuple[_Name, ...], Field(max_length=20, description="Named overrides, applied in this order.")
    ] = ()
    plan: Annotated[_Id | None, Field(description="Id of a plan of the line that succeeded.")] = None


class SweepOrder(LineOrder):
    """Simulate and compare many cases of a line, as `headwatt sweep`."""

    model_config = _examples(
        {
            "scenario": "beijing_yizhuang",
            "study": {"title": "Dwell noise", "factors": {"disturbances.dwell_noise_s": [0, 3]}, "replications": 5},
        }
    )

    study: Annotated[
        dict[str, JsonValue],
        Field(description="A sweep file as an object, without `scenario` and `plan`: title, factors, replications …"),
    ]
    plan: Annotated[_Id | None, Field(description="Id of a plan of the line that succeeded.")] = None
    controller: _Controller = "none"

    @model_validator(mode="after")
    def _own_keys(self) -> "SweepOrder":
        if taken := sorted({"scenario", "plan"} & set(self.study)):
            raise ValueError(f"{' and '.join(taken)} of a sweep are fields of the order, not of study")
        return self

    def lane(self) -> Lane:
        """Always long: the cases are counted only when they are built."""
        return "long"


_StoreLine = Annotated[
    _Text | None,
    Field(description="Line of the telemetry store; by default the one with the name of the line, or the only one."),
]


class DescriptionOrder(LineOrder):
    """Describe a line: track, running times with their energy, and driving profiles."""

    model_config = _examples({"scenario": "beijing_yizhuang", "passengers": 600})

    overrides: Annotated[
        tuple[_Name, ...], Field(max_length=20, description="Named overrides, applied in this order.")
    ] = ()
    passengers: Annotated[
        float, Field(ge=0.0, le=10_000.0, allow_inf_nan=False, description="Passengers on board.")
    ] = 0.0


class TraceOrder(LineOrder):
    """Trace one simulated day: power and voltage in each second, and the page that replays the day."""

    model_config = _examples({"scenario": "beijing_yizhuang"}, {"scenario": "beijing_yizhuang", "seed": 3})

    overrides: Annotated[
        tuple[_Name, ...], Field(max_length=20, description="Named overrides, applied in this order.")
    ] = ()
    plan: Annotated[_Id | None, Field(description="Plan of the line; by default the timetable in force.")] = None
    seed: Annotated[
        int | None, Field(strict=True, ge=0, le=2**31, description="First disturbed day of this seed; by default none.")
    ] = None


class CalibrationOrder(LineOrder):
    """Estimate the parameters of the vehicles of a line from the telemetry store of the service.

    The models become the present models of the vehicles (`/v1/lines/LINE/vehicles`), and the fleet is ranked anew.
    """

    model_config = _examples({"scenario": "beijing_yizhuang", "vehicles": ["101"], "days": ["2026-10-05"]})

    telemetry_line: _StoreLine = None
    vehicles: Annotated[tuple[_Text, ...], Field(max_length=200, description="Only these; by default all.")] = ()
    days: Annotated[
        tuple[datetime.date, ...], Field(max_length=400, description="Only these service days; by default all.")
    ] = ()
    train_type: Annotated[_Text | None, Field(description="Train type; by default that of the fleet.")] = None
    hold: Annotated[tuple[_Text, ...], Field(max_length=20, description="Parameters to fix, as `--hold`.")] = ()

    def lane(self) -> Lane:
        """Always long."""
        return "long"


class TelemetryCheckOrder(LineOrder):
    """Check the telemetry of a line by vehicle and day, as `headwatt telemetry status`.

    The result is kept as `/v1/lines/LINE/telemetry-quality`.
    """

    model_config = _examples({"scenario": "beijing_yizhuang"})

    telemetry_line: _StoreLine = None

    def lane(self) -> Lane:
        """Always long: every row of the store is read."""
        return "long"


class JudgementOrder(DaysOrder):
    """Judge a plan again on pairs of disturbed days, as `headwatt judge`."""

    model_config = _examples({"replications": 20, "seed": 7}, {"interval": 0.2, "sensitivity": True})

    replications: Annotated[
        int, Field(strict=True, ge=10, le=MOST_DAYS, description="Pairs of days; with `interval`, those to start with.")
    ] = 10
    sensitivity: Annotated[bool, Field(description="Also judge with changed inputs, as `--sensitivity`.")] = False

    def lane(self) -> Lane:
        """Long with the sensitivity, otherwise by the number of days."""
        return "long" if self.sensitivity else super().lane()


class ComparisonOrder(Order):
    """Compare a plan with another plan, or with the timetable in force, as `headwatt compare`."""

    model_config = _examples({}, {"other": "20261130-081500-123456-a1b2c3"})

    other: Annotated[_Id | None, Field(description="Id of the other plan; by default the timetable in force.")] = None


class ExplanationOrder(Order):
    """Explain the saving of a plan by lever and by trip, or of one trip section by section, as `headwatt explain`."""

    model_config = _examples({}, {"trip": "up-050"})

    trip: Annotated[_Text | None, Field(min_length=1, description="Trip identifier or train number.")] = None


class ExportOrder(Order):
    """Export a plan as GTFS, CSV tables, a workbook, or JSON, as `headwatt export`; the fields below are for GTFS."""

    model_config = _examples(
        {"format": "xlsx"},
        {"format": "gtfs", "timezone": "Asia/Shanghai", "date": "2027-03-01", "until": "2027-06-26", "days": "mon-fri"},
    )

    format: Literal["gtfs", "csv", "xlsx", "json"]
    agency: Annotated[_Text | None, Field(description="Name of the operator.")] = None
    agency_url: Annotated[str | None, Field(max_length=500, description="Web page of the operator.")] = None
    timezone: Annotated[_Text | None, Field(description="Time zone such as Europe/Berlin.")] = None
    date: Annotated[datetime.date | None, Field(description="First service day; by default today.")] = None
    until: Annotated[datetime.date | None, Field(description="Last service day; by default the first.")] = None
    days: Annotated[str, Field(max_length=60, description="Weekdays such as mon-fri or sat,sun.")] = "mon-sun"
    frequencies: Annotated[bool, Field(description="Write departures at equal intervals as frequencies.")] = True


class Move(BaseModel):
    """A trip that leaves and arrives everywhere later, or earlier with a negative time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trip: Annotated[str, Field(min_length=1, max_length=200)]
    by_s: Annotated[int, Field(strict=True, ge=-7200, le=7200)]


class StopEdit(BaseModel):
    """An arrival and a departure of a trip at one of its stops that are later, or earlier with a negative time.

    They are moved in addition to the trip. At the first stop, only the departure counts, and at the last stop only the
    arrival.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trip: Annotated[str, Field(min_length=1, max_length=200)]
    stop: Annotated[int, Field(strict=True, ge=0, le=1000, description="Number of the stop of the trip, from 0.")]
    arrival_by_s: Annotated[int, Field(strict=True, ge=-7200, le=7200)] = 0
    departure_by_s: Annotated[int, Field(strict=True, ge=-7200, le=7200)] = 0


_Moves = Annotated[tuple[Move, ...], Field(max_length=5000, description="Trips to move.")]
_Stops = Annotated[
    tuple[StopEdit, ...], Field(max_length=20_000, description="Single arrivals and departures to move.")
]


class EditCheckOrder(BaseModel):
    """Moves of trips and stops that are checked and not stored; without any, the plan itself is checked."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"moves": [{"trip": "up-010", "by_s": 15}]}]}
    )

    moves: _Moves = ()
    stops: _Stops = ()


class RevisionOrder(Order):
    """Edit a plan by hand: a new timetable, or moves of trips and stops. The result is checked and judged at once."""

    model_config = _examples({"moves": [{"trip": "up-010", "by_s": 15}]})

    timetable: Annotated[
        str | None, Field(max_length=900_000, description="The text of a new `timetable.csv` of the plan.")
    ] = None
    moves: _Moves = ()
    stops: _Stops = ()
    replications: Annotated[
        int | None, Field(strict=True, ge=2, le=MOST_DAYS, description="Pairs of days; by default those of the plan.")
    ] = None
    seed: Annotated[int | None, Field(strict=True, ge=0, le=2**31)] = None
    unproven: Annotated[
        bool, Field(description="Make a version also if it breaks rules; it is rejected and stays a draft.")
    ] = False

    @model_validator(mode="after")
    def _one_edit(self) -> "RevisionOrder":
        if (self.timetable is None) == (not self.moves and not self.stops):
            raise ValueError("give either timetable, or moves and stops")
        return self


class ScenarioChange(BaseModel):
    """A value of scenario.yaml to set; the path leads through mappings, and missing mappings are added."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=20)]
    value: JsonValue


class ScenarioChangesOrder(BaseModel):
    """Values and files of a scenario that are changed together."""

    model_config = _examples({"changes": [{"path": ["outside_temperature_c"], "value": 28}]})

    changes: Annotated[tuple[ScenarioChange, ...], Field(max_length=2000, description="Values of scenario.yaml.")] = ()
    files: Annotated[
        dict[_Text, str], Field(max_length=60, description="Files to replace or add, as text: the tables.")
    ] = Field(default_factory=dict)


class ImportOrder(Order):
    """A new version of the scenario of a line from a file that came with the request.

    `changes` are those of values and files of the version `base_version` of `base_line`.
    """

    form: Literal["folder", "gtfs", "timetable", "edit", "changes"]
    line: _Name
    check_only: bool = False
    like: _Name | None = None
    routes: tuple[str, ...] = ()
    date: str | None = None
    up_from: str | None = None
    branch: str | None = None
    dwell_s: int | None = None
    file_name: str = ""
    base_version: int | None = None
    base_line: _Name | None = None


ORDERS: dict[JobKind, type[Order]] = {
    "simulate": SimulationOrder,
    "sweep": SweepOrder,
    "calibrate": CalibrationOrder,
    "check-telemetry": TelemetryCheckOrder,
    "judge": JudgementOrder,
    "compare": ComparisonOrder,
    "explain": ExplanationOrder,
    "export": ExportOrder,
    "revise": RevisionOrder,
    "import": ImportOrder,
    "describe": DescriptionOrder,
    "trace": TraceOrder,
}
"""The order of each kind of job that is no plan."""
