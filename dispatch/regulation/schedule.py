"""Regulators by schedule and headway: they need no model of the energy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.advice import Advice, Reason
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator, RegulatorFactory
from dispatch.regulation.source import source_of
from scenarios.schema.operation import Operation

VALID_S = 15.0
"""Advice is void this long after its departure: by then the trains around are elsewhere than forecast (assumed)."""


def advice_for(train: ReadyTrain, departs_s: float, running_time_s: int, reason: Reason, **effect: float) -> Advice:
    """Advice with its comparison with the train's own control."""
    departs_s, running_time_s = max(departs_s, train.now_s), max(running_time_s, train.shortest_s)
    later_s = departs_s + running_time_s - train.now_s - train.own_running_time_s
    is_change = departs_s > train.now_s or running_time_s != train.own_running_time_s
    return Advice(
        train.trip.trip_id, train.stop, departs_s, running_time_s, reason if is_change else "own control",
        later_s=later_s, expires_s=departs_s + VALID_S, is_change=is_change, **effect,
    )  # fmt: skip


@dataclass(frozen=True)
class HoldToSchedule:
    """No train leaves before its scheduled departure."""

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:  # noqa: ARG002
        """The scheduled departure, or at once if it has passed."""
        return advice_for(
            train, train.planned_s if train.can_hold else train.now_s, train.own_running_time_s, "schedule"
        )


@dataclass(frozen=True)
class EvenHeadways:
    """Holds a train so that the gaps to the trains ahead and behind have the proportion of the timetable.

    With the departure P of the train ahead, the expected departure F of the train behind, and planned gaps h and k, a
    train that is ready earlier leaves at `P + (F - P) h / (h + k)`, but is held at most `most_s`. The first and last
    trains of a day leave at once.
    """

    most_s: float

    def __post_init__(self) -> None:
        if not self.most_s >= 0.0:
            raise ValueError(f"most_s(={self.most_s}) must be >= 0")

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:  # noqa: ARG002
        """The departure with even gaps, at most `most_s` from now."""
        return advice_for(train, self._departs_s(train), train.own_running_time_s, "even gaps")

    def _departs_s(self, train: ReadyTrain) -> float:
        before, after = train.before, train.after
        if not train.can_hold or before is None or after is None or after.planned_s <= before.planned_s:
            return train.now_s
        share = (train.planned_s - before.planned_s) / (after.planned_s - before.planned_s)
        even_s = before.departs_s + (after.departs_s - before.departs_s) * share
        return min(max(even_s, train.now_s), train.now_s + self.most_s)


@dataclass(frozen=True)
class TrackSchedule:
    """Brings every train back to its schedule, with a margin for dwells that take longer.

    A train leaves at its scheduled time plus the margin at the earliest, and then takes the running time that brings it
    to the next station at the scheduled time plus the margin. The margin lets a train that is a little late run as
    planned; without it, each late second costs a faster run.
    """

    margin_s: float

    def __post_init__(self) -> None:
        if not self.margin_s >= 0.0:
            raise ValueError(f"margin_s(={self.margin_s}) must be >= 0")

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:  # noqa: ARG002
        """Departure and arrival at the scheduled times plus the margin, in whole seconds of running time."""
        departs_s = max(train.now_s, train.planned_s + self.margin_s) if train.can_hold else train.now_s
        due_s = train.trip.arrival_s[train.stop + 1] + self.margin_s
        return advice_for(train, departs_s, max(train.shortest_s, math.floor(due_s - departs_s)), "schedule")


@dataclass(frozen=True)
class ScheduleRegulators:
    """The same regulator for every day and timetable: it has no state and reads no plan."""

    name: ControllerName
    regulator: Regulator

    @property
    def content(self) -> str:
        """Name and parameters, and the code of this file."""
        return f"{self.name} {self.regulator!r} {source_of('regulation/schedule.py')}"

    def for_day(self, timetable: Timetable) -> Regulator:  # noqa: ARG002
        """The regulator."""
        return self.regulator


def schedule_regulators(operation: Operation) -> Mapping[ControllerName, RegulatorFactory]:
    """The regulators that need only the limits of the operation, by name."""
    return {
        "hold": ScheduleRegulators("hold", HoldToSchedule()),
        "even": ScheduleRegulators("even", EvenHeadways(float(operation.longest_hold_s))),
        "track": ScheduleRegulators("track", TrackSchedule(float(operation.schedule_margin_s))),
    }
