"""One equivalent track: both tracks as one conductor with a return, for searches.

Each instant is a chain of nodes (trains and statics in order of chainage) with currents I_k(V_k) and conductances
between neighbours. Kirchhoff's residual g(V) = L V + I(V) is the gradient of a scalar; a semismooth Newton method (Qi
and Sun, Mathematical Programming 58, 1993) with the line search of `newton` finds its zero. Section gaps and ties have
no effect in this model.
"""

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import allocating, inside, kernel
from energy_models.supply.device_laws import (
    ISOLATION_LEAK_S,
    PackedNetwork,
    current_per_watt,
    set_storage_limits,
    storage_currents,
    substation_currents,
    train_currents,
)
from energy_models.supply.newton import LOOSE_RESIDUAL_A, MAXIMUM_STEPS, capped, ends_the_search, next_share
from energy_models.supply.solution import SolutionArrays, record_instant
from energy_models.supply.tridiagonal import Chain, gather, place, scatter, solve_tridiagonal, sort_entries


@kernel(error_model="numpy")
def _residual(
    count: int, volts: FloatArray, link: FloatArray, current: FloatArray, step: FloatArray, residual: FloatArray
) -> tuple[float, float]:
    """Fill Kirchhoff's residual in A of nodes 1 to count; return its largest size and its product with the step."""
    worst = 0.0
    end_slope = 0.0
    for slot in range(1, count + 1):
        at = volts[slot]
        remainder = (
            current[slot]
            + ISOLATION_LEAK_S * at
            + link[slot - 1] * (at - volts[slot - 1])
            + link[slot] * (at - volts[slot + 1])
        )
        residual[slot] = remainder
        end_slope += remainder * step[slot]
        size = abs(remainder)
        worst = size if size > worst else worst
    return worst, end_slope


@kernel(error_model="numpy")
def _newton_step(
    count: int,
    link: FloatArray,
    slope: FloatArray,
    residual: FloatArray,
    step: FloatArray,
    diagonal: FloatArray,
    right: FloatArray,
    inverse: FloatArray,
) -> tuple[float, float]:
    """Fill the Newton step, limited in length; if the matrix is not definite, without the negative slopes.

    Returns descent and reach of the step, as `capped` does.
    """
    lowest = -np.inf
    for lowest in (-np.inf, 0.0):
        for slot in range(1, count + 1):
            diagonal[slot] = link[slot - 1] + link[slot] + ISOLATION_LEAK_S + max(slope[slot], lowest)
            right[slot] = -residual[slot]
        if solve_tridiagonal(count, diagonal, link, right, step, inverse):
            break
    return capped(1, count + 1, residual, step, lowest)


@inside(error_model="numpy")
def _lay_out(
    static_m: FloatArray,
    loop_ohm_per_m: float,
    minimum_m: float,
    start_v: float,
    order: IntArray,
    train_slot: IntArray,
    static_slot: IntArray,
    link: FloatArray,
    place_m: FloatArray,
    trial: FloatArray,
    volts: FloatArray,
    step: FloatArray,
    demand_w: FloatArray,
    spent_w: FloatArray,
    train_v: FloatArray,
    static_v: FloatArray,
    instant: int,
    first: int,
    trains: int,
    chainage_m: FloatArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
) -> int:
    """Put the trains and the statics of an instant into one chain with start voltages; return the number of nodes.

    The entries `first` to `first + trains` may be in any order.
    """
    sort_entries(first, trains, chainage_m, power_w, auxiliary_w, order)
    for train in range(trains):
        demand_w[train] = power_w[order[train]]
        spent_w[train] = auxiliary_w[order[train]]
    count = place(
        order, trains, chainage_m, static_m, loop_ohm_per_m, minimum_m, place_m, train_slot, static_slot, link
    )
    for slot in range(count + 2):
        volts[slot] = start_v
        trial[slot] = start_v
        step[slot] = 0.0
    for train in range(trains):
        trial[train_slot[train]] = train_v[order[train]]
    for static in range(static_slot.size):
        trial[static_slot[static]] = static_v[instant, static]
    return count


