"""The supply solved for every instant of a window or a day, on the two-track ladder or on one equivalent track."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from energy_models.supply import equivalent_track as equivalent
from energy_models.supply import ladder
from energy_models.supply.checks import network_faults
from energy_models.supply.device_laws import PackedNetwork, pack
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.supply.solution import SolutionArrays, empty_arrays
from energy_models.supply.tridiagonal import chain_for

Model = Literal["ladder", "equivalent"]

CHUNK = 4000
"""Number of instants between two reports of progress."""


def solve(
    network: SupplyNetwork,
    snapshots: Snapshots,
    *,
    model: Model = "ladder",
    prices: bool = False,
    progress: Callable[[int, int], None] | None = None,
    initial_charge_j: FloatArray | None = None,
) -> SupplySolution:
    """Solve Kirchhoff's laws with the device laws at every instant; the charge of storages continues between instants.

    The `model` ladder has separate third rails and return, the model equivalent has one conductor. `prices` adds d(sum
    of substation terminal power)/d(demanded train power), W/W, for every train entry. `progress(done, total)` is called
    after each `CHUNK` instants. `initial_charge_j` is the charge of each storage at the begin (default: that of the
    network). Raises InputFaults for faults of the network or of the snapshots.
    """
    faults = [*network_faults(network), *_snapshot_faults(snapshots)]
    if model == "ladder" and not network.return_ohm_per_m > 0.0:
        faults.append(Fault("", "supply", "return_ohm_per_m", "0", "more than 0 on the two-track ladder"))
    if faults:
        raise InputFaults(faults)
    packed = pack(network)
    if initial_charge_j is not None:
        packed = packed._replace(initial_charge_j=np.array(initial_charge_j, dtype=np.float64))
    return solve_packed(packed, snapshots, model=model, prices=prices, progress=progress)


def solve_packed(
    packed: PackedNetwork,
    snapshots: Snapshots,
    *,
    model: Model = "ladder",
    prices: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SupplySolution:
    """As `solve`, for a packed network and checked inputs."""
    result = empty_arrays(
        snapshots.count,
        len(snapshots.chainage_m),
        int(packed.static_substation.max()) + 1,
        len(packed.initial_charge_j),
        prices,
    )
    most_trains = int(np.diff(snapshots.offset).max(initial=0))
    charge_j = packed.initial_charge_j.copy()
    interval_s = float(snapshots.interval_s)
    rungs = ladder.rungs_for(packed, most_trains if model == "ladder" else 0)
    chain = chain_for(packed, most_trains if model == "equivalent" else 0)
    converged = True
    for begin in range(0, snapshots.count, CHUNK):
        end = min(begin + CHUNK, snapshots.count)
        entries = slice(int(snapshots.offset[begin]), int(snapshots.offset[end]))
        # Copies: frozen arrays are read-only, and numba would compile the kernels again for this type.
        offset = np.array(snapshots.offset[begin : end + 1], dtype=np.int64) - entries.start
        chainage_m = np.array(snapshots.chainage_m[entries], dtype=np.float64)
        track = np.array(snapshots.track[entries], dtype=np.int64)
        power_w = np.array(snapshots.power_w[entries], dtype=np.float64)
        auxiliary_w = np.array(snapshots.auxiliary_w[entries], dtype=np.float64)
        part = result.between(slice(begin, end), entries)
        window = (0, end - begin, offset, chainage_m, track, power_w, auxiliary_w, interval_s, charge_j, part)
        if model == "ladder":
            converged &= ladder.solve_window(packed, rungs, *window)
        else:
            converged &= equivalent.solve_window(packed, chain, *window)
        if progress is not None:
            progress(end, snapshots.count)
    return _solution(result, bool(converged))


def _solution(result: SolutionArrays, converged: bool) -> SupplySolution:
    return SupplySolution(
        substation_power_w=result.substation_power_w,
        substation_v=result.substation_v,
        storage_power_w=result.storage_power_w,
        storage_charge_j=result.storage_charge_j,
        rectifier_drop_w=result.rectifier_drop_w,
        line_loss_w=result.contact_loss_w + result.return_loss_w,
        contact_loss_w=result.contact_loss_w,
        return_loss_w=result.return_loss_w,
        traction_demanded_w=result.traction_demanded_w,
        traction_served_w=result.traction_served_w,
        auxiliary_served_w=result.auxiliary_served_w,
        regeneration_offered_w=result.regeneration_offered_w,
        regeneration_used_w=result.regeneration_used_w,
        train_v=result.train_v,
        train_power_w=result.train_power_w,
        served_share=result.served_share,
        price=result.price if result.price.size else None,
        iterations=result.iterations,
        residual_w=result.residual_w,
        converged=converged,
    )


def _snapshot_faults(snapshots: Snapshots) -> list[Fault]:
    faults = []
    entries = len(snapshots.chainage_m)
    offset = np.asarray(snapshots.offset)
    if len(offset) < 1 or offset[0] != 0 or offset[-1] != entries or (np.diff(offset) < 0).any():
        faults.append(Fault("", "snapshots", "offset", "", f"rises from 0 to the number of entries ({entries})"))
    for name in ("track", "power_w", "auxiliary_w"):
        if len(getattr(snapshots, name)) != entries:
            faults.append(
                Fault("", "snapshots", name, f"{len(getattr(snapshots, name))} entries", f"{entries} entries")
            )
    for name in ("chainage_m", "power_w", "auxiliary_w"):
        if not np.isfinite(getattr(snapshots, name)).all():
            faults.append(Fault("", "snapshots", name, "not a number", "finite numbers"))
    if (np.asarray(snapshots.auxiliary_w) < 0.0).any():
        lowest = float(np.min(snapshots.auxiliary_w))
        faults.append(Fault("", "snapshots", "auxiliary_w", f"{lowest:g}", "0 W or more"))
    if not np.isin(snapshots.track, (0, 1)).all():
        faults.append(Fault("", "snapshots", "track", "", "0 (up) or 1 (down)"))
    if not snapshots.interval_s > 0.0:
        faults.append(Fault("", "snapshots", "interval_s", f"{snapshots.interval_s:g}", "more than 0 s"))
    return faults
