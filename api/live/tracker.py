"""The trains of a line: events and records become beliefs, reconciled with the plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from api.live.belief import BelievedRun, TrainBelief, scheduled_s
from api.live.live_plan import LivePlan
from api.live.messages import TrainEvent, VehicleRecord
from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import LineState, Neighbour, TrainState

FUTURE_S = 10.0
"""A message may be this far ahead of the clock of the line; clocks of recorders differ."""
NEAR_S = 1800.0
"""An event belongs to a trip whose scheduled time is at most this far away."""
KEPT_S = 7200.0
"""Times of departures are kept this long."""
MOST_UNKNOWN = 100
"""Trains that the plan does not have; a source with changing names must not fill the memory."""
OVERDUE_S = 180.0
"""A train without news this long after its next event was due is missing."""


@dataclass(frozen=True)
class PassedStation:
    """An arrival or departure of a train, for history: station by its index in order of chainage."""

    train_id: str
    trip_id: str
    station: int
    kind: str
    time_s: float


class Tracker:
    """The beliefs of all trains. Time is an argument of every method that needs it."""

    def __init__(self, plan: LivePlan) -> None:
        self.plan = plan
        self.trains: dict[str, TrainBelief] = {}
        self.departures_s: dict[tuple[str, int], float] = {}
        self.refused: Counter[str] = Counter()
        self._calls = _calls_by_station(plan)
        self._planned_train = {trip.trip_id: name for name, duty in plan.duties.items() for trip in duty}

    def apply_event(self, event: TrainEvent, now_s: float) -> PassedStation | None:
        """Take an event; the passed station if the event is new, None if it is a duplicate or cannot be placed."""
        placed = self._placed(event, now_s)
        if placed is None:
            return None
        trip, stop = placed
        known = self.trains.get(event.train_id)
        is_repeated = event.kind == "departed" and self.departures_s.get((trip.trip_id, stop)) is not None
        if event.kind == "departed" and not is_repeated:
            self.departures_s[trip.trip_id, stop] = event.time_s
        passed = None
        if event.kind != "ready" and not is_repeated:
            station = self.plan.station_index[event.station_id]
            passed = PassedStation(event.train_id, trip.trip_id, station, event.kind, event.time_s)
        if known is not None and not known.is_before(trip, stop, event.kind):
            self.refused["duplicate" if event.time_s <= known.at_s else "older than the last event"] += 1
            return passed if event.kind == "departed" and not is_repeated else None
        self.trains[event.train_id] = self._believed(known, event, trip, stop)
        return passed

    def apply_record(self, record: VehicleRecord, now_s: float) -> None:
        """Take a record of a recorder; a train without an event has no place on the line yet."""
        if record.time_s > now_s + FUTURE_S:
            self.refused["time in the future"] += 1
            return
        known = self.trains.get(record.train_id)
        if known is None:
            self.refused["record of a train without an event"] += 1
            return
        self.trains[record.train_id] = known.with_record(record)

    def forget(self, now_s: float) -> None:
        """Forget what is over, so that the memory stays flat over days."""
        over_s = now_s - KEPT_S
        for key in [key for key, time_s in self.departures_s.items() if time_s < over_s]:
            del self.departures_s[key]
        ended = [name for name, one in self.trains.items() if one.seen_s < over_s and self.following(one) is None]
        for name in ended:
            del self.trains[name]

    def following(self, belief: TrainBelief) -> Trip | None:
        """The next planned trip of a train."""
        return self.plan.next_trip.get(belief.trip.trip_id)

    def missing(self, now_s: float) -> Iterator[tuple[str, Trip]]:
        """Trains that have no news though their trip should have begun, with this trip."""
        for name, duty in self.plan.duties.items():
            if name in self.trains:
                continue
            for trip in duty:
                begins_s = trip.start_s + OVERDUE_S
                if begins_s < now_s < trip.end_s and (trip.trip_id, 0) not in self.departures_s:
                    yield name, trip
                    break

    def is_overdue(self, belief: TrainBelief, now_s: float) -> bool:
        """Whether a train has sent nothing since long after its next event was due."""
        due_s = belief.next_planned_s(self.following(belief))
        if due_s is None:
            return False
        due_s = max(due_s + belief.lateness_s, belief.at_s)
        return now_s > max(due_s, belief.seen_s) + OVERDUE_S

    def headway_s(self, trip_id: str, stop: int) -> tuple[float, float] | None:
        """The time since the train ahead left the stop at the last departure of a train, and the planned time."""
        while stop >= 0:
            own_s = self.departures_s.get((trip_id, stop))
            ahead = self.plan.ahead.get((trip_id, stop))
            ahead_s = None if ahead is None else self.departures_s.get(ahead)
            if own_s is not None and ahead is not None and ahead_s is not None:
                planned_s = self.plan.trips[trip_id].departure_s[stop]
                return own_s - ahead_s, float(planned_s - self.plan.trips[ahead[0]].departure_s[ahead[1]])
            stop -= 1
        return None

    def expected_headway_s(self, belief: TrainBelief, now_s: float) -> tuple[str, float, float] | None:
        """The next departure of a train: station, expected time behind the train ahead, and planned time.

        Each train keeps its present lateness; a train that stands or has no news becomes later with time. None without
        a train ahead, or if nothing is known of it.
        """
        trip, stop = belief.trip, belief.stop + (belief.event == "departed")
        if belief.is_at_end or stop >= len(trip.driving):
            return None
        ahead = self.plan.ahead.get((trip.trip_id, stop))
        if ahead is None:
            return None
        planned_s = float(trip.departure_s[stop])
        ahead_planned_s = float(self.plan.trips[ahead[0]].departure_s[ahead[1]])
        ahead_s = self.departures_s.get(ahead)
        if ahead_s is None:
            other = self.trains.get(self._planned_train.get(ahead[0], ""))
            if other is None or other.trip.trip_id != ahead[0]:
                return None
            ahead_s = ahead_planned_s + other.late_now_s(now_s, self.following(other))
        own_s = planned_s + belief.late_now_s(now_s, self.following(belief))
        return trip.stations[stop], own_s - ahead_s, planned_s - ahead_planned_s

    def neighbours(self, trip: Trip, stop: int) -> tuple[Neighbour | None, Neighbour | None]:
        """The trains ahead and behind at a stop, with their scheduled and their actual or expected departures."""
        found: list[Neighbour | None] = []
        for side in (self.plan.ahead, self.plan.behind):
            other = side.get((trip.trip_id, stop))
            if other is None:
                found.append(None)
                continue
            planned_s = float(self.plan.trips[other[0]].departure_s[other[1]])
            left_s = self.departures_s.get(other)
            found.append(
                Neighbour(other[0], planned_s, planned_s + self._lateness_s(other[0]) if left_s is None else left_s)
            )
        return found[0], found[1]

    def line_state(self, now_s: float, advised: Mapping[str, Advice]) -> LineState:
        """What the regulator knows: the last event of each train that has begun a trip."""
        trains = {}
        for one in self.trains.values():
            name = one.trip.vehicle or one.trip.trip_id
            running_s = one.run.running_time_s if one.event == "departed" and one.run is not None else 0
            event = "ready" if one.event == "ready" and one.stop == 0 else one.event
            if event == "ready" and one.stop > 0:
                event = "arrived"
            trains[name] = TrainState(
                one.trip.trip_id, one.trip.vehicle, event, one.stop, one.at_s, one.lateness_s, one.passengers, running_s
            )
        return LineState(now_s, MappingProxyType(trains), MappingProxyType(dict(advised)))

    def _placed(self, event: TrainEvent, now_s: float) -> tuple[Trip, int] | None:
        """Trip and stop of an event; None, counted with its reason, for an event that has no place in the plan."""
        trip = self._trip_of(event)
        reason = None
        if event.time_s > now_s + FUTURE_S:
            reason = "time in the future"
        elif trip is None:
            reason = "no such trip"
        elif event.station_id not in trip.stations:
            reason = "station is not on the trip"
        elif event.kind == "departed" and event.station_id == trip.stations[-1]:
            reason = "departure from the last station of a trip"
        elif self._is_one_too_many(event.train_id):
            reason = "too many unknown trains"
        if reason is not None or trip is None:
            self.refused[reason or "no such trip"] += 1
            return None
        return trip, trip.stations.index(event.station_id)

    def _is_one_too_many(self, train_id: str) -> bool:
        if train_id in self.trains or train_id in self.plan.duties:
            return False
        return self._unknown() >= MOST_UNKNOWN

    def _unknown(self) -> int:
        return sum(one.is_unknown for one in self.trains.values())

    def _lateness_s(self, trip_id: str) -> float:
        name = self._planned_train.get(trip_id, "")
        belief = self.trains.get(name)
        return max(0.0, belief.lateness_s) if belief is not None and belief.trip.trip_id == trip_id else 0.0

    def _trip_of(self, event: TrainEvent) -> Trip | None:
        """The trip of an event: as given, or the one of the train (otherwise of any train) that fits best in time."""
        given = self.plan.trips.get(event.trip_id)
        if given is not None:
            return given
        own = self._nearest(event, self.plan.duties.get(event.train_id, ()))
        if own is not None:
            return own
        return self._nearest(event, self._calls.get(event.station_id, ()))

    def _nearest(self, event: TrainEvent, trips: tuple[Trip, ...]) -> Trip | None:
        found, least_s = None, NEAR_S
        for trip in trips:
            if event.station_id in trip.stations:
                stop = trip.stations.index(event.station_id)
                if event.kind == "departed" and stop == len(trip.stations) - 1:
                    continue
                off_s = abs(scheduled_s(trip, stop, event.kind) - event.time_s)
                if off_s < least_s:
                    found, least_s = trip, off_s
        return found

    def _believed(self, known: TrainBelief | None, event: TrainEvent, trip: Trip, stop: int) -> TrainBelief:
        passengers = event.passengers
        if passengers is None:
            passengers = trip.passengers[min(stop, len(trip.passengers) - 1)] if event.kind == "departed" else 0.0
            if event.kind != "departed" and known is not None:
                passengers = known.passengers
        run = known.run if known is not None else None
        if event.kind == "departed":
            running_s = event.running_time_s or trip.running_time_s(stop)
            run = BelievedRun(trip, stop, event.time_s, running_s, passengers)
        elif event.kind == "arrived" and run is not None and run.arrived_s is None:
            run = replace(run, arrived_s=event.time_s)
        planned = self._planned_train.get(trip.trip_id)
        return TrainBelief(
            event.train_id, trip, event.kind, stop, event.time_s, event.time_s - scheduled_s(trip, stop, event.kind),
            passengers, run,
            record=known.record if known is not None else None,
            before=known.before if known is not None else None,
            is_unknown=event.train_id not in self.plan.duties,
            is_swapped=event.train_id in self.plan.duties and planned != event.train_id,
            seen_s=max(event.time_s, known.seen_s if known is not None else event.time_s),
        )  # fmt: skip


def _calls_by_station(plan: LivePlan) -> dict[str, tuple[Trip, ...]]:
    found: dict[str, list[Trip]] = {}
    for trip in plan.timetable.trips:
        for station in trip.stations:
            found.setdefault(station, []).append(trip)
    return {station: tuple(trips) for station, trips in found.items()}