@inside(error_model="numpy")
def _iterate(
    static_law: FloatArray,
    store_law: FloatArray,
    static_storage: IntArray,
    law_v: FloatArray,
    tolerance_a: float,
    train_slot: IntArray,
    static_slot: IntArray,
    link: FloatArray,
    volts: FloatArray,
    trial: FloatArray,
    current: FloatArray,
    slope: FloatArray,
    residual: FloatArray,
    step: FloatArray,
    diagonal: FloatArray,
    right: FloatArray,
    inverse: FloatArray,
    room_w: FloatArray,
    stock_w: FloatArray,
    drawn_w: FloatArray,
    demand_w: FloatArray,
    spent_w: FloatArray,
    train_v: FloatArray,
    train_current: FloatArray,
    train_slope: FloatArray,
    trains: int,
    count: int,
) -> int:
    """Solve a chain from its trial voltages; return the Newton steps, or -1 without a solution (never observed).

    The arguments are plain arrays, and the compiler puts the function into the loop of its caller: access to tuples
    would count references each time.
    """
    steps = 0
    share = 1.0
    reach = 1.0
    descent = 0.0
    # One loop for the steps and the line search within each; see `energy_models.supply.newton`.
    while True:
        substation_currents(static_law, static_slot, trial, current, slope)
        if room_w.size > 0:
            storage_currents(store_law, static_storage, static_slot, trial, room_w, stock_w, drawn_w, current, slope)
        gather(trains, train_slot, trial, train_v)
        train_currents(law_v, trains, train_v, demand_w, spent_w, train_current, train_slope)
        scatter(trains, train_slot, train_current, train_slope, current, slope)
        worst, end_slope = _residual(count, trial, link, current, step, residual)
        if ends_the_search(end_slope, descent, share, reach) or worst <= tolerance_a:
            for slot in range(1, count + 1):
                volts[slot] = trial[slot]
            if worst <= tolerance_a or steps == MAXIMUM_STEPS:
                break
            descent, reach = _newton_step(count, link, slope, residual, step, diagonal, right, inverse)
            share = 1.0
            steps += 1
        else:
            share, reach = next_share(end_slope, descent, share, reach)
        for slot in range(1, count + 1):
            trial[slot] = volts[slot] + share * step[slot]
    if worst > max(tolerance_a, LOOSE_RESIDUAL_A):
        steps = -1
    return steps


@kernel(error_model="numpy")
def chain_prices(network: PackedNetwork, chain: Chain, trains: int, price: FloatArray) -> None:
    """Fill `price[entry]` for the instant just solved: d(sum of substation power)/d(train power), the adjoint.

    With J = -sum V_s I_s over the substations, H the Jacobian of the residual: H lambda = dJ/dV, price = -lambda dI/dP.
    """
    static_slot, train_slot, order, link = chain.static_slot, chain.train_slot, chain.order, chain.link
    diagonal, right, step, inverse = chain.diagonal, chain.right, chain.step, chain.inverse
    current, slope, volts = chain.current, chain.slope, chain.volts
    static_substation, law_v, demand_w = network.static_substation, network.law_v, chain.power_w
    count = trains + static_slot.size
    for slot in range(1, count + 1):
        diagonal[slot] = link[slot - 1] + link[slot] + slope[slot] + ISOLATION_LEAK_S
        right[slot] = 0.0
    for static in range(static_slot.size):
        if static_substation[static] >= 0:
            slot = static_slot[static]
            right[slot] = -current[slot] - volts[slot] * slope[slot]
    if not solve_tridiagonal(count, diagonal, link, right, step, inverse):
        step[:] = 0.0
    for train in range(trains):
        slot = train_slot[train]
        price[order[train]] = -step[slot] * current_per_watt(law_v, volts[slot], demand_w[train])


