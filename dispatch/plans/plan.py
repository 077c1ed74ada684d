"""The plan: a timetable with its headways, and all inputs that are necessary to reproduce the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from dispatch.plans.plan_options import MODES, Mode
from dispatch.plans.plan_record import PlanFacts, PlanOptions
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Fault, InputFaults
from scenarios.schema.base import Direction

__all__ = ["MODES", "HeadwayPeriod", "Mode", "Plan", "plan_json_schema"]

PLAN_FORMAT = "headwatt-plan-1"


@dataclass(frozen=True)
class HeadwayPeriod:
    """One direction from `from_s` until before `to_s`: `trips` departures, `headway_s` apart on average.

    A row with `first` and `last` is about all trains on the part of the line between these stations, with short trips;
    `from_s` and `to_s` are the same times as at the end of the line.
    """

    direction: Direction
    from_s: int
    to_s: int
    headway_s: float
    trips: int
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Plan:
    """The result of the planner for one service day, with the hash of the inputs, the seed and the version.

    `vehicles` contains the train type of each vehicle of the timetable. `options` are the planning options of the plan,
    `facts` further results of the planner (convergence, bound, gap; in JSON `metadata`).
    """

    scenario: str
    scenario_hash: str
    mode: Mode
    timetable: Timetable
    headways: tuple[HeadwayPeriod, ...]
    vehicles: Mapping[str, str]
    seed: int
    version: str
    options: PlanOptions = field(default_factory=PlanOptions)
    facts: PlanFacts = field(default_factory=PlanFacts)

    def __post_init__(self) -> None:
        object.__setattr__(self, "vehicles", MappingProxyType(dict(self.vehicles)))

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain JSON values; `Plan.from_dict` gives an equal plan."""
        return {
            "format": PLAN_FORMAT,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "mode": self.mode,
            "seed": self.seed,
            "version": self.version,
            "options": self.options.to_json(),
            "metadata": self.facts.to_json(),
            "vehicles": dict(self.vehicles),
            "headways": [
                {name: getattr(period, name) for name in _HeadwayDocument.model_fields} for period in self.headways
            ],
            "trips": [
                {
                    name: list(value) if isinstance(value := getattr(trip, name), tuple) else value
                    for name in _TripDocument.model_fields
                    if name != "train_number"
                }
                for trip in self.timetable.trips
            ],
        }

    @staticmethod
    def from_dict(document: object, file: str = "plan") -> "Plan":
        """Read a plan from plain JSON values, strictly: raises `InputFaults` with all faults and their positions.

        This function checks the form (fields, types, lengths); the checker checks the rules. `file` is the name of the
        source in the faults.
        """
        try:
            read = _PlanDocument.model_validate(document, strict=True)
        except ValidationError as error:
            raise InputFaults(_fault(file, detail) for detail in error.errors(include_url=False)) from error
        return Plan(
            scenario=read.scenario,
            scenario_hash=read.scenario_hash,
            mode=read.mode,
            timetable=Timetable(
                tuple(
                    Trip(
                        trip_id=trip.trip_id,
                        direction=trip.direction,
                        stations=tuple(trip.stations),
                        arrival_s=tuple(trip.arrival_s),
                        departure_s=tuple(trip.departure_s),
                        driving=tuple(trip.driving),
                        passengers=tuple(trip.passengers),
                        vehicle=trip.vehicle,
                    )
                    for trip in read.trips
                )
            ),
            headways=tuple(HeadwayPeriod(**period.model_dump()) for period in read.headways),
            vehicles=read.vehicles,
            seed=read.seed,
            version=read.version,
            options=PlanOptions.from_json(read.options, file),
            facts=PlanFacts.from_json(read.metadata, file),
        )


def plan_json_schema() -> dict[str, Any]:
    """The JSON schema of a plan, for editors and other programs."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_PlanDocument.model_json_schema()}


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _HeadwayDocument(_Document):
    direction: Direction
    from_s: int
    to_s: int
    headway_s: float = Field(gt=0)
    trips: int = Field(ge=0)
    first: str = ""
    last: str = ""


class _TripDocument(_Document):
    trip_id: str = Field(min_length=1)
    direction: Direction
    stations: list[str] = Field(min_length=2)
    arrival_s: list[int]
    departure_s: list[int]
    driving: list[str]
    passengers: list[Annotated[float, Field(ge=0)]]
    vehicle: str = Field(min_length=1)
    train_number: str = ""

    @model_validator(mode="after")
    def _lengths(self) -> "_TripDocument":
        count = len(self.stations)
        wrong = [
            f"{name} has {len(getattr(self, name))} entries, {wanted} expected"
            for name, wanted in (
                ("arrival_s", count), ("departure_s", count), ("driving", count - 1), ("passengers", count - 1),
            )
            if len(getattr(self, name)) != wanted
        ]  # fmt: skip
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class _PlanDocument(_Document):
    format: Literal["headwatt-plan-1"]
    scenario: str
    scenario_hash: str
    mode: Mode
    seed: int
    version: str
    options: dict[str, JsonValue]
    metadata: dict[str, JsonValue]
    vehicles: dict[str, str]
    headways: list[_HeadwayDocument]
    trips: list[_TripDocument] = Field(min_length=1)
    origin: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _names(self) -> "_PlanDocument":
        seen: set[str] = set()
        twice = sorted({trip.trip_id for trip in self.trips if trip.trip_id in seen or seen.add(trip.trip_id)})  # type: ignore[func-returns-value]
        if twice:
            raise ValueError(f"trip_id more than once: {', '.join(twice)}")
        return self


def _fault(file: str, detail: Any) -> Fault:
    location = [str(part) for part in detail["loc"]]
    value = detail.get("input")
    shown = "" if isinstance(value, (dict, list)) or detail["type"] == "missing" else repr(value)
    return Fault(
        file=file,
        place=".".join(location[:-1]),
        field=location[-1] if location else "",
        value=shown,
        allowed=detail["msg"].removeprefix("Value error, "),
    )
