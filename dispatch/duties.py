"""Duties: which vehicle works which trips, turning at the terminals and resting in depots."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from dispatch.stands import Turn, busiest_moment, depot_capacity, goes_to_depot, in_depot, on_tracks, turns_of
from dispatch.timetable import Timetable, Trip
from energy_models.faults import Infeasible
from scenarios.fleet import vehicle_names
from scenarios.schema import Scenario, seconds_to_clock

DEPOT_VISIT_WORTH = 1.32
"""One more depot visit must even out two duties by at least so many lengths of the line (root of the fall of their
squares; assumed: 30 km on the Yizhuang line)."""


@dataclass(frozen=True)
class FleetNeed:
    """The least number of vehicles that can work a timetable, and where each of them must begin its day.

    `begin[station]` vehicles begin at a station; `moment_s[station]` is when the last of them is needed.
    """

    begin: Mapping[str, int]
    moment_s: Mapping[str, int]

    @property
    def vehicles(self) -> int:
        """Vehicles on the whole line."""
        return sum(self.begin.values())


@dataclass(frozen=True)
class Duty:
    """One vehicle's day: its trips in order, its distance, its visits to a depot between trips."""

    vehicle: str
    trip_ids: tuple[str, ...]
    distance_km: float
    depot_visits: int


@dataclass(frozen=True)
class DutySummary:
    """All duties of a timetable, with the proof that no fewer vehicles would do and what is left as spare."""

    duties: tuple[Duty, ...]
    fleet_need: FleetNeed
    spare: int

    @property
    def is_minimum(self) -> bool:
        """True when the timetable is worked with the least number of vehicles."""
        return len(self.duties) == self.fleet_need.vehicles

    @property
    def distance_spread_km(self) -> float:
        """Longest duty minus shortest."""
        distances = [duty.distance_km for duty in self.duties]
        return max(distances) - min(distances) if distances else 0.0


def fleet_need(timetable: Timetable, scenario: Scenario) -> FleetNeed:
    """The least number of vehicles, with proof.

    At a station the departures up to a moment can be covered only by trains that began there or that arrived at least
    a turnback before; the largest excess of departures over such arrivals is therefore needed, and turning every
    train for the first departure it can reach needs no more (the maximum matching of arrivals and departures, station
    by station).
    """
    begin: dict[str, int] = {}
    moment: dict[str, int] = {}
    for station, terminal in scenario.terminals.items():
        departures = [trip.start_s for trip in timetable.trips if trip.stations[0] == station]
        ready = [trip.end_s + terminal.turnback_s for trip in timetable.trips if trip.stations[-1] == station]
        excess, time = need_at(departures, ready)
        if excess > 0:
            begin[station], moment[station] = excess, time
    return FleetNeed(begin, moment)


def need_at(departures_s: Sequence[int], ready_s: Sequence[float]) -> tuple[int, int]:
    """The largest excess of departures over trains that are ready again at a station, and when it first comes."""
    most, moment = 0, 0
    ready = sorted(ready_s)
    for count, time in enumerate(sorted(departures_s), start=1):
        excess = count - bisect_right(ready, time)
        if excess > most:
            most, moment = excess, time
    return most, moment


def home_stations(scenario: Scenario) -> dict[str, str | None]:
    """The station at whose depot each vehicle of the fleet belongs, in fleet order; None: any."""
    station_of = {depot.id: depot.station for depot in scenario.depots}
    homes: list[str | None] = []
    for part in scenario.fleet:
        homes += [station_of[part.depot] if part.depot is not None else None] * part.trainsets
    return dict(zip(vehicle_names(scenario), homes, strict=True))


