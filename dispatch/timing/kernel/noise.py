"""Samples of dwell noise for the search: how far each departure of each trip is from its planned second."""

import numpy as np

from energy_models.arrays import IntArray


def departure_noise_s(
    samples: int, trips: int, sections: int, deviation_s: float, accumulates: bool, seed: int
) -> IntArray:
    """Draw whole-second deviations of the departure that begins each section, shape (samples, trips, sections).

    Held: every departure deviates by itself. Accumulating: the deviations of a trip add up from station to station.
    Samples come in opposite pairs, so that the mean deviation is nothing (antithetic draws), and one sample alone is
    the undisturbed timetable.
    """
    if samples <= 1 or deviation_s <= 0:
        return np.zeros((1, trips, sections), dtype=np.int64)
    half = np.random.default_rng(seed).normal(0.0, deviation_s, ((samples + 1) // 2, trips, sections))
    drawn = np.concatenate([half, -half])[:samples]
    if accumulates:
        drawn = np.cumsum(drawn, axis=2)
    return np.asarray(np.rint(drawn), dtype=np.int64)
