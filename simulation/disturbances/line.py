"""A line's disturbances: what its scenario tells, ready to become the day of a seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from scenarios.fleet import ByVehicle
from scenarios.schema import Scenario
from scenarios.schema.disturbances import Disturbances
from simulation.disturbances.day import DisturbedDay, disturbed_day


@dataclass(frozen=True, eq=False)
class Auxiliaries:
    """What the auxiliaries of a train type draw: `power_w` at rising `temperature_c`, and `usual_w` on the usual day.

    The difference between two temperatures is the type's, also for a train that calibration gave another mean.
    """

    temperature_c: FloatArray
    power_w: FloatArray
    usual_w: float

    def share_of_usual(self, usual_c: float, now_c: FloatArray) -> FloatArray:
        """Power at temperatures as a share of `usual_w`, which is that at `usual_c`."""
        if self.usual_w <= 0.0:
            return np.ones(len(now_c))
        more_w = self._curve(now_c) - self._curve(np.array(usual_c))
        return np.asarray(np.maximum(self.usual_w + more_w, 0.0) / self.usual_w)

    def _curve(self, temperature_c: FloatArray) -> FloatArray:
        return np.asarray(np.interp(temperature_c, self.temperature_c, self.power_w))


@dataclass(frozen=True, eq=False)
class LineDisturbances:
    """What may disturb any day of a line; `usual_c` is the scenario's own temperature outside."""

    told: Disturbances
    usual_c: float

    def day(self, seed: int | None, network: SupplyNetwork) -> DisturbedDay | None:
        """The day of a seed; None without one."""
        return None if seed is None else disturbed_day(self.told, seed, network)

    def heated(
        self, snapshots: Snapshots, day: DisturbedDay | None, auxiliaries: ByVehicle[Auxiliaries], owners: Sequence[str]
    ) -> Snapshots:
        """The snapshots with auxiliaries that follow the day's temperature, not the scenario's own.

        The snapshots were made with the usual auxiliaries of each train; `owners` are the vehicles whose runs and
        stands were laid out, in their order.
        """
        time_s = snapshots.start_s + snapshots.interval_s * np.arange(snapshots.count, dtype=np.float64)
        now_c = None if day is None else day.temperature_c(self.usual_c, time_s)
        if now_c is None:
            return snapshots
        kinds = auxiliaries.distinct
        share = np.array([kind.share_of_usual(self.usual_c, now_c) for kind in kinds])
        kind_of = np.array([kinds.index(auxiliaries.of(vehicle)) for vehicle in owners], dtype=np.int64)
        instant = np.repeat(np.arange(snapshots.count), np.diff(snapshots.offset))
        return replace(snapshots, auxiliary_w=snapshots.auxiliary_w * share[kind_of[snapshots.owner], instant])


def line_disturbances(scenario: Scenario) -> LineDisturbances:
    """What a scenario tells."""
    return LineDisturbances(scenario.disturbances, scenario.outside_temperature_c)
