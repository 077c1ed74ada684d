"""Random small lines for property tests: every form of timetable, terminals of every kind, every kind of supply.

All drawn lines keep the rules of the scenario language; `findings` lists what a rule finds in a line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from random import Random

from hypothesis import strategies as st

from dispatch.plans.in_force import timetable_in_force
from dispatch.rostering.duties import fleet_need
from scenarios.files.load import load_scenario
from scenarios.rules import RULES
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.demand import Demand, Gravity, GravityStation, PeriodJourneys, ProfilePeriod
from scenarios.schema.disturbances import Disturbances
from scenarios.schema.line import Depot, Gradient, Signalling, SpeedLimit, Station, Terminal, Track, TrackSection
from scenarios.schema.service import (
    Call,
    ClockByDirection,
    Departure,
    Driving,
    FleetPart,
    HeadwayPeriod,
    Policy,
    RunningTimes,
    SectionTime,
    TimetableInForce,
)
from scenarios.schema.supply import Storage, Substation, Supply
from scenarios.schema.train import AtoLevel, TrainType
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
SEVEN = 7 * 3600
BREAK_S = 7500
"""A gap that is a break of service."""
LEVELS = (AtoLevel(name="brisk"), AtoLevel(name="gentle", speed_cap_kmh=55, coast_from_share=0.6, slowest_share=0.6))

Sections = dict[Direction, tuple[int, ...]]


def random_lines() -> st.SearchStrategy[Scenario]:
    """The lines as a strategy of hypothesis, which shrinks a line that fails."""
    return st.randoms(use_true_random=False).map(random_line)


def findings(scenario: Scenario) -> list[str]:
    """What the rules of the scenario language find."""
    return [f"{rule.number}: {one.path} {one.value}: {one.allowed}" for rule in RULES for one in rule.find(scenario)]


def random_line(random: Random) -> Scenario:
    """A line of 2 to 8 stations with a short day of service."""
    stations = _stations(random)
    ends = stations[0].id, stations[-1].id
    types = _train_types(random)
    bare = LINE.with_parts(
        name="random_line",
        stations=stations,
        terminals=_terminals(random, stations),
        track=_tracks(random, stations),
        signalling=_signalling(random),
        train_types=types,
        fleet=tuple(FleetPart(train_type=name, trainsets=8) for name in types),
        supply=_supplies(random, stations),
        policy=_policies(random),
        driving=Driving(baseline=random.choice(["speed_cap", "speed_cap", "optimal", "flat_out"])),
        disturbances=Disturbances(dwell_noise_s=random.choice([0, 0, 3]), dwell_noise_accumulates=False),
        provenance={},
    )
    form = random.choice(["headways", "departures", "calls", "calls"])
    running = _running_times(random, bare)
    timetable = {"headways": _by_headways, "departures": _by_departures, "calls": _by_calls}[form](
        random, bare, running
    )
    line = bare.with_parts(timetable=timetable, demand=_nobody(bare))
    line = line.with_parts(fleet=_fleet(random, line))
    line = line.with_parts(depots=_depots(random, ends, list(line.terminals), line.trainsets))
    if form == "calls" and random.choice((True, False)):
        line = _with_vehicles(line)
    line = line.with_parts(demand=_demand(random, line))
    # Through the document of a scenario, so that the types of all fields are checked.
    return Scenario.model_validate_json(line.model_dump_json())


def _stations(random: Random) -> tuple[Station, ...]:
    count = random.choice([2, 3, 3, 4, 4, 5, 6, 8])
    shortest_m = 1000 if count == 2 else 500
    chainage_m = random.choice([0, 350])
    stations = []
    for number in range(count):
        inner = 0 < number < count - 1
        least = random.choice([15, 25])
        usual = least + random.randint(0, 12)
        dwells = {"minimum_dwell_s": least, "dwell_s": usual, "maximum_dwell_s": usual + random.randint(0, 12)}
        place = {"id": f"S{number}", "name": f"Station {number}", "chainage_m": chainage_m}
        stations.append(Station(**place, **(dwells if inner else {})))
        chainage_m += random.choice([shortest_m, 1000, 1300, 1800])
    return tuple(stations)


def _terminals(random: Random, stations: tuple[Station, ...]) -> dict[str, Terminal]:
    inner = [station.id for station in stations[1:-1]]
    turning = random.sample(inner, random.randint(0, min(2, len(inner))))
    return {
        name: Terminal(
            turnback_s=random.choice([60, 110, 180]),
            maximum_turnback_s=random.choice([None, None, 600, 1500]),
            tracks=random.choice([3, 2, 3, 1]),
        )
        for name in (stations[0].id, *turning, stations[-1].id)
    }


def _depots(random: Random, ends: tuple[str, str], terminals: list[str], trainsets: int) -> tuple[Depot, ...]:
    """Depots with room for the fleet: none, at one or at both ends, at any terminal."""
    at = random.choice([(), (), ends[:1], ends, tuple(terminals)])
    return tuple(Depot(id=f"depot_{name}", station=name, capacity=ceil(trainsets / len(at)) + 1) for name in at)


def _tracks(random: Random, stations: tuple[Station, ...]) -> Track:
    gradients, limits, sections = [], [], []
    is_unlike = random.randint(0, 5) == 0
    for here, there in pairwise(stations):
        span = {"from_m": here.chainage_m, "to_m": there.chainage_m}
        gradients.append(Gradient(**span, permil=random.choice([0, 0, 15, -20])))
        limits.append(SpeedLimit(**span, limit_kmh=random.choice([60, 75])))
        length_m = there.chainage_m - here.chainage_m
        longer_m = length_m + random.choice([0, 40]) if is_unlike else None
        sections.append(TrackSection(departure_station=here.id, length_m=length_m, length_down_m=longer_m))
    return Track(sections=tuple(sections) if is_unlike else (), speed_limits=tuple(limits), gradients=tuple(gradients))


def _signalling(random: Random) -> Signalling:
    headway_s = random.choice([75, 90, 120])
    if random.randint(0, 3) > 0:
        return Signalling(minimum_headway_s=headway_s)
    return Signalling(minimum_headway_s=headway_s, system="fixed_block", block_length_m=random.choice([150, 250]))


def _train_types(random: Random) -> dict[str, TrainType]:
    main = LINE.train_types["four_car"]
    changes: dict[str, object] = {"ato_levels": LEVELS if random.randint(0, 5) == 0 else ()}
    if random.choice((True, False)):
        changes["passenger_exchange"] = None
    types = {"main": main.model_copy(update=changes)}
    if random.randint(0, 2) == 0:
        types["other"] = types["main"].model_copy(update={"tare_t": random.choice([125, 165])})
    return types


def _supplies(random: Random, stations: tuple[Station, ...]) -> Supply:
    ids = [station.id for station in stations]
    at = random.sample(ids, random.randint(1, min(4, len(ids))))
    if len(ids) > 4:
        at = sorted({ids[1], ids[-2], *at})
    order = sorted(at, key=ids.index)
    reversible = random.choice([None, *order])
    inverter = {"inverter_v": 860, "inverter_resistance_ohm": 0.05, "inverter_efficiency": 0.96}
    substations = tuple(
        Substation(id=f"sub_{name}", station=name, efficiency=0.985, **(inverter if name == reversible else {}))
        for name in order
    )
    stored = LINE.supply.storages[0].model_dump() | {"station": random.choice(ids), "chainage_m": None}
    storages = (Storage.model_validate(stored),) if random.randint(0, 3) == 0 else ()
    return LINE.supply.model_copy(update={"substations": substations, "storages": storages})


def _policies(random: Random) -> Policy:
    return Policy(
        longest_headway_s=random.choice([600, 1200]),
        load_limit_share=random.choice([0.7, 1.0]),
        departure_window_s=random.choice([None, None, 20, 90]),
        standing_to_running_s=random.choice([0, 0, 15]),
    )


def _running_times(random: Random, line: Scenario) -> Sections:
    """Running times of each section that every train can keep with every load."""
    shortest = ShortestTimes(line)
    found: Sections = {}
    for direction in DIRECTIONS:
        times = []
        for section in range(len(line.stations) - 1):
            full = (
                shortest.of(name, direction, section, line.train_types[name].capacity.crush)
                for name in line.train_types
            )
            times.append(ceil(max(full)) + random.choice([1, 6, 14, 30]))
        found[direction] = tuple(times)
    return found


def _fleet(random: Random, line: Scenario) -> tuple[FleetPart, ...]:
    """Mostly as many trains as today's timetable needs, or a few more; sometimes one train too few."""
    spare = random.choice([1, 2, 0, 3, 1, 2, 0, 1, 2, 3, 1, -1])
    types = len(line.train_types)
    need = max(1, fleet_need(timetable_in_force(line), line).vehicles + spare)
    return tuple(
        FleetPart(train_type=name, trainsets=max(1, need // types + (need % types > number)))
        for number, name in enumerate(line.train_types)
    )


def _by_headways(random: Random, line: Scenario, running: Sections) -> TimetableInForce:
    """Periods of both directions or of each one, and sometimes other times in a period."""
    shortest = line.signalling.minimum_headway_s
    ends = [SEVEN]
    for _ in range(random.randint(1, 3)):
        ends.append(ends[-1] + random.choice([1200, 1800, 2700]))
    of = ("both",) if random.choice((True, False)) else DIRECTIONS
    periods = tuple(
        HeadwayPeriod.model_validate(
            {"from_s": begin, "to_s": end, "direction": way, "headway_s": shortest + random.choice([0, 60, 210, 480])},
            by_name=True,
        )
        for way in of
        for begin, end in pairwise(ends)
    )
    first = {way: SEVEN + random.randint(0, 400) for way in DIRECTIONS}
    # A direction may have its first train only.
    last = {way: random.choice([ends[-1], ends[-1] - 300, ends[-1], first[way]]) for way in DIRECTIONS}
    section_times: tuple[SectionTime, ...] = ()
    if random.randint(0, 3) == 0:
        way = random.choice(DIRECTIONS)
        section = random.randint(0, len(running[way]) - 1)
        section_times = (
            SectionTime.model_validate(
                {
                    "from_s": ends[0],
                    "to_s": ends[1],
                    "direction": way,
                    "departure_station": line.stations_in_order(way)[section].id,
                    "running_time_s": running[way][section] + random.choice([4, 15]),
                },
                by_name=True,
            ),
        )
    return TimetableInForce.model_validate(
        {
            "running_time_s": RunningTimes(**running),
            "section_times": section_times,
            "first_departure_s": ClockByDirection(**first),
            "last_departure_s": ClockByDirection(**{way: max(last[way], first[way]) for way in DIRECTIONS}),
            "periods": periods,
        },
        by_name=True,
    )


def _starts(random: Random, line: Scenario, most: int) -> list[int]:
    """Departures of a direction: one, two or more, with even or uneven gaps, sometimes with a break of service."""
    shortest = line.signalling.minimum_headway_s
    count = random.choice([6, most, 5, most, 9, 3, most, 6, 2, 1])
    usual = shortest + random.choice([0, 50, 200, 400])
    unevenness = random.choice([0, 30, 300])
    starts = [SEVEN + random.randint(0, 500)]
    for _ in range(count - 1):
        starts.append(starts[-1] + usual + (random.randint(0, unevenness) if unevenness else 0))
    if count > 2 and random.randint(0, 4) == 0:
        place = random.randint(1, count - 1)
        starts[place:] = [start + BREAK_S for start in starts[place:]]
    return starts


def _by_departures(random: Random, line: Scenario, running: Sections) -> TimetableInForce:
    departures = tuple(
        Departure(direction=way, departure=start) for way in DIRECTIONS for start in _starts(random, line, 12)
    )
    return TimetableInForce(running_time_s=RunningTimes(**running), departures=departures)


@dataclass(frozen=True)
class _Stop:
    station: str
    arrival_s: int
    departure_s: int


def _by_calls(random: Random, line: Scenario, running: Sections) -> TimetableInForce:
    """Trips with their own times; some turn at inner terminals, and some directions have few trips."""
    calls: list[Call] = []
    for way in DIRECTIONS:
        stations = line.stations_in_order(way)
        turning = [place for place, station in enumerate(stations) if station.id in line.terminals]
        left: dict[str, int] = {}
        starts = _starts(random, line, 14)
        whole = random.randint(0, len(starts) - 1)
        has_own_times, has_short_trips = random.choice((True, False)), random.choice((True, False))
        for number, start in enumerate(starts):
            first, last = 0, len(stations) - 1
            if has_short_trips and number != whole and len(turning) > 2 and random.choice((True, False)):
                first, last = sorted(random.sample(turning, 2))
            slower = random.choice([0, 0, 3, 12]) if has_own_times else 0
            stops = list(
                _stops(random, stations[first : last + 1], running[way][first:last], start, slower, has_own_times)
            )
            # As late as the train ahead requires at every station that it leaves.
            shortest = line.signalling.minimum_headway_s
            gone = [(stop, left[stop.station]) for stop in stops if stop.station in left]
            late = max([0, *(before + shortest - stop.departure_s for stop, before in gone)])
            for stop in stops:
                left[stop.station] = stop.departure_s + late
                calls.append(
                    Call(
                        trip_id=f"{way[0].upper()}{number}",
                        station=stop.station,
                        arrival=stop.arrival_s + late,
                        departure=stop.departure_s + late,
                    )
                )
    return TimetableInForce(calls=tuple(calls))


def _stops(
    random: Random, stations: tuple[Station, ...], running: tuple[int, ...], start_s: int, slower_s: int, own: bool
) -> Iterator[_Stop]:
    at = start_s
    yield _Stop(stations[0].id, at, at)
    for place, station in enumerate(stations[1:], start=1):
        arrival = at + running[place - 1] + slower_s
        is_last = place == len(stations) - 1
        dwell = 0 if is_last else station.dwell_s
        if own and not is_last:
            dwell = random.randint(station.minimum_dwell_s, station.maximum_dwell_s)
        at = arrival + dwell
        yield _Stop(station.id, arrival, at)


def _with_vehicles(line: Scenario) -> Scenario:
    """The calls with the vehicles that Headwatt gives them."""
    vehicle = {trip.trip_id: trip.vehicle for trip in timetable_in_force(line).trips}
    calls = tuple(call.model_copy(update={"vehicle": vehicle[call.trip_id]}) for call in line.timetable.calls or ())
    return line.with_parts(timetable=line.timetable.model_copy(update={"calls": calls}))


def _nobody(line: Scenario) -> Demand:
    return _between(line, 1.0, SEVEN, SEVEN + 3600).model_copy(update={"scale": 0.0})


def _between(line: Scenario, passengers: float, from_s: int, to_s: int) -> Demand:
    rows = tuple(
        PeriodJourneys.model_validate(
            {"from_s": from_s, "to_s": to_s, "origin": a.id, "destination": b.id, "passengers": passengers},
            by_name=True,
        )
        for a, b in ((line.stations[0], line.stations[-1]), (line.stations[-1], line.stations[0]))
    )
    return Demand(origin_destination_periods=rows)


def _demand(random: Random, line: Scenario) -> Demand:
    """No passengers, or so many that the fullest train of today has a drawn share of its normal capacity."""
    share = random.choice([0.0, 0.3, 0.8, 1.1])
    if share == 0.0:
        return line.demand
    trips = timetable_in_force(line).trips
    # Passengers come as long as trains run; the hours are whole ones.
    first = min(trip.start_s for trip in trips) // 900 * 900
    last = -(-max(trip.end_s for trip in trips) // 900) * 900
    if random.choice((True, False)):
        middle = first + max(900, (last - first) // 1800 * 900)
        peak = random.choice([0.5, 0.7])
        rows = [{"from_s": first, "to_s": middle, "share": peak, "outward_share": random.choice([0.5, 0.9])}]
        if middle < last:
            rows.append({"from_s": middle, "to_s": last, "share": 1.0 - peak})
        else:
            rows[0]["share"] = 1.0
        stations = tuple(
            GravityStation(station=station.id, attraction=random.choice([1, 4]), production=random.choice([1, 3]))
            for station in line.stations
        )
        profile = tuple(ProfilePeriod.model_validate(row, by_name=True) for row in rows)
        demand = Demand(passengers_per_day=1000.0, gravity=Gravity(stations=stations, profile=profile))
    else:
        demand = _between(line, 1000.0, first, last)
    fullest = max(max(trip.passengers) for trip in timetable_in_force(line.with_parts(demand=demand)).trips)
    if fullest <= 0.0:
        return line.demand
    normal = min(one.capacity.normal for one in line.train_types.values())
    return demand.model_copy(update={"scale": min(10.0, share * normal / fullest)})
