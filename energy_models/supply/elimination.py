"""The linear system of the ladder, eliminated along the line with a front of at most three nodes."""

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import ISOLATION_LEAK_S

REFERENCE_S = 1.0
"""Conductance from the first return node to the reference; it has no current, because all device currents return."""
UP = 0
DOWN = 1
TIE = 2
"""Kinds of a position: a train on the up or the down track, or a tie of both rails."""


@kernel(error_model="numpy")
def _keep(pivot: int, of_node: int, scaled: float, node: IntArray, value: FloatArray) -> None:
    """Store the node that a pivot eliminates, and its scaled right-hand side."""
    node[pivot] = of_node
    value[pivot] = scaled


@kernel(error_model="numpy")
def _succeed(
    pivot: int,
    factor_1: float,
    factor_2: float,
    factor_3: float,
    node_1: int,
    node_2: int,
    node_3: int,
    factor: FloatArray,
    successor: IntArray,
) -> None:
    """Store the three neighbours of an eliminated node, with their factors."""
    factor[3 * pivot] = factor_1
    factor[3 * pivot + 1] = factor_2
    factor[3 * pivot + 2] = factor_3
    successor[3 * pivot] = node_1
    successor[3 * pivot + 1] = node_2
    successor[3 * pivot + 2] = node_3


