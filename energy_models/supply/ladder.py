"""The two-track ladder: a third rail for each track and the common return, with ties at substations.

Only trains and ties have nodes: a train has a node on its own rail and one on the return, a tie one node for both rails
and one on the return. The matrix is eliminated along the line with a moving front of at most three nodes (rail of one
track, rail of the other, return). This is the natural LDL^T order of a ladder: each pivot has at most three successors.
The return has no connection to earth; a reference conductance without current fixes the voltage of its first node.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import (
    ISOLATION_LEAK_S,
    PackedNetwork,
    current_per_watt,
    set_storage_limits,
    storage_currents,
    substation_currents,
    train_currents,
)
from energy_models.supply.elimination import REFERENCE_S, TIE, solve_ladder
from energy_models.supply.newton import LOOSE_RESIDUAL_A, MAXIMUM_STEPS, capped, ends_the_search, next_share
from energy_models.supply.solution import SolutionArrays, record_instant
from energy_models.supply.tridiagonal import gather, scatter, sort_entries, working_arrays


class Rungs(NamedTuple):
    """Working arrays of one instant on the ladder; reused from instant to instant.

    Position k of n has its contact node at k and its return node at n + k; node 2n is the free end of the rail that has
    no train before the first tie, node 2n + 1 means no node.
    """

    order: IntArray
    train_slot: IntArray
    static_slot: IntArray
    kind: IntArray
    up_before: IntArray
    down_before: IntArray
    place_m: FloatArray
    up_link: FloatArray
    down_link: FloatArray
    return_link: FloatArray
    volts: FloatArray
    trial: FloatArray
    residual: FloatArray
    step: FloatArray
    right: FloatArray
    loop_v: FloatArray
    current: FloatArray
    slope: FloatArray
    pivot_node: IntArray
    pivot_next: IntArray
    pivot_factor: FloatArray
    pivot_value: FloatArray
    room_w: FloatArray
    stock_w: FloatArray
    drawn_w: FloatArray
    power_w: FloatArray
    auxiliary_w: FloatArray
    train_v: FloatArray
    train_current: FloatArray
    train_slope: FloatArray


def rungs_for(network: PackedNetwork, most_trains: int) -> Rungs:
    """Working arrays for instants of at most that many trains."""
    statics, stores = len(network.chainage_m), len(network.initial_charge_j)
    places = statics + most_trains
    nodes = 2 * places + 2
    of_trains = ("order", "train_slot", "power_w", "auxiliary_w", "train_v", "train_current", "train_slope")
    of_nodes = ("volts", "trial", "residual", "step", "right", "pivot_node", "pivot_value")
    lengths = dict.fromkeys(Rungs._fields, places) | dict.fromkeys(of_trains, most_trains)
    lengths |= dict.fromkeys(of_nodes, nodes) | {"pivot_next": 3 * nodes, "pivot_factor": 3 * nodes}
    lengths |= {"static_slot": statics, "room_w": stores, "stock_w": stores, "drawn_w": stores}
    whole = ("order", "train_slot", "static_slot", "kind", "up_before", "down_before", "pivot_node", "pivot_next")
    return Rungs(**working_arrays(lengths, whole))


@kernel(error_model="numpy")
def _place(
    order: IntArray,
    trains: int,
    chainage_m: FloatArray,
    track: IntArray,
    static_m: FloatArray,
    place_m: FloatArray,
    kind: IntArray,
    train_slot: IntArray,
    static_slot: IntArray,
) -> int:
    """Merge trains and statics into positions 0 to count - 1 in order of chainage; return the count."""
    statics = static_m.size
    slot = 0
    static = 0
    for train in range(trains):
        at = chainage_m[order[train]]
        while static < statics and static_m[static] <= at:
            static_slot[static] = slot
            place_m[slot] = static_m[static]
            kind[slot] = TIE
            static += 1
            slot += 1
        place_m[slot] = at
        kind[slot] = track[order[train]]
        train_slot[train] = slot
        slot += 1
    while static < statics:
        static_slot[static] = slot
        place_m[slot] = static_m[static]
        kind[slot] = TIE
        static += 1
        slot += 1
    return slot


@kernel(error_model="numpy")
def _link(
    count: int,
    place_m: FloatArray,
    kind: IntArray,
    contact_ohm_per_m: float,
    return_ohm_per_m: float,
    minimum_m: float,
    gap_track: IntArray,
    gap_m: FloatArray,
    up_before: IntArray,
    down_before: IntArray,
    up_link: FloatArray,
    down_link: FloatArray,
    return_link: FloatArray,
) -> None:
    """Fill, for each position, the previous node on its rails and the conductance to it; a gap separates the rail."""
    loose = 2 * count
    up_last = 0 if kind[0] != 1 else loose
    down_last = 0 if kind[0] != 0 else loose
    up_m = 0.0
    down_m = 0.0
    up_cut = False
    down_cut = False
    gap = 0
    up_link[0] = 0.0
    down_link[0] = 0.0
    return_link[0] = 0.0
    up_before[0] = 0
    down_before[0] = 0
    while gap < gap_m.size and gap_m[gap] < place_m[0]:
        gap += 1
    for place in range(1, count):
        distance = max(place_m[place] - place_m[place - 1], minimum_m)
        up_m += distance
        down_m += distance
        while gap < gap_m.size and gap_m[gap] < place_m[place]:
            if gap_track[gap] == 0:
                up_cut = True
            else:
                down_cut = True
            gap += 1
        return_link[place] = 1.0 / (return_ohm_per_m * distance)
        up_link[place] = 0.0
        down_link[place] = 0.0
        up_before[place] = place
        down_before[place] = place
        if kind[place] != 1:
            up_before[place] = up_last
            if not up_cut:
                up_link[place] = 1.0 / (contact_ohm_per_m * up_m)
            up_last = place
            up_m = 0.0
            up_cut = False
        if kind[place] != 0:
            down_before[place] = down_last
            if not down_cut:
                down_link[place] = 1.0 / (contact_ohm_per_m * down_m)
            down_last = place
            down_m = 0.0
            down_cut = False


@kernel(error_model="numpy")
def _residual(
    count: int,
    up_before: IntArray,
    down_before: IntArray,
    up_link: FloatArray,
    down_link: FloatArray,
    return_link: FloatArray,
    volts: FloatArray,
    loop_v: FloatArray,
    current: FloatArray,
    step: FloatArray,
    residual: FloatArray,
    first_is_train: bool,
) -> tuple[float, float]:
    """Fill Kirchhoff's residual in A of every node; return its largest size and its product with the step."""
    loose = 2 * count
    residual[loose] = 0.0
    for place in range(count):
        drawn = current[place] + ISOLATION_LEAK_S * loop_v[place]
        residual[place] = drawn
        residual[count + place] = -drawn
    residual[count] += REFERENCE_S * volts[count]
    if first_is_train:
        leak = ISOLATION_LEAK_S * (volts[loose] - volts[count])
        residual[loose] += leak
        residual[count] -= leak
    for place in range(1, count):
        before = up_before[place]
        flow = up_link[place] * (volts[place] - volts[before])
        residual[place] += flow
        residual[before] -= flow
        before = down_before[place]
        flow = down_link[place] * (volts[place] - volts[before])
        residual[place] += flow
        residual[before] -= flow
        flow = return_link[place] * (volts[count + place] - volts[count + place - 1])
        residual[count + place] += flow
        residual[count + place - 1] -= flow
    worst = 0.0
    end_slope = 0.0
    for node in range(loose + 1):
        size = abs(residual[node])
        worst = size if size > worst else worst
        end_slope += residual[node] * step[node]
    return worst, end_slope


