"""Changes of the tables of a feed, trip by trip: new times, new and removed trips, frequencies with exact times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from typing import Literal

from api.export.feed_stop_times import FeedCall, NewTimes, new_times, rows_between
from api.export.feed_targets import NewTrip, free_name
from api.export.gtfs import Run, runs_of
from api.export.raw_table import RawTable
from dispatch.plans.timetable import Trip
from scenarios.imports.gtfs.trips import Window, departures_of

SINGLE_WINDOW_S = 60
"""Length of the window of one departure in `frequencies.txt`, and its headway."""


@dataclass(frozen=True)
class StopChange:
    """The times of one row of `stop_times.txt` as texts, before and after; empty for none."""

    trip_id: str
    stop_sequence: str
    stop_id: str
    arrival_before: str
    arrival_after: str
    departure_before: str
    departure_after: str


@dataclass(frozen=True)
class TripOutcome:
    """What became of a trip: its identifier in the feed and in the plan (empty for none)."""

    trip_id: str
    plan_trip_id: str
    outcome: Literal["unchanged", "changed", "added", "removed"]


@dataclass
class FeedEdits:
    """The tables of a feed while they are changed, and a record of the changes.

    `calls` are the rows of each trip of the day, `taken` the identifiers of all trips of the feed. `has_blocks`: the
    blocks of the feed are the vehicles of the plan.
    """

    tables: Mapping[str, RawTable]
    calls: Mapping[str, Sequence[FeedCall]]
    taken: set[str]
    has_blocks: bool
    stops: list[StopChange] = field(default_factory=list)
    outcomes: list[TripOutcome] = field(default_factory=list)
    removed_trips: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the row of each trip, and the form of the times of the feed."""
        self._trips, self._times = self.tables["trips.txt"], self.tables["stop_times.txt"]
        self._row_of = {trip_id: row for row, trip_id in self._trips.values("trip_id") if trip_id in self.calls}
        self._short_hours = any(
            text[1:2] == ":" for column in ("arrival_time", "departure_time") for _, text in self._times.values(column)
        )
        self.rows_of_kept: list[int] = []

    def keep(self, trip_id: str, trip: Trip) -> None:
        """Give a trip of the feed the times and, if the feed has blocks, the vehicle of a planned trip."""
        changed = self._retime(trip_id, trip)
        row = self._row_of[trip_id]
        self.rows_of_kept.append(row)
        block = self._trips.cell(row, "block_id")
        if self.has_blocks and block and trip.vehicle and block != trip.vehicle:
            self._trips.change(row, {"block_id": trip.vehicle})
            changed = True
        self.outcomes.append(TripOutcome(trip_id, trip.trip_id, "changed" if changed else "unchanged"))

    def remove(self, trip_id: str) -> None:
        """Remove a trip with its stops and frequencies."""
        self._remove_rows(trip_id)
        for call in self.calls[trip_id]:
            self.stops.append(self._change_of(trip_id, call.row, None))
        self.outcomes.append(TripOutcome(trip_id, "", "removed"))

    def add(self, new: NewTrip) -> None:
        """Copy a trip under a new identifier with the times of a planned trip; a trip that the timetable in force does
        not have runs from the first to the last station of the plan only."""
        self._copy(new, with_block=True)
        self.outcomes.append(TripOutcome(new.trip_id, new.trip.trip_id, "added"))

    def _copy(self, new: NewTrip, with_block: bool) -> None:
        calls = self.calls[new.template]
        inside = rows_between(new.trip, calls) if new.is_added else range(len(calls))
        times = new_times(new.trip, calls)
        self._add_trip_row(new, with_block)
        after = max(call.row for call in calls)
        for k in inside:
            self._add_stop(new.trip_id, calls[k].row, times[k], after)

    def list_single(self, template: str, departures: Sequence[NewTrip]) -> None:
        """Write each departure of a frequency as a trip of its own, instead of the trip with the frequency."""
        for new in sorted(departures, key=lambda one: one.trip.start_s):
            # The name of an added trip was chosen among free ones.
            self.add(new if new.is_added else replace(new, trip_id=free_name(new.trip_id, self.taken)))
        self.remove(template)

    def repeat(
        self, template: str, departures: Sequence[NewTrip], start_s: float, windows: Sequence[Window]
    ) -> None:  # fmt: skip
        """Write departures as frequencies with exact times: one trip for each pattern of times between stations."""
        groups: dict[object, list[NewTrip]] = {}
        for new in sorted(departures, key=lambda one: one.trip.start_s):
            after = tuple(time_s - new.trip.start_s for time_s in (*new.trip.arrival_s, *new.trip.departure_s))
            groups.setdefault((new.trip.stations, after), []).append(new)
        whole = range(len(self.calls[template]))

        def runs_whole(group: Sequence[NewTrip]) -> bool:
            return not group[0].is_added or rows_between(group[0].trip, self.calls[template]) == whole

        ordered = sorted(groups.values(), key=lambda group: (not runs_whole(group), -len(group), group[0].trip.start_s))
        table = self.tables["frequencies.txt"]
        rows = [row for row, trip_id in table.values("trip_id") if trip_id == template]
        table.add_column("exact_times")
        published = [begin for begin, _ in departures_of(windows)]
        if not runs_whole(ordered[0]):
            self.remove(template)
        for number, group in enumerate(ordered):
            # The window of a frequency gives departures at the first stop of the feed, which may be beyond the line.
            starts_s = [self._first_s(new.trip, template) for new in group]
            pattern = _later(group[0].trip, round(start_s) - starts_s[0])
            own = template
            if number or not runs_whole(group):
                own, changed = free_name(template, self.taken), True
                self._copy(replace(group[0], trip_id=own, trip=pattern), with_block=False)
            else:
                changed = self._retime(template, pattern)
            same = own == template and len(ordered) == 1
            if same and [float(time_s) for time_s in starts_s] == published:
                for row in rows:
                    table.change(row, {"exact_times": "1"})
            else:
                for row in rows if own == template else ():
                    table.remove(row)
                moved = [_later(new.trip, at - new.trip.start_s) for new, at in zip(group, starts_s, strict=True)]
                self._add_windows(own, moved, rows[-1])
                changed = True
            for new in group:
                word: Literal["unchanged", "changed", "added"] = "changed" if changed else "unchanged"
                self.outcomes.append(TripOutcome(own, new.trip.trip_id, "added" if new.is_added else word))

    def _first_s(self, trip: Trip, template: str) -> int:
        """The departure from the first stop of a trip of the feed if it runs as a planned trip."""
        first = new_times(trip, self.calls[template])[0].departure_s
        return trip.start_s if first is None else first

    def _add_windows(self, trip_id: str, trips: Sequence[Trip], like: int) -> None:
        table = self.tables["frequencies.txt"]
        runs = list(runs_of(trips))
        for run, following in zip(runs, [*runs[1:], None], strict=True):
            end_s, headway_s = _window(run, following)
            values = {"trip_id": trip_id, "start_time": self._clock(run.trip.start_s), "end_time": self._clock(end_s),
                      "headway_secs": str(headway_s), "exact_times": "1"}  # fmt: skip
            table.add(like, table.with_values(like, values))

    def _retime(self, trip_id: str, trip: Trip) -> bool:
        """Write the times of a planned trip into the rows of a trip; whether a row changed."""
        changed = False
        calls = self.calls[trip_id]
        for call, times in zip(calls, new_times(trip, calls), strict=True):
            values = self._values(call.row, times)
            if values:
                change = self._change_of(trip_id, call.row, values)
                self._times.change(call.row, values)
                self.stops.append(change)
                changed = True
        return changed

    def _values(self, row: int, times: NewTimes) -> dict[str, str]:
        """The cells of a row that must change, so that the row has these times."""
        arrival, departure = (self._seconds(row, column) for column in ("arrival_time", "departure_time"))
        comes = departure if isnan(arrival) else arrival
        leaves = arrival if isnan(departure) else departure
        if (
            times.arrival_s is None
            or times.departure_s is None
            or (comes, leaves) == (times.arrival_s, times.departure_s)
        ):
            return {}
        values = {}
        # A row with one time keeps one time if the train does not stand.
        one_time = times.arrival_s == times.departure_s and isnan(arrival) != isnan(departure)
        if arrival != times.arrival_s and not (one_time and isnan(arrival)):
            values["arrival_time"] = self._clock(times.arrival_s)
        if departure != times.departure_s and not (one_time and isnan(departure)):
            values["departure_time"] = self._clock(times.departure_s)
        return values

    def _seconds(self, row: int, column: str) -> float:
        parts = self._times.cell(row, column).split(":")
        if len(parts) != 3 or not all(part.isdecimal() for part in parts):
            return float("nan")
        return 3600.0 * int(parts[0]) + 60.0 * int(parts[1]) + int(parts[2])

    def _clock(self, time_s: int) -> str:
        hours = time_s // 3600
        return f"{hours:{'d' if self._short_hours else '02d'}}:{time_s // 60 % 60:02d}:{time_s % 60:02d}"

    def _change_of(self, trip_id: str, row: int, values: Mapping[str, str] | None) -> StopChange:
        """The change of a row; without values, the row is removed."""
        arrival, departure = (self._times.cell(row, column) for column in ("arrival_time", "departure_time"))
        after = {} if values is None else {"arrival_time": arrival, "departure_time": departure, **values}
        return StopChange(
            trip_id, self._times.cell(row, "stop_sequence"), self._times.cell(row, "stop_id"), arrival,
            after.get("arrival_time", ""), departure, after.get("departure_time", ""),
        )  # fmt: skip

    def _add_trip_row(self, new: NewTrip, with_block: bool) -> None:
        row = self._row_of[new.template]
        values = {"trip_id": new.trip_id}
        if with_block and self._trips.cell(row, "block_id"):
            values["block_id"] = new.trip.vehicle
        if new.is_added and self._trips.cell(row, "trip_short_name"):
            # The number of a train is that of the trip that is copied.
            values["trip_short_name"] = ""
        self._trips.add(row, self._trips.with_values(row, values))

    def _add_stop(self, trip_id: str, row: int, times: NewTimes, after: int) -> None:
        values = {"trip_id": trip_id, **self._values(row, times)}
        self._times.add(after, self._times.with_values(row, values))
        cells = {
            column: values.get(column, self._times.cell(row, column)) for column in ("arrival_time", "departure_time")
        }
        self.stops.append(
            StopChange(
                trip_id, self._times.cell(row, "stop_sequence"), self._times.cell(row, "stop_id"), "",
                cells["arrival_time"], "", cells["departure_time"],
            )
        )  # fmt: skip

    def _remove_rows(self, trip_id: str) -> None:
        self.removed_trips.append(trip_id)
        self._trips.remove(self._row_of[trip_id])
        for call in self.calls[trip_id]:
            self._times.remove(call.row)
        if table := self.tables.get("frequencies.txt"):
            for row, of_trip in table.values("trip_id"):
                if of_trip == trip_id:
                    table.remove(row)


def _window(run: Run, following: Run | None) -> tuple[int, int]:
    """End and headway of the window of a run; windows of a trip do not overlap."""
    if run.count > 1:
        return run.end_s, run.step_s
    length_s = SINGLE_WINDOW_S
    if following is not None:
        length_s = max(1, min(length_s, following.trip.start_s - run.trip.start_s))
    return run.trip.start_s + length_s, length_s


def _later(trip: Trip, by_s: int) -> Trip:
    return replace(
        trip,
        arrival_s=tuple(time_s + by_s for time_s in trip.arrival_s),
        departure_s=tuple(time_s + by_s for time_s in trip.departure_s),
    )
