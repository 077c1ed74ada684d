"""The cost of a series of energies under a tariff."""

from dataclasses import dataclass

import numpy as np

from energy_models.account.peaks import clock_sums
from energy_models.arrays import FloatArray
from scenarios.schema.tariff import Tariff

DAY_S = 86_400
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class ElectricityCost:
    """Cost of one day, in the currency of the tariff; the demand charge is the daily part of the monthly charge."""

    currency: str
    energy: float
    demand: float
    highest_demand_kw: float

    @property
    def total(self) -> float:
        """Cost of energy and demand charge."""
        return self.energy + self.demand


def price_per_kwh(tariff: Tariff, time_s: FloatArray) -> FloatArray:
    """Price at each time from midnight of the service day; times after 24:00 have the prices of the morning."""
    periods = sorted(tariff.periods, key=lambda period: period.from_s)
    begins = np.array([period.from_s for period in periods], dtype=np.float64)
    prices = np.array([period.price_per_kwh for period in periods], dtype=np.float64)
    index = np.searchsorted(begins, np.mod(time_s, DAY_S), side="right") - 1
    return np.asarray(prices[np.maximum(index, 0)], dtype=np.float64)


def cost(tariff: Tariff, energy_j: FloatArray, start_s: float, interval_s: float = 1.0) -> ElectricityCost:
    """Cost of `energy_j[k]`, drawn from start_s + k · interval_s for one interval, at the tariff's metering point.

    Each interval has the price of its start and belongs to the demand interval in which it begins. Energy returned to
    the utility (negative) reduces the energy cost. The demand charge uses the highest mean power of a demand interval,
    at least zero: cost = Σ price(t) · E(t) + charge · max(mean power) / days per month.
    """
    energy_kwh = np.asarray(energy_j, dtype=np.float64) / JOULES_PER_KWH
    begins = start_s + interval_s * np.arange(len(energy_kwh), dtype=np.float64)
    energy = float(np.dot(price_per_kwh(tariff, begins), energy_kwh))
    highest = 0.0
    if len(energy_kwh):
        per_window_kwh = clock_sums(energy_kwh, start_s, interval_s, tariff.demand_interval_s)
        highest = max(0.0, float(per_window_kwh.max()) * 3600 / tariff.demand_interval_s)
    demand = highest * tariff.demand_charge_per_kw_month / tariff.days_per_month
    return ElectricityCost(tariff.currency, energy, demand, highest)