@kernel(error_model="numpy")
def _take_step(
    count: int, volts: FloatArray, step: FloatArray, share: float, trial: FloatArray, loop_v: FloatArray
) -> None:
    for node in range(2 * count + 1):
        trial[node] = volts[node] + share * step[node]
    for place in range(count):
        loop_v[place] = trial[place] - trial[count + place]


@kernel(error_model="numpy")
def solve_instant(
    network: PackedNetwork,
    rungs: Rungs,
    first: int,
    trains: int,
    chainage_m: FloatArray,
    track: IntArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
    charge_j: FloatArray,
    interval_s: float,
) -> int:
    """Solve one instant into `rungs`; return the number of Newton steps, or -1 without a solution (never observed)."""
    # Plain arrays in local names: access to a tuple within a loop would count references each time.
    order, train_slot, static_slot, kind = rungs.order, rungs.train_slot, rungs.static_slot, rungs.kind
    up_before, down_before = rungs.up_before, rungs.down_before
    up_link, down_link, return_link = rungs.up_link, rungs.down_link, rungs.return_link
    volts, trial, residual, step, right = rungs.volts, rungs.trial, rungs.residual, rungs.step, rungs.right
    loop_v, current, slope = rungs.loop_v, rungs.current, rungs.slope
    demand_w, spent_w, law_v = rungs.power_w, rungs.auxiliary_w, network.law_v
    train_v, train_current, train_slope = rungs.train_v, rungs.train_current, rungs.train_slope
    room_w, stock_w, drawn_w = rungs.room_w, rungs.stock_w, rungs.drawn_w
    static_law, store_law, static_storage = network.static_law, network.store_law, network.static_storage
    stores = charge_j.size
    set_storage_limits(store_law, charge_j, interval_s, room_w, stock_w)
    sort_entries(first, trains, chainage_m, power_w, auxiliary_w, order)
    for train in range(trains):
        demand_w[train] = power_w[order[train]]
        spent_w[train] = auxiliary_w[order[train]]
    count = _place(order, trains, chainage_m, track, network.chainage_m, rungs.place_m, kind, train_slot, static_slot)
    _link(
        count, rungs.place_m, kind, network.contact_ohm_per_m, network.return_ohm_per_m, network.minimum_segment_m,
        network.gap_track, network.gap_chainage_m, up_before, down_before, up_link, down_link, return_link,
    )  # fmt: skip
    nodes = 2 * count + 1
    first_is_train = kind[0] != TIE
    for node in range(nodes):
        volts[node] = 0.0 if count <= node < 2 * count else network.start_v
        step[node] = 0.0
    steps = 0
    share = 1.0
    reach = 1.0
    descent = 0.0
    # The Newton method of `energy_models.supply.newton`.
    while True:
        _take_step(count, volts, step, share, trial, loop_v)
        substation_currents(static_law, static_slot, loop_v, current, slope)
        if stores > 0:
            storage_currents(store_law, static_storage, static_slot, loop_v, room_w, stock_w, drawn_w, current, slope)
        gather(trains, train_slot, loop_v, train_v)
        train_currents(law_v, trains, train_v, demand_w, spent_w, train_current, train_slope)
        scatter(trains, train_slot, train_current, train_slope, current, slope)
        worst, end_slope = _residual(
            count, up_before, down_before, up_link, down_link, return_link, trial, loop_v, current, step, residual,
            first_is_train,
        )  # fmt: skip
        if ends_the_search(end_slope, descent, share, reach) or worst <= network.tolerance_a:
            for node in range(nodes):
                volts[node] = trial[node]
            if worst <= network.tolerance_a:
                return steps
            if steps == MAXIMUM_STEPS:
                return steps if worst <= LOOSE_RESIDUAL_A else -1
            for node in range(nodes):
                right[node] = -residual[node]
            lowest = -np.inf
            while not solve_ladder(
                count, kind, up_link, down_link, return_link, slope, lowest, right, step,
                rungs.pivot_node, rungs.pivot_next, rungs.pivot_factor, rungs.pivot_value,
            ) and lowest < 0.0:  # fmt: skip
                lowest = 0.0
            descent, reach = capped(0, nodes, residual, step, lowest)
            share = 1.0
            steps += 1
        else:
            share, reach = next_share(end_slope, descent, share, reach)