@kernel(error_model="numpy")
def solve_ladder(  # noqa: PLR0915 - one kernel: the front lives in registers
    count: int,
    kind: IntArray,
    up_link: FloatArray,
    down_link: FloatArray,
    return_link: FloatArray,
    slope: FloatArray,
    lowest_slope: float,
    right: FloatArray,
    solution: FloatArray,
    node: IntArray,
    successor: IntArray,
    factor: FloatArray,
    value: FloatArray,
) -> bool:
    """Solve (L + D) x = right by LDL^T; False if a pivot is not positive.

    Position k has its contact node at k and its return node at count + k; node 2 count is the free end of the rail that
    has no train before the first tie; node 2 count + 1 means no node. Links in S lead from the position back to the
    previous node on the same rail. D has max(slope, lowest_slope) between contact and return. The front holds the last
    node of one rail (a), of the other (b), and of the return (r), as the symmetric matrix aa ab ar bb br rr with
    right-hand sides; behind a tie a and b are one node, kept in a.
    """
    none = 2 * count + 1
    device = max(slope[0], lowest_slope) + ISOLATION_LEAK_S
    aa = device
    ar = -device
    rr = device + REFERENCE_S
    ya = right[0]
    yr = right[count]
    merged = kind[0] == TIE
    side = kind[0]
    ab = 0.0
    bb = 0.0
    br = 0.0
    yb = 0.0
    node_a = 0
    node_b = 2 * count
    if not merged:
        bb = ISOLATION_LEAK_S
        br = -ISOLATION_LEAK_S
        rr += ISOLATION_LEAK_S
        yb = right[2 * count]
    pivots = 0
    smallest = np.inf
    for place in range(1, count):
        link_r = return_link[place]
        device = max(slope[place], lowest_slope) + ISOLATION_LEAK_S
        node_r = count + place - 1
        # Entries of the new contact node (n) and the new return node (s): nn, n-b, n-r, n-s; ss, s-b.
        if merged:
            if kind[place] == TIE:
                link = up_link[place] + down_link[place]
                inverse = 1.0 / (aa + link)
                smallest = min(smallest, inverse)
                to_r = ar * inverse
                to_n = -link * inverse
                rr -= ar * to_r
                nr = -ar * to_n
                nn = link * aa * inverse
                yr -= to_r * ya
                yn = -to_n * ya
                _keep(pivots, node_a, ya * inverse, node, value)
                _succeed(pivots, to_r, to_n, 0.0, node_r, place, none, factor, successor)
                pivots += 1
                nb = 0.0
            else:
                # The node of the tie stays in the front as the last node of the other rail.
                side = kind[place]
                link = up_link[place] if side == UP else down_link[place]
                merged = False
                node_b = node_a
                bb = aa + link
                br = ar
                yb = ya
                nn = link
                nb = -link
                nr = 0.0
                yn = 0.0
        elif kind[place] == TIE:
            link = up_link[place] if side == UP else down_link[place]
            other = down_link[place] if side == UP else up_link[place]
            inverse = 1.0 / (aa + link)
            smallest = min(smallest, inverse)
            to_b = ab * inverse
            to_r = ar * inverse
            to_n = -link * inverse
            bb -= ab * to_b
            br -= ab * to_r
            rr -= ar * to_r
            nb = -ab * to_n - other
            nr = -ar * to_n
            nn = link * aa * inverse + other
            bb += other
            yb -= to_b * ya
            yr -= to_r * ya
            yn = -to_n * ya
            _keep(pivots, node_a, ya * inverse, node, value)
            _succeed(pivots, to_b, to_r, to_n, node_b, node_r, place, factor, successor)
            pivots += 1
            inverse = 1.0 / bb
            smallest = min(smallest, inverse)
            to_r = br * inverse
            to_n = nb * inverse
            rr -= br * to_r
            nr -= br * to_n
            nn -= nb * to_n
            yr -= to_r * yb
            yn -= to_n * yb
            _keep(pivots, node_b, yb * inverse, node, value)
            _succeed(pivots, to_r, to_n, 0.0, node_r, place, none, factor, successor)
            pivots += 1
            merged = True
            bb = 0.0
            br = 0.0
            nb = 0.0
            yb = 0.0
        else:
            if kind[place] != side:
                side = kind[place]
                aa, bb = bb, aa
                ar, br = br, ar
                ya, yb = yb, ya
                node_a, node_b = node_b, node_a
            link = up_link[place] if side == UP else down_link[place]
            inverse = 1.0 / (aa + link)
            smallest = min(smallest, inverse)
            to_b = ab * inverse
            to_r = ar * inverse
            to_n = -link * inverse
            bb -= ab * to_b
            br -= ab * to_r
            rr -= ar * to_r
            nb = -ab * to_n
            nr = -ar * to_n
            nn = link * aa * inverse
            yb -= to_b * ya
            yr -= to_r * ya
            yn = -to_n * ya
            _keep(pivots, node_a, ya * inverse, node, value)
            _succeed(pivots, to_b, to_r, to_n, node_b, node_r, place, factor, successor)
            pivots += 1
        # The old return node is eliminated last.
        inverse = 1.0 / (rr + link_r)
        smallest = min(smallest, inverse)
        to_b = br * inverse
        to_n = nr * inverse
        to_s = -link_r * inverse
        bb -= br * to_b
        nb -= br * to_n
        nn -= nr * to_n
        sb = -br * to_s
        ns = -nr * to_s
        ss = link_r * rr * inverse
        yb -= to_b * yr
        yn -= to_n * yr
        _keep(pivots, node_r, yr * inverse, node, value)
        _succeed(pivots, to_b, to_n, to_s, none if merged else node_b, place, node_r + 1, factor, successor)
        pivots += 1
        aa = nn + device
        ab = nb
        ar = ns - device
        br = sb
        rr = ss + device
        ya = yn + right[place]
        yr = right[count + place] - to_s * yr
        node_a = place
    # The last front.
    last_r = 2 * count - 1
    inverse = 1.0 / aa
    smallest = min(smallest, inverse)
    to_b = ab * inverse
    to_r = ar * inverse
    bb -= ab * to_b
    br -= ab * to_r
    rr -= ar * to_r
    yb -= to_b * ya
    yr -= to_r * ya
    solution[none] = 0.0
    inverse_b = 0.0 if merged else 1.0 / bb
    smallest = min(smallest, inverse if merged else inverse_b)
    rr -= br * br * inverse_b
    yr -= br * inverse_b * yb
    if not (smallest > 0.0 and rr > 0.0):
        return False
    solution[last_r] = yr / rr
    at_b = (yb - br * solution[last_r]) * inverse_b
    if not merged:
        solution[node_b] = at_b
    solution[node_a] = ya * inverse - to_b * at_b - to_r * solution[last_r]
    for pivot in range(pivots - 1, -1, -1):
        solution[node[pivot]] = (
            value[pivot]
            - factor[3 * pivot] * solution[successor[3 * pivot]]
            - factor[3 * pivot + 1] * solution[successor[3 * pivot + 1]]
            - factor[3 * pivot + 2] * solution[successor[3 * pivot + 2]]
        )
    return True
