"""What is known about a train before its telemetry is read: its type, and the accuracy of its sensors."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.parameters import VehicleParameters


@dataclass(frozen=True)
class SensorClasses:
    """Standard deviations of the scale errors of the sensors, which nothing in the telemetry shows.

    `energy` is for voltage times current, `load_scale` for the load sensor, both as shares; `load_zero_kg` is the error
    of the load sensor's zero. The defaults are those of EN 50463-2 class 1 (1 %) and, assumed, of an air suspension
    (2 % and 1 t). Twice a value is inside the 95 % interval.
    """

    energy: float = 0.01
    load_scale: float = 0.02
    load_zero_kg: float = 1_000.0


DEFAULT_CLASSES = SensorClasses()
EXACT_SENSORS = SensorClasses(0.0, 0.0, 0.0)
"""Sensors without any error of scale or zero."""


@dataclass(frozen=True)
class Prior:
    """Means and the inverse covariance (information) of the parameters before the telemetry is read."""

    mean: FloatArray
    information: FloatArray


_RATED_M_S2 = 1.2
_RATED_SPEED_M_S = 12.0
REFERENCE_SPEED_M_S = 20.0


def rated_force_n(tare_kg: float) -> float:
    """A usual full effort of a metro train of this tare, which gives the losses of the drive their scale; assumed."""
    return _RATED_M_S2 * tare_kg


def prior_of(start: VehicleParameters) -> Prior:
    """The prior of a train whose type has the parameters `start`.

    Masses and the share of power that the drive loses are free. The resistance and the rotating mass lean on the type
    with a standard deviation of half its value; the other losses of the drive on usual ones. All widths are assumed:
    wide against the differences between trains, so that they matter only where the telemetry says little.
    """
    mean, spread = np.zeros(COUNT), np.full(COUNT, np.inf)
    mean[P.TARE], mean[P.ROTATING] = start.tare_kg, start.rotating_mass_kg
    spread[P.ROTATING] = 0.5 * max(start.rotating_mass_kg, 0.02 * start.tare_kg)
    for place, value, least in (
        (P.A, start.resistance_constant_n, 5e-3 * start.tare_kg),
        (P.B, start.resistance_per_m_s_n, 3e-4 * start.tare_kg),
        (P.C, start.resistance_per_m_s_squared_n, 1e-5 * start.tare_kg),
    ):
        mean[place], spread[place] = value, 0.5 * max(value, least)
    rated_w = rated_force_n(start.tare_kg) * _RATED_SPEED_M_S
    force2, speed2 = rated_force_n(start.tare_kg) ** 2, REFERENCE_SPEED_M_S**2
    usual = ((0.003, 0.005, 1.0), (0.025, 0.035, force2), (0.005, 0.009, speed2))
    steps = (0, 2, 3)
    for first in (P.TRACTION_CONSTANT, P.BRAKE_CONSTANT):
        for step, (middle, width, per) in zip(steps, usual, strict=True):
            mean[first + step], spread[first + step] = middle * rated_w / per, width * rated_w / per
    mean[P.TRACTION_SHARE] = 1.0 / start.traction_efficiency - 1.0
    mean[P.BRAKE_SHARE] = 1.0 - start.regeneration_efficiency
    mean[P.CURVE], spread[P.CURVE] = 1.0, 0.2
    mean[P.CURVE_SQUARE], spread[P.CURVE_SQUARE] = 45.0, 60.0  # Röckl's law: 650 / (R - 55) = 650/R (1 + 55/R + ...)
    spread[P.LAG] = 1.0
    information = np.diag(np.where(np.isfinite(spread), 1.0 / np.where(np.isfinite(spread), spread, 1.0) ** 2, 0.0))
    # Traction and braking use the same machines: their losses differ by less than they are unknown.
    for step, (_, width, per) in zip(steps, usual, strict=True):
        one, other = P.TRACTION_CONSTANT + step, P.BRAKE_CONSTANT + step
        tie = 1.0 / (0.5 * width * rated_w / per) ** 2
        information[one, one] += tie
        information[other, other] += tie
        information[one, other] -= tie
        information[other, one] -= tie
    return Prior(mean, information)
