"""The operating rules of a simulated day, from a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dispatch.plans.timetable import Trip
from scenarios.schema.line import Terminal
from scenarios.schema.operation import Operation
from simulation.disturbances import DwellNoise

NO_TRACKS: Mapping[str, int] = {}
NO_LIMITS: Mapping[str, float] = {}


@dataclass(frozen=True)
class RecoveryRules:
    """How a late train may recover towards the timetable.

    A late train may shorten dwells to their minimum. If it is later than `tolerated_lateness_s`, it may also run
    faster, down to its minimum running time plus the share `running_time_margin_share`.
    """

    shortens_dwells: bool = True
    runs_faster: bool = True
    running_time_margin_share: float = 0.0
    tolerated_lateness_s: float = 5.0

    def __post_init__(self) -> None:
        if not self.running_time_margin_share >= 0.0:
            raise ValueError(f"running_time_margin_share(={self.running_time_margin_share}) must be >= 0")


@dataclass(frozen=True)
class OperatingRules:
    """Operating rules of one line; times in s, stations by identifier.

    `minimum_headway_s` is the shortest time between two departures at one place in one direction. `minimum_dwell_s` is
    the shortest dwell of a late train. `minimum_turnback_s` is the shortest time between arrival and departure of one
    vehicle at a terminal; a train with a stand longer than `longest_turnback_s` goes to the depot. `turnback_tracks` is
    the number of tracks of a terminal; without an entry it is unlimited. At the terminals in `shared_points` only one
    train at a time enters or leaves. `depot_places` is the capacity of depots by station; None: unlimited everywhere.
    `operation` gives how the operator works trains at terminals and in depots, `terminals` the turnbacks by period.
    """

    minimum_headway_s: float
    minimum_dwell_s: Mapping[str, float]
    minimum_turnback_s: Mapping[str, float]
    noise: DwellNoise
    recovery: RecoveryRules = RecoveryRules()
    turnback_tracks: Mapping[str, int] = field(default_factory=lambda: NO_TRACKS)
    longest_turnback_s: Mapping[str, float] = field(default_factory=lambda: NO_LIMITS)
    depot_places: Mapping[str, int] | None = None
    shared_points: frozenset[str] = frozenset()
    operation: Operation = field(default_factory=Operation)
    terminals: Mapping[str, Terminal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.minimum_headway_s >= 0.0:
            raise ValueError(f"minimum_headway_s(={self.minimum_headway_s}) must be >= 0")

    def turnback_after_s(self, trip: Trip) -> float:
        """The minimum turnback after a trip, by its planned arrival."""
        station = trip.stations[-1]
        terminal = self.terminals.get(station)
        if terminal is None or not terminal.turnback_periods:
            return self.minimum_turnback_s.get(station, 0.0)
        return float(terminal.turnback_at_s(trip.end_s, trip.direction))

    def has_depot(self, station: str) -> bool:
        """Whether trains can leave the running tracks at a station."""
        return self.depot_places is None or station in self.depot_places
