"""A lower bound: what the substations must feed for these trips, however they are timed and driven.

What the substations feed is what the trains take less what they give back, the auxiliaries, and the losses of the line
(the energy balance of the DC network). The bound leaves the losses out, lets every braked joule be reused, drives every
section with the least net energy, shares a trip's running time among its sections as is cheapest, and lets vehicles
stand at terminals no longer than they must. No timetable of whole seconds with the same trips, one-way times no longer,
and as much standing at stations draws less, as long as all traction is served.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.traffic import TURNBACK_AUXILIARY_S, first_section
from energy_models.arrays import FloatArray
from energy_models.running_times import ProfileLibrary, RunningTimeFront, front
from energy_models.supply.network import SupplyNetwork
from energy_models.track import SectionTrack
from energy_models.train import Train

LOAD_STEP = 50
"""Loads between which the energy is interpolated lie on multiples of it, so that fronts are found on disk again."""
LOAD_POINTS = 3
FRONT_POINTS = 12
BEYOND_LONGEST = 1.2
"""A front has points up to this many times the longest running time of today, then goes on as its last tangent."""
_FARTHEST = 2
_BISECTIONS = 40


@dataclass(frozen=True)
class EnergyBound:
    """Lower bound in J at the substation terminals: net energy of driving, auxiliaries, less what storages hold."""

    driving_j: float
    auxiliaries_j: float
    stored_j: float

    @property
    def energy_j(self) -> float:
        """What the substations feed at least."""
        return self.driving_j + self.auxiliaries_j - self.stored_j


def energy_bound(
    timetable: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    turnback_shortest_s: tuple[int, int],
    dwell_to_run_s: int = 0,
    workers: int = 1,
    longer_s: int = 0,
    turnback_at_s: Mapping[str, int] | None = None,
    others: Sequence[ProfileLibrary] = (),
) -> EnergyBound:
    """The bound of all timetables with a timetable's trips and loads.

    `turnback_shortest_s` is how long a vehicle stands at least after a trip up and down, `turnback_at_s` the same by
    the station where a trip ends, for trips that turn on the way; `dwell_to_run_s` is how much
    of a trip's standing may become running, `longer_s` by how much each trip may run longer. With `others`, the
    profiles of further train types, each trip counts as one of the type with which it draws least.

    Fronts are convex, so their tangents lie below them, beyond the last point too. Between loads the energy is taken on
    a parabola through three fronts, which differs from the front of that very load by some 0.01 %.
    """
    kinds = ((library, train), *((other, other.train) for other in others))
    driving_j, standing_s = 0.0, [0.0] * len(kinds)
    for trips in _alike(timetable):
        direction, first, sections = trips[0].direction, first_section(trips[0], library), len(trips[0].driving)
        # A second of running costs the auxiliaries as well; standing at stations costs nothing else.
        running_s = np.array([_running_s(trip) + dwell_to_run_s + longer_s for trip in trips], dtype=np.float64)
        shortest_s = turnback_shortest_s[DIRECTIONS.index(direction)]
        shortest_s = min((turnback_at_s or {}).get(trips[0].stations[-1], shortest_s), TURNBACK_AUXILIARY_S)
        stands_s = np.array([t.end_s - t.start_s - _running_s(t) - dwell_to_run_s + shortest_s for t in trips])
        least_j = []
        for profiles, own in kinds:
            tracks = profiles.sections[direction][first : first + sections]
            least_j.append(_least_j(_costs_j(trips, tracks, own, workers, longer_s), running_s, own.auxiliary_w))
        drawn_j = [least + own.auxiliary_w * stands_s for least, (_, own) in zip(least_j, kinds, strict=True)]
        chosen = np.argmin(drawn_j, axis=0)
        for number, least in enumerate(least_j):
            driving_j += float(least[chosen == number].sum())
            standing_s[number] += float(stands_s[chosen == number].sum())
    auxiliaries_j = sum(own.auxiliary_w * stand_s for (_, own), stand_s in zip(kinds, standing_s, strict=True))
    stored_j = sum(
        max(store.initial_charge_share - store.minimum_charge_share, 0.0)
        * store.capacity_j
        * store.discharge_efficiency
        for store in network.storages
    )
    return EnergyBound(driving_j, auxiliaries_j, stored_j)


def _alike(timetable: Timetable) -> Iterator[tuple[Trip, ...]]:
    """The trips that run the same sections in the same direction."""
    for direction in DIRECTIONS:
        groups: dict[tuple[str, ...], list[Trip]] = {}
        for trip in timetable.of(direction):
            groups.setdefault(trip.stations, []).append(trip)
        yield from (tuple(trips) for trips in groups.values())


def share_of_gap_closed(before_j: float, after_j: float, bound_j: float) -> float:
    """How far a plan goes from today's energy to the bound: 0 nothing, 1 all the way; 0 where there is no gap."""
    return (before_j - after_j) / (before_j - bound_j) if before_j > bound_j else 0.0


