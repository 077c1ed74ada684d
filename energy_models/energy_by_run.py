"""The energy of a span shared out to the runs and stands that it was made of, at the trains' collectors."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.energy_account import BALANCE_LIMIT_SHARE, J_PER_KWH, BalanceError, EnergyAccount
from energy_models.supply.snapshots import Snapshots, SupplySolution


@dataclass(frozen=True, eq=False)
class EnergyByRun:
    """What each run, then each stand, got and gave at its collector, in kWh; each figure is >= 0.

    The order is that in which `energy_models.movement.assemble` laid them on the clock.
    """

    traction_kwh: FloatArray
    auxiliaries_kwh: FloatArray
    regeneration_offered_kwh: FloatArray
    regeneration_used_kwh: FloatArray

    def __post_init__(self) -> None:
        for name in ("traction_kwh", "auxiliaries_kwh", "regeneration_offered_kwh", "regeneration_used_kwh"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def net_kwh(self) -> FloatArray:
        """Drawn less given back; negative where a run gives more than it draws."""
        return np.asarray(self.traction_kwh + self.auxiliaries_kwh - self.regeneration_used_kwh)


def energy_by_run(snapshots: Snapshots, solution: SupplySolution, owners: int, whole: EnergyAccount) -> EnergyByRun:
    """Share the account `whole` of a solved span out to its `owners` runs and stands.

    Traction and regeneration are what was asked or offered times the share that flowed; auxiliaries are the rest of
    what passed the collector. Raises BalanceError when a kind does not add up to the account to 0.1 % of the turnover,
    ValueError when the snapshots do not know their owners.
    """
    if len(snapshots.owner) != len(snapshots.power_w):
        raise ValueError(f"{len(snapshots.power_w)} entries, but {len(snapshots.owner)} owners")
    to_kwh = snapshots.interval_s / J_PER_KWH
    motoring_w, braking_w = np.maximum(snapshots.power_w, 0.0), -np.minimum(snapshots.power_w, 0.0)
    served_w, used_w = solution.served_share * motoring_w, solution.served_share * braking_w

    def summed(power_w: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(snapshots.owner, weights=power_w, minlength=owners) * to_kwh)

    shared = EnergyByRun(
        summed(served_w), summed(solution.train_power_w - served_w + used_w), summed(braking_w), summed(used_w)
    )
    turnover_kwh = max(whole.traction_kwh + whole.auxiliaries_kwh, whole.regeneration_offered_kwh, 1e-6)
    for name in ("traction_kwh", "auxiliaries_kwh", "regeneration_offered_kwh", "regeneration_used_kwh"):
        open_kwh = float(getattr(shared, name).sum()) - float(getattr(whole, name))
        if abs(open_kwh) > BALANCE_LIMIT_SHARE * turnover_kwh:
            raise BalanceError(f"{name} by run adds up to {open_kwh:+.3f} kWh beside the account")
    return shared
