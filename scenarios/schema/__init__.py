"""The fields of the scenario language: one module per subject; the docstring of a field is its help text."""

from scenarios.schema.base import DIRECTIONS, Direction, Part, clock_to_seconds, seconds_to_clock
from scenarios.schema.scenario import Scenario

__all__ = ["DIRECTIONS", "Direction", "Part", "Scenario", "clock_to_seconds", "seconds_to_clock"]