@kernel(error_model="numpy")
def ladder_prices(network: PackedNetwork, rungs: Rungs, trains: int, price: FloatArray) -> None:
    """Fill `price[entry]` for the solved instant: the adjoint as on the equivalent track, over both conductors."""
    static_slot, train_slot, order = rungs.static_slot, rungs.train_slot, rungs.order
    right, step, slope, current, loop_v = rungs.right, rungs.step, rungs.slope, rungs.current, rungs.loop_v
    static_substation, law_v, demand_w = network.static_substation, network.law_v, rungs.power_w
    count = trains + static_slot.size
    for node in range(2 * count + 1):
        right[node] = 0.0
    for static in range(static_slot.size):
        if static_substation[static] >= 0:
            slot = static_slot[static]
            right[slot] = -current[slot] - loop_v[slot] * slope[slot]
            right[count + slot] = -right[slot]
    if not solve_ladder(
        count, rungs.kind, rungs.up_link, rungs.down_link, rungs.return_link, slope, -np.inf, right, step,
        rungs.pivot_node, rungs.pivot_next, rungs.pivot_factor, rungs.pivot_value,
    ):  # fmt: skip
        step[:] = 0.0
    for train in range(trains):
        slot = train_slot[train]
        answered = current_per_watt(law_v, loop_v[slot], demand_w[train])
        price[order[train]] = -(step[slot] - step[count + slot]) * answered


