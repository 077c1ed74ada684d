"""The surrogate of a line's supply, fitted to exact solutions of the line's own timetable."""

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.timing.day_state import build_day
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.noise import departure_noise_s
from dispatch.timing.kernel.surrogate import Surrogate, fit_surrogate
from dispatch.timing.kernel.trips import Limits
from energy_models.supply.device_laws import PackedNetwork

SHAKEN_S = 40.0
"""Standard deviation of the random shifts of departures for the fit: two phases of a train's motion."""


def fit_line_surrogate(
    timetable: Timetable, limits: Limits, motions: MotionTable, network: PackedNetwork, seed: int, workers: int = 1
) -> Surrogate:
    """The surrogate of a line, fitted to its timetable with random shifts of departures, for varied energy exchange."""
    sections = max(len(trip.driving) for trip in timetable.trips)
    noise_s = departure_noise_s(2, len(timetable.trips), sections, SHAKEN_S, False, seed)[:1]
    nothing = np.zeros(len(timetable.trips), dtype=np.int64)
    day = build_day(timetable, (nothing, nothing), nothing, limits, motions, noise_s, network, workers=workers)
    return fit_surrogate(day.exact, motions, limits)
