"""From a fixes file to the fixes of each trip of the timetable at the start of the search, or all faults."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from dispatch.plans.fixed import FixedService, HeldGap, OutOfService, TripTimes, belongs, station_index
from dispatch.plans.plan import Mode
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Fault, InputFaults
from scenarios.files.names import did_you_mean
from scenarios.requests.fixes import FixesFile
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import DIRECTIONS
from scenarios.values.fleet import vehicle_names

Window = tuple[int, int]
MOST_SUGGESTIONS = 50
"""Most faults with the most similar names."""
NO_VEHICLES = "the fleet has no vehicles"
NO_INNER_STATIONS = "the line has no station between its terminals"


@dataclass(eq=False)
class _Reading:
    """The fixes file, the timetable, and the faults so far."""

    file: FixesFile
    scenario: Scenario
    start: Timetable
    reach_s: Mapping[str, Window]
    faults: list[Fault] = field(default_factory=list)
    windows: dict[str, Window] = field(default_factory=dict)
    said_by: dict[str, str] = field(default_factory=dict)
    trips: dict[str, Trip] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trips = {trip.trip_id: trip for trip in self.start.trips}

    def trip(self, name: str, *path: str | int) -> Trip | None:
        """The trip with a name; appends a fault if there is none."""
        if name not in self.trips:
            # The most similar names of very many wrong ones cost minutes and help nobody.
            is_one_of_many = len(self.faults) >= MOST_SUGGESTIONS
            allowed = (
                "a trip of the timetable"
                if is_one_of_many
                else did_you_mean(name, self.trips, if_none="the timetable has no trips")
            )
            self.faults.append(self.file.fault(path, name, allowed))
        return self.trips.get(name)

    def members(self, part: object, *path: str | int) -> list[Trip]:
        """Trips that leave in a time span, in its direction; appends a fault if there is none."""
        direction, from_s, to_s = (getattr(part, name) for name in ("direction", "from_s", "to_s"))
        found = [trip for trip in self.start.trips if belongs(trip, direction, from_s, to_s)]
        if not found:
            begin, end = (limit(trip.start_s for trip in self.start.trips) for limit in (min, max))
            allowed = f"a time span with departures; the hours of service are {_clock(begin)} to {_clock(end)}"
            self.faults.append(self.file.fault((*path, "from"), f"{_clock(from_s)} to {_clock(to_s)}", allowed))
        return found

    def narrow(self, trip: Trip, window: Window, path: tuple[str | int, ...], said: str) -> None:
        """Limit the departure of a trip; appends a fault if no departure time remains."""
        name = trip.trip_id
        low, high = self.windows.get(name, self.reach_s[name])
        narrowed = max(low, window[0]), min(high, window[1])
        if narrowed[0] > narrowed[1]:
            if name in self.windows:
                allowed = f"an overlap with {_span(low, high)}, the window of trip {name} from {self.said_by[name]}"
            elif window[1] < min(t.start_s for t in self.start.trips):
                first = min(t.start_s for t in self.start.trips)
                allowed = f"a time in the hours of service; the window ends before the first train at {_clock(first)}"
            else:
                allowed = f"an overlap with {_span(low, high)}, the window of trip {name} in this mode"
            self.faults.append(self.file.fault(path, _span(*window), allowed))
            return
        self.windows[name] = narrowed
        self.said_by[name] = said


def fixed_service(
    file: FixesFile,
    scenario: Scenario,
    start: Timetable,
    reach_s: Mapping[str, Window],
    mode: Mode = "equal-service",
    close_s: int | None = None,
) -> FixedService:
    """Apply a fixes file to the timetable at the start of the search.

    `reach_s` is the departure window of each trip by the rules of the mode. With `close_s`, every trip stays within
    this time of `start`. Raises `InputFaults` with every unknown name (and the most similar names), every empty span
    and every contradiction, each with its line.
    """
    reading = _Reading(file, scenario, start, reach_s)
    times = _fixed_trips(reading)
    _windows(reading)
    gaps = tuple(_gaps(reading, mode))
    dwells = _dwells(reading, times)
    vehicles = _vehicles(reading)
    withdrawals = tuple(_withdrawals(reading, vehicles))
    spare = file.fixes.spare_trains
    if spare >= scenario.trainsets:
        allowed = f"at most {scenario.trainsets - 1}: the fleet has {scenario.trainsets} trains"
        reading.faults.append(file.fault(("spare_trains",), spare, allowed))
    if reading.faults:
        raise InputFaults(dict.fromkeys(reading.faults))
    return FixedService(
        times=times,
        windows_s={name: window for name, window in reading.windows.items() if name not in times},
        dwells_s=dwells,
        gaps=list(gaps),
        vehicles=vehicles,
        withdrawals=list(withdrawals),
        spare_trains=spare,
        close_s=close_s,
        close_to={trip.trip_id: TripTimes.of(trip) for trip in start.trips} if close_s is not None else {},
    )


def _fixed_trips(reading: _Reading) -> dict[str, TripTimes]:
    times = {}
    for index, name in enumerate(reading.file.fixes.trips):
        trip = reading.trip(name, "trips", index)
        if trip is not None:
            times[name] = TripTimes.of(trip)
            reading.narrow(trip, (trip.start_s, trip.start_s), ("trips", index), f"trips[{index}]")
    return times


def _windows(reading: _Reading) -> None:
    fixes = reading.file.fixes
    for index, window in enumerate(fixes.windows):
        trip = reading.trip(window.trip, "windows", index, "trip")
        if trip is not None:
            bounds = (window.earliest_s, window.latest_s)
            reading.narrow(trip, bounds, ("windows", index, "earliest"), f"windows[{index}]")
    for index, span in enumerate(fixes.spans):
        for trip in reading.members(span, "spans", index):
            bounds = (trip.start_s - span.earlier_s, trip.start_s + span.later_s)
            reading.narrow(trip, bounds, ("spans", index), f"spans[{index}]")


def _gaps(reading: _Reading, mode: Mode) -> Iterator[HeldGap]:
    """Fixed gaps; a window of one trip of a group limits all trips of the group."""
    held: dict[str, HeldGap] = {}
    for index, headway in enumerate(reading.file.fixes.headways):
        members = reading.members(headway, "headways", index)
        for direction in DIRECTIONS:
            trips = sorted((trip for trip in members if trip.direction == direction), key=lambda trip: trip.start_s)
            for ahead, trip in pairwise(trips):
                gap = trip.start_s - ahead.start_s
                held[trip.trip_id] = HeldGap(ahead=ahead.trip_id, trip=trip.trip_id, gap_s=gap)
            found = sorted({after.start_s - before.start_s for before, after in pairwise(trips)})
            if headway.headway_s is not None and any(gap != headway.headway_s for gap in found):
                words = ", ".join(f"{gap} s" for gap in found[:6])
                allowed = f"the gaps in direction {direction} in this span at the start of the search: {words}"
                if mode == "equal-service":
                    allowed += "; equal service keeps headways, demand-led decides them"
                reading.faults.append(reading.file.fault(("headways", index, "headway_s"), headway.headway_s, allowed))
            _one_window(reading, trips, index)
    yield from held.values()


def _one_window(reading: _Reading, trips: list[Trip], index: int) -> None:
    """Trips that move together have a common window, relative to each of them."""
    if not trips:
        return
    first = trips[0].start_s
    bounds = [reading.windows.get(trip.trip_id, reading.reach_s[trip.trip_id]) for trip in trips]
    low = max(bound[0] - trip.start_s for bound, trip in zip(bounds, trips, strict=True))
    high = min(bound[1] - trip.start_s for bound, trip in zip(bounds, trips, strict=True))
    if low > high:
        ends = [
            min(range(len(trips)), key=lambda k: bounds[k][1] - trips[k].start_s),
            max(range(len(trips)), key=lambda k: bounds[k][0] - trips[k].start_s),
        ]
        words = " and ".join(f"{_span(*bounds[k])} for trip {trips[k].trip_id}" for k in ends)
        allowed = f"gaps that the windows allow: {words} contradict the fixed gaps between these departures"
        reading.faults.append(reading.file.fault(("headways", index), f"from {_clock(first)}", allowed))
        return
    for trip in trips:
        reading.windows[trip.trip_id] = (trip.start_s + low, trip.start_s + high)
        reading.said_by.setdefault(trip.trip_id, f"headways[{index}]")


def _dwells(reading: _Reading, times: Mapping[str, TripTimes]) -> dict[str, dict[str, int]]:
    stations = {station.id: station for station in reading.scenario.stations}
    names = {station.id: station.name for station in reading.scenario.stations}
    inner = [station.id for station in reading.scenario.stations_in_order("up")[1:-1]]
    dwells: dict[str, dict[str, int]] = {}
    said: dict[tuple[str, str], int] = {}
    for index, fixed in enumerate(reading.file.fixes.dwells):
        fault = reading.file.fault
        if fixed.station not in inner:
            inner_names = {name: key for key, name in names.items() if key in inner}
            allowed = did_you_mean(fixed.station, inner, inner_names, NO_INNER_STATIONS)
            if inner and fixed.station in stations:
                allowed = f"a station between the terminals: {', '.join(inner)}"
            reading.faults.append(fault(("dwells", index, "station"), fixed.station, allowed))
            continue
        station = stations[fixed.station]
        shortest, longest = int(station.minimum_dwell_s), int(station.maximum_dwell_s)
        if fixed.dwell_s is not None and not shortest <= fixed.dwell_s <= longest:
            allowed = f"{shortest} to {longest} s, the dwell limits of the scenario at {fixed.station}"
            reading.faults.append(fault(("dwells", index, "dwell_s"), fixed.dwell_s, allowed))
            continue
        for trip in reading.members(fixed, "dwells", index):
            at = station_index(trip, fixed.station)
            if at is None:
                continue
            stands = trip.dwell_s(at)
            asked = stands if fixed.dwell_s is None else fixed.dwell_s
            before = dwells.setdefault(trip.trip_id, {}).setdefault(fixed.station, asked)
            key = (trip.trip_id, fixed.station)
            if before != asked:
                allowed = f"{before} s, the value of dwells[{said[key]}] for trip {trip.trip_id}"
                reading.faults.append(fault(("dwells", index, "dwell_s"), f"{asked} s", allowed))
            elif trip.trip_id in times and asked != stands:
                allowed = f"{stands} s, because all times of trip {trip.trip_id} are fixed under trips"
                reading.faults.append(fault(("dwells", index, "dwell_s"), f"{asked} s", allowed))
            said.setdefault(key, index)
    return dwells


def _vehicles(reading: _Reading) -> dict[str, str]:
    known = vehicle_names(reading.scenario)
    vehicles: dict[str, str] = {}
    where: dict[str, int] = {}
    for index, fixed in enumerate(reading.file.fixes.vehicles):
        trip = reading.trip(fixed.trip, "vehicles", index, "trip")
        if fixed.vehicle not in known:
            path = ("vehicles", index, "vehicle")
            reading.faults.append(
                reading.file.fault(path, fixed.vehicle, did_you_mean(fixed.vehicle, known, None, NO_VEHICLES))
            )
            continue
        if trip is None:
            continue
        if vehicles.setdefault(fixed.trip, fixed.vehicle) != fixed.vehicle:
            allowed = f"{vehicles[fixed.trip]}, the value of vehicles[{where[fixed.trip]}] for trip {fixed.trip}"
            reading.faults.append(reading.file.fault(("vehicles", index, "vehicle"), fixed.vehicle, allowed))
            continue
        where[fixed.trip] = index
    by_vehicle: dict[str, list[Trip]] = {}
    for name, vehicle in vehicles.items():
        by_vehicle.setdefault(vehicle, []).append(reading.trips[name])
    for vehicle, trips in by_vehicle.items():
        for ahead, trip in pairwise(sorted(trips, key=lambda t: t.start_s)):
            # Departures may still move; trips that overlap by more than both may move can never be one vehicle's.
            latest = reading.windows.get(trip.trip_id, reading.reach_s[trip.trip_id])[1]
            earliest = reading.windows.get(ahead.trip_id, reading.reach_s[ahead.trip_id])[0]
            end = earliest + (ahead.end_s - ahead.start_s)
            if latest < end:
                allowed = f"another vehicle, because {vehicle} works {ahead.trip_id} at least until {_clock(end)}"
                path = ("vehicles", where[trip.trip_id], "vehicle")
                reading.faults.append(reading.file.fault(path, f"{vehicle} for {trip.trip_id}", allowed))
    return vehicles


def _withdrawals(reading: _Reading, vehicles: Mapping[str, str]) -> Iterator[OutOfService]:
    known = vehicle_names(reading.scenario)
    for index, out in enumerate(reading.file.fixes.withdrawals):
        if out.vehicle not in known:
            path = ("withdrawals", index, "vehicle")
            reading.faults.append(
                reading.file.fault(path, out.vehicle, did_you_mean(out.vehicle, known, None, NO_VEHICLES))
            )
            continue
        for name in (name for name, vehicle in vehicles.items() if vehicle == out.vehicle):
            trip = reading.trips[name]
            earliest, latest = reading.windows.get(name, reading.reach_s[name])
            duration = trip.end_s - trip.start_s
            if latest < out.to_s and earliest + duration > out.from_s:
                allowed = (
                    f"another vehicle or time, because {out.vehicle} is fixed to trip {name}, {_clock(trip.start_s)}"
                )
                reading.faults.append(reading.file.fault(("withdrawals", index, "vehicle"), out.vehicle, allowed))
        yield OutOfService(vehicle=out.vehicle, from_s=out.from_s, to_s=out.to_s)


def _clock(seconds: int) -> str:
    return seconds_to_clock(seconds)


def _span(low: int, high: int) -> str:
    return f"{_clock(low)} to {_clock(high)}" if low != high else _clock(low)
