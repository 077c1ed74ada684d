"""A plan as tables: what CSV files and the sheets of a workbook hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from api.plan_folder import WrittenPlan
from dispatch.timetable import DIRECTIONS, Trip

Kind = Literal["text", "whole", "number", "clock"]
Value = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column: its name with the unit as suffix, and how its values are written; clocks are seconds of the day."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True)
class PlanTable:
    """A table of a plan."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def tables_of(written: WrittenPlan) -> tuple[PlanTable, ...]:
    """All tables of a plan: summary, headways, trips, timetable, duties, stations, levers, rules."""
    return (
        _summary(written), _headways(written), _trips(written), _timetable(written), _duties(written),
        _stations(written), _levers(written), _rules(written),
    )  # fmt: skip


def _summary(written: WrittenPlan) -> PlanTable:
    result = written.result
    units = {"kwh": "kWh", "kw": "kW", "km": "km", "s": "s"}
    rows: list[tuple[Value, ...]] = []
    for name in type(result.baseline).model_fields:
        unit = units.get(name.rsplit("_", 1)[-1], "")
        rows.append((name, unit, *(_rounded(getattr(day, name)) for day in (result.baseline, result.plan))))
    low, high = result.saving_ci95_percent
    rows += [
        ("saving_percent", "%", None, round(result.saving_percent, 3)),
        ("saving_ci95_low_percent", "%", None, round(low, 3)),
        ("saving_ci95_high_percent", "%", None, round(high, 3)),
    ]
    texts = {"scenario": result.scenario, "mode": result.mode, "metering_point": result.metering_point,
             "scenario_hash": result.scenario_hash, "version": result.version, "seed": str(result.seed)}  # fmt: skip
    columns = (Column("figure"), Column("unit"), Column("baseline", "number"), Column("plan", "number"), Column("text"))
    return PlanTable(
        "summary", columns,
        (*((*row, None) for row in rows), *((name, "", None, None, text) for name, text in texts.items())),
    )  # fmt: skip


def _rounded(figure: object) -> Value:
    """A figure that was not taken stays empty."""
    return round(float(figure), 3) if isinstance(figure, int | float) else None


def _headways(written: WrittenPlan) -> PlanTable:
    columns = (Column("direction"), Column("from", "clock"), Column("to", "clock"), Column("headway_s", "number"),
               Column("trips", "whole"), Column("from_station"), Column("to_station"))  # fmt: skip
    rows = [
        (one.direction, one.from_s, one.to_s, one.headway_s, one.trips, one.first, one.last)
        for one in written.plan.headways
    ]
    return PlanTable("headways", columns, tuple(rows))


def _trips(written: WrittenPlan) -> PlanTable:
    columns = (
        Column("trip_id"), Column("direction"), Column("from_station"), Column("to_station"),
        Column("departure", "clock"), Column("arrival", "clock"), Column("one_way_s", "whole"),
        Column("dwells_s", "whole"), Column("headway_s", "whole"), Column("most_passengers", "number"),
        Column("vehicle"), Column("train_type"),
    )  # fmt: skip
    timetable = written.plan.timetable
    # The gap at the trip's own first station: trips that turn on the way begin elsewhere than those ahead of them.
    behind_s = {
        behind.trip_id: behind.start_s - ahead.departure_s[places[0][0]]
        for direction in DIRECTIONS
        for (ahead, behind), places in timetable.neighbours(direction).items()
        if places[0][1] == 0
    }
    rows: list[tuple[Value, ...]] = []
    for trip in timetable.trips:
        dwells_s = sum(trip.dwell_s(k) for k in range(1, len(trip.stations) - 1))
        rows.append((
            trip.trip_id, trip.direction, trip.stations[0], trip.stations[-1], trip.start_s, trip.end_s,
            trip.end_s - trip.start_s, dwells_s, behind_s.get(trip.trip_id), round(max(trip.passengers), 1),
            trip.vehicle, written.plan.vehicles.get(trip.vehicle, ""),
        ))  # fmt: skip
    return PlanTable("trips", columns, tuple(rows))


