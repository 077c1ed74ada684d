"""Where the trains of a line are next: from the last known events to the next or present run of each train."""

import numpy as np

from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import LineState, TrainState
from dispatch.regulation.kernel.forecast import Positions
from dispatch.regulation.line_tables import LineTables

RUNS_UNTIL_S = 600.0
"""Trips that begin within this time are part of the forecast."""


def _is_newer(advice: Advice, state: TrainState) -> bool:
    """Whether an advice is about a departure after the last known event of its train."""
    if advice.trip_id != state.trip_id:
        return False
    return advice.stop > state.stop or (advice.stop == state.stop and state.event != "departed")


class Forecaster:
    """Fills the positions of all trains; made once for a timetable and a day, because it holds its arrays."""

    def __init__(self, tables: LineTables) -> None:
        self._tables = tables
        count = len(tables.trips)
        self._starts_s = np.array([trip.start_s for trip in tables.trips], dtype=np.float64)
        self._ends_s = np.array([trip.end_s for trip in tables.trips], dtype=np.float64)
        self._duty = [trip.vehicle or trip.trip_id for trip in tables.trips]
        self._positions = Positions(
            np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count), np.zeros(count, np.int64),
            np.zeros(count, np.int64), np.zeros(count, np.int64),
        )  # fmt: skip

    def positions(self, line: LineState, now_s: float) -> tuple[int, Positions, float]:
        """The positions of all trains, their number, and the share of the trains on the line whose state is known.

        A train without a known event runs as planned. The next trip of a known train follows from its present trip.
        """
        tables, into = self._tables, self._positions
        count = 0
        for duty, state in line.trains.items():
            if self._put(count, tables.index[state.trip_id], state, line.known_at_s, line.advised.get(duty)):
                count += 1
        known = count
        # Trips that should be on the line, or begin soon, and whose train is not known.
        near = (self._starts_s <= now_s + RUNS_UNTIL_S) & (self._ends_s >= now_s)
        on_line = known
        for j in np.nonzero(near)[0].tolist():
            if self._duty[j] in line.trains:
                continue
            k = int(tables.plan.first_section[j])
            into.trip[count], into.section[count] = j, k
            into.departs_s[count] = tables.plan.begins_s[j]
            into.running_time_s[count], into.load_step[count] = 0, tables.plan.load_step[j, k]
            into.is_standing[count] = 0
            count += 1
            on_line += int(self._starts_s[j] < line.known_at_s)
        return count, into, 1.0 if on_line == 0 else known / on_line

    def _put(self, count: int, j: int, state: TrainState, known_at_s: float, advice: Advice | None) -> bool:
        """The position of a train with a known event and its last advice; False if its last trip has ended."""
        tables, into = self._tables, self._positions
        plan = tables.plan
        k = int(plan.first_section[j]) + state.stop
        running_s, is_standing = 0, 1
        if state.event == "departed":
            departs_s, running_s, is_standing = state.at_s, state.running_time_s, 0
            # A run that should have ended by now is delayed; the train arrives next.
            departs_s = max(departs_s, known_at_s - running_s)
        elif k > plan.last_section[j]:
            following = int(plan.after[j])
            if following < 0:
                return False
            earliest_s = state.at_s + float(plan.turnback_s[j])
            j, k = following, int(plan.first_section[following])
            departs_s = max(float(plan.begins_s[j]), earliest_s, known_at_s)
        else:
            dwell_s = float(plan.dwell_s[j, k - 1]) if state.event == "arrived" else 0.0
            departs_s = max(float(plan.departure_s[j, k]), state.at_s + dwell_s, known_at_s)
        if advice is not None and _is_newer(advice, state):
            k = int(plan.first_section[j]) + advice.stop
            departs_s, running_s = advice.departs_s, advice.running_time_s
        into.trip[count], into.section[count], into.departs_s[count] = j, k, departs_s
        into.running_time_s[count], into.is_standing[count] = running_s, is_standing
        into.load_step[count] = self.load_step(j, k, state.passengers) if running_s else plan.load_step[j, k]
        return True

    def load_step(self, j: int, k: int, passengers: float) -> int:
        """The load step of the motion table for a load."""
        tables = self._tables
        row = int(tables.plan.row[j])
        step = round(passengers / tables.motions.load_step)
        return int(min(max(step, tables.load_low[row, k]), tables.load_high[row, k]))
