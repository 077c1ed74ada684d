"""The power demand of the trains at each instant, and the solution of the supply."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from energy_models.arrays import FloatArray, IntArray


def _nothing() -> FloatArray:
    return np.zeros(0)


def _nobody() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Snapshots:
    """The trains of T successive instants, ragged: instant t has the entries offset[t] to offset[t + 1].

    `chainage_m` is the position on the line, `track` 0 up or 1 down. `power_w` is the power demand of the train without
    its auxiliaries: positive traction, negative braking power offered. `auxiliary_w` >= 0 is added to it. `interval_s`
    is the time between two instants, `start_s` the first one. `owner` may contain the number of the run or stand of
    each entry, in the order of runs and stands in `energy_models.movement.planned.assemble`.
    """

    offset: IntArray
    chainage_m: FloatArray
    track: IntArray
    power_w: FloatArray
    auxiliary_w: FloatArray
    start_s: float = 0.0
    interval_s: float = 1.0
    owner: IntArray = field(default_factory=_nobody)

    @property
    def count(self) -> int:
        """Number of instants."""
        return len(self.offset) - 1

    def between(self, begin: int, end: int) -> "Snapshots":
        """The instants begin to end (without end) as separate snapshots."""
        entries = slice(int(self.offset[begin]), int(self.offset[end]))
        return Snapshots(
            offset=np.asarray(self.offset[begin : end + 1] - self.offset[begin]),
            chainage_m=self.chainage_m[entries],
            track=self.track[entries],
            power_w=self.power_w[entries],
            auxiliary_w=self.auxiliary_w[entries],
            start_s=self.start_s + begin * self.interval_s,
            interval_s=self.interval_s,
            owner=self.owner[entries],
        )


@dataclass(frozen=True, eq=False)
class SupplySolution:
    """The state of the network at each of T instants; all powers in W at the DC terminals, feeding the line positive.

    Arrays of shape (T, substations) or (T, storages) or (T,), and, aligned with the entries of the Snapshots, the
    supply of each train: `train_v`, `train_power_w` with auxiliaries, `served_share` of the demanded traction or of the
    offered braking power, `price`. `storage_charge_j` is the charge at the end of each instant's interval;
    `line_loss_w` is `contact_loss_w` and `return_loss_w` together; `residual_w` is the residual of the power balance.
    Invariant at each instant: sum(substation) + sum(storage) = traction_served + auxiliary_served - regeneration_used +
    contact and return losses. `rectifier_drop_w` is the voltage drop within rectifiers and inverters times their
    current: it is upstream of the terminals and mostly commutation, so it is no loss.
    """

    substation_power_w: FloatArray
    substation_v: FloatArray
    storage_power_w: FloatArray
    storage_charge_j: FloatArray
    rectifier_drop_w: FloatArray
    line_loss_w: FloatArray
    traction_demanded_w: FloatArray
    traction_served_w: FloatArray
    auxiliary_served_w: FloatArray
    regeneration_offered_w: FloatArray
    regeneration_used_w: FloatArray
    train_v: FloatArray
    train_power_w: FloatArray
    price: FloatArray | None
    iterations: IntArray
    residual_w: FloatArray
    converged: bool
    served_share: FloatArray = field(default_factory=_nothing)
    contact_loss_w: FloatArray = field(default_factory=_nothing)
    return_loss_w: FloatArray = field(default_factory=_nothing)

    @property
    def source_power_w(self) -> FloatArray:
        """Power of all substations together at each instant, shape (T,)."""
        return np.asarray(self.substation_power_w.sum(axis=1))

    def between(self, snapshots: Snapshots, begin: int, end: int) -> "SupplySolution":
        """The solution of `snapshots.between(begin, end)`; `snapshots` are the solved snapshots."""
        entries = slice(int(snapshots.offset[begin]), int(snapshots.offset[end]))
        of_entries = ("train_v", "train_power_w", "served_share", "price")
        parts: dict[str, Any] = {
            item.name: value[entries if item.name in of_entries else slice(begin, end)]
            for item in fields(self)
            if isinstance(value := getattr(self, item.name), np.ndarray)
        }
        return replace(self, **parts)
