"""The live line: messages in, state, advice and alarms out. A pure core: time is an argument, it touches no file.

Seconds are settled in order: the power of a second is computed `lag_s` after it, when its messages have arrived.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from api.live.advising import Advising, LiveAdvice
from api.live.alarms import Alarm, AlarmList
from api.live.conditions import Feed, as_planned, conditions
from api.live.drift import VehicleDrift
from api.live.energy import EnergyAccount
from api.live.live_plan import LivePlan
from api.live.messages import ClockReading, Message, MeterReading, TrainEvent, VehicleRecord
from api.live.power import LineSupply, TrainPower, train_power
from api.live.tracker import PassedStation, Tracker
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.regulator import Regulator

LAG_S = 2
MOST_SECONDS = 900
"""A longer gap is left out of the energy account: the trains of that time are not known."""
EVENTS_PERIOD_S, RECORDS_PERIOD_S, METERS_PERIOD_S = 120.0, 10.0, 10.0
COMPARED_S = 300
OLD_NEWS_S = 60.0
"""An older event gives no advice any more: the train has left meanwhile, or the advice would come too late."""
OUT_AFTER_S = 30
LEAST_FEEDING_KW = 50.0
"""A meter at zero shows an outage only if the substation fed more than this before."""
FORGET_EVERY_S = 60


@dataclass(frozen=True)
class SettledSecond:
    """What history keeps of a second: power of the line and of each substation in kW, and the saving in kWh."""

    time_s: int
    power_kw: float
    substation_kw: tuple[float, ...]
    saving_kwh: float | None


@dataclass
class Outcome:
    """What a step gave: seconds, passed stations, and changes of advice and alarms."""

    seconds: list[SettledSecond] = field(default_factory=list)
    passed: list[PassedStation] = field(default_factory=list)
    advice: list[LiveAdvice] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)


class LiveLine:
    """One line in operation."""

    def __init__(
        self, plan: LivePlan, regulator: Regulator | None, controller: ControllerName, *, lag_s: int = LAG_S
    ) -> None:
        self.plan = plan
        self.tracker = Tracker(plan)
        self.supply = LineSupply(plan)
        self.account = EnergyAccount(plan, self.supply.names)
        self.advising = Advising(plan, regulator, controller)
        self.alarms = AlarmList()
        self.drift = VehicleDrift()
        self.meters_kw: dict[str, float] = {}
        self.train_kw: dict[str, float] = {}
        self.out: set[str] = set()
        self.newest_s: dict[str, float | None] = {
            "train events": None,
            "vehicle telemetry": None,
            "substation meters": None,
        }
        self._periods_s = {
            "train events": EVENTS_PERIOD_S, "vehicle telemetry": RECORDS_PERIOD_S,
            "substation meters": METERS_PERIOD_S,
        }  # fmt: skip
        self.lag_s = lag_s
        self.settled_s: int | None = None
        self.now_s = 0.0
        self._compared: deque[tuple[int, np.ndarray, np.ndarray]] = deque(maxlen=COMPARED_S)
        self._metered: dict[int, Mapping[str, float]] = {}
        self._zero_s: dict[str, int] = {}
        self._last_forget_s = self._looked_s = -math.inf

    def apply(self, message: Message, now_s: float, outcome: Outcome) -> None:
        """Take one message.

        The seconds before it are settled first: where many messages arrive at once, the trains of these seconds would
        be forgotten.
        """
        if self.settled_s is not None and not isinstance(message, ClockReading):
            self._settle(math.floor(min(message.time_s, now_s)) - self.lag_s, outcome)
        match message:
            case TrainEvent():
                self._newest("train events", message.time_s, now_s)
                passed = self.tracker.apply_event(message, now_s)
                if passed is not None:
                    outcome.passed.append(passed)
                belief = self.tracker.trains.get(message.train_id)
                if belief is None or (belief.event, belief.at_s) != (message.kind, message.time_s):
                    return
                if message.kind == "departed":
                    self.advising.departed(belief)
                elif now_s - message.time_s <= OLD_NEWS_S and not self._is_stale("train events", now_s):
                    self.advising.consider(self.tracker, belief, now_s)
            case VehicleRecord():
                self._newest("vehicle telemetry", message.time_s, now_s)
                self.tracker.apply_record(message, now_s)
                if message.train_id in self.tracker.trains:
                    self.drift.recorded(message)
            case MeterReading():
                self._newest("substation meters", message.time_s, now_s)
                known_kw = {name: kw for name, kw in message.power_kw.items() if name in self.supply.names}
                self.meters_kw.update(known_kw)
                self._metered[round(message.time_s)] = known_kw
            case ClockReading():
                pass

    def step(self, now_s: float, outcome: Outcome | None = None) -> Outcome:
        """Bring the line to the moment `now_s`: settle seconds, advise at terminals, end advice, look for alarms."""
        found = outcome or Outcome()
        if now_s < self.now_s - 60.0:
            self._restart_clock(now_s)
        self.now_s = max(self.now_s, now_s)
        self._settle(math.floor(self.now_s) - self.lag_s, found)
        if not self._is_stale("train events", now_s):
            self.advising.consider_terminals(self.tracker, now_s)
            self.advising.reconsider(self.tracker, now_s)
        self.advising.expire(now_s)
        found.advice.extend(self.advising.take_changes())
        if now_s - self._looked_s >= 1.0:
            self._looked_s = now_s
            found.alarms.extend(self.alarms.update(self._conditions(now_s), now_s))
        if now_s - self._last_forget_s >= FORGET_EVERY_S:
            self._last_forget_s = now_s
            self.tracker.forget(now_s)
            for second in [one for one in self._metered if one < now_s - COMPARED_S]:
                del self._metered[second]
        return found

    def feeds(self) -> tuple[Feed, ...]:
        """The feeds of the line; one that never sent anything is expected only if it is that of train events."""
        periods = self._periods_s
        runs = self.plan.starts_s <= self.now_s <= self.plan.ends_s
        return tuple(
            Feed(name, newest_s, periods[name], runs and (newest_s is not None or name == "train events"))
            for name, newest_s in self.newest_s.items()
        )

    def slow_feeds(self, every_s: float) -> None:
        """Expect events and records as seldom as a feed is polled that is fetched each `every_s`."""
        for name in ("train events", "vehicle telemetry"):
            self._periods_s[name] = max(self._periods_s[name], 3.0 * every_s)

    def _newest(self, feed: str, time_s: float, now_s: float) -> None:
        newest_s = self.newest_s[feed]
        self.newest_s[feed] = min(max(time_s, newest_s if newest_s is not None else time_s), now_s)

    def _is_stale(self, name: str, now_s: float) -> bool:
        return any(feed.name == name and feed.is_stale(now_s) for feed in self.feeds())

    def _restart_clock(self, now_s: float) -> None:
        """The clock of the line has gone back by more than a minute: a new day, or a virtual line that began again."""
        self.tracker = Tracker(self.plan)
        self.account = EnergyAccount(self.plan, self.supply.names)
        self.advising.advice.clear()
        self.alarms = AlarmList()
        self.drift = VehicleDrift()
        self.settled_s, self.now_s = None, now_s
        self.newest_s = dict.fromkeys(self.newest_s)
        self._metered.clear()
        self._compared.clear()
        self._last_forget_s = self._looked_s = -math.inf

    def _settle(self, until_s: int, outcome: Outcome) -> None:
        """Compute the power of all seconds up to `until_s` that are not settled yet."""
        if self.settled_s is None:
            self.settled_s = until_s
            return
        if until_s - self.settled_s > MOST_SECONDS:
            self.settled_s = until_s - MOST_SECONDS
            self.account.skip_to(self.settled_s)
        times = range(self.settled_s + 1, until_s + 1)
        if not times or not self.tracker.trains:
            self.settled_s = max(self.settled_s, until_s)
            return
        trains = [self._trains_at(time_s) for time_s in times]
        power = self.supply.solve(times, trains, frozenset(self.out))
        for t, time_s in enumerate(times):
            self._compare(time_s, power.substation_kw[t])
        self.account.add(power)
        saving_kwh = self.account.saving_kwh()
        self.train_kw = {one.train_id: (one.power_w + one.auxiliary_w) / 1e3 for one in trains[-1]}
        outcome.seconds.extend(
            SettledSecond(time_s, float(power.power_kw[t]), tuple(power.substation_kw[t].tolist()), saving_kwh)
            for t, time_s in enumerate(times)
        )
        self.settled_s = until_s

    def _trains_at(self, time_s: int) -> list[TrainPower]:
        found = []
        for belief in self.tracker.trains.values():
            if belief.at_s > time_s and belief.run is None:
                continue
            one = train_power(self.plan, belief, self.tracker.following(belief), time_s)
            if one is not None:
                found.append(one)
                self.drift.modelled(one.train_id, time_s, one.power_w, one.auxiliary_w)
        return found

    def _compare(self, time_s: int, model_kw: np.ndarray) -> None:
        """Hold the model against the meters of the second; a meter at zero for long is a substation that is out."""
        meters = self._metered.get(time_s)
        if meters is None:
            return
        row = np.array([meters.get(name, np.nan) for name in self.supply.names])
        self._compared.append((time_s, model_kw, row))
        for name, kw in meters.items():
            if kw != 0.0:
                self._zero_s.pop(name, None)
                self.out.discard(name)
            elif time_s - self._zero_s.setdefault(name, time_s) >= OUT_AFTER_S and self._used_to_feed(name):
                self.out.add(name)

    def _used_to_feed(self, name: str) -> bool:
        mean_kw = self.account.substation_mean_15min_kw
        return name in self.supply.names and float(mean_kw[self.supply.names.index(name)]) > LEAST_FEEDING_KW

    def metered_means_kw(self) -> dict[str, tuple[float, float]]:
        """Means of model and meter in kW by substation over up to 5 minutes; empty with too few readings."""
        if len(self._compared) < COMPARED_S // 2:
            return {}
        model = np.array([one for _, one, _ in self._compared])
        meter = np.array([one for _, _, one in self._compared])
        found = {}
        for column, name in enumerate(self.supply.names):
            read = ~np.isnan(meter[:, column])
            if read.any():
                found[name] = float(model[read, column].mean()), float(meter[read, column].mean())
        return found

    def _conditions(self, now_s: float) -> Any:
        found = conditions(
            self.plan, self.tracker, self.account, self.feeds(), self.metered_means_kw(), self.drift.drifting(), now_s
        )
        return as_planned(found, self.plan, now_s)
