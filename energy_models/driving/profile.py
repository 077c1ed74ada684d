"""The driving profile: speed and forces of one train over one section."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class DrivingProfile:
    """Speed and forces over distance within one section, departure to stop, for one train and load.

    `distance_m`, `speed_m_s` and `time_s` have n+1 nodes; slope (gradient and curve together, N per N of weight) and
    the forces have n cells, each constant within its cell, forces >= 0. Kinetic energy is linear within a cell, so
    `v² = v0² + (v1² - v0²) · share` is exact there. Energies are at the collector, without auxiliaries:
    `traction_energy_j` is drawn, `regeneration_energy_j` is offered (both >= 0).
    """

    strategy: str
    distance_m: FloatArray
    speed_m_s: FloatArray
    time_s: FloatArray
    slope: FloatArray
    traction_force_n: FloatArray
    electric_brake_force_n: FloatArray
    friction_brake_force_n: FloatArray
    passengers: float
    traction_energy_j: float
    regeneration_energy_j: float

    def __post_init__(self) -> None:
        for name in (
            "distance_m", "speed_m_s", "time_s", "slope",
            "traction_force_n", "electric_brake_force_n", "friction_brake_force_n",
        ):  # fmt: skip
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def running_time_s(self) -> float:
        """Departure to arrival."""
        return float(self.time_s[-1])

    @cached_property
    def has_rising_times(self) -> bool:
        """Whether each node is later than the node before it; a motion at each second exists only then."""
        return len(self.time_s) > 1 and bool(np.all(np.diff(self.time_s) > 0.0))

    @property
    def net_energy_j(self) -> float:
        """Drawn minus offered, at the collector, without auxiliaries."""
        return self.traction_energy_j - self.regeneration_energy_j
