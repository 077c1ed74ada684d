"""Turnbacks and depots: when a vehicle comes out for its duty, and when it is ready for its next trip."""

import math
from typing import Protocol

from simulation.journeys import Duty, Journey
from simulation.rules import OperatingRules


class VehicleEvents(Protocol):
    """Says what befalls a vehicle apart from its runs: late pull-outs."""

    def pull_out_s(self, duty: Duty) -> float:
        """When the vehicle is ready at the first station of its duty, on the day's clock; -inf where in good time."""
        ...


class AlwaysReady:
    """Every vehicle comes out of its depot in good time."""

    def pull_out_s(self, duty: Duty) -> float:  # noqa: ARG002
        """No vehicle is late."""
        return -math.inf


def ready_after_s(rules: OperatingRules, journey: Journey) -> float:
    """When the vehicle of a finished journey can leave again: the minimum turnback after its arrival."""
    return journey.arrival_s[-1] + rules.minimum_turnback_s.get(journey.trip.stations[-1], 0.0)
