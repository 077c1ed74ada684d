"""Spacing after an incident: how much later than its schedule a train runs while the train behind it is late.

A late train leaves a long gap in front of it, and many passengers wait in this gap. If the train ahead of the gap runs
l seconds later, the passengers at all later stations wait less, and the passengers on board arrive later. With the
boardings at these stations b (passengers/s), the load P, the planned gaps g ahead and h behind, and the lateness A of
the train ahead and D of the train behind, the sum b/2 ((g + l - A)^2 + (h + D - l)^2) + w P l has its minimum at
l = (D + A + h - g - w P / b) / 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.kernel.forecast import PlanTable
from energy_models.arrays import FloatArray
from scenarios.values.demand import SectionLoads

S_PER_H = 3600.0


def boarding_ahead_per_s(loads: SectionLoads, trips: tuple[Trip, ...], plan: PlanTable) -> FloatArray:
    """Passengers per second who come to the stations from each section on, at the times of the timetable.

    Shape (trips, sections); 0 where a trip does not run.
    """
    found = np.zeros(plan.departure_s.shape)
    for j, trip in enumerate(trips):
        table, first = loads.boardings_per_hour[trip.direction], int(plan.first_section[j])
        bins = np.searchsorted(loads.time_bin_s, np.array(trip.departure_s[:-1]), side="right") - 1
        for place in range(len(trip.driving) - 1, -1, -1):
            row = int(bins[place])
            here = table[row, first + place] / S_PER_H if 0 <= row < len(table) else 0.0
            later = found[j, first + place + 1] if place + 1 < len(trip.driving) else 0.0
            found[j, first + place] = here + later
    return found


@dataclass(frozen=True, eq=False)
class Spacing:
    """The spacing of the trains of one timetable.

    `from_s` is the lateness of the train behind from which a train waits for it, `on_board_weight` the weight w of time
    on board against waiting, `index` the row of each trip, `ahead_per_s` the table of `boarding_ahead_per_s`, `slack_s`
    the longest lateness at the end of each trip that does not delay the next trip of the vehicle.
    """

    from_s: float
    on_board_weight: float
    index: Mapping[str, int]
    plan: PlanTable
    ahead_per_s: FloatArray
    slack_s: FloatArray

    @staticmethod
    def of(
        from_s: float, on_board_weight: float, index: Mapping[str, int], plan: PlanTable, ahead_per_s: FloatArray
    ) -> "Spacing":
        """The spacing of a timetable."""
        after = plan.after
        ends_s = plan.arrival_s[np.arange(len(after)), plan.last_section]
        slack_s = np.where(after >= 0, plan.begins_s[after] - ends_s - plan.turnback_s, from_s)
        return Spacing(from_s, on_board_weight, index, plan, ahead_per_s, np.maximum(slack_s, 0).astype(np.float64))

    def later_s(self, train: ReadyTrain, line: LineState, j: int, k: int) -> int:
        """How much later than its schedule the train shall run, in whole s; 0 without a late train behind."""
        after, before = train.after, train.before
        if after is None:
            return 0
        behind_s = max(after.departs_s - after.planned_s, self._known_lateness_s(after.trip_id, line))
        b_per_s = float(self.ahead_per_s[j, k])
        if behind_s < self.from_s or b_per_s <= 0.0:
            return 0
        gap_behind_s = after.planned_s - train.planned_s
        gap_ahead_s, ahead_s = gap_behind_s, 0.0
        if before is not None:
            gap_ahead_s, ahead_s = train.planned_s - before.planned_s, max(before.departs_s - before.planned_s, 0.0)
        # Passengers who enter a train at the beginning of its trip wait, also on board, until it departs.
        on_board = train.passengers if train.stop > 0 else 0.0
        best_s = (behind_s + ahead_s + gap_behind_s - gap_ahead_s - self.on_board_weight * on_board / b_per_s) / 2.0
        return max(0, int(min(best_s, behind_s / 2.0, self.slack_s[j])))

    def _known_lateness_s(self, trip_id: str, line: LineState) -> float:
        """Lateness of a train from its last event and the time since then; 0 without an event."""
        state = next((one for one in line.trains.values() if one.trip_id == trip_id), None)
        if state is None:
            return 0.0
        plan, j = self.plan, self.index[trip_id]
        k = int(plan.first_section[j]) + state.stop
        if state.event == "departed":
            return max(state.at_s + state.running_time_s, line.known_at_s) - float(plan.arrival_s[j, k])
        if k > plan.last_section[j]:
            return 0.0
        dwell_s = float(plan.dwell_s[j, k - 1]) if state.event == "arrived" and state.stop > 0 else 0.0
        return max(state.at_s + dwell_s, line.known_at_s) - float(plan.departure_s[j, k])
