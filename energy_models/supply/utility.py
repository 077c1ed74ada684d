"""The power at the utility meter from the power at the DC terminals of the substations."""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import SupplySolution


def utility_power_w(network: SupplyNetwork, solution: SupplySolution) -> FloatArray:
    """Power in W drawn from the utility by each substation at each instant, shape (T, substations); returned negative.

    Terminal power / `efficiency` while the substation delivers, terminal power · `inverter_efficiency` while a
    reversible substation takes power (other substations return none), plus `transformer_no_load_w` at all times.
    `efficiency` contains all load losses of transformer and rectifier. The voltage drop of the source characteristic
    (`rectifier_drop_w`) adds no loss to them; `energy_models/account/substations.py` gives the reason.
    """
    terminal_w = solution.substation_power_w
    efficiency = np.array([item.efficiency for item in network.substations])
    returned = np.array([item.inverter_efficiency if item.is_reversible else 0.0 for item in network.substations])
    no_load_w = np.array([item.transformer_no_load_w for item in network.substations])
    return np.asarray(np.where(terminal_w >= 0.0, terminal_w / efficiency, terminal_w * returned) + no_load_w)


def storage_loss_w(network: SupplyNetwork, solution: SupplySolution, interval_s: float) -> FloatArray:
    """Power in W lost within each storage at each instant, shape (T, storages).

    The drawn power minus the increase of the charge: losses of charging and discharging, and standing loss.
    """
    initial_j = np.array([item.initial_charge_share * item.capacity_j for item in network.storages])
    charge_j = np.vstack([initial_j, solution.storage_charge_j])
    return np.asarray(-solution.storage_power_w - np.diff(charge_j, axis=0) / interval_s)
