"""What is believed of one train: its last event, its present or last run, and the newest record of its recorder."""

from dataclasses import dataclass, replace

from api.live.messages import EventKind, VehicleRecord
from dispatch.plans.timetable import Trip

FRESH_RECORD_S = 5.0
"""A record of this age still gives the position of its train."""
_ORDER: dict[EventKind, int] = {"arrived": 0, "ready": 1, "departed": 2}


@dataclass(frozen=True)
class BelievedRun:
    """A run from a stop: departure, commanded running time, load, and the arrival (None: under way)."""

    trip: Trip
    stop: int
    departed_s: float
    running_time_s: int
    passengers: float
    arrived_s: float | None = None


@dataclass(frozen=True)
class TrainBelief:
    """The last event of a train; `lateness_s` is the deviation from the timetable at the event.

    `is_unknown`: the plan has no train of this name. `is_swapped`: the train runs a trip that the plan gives to another
    train. `seen_s` is the time of its newest message in s of the day.
    """

    train_id: str
    trip: Trip
    event: EventKind
    stop: int
    at_s: float
    lateness_s: float
    passengers: float
    run: BelievedRun | None = None
    record: VehicleRecord | None = None
    before: VehicleRecord | None = None
    is_unknown: bool = False
    is_swapped: bool = False
    seen_s: float = 0.0

    @property
    def is_at_end(self) -> bool:
        """Whether the train has reached the last station of its trip."""
        return self.event == "arrived" and self.stop == len(self.trip.stations) - 1

    def position(self) -> tuple[float, int, int]:
        """A value that grows with each event of the train."""
        return self.trip.start_s, self.stop, _ORDER[self.event]

    def is_before(self, trip: Trip, stop: int, event: EventKind) -> bool:
        """Whether an event is news: later on the train's way than the last event."""
        return self.position() < (trip.start_s, stop, _ORDER[event])

    def planned_s(self) -> float:
        """The scheduled time of the last event."""
        return scheduled_s(self.trip, self.stop, self.event)

    def next_planned_s(self, following: Trip | None) -> float | None:
        """The scheduled time of the next event; None after the last trip of the train."""
        if self.event == "departed":
            return float(self.trip.arrival_s[self.stop + 1])
        if self.is_at_end:
            return None if following is None else float(following.start_s)
        return float(self.trip.departure_s[self.stop])

    def late_now_s(self, now_s: float, following: Trip | None) -> float:
        """The lateness now: that of the last event, or more if the next event is overdue."""
        if self.is_at_end:
            return self.lateness_s
        planned_s = self.next_planned_s(following)
        return self.lateness_s if planned_s is None else max(self.lateness_s, now_s - planned_s)

    def with_record(self, record: VehicleRecord) -> "TrainBelief":
        """The same with a newer record of the recorder; an older record changes nothing."""
        if self.record is not None and record.time_s <= self.record.time_s:
            return self
        return replace(self, record=record, before=self.record, seen_s=max(self.seen_s, record.time_s))


def scheduled_s(trip: Trip, stop: int, event: EventKind) -> float:
    """The scheduled time of an event."""
    return float(trip.arrival_s[stop] if event == "arrived" else trip.departure_s[stop])