def first_in_first_out(timetable: Timetable, scenario: Scenario) -> Timetable:
    """The timetable with vehicles as operators turn them by default: who came first leaves first, after the turnback
    time.

    A departure that finds no train ready takes a new one. The fleet's size is not asked: more vehicles than the
    scenario has are named on in the main type's numbers.
    """
    names = list(vehicle_names(scenario))
    main = scenario.main_train_type
    owned = sum(part.trainsets for part in scenario.fleet if part.train_type == main)
    names += [f"{main}-{owned + extra:02d}" for extra in range(1, len(timetable.trips) + 1)]
    waiting: dict[str, list[tuple[int, str]]] = {}
    vehicle_of: dict[str, str] = {}
    used = 0
    for trip in _by_departure(timetable):
        queue = waiting.setdefault(trip.stations[0], [])
        if queue and queue[0][0] <= trip.start_s:
            vehicle = queue.pop(0)[1]
        else:
            vehicle = names[used]
            used += 1
        vehicle_of[trip.trip_id] = vehicle
        end = trip.stations[-1]
        ready = waiting.setdefault(end, [])
        ready.append((trip.end_s + scenario.terminals[end].turnback_s, vehicle))
        ready.sort()
    return _with_vehicles(timetable, vehicle_of)


def assign(timetable: Timetable, scenario: Scenario, in_force: Timetable | None = None) -> Timetable:
    """The timetable with vehicles: as few as possible, few depot visits, distances balanced.

    The train that became ready last leaves first, so that trains in excess rest in the depot instead of crowding the
    terminal; then duties exchange their remaining trips wherever two vehicles of a type stand at the same terminal
    and their distances become more equal, without a further depot visit and without another track. Turnback, tracks
    and depots are kept, or at least as well as `in_force` keeps them, when that is given.

    Raises `Infeasible` when fleet, depots or terminal tracks do not suffice, naming the place, the time and the number.
    """
    need = fleet_need(timetable, scenario)
    _fleet_suffices(timetable, scenario, need)
    vehicles = _vehicles_at(scenario, need)
    standing: dict[str, list[tuple[int, str]]] = {}
    chains: dict[str, list[Trip]] = {}
    for trip in _by_departure(timetable):
        place = trip.stations[0]
        turnback = scenario.terminals[place].turnback_s
        at_place = standing.setdefault(place, [])
        ready = [entry for entry in at_place if entry[0] + turnback <= trip.start_s]
        if ready:
            entry = max(ready)
            at_place.remove(entry)
            vehicle = entry[1]
        else:
            vehicle = vehicles[place].pop(0)
        chains.setdefault(vehicle, []).append(trip)
        standing.setdefault(trip.stations[-1], []).append((trip.end_s, vehicle))
    _terminals_suffice(chains, scenario, in_force)
    _balance(chains, scenario, in_force)
    return _with_vehicles(timetable, {trip.trip_id: vehicle for vehicle, trips in chains.items() for trip in trips})


def duty_summary(timetable: Timetable, scenario: Scenario) -> DutySummary:
    """The duties of a timetable with vehicles, by vehicle."""
    duties = tuple(
        Duty(
            vehicle,
            tuple(trip.trip_id for trip in trips),
            round(sum(trip_distance_km(trip, scenario) for trip in trips), 3),
            sum(goes_to_depot(turn, scenario) for turn in turns_of({vehicle: trips})),
        )
        for vehicle, trips in sorted(chains_of(timetable).items())
    )
    return DutySummary(duties, fleet_need(timetable, scenario), scenario.trainsets - len(duties))


def trip_distance_km(trip: Trip, scenario: Scenario) -> float:
    """Distance from the trip's first station to its last."""
    return _distance_km(trip, {station.id: station.chainage_m for station in scenario.stations})


def _distance_km(trip: Trip, chainage_m: Mapping[str, float]) -> float:
    return abs(chainage_m[trip.stations[-1]] - chainage_m[trip.stations[0]]) / 1000.0


def _by_departure(timetable: Timetable) -> list[Trip]:
    return sorted(timetable.trips, key=lambda trip: (trip.start_s, trip.direction, trip.trip_id))


def _with_vehicles(timetable: Timetable, vehicle_of: Mapping[str, str]) -> Timetable:
    return Timetable(tuple(replace(trip, vehicle=vehicle_of[trip.trip_id]) for trip in timetable.trips))


