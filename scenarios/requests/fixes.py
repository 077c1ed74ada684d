"""The fixes file: parts of the timetable that the planner keeps or sets, in the same language as a scenario.

Times are times of the service day. A missing list fixes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError

from energy_models.faults import Fault, InputFaults
from scenarios.files.faults import faults_of_schema, field_text
from scenarios.files.partial import built_from_what_is_valid
from scenarios.files.source_positions import SourceNode, TreePath, plain_tree, read_yaml, yaml_tree
from scenarios.schema.base import Applies, Clock, Identifier, Part, Seconds, Text, Whole, seconds_to_clock
from scenarios.schema.service import Headway

_UP_TO_TRIPS, _UP_TO_SPANS = Field(max_length=20_000), Field(max_length=2_000)
"""Longest lists: more than the trips of a day, and more than its spans, dwells and vehicles."""


class FixedWindow(Part):
    """Departure window of one trip at its first station."""

    trip: Text
    """Trip of the timetable at the start of the search."""
    earliest_s: Clock = Field(alias="earliest")
    """Earliest departure from the trip's first station."""
    latest_s: Clock = Field(alias="latest")
    """Latest departure from the trip's first station."""


class FixedSpan(Part):
    """Largest change of departure for trips that leave their first station in a time span."""

    from_s: Clock = Field(alias="from")
    """Start of the time span."""
    to_s: Clock = Field(alias="to")
    """End of the time span; a departure at this time is outside the span."""
    direction: Applies = "both"
    """Direction of the trips."""
    earlier_s: Seconds = 0
    """Largest change to an earlier departure."""
    later_s: Seconds = 0
    """Largest change to a later departure."""


class FixedDwell(Part):
    """Dwells at a station."""

    station: Identifier
    """An intermediate station."""
    from_s: Clock = Field(default=0, alias="from")
    """Start of the time span; a trip belongs to the span if it leaves its first station in the span."""
    to_s: Clock = Field(default=48 * 3600, alias="to")
    """End of the time span."""
    direction: Applies = "both"
    """Direction of the trips."""
    dwell_s: Annotated[Whole, Field(ge=1, le=1_800)] | None = None
    """Time from arrival to departure. If the key is missing, each trip keeps its dwell."""


class FixedHeadway(Part):
    """The gaps between departures from the terminals stay unchanged."""

    from_s: Clock = Field(alias="from")
    """Start of the time span."""
    to_s: Clock = Field(alias="to")
    """End of the time span; a departure at this time is outside the span."""
    direction: Applies = "both"
    """Direction of the trips."""
    headway_s: Headway | None = None
    """The headway, as a check. If the key is missing, there is no check."""


class FixedVehicle(Part):
    """The vehicle of one trip."""

    trip: Text
    """Trip of the timetable at the start of the search."""
    vehicle: Text
    """Name of the vehicle: train type and number, such as `metro-07`."""


class Withdrawal(Part):
    """A vehicle out of service."""

    vehicle: Text
    """Name of the vehicle: train type and number, such as `metro-07`."""
    from_s: Clock = Field(default=0, alias="from")
    """Start of the time out of service; a trip of the vehicle must end before."""
    to_s: Clock = Field(default=48 * 3600, alias="to")
    """End of the time out of service."""


class Fixes(Part):
    """The fixes of a plan."""

    trips: Annotated[tuple[Text, ...], _UP_TO_TRIPS] = ()
    """Trips that keep every arrival and departure."""
    windows: Annotated[tuple[FixedWindow, ...], _UP_TO_TRIPS] = ()
    """Departure windows of single trips."""
    spans: Annotated[tuple[FixedSpan, ...], _UP_TO_SPANS] = ()
    """Departure windows by time span."""
    dwells: Annotated[tuple[FixedDwell, ...], _UP_TO_SPANS] = ()
    """Dwells that stay unchanged or have a given value."""
    headways: Annotated[tuple[FixedHeadway, ...], _UP_TO_SPANS] = ()
    """Gaps between departures that stay unchanged."""
    vehicles: Annotated[tuple[FixedVehicle, ...], _UP_TO_TRIPS] = ()
    """Trips with a given vehicle."""
    withdrawals: Annotated[tuple[Withdrawal, ...], _UP_TO_SPANS] = ()
    """Vehicles that are out of service for the whole day or a part of the day."""
    spare_trains: Annotated[Whole, Field(ge=0, le=1_000)] = 0
    """Number of spare trains: trains without a duty."""


@dataclass(frozen=True, eq=False)
class FixesFile:
    """Fixes with their source positions, so that every later fault has its line."""

    fixes: Fixes
    tree: SourceNode

    def fault(self, path: TreePath, value: object, allowed: str) -> Fault:
        """A fault at a path such as ("windows", 2, "latest")."""
        place = self.tree.at(path)
        return Fault(place.file, place.place, field_text(self.tree, path), str(value), allowed)


NO_FIXES = FixesFile(Fixes(), SourceNode({}, "", ""))


def read_fixes(path: Path) -> FixesFile:
    """Read a fixes file; raises `InputFaults` with all faults, each with its line."""
    return _checked(read_yaml(path, path.name))


def fixes_of(content: Mapping[str, Any] | str, name: str = "fixes") -> FixesFile:
    """Fixes from a network request: the text of a fixes file, or its content as an object.

    Raises `InputFaults` with all faults under `name`; faults of a text have their line.
    """
    if isinstance(content, str):
        return _checked(yaml_tree(content, name, aliases=False))
    return _checked(plain_tree(dict(content), name))


def _checked(tree: SourceNode) -> FixesFile:
    try:
        fixes = Fixes.model_validate(tree.plain())
    except ValidationError as error:
        faults = list(faults_of_schema(error, tree, Fixes))
        seen = FixesFile(cast(Fixes, built_from_what_is_valid(Fixes, tree.plain())), tree)
        raise InputFaults(dict.fromkeys([*faults, *_backward(seen)])) from error
    read = FixesFile(fixes, tree)
    faults = list(_backward(read))
    if faults:
        raise InputFaults(faults)
    return read


def _backward(read: FixesFile) -> list[Fault]:
    """Faults of windows and spans that end before their start."""
    faults = []
    for name, first, second in (
        ("windows", "earliest", "latest"),
        ("spans", "from", "to"),
        ("dwells", "from", "to"),
        ("headways", "from", "to"),
        ("withdrawals", "from", "to"),
    ):
        for index, part in enumerate(getattr(read.fixes, name, ())):
            begin, end = getattr(part, f"{first}_s", None), getattr(part, f"{second}_s", None)
            if begin is None or end is None:
                continue
            if end < begin or (end == begin and name != "windows"):
                allowed = f"{'at or after' if name == 'windows' else 'after'} {seconds_to_clock(begin)}, its start"
                faults.append(read.fault((name, index, second), seconds_to_clock(end), allowed))
    return faults
