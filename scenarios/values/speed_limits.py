"""The speed limits of the line, from stretches by chainage or from limits of whole sections."""

from itertools import pairwise

from scenarios.schema.line import SpeedLimit
from scenarios.schema.scenario import Scenario


def speed_limits(scenario: Scenario) -> tuple[SpeedLimit, ...]:
    """The stretches of `track.speed_limits`; without them, one stretch for each section and direction."""
    if scenario.track.speed_limits:
        return scenario.track.speed_limits
    found = []
    for (here, there), section in zip(pairwise(scenario.stations), scenario.track.sections, strict=True):
        up_kmh = section.limit_kmh
        down_kmh = up_kmh if section.limit_down_kmh is None else section.limit_down_kmh
        for direction, limit_kmh in (("up", up_kmh), ("down", down_kmh)):
            if limit_kmh is not None:
                ends = {"from_m": here.chainage_m, "to_m": there.chainage_m}
                found.append(SpeedLimit.model_validate({**ends, "limit_kmh": limit_kmh, "direction": direction}))
    return tuple(found)
