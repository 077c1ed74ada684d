"""Who feeds whom: the currents of one instant traced from those that feed to those that draw.

Along one equivalent track the current between two neighbours follows from all that is fed in on one side. At each place
what arrives mixes, and all that leaves carries the mix: proportional sharing (Bialek, Tracing the flow of electricity,
IEE Proc. Gener. Transm. Distrib. 143(4), 1996). Currents, unlike powers, are not lost on the way, so the shares add up.
Physics does not mark electrons: this is the even-handed way to tell a share, not the only one.
"""

import numpy as np

from energy_models.arrays import FloatArray


def traced_currents(chainage_m: FloatArray, current_a: FloatArray) -> FloatArray:
    """Current in A that each node draws from each node, shape (n, n): rows draw, columns feed.

    `current_a[i]` is what node i feeds into the track (negative: draws), at `chainage_m[i]`, in any order. Rows of
    nodes that feed and columns of nodes that draw are zero. What does not add up to zero (rounding of the load flow) is
    taken to leak at the far end.
    """
    order = np.argsort(chainage_m, kind="stable")
    fed = np.maximum(current_a[order], 0.0)
    drawn = np.maximum(-current_a[order], 0.0)
    count = len(order)
    # Current to the right of each node, towards rising chainage.
    onward = np.cumsum(current_a[order])
    onward[-1:] = 0.0
    from_left = np.concatenate([[0.0], np.maximum(onward[:-1], 0.0)])
    from_right = np.maximum(-onward, 0.0)
    through = fed + from_left + from_right
    share = np.divide(1.0, through, out=np.zeros(count), where=through > 0.0)
    mix = np.diag(fed)
    # A node that passes current on to one side gets none from there, so one sweep each way meets everything in order.
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
