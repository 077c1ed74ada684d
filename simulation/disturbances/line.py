"""A line's disturbances: what its scenario tells, ready to become the day of a seed."""

from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from scenarios.schema import Scenario
from scenarios.schema.disturbances import Disturbances
from simulation.disturbances.day import DisturbedDay, disturbed_day


@dataclass(frozen=True, eq=False)
class LineDisturbances:
    """What may disturb any day of a line; `auxiliary_w` at rising `temperature_c`, `usual_c` the scenario's own."""

    told: Disturbances
    usual_c: float
    temperature_c: FloatArray
    auxiliary_w: FloatArray

    def day(self, seed: int | None, network: SupplyNetwork) -> DisturbedDay | None:
        """The day of a seed; None without one."""
        return None if seed is None else disturbed_day(self.told, seed, network)

    def heated(self, snapshots: Snapshots, day: DisturbedDay | None, usual_w: float) -> Snapshots:
        """The snapshots with auxiliaries that follow the day's temperature, not the scenario's own.

        `usual_w` is what each train draws at the scenario's temperature, and what the snapshots were made with. The
        difference between two temperatures is the train type's, also for a train that calibration gave another mean.
        """
        time_s = snapshots.start_s + snapshots.interval_s * np.arange(snapshots.count, dtype=np.float64)
        now_c = None if day is None else day.temperature_c(self.usual_c, time_s)
        if now_c is None or usual_w <= 0.0:
            return snapshots
        more_w = self._curve(now_c) - self._curve(np.array(self.usual_c))
        factor = np.maximum(usual_w + more_w, 0.0) / usual_w
        return replace(snapshots, auxiliary_w=snapshots.auxiliary_w * np.repeat(factor, np.diff(snapshots.offset)))

    def _curve(self, temperature_c: FloatArray) -> FloatArray:
        return np.asarray(np.interp(temperature_c, self.temperature_c, self.auxiliary_w))


def line_disturbances(scenario: Scenario) -> LineDisturbances:
    """What a scenario tells, with the auxiliaries of the fleet's first type."""
    points = scenario.train_types[scenario.main_train_type].auxiliaries
    return LineDisturbances(
        scenario.disturbances,
        scenario.outside_temperature_c,
        np.array([point.temperature_c for point in points]),
        np.array([point.power_kw * 1e3 for point in points]),
    )
