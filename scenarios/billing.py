"""What a solved day costs and emits: the metered energy, the tariff on it, and the CO2 of the utility's kWh."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import SupplySolution
from energy_models.supply.utility import utility_power_w
from scenarios.emissions import GridCarbon
from scenarios.schema.tariff import Tariff
from scenarios.tariff import DAY_S, JOULES_PER_KWH, ElectricityCost, cost


@dataclass(frozen=True)
class Bill:
    """One day's cost at the tariff's metering point, and energy and CO2 at the utility side."""

    cost: ElectricityCost
    utility_kwh: float
    co2_kg: float


def bill(
    tariff: Tariff,
    carbon: GridCarbon,
    network: SupplyNetwork,
    solution: SupplySolution,
    start_s: float,
    interval_s: float = 1.0,
) -> Bill:
    """Price one solved service day that begins at `start_s`.

    The network is under voltage for a whole day: the 24 hours from midnight, or those before the last train is in where
    that is later. Outside the solved span only the transformers' no-load losses are drawn. CO2 is that of the
    energy from the utility, wherever the bill is metered.
    """
    span_w = utility_power_w(network, solution).sum(axis=1)
    idle_w = float(sum(substation.transformer_no_load_w for substation in network.substations))
    utility_j, utility_begin_s = _whole_day(span_w, idle_w, start_s, interval_s)
    metered_j, begin_s = utility_j, utility_begin_s
    if tariff.metering_point == "substation":
        metered_j, begin_s = _whole_day(solution.source_power_w, 0.0, start_s, interval_s)
    utility_kwh = float(utility_j.sum()) / JOULES_PER_KWH
    co2_kg = carbon.kg_per_kwh * utility_kwh
    if carbon.periods:
        times_s = utility_begin_s + interval_s * np.arange(len(utility_j), dtype=np.float64)
        co2_kg = float(carbon.at(times_s) @ utility_j) / JOULES_PER_KWH
    return Bill(cost(tariff, metered_j, begin_s, interval_s), utility_kwh, co2_kg)


def _whole_day(power_w: FloatArray, idle_w: float, start_s: float, interval_s: float) -> tuple[FloatArray, float]:
    """Energy of each interval of a whole day around a span of power, and when the day begins."""
    end_s = start_s + interval_s * len(power_w)
    day_end_s = max(float(DAY_S), end_s)
    before = max(0, round((start_s - (day_end_s - DAY_S)) / interval_s))
    after = max(0, round((day_end_s - end_s) / interval_s))
    padded_w = np.concatenate([np.full(before, idle_w), power_w, np.full(after, idle_w)])
    return np.asarray(padded_w * interval_s), start_s - before * interval_s
