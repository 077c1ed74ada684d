"""What slows trains on the track: temporary speed limits, slippery rails, and a failed train's own limit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.timetable import Direction
from scenarios.schema.disturbances import Disturbances, SlipperyRails
from simulation.disturbances.draws import exponential_s, poisson, uniform

DAY_S = 86_400.0
PLACE_STEP_M = 100.0
"""Speed limits that come by chance begin at a multiple of this: one profile then serves many days (assumed)."""


@dataclass(frozen=True, order=True)
class Slow:
    """A speed limit over a stretch of the line, in m of chainage."""

    from_m: float
    to_m: float
    limit_m_s: float


@dataclass(frozen=True)
class DrivingLimits:
    """What holds for one run beside the track's own limits; as a whole, the key of the profiles made for it."""

    slow: tuple[Slow, ...] = ()
    acceleration_m_s2: float = math.inf
    deceleration_m_s2: float = math.inf


NO_LIMITS = DrivingLimits()


@dataclass(frozen=True)
class LimitInForce:
    """A temporary speed limit from `from_s` until `to_s` of the day's clock, for the directions named."""

    slow: Slow
    from_s: float
    to_s: float
    directions: tuple[Direction, ...]


def speed_limits_of_day(told: Disturbances, seed: int, start_m: float, end_m: float) -> tuple[LimitInForce, ...]:
    """All temporary limits of a day: those that are told, and those that come by chance on the line's stretch.

    The k-th limit by chance belongs to the seed and k: a higher rate adds limits and leaves those that there were.
    """
    both: tuple[Direction, Direction] = ("up", "down")
    limits = [
        LimitInForce(
            Slow(row.from_m, row.to_m, row.limit_kmh / 3.6),
            float(row.from_s),
            float(row.to_s),
            both if row.direction == "both" else (row.direction,),
        )
        for row in told.speed_limits
    ]
    chance = told.random_speed_limits
    if chance is not None:
        for k in range(poisson(uniform("limits", seed), chance.per_day)):
            room_m = max(0.0, end_m - start_m - chance.length_m)
            begin_m = start_m + PLACE_STEP_M * round(uniform("limit at", seed, k) * room_m / PLACE_STEP_M)
            from_s = uniform("limit from", seed, k) * DAY_S
            lasts_s = exponential_s(uniform("limit lasts", seed, k), chance.mean_s)
            direction = both[int(uniform("limit track", seed, k) >= 0.5)]
            slow = Slow(begin_m, begin_m + chance.length_m, chance.limit_kmh / 3.6)
            limits.append(LimitInForce(slow, from_s, from_s + lasts_s, (direction,)))
    return tuple(limits)


def slippery_of_day(told: Disturbances, seed: int) -> tuple[SlipperyRails, ...]:
    """The hours with slippery rails that this day really has."""
    rows = told.weather.slippery if told.weather is not None else ()
    return tuple(row for k, row in enumerate(rows) if uniform("slippery", seed, k) < row.share_of_days)


def limits_for(
    limits: Sequence[LimitInForce],
    slippery: Sequence[SlipperyRails],
    direction: Direction,
    reach_m: tuple[float, float],
    departs_s: float,
    failed_limit_m_s: float = math.inf,
) -> DrivingLimits:
    """What holds for a run that departs at a time and touches the chainages `reach_m` (low, high).

    A limit holds for the whole of a run that departs while it is in force. `failed_limit_m_s` is what a failed train
    does not pass anywhere.
    """
    low_m, high_m = reach_m
    slow = [
        item.slow
        for item in limits
        if direction in item.directions
        and item.from_s <= departs_s < item.to_s
        and item.slow.to_m > low_m
        and item.slow.from_m < high_m
    ]
    if math.isfinite(failed_limit_m_s):
        slow.append(Slow(-math.inf, math.inf, failed_limit_m_s))
    holding = [row for row in slippery if row.from_s <= departs_s < row.to_s]
    return DrivingLimits(
        tuple(sorted(slow)),
        min((row.maximum_acceleration_m_s2 for row in holding), default=math.inf),
        min((row.maximum_deceleration_m_s2 for row in holding), default=math.inf),
    )
