"""Objective weights: the weight of a joule at each second, from the price by time of use and multipliers of peaks.

A demand charge and a limit of the 15-minute peak both depend on means over a quarter of an hour. The search weights
single seconds. Between two passes over the day, the weights of the seconds of a peak therefore increase (Lagrange
multipliers).
"""

from dataclasses import dataclass, field
from math import ceil

import numpy as np

from dispatch.timing.day_state import Day
from energy_models.account.peaks import QUARTER_HOUR_S, clock_means_w, clock_windows, sliding_means
from energy_models.arrays import FloatArray
from energy_models.faults import Infeasible
from scenarios.costs.tariff import JOULES_PER_KWH, price_per_kwh
from scenarios.schema.tariff import Tariff

PEAK_INTERVAL_S = int(QUARTER_HOUR_S)
LATEST_S = 60 * 3600
NEAR_SHARE = 0.01
"""Intervals within about this share of the highest demand share the multiplier of the charge."""
GAIN = 60.0
"""Increase of the weight of a joule of the peak per relative excess of the peak over its limit, at each pass."""
EXTRA_PASSES = 12
MARGIN_SHARE = 0.03
"""The search aims so far below a limit, for what the judge's days and its two-track network may add (assumed: the
ladder differs by some 1 to 2 %; on the tutorial line the judge's days lie between the search's undisturbed and its
disturbed peak, 4 % above the one and 5 % below the other)."""


@dataclass(eq=False)
class ObjectiveWeights:
    """The worth of a joule: `by_second` over the seconds of the day (mean 1 over the service; None: always 1).

    `demand_j_per_w` is what one watt of the highest mean power over `demand_interval_s` by the clock is worth in joules
    of mean price; `limit_w` bounds the mean power over any 15 minutes. `peak_multiplier` builds up from pass to pass;
    `peak_w` is the peak of the day that was looked at last, `quiet_w` that of the best day when nothing disturbs it.
    """

    by_second: FloatArray | None = None
    demand_j_per_w: float = 0.0
    demand_interval_s: int = 900
    limit_w: float | None = None
    peak_multiplier: FloatArray = field(default_factory=lambda: np.zeros(0))
    peak_w: float = 0.0
    quiet_w: float = 0.0

    @property
    def extra_passes(self) -> int:
        """Largest number of further passes while the peak is above the limit with its margin."""
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
                f"the search found no plan with a 15-minute peak below {limit_kw:.0f} kW: the lowest peak that the "
                f"search reached is {least_kw:.0f} kW on a day without disturbances, {least_kw - limit_kw:.0f} kW more",
                f"a plan exists with a limit of {safe_kw} kW, including disturbances and a margin of "
                f"{MARGIN_SHARE:.0%}; wider departure windows or longer headways reduce the peak further",
            ]
        )

    @property
    def is_plain(self) -> bool:
        """True if all joules have the same weight for every result of the search."""
        return self.by_second is None and self.demand_j_per_w == 0.0 and self.limit_w is None

    def raise_multipliers(self, day: Day) -> None:
        """Set the weights of the seconds of the day before a pass, with larger multipliers for excess peaks."""
        if self.is_plain:
            return
        horizon = len(day.exact.weight)
        weight = np.ones(horizon)
        if self.by_second is not None:
            at = np.clip(np.arange(horizon) + day.start_s, 0, len(self.by_second) - 1)
            weight = self.by_second[at].copy()
        power = day.exact.power_w.mean(axis=0)
        if self.demand_j_per_w > 0.0:
            _, window = clock_windows(horizon, day.start_s, 1.0, self.demand_interval_s)
            means = clock_means_w(power, day.start_s, 1.0, self.demand_interval_s)
            near = np.exp((means - means.max()) / (NEAR_SHARE * max(means.max(), 1.0)))
            weight += (self.demand_j_per_w / self.demand_interval_s * near / near.sum())[window]
        if self.limit_w is not None:
            if len(self.peak_multiplier) != horizon:
                self.peak_multiplier = np.zeros(horizon)
            target = (1.0 - MARGIN_SHARE) * self.limit_w
            over = np.maximum(sliding_means(power, PEAK_INTERVAL_S) - target, 0.0) / max(target, 1.0)
            self.peak_multiplier += GAIN * _covering_most(over, PEAK_INTERVAL_S)
            weight = weight + self.peak_multiplier
        day.exact.weight[:] = weight


def weights_of(tariff: Tariff | None, peak_limit_w: float | None) -> ObjectiveWeights:
    """The worth under a tariff (None: energy alone), with a limit on the 15-minute peak (None: none)."""
    if tariff is None:
        return ObjectiveWeights(limit_w=peak_limit_w)
    prices = price_per_kwh(tariff, np.arange(LATEST_S, dtype=np.float64))
    mean = float(prices[5 * 3600 : 24 * 3600].mean())
    if mean <= 0.0:
        # Energy that costs nothing on average has no scale of its own: the charge on demand is all there is.
        return ObjectiveWeights(limit_w=peak_limit_w)
    charge_per_w_day = tariff.demand_charge_per_kw_month / tariff.days_per_month / 1000.0
    return ObjectiveWeights(
        by_second=prices / mean,
        demand_j_per_w=charge_per_w_day / (mean / JOULES_PER_KWH),
        demand_interval_s=tariff.demand_interval_s,
        limit_w=peak_limit_w,
    )


def watts(kw: float | None) -> float | None:
    """Watts from kilowatts, if given."""
    return None if kw is None else 1e3 * kw


def highest_mean_w(day: Day) -> float:
    """The highest mean power over 15 minutes, mean over the noise samples: the 15-minute peak of the judge."""
    return float(np.mean([sliding_means(sample, PEAK_INTERVAL_S).max() for sample in day.exact.power_w]))


def _covering_most(of_windows: FloatArray, interval_s: int) -> FloatArray:
    """For each second the most that any window over it has; windows begin at each second."""
    from scipy.ndimage import maximum_filter1d  # noqa: PLC0415 - most plans need no filter, and it is slow to import

    until_the_last = np.concatenate((of_windows, np.zeros(interval_s - 1)))
    # The filter looks back: its last value is that of the window that begins at the second itself.
    most = maximum_filter1d(until_the_last, interval_s, mode="constant", cval=0.0, origin=(interval_s - 1) // 2)
    return np.asarray(most)
