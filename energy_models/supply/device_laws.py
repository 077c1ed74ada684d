"""Device laws: the current that each device draws from the line at a voltage, and its slope.

Every law is continuous in the voltage, so that Kirchhoff's residual is the gradient of a scalar. Currents are positive
when drawn from the contact line.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.network import Storage, SupplyNetwork

ISOLATION_LEAK_S = 1e-9
"""Conductance between contact line and return at each node, so that a rail without a feeder has a voltage (1 mW)."""

RESIDUAL_A = 1e-7
"""The largest residual current of a node of a solved instant, unless the rounding of short segments is larger."""


class PackedNetwork(NamedTuple):
    """A network in plain arrays for the compiled kernels.

    Statics are substations, storages and ties without a device, in order of chainage; `static_storage` is the storage's
    index or -1, `static_substation` the substation's index or -1. `static_law` holds for each static its no-load
    voltage, rectifier conductance, leak, inverter voltage and inverter conductance (V and S); `store_law` for each
    storage: charges from V, discharges below V, droop S, maximum A, maximum W, efficiency in, efficiency out, standing
    loss W, least and most charge J. `law_v` holds regeneration fade from, fade to, traction full above, none below, and
    the auxiliaries' constant impedance below.
    """

    chainage_m: FloatArray
    static_substation: IntArray
    static_storage: IntArray
    static_law: FloatArray
    store_law: FloatArray
    initial_charge_j: FloatArray
    law_v: FloatArray
    gap_track: IntArray
    gap_chainage_m: FloatArray
    contact_ohm_per_m: float
    return_ohm_per_m: float
    minimum_segment_m: float
    start_v: float
    tolerance_a: float


NO_NETWORK = PackedNetwork(
    chainage_m=np.zeros(0),
    static_substation=np.zeros(0, np.int64),
    static_storage=np.zeros(0, np.int64),
    static_law=np.zeros((0, 5)),
    store_law=np.zeros((0, 10)),
    initial_charge_j=np.zeros(0),
    law_v=np.zeros(5),
    gap_track=np.zeros(0, np.int64),
    gap_chainage_m=np.zeros(0),
    contact_ohm_per_m=0.0,
    return_ohm_per_m=0.0,
    minimum_segment_m=0.0,
    start_v=0.0,
    tolerance_a=0.0,
)
"""An argument in place of a network where no network is used."""


def _store_law(store: Storage) -> tuple[float, ...]:
    return (
        store.charge_from_v,
        store.discharge_below_v,
        1.0 / store.droop_ohm,
        store.maximum_current_a,
        store.maximum_power_w,
        store.charge_efficiency,
        store.discharge_efficiency,
        store.standing_loss_w,
        store.minimum_charge_share * store.capacity_j,
        store.maximum_charge_share * store.capacity_j,
    )


def pack(network: SupplyNetwork) -> PackedNetwork:
    """Put a network into plain arrays; `start_v`, where the iteration starts, is 1 V below the highest no-load."""
    nothing = (0.0, 0.0, 0.0, np.inf, 0.0)
    statics: list[tuple[float, int, int, tuple[float, ...]]] = []
    for index, item in enumerate(network.substations):
        device = (
            item.no_load_v,
            1.0 / item.resistance_ohm,
            network.rectifier_leak_s,
            item.inverter_v,
            1.0 / item.inverter_resistance_ohm if item.is_reversible else 0.0,
        )
        statics.append((item.chainage_m, index, -1, device))
    statics += [(store.chainage_m, -1, index, nothing) for index, store in enumerate(network.storages)]
    placed = {static[0] for static in statics}
    statics += [(chainage, -1, -1, nothing) for chainage in sorted(set(network.tie_chainage_m) - placed)]
    statics.sort(key=lambda static: static[0])
    stores = network.storages
    gaps = sorted(network.section_gap_chainage_m, key=lambda gap: gap[1])
    law = network.law

    start_v = max(item.no_load_v for item in network.substations) - 1.0
    # The rounding of a voltage in its last place, times the conductance of the shortest segment.
    ohm_per_m = min(value for value in (network.contact_ohm_per_m, network.return_ohm_per_m) if value > 0.0)
    rounding_a = 4.0 * float(np.finfo(np.float64).eps) * start_v / (ohm_per_m * network.minimum_segment_m)

    return PackedNetwork(
        chainage_m=np.array([static[0] for static in statics], dtype=np.float64),
        static_substation=np.array([static[1] for static in statics], dtype=np.int64),
        static_storage=np.array([static[2] for static in statics], dtype=np.int64),
        static_law=np.array([static[3] for static in statics], dtype=np.float64),
        store_law=np.array([_store_law(store) for store in stores], dtype=np.float64).reshape(len(stores), 10),
        initial_charge_j=np.array(
            [store.initial_charge_share * store.capacity_j for store in stores], dtype=np.float64
        ),
        law_v=np.array(
            [
                law.regeneration_fade_from_v,
                law.regeneration_fade_to_v,
                law.traction_full_above_v,
                law.traction_none_below_v,
                law.auxiliaries_constant_impedance_below_v,
            ]
        ),
        gap_track=np.array([track for track, _ in gaps], dtype=np.int64),
        gap_chainage_m=np.array([chainage for _, chainage in gaps], dtype=np.float64),
        contact_ohm_per_m=float(network.contact_ohm_per_m),
        return_ohm_per_m=float(network.return_ohm_per_m),
        minimum_segment_m=float(network.minimum_segment_m),
        start_v=start_v,
        tolerance_a=max(RESIDUAL_A, rounding_a),
    )


@kernel(error_model="numpy")
def substation_currents(
    static_law: FloatArray, static_slot: IntArray, volts: FloatArray, current: FloatArray, slope: FloatArray
) -> None:
    """Fill the currents in A drawn by the substations (negative while they feed) and their slopes in S."""
    for static in range(static_slot.size):
        slot = static_slot[static]
        distance = volts[slot] - static_law[static, 0]
        rise = static_law[static, 1] if distance < 0.0 else static_law[static, 2]
        drawn = distance * rise
        above = volts[slot] - static_law[static, 3]
        if above > 0.0:
            drawn += above * static_law[static, 4]
            rise += static_law[static, 4]
        current[slot] = drawn
        slope[slot] = rise


@kernel(error_model="numpy")
def storage_currents(
    store_law: FloatArray,
    static_storage: IntArray,
    static_slot: IntArray,
    volts: FloatArray,
    room_w: FloatArray,
    stock_w: FloatArray,
    drawn_w: FloatArray,
    current: FloatArray,
    slope: FloatArray,
) -> None:
    """Fill currents (positive while charging) and slopes of the storages at their slots, and the power each draws.

    Droop outside the dead band, limited in current, then in power: `room_w` while charging, `stock_w` while
    discharging.
    """
    for static in range(static_slot.size):
        store = static_storage[static]
        if store < 0:
            continue
        at = volts[static_slot[static]]
        outside = at - store_law[store, 0]
        sign = 1.0
        limit = room_w[store]
        if outside <= 0.0:
            outside = max(store_law[store, 1] - at, 0.0)
            sign = -1.0
            limit = stock_w[store]
        drawn = outside * store_law[store, 2]
        rise = store_law[store, 2] if outside > 0.0 else 0.0
        if drawn > store_law[store, 3]:
            drawn = store_law[store, 3]
            rise = 0.0
        if drawn * at > limit:
            drawn = limit / at
            rise = -sign * drawn / at
        drawn_w[store] = sign * drawn * at
        current[static_slot[static]] = sign * drawn
        slope[static_slot[static]] = rise


@kernel(error_model="numpy")
def set_storage_limits(
    store_law: FloatArray, charge_j: FloatArray, interval_s: float, room_w: FloatArray, stock_w: FloatArray
) -> None:
    """Fill the largest charging and discharging power in W at the terminals that the charge allows over an interval."""
    for store in range(charge_j.size):
        after_loss = charge_j[store] - store_law[store, 7] * interval_s
        room = (store_law[store, 9] - after_loss) / (store_law[store, 5] * interval_s)
        stock = (after_loss - store_law[store, 8]) * store_law[store, 6] / interval_s
        room_w[store] = min(store_law[store, 4], max(room, 0.0))
        stock_w[store] = min(store_law[store, 4], max(stock, 0.0))


@kernel(error_model="numpy")
def carry_charge(store_law: FloatArray, drawn_w: FloatArray, interval_s: float, charge_j: FloatArray) -> None:
    """Change the charge (in place) by an interval at a terminal power, positive while charging; never below zero."""
    for store in range(charge_j.size):
        taken = drawn_w[store]
        stored = taken * store_law[store, 5] if taken > 0.0 else taken / store_law[store, 6]
        charge_j[store] = max(charge_j[store] + (stored - store_law[store, 7]) * interval_s, 0.0)


@kernel(error_model="numpy")
def train_currents(
    law_v: FloatArray,
    count: int,
    volts: FloatArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
    current: FloatArray,
    slope: FloatArray,
) -> None:
    """Currents in A drawn by `count` trains and their slopes in S: auxiliaries, and traction or regeneration faded.

    The loop has no branches, so that the compiler uses vector instructions. Below 1 V the law is that of 1 V.
    """
    fade_from = law_v[0]
    fade_to = law_v[1]
    none_below = law_v[3]
    impedance_below = law_v[4]
    per_volt = 1.0 / (law_v[2] - none_below)
    impedance = 1.0 / (impedance_below * impedance_below)
    regeneration_per_volt = 1.0 / (fade_from * (fade_to - fade_from))
    for train in range(count):
        at = volts[train]
        inverse = 1.0 / max(at, 1.0)
        minus_square = -inverse * inverse
        normal = at >= impedance_below
        drawn = auxiliary_w[train] * (inverse if normal else at * impedance)
        rise = auxiliary_w[train] * (minus_square if normal else impedance)
        traction = max(power_w[train], 0.0)
        fade = (at - none_below) * per_volt
        fading = 0.0 < fade < 1.0
        fade = min(max(fade, 0.0), 1.0)
        drawn += traction * fade * inverse
        rise += traction * ((per_volt * inverse if fading else 0.0) + fade * minus_square)
        braking = min(power_w[train], 0.0)
        room = max(fade_to - at, 0.0)
        full = at <= fade_from
        drawn += braking * (inverse if full else room * regeneration_per_volt)
        rise += braking * (minus_square if full else (-regeneration_per_volt if room > 0.0 else 0.0))
        current[train] = drawn
        slope[train] = rise


@kernel(error_model="numpy")
def current_per_watt(law_v: FloatArray, volts: float, power_w: float) -> float:
    """The additional current of a train for one more watt of demand, in A/W; at zero power that of traction."""
    inverse = 1.0 / max(volts, 1.0)
    if power_w >= 0.0:
        return float(min(max((volts - law_v[3]) / (law_v[2] - law_v[3]), 0.0), 1.0) * inverse)
    if volts <= law_v[0]:
        return inverse
    return float(max(law_v[1] - volts, 0.0) / (law_v[0] * (law_v[1] - law_v[0])))


@kernel(error_model="numpy")
def served_share(law_v: FloatArray, volts: float, power_w: float) -> float:
    """Share of the demanded traction, or of the offered braking power, that flows at this voltage (1: no demand)."""
    if power_w > 0.0:
        return float(min(max((volts - law_v[3]) / (law_v[2] - law_v[3]), 0.0), 1.0))
    if power_w < 0.0 and volts > law_v[0]:
        return float(max(volts * (law_v[1] - volts) / (law_v[0] * (law_v[1] - law_v[0])), 0.0))
    return 1.0


@kernel(error_model="numpy")
def auxiliary_served_w(law_v: FloatArray, volts: float, auxiliary_w: float) -> float:
    """Served power of the auxiliaries in W: the demand, or the power of a constant impedance at low voltage."""
    if volts >= law_v[4]:
        return auxiliary_w
    return float(auxiliary_w * (volts / law_v[4]) ** 2)