def _fleet_suffices(timetable: Timetable, scenario: Scenario, need: FleetNeed) -> None:
    missing = need.vehicles - scenario.trainsets
    if missing <= 0:
        return
    excess: dict[str, int] = {}
    arrivals = {
        station: sorted(trip.end_s + terminal.turnback_s for trip in timetable.trips if trip.stations[-1] == station)
        for station, terminal in scenario.terminals.items()
    }
    gone: dict[str, int] = {}
    for trip in _by_departure(timetable):
        place = trip.stations[0]
        gone[place] = gone.get(place, 0) + 1
        excess[place] = max(excess.get(place, 0), gone[place] - bisect_right(arrivals[place], trip.start_s))
        if sum(excess.values()) > scenario.trainsets:
            raise Infeasible(
                [
                    f"trip {trip.trip_id} from {place} at {seconds_to_clock(trip.start_s)} finds no train: the "
                    "timetable needs "
                    f"{need.vehicles} trains, the fleet has {scenario.trainsets}, {missing} missing"
                ]
            )


def _vehicles_at(scenario: Scenario, need: FleetNeed) -> dict[str, list[str]]:
    """Vehicles that begin at each station: those at home there first, then those at home anywhere."""
    names = iter(vehicle_names(scenario))
    station_of = {depot.id: depot.station for depot in scenario.depots}
    homed: dict[str, list[str]] = {}
    free: list[str] = []
    for part in scenario.fleet:
        for _ in range(part.trainsets):
            home = free if part.depot is None else homed.setdefault(station_of[part.depot], [])
            home.append(next(names))
    result = {}
    for station, count in need.begin.items():
        own = homed.get(station, [])[:count]
        own += [free.pop(0) for _ in range(min(count - len(own), len(free)))]
        if len(own) < count:
            raise Infeasible(
                [
                    f"{count} trains must begin at {station} by {seconds_to_clock(need.moment_s[station])}; "
                    "the depots that "
                    f"trains belong to give {len(own)}, {count - len(own)} missing"
                ]
            )
        result[station] = own
    return result


def chains_of(timetable: Timetable) -> dict[str, list[Trip]]:
    """The trips of each vehicle in order of departure."""
    chains: dict[str, list[Trip]] = {}
    for trip in _by_departure(timetable):
        chains.setdefault(trip.vehicle, []).append(trip)
    return chains


def _terminals_suffice(chains: Mapping[str, list[Trip]], scenario: Scenario, in_force: Timetable | None) -> None:
    turns = turns_of(chains)
    today = turns_of(chains_of(in_force)) if in_force is not None else []
    capacity = depot_capacity(scenario)
    reasons = []
    for station, terminal in scenario.terminals.items():
        allowed = max(terminal.tracks, busiest_moment(on_tracks(today, scenario, station)).trains)
        moment = busiest_moment(on_tracks(turns, scenario, station))
        if moment.trains > allowed:
            reasons.append(
                f"{moment.trains} trains stand at {station} at {seconds_to_clock(moment.time_s)}; "
                f"{allowed} tracks are there, {moment.trains - allowed} missing"
            )
        if capacity is None:
            continue
        room = max(capacity.get(station, 0), busiest_moment(in_depot(today, scenario, station)).trains)
        moment = busiest_moment(in_depot(turns, scenario, station))
        if moment.trains > room:
            when = f"at {seconds_to_clock(moment.time_s)}" if moment.time_s >= 0 else "overnight"
            reasons.append(
                f"{moment.trains} trains rest at {station} {when}; its depots hold {room}, "
                f"{moment.trains - room} too many"
            )
    if reasons:
        raise Infeasible(reasons)


@dataclass(frozen=True)
class _Exchange:
    """Two vehicles that stand at one terminal and could swap the rest of their days, after so many trips of each."""

    gain: float
    first: str
    second: str
    after_first: int
    after_second: int


