"""The effect of traction not served on the trains: the affected runs, and the places along the runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.movement.low_voltage import ServedShare
from energy_models.movement.planned import Run
from energy_models.supply.snapshots import Snapshots, SupplySolution

RunKey = tuple[str, int]
"""One run of a day: trip and section of that trip, in order of travel."""

MOST_ROUNDS = 3
"""Largest number of repetitions of a day with slower trains."""
SETTLED_S = 1.0
"""The repetition ends if no running time changes by more than this."""
_UNSERVED_SHARE = 1e-3


@dataclass(frozen=True)
class TractionShortfall:
    """The runs of a day with traction not served; `rounds` is the number of repetitions of the day."""

    served: Mapping[RunKey, ServedShare]
    rounds: int = 0


NO_SHORTFALL = TractionShortfall({})


def traction_shortfalls(
    snapshots: Snapshots, solution: SupplySolution, runs: Sequence[Run], keys: Sequence[RunKey]
) -> dict[RunKey, ServedShare]:
    """The served share along each run with traction not served; `keys` are the keys of the runs in order.

    The snapshots must be those of `assemble` for these runs.
    """
    short = (snapshots.power_w > 0.0) & (solution.served_share < 1.0 - _UNSERVED_SHARE)
    if not short.any():
        return {}
    # Sorted by run, the entries stay in order of time and therefore of distance.
    order = np.argsort(snapshots.owner, kind="stable")
    begin = np.searchsorted(snapshots.owner[order], np.arange(len(runs) + 1))
    share = np.where(snapshots.power_w > 0.0, solution.served_share, 1.0)
    served: dict[RunKey, ServedShare] = {}
    for index in np.unique(snapshots.owner[short]).tolist():
        if index >= len(runs):
            continue
        run, entries = runs[index], order[begin[index] : begin[index + 1]]
        covered_m = run.track.distance_m(snapshots.chainage_m[entries])
        # A share holds from the middle between its second and the second before to the middle to the next second.
        place_m = np.concatenate(([0.0], 0.5 * (covered_m[1:] + covered_m[:-1])))
        served[keys[index]] = ServedShare(place_m, share[entries])
    return served


def blended(before: Mapping[RunKey, ServedShare], now: Mapping[RunKey, ServedShare]) -> dict[RunKey, ServedShare]:
    """The mean of two rounds, so that slower trains and the recovered voltage do not oscillate between rounds."""
    everything = ServedShare(np.zeros(1), np.ones(1))
    return {
        key: before.get(key, everything).mean_with(now.get(key, everything))
        for key in sorted(before.keys() | now.keys())
    }
