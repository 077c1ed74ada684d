"""The wire models of live lines; snapshots are passed on as the process of the line wrote them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Reason = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LiveLineModel(BaseModel):
    """A line with a live process now or earlier."""

    line_id: str = Field(description="Id of the line.")
    line_name: str = Field(description="Title of the line.")
    day: str = Field(description="Service day.")
    is_virtual: bool = Field(description="Whether the trains are simulated.")
    speed: float = Field(description="Line seconds for each second of the clock.")
    time_s: float = Field(description="Time of the line in seconds of the service day.")
    wall_time: str = Field(description="Time of the snapshot in UTC.")
    is_stale: bool = Field(description="Whether the process of the line has gone.")


class LiveLinesModel(BaseModel):
    """All lines with a live process now or earlier."""

    lines: list[LiveLineModel] = Field(description="The lines by id.")


class AnswerModel(_Body):
    """The answer to advice."""

    answer: Literal["acknowledged", "declined"] = Field(description="Answer of the controller.")
    reason: Reason | None = Field(default=None, description="Why the advice is declined.")


class AdviceAnsweredModel(BaseModel):
    """Advice after its answer."""

    advice_id: str = Field(description="Id of the advice.")
    status: str = Field(description="Status after the answer.")


class AdvisingModel(_Body):
    """Whether the line or a train is advised."""

    is_on: bool = Field(description="Whether advice is given.")
    train_id: Name | None = Field(default=None, description="Train; null for the whole line.")
    reason: Reason | None = Field(default=None, description="Why advising stops or resumes.")


class AdvisingSetModel(BaseModel):
    """What was set."""

    is_on: bool = Field(description="Whether advice is given.")
    train_id: str | None = Field(description="Train; null for the whole line.")


class AlarmActionModel(_Body):
    """What a controller does with an alarm."""

    action: Literal["acknowledge", "shelve", "unshelve"] = Field(description="Action.")
    minutes: Annotated[int, Field(ge=1, le=1440)] | None = Field(default=None, description="Minutes of shelving (15).")
    reason: Reason | None = Field(default=None, description="Why.")


class AlarmActedModel(BaseModel):
    """An alarm after the action."""

    alarm_id: str = Field(description="Id of the alarm.")
    status: str = Field(description="Status after the action.")


class IncidentModel(_Body):
    """An incident of a virtual line; it names the train, station or substation that its kind needs."""

    kind: Literal["hold train", "hold station", "substation out", "silent train", "silent meters"] = Field(
        description="Kind of incident."
    )
    train_id: Name | None = Field(default=None, description="Train of `hold train` and `silent train`.")
    station_id: Name | None = Field(default=None, description="Station of `hold station`.")
    substation_id: Name | None = Field(default=None, description="Substation of `substation out`.")
    from_s: Annotated[float, Field(ge=0, le=172_800)] | None = Field(
        default=None, description="Begin in seconds of the day; null: now."
    )
    duration_s: Annotated[float, Field(ge=1, le=86_400)] = Field(default=180, description="Duration in line seconds.")

    @property
    def at(self) -> str | None:
        """The place that the kind needs; None if it is missing."""
        if self.kind in ("hold train", "silent train"):
            return self.train_id
        if self.kind == "hold station":
            return self.station_id
        return self.substation_id if self.kind == "substation out" else ""


class IncidentAddedModel(BaseModel):
    """An incident that was given to the virtual line."""

    kind: str = Field(description="Kind of incident.")
    at: str = Field(description="Train, station or substation.")
    from_s: float | None = Field(description="Begin; null: now.")
    duration_s: float = Field(description="Duration in line seconds.")


class DisruptionModel(_Body):
    """What happened: it names the train, station or substation that its kind needs."""

    kind: Literal["train failed", "section blocked", "late pull-out", "substation out"] = Field(
        description="Kind of disruption.", examples=["section blocked"]
    )
    train_id: Name | None = Field(default=None, description="Train of `train failed` and `late pull-out`.")
    station_id: Name | None = Field(
        default=None, description="Station of `section blocked`: the section to the next station in direction up."
    )
    substation_id: Name | None = Field(default=None, description="Substation of `substation out`.")
    direction: Literal["up", "down"] | None = Field(default=None, description="Blocked direction; null: both.")
    from_s: Annotated[float, Field(ge=0, le=172_800)] | None = Field(
        default=None, description="Begin in seconds of the day; null: now."
    )
    duration_s: Annotated[float, Field(ge=30, le=14_400)] = Field(default=600, description="Duration in line seconds.")

    @property
    def at(self) -> str | None:
        """The place that the kind needs; None if it is missing."""
        if self.kind == "section blocked":
            return self.station_id
        return self.substation_id if self.kind == "substation out" else self.train_id


class RecoveryAskedModel(BaseModel):
    """A comparison of recoveries that was asked for."""

    recovery_id: str = Field(description="Id of the comparison.")
    status: str = Field(description="`waiting`, `computing`, `done` or `failed`.")


class MessagesTakenModel(BaseModel):
    """The rows of a request that are durable for the process of the line."""

    rows: int = Field(description="Number of rows.")


Snapshot = dict[str, Any]