def _timetable(written: WrittenPlan) -> PlanTable:
    """One row for each call: `headwatt scenario new --timetable` reads it."""
    columns = (
        Column("trip_id"), Column("direction"), Column("stop", "whole"), Column("station"), Column("station_name"),
        Column("chainage_m", "number"), Column("arrival", "clock"), Column("departure", "clock"),
        Column("dwell_s", "whole"), Column("run_to_next_s", "whole"), Column("driving"), Column("passengers", "number"),
        Column("vehicle"),
    )  # fmt: skip
    known = {station.id: station for station in written.scenario.stations}
    rows: list[tuple[Value, ...]] = []
    for trip in written.plan.timetable.trips:
        last = len(trip.stations) - 1
        for k, station in enumerate(trip.stations):
            here = known.get(station)
            rows.append((
                trip.trip_id, trip.direction, k + 1, station, here.name if here else "",
                here.chainage_m if here else None, trip.arrival_s[k], trip.departure_s[k],
                trip.dwell_s(k) if 0 < k < last else None,
                trip.running_time_s(k) if k < last else None, trip.driving[k] if k < last else "",
                round(trip.passengers[k], 1) if k < last else None, trip.vehicle,
            ))  # fmt: skip
    return PlanTable("timetable", columns, tuple(rows))


def duties(written: WrittenPlan) -> dict[str, tuple[Trip, ...]]:
    """Trips of each vehicle in order of departure; trips without a vehicle are left out."""
    found: dict[str, list[Trip]] = {}
    for trip in sorted(written.plan.timetable.trips, key=lambda one: one.start_s):
        if trip.vehicle:
            found.setdefault(trip.vehicle, []).append(trip)
    return {vehicle: tuple(found[vehicle]) for vehicle in sorted(found)}


def _duties(written: WrittenPlan) -> PlanTable:
    columns = (
        Column("vehicle"), Column("train_type"), Column("number", "whole"), Column("trip_id"), Column("direction"),
        Column("from_station"), Column("departure", "clock"), Column("to_station"), Column("arrival", "clock"),
        Column("stands_before_next_s", "whole"), Column("distance_km", "number"),
        Column("distance_so_far_km", "number"),
    )  # fmt: skip
    return PlanTable("duties", columns, tuple(row for item in duties(written).items() for row in _duty(written, *item)))


def _duty(written: WrittenPlan, vehicle: str, trips: tuple[Trip, ...]) -> Iterator[tuple[Value, ...]]:
    chainage_m = {station.id: station.chainage_m for station in written.scenario.stations}
    following: list[Trip | None] = [*trips[1:], None]
    so_far_km = 0.0
    for number, (trip, after) in enumerate(zip(trips, following, strict=True), start=1):
        passed = [chainage_m[station] for station in trip.stations if station in chainage_m]
        distance_km = sum(abs(there - here) for here, there in pairwise(passed)) / 1000
        so_far_km += distance_km
        yield (
            vehicle, written.plan.vehicles.get(vehicle, ""), number, trip.trip_id, trip.direction, trip.stations[0],
            trip.start_s, trip.stations[-1], trip.end_s, after.start_s - trip.end_s if after else None,
            round(distance_km, 3), round(so_far_km, 3),
        )  # fmt: skip


def _stations(written: WrittenPlan) -> PlanTable:
    columns = (
        Column("station"), Column("name"), Column("chainage_m", "number"), Column("latitude_deg", "number"),
        Column("longitude_deg", "number"), Column("minimum_dwell_s", "whole"), Column("maximum_dwell_s", "whole"),
    )  # fmt: skip
    rows = [
        (one.id, one.name, one.chainage_m, one.latitude_deg, one.longitude_deg,
         one.minimum_dwell_s, one.maximum_dwell_s)
        for one in written.scenario.stations
    ]  # fmt: skip
    return PlanTable("stations", columns, tuple(rows))


def _levers(written: WrittenPlan) -> PlanTable:
    columns = (Column("lever"), Column("saving_kwh", "number"))
    return PlanTable("levers", columns, tuple((one.name, round(one.saving_kwh, 3)) for one in written.result.levers))


def _rules(written: WrittenPlan) -> PlanTable:
    """The rules as they were proven when the plan was written."""
    checks = written.result.checks
    rows = [*(("rule", text) for text in checks.rules), *(("violation", text) for text in checks.violations)]
    return PlanTable("rules", (Column("kind"), Column("text")), tuple(rows))