def _running_s(trip: Trip) -> int:
    return sum(trip.running_time_s(k) for k in range(len(trip.driving)))


@dataclass(frozen=True, eq=False)
class _Costs:
    """Least net energy in J of each trip, section and whole second from `first_s[section]` on; infinite beyond."""

    first_s: FloatArray
    energy_j: FloatArray


def _costs_j(
    trips: tuple[Trip, ...], tracks: tuple[SectionTrack, ...], train: Train, workers: int, longer_s: int
) -> _Costs:
    """Tables of all trips of a direction; a single section may take up all that a trip becomes longer."""
    loads = np.array([trip.passengers for trip in trips], dtype=np.float64)
    points = [_load_points(loads[:, k]) for k in range(len(tracks))]
    asked = [(k, load) for k, found in enumerate(points) for load in found]
    longest_s = [max(trip.running_time_s(k) for trip in trips) for k in range(len(tracks))]

    def one(key: tuple[int, float]) -> RunningTimeFront:
        k, load = key
        return _reaching(tracks[k], train, load, BEYOND_LONGEST * longest_s[k])

    with ThreadPoolExecutor(max(1, workers)) as pool:
        fronts = dict(zip(asked, pool.map(one, asked), strict=True))
    first, tables = [], []
    for k, found in enumerate(points):
        begin = ceil(min(fronts[k, load].minimum_time_s for load in found) - 1e-9)
        seconds = np.arange(begin, _FARTHEST * longest_s[k] + longer_s + 1, dtype=np.float64)
        by_load = np.array([_below(fronts[k, load], seconds) for load in found])
        first.append(begin)
        tables.append(_between(loads[:, k], np.array(found), by_load))
    widest = max(table.shape[1] for table in tables)
    energy = np.full((len(trips), len(tracks), widest), np.inf)
    for k, table in enumerate(tables):
        energy[:, k, : table.shape[1]] = table
    return _Costs(np.array(first, dtype=np.float64), energy)


def _load_points(loads: FloatArray) -> tuple[float, ...]:
    low, high = (
        LOAD_STEP * round_(float(load) / LOAD_STEP) for round_, load in ((floor, loads.min()), (ceil, loads.max()))
    )
    between = (low + (high - low) * share / (LOAD_POINTS - 1) for share in range(LOAD_POINTS))
    return tuple(sorted({float(LOAD_STEP * round(load / LOAD_STEP)) for load in between}))


def _reaching(track: SectionTrack, train: Train, load: float, longest_s: float) -> RunningTimeFront:
    """The front with full credit for regeneration, from the fastest run to a running time in s and beyond."""
    coarse = front(track, train, load, FRONT_POINTS)
    needed = longest_s / coarse.minimum_time_s
    if needed <= coarse.running_time_s[-1] / coarse.minimum_time_s:
        return coarse
    # Ratios in steps, so that the same front is asked for again.
    return front(track, train, load, FRONT_POINTS, ceil(4.0 * needed) / 4.0)


def _below(found: RunningTimeFront, seconds: FloatArray) -> FloatArray:
    """The highest of a convex front's tangents at each time; the fastest point's slope is not known and left out."""
    times, energies, prices = (
        values[1:] for values in (found.running_time_s, found.objective_j, found.price_of_time_w)
    )
    return np.asarray((energies[:, None] - prices[:, None] * (seconds - times[:, None])).max(axis=0))


def _between(loads: FloatArray, points: FloatArray, by_load: FloatArray) -> FloatArray:
    """Energies of each load on the parabola through up to three points (Lagrange), shape (loads, seconds)."""
    energy = np.zeros((len(loads), by_load.shape[1]))
    for n, point in enumerate(points):
        others = np.delete(points, n)
        energy += np.prod((loads[:, None] - others) / (point - others), axis=1)[:, None] * by_load[n]
    return energy


def _least_j(costs: _Costs, running_s: FloatArray, auxiliary_w: float) -> FloatArray:
    """Least energy of each trip with no more than its running time, auxiliaries while running included.

    Lagrange's dual: for any price of time the sections' least of energy plus price times time, less price times the
    time there is, lies below every choice. The price at which the sections take just the time there is comes closest.
    """
    seconds = costs.first_s[:, None] + np.arange(costs.energy_j.shape[2])
    own = costs.energy_j + auxiliary_w * seconds

    def dual(price: FloatArray) -> tuple[FloatArray, FloatArray]:
        priced = own + price[:, None, None] * seconds
        choice = priced.argmin(axis=2)
        taken = np.take_along_axis(priced, choice[:, :, None], axis=2)[:, :, 0]
        return taken.sum(axis=1) - price * running_s, (costs.first_s + choice).sum(axis=1)

    low, high = np.zeros(len(running_s)), np.full(len(running_s), 1e6)
    best, _ = dual(low)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        value, taken_s = dual(middle)
        best = np.maximum(best, value)
        low, high = np.where(taken_s > running_s, middle, low), np.where(taken_s > running_s, high, middle)
    return best
