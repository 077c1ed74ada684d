"""What trains must keep to on the day: the rules of operation, read from a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.disturbances import DwellNoise

TURNBACK_POWERED_S = 900.0
"""A train that turns back within this time keeps its auxiliaries on all the while (convention of the reference day)."""

TURNBACK_SHUT_DOWN_AFTER_S = 180.0
"""A train that stands longer is shut down after this time (convention of the reference day)."""

TOLERATED_LATENESS_S = 5.0
"""Lateness that an ATO leaves to the next dwells before it runs faster. Assumed: it ignores small deviations."""


@dataclass(frozen=True)
class OperatingRules:
    """Rules of operation of one line; times in s, stations by identifier.

    `minimum_headway_s` separates two departures at one place in one direction. `minimum_dwell_s` is what a late train
    cannot go below, `minimum_turnback_s` separates arrival and departure of one vehicle at a terminal.
    """

    minimum_headway_s: float
    minimum_dwell_s: Mapping[str, float]
    minimum_turnback_s: Mapping[str, float]
    noise: DwellNoise
    tolerated_lateness_s: float = TOLERATED_LATENESS_S

    def __post_init__(self) -> None:
        if not self.minimum_headway_s >= 0.0:
            raise ValueError(f"minimum_headway_s(={self.minimum_headway_s}) must be >= 0")
