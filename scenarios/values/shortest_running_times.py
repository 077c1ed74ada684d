"""Minimum running times by train type and load, for the checker and for the modules that decide running times."""

from collections.abc import Mapping, Sequence

from energy_models.driving.flat_out import flat_out
from energy_models.track import SectionTrack
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.build import section_tracks
from scenarios.values.rolling_stock import RollingStock

RunningTimes = Mapping[str, Mapping[Direction, Sequence[float]]]
"""By train type and direction: a running time in s for each section in order of travel."""
LOAD_STEP = 50.0
"""Loads are rounded down to whole steps of passengers, so that a time is never too long: a lighter train is not
slower."""


class ShortestTimes:
    """Minimum running times of the fleet's train types on a line, each computed at its first use.

    `stock` are the trains of the fleet, by default those of the scenario. If vehicles have models of their own, the
    times are those of the leading train of each type.
    """

    def __init__(self, scenario: Scenario, stock: RollingStock | None = None) -> None:
        self._trains = dict((stock or RollingStock.of(scenario)).leading)
        self._tracks: dict[tuple[str, Direction], tuple[SectionTrack, ...]] = {
            (name, direction): section_tracks(scenario, direction, one, train_type=name)
            for name, one in self._trains.items()
            for direction in DIRECTIONS
        }
        self.train_types = tuple(self._trains)
        self._known_s: dict[tuple[str, Direction, int, float], float] = {}

    def of(self, train_type: str, direction: Direction, section: int, passengers: float) -> float:
        """Minimum running time in s of a type on a section (in order of travel) with at least this load."""
        load = passengers // LOAD_STEP * LOAD_STEP
        key = train_type, direction, section, load
        if key not in self._known_s:
            track, train = self._tracks[train_type, direction][section], self._trains[train_type]
            self._known_s[key] = flat_out(track, train, load).running_time_s
        return self._known_s[key]

    def allows(self, train_type: str, direction: Direction, section: int, passengers: float, time_s: float) -> bool:
        """Whether a type can run a section in this time."""
        # Most times are long enough for the fullest train, and need no other one.
        fullest = max(passengers, float(self._trains[train_type].capacity_crush))
        return time_s >= self.of(train_type, direction, section, fullest) or time_s >= self.of(
            train_type, direction, section, passengers
        )

    def at_normal_load(self) -> RunningTimes:
        """The times of each type with its normal capacity on board."""
        return {
            name: {
                direction: tuple(
                    self.of(name, direction, section, float(train.capacity_normal))
                    for section in range(len(self._tracks[name, direction]))
                )
                for direction in DIRECTIONS
            }
            for name, train in self._trains.items()
        }
