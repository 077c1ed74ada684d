"""The losses of a drive over force and speed, and the efficiency map that the planner and the simulation use."""

from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.train import Efficiency, ForceCurve

_FORCE_SHARES = (0.0, 0.01, 0.02, 0.035, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.38, 0.5, 0.65, 0.8, 1.0)
_SPEED_SHARES = (0.0, 0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.38, 0.5, 0.65, 0.8, 1.0)
_LEAST_SHARE = 0.2
"""Lowest efficiency of a map in traction: at standstill, the losses are divided by no power. It acts below 1 km/h at
full effort, and at forces below 1 % of the full effort."""


@dataclass(frozen=True)
class DriveLosses:
    """Losses between collector and wheel while the drive works, of the whole train.

    Loss in W at force F and speed v, with P = F v at the wheel:
    `constant_w` + `power_share` P + `force_squared_w_per_n2` F² + `speed_squared_w_s2_per_m2` v².
    A constant efficiency is a `power_share` alone. Form: Kouzoupis and others, Operations Research Forum 4, 2023,
    doi 10.1007/s43069-023-00248-x, use maps of this shape; copper losses rise with F², core and friction losses with v.
    """

    constant_w: float
    power_share: float
    force_squared_w_per_n2: float
    speed_squared_w_s2_per_m2: float

    def at(self, force_n: FloatArray | float, speed_m_s: FloatArray | float) -> FloatArray:
        """Loss in W at each force (without sign) and speed."""
        force, speed = np.abs(np.asarray(force_n, dtype=np.float64)), np.asarray(speed_m_s, dtype=np.float64)
        return np.asarray(
            self.constant_w
            + self.power_share * force * speed
            + self.force_squared_w_per_n2 * force**2
            + self.speed_squared_w_s2_per_m2 * speed**2
        )


def traction_efficiency(losses: DriveLosses, curve: ForceCurve, maximum_speed_m_s: float) -> Efficiency:
    """The efficiency map P / (P + loss) of traction: a constant where only the share of power is lost."""
    if _is_share(losses):
        return Efficiency.constant(1.0 / (1.0 + losses.power_share))
    force, speed, power = _grid(curve, maximum_speed_m_s)
    share = power / np.maximum(power + losses.at(force[:, None], speed), 1e-3)
    return Efficiency(frozen_floats(force), frozen_floats(speed), frozen_floats(np.clip(share, _LEAST_SHARE, 1.0)))


def regeneration_efficiency(losses: DriveLosses, curve: ForceCurve, maximum_speed_m_s: float) -> Efficiency:
    """The efficiency map (P - loss) / P of electric braking, zero where the losses exceed the power."""
    if _is_share(losses):
        return Efficiency.constant(1.0 - losses.power_share)
    force, speed, power = _grid(curve, maximum_speed_m_s)
    share = (power - losses.at(force[:, None], speed)) / np.maximum(power, 1e-3)
    return Efficiency(frozen_floats(force), frozen_floats(speed), frozen_floats(np.clip(share, 0.0, 1.0)))


def mean_over_acceleration(efficiency: Efficiency, curve: ForceCurve, maximum_speed_m_s: float) -> float:
    """The efficiency of a full-effort change of speed between zero and the maximum speed: work over energy (or back).

    At full effort F(v), the work between v and v + dv is proportional to v dv. This mean weighs a point of the map by
    the energy that a train passes through it, as the mean over a recorded day does; the mean of the entries does not.
    """
    if efficiency.is_constant:
        return float(efficiency.share.flat[0])
    from energy_models.driving.vehicle import efficiency_at  # noqa: PLC0415 - loads compiled kernels

    speed: FloatArray = (np.arange(200, dtype=np.float64) + 0.5) / 200.0 * maximum_speed_m_s
    share = np.maximum(efficiency_at(efficiency, curve.at(speed), speed), _LEAST_SHARE)
    return float(speed.sum() / (speed / share).sum())


def scaled_to(efficiency: Efficiency, curve: ForceCurve, maximum_speed_m_s: float, share: float) -> Efficiency:
    """The same map, scaled so that its mean over a full-effort change of speed is `share`."""
    return replace(
        efficiency, share=efficiency.share * (share / mean_over_acceleration(efficiency, curve, maximum_speed_m_s))
    )


def _is_share(losses: DriveLosses) -> bool:
    return losses.constant_w == losses.force_squared_w_per_n2 == losses.speed_squared_w_s2_per_m2 == 0.0


def _grid(curve: ForceCurve, maximum_speed_m_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    force = np.array(_FORCE_SHARES) * max(float(curve.force_n.max()), 1.0)
    speed = np.array(_SPEED_SHARES) * maximum_speed_m_s
    return force, speed, force[:, None] * speed
