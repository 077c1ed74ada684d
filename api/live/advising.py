"""Advice on a live line: when it is given, what becomes of it, and who answered it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from api.live.belief import TrainBelief
from api.live.live_plan import LivePlan
from api.live.tracker import Tracker
from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import ReadyTrain
from dispatch.regulation.interface.regulator import Regulator

Status = Literal["open", "acknowledged", "declined", "followed", "expired"]
AHEAD_S = 60.0
"""Advice for the first station of a trip is given this long before its departure."""
FOLLOWED_WITHIN_S = 5.0
"""A departure within this time of the advised one follows the advice."""
RECONSIDER_S = 5.0
"""A train that waits with a hold is advised again after this time."""
TOO_LATE_S = 4.0
"""A hold that ends within this time is not changed any more: the change would come too late."""
LEAST_CHANGE_S = 2.0
"""A change of the departure below this is not sent."""
SHOWN_S = 120.0
"""Ended advice is shown this long."""
LEAST_CONFIDENCE = 0.5
"""Below this share of known trains there is no advice."""


@dataclass(frozen=True)
class LiveAdvice:
    """Advice to one train for one departure, with its status and who answered it."""

    advice_id: str
    train_id: str
    trip_id: str
    stop: int
    station_id: str
    given_s: float
    planned_s: float
    advice: Advice
    status: Status = "open"
    by: str | None = None
    reason: str | None = None
    ended_s: float | None = None
    before: Advice | None = None

    @property
    def is_open(self) -> bool:
        """Whether the train may still follow it."""
        return self.status in ("open", "acknowledged")

    def row(self) -> dict[str, Any]:
        """The advice as the contract of the live line has it."""
        one = self.advice
        is_hold = one.departs_s > max(self.given_s, self.planned_s) + 0.5
        return {
            "advice_id": self.advice_id, "train_id": self.train_id, "trip_id": self.trip_id,
            "station_id": self.station_id, "stop": self.stop, "action": "hold" if is_hold else "running time",
            "hold_until_s": round(one.departs_s, 1) if is_hold else None, "running_time_s": one.running_time_s,
            "departs_s": round(one.departs_s, 1), "reason": one.reason, "saved_kwh": round(one.saves_kwh, 3),
            "delay_s": round(one.later_s, 1),
            "expires_s": round(one.expires_s, 1), "confidence": round(one.confidence, 3), "differs": one.is_change,
            "status": self.status, "by": self.by, "declined_because": self.reason,
        }  # fmt: skip


@dataclass
class Advising:
    """The advice of a line. Without a regulator, or while advising is off, there is none."""

    plan: LivePlan
    regulator: Regulator | None
    controller: ControllerName
    is_on: bool = True
    off_trains: set[str] = field(default_factory=set)
    advice: dict[str, LiveAdvice] = field(default_factory=dict)
    changed: list[LiveAdvice] = field(default_factory=list)
    silent_because: str | None = None
    followed: int = 0
    given: int = 0
    followed_kwh: float = 0.0
    _considered_s: dict[str, float] = field(default_factory=dict)

    def consider(self, tracker: Tracker, belief: TrainBelief, now_s: float) -> None:
        """Advise a train that has arrived or is about to close its doors."""
        if belief.is_at_end or belief.event == "departed":
            return
        self._advise(tracker, belief, belief.trip, belief.stop, now_s)

    def consider_terminals(self, tracker: Tracker, now_s: float) -> None:
        """Advise trains at terminals whose next trip begins soon."""
        for belief in list(tracker.trains.values()):
            following = tracker.following(belief) if belief.is_at_end else None
            if following is None or f"{following.trip_id}.0" in self.advice:
                continue
            if now_s >= max(following.start_s, belief.at_s + self.plan.turnback_s(belief.trip)) - AHEAD_S:
                self._advise(tracker, belief, following, 0, now_s)

    def reconsider(self, tracker: Tracker, now_s: float) -> None:
        """Advise trains again that wait with a hold: the other trains have moved meanwhile."""
        for known in [one for one in self.advice.values() if one.is_open]:
            left_s = known.advice.departs_s - now_s
            due_s = self._considered_s.get(known.advice_id, known.given_s) + RECONSIDER_S
            if known.advice.review_s is not None:
                due_s = min(due_s, known.advice.review_s)
            belief = tracker.trains.get(known.train_id)
            if belief is None or now_s < due_s or left_s <= TOO_LATE_S:
                continue
            is_at_stop = belief.event != "departed" and (belief.trip.trip_id, belief.stop) == (
                known.trip_id,
                known.stop,
            )
            following = tracker.following(belief) if belief.is_at_end else None
            is_at_terminal = following is not None and known.stop == 0 and following.trip_id == known.trip_id
            if is_at_stop or is_at_terminal:
                self._advise(tracker, belief, self.plan.trips[known.trip_id], known.stop, now_s)

    def departed(self, belief: TrainBelief) -> None:
        """Compare a departure with the advice for it."""
        advice_id = f"{belief.trip.trip_id}.{belief.stop}"
        known = self.advice.get(advice_id)
        if known is None or not known.is_open or belief.run is None:
            return
        run_s = belief.run.running_time_s
        # The advice may have changed at the closing of the doors, after the train had the one before.
        versions = [one for one in (known.advice, known.before) if one is not None]
        followed = [
            one
            for one in versions
            if abs(belief.at_s - one.departs_s) <= FOLLOWED_WITHIN_S and abs(run_s - one.running_time_s) <= 1
        ]
        is_followed = bool(followed)
        if is_followed:
            self.followed += 1
            self.followed_kwh += followed[0].saves_kwh
        self._put(replace(known, status="followed" if is_followed else "expired", ended_s=belief.at_s))

    def expire(self, now_s: float) -> None:
        """End advice that is void, and forget advice that ended a while ago."""
        for known in list(self.advice.values()):
            if known.is_open and now_s > known.advice.expires_s:
                self._put(replace(known, status="expired", ended_s=now_s))
            elif known.ended_s is not None and now_s > known.ended_s + SHOWN_S:
                del self.advice[known.advice_id]
                self._considered_s.pop(known.advice_id, None)

    def answer(self, advice_id: str, answer: str, reason: str | None, by: str, now_s: float) -> bool:
        """Acknowledge or decline advice; False if it is not open any more."""
        known = self.advice.get(advice_id)
        if known is None or not known.is_open or answer not in ("acknowledged", "declined"):
            return False
        if answer == "declined":
            self._put(replace(known, status="declined", by=by, reason=reason, ended_s=now_s))
        else:
            self._put(replace(known, status="acknowledged", by=by, reason=reason))
        return True

    def switch(self, is_on: bool, train_id: str | None, now_s: float) -> None:
        """Stop or resume advising for a train, or for the line."""
        if train_id is None:
            self.is_on = is_on
        elif is_on:
            self.off_trains.discard(train_id)
        else:
            self.off_trains.add(train_id)
        for known in list(self.advice.values()):
            if known.is_open and not self._advises(known.train_id):
                self._put(replace(known, status="expired", ended_s=now_s))

    def take_changes(self) -> list[LiveAdvice]:
        """The advice that is new or has changed since the last call."""
        found, self.changed = self.changed, []
        return found

    def advised(self) -> Mapping[str, Advice]:
        """The last advice to each train that it may still follow, for the forecast of the regulator."""
        found = {}
        for one in self.advice.values():
            if one.is_open:
                trip = self.plan.trips[one.trip_id]
                found[trip.vehicle or trip.trip_id] = one.advice
        return found

    def _advises(self, train_id: str) -> bool:
        return self.is_on and train_id not in self.off_trains

    def _advise(self, tracker: Tracker, belief: TrainBelief, trip: Trip, stop: int, now_s: float) -> None:
        if self.regulator is None or not self._advises(belief.train_id):
            return
        advice_id = f"{trip.trip_id}.{stop}"
        known = self.advice.get(advice_id)
        if known is not None and not known.is_open:
            return
        self._considered_s[advice_id] = now_s
        question = self._question(tracker, belief, trip, stop, now_s)
        advice = self.regulator.advise(question, tracker.line_state(now_s, self.advised()))
        if advice.confidence < LEAST_CONFIDENCE:
            self.silent_because = f"the state of only {advice.confidence:.0%} of the trains is known"
            return
        self.silent_because = None
        if known is None and not advice.is_change:
            return
        if known is not None and _is_near(known.advice, advice, now_s):
            return
        self.given += known is None
        self._put(
            LiveAdvice(
                advice_id, belief.train_id, trip.trip_id, stop, trip.stations[stop], now_s,
                float(trip.departure_s[stop]), advice, known.status if known else "open", known.by if known else None,
                before=known.advice if known else None,
            )
        )  # fmt: skip

    def _question(self, tracker: Tracker, belief: TrainBelief, trip: Trip, stop: int, now_s: float) -> ReadyTrain:
        planned_s = float(trip.departure_s[stop])
        if belief.event == "ready" and belief.trip.trip_id == trip.trip_id:
            ready_s = now_s
        elif stop == 0:
            ready_s = max(planned_s, belief.at_s + self.plan.turnback_s(belief.trip), now_s)
        else:
            keeps_dwell = self.plan.scenario.disturbances.dwell_noise_accumulates
            dwell_s = float(trip.dwell_s(stop))
            least_s = dwell_s if keeps_dwell else min(dwell_s, self.plan.minimum_dwell_s[trip.stations[stop]])
            ready_s = max(belief.at_s + least_s, now_s)
            if not keeps_dwell:
                ready_s = max(ready_s, planned_s)
        passengers = trip.passengers[stop]
        shortest_s = self.plan.shortest_s(trip, stop, passengers)
        before, after = tracker.neighbours(trip, stop)
        station = self.plan.first_section(trip) + stop
        return ReadyTrain(
            trip, stop, station, ready_s, before, after, passengers, max(trip.running_time_s(stop), shortest_s),
            shortest_s,
        )  # fmt: skip

    def _put(self, advice: LiveAdvice) -> None:
        self.advice[advice.advice_id] = advice
        self.changed.append(advice)


def _is_near(known: Advice, advice: Advice, now_s: float) -> bool:
    """Whether new advice is worth no new message: both let the train leave at nearly the same time."""
    departs_s = max(known.departs_s, now_s), max(advice.departs_s, now_s)
    return abs(departs_s[0] - departs_s[1]) < LEAST_CHANGE_S and known.running_time_s == advice.running_time_s
