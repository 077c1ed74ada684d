"""Energy of the timetable in force as a mean over all phases between the two directions.

A timetable defines the headways of each direction; the phase between the two directions is often random, and it changes
the energy by some per cent. A saving against the mean over all phases does not depend on this phase.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import planned_movements
from dispatch.plans.timetable import Timetable
from energy_models.arrays import FloatArray, IntArray
from energy_models.movement.planned import gather, lay_on_clock
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve

PHASES = 12
INSTANTS = 16_000
"""Approximate number of solved seconds for each phase; short days are solved at every second."""
GOLDEN = 0.6180339887498949


def energy_by_phase_j(
    timetable: Timetable,
    line: LineModel,
    phases: int = PHASES,
    every_s: int | None = None,
    workers: int = 1,
) -> FloatArray:
    """Energy in J at the substation terminals with the down trips 0, 1/phases, 2/phases … of their headway later.

    Each down trip moves by this share of the gap to the next trip, so that a share of one gives today's timetable
    again, for all headways. Stands at terminals are as long as today, so that only the phase changes. Without noise, on
    the equivalent track, for one second in `every_s` (by default for about `INSTANTS` seconds).
    """
    movements = planned_movements(timetable, line)
    trains = gather(movements.runs, movements.stands)
    trip_of = np.array([*movements.run_trip, *movements.stand_trip], dtype=np.int64)
    gap_s = _gaps_s(timetable)
    start_s = min(trip.start_s for trip in timetable.trips)
    end_s = max(trip.end_s for trip in timetable.trips) + int(gap_s.max()) + line.scenario.operation.powered_stand_s
    step_s = every_s or max(1, (end_s - start_s) // INSTANTS)

    def energy(phase: int) -> float:
        later_s = np.rint(gap_s * phase / phases)
        shifted = lay_on_clock(trains.later(later_s[trip_of]), movements.auxiliary_w, start_s, end_s)
        snapshots = one_in(step_s, shifted)
        return float(solve(line.network, snapshots, model="equivalent").source_power_w.sum()) * step_s

    with ThreadPoolExecutor(max(1, workers)) as pool:
        return np.array(list(pool.map(energy, range(phases))))


def _gaps_s(timetable: Timetable) -> IntArray:
    """Gap from each down trip to the next, the last gap twice; 0 for up trips and for a single trip."""
    order = sorted(
        (j for j, trip in enumerate(timetable.trips) if trip.direction == "down"),
        key=lambda j: timetable.trips[j].start_s,
    )
    gap_s = np.zeros(len(timetable.trips), dtype=np.int64)
    if len(order) > 1:
        gaps = np.diff([timetable.trips[j].start_s for j in order])
        gap_s[order] = [*gaps, gaps[-1]]
    return gap_s


def one_in(every_s: int, snapshots: Snapshots) -> Snapshots:
    """One second of each `every_s`, at varying positions (golden ratio), because departures repeat in minutes."""
    blocks = snapshots.count // every_s
    number = np.arange(blocks)
    chosen = every_s * number + (every_s * np.modf(number * GOLDEN)[0]).astype(np.int64)
    begin, end = snapshots.offset[chosen], snapshots.offset[chosen + 1]
    offset = np.concatenate([[0], np.cumsum(end - begin)]).astype(np.int64)
    entry = np.arange(offset[-1]) + np.repeat(begin - offset[:-1], end - begin)
    return Snapshots(
        offset=offset,
        chainage_m=snapshots.chainage_m[entry],
        track=snapshots.track[entry],
        power_w=snapshots.power_w[entry],
        auxiliary_w=snapshots.auxiliary_w[entry],
        start_s=snapshots.start_s,
        interval_s=float(every_s),
    )
