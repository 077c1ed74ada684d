"""CO2 of the electricity from the utility, the same all day or by time of day."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.costs.tariff import DAY_S
from scenarios.schema.scenario import Scenario
from scenarios.schema.tariff import CarbonPeriod


@dataclass(frozen=True)
class GridCarbon:
    """CO2 for each kWh from the utility: `kg_per_kwh` for the whole day, or the values of `periods`."""

    kg_per_kwh: float
    periods: tuple[CarbonPeriod, ...] = ()

    @staticmethod
    def of(scenario: Scenario) -> "GridCarbon":
        """The CO2 of a scenario."""
        return GridCarbon(float(scenario.co2_kg_per_kwh), scenario.co2_periods)

    def at(self, time_s: FloatArray) -> FloatArray:
        """kg/kWh at each time from midnight of the service day; times after 24:00 have the values of the morning."""
        if not self.periods:
            return np.full(np.shape(time_s), self.kg_per_kwh)
        periods = sorted(self.periods, key=lambda period: period.from_s)
        begins = np.array([period.from_s for period in periods], dtype=np.float64)
        kg_per_kwh = np.array([period.co2_kg_per_kwh for period in periods], dtype=np.float64)
        index = np.searchsorted(begins, np.mod(time_s, DAY_S), side="right") - 1
        return np.asarray(kg_per_kwh[np.maximum(index, 0)], dtype=np.float64)
