"""Vehicles on a disturbed day: late pull-outs, and trains that fail and end their duty at the next terminal."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.disturbances.day import DisturbedDay
from simulation.journeys import Duty, Journey
from simulation.turnbacks import Withdrawal


@dataclass(frozen=True)
class DisturbedVehicles:
    """What a disturbed day does to vehicles; `failed` names the trips on which one fails.

    A failed train takes its passengers slowly to the end of its trip. There is always a spare train where the scenario
    lets one take over (assumed).
    """

    day: DisturbedDay
    failed: Mapping[str, int]

    def pull_out_s(self, duty: Duty) -> float:
        """When the vehicle is ready at the first station of its duty, on the day's clock; -inf where in good time."""
        first = duty.journeys[0].trip
        late_s = self.day.late_pull_out_s(first.trip_id)
        return first.start_s + late_s if late_s > 0.0 else float("-inf")

    def withdrawal(self, journey: Journey) -> Withdrawal | None:
        """What becomes of the duty after a trip: None where the vehicle goes on."""
        failures = self.day.told.train_failures
        if failures is None or journey.trip.trip_id not in self.failed:
            return None
        spare_s = failures.spare_ready_after_s
        return Withdrawal(None if spare_s is None else float(spare_s))
