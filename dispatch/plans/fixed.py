"""The fixes of a plan, by trip and in seconds: the search keeps them, the checker proves them, the plan stores them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue

from dispatch.plans.timetable import Trip
from scenarios.schema.base import Direction

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
    """Two trips, one ahead of the other, with departures from the terminal that stay `gap_s` apart."""

    model_config = _STRICT

    ahead: str
    trip: str
    gap_s: int


class OutOfService(BaseModel):
    """A vehicle without trips between two times."""

    model_config = _STRICT

    vehicle: str
    from_s: int
    to_s: int


class FixedService(BaseModel):
    """All fixes.

    `times` are trips with fixed times; `windows_s` the earliest and latest departure of trips from their terminal;
    `dwells_s` the dwells of trips by station; `gaps` the fixed gaps; `vehicles` the vehicle of trips; `withdrawals`
    vehicles out of service; `spare_trains` the number of vehicles without a duty. With `close_s`, no departure and no
    last arrival differs by more than this from `close_to`.
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
        """Whether there is a fix of departures, dwells or running times."""
        return bool(self.times or self.windows_s or self.dwells_s or self.gaps or self.close_s is not None)

    @property
    def holds_duties(self) -> bool:
        """Whether there is a fix of vehicles."""
        return bool(self.vehicles or self.withdrawals or self.spare_trains)

    def as_option(self) -> JsonValue:
        """The fixed service for the options of a plan; None without fixes."""
        if not (self.holds_times or self.holds_duties):
            return None
        kept: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return kept


NOTHING_FIXED = FixedService()


def station_index(trip: Trip, station: str) -> int | None:
    """Index of an intermediate station in a trip."""
    return trip.stations.index(station) if station in trip.stations[1:-1] else None


def belongs(trip: Trip, direction: Direction | str, from_s: int, to_s: int) -> bool:
    """Whether a trip leaves its terminal within a time span, in a direction (`both` for either)."""
    return direction in (trip.direction, "both") and from_s <= trip.start_s < to_s
