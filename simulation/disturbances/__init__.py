"""Disturbances of a day, all from one seed; one module per subject.

A disturbance of an object depends only on the seed and the object, not on the order of trains, the timetable or the
worker. Baseline and plan with the same seed therefore have the same disturbances, trip by trip and station by station,
even if their times differ (common random numbers).
"""

from simulation.disturbances.dwell_noise import LOGNORMAL_SHAPE, DwellNoise

__all__ = ["LOGNORMAL_SHAPE", "DwellNoise"]
