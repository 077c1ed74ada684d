"""Vehicles on a disturbed day: late pull-outs, and trains that fail and end their duty at the next terminal."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.disturbances.day import DisturbedDay
from simulation.railway.trip_run import Duty, Journey
from simulation.railway.turnbacks import Withdrawal


@dataclass(frozen=True)
class DisturbedVehicles:
    """The disturbances of vehicles; `failed` contains the trips with a failed train.

    A failed train carries its passengers slowly to the end of its trip. If the scenario has spare trains for failures,
    a spare train is always available (assumed).
    """

    day: DisturbedDay
    failed: Mapping[str, int]

    def pull_out_s(self, duty: Duty) -> float:
        """Time in s of the day when the vehicle is ready at the first station of its duty; -inf without a delay."""
        first = duty.journeys[0].trip
        late_s = self.day.late_pull_out_s(first.trip_id)
        return first.start_s + late_s if late_s > 0.0 else float("-inf")

    def withdrawal(self, journey: Journey) -> Withdrawal | None:
        """The withdrawal after a trip; None if the vehicle continues its duty."""
        failures = self.day.given.train_failures
        if failures is None or journey.trip.trip_id not in self.failed:
            return None
        spare_s = failures.spare_ready_after_s
        return Withdrawal(None if spare_s is None else float(spare_s))
