"""The timetable nearest to a wanted one that keeps the fixes, as the start of the search.

CP-SAT finds the departures nearest to the wanted ones that keep windows, fixed gaps, headways, turnbacks, mean headways
and waiting, exactly.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from dispatch.cp_solver import cp_solver
from dispatch.plans.fixed import FixedService
from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.fit_to_fixes import times_on_grid, way_on_grid, way_with_dwells
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import weighted_waiting
from dispatch.timing.task import SearchTask
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
            times = cp_model.Domain.from_values(
                times_on_grid(low, max(low, high), self.task.timing_limits.departure_grid_s)
            )
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


def _dwells_told(fixed: FixedService) -> list[str]:
    """A sentence for the fixed dwells of each station."""
    values: dict[str, set[int]] = {}
    for dwells in fixed.dwells_s.values():
        for station, dwell_s in dwells.items():
            values.setdefault(station, set()).add(dwell_s)
    return [f"the dwell at {name} is {' or '.join(str(s) for s in sorted(found))} s" for name, found in values.items()]
