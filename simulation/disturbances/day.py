"""One day of one seed: everything that befalls it, made once and asked by trains, vehicles and the supply."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.timetable import Direction
from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.outages import Outage
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
    """What befalls a day: told by the scenario, decided by the seed. See the modules beside this one for each law."""

    told: Disturbances
    seed: int
    speed_limits: tuple[LimitInForce, ...]
    slippery: tuple[SlipperyRails, ...]
    outages: tuple[Outage, ...]

    def door_fault_s(self, trip_id: str, station: str) -> float:
        """Time in s that a door fault costs a stop; 0 nearly everywhere."""
        return door_fault_s(self.told.door_faults, self.seed, trip_id, station)

    def late_pull_out_s(self, trip_id: str) -> float:
        """By how many s the duty that begins with a trip begins late."""
        return late_pull_out_s(self.told.late_pull_outs, self.seed, trip_id)

    def fails_in_section(self, trip_id: str, section_m: Sequence[float]) -> int | None:
        """The section of a trip, by its place in the trip, on which its train fails; None where it does not."""
        place_m = 1000.0 * fails_after_km(self.told.train_failures, self.seed, trip_id)
        if place_m >= sum(section_m):
            return None
        return int(np.searchsorted(np.cumsum(section_m), place_m, side="right"))

    def driving_limits(
        self, direction: Direction, reach_m: tuple[float, float], departs_s: float, failed: bool
    ) -> DrivingLimits:
        """What holds for a run beside the track's own limits; `reach_m` are the chainages that it touches."""
        if not (self.speed_limits or self.slippery or failed):
            return NO_LIMITS
        failures = self.told.train_failures
        own = failures.limit_kmh / 3.6 if failed and failures is not None else math.inf
        return limits_for(self.speed_limits, self.slippery, direction, reach_m, departs_s, own)

    def temperature_c(self, usual_c: float, time_s: FloatArray) -> FloatArray | None:
        """Temperature outside at times of the day; None where it is the scenario's own all day."""
        weather = self.told.weather
        if weather is None or not changes_the_temperature(weather):
            return None
        return temperature_c(weather, self.seed, usual_c, time_s)


def disturbed_day(told: Disturbances, seed: int, network: SupplyNetwork) -> DisturbedDay:
    """The day of a seed on a line whose supply is that network; the dwell noise stands in the operating rules."""
    return DisturbedDay(
        told,
        seed,
        speed_limits_of_day(told, seed, network.start_chainage_m, network.end_chainage_m),
        slippery_of_day(told, seed),
        outages_of_day(
            told, seed, [item.name for item in network.substations], [item.name for item in network.storages]
        ),
    )
