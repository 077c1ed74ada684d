"""The forecast of all trains for the next minutes, as the net power of the nodes of the surrogate second by second."""

from typing import NamedTuple

from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import NODES, NodeArray, Surrogate
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel


class PlanTable(NamedTuple):
    """The trips of a timetable as arrays, sections in order of travel; times in s of the day.

    Trip j runs the sections `first_section[j]` to `last_section[j]`. `departure_s[j, k]` and `arrival_s[j, k]` are the
    times of section k, `dwell_s[j, k]` is the expected dwell after section k, `load_step[j, k]` the planned load in
    steps of the motion table. `row[j]` is the row of the motion table for direction, train type and driving,
    `direction[j]` 0 or 1. `after[j]` is the next trip of the vehicle (-1: none), `turnback_s[j]` the shortest stand
    before that trip, `begins_s[j]` the expected departure of a trip whose train is ready in time.
    """

    row: IntArray
    direction: IntArray
    first_section: IntArray
    last_section: IntArray
    departure_s: IntArray
    arrival_s: IntArray
    dwell_s: IntArray
    load_step: IntArray
    after: IntArray
    turnback_s: IntArray
    begins_s: IntArray


class Positions(NamedTuple):
    """The next or present run of each train: trip, section, departure, commanded running time (0: that of the plan),
    and load step; the first `count` entries are used. `is_standing` is 1 for a train that is at the station already."""

    trip: IntArray
    section: IntArray
    departs_s: FloatArray
    running_time_s: IntArray
    load_step: IntArray
    is_standing: IntArray


@kernel()
def add_rows(node_w: NodeArray, at: int, until: int, rows_w: NodeArray, first: int, step: int) -> None:
    """Add rows of power from second `at` to `until` of the window; step 0 repeats the first row."""
    seconds = len(node_w) // NODES
    begin, end = max(at, 0), min(until, seconds)
    for t in range(begin, end):
        row = (first + (t - at) * step) * NODES
        for i in range(NODES):
            node_w[t * NODES + i] += rows_w[row + i]


@kernel()
def running_time_in_plan_s(plan: PlanTable, motions: MotionTable, j: int, k: int, late_s: float) -> int:
    """The running time of a train that recovers its lateness within the limits of the motion table."""
    row = plan.row[j]
    planned_s = plan.arrival_s[j, k] - plan.departure_s[j, k]
    recovered_s = planned_s - max(int(late_s), 0)
    return int(min(max(recovered_s, motions.shortest_s[row, k]), planned_s))


@kernel()
def motion_row(motions: MotionTable, row: int, k: int, running_time_s: int, load_step: int) -> int:
    """The first row of a motion in the flat table; -1 if the table does not contain it."""
    if running_time_s < motions.shortest_s[row, k] or running_time_s > motions.longest_s[row, k]:
        return -1
    return int(motions.first[row, k, running_time_s - motions.shortest_s[row, k], load_step])


@kernel()
def lay_forecast(
    count: int, own_trip: int, begin_s: int, target_s: float, positions: Positions,
    plan: PlanTable, motions: MotionTable,
    surrogate: Surrogate, node_w: NodeArray,
) -> None:  # fmt: skip
    """Lay all trains but that of `own_trip` on the window from `begin_s`; `node_w` is flat, NODES numbers a second.

    A train departs at its scheduled time or after its planned dwell, whichever is later, and a late train recovers.
    """
    stations = surrogate.station_w.shape[1]
    motion_w, station_w = surrogate.motion_w.reshape(-1), surrogate.station_w.reshape(-1)
    for i in range(len(node_w)):
        node_w[i] = 0.0
    end_s = begin_s + len(node_w) // NODES
    for n in range(count):
        j, k, departs = positions.trip[n], positions.section[n], round(positions.departs_s[n])
        running_s, step = positions.running_time_s[n], positions.load_step[n]
        if j == own_trip:
            continue
        if positions.is_standing[n] == 1:
            add_rows(node_w, 0, departs - begin_s, station_w, plan.direction[j] * stations + k, 0)
        while departs < end_s:
            if running_s == 0:
                running_s = running_time_in_plan_s(plan, motions, j, k, departs - plan.departure_s[j, k] - target_s)
            first = motion_row(motions, plan.row[j], k, running_s, step)
            if first >= 0:
                add_rows(node_w, departs - begin_s, departs + running_s - begin_s, motion_w, first, 1)
            arrives = departs + running_s
            if k == plan.last_section[j]:
                if plan.after[j] < 0:
                    break
                departs = max(plan.begins_s[plan.after[j]], arrives + plan.turnback_s[j])
                add_rows(node_w, arrives - begin_s, departs - begin_s, station_w,
                         plan.direction[j] * stations + k + 1, 0)  # fmt: skip
                j = plan.after[j]
                k = plan.first_section[j]
                if j == own_trip:
                    break
            else:
                departs = max(plan.departure_s[j, k + 1], arrives + plan.dwell_s[j, k])
                add_rows(node_w, arrives - begin_s, departs - begin_s, station_w,
                         plan.direction[j] * stations + k + 1, 0)  # fmt: skip
                k += 1
            step = plan.load_step[j, k]
            running_s = 0
