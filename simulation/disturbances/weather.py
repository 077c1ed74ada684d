"""The weather of a day: the outside temperature, on which the auxiliaries depend."""

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.disturbances import Weather
from simulation.disturbances.draws import normal, uniform


def temperature_c(weather: Weather, seed: int, usual_c: float, time_s: FloatArray) -> FloatArray:
    """Outside temperature at times of the day: the course of the scenario plus the deviation of the day."""
    moved_c = weather.temperature_deviation_c * normal(uniform("temperature", seed))
    if not weather.temperatures:
        return np.full(np.shape(time_s), usual_c + moved_c)
    course = np.interp(
        time_s, [float(point.at_s) for point in weather.temperatures], [p.temperature_c for p in weather.temperatures]
    )
    return np.asarray(course + moved_c)


def changes_the_temperature(weather: Weather | None) -> bool:
    """Whether the temperature of the day can differ from that of the scenario."""
    return weather is not None and bool(weather.temperatures or weather.temperature_deviation_c > 0.0)
