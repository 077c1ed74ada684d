"""The supply of a day with outages of substations: each time span between changes has its own network."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.supply.solver import Model, solve


@dataclass(frozen=True)
class Outage:
    """A substation or a storage that is out of service from `from_s` until `to_s`, in s of the service day.

    The contact lines stay tied together there. Its transformer stays under voltage.
    """

    name: str
    from_s: float
    to_s: float


def solve_with_outages(
    network: SupplyNetwork, snapshots: Snapshots, outages: Sequence[Outage], model: Model = "ladder"
) -> SupplySolution:
    """Solve each time span with the network of this time span, and join the solutions.

    An outage holds for every instant that begins within it. Columns are those of the whole network: a substation out of
    service has no power and the voltage NaN. A storage out of service keeps its charge without loss; the charge of the
    others continues in the next time span. Without outages the result is exactly that of `solve`. Raises InputFaults if
    the name of an outage is unknown, or if no substation would be left.
    """
    stretches = _stretches(snapshots, outages)
    if len(stretches) == 1 and not stretches[0].out:
        return solve(network, snapshots, model=model)
    charge_j = np.array([store.initial_charge_share * store.capacity_j for store in network.storages])
    parts: list[SupplySolution] = []
    for stretch in stretches:
        window = snapshots.between(stretch.begin, stretch.end)
        left_j = charge_j[[item.name not in stretch.out for item in network.storages]]
        solved = solve(network.without(*stretch.out), window, model=model, initial_charge_j=left_j)
        parts.append(_in_all_columns(solved, network, stretch.out, charge_j))
        if network.storages:
            charge_j = parts[-1].storage_charge_j[-1]
    return _end_to_end(parts)


@dataclass(frozen=True)
class _Stretch:
    """Instants `begin` to `end` (without end) with the same names out of service."""

    begin: int
    end: int
    out: tuple[str, ...]


def _stretches(snapshots: Snapshots, outages: Sequence[Outage]) -> list[_Stretch]:
    def instant(time_s: float) -> int:
        return int(np.clip(np.ceil((time_s - snapshots.start_s) / snapshots.interval_s), 0, snapshots.count))

    spans = [(instant(outage.from_s), instant(outage.to_s), outage.name) for outage in outages]
    edges = sorted({0, snapshots.count, *(edge for begin, end, _ in spans for edge in (begin, end))})
    stretches: list[_Stretch] = []
    for begin, end in pairwise(edges):
        out = tuple(sorted({name for first, last, name in spans if first <= begin and end <= last}))
        if stretches and stretches[-1].out == out:
            stretches[-1] = replace(stretches[-1], end=end)
        else:
            stretches.append(_Stretch(begin, end, out))
    return stretches or [_Stretch(0, 0, ())]


def _in_all_columns(
    solved: SupplySolution, network: SupplyNetwork, out: Sequence[str], charge_j: FloatArray
) -> SupplySolution:
    """The solution with a column for every substation and storage of the whole network."""
    substations = [index for index, item in enumerate(network.substations) if item.name not in out]
    storages = [index for index, item in enumerate(network.storages) if item.name not in out]
    count = len(solved.substation_power_w)
    power_w, volts = np.zeros((count, len(network.substations))), np.full((count, len(network.substations)), np.nan)
    power_w[:, substations], volts[:, substations] = solved.substation_power_w, solved.substation_v
    storage_w, storage_j = np.zeros((count, len(network.storages))), np.tile(charge_j, (count, 1))
    storage_w[:, storages], storage_j[:, storages] = solved.storage_power_w, solved.storage_charge_j
    return replace(
        solved, substation_power_w=power_w, substation_v=volts, storage_power_w=storage_w, storage_charge_j=storage_j
    )


def _end_to_end(parts: Sequence[SupplySolution]) -> SupplySolution:
    joined: dict[str, Any] = {
        item.name: np.concatenate([getattr(part, item.name) for part in parts])
        for item in fields(SupplySolution)
        if isinstance(getattr(parts[0], item.name), np.ndarray)
    }
    return replace(parts[0], **joined, converged=all(part.converged for part in parts))
