"""The price of each departure and running time of a train: the energy of the line over its next two sections."""

from typing import NamedTuple

from dispatch.regulation.kernel.forecast import PlanTable, motion_row, running_time_in_plan_s
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import NODES, WRITTEN_ORDER, NodeArray, Surrogate, surrogate_power_w
from energy_models.arrays import FloatArray
from energy_models.compiled import kernel


class OwnTrain(NamedTuple):
    """The train that is ready: its trip and section, and its load step over this section.

    Departures from `earliest_s` to `latest_s` and running times from `shortest_s` to `longest_s` are priced; times in
    whole s of the day.
    """

    trip: int
    section: int
    load_step: int
    earliest_s: int
    latest_s: int
    shortest_s: int
    longest_s: int


@kernel()
def _put(own_w: NodeArray, at: int, until: int, rows_w: NodeArray, first: int, step: int) -> None:
    """Write rows of power into the window."""
    begin, end = max(at, 0), min(until, len(own_w) // NODES)
    for t in range(begin, end):
        row = (first + (t - at) * step) * NODES
        for i in range(NODES):
            own_w[t * NODES + i] = rows_w[row + i]


@kernel(fastmath=WRITTEN_ORDER)
def price_candidates(
    own: OwnTrain, begin_s: int, lateness_price_j: float, due_s: float, target_s: float, plan: PlanTable,
    motions: MotionTable, surrogate: Surrogate, others_w: NodeArray, own_w: NodeArray, power_w: FloatArray,
    energy_j: FloatArray, price_j: FloatArray,
) -> None:  # fmt: skip
    """Energy of the line and price of every candidate, by departure and running time; inf where there is no motion.

    After the section, the train dwells as planned, at least until its scheduled departure, and takes the running time
    that recovers its lateness beyond `target_s`. All candidates are compared over the same window. The price adds
    `lateness_price_j` times the square of the difference between the arrival and `due_s`.
    """
    j, k = own.trip, own.section
    stations = surrogate.station_w.shape[1]
    motion_w, station_w = surrogate.motion_w.reshape(-1), surrogate.station_w.reshape(-1)
    here = plan.direction[j] * stations + k
    seconds = len(own_w) // NODES
    for n in range(own.latest_s - own.earliest_s + 1):
        departs = own.earliest_s + n
        for m in range(own.longest_s - own.shortest_s + 1):
            running_s = own.shortest_s + m
            energy_j[n, m] = price_j[n, m] = float("inf")
            first = motion_row(motions, plan.row[j], k, running_s, own.load_step)
            if first < 0:
                continue
            arrives = departs + running_s
            _put(own_w, 0, departs - begin_s, station_w, here, 0)
            _put(own_w, departs - begin_s, arrives - begin_s, motion_w, first, 1)
            if k == plan.last_section[j]:
                _put(own_w, arrives - begin_s, seconds, station_w, here + 1, 0)
            else:
                leaves = max(plan.departure_s[j, k + 1], arrives + plan.dwell_s[j, k])
                late_s = leaves - plan.departure_s[j, k + 1] - target_s
                second_s = running_time_in_plan_s(plan, motions, j, k + 1, late_s)
                _put(own_w, arrives - begin_s, leaves - begin_s, station_w, here + 1, 0)
                follows = motion_row(motions, plan.row[j], k + 1, second_s, plan.load_step[j, k + 1])
                _put(own_w, leaves - begin_s, leaves + second_s - begin_s, motion_w, follows, 1)
                _put(own_w, leaves + second_s - begin_s, seconds, station_w, here + 2, 0)
            for i in range(len(own_w)):
                own_w[i] += others_w[i]
            surrogate_power_w(own_w, surrogate, power_w)
            total_j = 0.0
            for t in range(seconds):
                total_j += power_w[t]
            energy_j[n, m] = total_j
            off_s = arrives - due_s
            price_j[n, m] = total_j + lateness_price_j * off_s * off_s
