"""The state of the whole day in the search: the times of every trip, and the trains at every second."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dispatch.plans.terminal_occupancy import TerminalRoom
from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.kernel.exact_state import (
    PAD_S,
    ExactState,
    chain_of,
    empty_batch,
    empty_exact_state,
    lay_trains,
    solve,
)
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.terminal_tracks import AROUND
from dispatch.timing.kernel.trips import Limits, Trips, own_patterns
from dispatch.timing.terminal_visits import terminal_visits
from energy_models.arrays import IntArray
from energy_models.supply.device_laws import PackedNetwork

COLUMNS_PER_VEHICLE = 2
"""Successive trips of a vehicle have different columns: a disturbed trip may reach into the next one's first
seconds."""


@dataclass(frozen=True, eq=False)
class TripSpans:
    """What is bounded trip by trip, in the timetable's order: dwells (trips, stations between), and earliest and latest
    departure from each station, at the last one arrival, in seconds of the day (trips, stations, 2)."""

    dwell_shortest_s: IntArray
    dwell_longest_s: IntArray
    reach_s: IntArray


@dataclass(eq=False)
class Day:
    """A day under search: the trips in kernel form and the traffic they make; instant 0 is `start_s`."""

    order: tuple[Trip, ...]
    trips: Trips
    limits: Limits
    noise_s: IntArray
    exact: ExactState
    start_s: int

    @property
    def energy_j(self) -> float:
        """Weighted energy at the substation terminals, mean over the noise samples."""
        return float((self.exact.power_w * self.exact.weight).sum()) / len(self.noise_s)

    @property
    def substation_energy_j(self) -> float:
        """Energy at the substation terminals whatever it is worth, mean over the noise samples."""
        return float(self.exact.power_w.sum()) / len(self.noise_s)

    def timetable(self, strategy: str) -> Timetable:
        """The trips as they stand now, driven by one strategy."""
        return Timetable(
            tuple(
                retimed(
                    trip,
                    int(self.trips.departure_s[j]) + self.start_s,
                    self.trips.run_s[j, self.trips.first_section[j] : self.trips.last_section[j] + 1].tolist(),
                    self.trips.dwell_s[j, self.trips.first_section[j] : self.trips.last_section[j]].tolist(),
                    strategy,
                )
                for j, trip in enumerate(self.order)
            )
        )


@dataclass(frozen=True, eq=False)
class LaidTrips:
    """The trips of a day in kernel form; instant 0 is `start_s`, there are `horizon_s` of them, and `columns` columns
    hold all trains of an instant."""

    trips: Trips
    start_s: int
    horizon_s: int
    columns: int


def lay_trips(
    timetable: Timetable,
    window_s: tuple[IntArray, IntArray],
    gap_longest_s: IntArray,
    limits: Limits,
    motions: MotionTable,
    spans: TripSpans | None = None,
    turnback_s: IntArray | None = None,
    sharing: Mapping[str, IntArray] | None = None,
    rooms: Mapping[str, TerminalRoom] | None = None,
) -> LaidTrips:
    """Bring a timetable into kernel form.

    `gap_longest_s` bounds the headway before each trip, at every station or, with a column a section, at each of them.
    `window_s` is the earliest and latest departure of each trip in the timetable's order, `spans` what is bounded trip
    by trip (none: nothing beside the limits), `turnback_s` the shortest stand after each trip (none: that of its
    direction's end of the line), `sharing` the fields of the patterns (none: each trip has its own), `rooms` the tracks
    of terminals (none: there is always room).
    """
    order = timetable.trips
    count = len(order)
    last_arrival = max(trip.end_s for trip in order)
    start = min(trip.start_s for trip in order) - 4 * PAD_S - 3600
    horizon = last_arrival - start + limits.stand_auxiliary_s + 3600
    before, after = _duty_neighbours(order)
    first = np.array(timetable.first_sections(), dtype=np.int64)
    sections = max(len(trip.driving) for trip in order)
    ahead, behind = _line_neighbours(order, first, sections)
    vehicles = sorted({trip.vehicle for trip in order})
    rank: dict[str, int] = dict.fromkeys(vehicles, 0)
    column = np.zeros(count, dtype=np.int64)
    for j in sorted(range(count), key=lambda j: order[j].start_s):
        vehicle = order[j].vehicle
        column[j] = COLUMNS_PER_VEHICLE * vehicles.index(vehicle) + rank[vehicle] % COLUMNS_PER_VEHICLE
        rank[vehicle] += 1
    stand = np.array(
        [
            order[after[j]].start_s - trip.end_s if after[j] >= 0 else limits.stand_fallback_s
            for j, trip in enumerate(order)
        ],
        dtype=np.int64,
    )
    directions = np.array([0 if trip.direction == "up" else 1 for trip in order], dtype=np.int64)
    trips = Trips(
        direction=directions,
        departure_s=np.array([trip.start_s - start for trip in order], dtype=np.int64),
        run_s=_laid([list(trip.running_times_s) for trip in order], first, sections),
        dwell_s=_laid([list(trip.dwells_s) for trip in order], first, sections - 1),
        stand_s=stand,
        before=before,
        after=after,
        ahead=ahead,
        behind=behind,
        column=column,
        load_step=load_steps(order, motions.load_step, first, sections),
        earliest_s=window_s[0] - start,
        latest_s=window_s[1] - start,
        gap_longest_s=np.broadcast_to(gap_longest_s.reshape(count, -1), (count, sections)).copy(),
        dwell_shortest_s=spans.dwell_shortest_s if spans else limits.dwell_shortest_s[directions],
        dwell_longest_s=spans.dwell_longest_s if spans else limits.dwell_longest_s[directions],
        reach_s=spans.reach_s - start if spans else np.tile(np.array([0, horizon]), (count, sections + 1, 1)),
        first_section=first,
        last_section=first + np.array([len(trip.driving) - 1 for trip in order], dtype=np.int64),
        turnback_shortest_s=turnback_s if turnback_s is not None else limits.turnback_shortest_s[directions],
        **(sharing or own_patterns(count)),
        visits=terminal_visits(timetable, rooms or {}, before),
    )
    return LaidTrips(trips, start, horizon, COLUMNS_PER_VEHICLE * len(vehicles))


def build_day(
    timetable: Timetable,
    window_s: tuple[IntArray, IntArray],
    gap_longest_s: IntArray,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    network: PackedNetwork,
    spans: TripSpans | None = None,
    turnback_s: IntArray | None = None,
    sharing: Mapping[str, IntArray] | None = None,
    rooms: Mapping[str, TerminalRoom] | None = None,
    workers: int = 1,
) -> Day:
    """Lay a timetable out for the search, as `lay_trips` does, and solve every instant on so many threads."""
    laid = lay_trips(timetable, window_s, gap_longest_s, limits, motions, spans, turnback_s, sharing, rooms)
    exact = empty_exact_state(len(noise_s), laid.horizon_s, laid.columns, np.ones(laid.horizon_s), network)
    day = Day(timetable.trips, laid.trips, limits, noise_s, exact, laid.start_s)
    refill(day, motions, network, workers)
    return day


def under_noise(day: Day, noise_s: IntArray, motions: MotionTable, network: PackedNetwork, workers: int = 1) -> Day:
    """The same day under other disturbances, every instant solved anew; the two share their trips.

    With several samples, only the power of each instant is kept, because the trains of all samples need much memory.
    """
    horizon, columns = len(day.exact.weight), day.exact.chainage_m.shape[2]
    samples = len(noise_s)
    exact = empty_exact_state(1 if samples == 1 else 0, horizon, columns, day.exact.weight.copy(), network)
    if samples > 1:
        exact = exact._replace(power_w=np.zeros((samples, horizon)))
    other = replace(day, noise_s=noise_s, exact=exact)
    refill(other, motions, network, workers)
    return other


def without_trains(day: Day) -> Day:
    """The day without the memory for its trains; the power of each instant stays."""
    exact = day.exact
    none = {name: getattr(exact, name)[:0].copy() for name in ("chainage_m", "asked_w", "auxiliary_w", "train_v")}
    return replace(day, exact=exact._replace(**none, static_v=exact.static_v[:0].copy()))


def refill(day: Day, motions: MotionTable, network: PackedNetwork, workers: int = 1) -> None:
    """Lay the trips out anew as they stand now, and solve every instant on so many threads; it makes no difference."""
    exact = day.exact
    if exact.chainage_m.shape[0] == len(exact.power_w):
        _solve_all(day, exact, day.noise_s, motions, network, workers)
        return
    horizon, columns = len(exact.weight), exact.chainage_m.shape[2]
    for sample, noise_s in enumerate(day.noise_s):
        room = empty_exact_state(1, horizon, columns, exact.weight, network)
        room = room._replace(power_w=exact.power_w[sample : sample + 1])
        _solve_all(day, room, noise_s[None], motions, network, workers)


def _solve_all(
    day: Day, exact: ExactState, noise_s: IntArray, motions: MotionTable, network: PackedNetwork, workers: int
) -> None:
    samples, horizon, columns = exact.chainage_m.shape
    lay_trains(day.trips, day.limits, motions, noise_s, exact)
    edges = np.linspace(0, horizon, workers + 1).astype(np.int64)

    def solved(sample: int, begin: int, end: int) -> None:
        batch = empty_batch(columns, exact.static_v.shape[2])
        solve(
            end - begin, np.full(end - begin, sample), np.arange(begin, end), exact, network,
            chain_of(exact, network), batch, exact.power_w[sample, begin:end],
        )  # fmt: skip

    with ThreadPoolExecutor(workers) as pool:
        parts = [pool.submit(solved, sample, begin, end) for sample in range(samples) for begin, end in pairwise(edges)]
        for part in parts:
            part.result()


def load_steps(
    order: tuple[Trip, ...], load_step: int, first: IntArray | None = None, sections: int | None = None
) -> IntArray:
    """Planned load of each trip and section, in steps of the bank; `first` where trips begin on the way."""
    steps = [[round(load / load_step) for load in trip.passengers] for trip in order]
    return _laid(
        steps,
        np.zeros(len(order), dtype=np.int64) if first is None else first,
        len(order[0].driving) if sections is None else sections,
    )


def _laid(rows: list[list[int]], first: IntArray, columns: int) -> IntArray:
    """Rows of unlike length, each from its first column on; zero elsewhere."""
    table = np.zeros((len(rows), columns), dtype=np.int64)
    for row, values, begin in zip(table, rows, first, strict=True):
        row[begin : begin + len(values)] = values
    return table


def _duty_neighbours(order: tuple[Trip, ...]) -> tuple[IntArray, IntArray]:
    before, after = np.full(len(order), -1, dtype=np.int64), np.full(len(order), -1, dtype=np.int64)
    last: dict[str, int] = {}
    for j in sorted(range(len(order)), key=lambda j: order[j].start_s):
        vehicle = order[j].vehicle
        if vehicle in last:
            before[j] = last[vehicle]
            after[last[vehicle]] = j
        last[vehicle] = j
    return before, after


def _line_neighbours(order: tuple[Trip, ...], first: IntArray, sections: int) -> tuple[IntArray, IntArray]:
    """The trips ahead and behind of each trip on each section (-1: none)."""
    ahead, behind = (np.full((len(order), sections), -1, dtype=np.int64) for _ in range(2))
    for section in range(sections):
        last: dict[str, int] = {}
        there = [j for j, trip in enumerate(order) if 0 <= section - first[j] < len(trip.driving)]
        for j in sorted(there, key=lambda j: order[j].departure_s[section - first[j]]):
            direction = order[j].direction
            if direction in last:
                ahead[j, section] = last[direction]
                behind[last[direction], section] = j
            last[direction] = j
    return ahead, behind


def _beside_at_terminals(trips: Trips) -> list[set[int]]:
    """For each trip, the trips whose trains may stand at its terminals at the same time."""
    visits = trips.visits
    beside: list[set[int]] = []
    for j in range(len(trips.departure_s)):
        before = int(trips.before[j])
        places = (visits.place[0, j], visits.place[0, before] if before >= 0 else visits.place[1, j])
        found: set[int] = set()
        for place, t in zip(places, visits.terminal[:, j], strict=True):
            if place >= 0:
                reach = int(visits.tracks[t]) + AROUND
                first, past = visits.visits_begin[t], visits.visits_begin[t + 1]
                near = visits.visit[max(first, place - reach) : min(past, place + reach + 1)]
                arriving = near[near >= 0]
                found |= {*arriving.tolist(), *trips.after[arriving].tolist(), *(-1 - near[near < 0]).tolist()}
        beside.append(found - {-1})
    return beside


def free_trips(day: Day, begin_s: int, end_s: int) -> IntArray:
    """The trips that may change while only instants from begin to end (kernel seconds) are touched.

    The trip, the one its vehicle worked before, and its neighbours on the line and at its terminals must lie within:
    then two searches in disjoint spans never read or write what the other one changes.
    """
    trips, limits = day.trips, day.limits
    sections_s = trips.run_s.sum(axis=1) + trips.dwell_s.sum(axis=1)
    room = max(limits.stand_auxiliary_s, limits.stand_fallback_s) + 1200
    beside = _beside_at_terminals(trips)
    free = []
    for j in range(len(day.order)):
        if trips.earliest_s[j] > trips.departure_s[j] or trips.latest_s[j] < trips.departure_s[j]:
            continue
        first = trips.before[j] if trips.before[j] >= 0 else j
        if trips.departure_s[first] - 4 * PAD_S < begin_s or trips.departure_s[j] + sections_s[j] + room > end_s:
            continue
        neighbours = {n for n in (*trips.ahead[j], *trips.behind[j]) if n >= 0} | beside[j]
        if all(begin_s <= trips.departure_s[n] < end_s for n in neighbours):
            free.append(j)
    return np.array(free, dtype=np.int64)
