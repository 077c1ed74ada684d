"""Running times and dwells of each trip from published times, which are rounded and often have no dwells."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, isfinite, isnan, nan
from statistics import fmean, median

from energy_models.faults import InputFaults
from scenarios.imports.least_times import SectionTimes
from scenarios.imports.line import ImportedLine, SeenTrip
from scenarios.imports.patterns import trip_list
from scenarios.imports.section_fit import COARSE_S, Fit, Pattern, fitted
from scenarios.imports.short_times import ShortTimes, one_way_s
from scenarios.imports.time_changes import SectionChange, change_notes, section_changes
from scenarios.schema.base import DIRECTIONS, Direction

RESOLUTIONS_S = (60, 30, 20, 15, 10, 5)
REGULAR_SHARE = 0.98
"""Least share of times that must be whole multiples of a resolution."""
RESERVE_S = 0.5
"""Reserve above the flat-out running time."""
SHORTEST_DWELL_S = 20
"""Shortest dwell that is inferred, unless the timetable or the user gives a shorter dwell."""
USUAL_DWELL_S = 30
"""Dwell for a timetable without dwells if neither the user nor another scenario gives one (assumed)."""
PERIOD_S = 3600
"""The mean one-way time is kept in each clock hour of departure."""


@dataclass(frozen=True)
class InferredTimes:
    """The line with times in whole seconds at every stop, the changes by section, and the resolution of the times."""

    line: ImportedLine
    changes: tuple[SectionChange, ...]
    resolution_s: int


@dataclass(frozen=True)
class _Limits:
    """What a train can do on the line, by direction: least running times (None: unknown) and shares of the sections."""

    least_s: SectionTimes | None
    shape_s: SectionTimes
    dwell_s: int
    least_dwell_s: int


def resolution_of_s(trips: Sequence[SeenTrip]) -> int:
    """The resolution of the published times, in s: the largest interval of which almost all times are multiples.

    The times count from the first departure of their trip; departures and arrivals count apart, because a timetable may
    have whole minutes and a fixed dwell.
    """
    counted: Counter[int] = Counter()
    for trip in trips:
        departures = [time_s for time_s in trip.departure_s[:-1] if not isnan(time_s)]
        arrivals = [time_s for time_s in trip.arrival_s[1:] if not isnan(time_s)]
        for times in (departures, arrivals):
            counted.update(round(time_s - times[0]) for time_s in times[1:])
    total = sum(counted.values())
    for resolution_s in RESOLUTIONS_S:
        regular = sum(number for time_s, number in counted.items() if time_s % resolution_s == 0)
        if total and regular >= REGULAR_SHARE * total:
            return resolution_s
    return 1


def usual_dwell_s(line: ImportedLine) -> int | None:
    """The median of the dwells in the timetable; None if fewer than half of the stops with times have one.

    Dwells at single stations are waiting times at timing points, and say nothing about the others.
    """
    dwells = [
        departure - arrival
        for trip in line.trips
        for arrival, departure in zip(trip.arrival_s[1:-1], trip.departure_s[1:-1], strict=True)
        if isfinite(departure)
    ]
    positive = [dwell_s for dwell_s in dwells if dwell_s > 0]
    return round(median(positive)) if positive and len(positive) >= len(dwells) / 2 else None


def inferred_times(
    line: ImportedLine,
    shape_s: SectionTimes,
    least_s: SectionTimes | None,
    dwell_s: int,
    short_times: ShortTimes | None = None,
) -> InferredTimes:
    """The line with running times and dwells that a train can run, and with the published one-way times.

    `least_s` are flat-out running times (None: not known, nothing is checked), `shape_s` running times whose ratios
    divide a time between sections. `dwell_s` is the dwell at stops without a dwell in the timetable. Trips with the
    same published times in the same hour have the same times afterwards. Times that are exact and possible stay as
    they are. Raises InputFaults with one fault, described by `short_times`, if trips are faster than the train can run.
    """
    resolution_s = resolution_of_s(line.trips)
    limits = _Limits(least_s, shape_s, dwell_s, min(SHORTEST_DWELL_S, dwell_s))
    done: dict[str, SeenTrip] = {}
    changes: list[SectionChange] = []
    notes: list[str] = []
    too_short: dict[str, Pattern] = {}
    for direction in DIRECTIONS:
        trips = line.trips_in(direction)
        patterns = _patterns(line, direction, trips, limits, resolution_s)
        times, told, short = _one_way_times(trips, patterns, resolution_s)
        if short:
            too_short |= {trip.trip_id: patterns[trip.trip_id] for trip in short}
            continue
        notes += told
        fits: dict[tuple[Pattern, int], Fit] = {}
        for trip in trips:
            key = patterns[trip.trip_id], times[trip.trip_id]
            if key not in fits:
                kept = _as_published(key[0], resolution_s)
                fits[key] = kept if kept is not None else fitted(*key, resolution_s)
            done[trip.trip_id] = _with(trip, fits[key])
        beyond = {trip.trip_id: fits[patterns[trip.trip_id], times[trip.trip_id]].beyond_s for trip in trips}
        changes += section_changes(line, direction, trips, done, beyond)
    if too_short:
        raise InputFaults([(short_times or ShortTimes("")).fault(line, too_short, resolution_s, limits.least_dwell_s)])
    notes = [*change_notes(changes, resolution_s, limits.dwell_s), *notes]
    return InferredTimes(
        line.with_trips([done[trip.trip_id] for trip in line.trips], notes), tuple(changes), resolution_s
    )


def _patterns(
    line: ImportedLine, direction: Direction, trips: Sequence[SeenTrip], limits: _Limits, resolution_s: int
) -> dict[str, Pattern]:
    """The pattern of each trip. Trips of one hour over the same stations aim at the mean of their published times."""
    order = line.order(direction)
    place = {station: k for k, station in enumerate(order)}
    together: dict[tuple[int, int, int], list[SeenTrip]] = defaultdict(list)
    for trip in trips:
        together[place[trip.stations[0]], place[trip.stations[-1]], _hour(trip)].append(trip)
    found: dict[str, Pattern] = {}
    known: dict[Pattern, Pattern] = {}
    for (begin, end, _), group in together.items():
        share = [
            fmean(values) if all(isfinite(value) for value in values) else nan
            for values in zip(
                *(
                    [(time_s - trip.departure_s[0]) / max(one_way_s(trip), 1) for time_s in trip.departure_s]
                    for trip in group
                ),
                strict=True,
            )
        ]
        least_s = (limits.least_s or {})[direction][begin:end] if limits.least_s else [0.0] * (end - begin)
        shape_s = tuple(limits.shape_s[direction][begin:end])
        for trip in group:
            pattern = _pattern(trip, share if resolution_s >= COARSE_S else None, least_s, shape_s, limits)
            found[trip.trip_id] = known.setdefault(pattern, pattern)
    return found


def _pattern(
    trip: SeenTrip, share: Sequence[float] | None, least_s: Sequence[float], shape_s: tuple[float, ...], limits: _Limits
) -> Pattern:
    first = trip.departure_s[0]
    arrival, departure, aim = [0.0], [0.0], [0.0]
    dwells, least_dwells = [], []
    for k in range(1, len(trip.stations) - 1):
        comes, leaves = trip.arrival_s[k] - first, trip.departure_s[k] - first
        dwell_s = leaves - comes
        # A single time is that of the departure: an arrival at the same second is not a time of its own.
        arrival.append(comes if dwell_s > 0 else nan)
        departure.append(leaves)
        aim.append(share[k] * one_way_s(trip) if share is not None else leaves)
        dwells.append(round(dwell_s) if dwell_s > 0 else limits.dwell_s)
        least_dwells.append(min(limits.least_dwell_s, dwells[-1]))
    arrival.append(float(one_way_s(trip)))
    departure.append(arrival[-1])
    aim.append(arrival[-1])
    runs = tuple(max(1, ceil(time_s + RESERVE_S)) if time_s else 1 for time_s in least_s)
    return Pattern(
        tuple(arrival), tuple(departure), tuple(aim), runs, shape_s, tuple(dwells), tuple(least_dwells)
    )  # fmt: skip


def _hour(trip: SeenTrip) -> int:
    return int(trip.departure_s[0] // PERIOD_S)


def _one_way_times(
    trips: Sequence[SeenTrip], patterns: Mapping[str, Pattern], resolution_s: int
) -> tuple[dict[str, int], list[str], list[SeenTrip]]:
    """The one-way time of each trip: the published one, or, where it is too short by less than the resolution, a longer
    one, while other trips of the same hour (otherwise of the day) become as much shorter; the notes; the trips that
    remain too short."""
    times = {trip.trip_id: one_way_s(trip) for trip in trips}
    short = [trip for trip in trips if times[trip.trip_id] < patterns[trip.trip_id].least_time_s]
    if not short:
        return times, [], []
    impossible = [
        trip for trip in short if patterns[trip.trip_id].least_time_s - times[trip.trip_id] > resolution_s
    ]  # fmt: skip
    if impossible:
        return times, [], impossible
    spare = {
        trip.trip_id: min(resolution_s, times[trip.trip_id] - patterns[trip.trip_id].least_time_s) for trip in trips
    }
    balance: dict[int, int] = defaultdict(int)
    for trip in short:
        balance[_hour(trip)] += -spare[trip.trip_id]
        times[trip.trip_id] -= spare[trip.trip_id]
    over_day = 0
    for hour, needed_s in balance.items():
        over_day += _shorten([trip for trip in trips if _hour(trip) == hour], times, spare, needed_s)
    remains_s = _shorten(trips, times, spare, over_day) if over_day else 0
    if remains_s > len(trips) / 2:
        return times, [], short
    where = "the same hour" if not over_day else "the day"
    note = (
        f"{len(short)} trips are up to {-min(spare[trip.trip_id] for trip in short)} s too short for the train, within "
        f"the rounding of {resolution_s} s: they became longer, and other trips of {where} as much shorter, so that "
        f"the mean one-way time stays: {trip_list(trip.trip_id for trip in short)}"
    )
    return times, [note], []


def _shorten(trips: Sequence[SeenTrip], times: dict[str, int], spare: dict[str, int], needed_s: int) -> int:
    """Shorten trips with spare time, each by about the same share of it; the seconds that remain."""
    total = sum(max(spare[trip.trip_id], 0) for trip in trips)
    share = min(1.0, needed_s / total) if total else 0.0
    given = 0.0
    taken = 0
    for trip in trips:
        own = max(spare[trip.trip_id], 0)
        given += share * own
        step = min(own, round(given) - taken)
        taken += step
        times[trip.trip_id] -= step
        spare[trip.trip_id] -= step
    return needed_s - taken


def _as_published(pattern: Pattern, resolution_s: int) -> Fit | None:
    """The published times, if they are exact and complete and a train can run them."""
    if resolution_s >= COARSE_S or not all(isfinite(time_s) for time_s in (*pattern.arrival_s, *pattern.departure_s)):
        return None
    runs = [after - before for before, after in zip(pattern.departure_s, pattern.arrival_s[1:], strict=False)]
    if any(run < least for run, least in zip(runs, pattern.least_run_s, strict=True)):
        return None
    return Fit(
        tuple(round(time_s) for time_s in pattern.arrival_s), tuple(round(time_s) for time_s in pattern.departure_s), 0
    )


def _with(trip: SeenTrip, fit: Fit) -> SeenTrip:
    first = round(trip.departure_s[0])
    return replace(
        trip,
        arrival_s=tuple(float(first + time_s) for time_s in fit.arrival_s),
        departure_s=tuple(float(first + time_s) for time_s in fit.departure_s),
    )
