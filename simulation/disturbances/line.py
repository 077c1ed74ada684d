"""The disturbances of a line from its scenario, to create the day of a seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from scenarios.schema import Scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.values.fleet import ByVehicle
from simulation.disturbances.day import DisturbedDay, disturbed_day


@dataclass(frozen=True, eq=False)
class Auxiliaries:
    """Auxiliary power of a train type: `power_w` at increasing `temperature_c`, and `usual_w` on the usual day.

    The difference between two temperatures belongs to the type, even if calibration changed the mean of a train.
    """

    temperature_c: FloatArray
    power_w: FloatArray
    usual_w: float

    def share_of_usual(self, usual_c: float, now_c: FloatArray) -> FloatArray:
        """Power at temperatures as a share of `usual_w`, the power at `usual_c`."""
        if self.usual_w <= 0.0:
            return np.ones(len(now_c))
        more_w = self._curve(now_c) - self._curve(np.array(usual_c))
        return np.asarray(np.maximum(self.usual_w + more_w, 0.0) / self.usual_w)

    def _curve(self, temperature_c: FloatArray) -> FloatArray:
        return np.asarray(np.interp(temperature_c, self.temperature_c, self.power_w))


@dataclass(frozen=True, eq=False)
class LineDisturbances:
    """The possible disturbances of the days of a line; `usual_c` is the outside temperature of the scenario."""

    given: Disturbances
    usual_c: float

    def day(self, seed: int | None, network: SupplyNetwork) -> DisturbedDay | None:
        """The day of a seed; None without a seed."""
        return None if seed is None else disturbed_day(self.given, seed, network)

    def heated(
        self, snapshots: Snapshots, day: DisturbedDay | None, auxiliaries: ByVehicle[Auxiliaries], owners: Sequence[str]
    ) -> Snapshots:
        """The snapshots with the auxiliaries for the temperature of the day instead of that of the scenario.

        The snapshots contain the usual auxiliaries of each train; `owners` are the vehicles of the runs and stands of
        the layout, in their order.
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
    """The disturbances of a scenario."""
    return LineDisturbances(scenario.disturbances, scenario.outside_temperature_c)
