"""What the supply could not serve comes back to the trains: which runs were starved, and where along them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.movement import Run
from energy_models.starved import ServedShare
from energy_models.supply.snapshots import Snapshots, SupplySolution

RunKey = tuple[str, int]
"""One run of a day: trip and section of that trip, in order of travel."""

MOST_ROUNDS = 3
"""Times that a day is run again with slower trains."""
SETTLED_S = 1.0
"""Trains are slowed enough when no running time would change by this much."""
_UNSERVED_SHARE = 1e-3


@dataclass(frozen=True)
class Starvation:
    """Starved runs of a day; `rounds` counts how often the day was run again because of them."""

    served: Mapping[RunKey, ServedShare]
    rounds: int = 0


NOBODY = Starvation({})


def starved_runs(
    snapshots: Snapshots, solution: SupplySolution, runs: Sequence[Run], keys: Sequence[RunKey]
) -> dict[RunKey, ServedShare]:
    """Share served along each run that asked for traction it did not get; `keys` name the runs in their order.

    The snapshots must be those that `assemble` made of these runs.
    """
    short = (snapshots.power_w > 0.0) & (solution.served_share < 1.0 - _UNSERVED_SHARE)
    if not short.any():
        return {}
    # Sorted by run, entries stay in the order of time, and so of distance.
    order = np.argsort(snapshots.owner, kind="stable")
    begin = np.searchsorted(snapshots.owner[order], np.arange(len(runs) + 1))
    share = np.where(snapshots.power_w > 0.0, solution.served_share, 1.0)
    served: dict[RunKey, ServedShare] = {}
    for index in np.unique(snapshots.owner[short]).tolist():
        if index >= len(runs):
            continue
        run, entries = runs[index], order[begin[index] : begin[index + 1]]
        covered_m = np.abs(snapshots.chainage_m[entries] - run.track.departure_chainage_m)
        # A share holds from halfway to the second before until halfway to the next.
        place_m = np.concatenate(([0.0], 0.5 * (covered_m[1:] + covered_m[:-1])))
        served[keys[index]] = ServedShare(place_m, share[entries])
    return served


def blended(before: Mapping[RunKey, ServedShare], now: Mapping[RunKey, ServedShare]) -> dict[RunKey, ServedShare]:
    """Halfway between two rounds, so that slower trains and the voltage that they recover do not take turns."""
    everything = ServedShare(np.zeros(1), np.ones(1))
    return {
        key: before.get(key, everything).mean_with(now.get(key, everything))
        for key in sorted(before.keys() | now.keys())
    }
