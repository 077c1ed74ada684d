"""The fixes file: what a planner wants left as it is, or set by hand, in the same language as a scenario.

Clock times are those of the service day. A list that is left out fixes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError

from energy_models.faults import Fault, InputFaults
from scenarios.faults import faults_of_schema, field_text
from scenarios.located import Located, TreePath, plain_tree, read_yaml, yaml_tree
from scenarios.partial import built_from_what_is_valid
from scenarios.schema.base import Applies, Clock, Identifier, Part, Seconds, Text, Whole, seconds_to_clock
from scenarios.schema.service import Headway


class FixedWindow(Part):
    """When one trip may leave its terminal."""

    trip: Text
    """Trip of the timetable that the search starts from."""
    earliest_s: Clock = Field(alias="earliest")
    """Earliest departure from the trip's first station."""
    latest_s: Clock = Field(alias="latest")
    """Latest departure from the trip's first station."""


class FixedSpan(Part):
    """Trips that leave their terminal within a span of the clock may move by no more than this."""

    from_s: Clock = Field(alias="from")
    """Begin of the span."""
    to_s: Clock = Field(alias="to")
    """End of the span; a departure then is beyond it."""
    direction: Applies = "both"
    """Direction for which it holds."""
    earlier_s: Seconds = 0
    """By how much a departure may be earlier."""
    later_s: Seconds = 0
    """By how much a departure may be later."""


class FixedDwell(Part):
    """How long trains stand at a station."""

    station: Identifier
    """An intermediate station."""
    from_s: Clock = Field(default=0, alias="from")
    """Begin of the span; a trip belongs to it by its departure from its terminal."""
    to_s: Clock = Field(default=48 * 3600, alias="to")
    """End of the span."""
    direction: Applies = "both"
    """Direction for which it holds."""
    dwell_s: Annotated[Whole, Field(ge=1, le=1_800)] | None = None
    """Time from arrival to departure; none keeps what each trip has."""


class FixedHeadway(Part):
    """Departures from the terminals stay as far apart as they are."""

    from_s: Clock = Field(alias="from")
    """Begin of the span."""
    to_s: Clock = Field(alias="to")
    """End of the span; a departure then is beyond it."""
    direction: Applies = "both"
    """Direction for which it holds."""
    headway_s: Headway | None = None
    """The headway, as a check; none takes it as it is."""


class FixedVehicle(Part):
    """The vehicle of one trip."""

    trip: Text
    """Trip of the timetable that the search starts from."""
    vehicle: Text
    """Vehicle by its name: train type and number, as in `metro-07`."""


class Withdrawal(Part):
    """A vehicle that is taken out of service."""

    vehicle: Text
    """Vehicle by its name: train type and number, as in `metro-07`."""
    from_s: Clock = Field(default=0, alias="from")
    """From when on it runs no more; a trip must have ended by then."""
    to_s: Clock = Field(default=48 * 3600, alias="to")
    """From when on it may run again."""


class Fixes(Part):
    """What the planner fixes."""

    trips: tuple[Text, ...] = ()
    """Trips that keep every arrival and departure."""
    windows: tuple[FixedWindow, ...] = ()
    """Departure windows of single trips."""
    spans: tuple[FixedSpan, ...] = ()
    """Departure windows by clock span."""
    dwells: tuple[FixedDwell, ...] = ()
    """Dwells that stay, or are set."""
    headways: tuple[FixedHeadway, ...] = ()
    """Gaps between departures that stay."""
    vehicles: tuple[FixedVehicle, ...] = ()
    """Trips whose vehicle is set."""
    withdrawals: tuple[Withdrawal, ...] = ()
    """Vehicles that are out of service for the day or part of it."""
    spare_trains: Annotated[Whole, Field(ge=0, le=1_000)] = 0
    """Trains that no duty may use, so that they stand ready."""


@dataclass(frozen=True, eq=False)
class FixesFile:
    """Fixes with the file that they stand in, so that every later fault can name its line."""

    fixes: Fixes
    tree: Located

    def fault(self, path: TreePath, value: object, allowed: str) -> Fault:
        """A fault at a path such as ("windows", 2, "latest")."""
        place = self.tree.at(path)
        return Fault(place.file, place.place, field_text(self.tree, path), str(value), allowed)


NO_FIXES = FixesFile(Fixes(), Located({}, "", ""))


def read_fixes(path: Path) -> FixesFile:
    """Read a fixes file; raises `InputFaults` with every fault of form, each with its line."""
    return _checked(read_yaml(path, path.name))


def fixes_of(content: Mapping[str, Any] | str, name: str = "fixes") -> FixesFile:
    """Fixes that came over the network: the text of a fixes file, or what it would hold.

    Raises `InputFaults` with every fault of form under `name`, those of a text each with its line.
    """
    if isinstance(content, str):
        return _checked(yaml_tree(content, name, aliases=False))
    return _checked(plain_tree(dict(content), name))


def _checked(tree: Located) -> FixesFile:
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
    """Windows and spans that end before they begin."""
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
                allowed = (
                    f"{'at or after' if name == 'windows' else 'after'} {seconds_to_clock(begin)}, where it begins"
                )
                faults.append(read.fault((name, index, second), seconds_to_clock(end), allowed))
    return faults
