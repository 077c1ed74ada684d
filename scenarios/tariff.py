"""What a series of energies costs under a tariff."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.tariff import Tariff

DAY_S = 86_400
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class ElectricityCost:
    """Cost of one day, in the tariff's currency; the demand charge is one day's part of the month's."""

    currency: str
    energy: float
    demand: float
    highest_demand_kw: float

    @property
    def total(self) -> float:
        """Energy and demand together."""
        return self.energy + self.demand


def price_per_kwh(tariff: Tariff, time_s: FloatArray) -> FloatArray:
    """Price at each time from the service day's midnight; times beyond 24:00 count as the next morning's."""
    periods = sorted(tariff.periods, key=lambda period: period.from_s)
    begins = np.array([period.from_s for period in periods], dtype=np.float64)
    prices = np.array([period.price_per_kwh for period in periods], dtype=np.float64)
    index = np.searchsorted(begins, np.mod(time_s, DAY_S), side="right") - 1
    return np.asarray(prices[np.maximum(index, 0)], dtype=np.float64)


def cost(tariff: Tariff, energy_j: FloatArray, start_s: float, interval_s: float = 1.0) -> ElectricityCost:
    """Cost of `energy_j[k]`, drawn from start_s + k · interval_s for one interval, at the tariff's metering point.

    Each interval is priced by its beginning and belongs to the demand interval in which it begins. Energy sent back
    (negative) earns its price in the energy part; the demand charge takes the highest mean power of a demand interval,
    never below zero: cost = Σ price(t) · E(t) + charge · max(mean power) / days per month.
    """
    energy_kwh = np.asarray(energy_j, dtype=np.float64) / JOULES_PER_KWH
    begins = start_s + interval_s * np.arange(len(energy_kwh), dtype=np.float64)
    energy = float(np.dot(price_per_kwh(tariff, begins), energy_kwh))
    highest = 0.0
    if len(energy_kwh):
        slot = np.floor(begins / tariff.demand_interval_s).astype(np.int64)
        per_slot = np.bincount(slot - slot[0], weights=energy_kwh)
        highest = max(0.0, float(per_slot.max()) * 3600 / tariff.demand_interval_s)
    demand = highest * tariff.demand_charge_per_kw_month / tariff.days_per_month
    return ElectricityCost(tariff.currency, energy, demand, highest)