@kernel(error_model="numpy")
def _losses(
    count: int,
    up_before: IntArray,
    down_before: IntArray,
    up_link: FloatArray,
    down_link: FloatArray,
    return_link: FloatArray,
    volts: FloatArray,
) -> tuple[float, float]:
    """Loss in W in the contact rails and in the return."""
    contact_w = 0.0
    return_w = 0.0
    for place in range(1, count):
        contact_w += up_link[place] * (volts[place] - volts[up_before[place]]) ** 2
        contact_w += down_link[place] * (volts[place] - volts[down_before[place]]) ** 2
        return_w += return_link[place] * (volts[count + place] - volts[count + place - 1]) ** 2
    return contact_w, return_w


@kernel(error_model="numpy")
def solve_window(
    network: PackedNetwork,
    rungs: Rungs,
    begin: int,
    end: int,
    offset: IntArray,
    chainage_m: FloatArray,
    track: IntArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
    interval_s: float,
    charge_j: FloatArray,
    result: SolutionArrays,
) -> bool:
    """Solve the instants begin to end and record the solutions; True if all are solved."""
    solved = True
    for instant in range(begin, end):
        first = offset[instant]
        trains = offset[instant + 1] - first
        steps = solve_instant(
            network, rungs, first, trains, chainage_m, track, power_w, auxiliary_w, charge_j, interval_s
        )
        solved &= steps >= 0
        result.iterations[instant] = steps
        if result.price.size > 0:
            ladder_prices(network, rungs, trains, result.price)
        result.contact_loss_w[instant], result.return_loss_w[instant] = _losses(
            trains + network.chainage_m.size, rungs.up_before, rungs.down_before, rungs.up_link, rungs.down_link,
            rungs.return_link, rungs.volts,
        )  # fmt: skip
        record_instant(
            network, result, instant, rungs.static_slot, rungs.loop_v, rungs.current, rungs.drawn_w, charge_j,
            interval_s, trains, rungs.order, rungs.train_slot, rungs.power_w, rungs.auxiliary_w,
        )  # fmt: skip
    return solved
