"""A lower bound of the substation energy of a set of trips, for all times and all driving.

By the energy balance of the DC network, the substation energy is the energy drawn by the trains minus the regenerated
energy, plus the auxiliaries and the losses of the line. The bound ignores the losses, reuses all regenerated energy,
drives every section with the least net energy, divides the running time of a trip between its sections at least energy,
and uses the minimum turnbacks. If all traction is served, no timetable in whole seconds with the same trips, one-way
times that are not longer, and the same total dwell draws less energy.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import first_section
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray
from energy_models.running_times import FollowedProfiles, ProfileLibrary, RunningTimeFront, front
from energy_models.track import SectionTrack
from energy_models.train import Train
from scenarios.schema.base import DIRECTIONS
from scenarios.values.rolling_stock import thriftiest_train

LOAD_STEP = 50
"""The energy is interpolated between loads that are multiples of this, so that stored fronts are used again."""
LOAD_POINTS = 3
FRONT_POINTS = 24
"""On Shanghai line 8, the tangents of 12 points lie 0.09 % and those of 24 points 0.01 % below those of 48."""
BEYOND_LONGEST = 1.2
"""A front has points up to this multiple of the longest running time of today; beyond, its last tangent is used."""
_FARTHEST = 2
_BISECTIONS = 40


@dataclass(frozen=True)
class EnergyBound:
    """Lower bound in J at the substation terminals: net energy of driving, auxiliaries, minus the stored energy."""

    driving_j: float
    auxiliaries_j: float
    stored_j: float

    @property
    def energy_j(self) -> float:
        """The lower bound of the substation energy."""
        return self.driving_j + self.auxiliaries_j - self.stored_j


def energy_bound(
    timetable: Timetable,
    line: LineModel,
    turnback_shortest_s: tuple[int, int],
    dwell_to_run_s: int = 0,
    workers: int = 1,
    longer_s: int = 0,
    turnback_at_s: Mapping[str, int] | None = None,
) -> EnergyBound:
    """The bound of all timetables with the trips and loads of a timetable.

    `turnback_shortest_s` is the minimum stand after a trip up and down, `turnback_at_s` the same by the station where
    a short trip ends; `dwell_to_run_s` is the limit of the dwell-to-running-time transfer of a trip, `longer_s` the
    time by which each trip may be longer. If the line has vehicles of further train types, each trip has the type with
    the least energy; vehicles with models of their own count as the thriftiest train of their type.

    Fronts are convex, so their tangents are below them, also beyond the last point. Between loads, the energy is on a
    parabola through three fronts, which differs from the front of the load by some 0.01 %.
    """
    kinds = _kinds(line)
    driving_j, standing_s = 0.0, [0.0] * len(kinds)
    for trips in _alike(timetable):
        direction, first, sections = trips[0].direction, first_section(trips[0], line.library), len(trips[0].driving)
        # A second of running time also costs the auxiliaries; a stand at a station costs only the auxiliaries.
        running_s = np.array([_running_s(trip) + dwell_to_run_s + longer_s for trip in trips], dtype=np.float64)
        shortest_s = turnback_shortest_s[DIRECTIONS.index(direction)]
        shortest_s = min(
            (turnback_at_s or {}).get(trips[0].stations[-1], shortest_s), line.scenario.operation.shut_down_after_s
        )
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
        for store in line.network.storages
    )
    return EnergyBound(driving_j, auxiliaries_j, stored_j)


def _kinds(line: LineModel) -> tuple[tuple[ProfileLibrary, Train], ...]:
    """The driving profiles and the train of each kind of vehicle; own models of one type are one thriftiest train."""
    followers: dict[ProfileLibrary, list[Train]] = {}
    found: list[tuple[ProfileLibrary, Train]] = []
    for own in (line.library, *dict.fromkeys(line.others.values())):
        if isinstance(own, FollowedProfiles):
            followers.setdefault(own.followed, []).append(own.train)
        else:
            found.append((own, own.train))
    return (*found, *((library, thriftiest_train(trains)) for library, trains in followers.items()))


def _alike(timetable: Timetable) -> Iterator[tuple[Trip, ...]]:
    """The trips on the same sections in the same direction."""
    for direction in DIRECTIONS:
        groups: dict[tuple[str, ...], list[Trip]] = {}
        for trip in timetable.of(direction):
            groups.setdefault(trip.stations, []).append(trip)
        yield from (tuple(trips) for trips in groups.values())


def share_of_gap_closed(before_j: float, after_j: float, bound_j: float) -> float:
    """Share of the gap between today's energy and the bound that a plan closes; 0 if there is no gap."""
    return (before_j - after_j) / (before_j - bound_j) if before_j > bound_j else 0.0


def _running_s(trip: Trip) -> int:
    return sum(trip.running_times_s)


@dataclass(frozen=True, eq=False)
class _Costs:
    """Least net energy in J of each trip, section and whole second from `first_s[section]`; infinite beyond."""

    first_s: FloatArray
    energy_j: FloatArray


def _costs_j(
    trips: tuple[Trip, ...], tracks: tuple[SectionTrack, ...], train: Train, workers: int, longer_s: int
) -> _Costs:
    """Tables of all trips of a direction; one section may use all the additional time of a trip."""
    loads = np.array([trip.passengers for trip in trips], dtype=np.float64)
    points = [_load_points(loads[:, k]) for k in range(len(tracks))]
    keys = [(k, load) for k, found in enumerate(points) for load in found]
    longest_s = [max(trip.running_time_s(k) for trip in trips) for k in range(len(tracks))]

    def one(key: tuple[int, float]) -> RunningTimeFront:
        k, load = key
        return _reaching(tracks[k], train, load, BEYOND_LONGEST * longest_s[k])

    with ThreadPoolExecutor(max(1, workers)) as pool:
        fronts = dict(zip(keys, pool.map(one, keys), strict=True))
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
    """The front with full credit for regeneration, from the minimum running time to a running time and beyond."""
    coarse = front(track, train, load, FRONT_POINTS)
    needed = longest_s / coarse.minimum_time_s
    if needed <= coarse.running_time_s[-1] / coarse.minimum_time_s:
        return coarse
    # Ratios in steps, so that the stored front is used again.
    return front(track, train, load, FRONT_POINTS, ceil(4.0 * needed) / 4.0)


def _below(found: RunningTimeFront, seconds: FloatArray) -> FloatArray:
    """The maximum of the tangents of a convex front at each time; without the point of the minimum running time."""
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
    """Least energy of each trip within its running time, including auxiliaries.

    Lagrangian dual: for every multiplier of time, the sum over sections of min(energy + multiplier · time), minus the
    multiplier times the available time, is a lower bound. The multiplier at which the sections use exactly the
    available time gives the best bound.
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
