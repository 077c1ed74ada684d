"""The account of each substation: from its DC terminals to the utility meter, and its highest loads.

Between the DC terminals and the meter lie the rectifier, its transformer and, if the substation is reversible, the
inverter:

    utility = delivered - returned + load losses + no-load losses + return losses

Load losses are those of transformer and rectifier together, because `efficiency` describes both. The voltage drop of
the source characteristic is no part of this chain: most of the drop comes from commutation, which consumes no energy
(the mean voltage of a bridge with the reactance X falls by 3·X·I/π; Mohan, Undeland, Robbins, Power Electronics,
chapter 5). The ohmic part of the drop is already contained in `efficiency`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from energy_models.account.peaks import sliding_peak_w
from energy_models.arrays import FloatArray
from energy_models.supply.network import Substation, SupplyNetwork
from energy_models.supply.snapshots import SupplySolution

DAY_S = 86_400.0
MINUTE_S = 60.0
TWO_HOURS_S = 7_200.0
_J_PER_KWH = 3.6e6


@dataclass(frozen=True)
class UtilityChain:
    """Energy from the DC terminals of one substation, or of several together, to the utility meter; each kWh >= 0.

    `delivered_kwh` leaves the terminals, `returned_kwh` enters them. `return_loss_kwh` is the part of the returned
    energy that does not reach the utility: the losses of an inverter; in a substation without inverter, the leak of the
    blocked rectifier.
    """

    delivered_kwh: float
    returned_kwh: float
    load_loss_kwh: float
    no_load_loss_kwh: float
    return_loss_kwh: float

    @property
    def terminal_kwh(self) -> float:
        """Net energy at the DC terminals."""
        return self.delivered_kwh - self.returned_kwh

    @property
    def loss_kwh(self) -> float:
        """All losses between the DC terminals and the meter."""
        return self.load_loss_kwh + self.no_load_loss_kwh + self.return_loss_kwh

    @property
    def utility_kwh(self) -> float:
        """Energy at the utility meter; negative if more is returned than drawn."""
        return self.terminal_kwh + self.loss_kwh

    @staticmethod
    def together(chains: Iterable["UtilityChain"]) -> "UtilityChain":
        """The sum of several substations; without substations, zero."""
        rows = [
            (one.delivered_kwh, one.returned_kwh, one.load_loss_kwh, one.no_load_loss_kwh, one.return_loss_kwh)
            for one in chains
        ]
        return UtilityChain(*(float(sum(column)) for column in zip(*rows, strict=True))) if rows else _NOTHING


_NOTHING = UtilityChain(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class SubstationLoads:
    """Highest loads of one substation at its DC terminals, in kW; returned power counts as no load.

    Means over any second, minute and two hours of the span, and over 24 hours; outside the span there is no load.
    """

    peak_1s_kw: float
    peak_1min_kw: float
    peak_2h_kw: float
    mean_24h_kw: float


def under_voltage_s(span_s: float, energised_s: float | None) -> float:
    """The time in s with no-load losses of transformers: the span itself, or `energised_s` of the service day.

    The time contains the span, and is at most 24 hours, or the span if that is longer.
    """
    return span_s if energised_s is None else min(max(span_s, energised_s), max(span_s, DAY_S))


def utility_chains(
    network: SupplyNetwork, solution: SupplySolution, interval_s: float, energised_s: float | None = None
) -> dict[str, UtilityChain]:
    """The chain of each substation by name; the transformers are under voltage for `energised_s` (see above)."""
    voltage_s = under_voltage_s(len(solution.substation_power_w) * interval_s, energised_s)
    return {
        substation.name: _chain(substation, power_w * interval_s / _J_PER_KWH, voltage_s)
        for substation, power_w in zip(network.substations, solution.substation_power_w.T, strict=True)
    }


def _chain(substation: Substation, terminal_kwh: FloatArray, voltage_s: float) -> UtilityChain:
    delivered_kwh = float(np.maximum(terminal_kwh, 0.0).sum())
    returned_kwh = float(-np.minimum(terminal_kwh, 0.0).sum())
    reaches_share = substation.inverter_efficiency if substation.is_reversible else 0.0
    return UtilityChain(
        delivered_kwh=delivered_kwh,
        returned_kwh=returned_kwh,
        load_loss_kwh=delivered_kwh * (1.0 / substation.efficiency - 1.0),
        no_load_loss_kwh=substation.transformer_no_load_w * voltage_s / _J_PER_KWH,
        return_loss_kwh=returned_kwh * (1.0 - reaches_share),
    )


def substation_loads(network: SupplyNetwork, solution: SupplySolution, interval_s: float) -> dict[str, SubstationLoads]:
    """The highest loads of each substation by name."""
    return {
        substation.name: _loads(np.maximum(power_w, 0.0), interval_s)
        for substation, power_w in zip(network.substations, solution.substation_power_w.T, strict=True)
    }


def _loads(power_w: FloatArray, interval_s: float) -> SubstationLoads:
    second, minute, two_hours, day = (
        sliding_peak_w(power_w, interval_s, window_s) / 1e3 for window_s in (1.0, MINUTE_S, TWO_HOURS_S, DAY_S)
    )
    return SubstationLoads(second, minute, two_hours, day)


def highest(days: Iterable[Mapping[str, SubstationLoads]]) -> dict[str, SubstationLoads]:
    """The highest value of each load over several days, by substation."""
    found: dict[str, SubstationLoads] = {}
    for day in days:
        for name, one in day.items():
            known = found.get(name, one)
            found[name] = SubstationLoads(
                max(known.peak_1s_kw, one.peak_1s_kw),
                max(known.peak_1min_kw, one.peak_1min_kw),
                max(known.peak_2h_kw, one.peak_2h_kw),
                max(known.mean_24h_kw, one.mean_24h_kw),
            )
    return found
