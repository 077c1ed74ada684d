"""Today's energy over all phases between the two directions.

A timetable says how trains of one direction follow each other; how the two directions lie to each other is often mere
chance, and worth some per cent of the electricity. A saving quoted against the mean over all phases does not depend on
that chance.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dispatch.timetable import Timetable
from dispatch.traffic import NO_OTHERS, STAND_AUXILIARY_S, OtherLibraries, planned_movements
from energy_models.arrays import FloatArray, IntArray
from energy_models.movement import gather, lay_on_clock
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from energy_models.train import Train

PHASES = 12
INSTANTS = 16_000
"""About so many instants are solved for each phase; short days are solved second by second."""
GOLDEN = 0.6180339887498949


def energy_by_phase_j(
    timetable: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    phases: int = PHASES,
    every_s: int | None = None,
    workers: int = 1,
    others: OtherLibraries = NO_OTHERS,
) -> FloatArray:
    """Energy in J at the substation terminals with the down trips 0, 1/phases, 2/phases … of their headway later.

    Each down trip moves by that share of the gap to the next one, so that a whole share of one would end at today's
    timetable again, whatever headways it has. Vehicles stand at terminals as long as today, so that nothing but the
    phase changes. Without noise, on the equivalent track, from one second in `every_s` (by default from about
    `INSTANTS` of them). `others` are the vehicles of further train types.
    """
    movements = planned_movements(timetable, library, train, others)
    trains = gather(movements.runs, movements.stands)
    trip_of = np.array([*movements.run_trip, *movements.stand_trip], dtype=np.int64)
    gap_s = _gaps_s(timetable)
    start_s = min(trip.start_s for trip in timetable.trips)
    end_s = max(trip.end_s for trip in timetable.trips) + int(gap_s.max()) + STAND_AUXILIARY_S
    step_s = every_s or max(1, (end_s - start_s) // INSTANTS)

    def energy(phase: int) -> float:
        later_s = np.rint(gap_s * phase / phases)
        shifted = lay_on_clock(trains.later(later_s[trip_of]), movements.auxiliary_w, start_s, end_s)
        snapshots = one_in(step_s, shifted)
        return float(solve(network, snapshots, model="equivalent").source_power_w.sum()) * step_s

    with ThreadPoolExecutor(max(1, workers)) as pool:
        return np.array(list(pool.map(energy, range(phases))))


def _gaps_s(timetable: Timetable) -> IntArray:
    """From each down trip's departure to the next one's, the last gap twice; 0 for up trips and for a single trip."""
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
    """One instant of each `every_s`, at ever other places of the spans (golden ratio), as clocks beat in minutes."""
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
