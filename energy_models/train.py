"""The train: mass, effort, resistance, efficiencies and auxiliaries of one vehicle type."""

from dataclasses import dataclass, field

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats

GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, eq=False)
class ForceCurve:
    """Largest force over speed: straight lines between points, and optionally a power limit (hyperbola).

    The last force holds beyond the last speed. Force at speed v is `min(interpolated, power_w / v)`.
    """

    speed_m_s: FloatArray
    force_n: FloatArray
    power_w: float = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "speed_m_s", frozen_floats(self.speed_m_s))
        object.__setattr__(self, "force_n", frozen_floats(self.force_n))

    def at(self, speed_m_s: FloatArray | float) -> FloatArray:
        """Force in N at each speed; at zero speed the power limit does not bind."""
        speed = np.asarray(speed_m_s, dtype=np.float64)
        interpolated = np.interp(speed, self.speed_m_s, self.force_n)
        return np.minimum(interpolated, self.power_w / np.maximum(speed, 1e-9))


@dataclass(frozen=True, eq=False)
class Efficiency:
    """Share of the power between collector and wheel that is not lost: a constant, or a map over force and speed.

    `share[i, j]` belongs to `force_n[i]` and `speed_m_s[j]`, bilinear between, constant beyond the edges.
    A constant is a map of one point.
    """

    force_n: FloatArray
    speed_m_s: FloatArray
    share: FloatArray

    @staticmethod
    def constant(share: float) -> "Efficiency":
        """The same share at every force and speed."""
        return Efficiency(frozen_floats([0.0]), frozen_floats([0.0]), frozen_floats([[share]]))

    @property
    def is_constant(self) -> bool:
        """Whether the efficiency is one number."""
        return bool(self.share.size == 1)


@dataclass(frozen=True)
class Train:
    """One train type; every figure for the whole train. Passengers add to mass at `passenger_kg` each.

    `friction_brake_force_n` is added to the electric brake; `service_brake_force_n` is the limit of the sum of both.
    Accelerations are limits on the net change of speed. `resistance_n` is (A, B, C) of A + B v + C v² in N, v in m/s.
    """

    tare_kg: float
    rotating_mass_kg: float
    passenger_kg: float
    capacity_normal: int
    capacity_crush: int
    length_m: float
    maximum_speed_m_s: float
    maximum_acceleration_m_s2: float
    maximum_deceleration_m_s2: float
    resistance_n: tuple[float, float, float]
    traction: ForceCurve
    electric_brake: ForceCurve
    friction_brake_force_n: float
    service_brake_force_n: float
    traction_efficiency: Efficiency = field(default_factory=lambda: Efficiency.constant(1.0))
    regeneration_efficiency: Efficiency = field(default_factory=lambda: Efficiency.constant(1.0))
    auxiliary_w: float = 0.0
    maximum_jerk_m_s3: float = np.inf

    def mass_kg(self, passengers: float) -> float:
        """Gravitational mass with that many passengers."""
        return self.tare_kg + passengers * self.passenger_kg

    def effective_mass_kg(self, passengers: float) -> float:
        """Inertial mass: gravitational mass plus the rotating parts."""
        return self.mass_kg(passengers) + self.rotating_mass_kg

    def resistance_at(self, speed_m_s: FloatArray | float) -> FloatArray:
        """Running resistance in N at each speed (Davis: A + B v + C v²)."""
        speed = np.asarray(speed_m_s, dtype=np.float64)
        constant, linear, quadratic = self.resistance_n
        return constant + linear * speed + quadratic * speed * speed
