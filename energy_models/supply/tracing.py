"""Current tracing: the current that each consumer of one instant draws from each source.

Along one equivalent track, the current between two neighbours is the sum of the currents fed in on one side. At each
node, all outgoing currents consist of the incoming currents in the same proportion: proportional sharing (Bialek,
Tracing the flow of electricity, IEE Proc. Gener. Transm. Distrib. 143(4), 1996). Currents, unlike powers, have no
losses along the line, so the shares add up. Proportional sharing is a convention: physics does not determine the source
of a current.
"""

import numpy as np

from energy_models.arrays import FloatArray


def traced_currents(chainage_m: FloatArray, current_a: FloatArray) -> FloatArray:
    """Current in A that each node draws from each node, shape (n, n): rows draw, columns feed.

    `current_a[i]` is what node i feeds into the track (negative: draws), at `chainage_m[i]`, in any order. Rows of
    nodes that feed and columns of nodes that draw are zero. If the currents do not add up to zero (rounding of the load
    flow), the difference counts as a leak at the end of the line.
    """
    order = np.argsort(chainage_m, kind="stable")
    fed = np.maximum(current_a[order], 0.0)
    drawn = np.maximum(-current_a[order], 0.0)
    count = len(order)
    # Current behind each node, towards increasing chainage.
    onward = np.cumsum(current_a[order])
    onward[-1:] = 0.0
    from_left = np.concatenate([[0.0], np.maximum(onward[:-1], 0.0)])
    from_right = np.maximum(-onward, 0.0)
    through = fed + from_left + from_right
    share = np.divide(1.0, through, out=np.zeros(count), where=through > 0.0)
    mix = np.diag(fed)
    # A node with a current towards one side gets no current from there, so one pass in each direction is sufficient.
    carried = np.zeros(count)
    arriving = np.zeros((count, count))
    for node in range(count):
        arriving[node] += carried
        carried = (mix[node] + carried) * (max(onward[node], 0.0) * share[node])
    carried = np.zeros(count)
    for node in range(count - 1, -1, -1):
        arriving[node] += carried
        back = from_right[node - 1] if node > 0 else 0.0
        carried = (mix[node] + carried) * (back * share[node])
    traced = (mix + arriving) * (drawn * share)[:, None]
    found = np.zeros((count, count))
    found[np.ix_(order, order)] = traced
    return found
