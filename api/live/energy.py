"""The energy account of a live line: drawn, braking energy used and burnt, means over 15 minutes, modelled saving."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from api.live.live_plan import LivePlan
from api.live.power import LinePower
from energy_models.account.energy import J_PER_KWH
from energy_models.arrays import FloatArray

QUARTER_S = 900


def energy_kwh(power_kw: float, seconds: float) -> float:
    """The energy of a power over some seconds."""
    return power_kw * 1e3 * seconds / J_PER_KWH


@dataclass
class SlidingMean:
    """The means of some series over the last 15 minutes, with a value for each second."""

    columns: int
    values: FloatArray = field(init=False)
    total: FloatArray = field(init=False)
    filled: int = 0

    def __post_init__(self) -> None:
        self.values = np.zeros((QUARTER_S, self.columns))
        self.total = np.zeros(self.columns)

    def add(self, row: FloatArray) -> None:
        """Add the values of the next second."""
        at = self.filled % QUARTER_S
        self.total += row - self.values[at]
        self.values[at] = row
        self.filled += 1

    @property
    def mean(self) -> FloatArray:
        """The mean over the last 15 minutes, or since the begin."""
        return self.total / max(1, min(self.filled, QUARTER_S))

    def last(self, seconds: int) -> FloatArray:
        """The mean over the last seconds."""
        count = max(1, min(seconds, self.filled, QUARTER_S))
        at = [(self.filled - 1 - k) % QUARTER_S for k in range(count)]
        return np.asarray(self.values[at].mean(axis=0))


class EnergyAccount:
    """The energy since the account began, by the model of the line."""

    def __init__(self, plan: LivePlan, substations: Sequence[str]) -> None:
        self._plan = plan
        self.substations = tuple(substations)
        self.began_s: int | None = None
        self.until_s: int | None = None
        self.energy_kwh = self.braking_used_kwh = self.braking_burnt_kwh = 0.0
        self.substation_kwh = np.zeros(len(self.substations))
        self.newest: LinePower | None = None
        self._mean = SlidingMean(1 + len(self.substations))
        self._interval_kwh = 0.0

    def add(self, power: LinePower) -> None:
        """Add some seconds, in order; seconds that the account has already are left out."""
        for t, time_s in enumerate(power.times_s):
            if self.until_s is not None and time_s <= self.until_s:
                continue
            if self.began_s is None:
                self.began_s = time_s - 1
            if time_s % QUARTER_S == 1:
                self._interval_kwh = 0.0
            self.until_s = time_s
            self.energy_kwh += energy_kwh(float(power.power_kw[t]), 1.0)
            self._interval_kwh += energy_kwh(float(power.power_kw[t]), 1.0)
            self.braking_used_kwh += energy_kwh(float(power.braking_used_kw[t]), 1.0)
            self.braking_burnt_kwh += energy_kwh(float(power.braking_burnt_kw[t]), 1.0)
            self.substation_kwh += power.substation_kw[t] * energy_kwh(1.0, 1.0)
            self._mean.add(np.concatenate(([power.power_kw[t]], power.substation_kw[t])))
        self.newest = power

    def skip_to(self, time_s: int) -> None:
        """Leave out the seconds until a time: there is no knowledge of them (a gap longer than the hub computes)."""
        if self.began_s is not None and self.until_s is not None:
            self.began_s += max(0, time_s - self.until_s)
            self.until_s = max(self.until_s, time_s)

    @property
    def mean_15min_kw(self) -> float:
        """Mean power of the line over the last 15 minutes."""
        return float(self._mean.mean[0])

    @property
    def substation_mean_15min_kw(self) -> FloatArray:
        """Mean power of each substation over the last 15 minutes."""
        return np.asarray(self._mean.mean[1:])

    def planned_kwh(self) -> float:
        """What the timetable draws as planned over the time of the account."""
        return self._between(self._plan.planned_kwh)

    def baseline_kwh(self) -> float | None:
        """What today's timetable draws as planned over the time of the account; None on a line that runs it."""
        baseline_kwh = self._plan.baseline_kwh
        return None if baseline_kwh is None else self._between(baseline_kwh)

    def saving_kwh(self) -> float | None:
        """The modelled saving against today's timetable as planned."""
        baseline_kwh = self.baseline_kwh()
        return None if baseline_kwh is None else baseline_kwh - self.energy_kwh

    def minutes_left(self) -> float | None:
        """Minutes until the energy of the present quarter of an hour reaches that of the contract, at the power of the
        last two minutes; None if it does not reach it, or without a contract."""
        contract_kw, now_s = self._plan.contract_kw, self.until_s
        if contract_kw is None or now_s is None:
            return None
        left_s = QUARTER_S - now_s % QUARTER_S if now_s % QUARTER_S else 0
        power_kw = float(self._mean.last(120)[0])
        room_kwh = energy_kwh(contract_kw, QUARTER_S) - self._interval_kwh
        if power_kw <= 0.0 or room_kwh >= energy_kwh(power_kw, left_s):
            return None
        return max(0.0, room_kwh / power_kw * 60.0)

    def _between(self, by_second_kwh: FloatArray) -> float:
        if self.began_s is None or self.until_s is None:
            return 0.0
        last = len(by_second_kwh) - 1
        return float(by_second_kwh[min(self.until_s, last)] - by_second_kwh[min(self.began_s, last)])

    def state(self) -> dict[str, object]:
        """What a restart needs."""
        return {
            "began_s": self.began_s, "until_s": self.until_s, "energy_kwh": self.energy_kwh,
            "braking_used_kwh": self.braking_used_kwh, "braking_burnt_kwh": self.braking_burnt_kwh,
            "interval_kwh": self._interval_kwh, "substation_kwh": self.substation_kwh.tolist(),
            "mean": self._mean.values.tolist(), "filled": self._mean.filled,
        }  # fmt: skip

    def restore(self, state: dict[str, object]) -> None:
        """Continue an account."""
        for name in ("began_s", "until_s", "energy_kwh", "braking_used_kwh", "braking_burnt_kwh"):
            setattr(self, name, state[name])
        self._interval_kwh = float(state["interval_kwh"])  # type: ignore[arg-type]
        self.substation_kwh = np.array(state["substation_kwh"], dtype=np.float64)
        self._mean.values = np.array(state["mean"], dtype=np.float64)
        self._mean.total = self._mean.values.sum(axis=0)
        self._mean.filled = int(state["filled"])  # type: ignore[call-overload]
