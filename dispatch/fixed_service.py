"""What was fixed for a plan, trip by trip and in seconds: the search keeps it, the checker proves it, the plan keeps
it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from dispatch.timetable import Direction, Trip
from energy_models.faults import Fault, InputFaults

OPTION = "fixed"
"""Under this name a plan keeps its fixed service among its options."""

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class TripTimes(BaseModel):
    """Every arrival and departure of a trip, in s."""

    model_config = _STRICT

    arrival_s: list[int]
    departure_s: list[int]

    @staticmethod
    def of(trip: Trip) -> "TripTimes":
        """The times of a trip."""
        return TripTimes(arrival_s=list(trip.arrival_s), departure_s=list(trip.departure_s))


class HeldGap(BaseModel):
    """Two trips, one ahead of the other, whose departures from the terminal stay `gap_s` apart."""

    model_config = _STRICT

    ahead: str
    trip: str
    gap_s: int


class OutOfService(BaseModel):
    """A vehicle that runs no trip between two times."""

    model_config = _STRICT

    vehicle: str
    from_s: int
    to_s: int


class FixedService(BaseModel):
    """All that was fixed.

    `times` are trips that keep every time; `windows_s` earliest and latest departure of trips from their terminal;
    `dwells_s` the dwell of trips by station; `gaps` departures that stay apart as they are; `vehicles` the vehicle of
    trips; `withdrawals` vehicles out of service; `spare_trains` how many vehicles no duty uses. With `close_s`, no
    departure and no last arrival differs by more than that from `close_to`.
    """

    model_config = _STRICT

    times: dict[str, TripTimes] = {}
    windows_s: dict[str, tuple[int, int]] = {}
    dwells_s: dict[str, dict[str, int]] = {}
    gaps: list[HeldGap] = []
    vehicles: dict[str, str] = {}
    withdrawals: list[OutOfService] = []
    spare_trains: int = 0
    close_s: int | None = None
    close_to: dict[str, TripTimes] = {}

    @property
    def holds_times(self) -> bool:
        """Whether anything about departures, dwells or running times is fixed."""
        return bool(self.times or self.windows_s or self.dwells_s or self.gaps or self.close_s is not None)

    @property
    def holds_duties(self) -> bool:
        """Whether anything about vehicles is fixed."""
        return bool(self.vehicles or self.withdrawals or self.spare_trains)

    def as_option(self) -> JsonValue:
        """The fixed service as a plan keeps it; None when nothing is fixed."""
        if not (self.holds_times or self.holds_duties):
            return None
        kept: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return kept

    @staticmethod
    def of_options(options: Mapping[str, JsonValue]) -> "FixedService":
        """What a plan's options say was fixed; raises `InputFaults` with every fault of form."""
        kept = options.get(OPTION)
        if kept is None:
            return NOTHING_FIXED
        try:
            # A window is a list in JSON and a pair here.
            return FixedService.model_validate(kept, strict=False)
        except ValidationError as error:
            raise InputFaults(
                Fault(
                    "plan",
                    "",
                    ".".join(["options", OPTION, *(str(step) for step in one["loc"])]),
                    repr(one.get("input"))[:60],
                    one["msg"],
                )
                for one in error.errors(include_url=False)
            ) from error


NOTHING_FIXED = FixedService()


def station_index(trip: Trip, station: str) -> int | None:
    """Where an intermediate station stands in a trip."""
    return trip.stations.index(station) if station in trip.stations[1:-1] else None


def belongs(trip: Trip, direction: Direction | str, from_s: int, to_s: int) -> bool:
    """Whether a trip leaves its terminal within a span, in a direction (`both` for either)."""
    return direction in (trip.direction, "both") and from_s <= trip.start_s < to_s
