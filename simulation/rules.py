"""What trains must keep to on the day: the rules of operation, read from a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulation.disturbances import DwellNoise

TURNBACK_POWERED_S = 900.0
"""A train that turns back within this time keeps its auxiliaries on all the while (convention of the reference day)."""

TURNBACK_SHUT_DOWN_AFTER_S = 180.0
"""A train that stands longer is shut down after this time (convention of the reference day)."""

DEPOT_AFTER_S = 900.0
"""Where a terminal sets no longest turnback, a train that stands longer goes to the depot (assumed, as the checker)."""

NO_TRACKS: Mapping[str, int] = {}
NO_LIMITS: Mapping[str, float] = {}


@dataclass(frozen=True)
class RecoveryRules:
    """What a late train may do to be on time again, where it holds the timetable.

    It may shorten dwells to their minimum, and run faster: down to its shortest running time plus
    `running_time_margin_share` of it, once it is later than `tolerated_lateness_s`.
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
    """Rules of operation of one line; times in s, stations by identifier.

    `minimum_headway_s` separates two departures at one place in one direction. `minimum_dwell_s` is what a late train
    cannot go below, `minimum_turnback_s` separates arrival and departure of one vehicle at a terminal; a train that
    stands longer than `longest_turnback_s` rests in the depot. `turnback_tracks` of a terminal take as many trains; a
    station without an entry takes any number. At the terminals of `shared_points` one train at a time runs in or out.
    `depot_places` are the trains that depots hold, by station; None: any number may rest anywhere.
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

    def __post_init__(self) -> None:
        if not self.minimum_headway_s >= 0.0:
            raise ValueError(f"minimum_headway_s(={self.minimum_headway_s}) must be >= 0")

    def has_depot(self, station: str) -> bool:
        """Whether trains can leave the running tracks there."""
        return self.depot_places is None or station in self.depot_places
