"""A chain of nodes: trains and statics of one equivalent track in order of chainage, with the conductances between.

The module puts an instant into a chain, and solves a symmetric tridiagonal system of the chain.
"""

from typing import Any, NamedTuple

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import PackedNetwork


@kernel(error_model="numpy")
def solve_tridiagonal(
    count: int, diagonal: FloatArray, link: FloatArray, right: FloatArray, solution: FloatArray, inverse: FloatArray
) -> bool:
    """Solve the tridiagonal system of nodes 1 to count, eliminated from both ends; False if it is not definite.

    Off-diagonals are -link[k] between k and k + 1. `right` is overwritten. The two sequences of divisions are
    independent, so the processor executes them at the same time.
    """
    half = (count - 1) // 2
    middle = half + 1 if count == 2 * half + 1 else half + 2
    low = 1
    high = count
    pivot_low = diagonal[1]
    pivot_high = diagonal[count]
    smallest = min(pivot_low, pivot_high)
    for _ in range(half):
        inverse[low] = 1.0 / pivot_low
        inverse[high] = 1.0 / pivot_high
        factor_low = link[low] * inverse[low]
        factor_high = link[high - 1] * inverse[high]
        right[low + 1] += factor_low * right[low]
        right[high - 1] += factor_high * right[high]
        pivot_low = diagonal[low + 1] - link[low] * factor_low
        pivot_high = diagonal[high - 1] - link[high - 1] * factor_high
        low += 1
        high -= 1
        smallest = min(smallest, pivot_low, pivot_high)
    if low == high:
        # Both sequences end in the middle node: each has subtracted its own neighbour, the diagonal counts once.
        pivot_low += pivot_high - diagonal[low]
    else:
        inverse[low] = 1.0 / pivot_low
        factor_low = link[low] * inverse[low]
        right[high] += factor_low * right[low]
        pivot_low = pivot_high - link[low] * factor_low
    if not (smallest > 0.0 and pivot_low > 0.0):
        return False
    solution[middle] = right[middle] / pivot_low
    if low != high:
        solution[low] = (right[low] + link[low] * solution[middle]) * inverse[low]
    for _ in range(half):
        low -= 1
        high += 1
        solution[low] = (right[low] + link[low] * solution[low + 1]) * inverse[low]
        solution[high] = (right[high] + link[high - 1] * solution[high - 1]) * inverse[high]
    return True


class Chain(NamedTuple):
    """Working arrays of one instant on the equivalent track; reused from instant to instant."""

    order: IntArray
    train_slot: IntArray
    static_slot: IntArray
    link: FloatArray
    volts: FloatArray
    trial: FloatArray
    current: FloatArray
    slope: FloatArray
    residual: FloatArray
    step: FloatArray
    diagonal: FloatArray
    right: FloatArray
    inverse: FloatArray
    room_w: FloatArray
    stock_w: FloatArray
    drawn_w: FloatArray
    power_w: FloatArray
    auxiliary_w: FloatArray
    place_m: FloatArray
    train_v: FloatArray
    train_current: FloatArray
    train_slope: FloatArray


def working_arrays(lengths: dict[str, int], whole: tuple[str, ...]) -> dict[str, Any]:
    """Empty arrays of the given lengths by name: whole numbers for the names in `whole`, floats for the others."""
    return {name: np.empty(length, np.int64 if name in whole else np.float64) for name, length in lengths.items()}


def chain_for(network: PackedNetwork, most_trains: int) -> Chain:
    """Working arrays for instants of at most that many trains."""
    statics, stores = len(network.chainage_m), len(network.initial_charge_j)
    nodes = statics + most_trains + 2
    of_trains = ("order", "train_slot", "power_w", "auxiliary_w", "train_v", "train_current", "train_slope")
    lengths = dict.fromkeys(Chain._fields, nodes) | dict.fromkeys(of_trains, most_trains)
    lengths |= {"static_slot": statics, "room_w": stores, "stock_w": stores, "drawn_w": stores}
    return Chain(**working_arrays(lengths, whole=("order", "train_slot", "static_slot")))


@kernel(error_model="numpy")
def sort_entries(
    first: int, count: int, chainage_m: FloatArray, power_w: FloatArray, auxiliary_w: FloatArray, order: IntArray
) -> None:
    """Order the entries first to first + count by chainage (insertion sort: few, and often nearly sorted).

    The order of trains at the same place depends only on their power demands, not on the order of the entries.
    """
    for place in range(count):
        entry = first + place
        at = chainage_m[entry]
        hole = place
        while hole > 0:
            before = order[hole - 1]
            if chainage_m[before] < at:
                break
            if chainage_m[before] == at and (
                power_w[before] < power_w[entry]
                or (power_w[before] == power_w[entry] and auxiliary_w[before] <= auxiliary_w[entry])
            ):
                break
            order[hole] = before
            hole -= 1
        order[hole] = entry


@kernel(error_model="numpy")
def place(
    order: IntArray,
    trains: int,
    chainage_m: FloatArray,
    static_m: FloatArray,
    loop_ohm_per_m: float,
    minimum_m: float,
    place_m: FloatArray,
    train_slot: IntArray,
    static_slot: IntArray,
    link: FloatArray,
) -> int:
    """Merge trains and statics into one chain of nodes 1 to count in order of chainage; return the count.

    Nodes 0 and count + 1 are padding without a link.
    """
    statics = static_m.size
    count = trains + statics
    slot = 1
    static = 0
    for train in range(trains):
        at = chainage_m[order[train]]
        while static < statics and static_m[static] <= at:
            static_slot[static] = slot
            place_m[slot] = static_m[static]
            static += 1
            slot += 1
        place_m[slot] = at
        train_slot[train] = slot
        slot += 1
    while static < statics:
        static_slot[static] = slot
        place_m[slot] = static_m[static]
        static += 1
        slot += 1
    for slot in range(1, count):
        link[slot] = 1.0 / (loop_ohm_per_m * max(place_m[slot + 1] - place_m[slot], minimum_m))
    link[0] = 0.0
    link[count] = 0.0
    return count


@kernel(error_model="numpy")
def gather(count: int, slot: IntArray, all_values: FloatArray, values: FloatArray) -> None:
    """Read the values at the slots."""
    for item in range(count):
        values[item] = all_values[slot[item]]


@kernel(error_model="numpy")
def scatter(
    count: int, slot: IntArray, current: FloatArray, slope: FloatArray, all_current: FloatArray, all_slope: FloatArray
) -> None:
    """Write currents and slopes to their slots."""
    for item in range(count):
        all_current[slot[item]] = current[item]
        all_slope[slot[item]] = slope[item]
