"""The mileage of the vehicles of a fleet, and the distance until their maintenance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BAND_KM = 1_000.0
"""A vehicle may be this far ahead of or behind the mean mileage of the fleet: two to four days of a metro; assumed."""


@dataclass(frozen=True)
class Mileage:
    """The mileage of each vehicle since a common date, and the distance until its next maintenance where it is known.

    `band_km` is by how much the mileage of a vehicle may differ from the mean of the fleet.
    """

    done_km: Mapping[str, float] = field(default_factory=dict)
    left_km: Mapping[str, float] = field(default_factory=dict)
    band_km: float = BAND_KM

    def excess_km(self, vehicle: str, duty_km: float, mean_after_km: float) -> float:
        """By how much a duty takes the mileage of a vehicle out of the band around the mean after the day."""
        if vehicle not in self.done_km:
            return 0.0
        return max(0.0, abs(self.done_km[vehicle] + duty_km - mean_after_km) - self.band_km)

    def allows(self, vehicle: str, duty_km: float) -> bool:
        """Whether a vehicle may run so far before its maintenance."""
        return duty_km <= self.left_km.get(vehicle, float("inf"))


NO_MILEAGE = Mileage()
