"""The results of each instant, recorded by the kernels of both models."""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import PackedNetwork, auxiliary_served_w, carry_charge, served_share


class SolutionArrays(NamedTuple):
    """Arrays of results: per instant (T), per instant and device (T, devices), per train entry."""

    substation_power_w: FloatArray
    substation_v: FloatArray
    storage_power_w: FloatArray
    storage_charge_j: FloatArray
    rectifier_drop_w: FloatArray
    contact_loss_w: FloatArray
    return_loss_w: FloatArray
    traction_demanded_w: FloatArray
    traction_served_w: FloatArray
    auxiliary_served_w: FloatArray
    regeneration_offered_w: FloatArray
    regeneration_used_w: FloatArray
    train_v: FloatArray
    train_power_w: FloatArray
    served_share: FloatArray
    price: FloatArray
    iterations: IntArray
    residual_w: FloatArray

    def between(self, instants: slice, entries: slice) -> "SolutionArrays":
        """The same memory for some instants and their train entries."""
        of_entries = ("train_v", "train_power_w", "served_share", "price")
        parts = {name: value[entries if name in of_entries else instants] for name, value in self._asdict().items()}
        return SolutionArrays(**parts)


def empty_arrays(instants: int, entries: int, substations: int, storages: int, prices: bool) -> SolutionArrays:
    """Arrays to be filled; `price` has no entries without `prices`."""
    return SolutionArrays(
        substation_power_w=np.zeros((instants, substations)),
        substation_v=np.zeros((instants, substations)),
        storage_power_w=np.zeros((instants, storages)),
        storage_charge_j=np.zeros((instants, storages)),
        rectifier_drop_w=np.zeros(instants),
        contact_loss_w=np.zeros(instants),
        return_loss_w=np.zeros(instants),
        traction_demanded_w=np.zeros(instants),
        traction_served_w=np.zeros(instants),
        auxiliary_served_w=np.zeros(instants),
        regeneration_offered_w=np.zeros(instants),
        regeneration_used_w=np.zeros(instants),
        train_v=np.zeros(entries),
        train_power_w=np.zeros(entries),
        served_share=np.zeros(entries),
        price=np.zeros(entries if prices else 0),
        iterations=np.zeros(instants, dtype=np.int64),
        residual_w=np.zeros(instants),
    )


@kernel(error_model="numpy")
def record_instant(  # noqa: PLR0915 - one pass over what an instant holds
    network: PackedNetwork,
    result: SolutionArrays,
    instant: int,
    static_slot: IntArray,
    volts: FloatArray,
    current: FloatArray,
    storage_drawn_w: FloatArray,
    charge_j: FloatArray,
    interval_s: float,
    trains: int,
    order: IntArray,
    train_slot: IntArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
) -> None:
    """Record one solved instant from the loop voltages at the slots, and update the charge (in place).

    `residual_w` is the residual of the balance of the recorded powers; the losses of the line must be recorded before.
    """
    substation_power_w, substation_v = result.substation_power_w, result.substation_v
    static_law, static_substation, static_storage = (
        network.static_law,
        network.static_substation,
        network.static_storage,
    )
    train_v, train_power_w, share_of = result.train_v, result.train_power_w, result.served_share
    law_v = network.law_v
    storage_power_w, storage_charge_j = result.storage_power_w, result.storage_charge_j
    carry_charge(network.store_law, storage_drawn_w, interval_s, charge_j)
    fed = 0.0
    rectifier_drop = 0.0
    for static in range(static_slot.size):
        slot = static_slot[static]
        at = volts[slot]
        substation = static_substation[static]
        store = static_storage[static]
        if substation >= 0:
            drawn = current[slot]
            substation_power_w[instant, substation] = -drawn * at
            substation_v[instant, substation] = at
            above = at - static_law[static, 3]
            inverted = above * static_law[static, 4] if above > 0.0 else 0.0
            rectifier_drop += (drawn - inverted) * (at - static_law[static, 0])
            if inverted > 0.0:
                rectifier_drop += inverted * above
            fed -= drawn * at
        if store >= 0:
            taken = storage_drawn_w[store]
            storage_power_w[instant, store] = -taken
            storage_charge_j[instant, store] = charge_j[store]
            fed -= taken
    demanded = 0.0
    traction = 0.0
    offered = 0.0
    used = 0.0
    auxiliaries = 0.0
    for train in range(trains):
        entry = order[train]
        at = volts[train_slot[train]]
        share = served_share(law_v, at, power_w[train])
        auxiliary = auxiliary_served_w(law_v, at, auxiliary_w[train])
        train_v[entry] = at
        share_of[entry] = share
        train_power_w[entry] = share * power_w[train] + auxiliary
        auxiliaries += auxiliary
        if power_w[train] > 0.0:
            demanded += power_w[train]
            traction += share * power_w[train]
        else:
            offered -= power_w[train]
            used -= share * power_w[train]
    result.rectifier_drop_w[instant] = rectifier_drop
    result.traction_demanded_w[instant] = demanded
    result.traction_served_w[instant] = traction
    result.auxiliary_served_w[instant] = auxiliaries
    result.regeneration_offered_w[instant] = offered
    result.regeneration_used_w[instant] = used
    taken = traction + auxiliaries - used + result.contact_loss_w[instant] + result.return_loss_w[instant]
    result.residual_w[instant] = abs(fed - taken)
