"""Timetables that keep the fixes, as the start of the search.

First the running times and dwells: trips with fixed times have these times; fixed dwells are set, and the other dwells
of the trip compensate. Then the departures: CP-SAT finds the departures nearest to the wanted ones that keep windows,
fixed gaps, headways, turnbacks, mean headways and waiting, exactly.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from dispatch.cp_solver import cp_solver
from dispatch.plans.dwell_transfer import standing_s
from dispatch.plans.fixed import FixedService
from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.day_state import TripSpans
from dispatch.timing.limits import TimingLimits
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import weighted_waiting
from dispatch.timing.task import SearchTask
from energy_models.arrays import IntArray
from energy_models.faults import Infeasible
from scenarios.schema import seconds_to_clock
from scenarios.schema.base import DIRECTIONS

WAITING_CUTS = 30
MEAN_DRIFT_SHARE = 0.0499
"""Largest change of the mean headway of a period; the rule of the checker allows 5 %."""
DETERMINISTIC_TIME = 20.0
FIXES_TOLD = 8


def held(
    task: SearchTask, wished: Timetable, reference: Timetable, begin: Mapping[str, int] | None = None
) -> Timetable:
    """The wanted timetable with the fixes, the smallest changes of departures, and the wanted vehicles if possible.

    At each terminal at most `begin` trains begin, by default as many as in `reference`. Trips with fixed times have the
    times of `reference`. Raises `Infeasible` with the conflicting fixes.
    """
    reasons: list[str] = []
    trips = _ways(task, wished, {trip.trip_id: trip for trip in reference.trips}, reasons)
    if reasons:
        raise Infeasible(reasons)
    found = _Departures(task, Timetable(tuple(trips)), reference, begin).nearest()
    return found if _turns_kept(task, found) else task.turn(found)


def _turns_kept(task: SearchTask, timetable: Timetable) -> bool:
    """Whether every vehicle still reaches its next trip in time."""
    return all(
        after.stations[0] == before.stations[-1]
        and after.start_s - before.end_s >= task.timing_limits.turnback_s(before)
        for chain in timetable.duties().values()
        for before, after in pairwise(chain)
    )


def trip_spans(task: SearchTask, order: tuple[Trip, ...]) -> TripSpans:
    """Limits of dwells and of departures at each station, by trip, for the search."""
    fixed, limits = task.timing_limits.fixed, task.limits
    sections = max(len(trip.driving) for trip in order)
    begins = Timetable(order).first_sections()
    directions = np.array([DIRECTIONS.index(trip.direction) for trip in order], dtype=np.int64)
    shortest, longest = limits.dwell_shortest_s[directions], limits.dwell_longest_s[directions]
    reach = np.tile(np.array([-(10**9), 10**9], dtype=np.int64), (len(order), sections + 1, 1))
    for j, trip in enumerate(order):
        for station, dwell_s in fixed.dwells_s.get(trip.trip_id, {}).items():
            inner = begins[j] + trip.stations.index(station) - 1
            shortest[j, inner] = longest[j, inner] = dwell_s
        if trip.trip_id in task.timing_limits.arrival_span_s:
            reach[j, begins[j] + len(trip.driving)] = task.timing_limits.arrival_span_s[trip.trip_id]
        if fixed.close_s is not None and trip.trip_id in fixed.close_to:
            close_to = fixed.close_to[trip.trip_id]
            times = np.array((*close_to.departure_s[:-1], close_to.arrival_s[-1]), dtype=np.int64)
            here = slice(begins[j], begins[j] + len(times))
            reach[j, here, 0] = np.maximum(reach[j, here, 0], times - fixed.close_s)
            reach[j, here, 1] = np.minimum(reach[j, here, 1], times + fixed.close_s)
    return TripSpans(shortest, longest, reach)


def departure_window_s(timing_limits: TimingLimits, trip: Trip) -> tuple[int, int]:
    """Departure window of a trip: from the rules, its fix, and the plan to keep close to."""
    fixed = timing_limits.fixed
    low, high = timing_limits.window_s[trip.trip_id]
    if trip.trip_id in fixed.windows_s:
        low, high = max(low, fixed.windows_s[trip.trip_id][0]), min(high, fixed.windows_s[trip.trip_id][1])
    if fixed.close_s is not None and trip.trip_id in fixed.close_to:
        before = fixed.close_to[trip.trip_id].departure_s[0]
        low, high = max(low, before - fixed.close_s), min(high, before + fixed.close_s)
    return low, high


def rigid_trips(task: SearchTask) -> frozenset[str]:
    """Trips whose departure stays fixed after the fit: trips with fixed times, or with a fixed gap."""
    gaps = task.timing_limits.fixed.gaps
    return frozenset({*task.timing_limits.fixed.times, *(gap.ahead for gap in gaps), *(gap.trip for gap in gaps)})


def pinned_dwells_s(task: SearchTask, trips: tuple[Trip, ...]) -> dict[int, int]:
    """Dwells (by index of the intermediate station) with one fixed value for all of these trips."""
    pinned = {}
    for inner, station in enumerate(trips[0].stations[1:-1]):
        values = {task.timing_limits.fixed.dwells_s.get(trip.trip_id, {}).get(station) for trip in trips}
        if len(values) == 1 and None not in values:
            pinned[inner] = int(next(value for value in values if value is not None))
    return pinned


def way_with_dwells(
    task: SearchTask, trip: Trip, fixed_s: Mapping[int, int], reasons: list[str]
) -> tuple[list[int], list[int]]:
    """Running times and dwells of a trip with some fixed dwells; the other dwells compensate.

    A remaining excess is a reason of infeasibility; a remaining surplus shortens the trip.
    """
    direction = DIRECTIONS.index(trip.direction)
    sections = len(trip.driving)
    run = list(trip.running_times_s)
    dwell = [trip.dwell_s(k) for k in range(1, sections)]
    excess = sum(value - dwell[inner] for inner, value in fixed_s.items())
    for inner, value in fixed_s.items():
        dwell[inner] = value
    while excess != 0:
        step = 1 if excess > 0 else -1
        limit = (task.limits.dwell_shortest_s if step > 0 else task.limits.dwell_longest_s)[direction]
        room = {k: step * (dwell[k] - int(limit[k])) for k in range(sections - 1) if k not in fixed_s}
        widest = max(room, key=lambda k: (room[k], -k), default=None)
        if widest is None or room[widest] <= 0:
            break
        dwell[widest] -= step
        excess -= step
    if excess > 0:
        names = ", ".join(f"{value} s at {trip.stations[inner + 1]}" for inner, value in fixed_s.items())
        reasons.append(
            f"trip {trip.trip_id} cannot have the dwells {names} without a longer total dwell: its other dwells can "
            f"only decrease by {excess} s less than necessary"
        )
    return run, dwell


def way_on_grid(
    task: SearchTask, today: Trip, run: list[int], dwell: list[int], fixed_s: Mapping[int, int]
) -> tuple[list[int], list[int]]:
    """Running times and dwells of a trip (`today` is that in force) with dwells on their grid; the total of all stays.

    Dwells are rounded down, then as many are rounded up as the total dwell allows. The rest becomes running time if the
    rules allow so much, otherwise one dwell keeps it. Fixed dwells stay. If the shortest dwells leave no room on the
    grid, all dwells stay.
    """
    grid = task.timing_limits.dwell_grid_s
    if grid == 1:
        return run, dwell
    direction = DIRECTIONS.index(today.direction)
    free = [k for k in range(len(dwell)) if k not in fixed_s]
    least = {k: -(-int(task.limits.dwell_shortest_s[direction][k]) // grid) * grid for k in free}
    on_grid = [max(dwell[k] // grid * grid, least[k]) if k in least else dwell[k] for k in range(len(dwell))]
    rest = sum(dwell) - sum(on_grid)
    for k in sorted(free, key=lambda k: (on_grid[k] - dwell[k], k)):
        if rest >= grid and on_grid[k] + grid <= task.limits.dwell_longest_s[direction][k]:
            on_grid[k] += grid
            rest -= grid
    if rest < 0 or not free:
        return run, dwell
    run = list(run)
    longest = max(range(len(run)), key=lambda k: (run[k], -k))
    spare_s = task.limits.dwell_to_run_s - (standing_s(today) - sum(dwell))
    if rest <= spare_s and run[longest] + rest <= task.motions.longest_s[direction, longest]:
        run[longest] += rest
    else:
        on_grid[free[0]] += rest
    return run, on_grid


def _on_grid(low: int, high: int, grid: int) -> list[int]:
    """The multiples of the grid from low to high; all seconds if there is none."""
    return list(range(-(-low // grid) * grid, high + 1, grid)) or list(range(low, high + 1))


def _ways(task: SearchTask, wished: Timetable, reference: Mapping[str, Trip], reasons: list[str]) -> Iterator[Trip]:
    fixed = task.timing_limits.fixed
    today = {trip.trip_id: trip for trip in task.baseline.trips}
    for trip in wished.trips:
        if trip.trip_id in fixed.times:
            times = fixed.times[trip.trip_id]
            run = [b - a for a, b in zip(times.departure_s[:-1], times.arrival_s[1:], strict=True)]
            dwell = [b - a for a, b in zip(times.arrival_s[1:-1], times.departure_s[1:-1], strict=True)]
            yield retimed(trip, times.departure_s[0], run, dwell, trip.driving[0])
            continue
        # Close to another plan means its ways, too, as far as the search has not improved them.
        source = reference[trip.trip_id] if fixed.close_s is not None else trip
        dwells = {trip.stations.index(name) - 1: value for name, value in fixed.dwells_s.get(trip.trip_id, {}).items()}
        run, dwell = way_with_dwells(task, source, dwells, reasons)
        run, dwell = way_on_grid(task, today[trip.trip_id], run, dwell, dwells)
        yield retimed(trip, trip.start_s, run, dwell, trip.driving[0])


@dataclass(eq=False)
class _Departures:
    """A CP-SAT model of the departures of a timetable; each fix has an assumption literal, to report conflicts."""

    task: SearchTask
    wished: Timetable
    reference: Timetable
    begin: Mapping[str, int] | None = None
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    at: dict[str, cp_model.IntVar] = field(default_factory=dict)
    wishes: dict[str, cp_model.IntVar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for trip in self.wished.trips:
            low, high = self.task.timing_limits.window_s[trip.trip_id]
            times = cp_model.Domain.from_values(_on_grid(low, max(low, high), self.task.timing_limits.departure_grid_s))
            self.at[trip.trip_id] = self.model.new_int_var_from_domain(times, trip.trip_id)
        self._headways()
        self._turnbacks()
        self._means()
        self._fixes()
        moved = []
        for trip in self.wished.trips:
            by = self.model.new_int_var(0, 10**6, f"{trip.trip_id}-moved")
            self.model.add(by >= self.at[trip.trip_id] - trip.start_s)
            self.model.add(by >= trip.start_s - self.at[trip.trip_id])
            moved.append(by)
        self.model.minimize(cp_model.LinearExpr.sum(moved))

    def _headways(self) -> None:
        timing_limits = self.task.timing_limits
        for direction in DIRECTIONS:
            for (ahead, trip), places in self.wished.neighbours(direction).items():
                longest = timing_limits.gaps_longest_s(trip)
                least, most = [], []
                for theirs, ours in places:
                    # By how much the gap here is longer than that between the first departures of the two.
                    longer = (trip.departure_s[ours] - trip.start_s) - (ahead.departure_s[theirs] - ahead.start_s)
                    arriving = trip.running_time_s(ours) - ahead.running_time_s(theirs)
                    least.append(longer + min(0, arriving))
                    most.append(longest[ours] - longer)
                gap = self.at[trip.trip_id] - self.at[ahead.trip_id]
                self.model.add(gap >= timing_limits.headway_shortest_s - min(least))
                self.model.add(gap <= min(most))

    def _turnbacks(self) -> None:
        """Trains turn first in, first out, and the number that begin at a terminal has a limit.

        The k-th departure is then after the corresponding arrival.
        """
        begin = self.begin or Counter(chain[0].stations[0] for chain in self.reference.duties().values())
        for station in sorted({trip.stations[-1] for trip in self.wished.trips}):
            arrivals = sorted(
                (trip for trip in self.wished.trips if trip.stations[-1] == station), key=lambda trip: trip.end_s
            )
            turn = self.task.timing_limits.turnback_s(arrivals[0])
            departures = sorted(
                (trip for trip in self.wished.trips if trip.stations[0] == station), key=lambda trip: trip.start_s
            )
            for before, after in zip(arrivals, departures[begin.get(station, 0) :], strict=False):
                shortest = before.end_s - before.start_s + turn
                self.model.add(self.at[after.trip_id] >= self.at[before.trip_id] + shortest)

    def _means(self) -> None:
        """No period's mean headway changes by more than the checker allows."""
        today = self.task.baseline.trips
        for period in periods_of(self.task.baseline, self.task.timing_limits.period_starts_s):
            for d, members in enumerate(period.members):
                span = period.span_s(d, today)
                if not members or span == 0:
                    continue
                following = [j for j, ahead in period.previous.items() if ahead == members[-1]]
                end = today[following[0] if following else members[-1]]
                now = self.at[end.trip_id] - self.at[today[members[0]].trip_id]
                drift = int(MEAN_DRIFT_SHARE * span)
                self.model.add_linear_constraint(now, span - drift, span + drift)

    def _wish(self, sentence: str) -> cp_model.IntVar:
        if sentence not in self.wishes:
            self.wishes[sentence] = self.model.new_bool_var(sentence)
        return self.wishes[sentence]

    def _fixes(self) -> None:
        fixed = self.task.timing_limits.fixed
        for trip in self.wished.trips:
            name, at = trip.trip_id, self.at[trip.trip_id]
            if name in fixed.times:
                self.model.add(at == trip.start_s).only_enforce_if(
                    self._wish(f"trip {name}, {seconds_to_clock(trip.start_s)}, keeps its times")
                )
            elif name in fixed.windows_s:
                low, high = fixed.windows_s[name]
                words = f"trip {name} leaves between {seconds_to_clock(low)} and {seconds_to_clock(high)}"
                self.model.add_linear_constraint(at, low, high).only_enforce_if(self._wish(words))
            if fixed.close_s is not None and name in fixed.close_to:
                before = fixed.close_to[name]
                times = zip(
                    (*trip.departure_s[:-1], trip.end_s), (*before.departure_s[:-1], before.arrival_s[-1]), strict=True
                )
                shifts = [then - (now - trip.start_s) for now, then in times]
                low, high = max(shifts) - fixed.close_s, min(shifts) + fixed.close_s
                wish = self._wish(f"no trip moves by more than {fixed.close_s} s")
                if low > high:
                    self.model.add(wish == 0)
                else:
                    self.model.add_linear_constraint(at, low, high).only_enforce_if(wish)
        for gap in fixed.gaps:
            words = f"trip {gap.trip} leaves {gap.gap_s} s after {gap.ahead}"
            self.model.add(self.at[gap.trip] - self.at[gap.ahead] == gap.gap_s).only_enforce_if(self._wish(words))

    def nearest(self) -> Timetable:
        """The departures nearest to the wanted ones; raises `Infeasible`."""
        if not self._bears(tuple(self.wishes)):
            raise Infeasible(self._why_not())
        self.model.clear_assumptions()
        for wish in self.wishes.values():
            self.model.add(wish == 1)
        # The checker integrates waiting a little differently; a plan that passed it may wait as it does.
        allowed = max(
            weighted_waiting(timetable, self.task.timing_limits.arrivals_per_s)
            for timetable in (self.task.baseline, self.reference)
        )
        for _ in range(WAITING_CUTS):
            solver = cp_solver(DETERMINISTIC_TIME)
            if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                raise Infeasible(
                    [
                        "with these fixes passengers wait longer than today for all times of the other trips: "
                        + "; ".join([*self.wishes, *self._told()][:FIXES_TOLD])
                    ]
                )
            found = Timetable(
                tuple(
                    retimed(
                        trip,
                        solver.value(self.at[trip.trip_id]),
                        list(trip.running_times_s),
                        [trip.dwell_s(k) for k in range(1, len(trip.driving))],
                        trip.driving[0],
                    )
                    for trip in self.wished.trips
                )
            )
            waiting = weighted_waiting(found, self.task.timing_limits.arrivals_per_s)
            if waiting <= allowed:
                return found
            self._cut_waiting(found, waiting, allowed)
        return found

    def _cut_waiting(self, found: Timetable, waiting: float, allowed: float) -> None:
        """A tangent of the waiting at the found departures; all solutions with less waiting keep it (convexity)."""
        slopes: dict[str, float] = {}
        rates = self.task.timing_limits.arrivals_per_s
        for direction in DIRECTIONS:
            for ahead, trip in pairwise(found.of(direction)):
                gaps = np.subtract(trip.departure_s[:-1], ahead.departure_s[:-1])
                slope = float(np.dot(rates[trip.trip_id], gaps))
                slopes[trip.trip_id] = slopes.get(trip.trip_id, 0.0) + slope
                slopes[ahead.trip_id] = slopes.get(ahead.trip_id, 0.0) - slope
        scale = 1e4 / max((abs(slope) for slope in slopes.values()), default=1.0)
        starts = {trip.trip_id: trip.start_s for trip in found.trips}
        # A step below the limit, so that few tangents do.
        room = allowed - waiting - 0.1 * (waiting - allowed)
        terms = [round(scale * slope) * (self.at[name] - starts[name]) for name, slope in slopes.items() if slope]
        self.model.add(cp_model.LinearExpr.sum(terms) <= round(scale * room))

    def _told(self) -> list[str]:
        """Sentences for the fixes and grids that have no assumption literal."""
        limits = self.task.timing_limits
        grid = limits.departure_grid_s
        told = [f"departures from terminals are multiples of {grid} s"] if grid > 1 else []
        return [*told, *_dwells_told(limits.fixed)]

    def _bears(self, sentences: tuple[str, ...]) -> bool:
        self.model.clear_assumptions()
        self.model.add_assumptions([self.wishes[sentence] for sentence in sentences])
        model = self.model.clone()
        model.minimize(0)
        return cp_solver(DETERMINISTIC_TIME).solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def _why_not(self) -> tuple[str, ...]:
        """A minimal set of conflicting fixes."""
        clashing = list(self.wishes)
        for size in (len(clashing) // 4, len(clashing) // 16, 1):
            # Large bites first: most fixes have nothing to do with it.
            begin = 0
            while size and begin < len(clashing):
                rest = clashing[:begin] + clashing[begin + size :]
                if self._bears(tuple(rest)):
                    begin += size
                else:
                    clashing = rest
        if not clashing:
            return ("no departures keep headways, turnbacks and mean headways, even without fixes",)
        told = "; ".join(clashing[:FIXES_TOLD])
        more = f"; and {len(clashing) - FIXES_TOLD} more" if len(clashing) > FIXES_TOLD else ""
        head = "these fixes conflict" if len(clashing) > 1 else "this fix cannot be kept"
        return (
            f"{head} with headways, turnbacks or each other: {told}{more}",
            f"a plan exists without {'any one of these fixes' if len(clashing) > 1 else 'this fix'}",
        )


def held_flags(task: SearchTask, order: tuple[Trip, ...]) -> IntArray:
    """1 for each trip of an order that the search does not change."""
    return np.array([trip.trip_id in task.timing_limits.fixed.times for trip in order], dtype=np.int64)


def _dwells_told(fixed: FixedService) -> list[str]:
    """A sentence for the fixed dwells of each station."""
    values: dict[str, set[int]] = {}
    for dwells in fixed.dwells_s.values():
        for station, dwell_s in dwells.items():
            values.setdefault(station, set()).add(dwell_s)
    return [f"the dwell at {name} is {' or '.join(str(s) for s in sorted(found))} s" for name, found in values.items()]
