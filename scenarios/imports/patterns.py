"""Recognise the line in a timetable: its stations, short turns, branches, expresses and loops."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from energy_models.faults import Fault, InputFaults

LEAST_WHOLE_SHARE = 0.1
"""Least share of trips over the whole line among all trips over its stations: a rare extension is not the line."""
LISTED_TRIPS = 12
"""Number of trip identifiers in a note; further trips are counted."""

Pattern = tuple[str, ...]


@dataclass(frozen=True)
class SeenTrip:
    """One trip of a published timetable, stations in order of travel, times in s from the service day's midnight.

    A stop without a time has NaN. `service` and `train_number` are those of the source. `of_frequency` is the trip of
    the source that stands for a whole frequency; `flexible_s` is the headway if its departures are not fixed.
    """

    trip_id: str
    stations: tuple[str, ...]
    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    vehicle: str = ""
    train_number: str = ""
    service: str = ""
    of_frequency: str = ""
    flexible_s: float | None = None

    def part(self, begin: int, end: int) -> "SeenTrip":
        """The trip from one position to another, both included."""
        return replace(
            self,
            stations=self.stations[begin : end + 1],
            arrival_s=self.arrival_s[begin : end + 1],
            departure_s=self.departure_s[begin : end + 1],
        )

    def at(self, positions: Sequence[int]) -> "SeenTrip":
        """The trip with the stops at these positions only."""
        return replace(
            self,
            stations=tuple(self.stations[k] for k in positions),
            arrival_s=tuple(self.arrival_s[k] for k in positions),
            departure_s=tuple(self.departure_s[k] for k in positions),
        )


@dataclass(frozen=True)
class RecognisedLine:
    """The stations in direction up, the trips over them, the stations where short trips turn, and notes."""

    order: Pattern
    trips: tuple[SeenTrip, ...]
    turning: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """How a pattern runs over a line.

    `positions` are the stops on the line, as positions in the pattern. `outside` are the stations before and after,
    `extra` the stations between two neighbouring stations of the line, `skipped` the stations of the line without a
    stop.
    """

    positions: tuple[int, ...]
    outside: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    turns_around: bool = False


def recognised_line(
    trips: Sequence[SeenTrip],
    names: Mapping[str, str],
    file: str,
    first: str | None = None,
    branch: str | None = None,
    without_expresses: bool = False,
    other_directions: Sequence[str] = (),
) -> RecognisedLine:
    """The line of these trips.

    The line is the pattern of stations with the most stops per day that runs in both directions, with all trips over a
    part of it; `branch` chooses the pattern with that station. `first` is the station where direction up begins; by
    default, direction up is that of the first whole trip. Trips over a part of the line are short trips. Trips that
    leave the line for a branch are short trips to the junction. `other_directions` are routes with the same stations in
    the other direction, for the fault. Raises InputFaults for a loop, for a line without a second direction, for an
    unknown `first` or `branch`, and for expresses unless they are left out with `without_expresses`.
    """
    _refuse_loops(trips, names, file)
    trips, doubles = without_doubles(trips)
    counts = Counter(trip.stations for trip in trips)
    lines = _candidates(counts)
    if not lines:
        raise InputFaults(_one_way(counts, names, file, other_directions))
    chosen, branch_notes = _chosen(lines, names, file, branch)
    order = _in_direction_up(chosen, trips, names, file, first)
    courses = {pattern: course_over(pattern, order) for pattern in counts}
    faults: list[Fault] = []
    notes = [*branch_notes, *doubles]
    kept: list[SeenTrip] = []
    for kind, group in _by_kind(trips, courses).items():
        told = _sentence(kind, group, courses, names)
        if kind[0] == "express" and not without_expresses:
            allowed = (
                "trips that stop at every station between their ends: Headwatt does not plan expresses. With a GTFS "
                "feed, --without-expresses leaves them out"
            )
            faults.append(Fault(file, "", "expresses", told, allowed))
        elif kind[0] in ("express", "elsewhere", "turns"):
            notes.append(f"left out: {told}")
        else:
            kept += [trip.at(courses[trip.stations].positions) for trip in group]
            notes += [told] if group[0].stations not in (order, order[::-1]) else []
    if faults:
        raise InputFaults(faults)
    ends = {end for trip in kept for end in (trip.stations[0], trip.stations[-1])}
    turning = tuple(station for station in order[1:-1] if station in ends)
    return RecognisedLine(order, tuple(kept), turning, tuple(notes))


def course_over(pattern: Pattern, order: Pattern) -> Course:
    """How a pattern runs over a line; without positions if it has fewer than two stations in common with it."""
    place = {station: k for k, station in enumerate(order)}
    on = [k for k, station in enumerate(pattern) if station in place]
    if len(on) < 2:
        return Course(())
    steps = [place[pattern[b]] - place[pattern[a]] for a, b in pairwise(on)]
    sign = 1 if steps[0] > 0 else -1
    if any(step * sign <= 0 for step in steps):
        return Course((), turns_around=True)
    skipped = [
        station
        for (a, _), step in zip(pairwise(on), steps, strict=True)
        for station in order[place[pattern[a]] + sign : place[pattern[a]] + step : sign]
    ]
    extra = [pattern[k] for a, b in pairwise(on) for k in range(a + 1, b)]
    return Course(tuple(on), (*pattern[: on[0]], *pattern[on[-1] + 1 :]), tuple(extra), tuple(skipped))


def trip_list(trips: Iterable[str]) -> str:
    """The identifiers of trips for a note; further trips are counted."""
    ids = list(trips)
    more = f" and {len(ids) - LISTED_TRIPS} more" if len(ids) > LISTED_TRIPS else ""
    return ", ".join(ids[:LISTED_TRIPS]) + more


def without_doubles(trips: Sequence[SeenTrip]) -> tuple[list[SeenTrip], list[str]]:
    """The trips without those that run at the same times over the same stations, and a note on each kind of them."""
    first: dict[tuple[object, ...], SeenTrip] = {}
    doubles: dict[str, list[str]] = defaultdict(list)
    for trip in trips:
        kept = first.setdefault((trip.stations, trip.arrival_s, trip.departure_s), trip)
        if kept is not trip:
            services = f"services {kept.service} and {trip.service}" if kept.service != trip.service else "one service"
            doubles[services].append(f"{trip.trip_id} (as {kept.trip_id})")
    notes = [
        f"{len(found)} trips are in the timetable twice at the same times, under {services}; each was imported once: "
        + trip_list(found)
        for services, found in doubles.items()
    ]
    return list(first.values()), notes


def _refuse_loops(trips: Sequence[SeenTrip], names: Mapping[str, str], file: str) -> None:
    loops: dict[Pattern, list[SeenTrip]] = defaultdict(list)
    twice: dict[Pattern, list[SeenTrip]] = defaultdict(list)
    for trip in trips:
        if len(set(trip.stations)) < len(trip.stations):
            (loops if trip.stations[0] == trip.stations[-1] else twice)[trip.stations].append(trip)
    faults = [
        Fault(
            file, "", "loop", f"{_trips(group)} begin and end at {names.get(pattern[0], pattern[0])}: "
            + trip_list(trip.trip_id for trip in group),
            "a line from terminal to terminal: Headwatt does not plan loops. Divide each trip at a station of the "
            "loop, in stop_times.txt, so that a part of the loop is imported",
        )
        for pattern, group in loops.items()
    ]  # fmt: skip
    for pattern, group in twice.items():
        station = next(one for k, one in enumerate(pattern) if one in pattern[:k])
        trip, at = group[0], [k for k, one in enumerate(pattern) if one == station]
        gaps = [trip.departure_s[k + 1] - trip.departure_s[k] for k in range(at[0], at[1])]
        longest = max(range(len(gaps)), key=lambda k: gaps[k]) + at[0]
        a, b = (names.get(trip.stations[k], trip.stations[k]) for k in (longest, longest + 1))
        faults.append(Fault(
            file, f"trip {trip.trip_id}", "stations",
            f"{_trips(group)} stop at {names.get(station, station)} twice; the longest pause is "
            f"{max(gaps) / 60:.0f} min from {a} to {b}: {trip_list(one.trip_id for one in group)}",
            "each station once in a trip: two runs with one trip_id are two trips; divide them in stop_times.txt",
        ))  # fmt: skip
    if faults:
        raise InputFaults(faults)


def _candidates(counts: Mapping[Pattern, int]) -> list[tuple[Pattern, int]]:
    """Possible lines with the stops per day of the trips over them, the line with the most stops first.

    Of the two directions of a line, the list has the more frequent one.
    """
    found: dict[Pattern, int] = {}
    for pattern in counts:
        if len(pattern) < 2 or pattern[::-1] in found:
            continue
        whole, over, served, ways = 0, 0, 0, set()
        for other, number in counts.items():
            course = course_over(other, pattern)
            if not course.positions or course.skipped:
                continue
            runs = tuple(other[k] for k in course.positions)
            served += 0 if course.outside else number * len(runs)
            over += 0 if course.outside else number
            if len(runs) == len(pattern):
                ways.add(runs == pattern)
                whole += 0 if course.outside else number
        if len(ways) == 2 and whole and whole >= LEAST_WHOLE_SHARE * over:
            found[pattern] = served
    # A line within another one is a short turn of the other one.
    maximal = [
        (pattern, served)
        for pattern, served in found.items()
        if not any(other != pattern and _within(pattern, other) for other in found)
    ]
    return sorted(maximal, key=lambda item: (-item[1], -len(item[0])))


def _within(pattern: Pattern, other: Pattern) -> bool:
    course = course_over(pattern, other)
    return len(course.positions) == len(pattern) < len(other) and not course.skipped


def _chosen(
    lines: Sequence[tuple[Pattern, int]], names: Mapping[str, str], file: str, branch: str | None
) -> tuple[Pattern, list[str]]:
    if len(lines) == 1 and branch is None:
        return lines[0][0], []
    listing = "; ".join(_words(pattern, names) for pattern, _ in lines)
    if branch is None:
        chosen = lines[0][0]
    else:
        asked = branch.casefold()

        def has(stations: Iterable[str]) -> bool:
            return any(asked in (station.casefold(), names.get(station, "").casefold()) for station in stations)

        ends = [pattern for pattern, _ in lines if has((pattern[0], pattern[-1]))]
        found = ends or [pattern for pattern, _ in lines if has(pattern)]
        if not found:
            raise InputFaults([Fault(file, "", "branch", branch, f"a station of one of: {listing}")])
        chosen = found[0]
    if len(lines) == 1:
        return chosen, []
    return chosen, [
        f"line: {_words(chosen, names)}; the timetable has these lines with branches or other stops, --branch STATION "
        f"chooses the one with that station: {listing}"
    ]


def _in_direction_up(
    chosen: Pattern, trips: Sequence[SeenTrip], names: Mapping[str, str], file: str, first: str | None
) -> Pattern:
    if first is None:
        both = (chosen, chosen[::-1])
        return next((trip.stations for trip in trips if trip.stations in both), chosen)
    ends = {chosen[0]: chosen, chosen[-1]: chosen[::-1]}
    wanted = [end for end in ends if first.casefold() in (end.casefold(), names.get(end, "").casefold())]
    if not wanted:
        allowed = " or ".join(f"{end} ({names.get(end, end)})" for end in ends) + ", an end of the line"
        raise InputFaults([Fault(file, "", "up-from", first, allowed)])
    return ends[wanted[0]]


def _one_way(
    counts: Counter[Pattern], names: Mapping[str, str], file: str, other_directions: Sequence[str]
) -> list[Fault]:
    allowed = "a line with the same stations in both directions; Headwatt does not plan loops and branches"
    if other_directions:
        ids = " or ".join(other_directions)
        allowed += f". Route {ids} runs in the other direction: give both routes, with --route for each"
    shown = [f"{_words(pattern, names)}: {number} trips" for pattern, number in counts.most_common(8)]
    return [Fault(file, "", "stations", text, allowed) for text in shown or ["no trips"]]


def _by_kind(trips: Sequence[SeenTrip], courses: Mapping[Pattern, Course]) -> dict[tuple[object, ...], list[SeenTrip]]:
    """Trips by their kind and by the stations that matter for the kind."""
    groups: dict[tuple[object, ...], list[SeenTrip]] = defaultdict(list)
    for trip in trips:
        course = courses[trip.stations]
        ends = (trip.stations[0], trip.stations[-1])
        key: tuple[object, ...]
        if course.turns_around:
            key = ("turns", *ends)
        elif not course.positions:
            key = ("elsewhere", *ends)
        elif course.skipped:
            key = ("express", *ends, course.skipped)
        elif course.outside:
            key = ("branch", *ends)
        elif course.extra:
            key = ("extra", *ends, course.extra)
        else:
            key = ("part", *ends)
        groups[key].append(trip)
    return groups


def _sentence(
    kind: tuple[object, ...], group: Sequence[SeenTrip], courses: Mapping[Pattern, Course], names: Mapping[str, str]
) -> str:  # fmt: skip
    def called(stations: Iterable[str]) -> str:
        return ", ".join(names.get(station, station) for station in stations)

    trip = group[0]
    course = courses[trip.stations]
    ends = f"{called(trip.stations[:1])} to {called(trip.stations[-1:])}"
    ids = trip_list(one.trip_id for one in group)
    if kind[0] == "express":
        return f"{_trips(group)} {ends} do not stop at {called(course.skipped)}: {ids}"
    if kind[0] == "elsewhere":
        return f"{_trips(group)} {ends}, which do not run over the line: {ids}"
    if kind[0] == "turns":
        return f"{_trips(group)} {ends}, which run over stations of the line in another order: {ids}"
    if kind[0] == "branch":
        first, last = course.positions[0], course.positions[-1]
        return (
            f"branch: {_trips(group)} {ends} run over the line from {called(trip.stations[first : first + 1])} to "
            f"{called(trip.stations[last : last + 1])}; they were imported as short trips over this part, because they "
            f"occupy it, without {called(course.outside)}: {ids}"
        )
    if kind[0] == "extra":
        return (
            f"further stops: {_trips(group)} {ends} also stop at {called(course.extra)}, which are not stations of the "
            f"line; these stops are part of the running times: {ids}"
        )
    return f"short trips: {_trips(group)} {ends}: {ids}"


def _trips(group: Sequence[SeenTrip]) -> str:
    return f"{len(group)} trip{'s' if len(group) > 1 else ''}"


def _words(pattern: Sequence[str], names: Mapping[str, str]) -> str:
    return f"{names.get(pattern[0], pattern[0])} to {names.get(pattern[-1], pattern[-1])} ({len(pattern)} stations)"
