"""Stands of vehicles at terminals as arrays, and whether tracks and depots suffice for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.plans.terminal_occupancy import busiest_moment, depot_capacity, in_depot, on_tracks, turns_of
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.vehicle_chains import turnback_after_s
from energy_models.arrays import BoolArray, FloatArray, IntArray
from scenarios.schema import Scenario
from scenarios.values.track_lengths import distance_m

Ends = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Terminals:
    """The terminals of a line by number: the stand above which a train goes to the depot, the time for which a train
    from or to a depot occupies a track, and the numbers of trains that tracks and depots can hold.

    `depot_places` is infinite if the scenario has no depots: trains may stay at every terminal.
    """

    number: Mapping[str, int]
    depot_above_s: FloatArray
    shunting_s: FloatArray
    clearing_s: float
    tracks: IntArray
    depot_places: FloatArray

    @staticmethod
    def of(scenario: Scenario, in_force: Timetable | None) -> "Terminals":
        """The terminals of a scenario; tracks and depots also hold as many trains as in `in_force`."""
        capacity = depot_capacity(scenario)
        today = turns_of(in_force.duties()) if in_force is not None else []
        above, tracks, places = [], [], []
        for station, terminal in scenario.terminals.items():
            longest: float | None = terminal.maximum_turnback_s
            if longest is None:
                has_depot = capacity is None or station in capacity
                longest = scenario.operation.depot_after_s if has_depot else np.inf
            above.append(float(longest))
            tracks.append(max(terminal.tracks, busiest_moment(on_tracks(today, scenario, station)).trains))
            stabled = busiest_moment(in_depot(today, scenario, station)).trains
            places.append(np.inf if capacity is None else float(max(capacity.get(station, 0), stabled)))
        share = scenario.operation.depot_shunting_share
        return Terminals(
            {station: k for k, station in enumerate(scenario.terminals)},
            np.array(above),
            np.array([share * terminal.turnback_s for terminal in scenario.terminals.values()]),
            float(scenario.operation.track_clearing_s),
            np.array(tracks, dtype=np.int64),
            np.array(places),
        )

    def depot_visits(self, place: IntArray, from_s: FloatArray, to_s: FloatArray) -> IntArray:
        """1 for each stand between two trips after which the train goes to the depot, because the stand is long."""
        between = np.isfinite(from_s) & np.isfinite(to_s)
        return np.asarray(between & (to_s - from_s > self.depot_above_s[place]), dtype=np.int64)

    def suffice(self, terminal: int, from_s: FloatArray, to_s: FloatArray) -> bool:
        """Whether tracks and depots of a terminal suffice for all its stands of a day (-inf, inf: night)."""
        is_short = np.isfinite(from_s) & np.isfinite(to_s) & (to_s - from_s <= self.depot_above_s[terminal])
        begins, ends = np.isfinite(to_s) & ~is_short, np.isfinite(from_s) & ~is_short
        shunting_s = self.shunting_s[terminal]
        from_track_s = np.concatenate([from_s[is_short], from_s[ends], to_s[begins] - shunting_s])
        to_track_s = np.concatenate(
            [to_s[is_short] + self.clearing_s, from_s[ends] + shunting_s, to_s[begins] + self.clearing_s]
        )
        if most_at_once(from_track_s, to_track_s) > self.tracks[terminal]:
            return False
        if not np.isfinite(self.depot_places[terminal]):
            return True
        return bool(most_at_once(from_s[~is_short], to_s[~is_short]) <= self.depot_places[terminal])


def most_at_once(begin_s: FloatArray, end_s: FloatArray) -> int:
    """The largest number of overlapping intervals; an interval that ends in a second does not overlap one that begins
    in this second."""
    lasts = end_s > begin_s
    begins, ends = np.sort(begin_s[lasts]), np.sort(end_s[lasts])
    if not len(begins):
        return 0
    return int((np.arange(1, len(begins) + 1) - np.searchsorted(ends, begins, side="right")).max())


@dataclass(frozen=True, eq=False)
class Day:
    """The day of one vehicle: stand k is after k trips, from `came_s[k]` to `goes_s[k]`, at terminal `place[k]`.

    The first stand begins at -inf, the last one ends at inf. `shortest_s[k]` is the shortest stand there, `trip_km[k]`
    the length of the trip after the stand, `done_km[k]` the distance until the stand.
    """

    place: IntArray
    came_s: FloatArray
    goes_s: FloatArray
    shortest_s: FloatArray
    trip_km: FloatArray
    done_km: FloatArray

    @staticmethod
    def of(trips: Sequence[Trip], scenario: Scenario, terminals: Terminals, length_km: Mapping[Ends, float]) -> "Day":
        """The day of a vehicle with these trips in order."""
        places = [trips[0].stations[0], *(trip.stations[-1] for trip in trips)]
        trip_km = np.array([length_km[trip.stations[0], trip.stations[-1]] for trip in trips])
        return Day(
            np.array([terminals.number[station] for station in places], dtype=np.int64),
            np.array([-np.inf, *(trip.end_s for trip in trips)]),
            np.array([*(trip.start_s for trip in trips), np.inf]),
            np.array([0.0, *(turnback_after_s(scenario, trip) for trip in trips)]),
            trip_km,
            np.concatenate([[0.0], np.cumsum(trip_km)]),
        )

    def then(self, after: int, other: "Day", after_other: int) -> "Day":
        """The first `after` trips of this day, then the trips of another day without its first `after_other`."""
        begin, rest = slice(after + 1), slice(after_other + 1, None)
        trip_km = np.concatenate([self.trip_km[:after], other.trip_km[after_other:]])
        return Day(
            np.concatenate([self.place[begin], other.place[rest]]),
            np.concatenate([self.came_s[begin], other.came_s[rest]]),
            np.concatenate([self.goes_s[:after], other.goes_s[after_other:]]),
            np.concatenate([self.shortest_s[begin], other.shortest_s[rest]]),
            trip_km,
            np.concatenate([[0.0], np.cumsum(trip_km)]),
        )


def lengths_km(trips: Sequence[Trip], scenario: Scenario) -> dict[Ends, float]:
    """The lengths of trips by their first and last stations."""
    ends = {(trip.stations[0], trip.stations[-1]) for trip in trips}
    return {pair: distance_m(scenario, *pair) / 1000.0 for pair in ends}


@dataclass(frozen=True, eq=False)
class AllStands:
    """The stands of several vehicles one after another; `begin[n]` is the first stand of vehicle n, `vehicle` the
    number of the vehicle of each stand."""

    begin: IntArray
    vehicle: IntArray
    place: IntArray
    came_s: FloatArray
    goes_s: FloatArray
    shortest_s: FloatArray
    left_km: FloatArray

    @staticmethod
    def of(days: Sequence[Day]) -> "AllStands":
        """The stands of these days in their order."""
        counts = [len(day.place) for day in days]
        return AllStands(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.repeat(np.arange(len(days)), counts),
            np.concatenate([day.place for day in days]),
            np.concatenate([day.came_s for day in days]),
            np.concatenate([day.goes_s for day in days]),
            np.concatenate([day.shortest_s for day in days]),
            np.concatenate([day.done_km[-1] - day.done_km for day in days]),
        )

    def suffice(self, terminals: Terminals, stand: int, other: int) -> bool:
        """Whether the terminal of two stands suffices if their vehicles exchange their remaining trips."""
        here = np.flatnonzero(self.place == self.place[stand])
        goes_s = self.goes_s.copy()
        goes_s[[stand, other]] = self.goes_s[[other, stand]]
        return terminals.suffice(int(self.place[stand]), self.came_s[here], goes_s[here])

    def whole_days(self, stands: int) -> BoolArray:
        """Exchanges with a day of so many stands that would give one vehicle the whole day of both, or only swap their
        names; shape (stands, all stands)."""
        found = np.zeros((stands, len(self.vehicle)), dtype=np.bool_)
        found[0, self.begin[:-1]] = found[0, self.begin[1:] - 1] = found[-1, self.begin[:-1]] = True
        return found
