"""Two plans side by side: trip by trip, by period, in all; energy noise-free on the two-track ladder."""

from dataclasses import dataclass, replace
from functools import cached_property

from dispatch.baseline import headway_table
from dispatch.plan import HeadwayPeriod, Plan
from dispatch.timetable import Direction, Trip
from dispatch.traffic import OtherLibraries, planned_snapshots
from dispatch.trip_pairs import pairs
from dispatch.waiting import expected_waiting
from energy_models.energy_account import account
from energy_models.faults import Fault, InputFaults
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.solver import solve
from energy_models.train import Train
from scenarios.billing import bill
from scenarios.build import profile_libraries
from scenarios.emissions import GridCarbon
from scenarios.fleet import by_vehicle
from scenarios.schema import Scenario

ENERGISED_S = 86_400.0
_Row = tuple[Direction, int, int, str, str]


@dataclass(frozen=True, eq=False)
class PlannedLine:
    """A plan with the line and the trains that it was made for."""

    plan: Plan
    scenario: Scenario
    library: ProfileLibrary
    train: Train
    network: SupplyNetwork

    @cached_property
    def others(self) -> OtherLibraries:
        """The vehicles of further train types."""
        return by_vehicle(self.scenario, profile_libraries(self.scenario, self.library)).others


@dataclass(frozen=True)
class PlanTotals:
    """A planned day in figures, every train on time; energies at the substations' DC terminals, peak over any 15 min.

    `used_share` is the share of the offered braking energy that the line takes; `cost` is in the tariff's currency.
    """

    trips: int
    train_km: float
    vehicles: int
    mean_waiting_s: float
    energy_kwh: float
    peak_15min_kw: float
    used_share: float
    unserved_kwh: float
    cost: float
    co2_kg: float


@dataclass(frozen=True)
class TripDifference:
    """One trip in both plans; None where a plan lacks it. Changes are second less first, in s.

    `trip_id` is its name in the first plan, or in the second where the first lacks it.
    """

    trip_id: str
    trip_ids: tuple[str | None, str | None]
    direction: Direction
    departure_s: tuple[int | None, int | None]
    vehicle: tuple[str | None, str | None]
    driving: tuple[str | None, str | None]
    departure_change_s: int = 0
    one_way_change_s: int = 0
    running_change_s: tuple[int, ...] = ()
    dwell_change_s: tuple[int, ...] = ()

    @property
    def is_changed(self) -> bool:
        """True when anything but the vehicle differs."""
        missing = None in self.departure_s
        times = self.departure_change_s or any(self.running_change_s) or any(self.dwell_change_s)
        return bool(missing or times or self.driving[0] != self.driving[1])


@dataclass(frozen=True)
class HeadwayDifference:
    """One period of one direction: mean headway and departures in both plans; None where a plan has none there.

    With `first` and `last` it is about all trains on that part of the line, where some of them turn.
    """

    direction: Direction
    from_s: int
    to_s: int
    headway_s: tuple[float | None, float | None]
    trips: tuple[int, int]
    first: str = ""
    last: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything about two plans side by side."""

    totals: tuple[PlanTotals, PlanTotals]
    headways: tuple[HeadwayDifference, ...]
    trips: tuple[TripDifference, ...]
    is_same_scenario: bool


def compare(first: PlannedLine, second: PlannedLine) -> Comparison:
    """Compare two plans; raises `InputFaults` when they are not of the same line."""
    lines = [[station.id for station in side.scenario.stations] for side in (first, second)]
    if lines[0] != lines[1]:
        fault = Fault(
            "", "compare", "stations", second.scenario.name, f"a plan of the same line, {first.scenario.name}"
        )
        raise InputFaults([fault])
    return Comparison(
        totals=(totals(first), totals(second)),
        headways=_headways(first, second),
        trips=tuple(_difference(*pair) for pair in pairs(first.plan, second.plan)),
        is_same_scenario=first.scenario.hash == second.scenario.hash,
    )


def totals(line: PlannedLine) -> PlanTotals:
    """What a plan amounts to, solved on the two-track ladder with every train on time."""
    timetable, scenario = line.plan.timetable, line.scenario
    chainage = {station.id: station.chainage_m for station in scenario.stations}
    snapshots = planned_snapshots(timetable, line.library, line.train, line.others)
    solution = solve(line.network, snapshots, model="ladder")
    energy = account(snapshots, solution, line.network, energised_s=ENERGISED_S)
    priced = bill(scenario.tariff, GridCarbon.of(scenario), line.network, solution, snapshots.start_s)
    metres = sum(abs(chainage[trip.stations[-1]] - chainage[trip.stations[0]]) for trip in timetable.trips)
    return PlanTotals(
        trips=len(timetable.trips),
        train_km=metres / 1000.0,
        vehicles=len({trip.vehicle for trip in timetable.trips}),
        mean_waiting_s=expected_waiting(timetable, scenario).mean_s,
        energy_kwh=energy.energy_kwh,
        peak_15min_kw=energy.peak_15min_sliding_kw,
        used_share=energy.receptivity_share,
        unserved_kwh=energy.unserved_kwh,
        cost=priced.cost.total,
        co2_kg=priced.co2_kg,
    )


def _headways(first: PlannedLine, second: PlannedLine) -> tuple[HeadwayDifference, ...]:
    """By the periods of both plans' own tables where they agree, else by those of the first plan's line."""
    tables = [_by_period(side.plan.headways) for side in (first, second)]
    if tables[0].keys() != tables[1].keys():
        tables = [_by_period(headway_table(side.plan.timetable, first.scenario)) for side in (first, second)]
    found = []
    for key in sorted(tables[0].keys() | tables[1].keys(), key=lambda key: (key[0] != "up", *key[1:])):
        direction, from_s, to_s, start, end = key
        rows = [table.get(key) for table in tables]
        headways = [None if row is None or not row.trips else row.headway_s for row in rows]
        trips = [0 if row is None else row.trips for row in rows]
        found.append(
            HeadwayDifference(direction, from_s, to_s, (headways[0], headways[1]), (trips[0], trips[1]), start, end)
        )
    return tuple(found)


def _by_period(table: tuple[HeadwayPeriod, ...]) -> dict[_Row, HeadwayPeriod]:
    return {(row.direction, row.from_s, row.to_s, row.first, row.last): row for row in table}


def _difference(first: Trip | None, second: Trip | None) -> TripDifference:
    known = first or second
    assert known is not None
    outline = TripDifference(
        trip_id=known.trip_id,
        trip_ids=(first.trip_id if first else None, second.trip_id if second else None),
        direction=known.direction,
        departure_s=(first.start_s if first else None, second.start_s if second else None),
        vehicle=(first.vehicle if first else None, second.vehicle if second else None),
        driving=(_driving(first) if first else None, _driving(second) if second else None),
    )
    if first is None or second is None or first.stations != second.stations:
        return outline
    sections = range(len(first.driving))
    return replace(
        outline,
        departure_change_s=second.start_s - first.start_s,
        one_way_change_s=(second.end_s - second.start_s) - (first.end_s - first.start_s),
        running_change_s=tuple(second.running_time_s(k) - first.running_time_s(k) for k in sections),
        dwell_change_s=tuple(second.dwell_s(k) - first.dwell_s(k) for k in sections[1:]),
    )


def _driving(trip: Trip) -> str:
    """The trip's way of driving; by section where it differs."""
    return trip.driving[0] if len(set(trip.driving)) == 1 else ", ".join(trip.driving)