def _balance(chains: dict[str, list[Trip]], scenario: Scenario, in_force: Timetable | None) -> None:
    """Swap the rests of duties as long as that brings the longest or the shortest closer to another one of its type."""
    type_of = vehicle_names(scenario)
    today = turns_of(chains_of(in_force)) if in_force is not None else []
    tracks = {
        station: max(terminal.tracks, busiest_moment(on_tracks(today, scenario, station)).trains)
        for station, terminal in scenario.terminals.items()
    }
    # What two vehicles could swap stays as it is until one of them has swapped.
    known: dict[tuple[str, str], list[_Exchange]] = {}
    while True:
        exchanges: list[_Exchange] = []
        for train_type in sorted({type_of[vehicle] for vehicle in chains}):
            ranked = sorted(
                (vehicle for vehicle in chains if type_of[vehicle] == train_type),
                key=lambda vehicle: (_distances(chains[vehicle], scenario)[-1], vehicle),
            )
            for extreme in {ranked[0], ranked[-1]}:
                for other in ranked:
                    if other != extreme:
                        pair = extreme, other
                        if pair not in known:
                            known[pair] = list(_exchanges(chains, extreme, other, scenario))
                        exchanges += known[pair]
        exchanges.sort(key=lambda e: (-e.gain, e.first, e.second, e.after_first, e.after_second))
        for exchange in exchanges:
            one, two = chains[exchange.first], chains[exchange.second]
            trial = chains | {
                exchange.first: one[: exchange.after_first] + two[exchange.after_second :],
                exchange.second: two[: exchange.after_second] + one[exchange.after_first :],
            }
            station = _standing_at(one, exchange.after_first)
            if busiest_moment(on_tracks(turns_of(trial), scenario, station)).trains <= tracks[station]:
                chains.update(trial)
                swapped = {exchange.first, exchange.second}
                known = {pair: found for pair, found in known.items() if swapped.isdisjoint(pair)}
                break
        else:
            return


def _exchanges(chains: Mapping[str, list[Trip]], first: str, second: str, scenario: Scenario) -> Iterator[_Exchange]:
    """Swaps of two vehicles' rests that keep turnback times and even out distances, more than depot visits cost."""
    one, two = chains[first], chains[second]
    done_one, done_two = _distances(one, scenario), _distances(two, scenario)
    gap = done_one[-1] - done_two[-1]
    visit_km = DEPOT_VISIT_WORTH * scenario.length_m / 1000.0
    at_two = [_standing_at(two, j) for j in range(len(two) + 1)]
    for i in range(len(one) + 1):
        station = _standing_at(one, i)
        for j in range(len(two) + 1):
            if station != at_two[j] or (i == 0 and j in (0, len(two))) or (j == 0 and i == len(one)):
                continue
            # d1 and d2 become d1 - x and d2 + x, x being the difference of the rests; the sum of squares falls by 2 x
            # (gap - x).
            moved = (done_one[-1] - done_one[i]) - (done_two[-1] - done_two[j])
            gain = 2.0 * moved * (gap - moved)
            if gain <= 1e-6:
                continue
            before = (_turn(one, i, one, i), _turn(two, j, two, j))
            after = (_turn(one, i, two, j), _turn(two, j, one, i))
            if not all(_long_enough(turn, scenario) for turn in after):
                continue
            visits = sum(goes_to_depot(t, scenario) for t in after) - sum(goes_to_depot(t, scenario) for t in before)
            if gain >= max(visits, 0) * visit_km**2:
                yield _Exchange(gain, first, second, i, j)


def _standing_at(trips: list[Trip], done: int) -> str:
    return trips[done - 1].stations[-1] if done else trips[0].stations[0]


def _turn(before: list[Trip], done_before: int, after: list[Trip], done_after: int) -> Turn:
    return Turn(
        vehicle="",
        station=_standing_at(before, done_before),
        from_s=before[done_before - 1].end_s if done_before else None,
        to_s=after[done_after].start_s if done_after < len(after) else None,
    )


def _long_enough(turn: Turn, scenario: Scenario) -> bool:
    if turn.from_s is None or turn.to_s is None:
        return True
    return turn.to_s - turn.from_s >= scenario.terminals[turn.station].turnback_s


def _distances(trips: list[Trip], scenario: Scenario) -> list[float]:
    """Distance in km after each number of trips, from none on."""
    chainage_m = {station.id: station.chainage_m for station in scenario.stations}
    return list(accumulate((_distance_km(trip, chainage_m) for trip in trips), initial=0.0))
