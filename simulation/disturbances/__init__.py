"""Disturbances of a day, all from one seed, one module a subject.

What befalls a thing belongs to (seed, thing) and to nothing else: not to the order in which trains run, not to the
timetable, not to the worker. So baseline and plan of the same seed meet the same disturbances, trip by trip and station
by station, even where their times differ (common random numbers).
"""

from simulation.disturbances.dwell_noise import LOGNORMAL_SHAPE, DwellNoise

__all__ = ["LOGNORMAL_SHAPE", "DwellNoise"]
