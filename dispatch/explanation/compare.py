"""Comparison of two plans: by trip, by period, in total; energy without noise on the two-track ladder."""

from dataclasses import dataclass, replace
from itertools import zip_longest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_snapshots
from dispatch.plans.in_force import headway_table
from dispatch.plans.plan import HeadwayPeriod, Plan
from dispatch.plans.timetable import Trip
from dispatch.plans.trip_pairs import pairs
from dispatch.plans.waiting import expected_waiting
from energy_models.account.energy import account
from energy_models.faults import Fault, InputFaults
from energy_models.supply.solver import solve
from scenarios.costs.billing import bill
from scenarios.costs.emissions import GridCarbon
from scenarios.schema import Scenario
from scenarios.schema.base import Direction
from scenarios.values.track_lengths import distance_m

_Row = tuple[Direction, int, int, str, str]


@dataclass(frozen=True, eq=False)
class PlannedLine:
    """A plan with its line and its trains."""

    plan: Plan
    line: LineModel

    @property
    def scenario(self) -> Scenario:
        """The scenario of the line."""
        return self.line.scenario


@dataclass(frozen=True)
class PlanTotals:
    """Figures of a planned day, every train on time; energies at the substations' DC terminals, sliding 15-min peak.

    `used_share` is the used share of the offered braking energy; `cost` is in the currency of the tariff.
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
    """One trip in both plans; None if a plan does not have the trip. Changes are second minus first, in s.

    `trip_id` is the name in the first plan, or in the second plan if the first does not have the trip.
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
        """True if anything other than the vehicle differs."""
        missing = None in self.departure_s
        times = self.departure_change_s or any(self.running_change_s) or any(self.dwell_change_s)
        return bool(missing or times or self.driving[0] != self.driving[1])

    @property
    def largest_move_s(self) -> int | None:
        """The largest change of an arrival or a departure at any station, in s; None where a plan lacks the trip."""
        if None in self.departure_s:
            return None
        changes = [self.departure_change_s]
        for run_s, dwell_s in zip_longest(self.running_change_s, self.dwell_change_s, fillvalue=0):
            changes += [changes[-1] + run_s, changes[-1] + run_s + dwell_s]
        return max(abs(change) for change in changes)


@dataclass(frozen=True)
class HeadwayDifference:
    """One period of one direction: mean headway and departures in both plans; None without departures.

    With `first` and `last`, the row is about all trains on this part of the line, with short trips.
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
    """The comparison of two plans."""

    totals: tuple[PlanTotals, PlanTotals]
    headways: tuple[HeadwayDifference, ...]
    trips: tuple[TripDifference, ...]
    is_same_scenario: bool


def compare(first: PlannedLine, second: PlannedLine) -> Comparison:
    """Compare two plans; raises `InputFaults` if they are not of the same line."""
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


def totals(planned: PlannedLine) -> PlanTotals:
    """The figures of a plan, solved on the two-track ladder with every train on time."""
    timetable, scenario = planned.plan.timetable, planned.scenario
    snapshots = planned_snapshots(timetable, planned.line)
    solution = solve(planned.line.network, snapshots, model="ladder")
    energy = account(
        snapshots, solution, planned.line.network, energised_s=float(scenario.operation.supply_energised_s)
    )
    priced = bill(
        scenario.tariff,
        GridCarbon.of(scenario),
        planned.line.network,
        solution,
        snapshots.start_s,
        energised_s=scenario.operation.supply_energised_s,
    )
    metres = sum(distance_m(scenario, trip.stations[0], trip.stations[-1]) for trip in timetable.trips)
    return PlanTotals(
        trips=len(timetable.trips),
        train_km=metres / 1000.0,
        vehicles=len(timetable.vehicles),
        mean_waiting_s=expected_waiting(timetable, scenario).mean_s,
        energy_kwh=energy.energy_kwh,
        peak_15min_kw=energy.peak_15min_sliding_kw,
        used_share=energy.receptivity_share,
        unserved_kwh=energy.unserved_kwh,
        cost=priced.cost.total,
        co2_kg=priced.co2_kg,
    )


def _headways(first: PlannedLine, second: PlannedLine) -> tuple[HeadwayDifference, ...]:
    """By the periods of the tables of both plans if they agree, otherwise by those of the line of the first plan."""
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
    return replace(
        outline,
        departure_change_s=second.start_s - first.start_s,
        one_way_change_s=(second.end_s - second.start_s) - (first.end_s - first.start_s),
        running_change_s=tuple(b - a for a, b in zip(first.running_times_s, second.running_times_s, strict=True)),
        dwell_change_s=tuple(b - a for a, b in zip(first.dwells_s, second.dwells_s, strict=True)),
    )


def _driving(trip: Trip) -> str:
    """The driving strategy of the trip; by section if it differs."""
    return trip.driving[0] if len(set(trip.driving)) == 1 else ", ".join(trip.driving)
