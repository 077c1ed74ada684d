"""The energy account of a span of seconds: kWh by type, peaks, voltages, receptivity, and the energy balance.

Metering point: the substations' DC terminals, unless a name says utility (`energy_models/account/substations.py`).
Each account satisfies this balance (DESIGN.md, what must always hold, 5):

    substations + storage = traction + auxiliaries - regeneration used + line losses
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from energy_models.account.peaks import clock_peak_w, clock_sums, clock_windows, sliding_peak_w
from energy_models.account.substations import SubstationLoads, UtilityChain, substation_loads, utility_chains
from energy_models.arrays import FloatArray, frozen_floats
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution

J_PER_KWH = 3.6e6
BALANCE_LIMIT_SHARE = 1e-3
CHAINAGE_BIN_M = 1000.0
_HOUR_S = 3600.0


class BalanceError(RuntimeError):
    """An energy balance does not close, so the figures must not be used."""


@dataclass(frozen=True, eq=False)
class Receptivity:
    """Braking energy offered and used by place and hour: arrays of shape (chainage bins, hours).

    Bin i reaches from `chainage_edge_m[i]` to the next edge, hour j from `hour_edge_s[j]` to the next one.
    """

    chainage_edge_m: FloatArray
    hour_edge_s: FloatArray
    offered_kwh: FloatArray
    used_kwh: FloatArray

    def __post_init__(self) -> None:
        for name in ("chainage_edge_m", "hour_edge_s", "offered_kwh", "used_kwh"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def share(self) -> FloatArray:
        """Used over offered, NaN where nothing was offered."""
        share = np.full(self.offered_kwh.shape, np.nan)
        np.divide(self.used_kwh, self.offered_kwh, out=share, where=self.offered_kwh > 0.0)
        return share


@dataclass(frozen=True, eq=False)
class EnergyAccount:
    """Energy of a span at the substations' DC terminals, in kWh; every figure but `storage_change_kwh` is >= 0.

    `energy_kwh` is the energy of all substations, minus the energy that flows back through reversible substations.
    `traction_kwh` and `auxiliaries_kwh` are drawn at the collector; `regeneration_used_kwh` is regenerated energy that
    was used, including the train's own auxiliaries; `regeneration_burnt_kwh` was offered and not used; `unserved_kwh`
    is traction not served. `storage_change_kwh` is the increase of stored energy, `storage_losses_kwh` the losses of
    storages. `residual_share` is the largest residual of the balances, as a share of the turnover.
    `substation_hourly_kwh` has the hours of `hourly_kwh` for each substation, `chains` leads from the DC terminals of
    each substation to the utility meter, and `loads` has its highest loads. `rectifier_drop_kwh` is the voltage drop of
    rectifiers and inverters times their current: no loss of this account, because most of the drop is commutation.
    """

    energy_kwh: float
    substation_kwh: Mapping[str, float]
    utility_kwh: float
    traction_kwh: float
    auxiliaries_kwh: float
    regeneration_offered_kwh: float
    regeneration_used_kwh: float
    regeneration_burnt_kwh: float
    line_losses_kwh: float
    rectifier_drop_kwh: float
    storage_discharged_kwh: float
    storage_charged_kwh: float
    storage_change_kwh: float
    unserved_kwh: float
    auxiliaries_unserved_kwh: float
    peak_1s_kw: float
    peak_15min_sliding_kw: float
    peak_15min_clock_kw: float
    minimum_voltage_v: float
    maximum_voltage_v: float
    hourly_kwh: Mapping[int, float]
    receptivity: Receptivity
    residual_share: float
    storage_losses_kwh: float = 0.0
    substation_hourly_kwh: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    chains: Mapping[str, UtilityChain] = field(default_factory=dict)
    loads: Mapping[str, SubstationLoads] = field(default_factory=dict)

    @property
    def chain(self) -> UtilityChain:
        """From the DC terminals of all substations together to the utility meters."""
        return UtilityChain.together(self.chains.values())

    @property
    def load_losses_kwh(self) -> float:
        """Load losses of transformers and rectifiers."""
        return self.chain.load_loss_kwh

    @property
    def no_load_losses_kwh(self) -> float:
        """No-load losses of transformers."""
        return self.chain.no_load_loss_kwh

    @property
    def return_losses_kwh(self) -> float:
        """Losses of inverters, and the leak of blocked rectifiers."""
        return self.chain.return_loss_kwh

    @property
    def losses_kwh(self) -> float:
        """Losses between the DC terminals and the collectors: rails and contact lines."""
        return self.line_losses_kwh

    @property
    def receptivity_share(self) -> float:
        """Share of the offered braking energy that was used; 1 if none was offered."""
        if self.regeneration_offered_kwh <= 0.0:
            return 1.0
        return self.regeneration_used_kwh / self.regeneration_offered_kwh


def account(
    snapshots: Snapshots, solution: SupplySolution, network: SupplyNetwork, energised_s: float | None = None
) -> EnergyAccount:
    """Compute the account of a solved span of the supply, and check its balances.

    `energised_s` is the time with voltage at the transformers, for their no-load losses (default: the span itself; on a
    service day the network has voltage for 86,400 s).

    Raises BalanceError if the residual of a balance exceeds 0.1 %, or if the solution did not converge.
    """
    interval_s = snapshots.interval_s
    to_kwh = interval_s / J_PER_KWH
    _check_shapes(snapshots, solution, network)
    if not solution.converged:
        raise BalanceError("the load flow did not converge at every second, so there is no energy account")

    total_w = solution.source_power_w
    substation_kwh = {
        substation.name: float(power_w) * to_kwh
        for substation, power_w in zip(network.substations, solution.substation_power_w.sum(axis=0), strict=True)
    }
    offered_kwh = float(solution.regeneration_offered_w.sum()) * to_kwh
    used_kwh = float(solution.regeneration_used_w.sum()) * to_kwh
    auxiliaries_kwh = float(solution.auxiliary_served_w.sum()) * to_kwh
    storage_w = solution.storage_power_w
    charge_j = solution.storage_charge_j
    chains = utility_chains(network, solution, interval_s, energised_s)
    voltages = [v for v in (solution.train_v, solution.substation_v) if v.size]
    return EnergyAccount(
        energy_kwh=float(total_w.sum()) * to_kwh,
        substation_kwh=substation_kwh,
        utility_kwh=UtilityChain.together(chains.values()).utility_kwh,
        traction_kwh=float(solution.traction_served_w.sum()) * to_kwh,
        auxiliaries_kwh=auxiliaries_kwh,
        regeneration_offered_kwh=offered_kwh,
        regeneration_used_kwh=used_kwh,
        regeneration_burnt_kwh=offered_kwh - used_kwh,
        line_losses_kwh=float(solution.line_loss_w.sum()) * to_kwh,
        rectifier_drop_kwh=float(solution.rectifier_drop_w.sum()) * to_kwh,
        storage_discharged_kwh=float(np.maximum(storage_w, 0.0).sum()) * to_kwh,
        storage_charged_kwh=float(-np.minimum(storage_w, 0.0).sum()) * to_kwh,
        storage_change_kwh=_storage_change_j(charge_j, network) / J_PER_KWH,
        unserved_kwh=float((solution.traction_demanded_w - solution.traction_served_w).sum()) * to_kwh,
        auxiliaries_unserved_kwh=max(0.0, float(snapshots.auxiliary_w.sum()) * to_kwh - auxiliaries_kwh),
        peak_1s_kw=float(total_w.max(initial=0.0)) / 1000.0,
        peak_15min_sliding_kw=sliding_peak_w(total_w, interval_s) / 1000.0,
        peak_15min_clock_kw=clock_peak_w(total_w, snapshots.start_s, interval_s) / 1000.0,
        # A substation that is out of service for a while has no voltage of its own then.
        minimum_voltage_v=min(float(np.nanmin(v)) for v in voltages),
        maximum_voltage_v=max(float(np.nanmax(v)) for v in voltages),
        hourly_kwh=_hourly_kwh(total_w, snapshots.start_s, interval_s),
        receptivity=_receptivity(snapshots, solution, network),
        residual_share=_closed_residual_share(snapshots, solution, network),
        storage_losses_kwh=-float(storage_w.sum()) * to_kwh - _storage_change_j(charge_j, network) / J_PER_KWH,
        substation_hourly_kwh={
            substation.name: _hourly_kwh(power_w, snapshots.start_s, interval_s)
            for substation, power_w in zip(network.substations, solution.substation_power_w.T, strict=True)
        },
        chains=chains,
        loads=substation_loads(network, solution, interval_s),
    )


def _check_shapes(snapshots: Snapshots, solution: SupplySolution, network: SupplyNetwork) -> None:
    wanted = (snapshots.count, len(network.substations))
    if solution.substation_power_w.shape != wanted:
        raise ValueError(f"a solution of shape {wanted} is needed, not {solution.substation_power_w.shape}")
    if solution.train_power_w.shape != snapshots.power_w.shape:
        raise ValueError(
            f"the solution has {len(solution.train_power_w)} trains' answers, the snapshots {len(snapshots.power_w)}"
        )


def _storage_change_j(charge_j: FloatArray, network: SupplyNetwork) -> float:
    if charge_j.size == 0:
        return 0.0
    return float(charge_j[-1].sum() - _initial_j(network).sum())


def _initial_j(network: SupplyNetwork) -> FloatArray:
    return np.array([storage.capacity_j * storage.initial_charge_share for storage in network.storages])


def _storage_open_j(solution: SupplySolution, network: SupplyNetwork, interval_s: float) -> float:
    """Residual between the charges of storages and their charged and delivered energy, summed over storages and time.

    An empty storage has no further loss, and a storage out of service keeps its charge; neither is a fault.
    """
    if not network.storages:
        return 0.0
    taken_w = -solution.storage_power_w
    efficiency = np.array([(item.charge_efficiency, item.discharge_efficiency) for item in network.storages])
    standing_w = np.array([item.standing_loss_w for item in network.storages])
    stored_w = np.where(taken_w > 0.0, taken_w * efficiency[:, 0], taken_w / efficiency[:, 1]) - standing_w
    grown_j = np.diff(solution.storage_charge_j, axis=0, prepend=_initial_j(network)[None, :])
    resting = (taken_w == 0.0) & (grown_j <= 0.0) & (grown_j >= -standing_w * interval_s)
    return float(np.abs(np.where(resting, 0.0, stored_w * interval_s - grown_j)).sum())


def _hourly_kwh(total_w: FloatArray, start_s: float, interval_s: float) -> dict[int, float]:
    if len(total_w) == 0:
        return {}
    first, _ = clock_windows(1, start_s, interval_s, _HOUR_S)
    summed = clock_sums(total_w, start_s, interval_s, _HOUR_S) * interval_s / J_PER_KWH
    return {first + i: float(kwh) for i, kwh in enumerate(summed)}


def _receptivity(snapshots: Snapshots, solution: SupplySolution, network: SupplyNetwork) -> Receptivity:
    """Used regeneration of a braking train: its net power at the collector plus its own auxiliaries."""
    start_m, end_m = network.start_chainage_m, network.start_chainage_m + network.length_m
    bins = max(1, int(np.ceil((end_m - start_m) / CHAINAGE_BIN_M)))
    edge_m = np.append(start_m + CHAINAGE_BIN_M * np.arange(bins), end_m)
    first_hour = int(snapshots.start_s // 3600.0)
    last_s = snapshots.start_s + snapshots.interval_s * max(0, snapshots.count - 1)
    hours = int(last_s // 3600.0) - first_hour + 1
    braking = np.flatnonzero(snapshots.power_w < 0.0)
    instant = np.searchsorted(snapshots.offset, braking, side="right") - 1
    hour = ((snapshots.start_s + snapshots.interval_s * instant) // 3600.0).astype(np.int64) - first_hour
    place = np.clip(((snapshots.chainage_m[braking] - start_m) // CHAINAGE_BIN_M).astype(np.int64), 0, bins - 1)
    offered_w = -snapshots.power_w[braking]
    used_w = np.clip(snapshots.auxiliary_w[braking] - solution.train_power_w[braking], 0.0, offered_w)
    cell = place * hours + hour
    to_kwh = snapshots.interval_s / J_PER_KWH

    def laid_out(power_w: FloatArray) -> FloatArray:
        summed = np.bincount(cell, weights=power_w, minlength=bins * hours)
        return np.asarray(summed * to_kwh).reshape(bins, hours)

    return Receptivity(edge_m, 3600.0 * (first_hour + np.arange(hours + 1.0)), laid_out(offered_w), laid_out(used_w))


def _closed_residual_share(snapshots: Snapshots, solution: SupplySolution, network: SupplyNetwork) -> float:
    """Largest residual of the balances as a share of the turnover; raises BalanceError above 0.1 %.

    Four balances: energy fed in against energy used and lost, at each second, so that opposite faults of two seconds do
    not cancel; energy of the trains by type against the energy at their collectors; the power demand from the
    snapshots; and the charge of the storages against their charged and delivered energy.
    """
    served_w = float(solution.traction_served_w.sum())
    auxiliary_w = float(solution.auxiliary_served_w.sum())
    used_w = float(solution.regeneration_used_w.sum())
    fed_w = float(solution.substation_power_w.sum()) + float(solution.storage_power_w.sum())
    demand_w = float(np.maximum(snapshots.power_w, 0.0).sum())
    offered_w = float(-np.minimum(snapshots.power_w, 0.0).sum())
    turnover_w = max(served_w + auxiliary_w, demand_w, abs(fed_w), offered_w, 1.0)
    open_w = (
        solution.source_power_w
        + solution.storage_power_w.sum(axis=1)
        - (solution.traction_served_w + solution.auxiliary_served_w - solution.regeneration_used_w)
        - solution.line_loss_w
    )
    residuals_w = {
        "energy fed in against energy used and lost": float(np.abs(open_w).sum()),
        "energy of trains by type against energy at their collectors": (
            served_w + auxiliary_w - used_w - float(solution.train_power_w.sum())
        ),
        "charge of the storages": _storage_open_j(solution, network, snapshots.interval_s) / snapshots.interval_s,
        "demanded traction": float(solution.traction_demanded_w.sum()) - demand_w,
        "regeneration offered": float(solution.regeneration_offered_w.sum()) - offered_w,
        "served traction above the demanded traction": max(0.0, served_w - demand_w),
        "used regeneration above the offered regeneration": max(0.0, used_w - offered_w),
    }
    to_kwh = snapshots.interval_s / J_PER_KWH
    failed = {
        name: residual for name, residual in residuals_w.items() if abs(residual) > BALANCE_LIMIT_SHARE * turnover_w
    }
    if failed:
        sentences = "; ".join(
            f"{name}: {residual * to_kwh:+.3f} kWh ({100.0 * residual / turnover_w:+.3f} %)"
            for name, residual in failed.items()
        )
        raise BalanceError(
            f"the energy balance does not close to {100.0 * BALANCE_LIMIT_SHARE:g} % of {turnover_w * to_kwh:.1f} kWh: "
            f"{sentences}"
        )
    return max(abs(residual) for residual in residuals_w.values()) / turnover_w