@kernel(error_model="numpy")
def substation_power_w(
    network: PackedNetwork,
    chain: Chain,
    offset: IntArray,
    chainage_m: FloatArray,
    power_w: FloatArray,
    auxiliary_w: FloatArray,
    train_v: FloatArray,
    static_v: FloatArray,
    charge_j: FloatArray,
    interval_s: float,
    total_w: FloatArray,
) -> int:
    """Fill the total substation power in W of many instants; return all Newton steps, or -1 if one is not solved.

    Callable from compiled code. `chain` is made by `chain_for(network, most trains at once)`, can be used for any
    number of calls, and contains the solution of the last instant. Instant t has the entries offset[t] to offset[t +
    1], in any order of position. The solution starts from the voltages `train_v` of its entries and `static_v[t]` of
    the statics, and overwrites them (first start value: `network.start_v`). The storages have `charge_j` at the
    beginning of each instant, which lasts `interval_s`. `total_w` (T) is filled.
    """
    # Plain arrays in local names: access to a tuple within a loop would count references each time.
    static_substation = network.static_substation
    order, train_slot, static_slot = chain.order, chain.train_slot, chain.static_slot
    link, place_m = chain.link, chain.place_m
    volts, trial, step, residual = chain.volts, chain.trial, chain.step, chain.residual
    current, slope, diagonal, right, inverse = chain.current, chain.slope, chain.diagonal, chain.right, chain.inverse
    demand_w, spent_w, law_v, static_m = chain.power_w, chain.auxiliary_w, network.law_v, network.chainage_m
    own_v, train_current, train_slope = chain.train_v, chain.train_current, chain.train_slope
    room_w, stock_w, drawn_w = chain.room_w, chain.stock_w, chain.drawn_w
    static_law, store_law, static_storage = network.static_law, network.store_law, network.static_storage
    loop_ohm_per_m = network.contact_ohm_per_m / 2.0 + network.return_ohm_per_m
    minimum_m, tolerance_a, start_v = network.minimum_segment_m, network.tolerance_a, network.start_v
    steps_in_all = 0
    for instant in range(total_w.size):
        first = offset[instant]
        trains = offset[instant + 1] - first
        set_storage_limits(store_law, charge_j, interval_s, room_w, stock_w)
        count = _lay_out(
            static_m, loop_ohm_per_m, minimum_m, start_v, order, train_slot, static_slot, link, place_m, trial, volts,
            step, demand_w, spent_w, train_v, static_v, instant, first, trains, chainage_m, power_w, auxiliary_w,
        )  # fmt: skip
        steps = _iterate(
            static_law, store_law, static_storage, law_v, tolerance_a, train_slot, static_slot, link, volts, trial,
            current, slope, residual, step, diagonal, right, inverse, room_w, stock_w, drawn_w, demand_w, spent_w,
            own_v, train_current, train_slope, trains, count,
        )  # fmt: skip
        steps_in_all = steps_in_all + steps if min(steps, steps_in_all) >= 0 else -1
        for train in range(trains):
            train_v[order[train]] = volts[train_slot[train]]
        total = 0.0
        for static in range(static_slot.size):
            slot = static_slot[static]
            static_v[instant, static] = volts[slot]
            if static_substation[static] >= 0:
                total -= current[slot] * volts[slot]
        total_w[instant] = total
    return steps_in_all


@kernel(error_model="numpy")
def _loss(count: int, link: FloatArray, volts: FloatArray) -> float:
    """Loss in W along the chain."""
    loss = 0.0
    for slot in range(1, count):
        loss += link[slot] * (volts[slot] - volts[slot + 1]) ** 2
    return loss


@allocating(error_model="numpy")
def solve_window(
    network: PackedNetwork,
    chain: Chain,
    begin: int,
    end: int,
    offset: IntArray,
    chainage_m: FloatArray,
    track: IntArray,  # noqa: ARG001 - the ladder's kernel has the same signature
    power_w: FloatArray,
    auxiliary_w: FloatArray,
    interval_s: float,
    charge_j: FloatArray,
    result: SolutionArrays,
) -> bool:
    """Solve the instants begin to end and record the solutions; True if all are solved."""
    loop_ohm_per_m = network.contact_ohm_per_m / 2.0 + network.return_ohm_per_m
    return_share = network.return_ohm_per_m / loop_ohm_per_m
    train_v, static_v, total_w = np.empty(len(power_w)), np.empty((1, network.chainage_m.size)), np.empty(1)
    train_v[:] = network.start_v
    solved = True
    for instant in range(begin, end):
        trains = offset[instant + 1] - offset[instant]
        # Every solution starts from the same voltages, so that it does not depend on the begin of the window.
        static_v[:] = network.start_v
        steps = substation_power_w(
            network, chain, offset[instant : instant + 2], chainage_m, power_w, auxiliary_w, train_v, static_v,
            charge_j, interval_s, total_w,
        )  # fmt: skip
        solved &= steps >= 0
        result.iterations[instant] = steps
        if result.price.size > 0:
            chain_prices(network, chain, trains, result.price)
        loss = _loss(trains + network.chainage_m.size, chain.link, chain.volts)
        result.return_loss_w[instant] = loss * return_share
        result.contact_loss_w[instant] = loss * (1.0 - return_share)
        record_instant(
            network, result, instant, chain.static_slot, chain.volts, chain.current, chain.drawn_w, charge_j,
            interval_s, trains, chain.order, chain.train_slot, chain.power_w, chain.auxiliary_w,
        )  # fmt: skip
    return solved
