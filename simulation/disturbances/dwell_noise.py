"""Dwell noise: the deviation of each departure from the plan."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from energy_models.arrays import FloatArray
from simulation.disturbances.draws import uniform

LOGNORMAL_SHAPE = 0.5
"""Standard deviation of the logarithm of the random part of a dwell: skewness 1.75, so that a train is rarely very late
and never very early. Assumed; measured dwells are right-skewed and close to lognormal."""


@dataclass(frozen=True)
class DwellNoise:
    """Random part of a dwell: lognormal, shifted to mean zero, with the given standard deviation in s.

    `accumulates` is False: the train recovers towards its timetable, and the deviations of departures are independent.
    True: a deviation shifts all later times of the same trip.
    """

    standard_deviation_s: float
    accumulates: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.standard_deviation_s) and self.standard_deviation_s >= 0.0):
            raise ValueError(f"standard_deviation_s(={self.standard_deviation_s}) must be >= 0")

    def deviations_s(self, seed: int, trip_id: str, stations: Sequence[str]) -> FloatArray:
        """Deviation in s of the departure from each station of a trip; the same arguments give the same result.

        X = m·exp(s·Z) with Z standard normal, m = σ / sqrt(exp(s²)·(exp(s²) - 1)), less its mean m·exp(s²/2).
        """
        if self.standard_deviation_s == 0.0:
            return np.zeros(len(stations))
        normal = ndtri(np.array([uniform("dwell", seed, trip_id, station) for station in stations]))
        growth = math.exp(LOGNORMAL_SHAPE**2)
        median_s = self.standard_deviation_s / math.sqrt(growth * (growth - 1.0))
        return np.asarray(median_s * (np.exp(LOGNORMAL_SHAPE * normal) - math.sqrt(growth)))
