"""The options of a plan that are plain values: their names, types and defaults.

`dispatch.planner.options` describes each of them: unit, limits, help text, and its names in the command line and in the
API.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

Mode = Literal["equal-service", "demand-led"]
MODES: tuple[Mode, ...] = ("equal-service", "demand-led")
Objective = Literal["energy", "cost", "co2"]
STANDARD_EFFORT = 1.0
STANDARD_PATTERNS = 4
"""Running-time and dwell patterns that an operator's system holds for a direction and period (assumed)."""
LONGER_TRIPS_MOST_S = 120
"""Largest value: with more than two minutes the service is not equal (assumed)."""


@dataclass(frozen=True, kw_only=True)
class PlanningOptions:
    """The plain options of a planning run, as the planner receives them and as the plan records them.

    `objective` is the quantity that the plan reduces. `pick` and `mean_waiting_s` choose demand-led headways: a choice
    of the set by its number, or the least objective with at most this mean waiting; without both, the limit of the
    policy applies, or the waiting of today. With `keep_close_s`, no departure moves by more than this time from the
    timetable at the start of the search. `peak_limit_kw` is the limit of the mean power of any 15 minutes at the
    substation DC terminals. At equal service, a trip may become `longer_trips_s` longer from end to end; the stand of
    its vehicle at the terminal then becomes shorter by the same time. Trips share at most `patterns` running-time and
    dwell patterns for each direction and headway period (0: each trip has its own). Departures from the first station
    are multiples of `departure_grid_s`, dwells of `dwell_grid_s`. `effort` is the amount of search as a multiple of the
    standard search. `time_limit_s` ends the search by the clock (None: no clock).
    """

    objective: Objective = "energy"
    pick: int | None = None
    mean_waiting_s: float | None = None
    keep_close_s: int | None = None
    peak_limit_kw: float | None = None
    longer_trips_s: int = 0
    patterns: int = STANDARD_PATTERNS
    departure_grid_s: int = 1
    dwell_grid_s: int = 1
    effort: float = STANDARD_EFFORT
    time_limit_s: float | None = None


def planning_values(options: PlanningOptions) -> dict[str, Any]:
    """The plain options by name, from a value that may contain further options."""
    return {field.name: getattr(options, field.name) for field in fields(PlanningOptions)}
