"""Disturbances of the track: temporary speed limits, slippery rails, and the speed limit of a failed train."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.schema.base import Direction
from scenarios.schema.disturbances import Disturbances, SlipperyRails
from simulation.disturbances.draws import exponential_s, poisson, uniform

DAY_S = 86_400.0
PLACE_STEP_M = 100.0
"""Random speed limits begin at a multiple of this, so that many days share a driving profile (assumed)."""


@dataclass(frozen=True, order=True)
class Slow:
    """A speed limit over a stretch of the line, in m of chainage."""

    from_m: float
    to_m: float
    limit_m_s: float


@dataclass(frozen=True)
class DrivingLimits:
    """The temporary limits of one run; the value is also the key of the profiles for these limits."""

    slow: tuple[Slow, ...] = ()
    acceleration_m_s2: float = math.inf
    deceleration_m_s2: float = math.inf


NO_LIMITS = DrivingLimits()


@dataclass(frozen=True)
class LimitInForce:
    """A temporary speed limit from `from_s` until `to_s` of the day, for the given directions."""

    slow: Slow
    from_s: float
    to_s: float
    directions: tuple[Direction, ...]


def speed_limits_of_day(given: Disturbances, seed: int, start_m: float, end_m: float) -> tuple[LimitInForce, ...]:
    """All temporary limits of a day: those of the scenario, and the random ones on the line.

    The k-th random limit depends on the seed and k: a higher rate adds limits and keeps the others.
    """
    both: tuple[Direction, Direction] = ("up", "down")
    limits = [
        LimitInForce(
            Slow(row.from_m, row.to_m, row.limit_kmh / 3.6),
            float(row.from_s),
            float(row.to_s),
            both if row.direction == "both" else (row.direction,),
        )
        for row in given.speed_limits
    ]
    chance = given.random_speed_limits
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


def slippery_of_day(given: Disturbances, seed: int) -> tuple[SlipperyRails, ...]:
    """The times with slippery rails on this day."""
    rows = given.weather.slippery if given.weather is not None else ()
    return tuple(row for k, row in enumerate(rows) if uniform("slippery", seed, k) < row.share_of_days)


def limits_for(
    limits: Sequence[LimitInForce],
    slippery: Sequence[SlipperyRails],
    direction: Direction,
    reach_m: tuple[float, float],
    departs_s: float,
    failed_limit_m_s: float = math.inf,
) -> DrivingLimits:
    """The temporary limits of a run with a departure time and the chainages `reach_m` (low, high).

    A limit holds for the whole run if the run departs while the limit is in force. `failed_limit_m_s` is the maximum
    speed of a failed train.
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
