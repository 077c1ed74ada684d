"""Cost and CO2 of a solved day: the metered energy, its cost under the tariff, and the CO2 of the utility energy."""

from dataclasses import dataclass

import numpy as np

from energy_models.account.substations import under_voltage_s
from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import SupplySolution
from energy_models.supply.utility import utility_power_w
from scenarios.costs.emissions import GridCarbon
from scenarios.costs.tariff import DAY_S, JOULES_PER_KWH, ElectricityCost, cost
from scenarios.schema.tariff import Tariff


@dataclass(frozen=True)
class Bill:
    """The cost of one day at the metering point of the tariff, and energy and CO2 at the utility side."""

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
    energised_s: float = DAY_S,
) -> Bill:
    """Price one solved service day that begins at `start_s`.

    The day is the 24 hours from midnight, or the 24 hours before the arrival of the last train if that ends later.
    Outside the solved span, only the no-load losses of the transformers are drawn, while the network is energised: for
    `energised_s` with the span, half of the rest before and half after the span as far as the day allows, so that the
    energy at the utility side is that of the account. CO2 is computed from the energy at the utility side, for every
    metering point of the bill.
    """
    span_w = utility_power_w(network, solution).sum(axis=1)
    idle_w = float(sum(substation.transformer_no_load_w for substation in network.substations))
    span_s = interval_s * len(span_w)
    idle_s = under_voltage_s(span_s, energised_s) - span_s
    utility_j, utility_begin_s = _whole_day(span_w, idle_w, start_s, interval_s, idle_s)
    metered_j, begin_s = utility_j, utility_begin_s
    if tariff.metering_point == "substation":
        metered_j, begin_s = _whole_day(solution.source_power_w, 0.0, start_s, interval_s, idle_s)
    utility_kwh = float(utility_j.sum()) / JOULES_PER_KWH
    co2_kg = carbon.kg_per_kwh * utility_kwh
    if carbon.periods:
        times_s = utility_begin_s + interval_s * np.arange(len(utility_j), dtype=np.float64)
        co2_kg = float(carbon.at(times_s) @ utility_j) / JOULES_PER_KWH
    return Bill(cost(tariff, metered_j, begin_s, interval_s), utility_kwh, co2_kg)


def _whole_day(
    power_w: FloatArray, idle_w: float, start_s: float, interval_s: float, idle_s: float
) -> tuple[FloatArray, float]:
    """Energy of each interval of a whole day that contains a span of power, and the start of the day.

    Of the intervals outside the span, those nearest to it have the idle power, for `idle_s` together.
    """
    end_s = start_s + interval_s * len(power_w)
    day_end_s = max(float(DAY_S), end_s)
    before = max(0, round((start_s - (day_end_s - DAY_S)) / interval_s))
    after = max(0, round((day_end_s - end_s) / interval_s))
    idle = min(before + after, round(idle_s / interval_s))
    idle_after = min(after, max(idle // 2, idle - before))
    padded_w = np.concatenate([np.zeros(before), power_w, np.zeros(after)])
    padded_w[before - (idle - idle_after) : before] = idle_w
    padded_w[before + len(power_w) : before + len(power_w) + idle_after] = idle_w
    return np.asarray(padded_w * interval_s), start_s - before * interval_s
