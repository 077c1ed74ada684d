"""One day of one seed: all its disturbances, for trains, vehicles and the supply."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.outages import Outage
from scenarios.schema.base import Direction
from scenarios.schema.disturbances import Disturbances, SlipperyRails
from simulation.disturbances.supply import outages_of_day
from simulation.disturbances.track import (
    NO_LIMITS,
    DrivingLimits,
    LimitInForce,
    limits_for,
    slippery_of_day,
    speed_limits_of_day,
)
from simulation.disturbances.vehicles import door_fault_s, fails_after_km, late_pull_out_s
from simulation.disturbances.weather import changes_the_temperature, temperature_c


@dataclass(frozen=True)
class DisturbedDay:
    """The disturbances of a day, from the scenario and the seed; the other modules of the folder contain the laws."""

    given: Disturbances
    seed: int
    speed_limits: tuple[LimitInForce, ...]
    slippery: tuple[SlipperyRails, ...]
    outages: tuple[Outage, ...]

    def door_fault_s(self, trip_id: str, station: str) -> float:
        """Delay in s of a stop by a door fault; 0 at nearly all stops."""
        return door_fault_s(self.given.door_faults, self.seed, trip_id, station)

    def late_pull_out_s(self, trip_id: str) -> float:
        """Delay in s of the start of the duty that begins with a trip."""
        return late_pull_out_s(self.given.late_pull_outs, self.seed, trip_id)

    def fails_in_section(self, trip_id: str, section_m: Sequence[float]) -> int | None:
        """Index in the trip of the section on which the train fails; None if it does not fail."""
        place_m = 1000.0 * fails_after_km(self.given.train_failures, self.seed, trip_id)
        if place_m >= sum(section_m):
            return None
        return int(np.searchsorted(np.cumsum(section_m), place_m, side="right"))

    def driving_limits(
        self, direction: Direction, reach_m: tuple[float, float], departs_s: float, failed: bool
    ) -> DrivingLimits:
        """The temporary limits of a run; `reach_m` are the chainages of the run."""
        if not (self.speed_limits or self.slippery or failed):
            return NO_LIMITS
        failures = self.given.train_failures
        own = failures.limit_kmh / 3.6 if failed and failures is not None else math.inf
        return limits_for(self.speed_limits, self.slippery, direction, reach_m, departs_s, own)

    def temperature_c(self, usual_c: float, time_s: FloatArray) -> FloatArray | None:
        """Outside temperature at times of the day; None if it is the scenario's value for the whole day."""
        weather = self.given.weather
        if weather is None or not changes_the_temperature(weather):
            return None
        return temperature_c(weather, self.seed, usual_c, time_s)


def disturbed_day(given: Disturbances, seed: int, network: SupplyNetwork) -> DisturbedDay:
    """The day of a seed on a line with this supply network; the dwell noise is in the operating rules."""
    return DisturbedDay(
        given,
        seed,
        speed_limits_of_day(given, seed, network.start_chainage_m, network.end_chainage_m),
        slippery_of_day(given, seed),
        outages_of_day(
            given, seed, [item.name for item in network.substations], [item.name for item in network.storages]
        ),
    )
