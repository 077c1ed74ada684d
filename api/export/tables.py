"""A plan as tables, for CSV files and for the sheets of a workbook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal

from api.plan_files.folder import WrittenPlan
from api.plan_files.proof import CheckedPlan
from api.result import PlanResult
from api.source_names import origin_words, violation_line
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.running_patterns import RunningPattern, pattern_of_trip, running_patterns
from dispatch.plans.timetable import Trip
from scenarios.schema.base import DIRECTIONS
from scenarios.values.track_lengths import distance_m
from scenarios.values.train_numbers import train_numbers

Kind = Literal["text", "whole", "number", "clock"]
Value = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column: its name with the unit as suffix, and the format of its values; times are seconds of the day."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True)
class PlanTable:
    """A table of a plan."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def tables_of(checked: CheckedPlan) -> tuple[PlanTable, ...]:
    """All tables of a plan: summary, headways, patterns, trips, timetable, duties, stations, levers, rules.

    Those of an unproven plan say so in summary and rules; an edited plan has no figures and no levers.
    """
    written = checked.written
    return (
        _summary(checked), _headways(written), _patterns(written), _trips(written), _timetable(written),
        _duties(written), _stations(written), _levers(checked), _rules(checked),
    )  # fmt: skip


def _summary(checked: CheckedPlan) -> PlanTable:
    plan, state = checked.plan, checked.written.state
    texts = {"proof": checked.proof, "scenario": plan.scenario, "mode": plan.mode, "scenario_hash": plan.scenario_hash,
             "version": plan.version, "seed": str(plan.seed), "plan_sha256": state.plan_sha256 or ""}  # fmt: skip
    if origin := origin_words(checked.written.scenario):
        texts["origin"] = origin
    if checked.result is not None:
        texts["metering_point"] = checked.result.metering_point
    figures = _figures(checked.result) if checked.result is not None else []
    columns = (Column("figure"), Column("unit"), Column("baseline", "number"), Column("plan", "number"), Column("text"))
    return PlanTable(
        "summary", columns,
        (*((name, "", None, None, text) for name, text in texts.items()), *((*row, None) for row in figures)),
    )  # fmt: skip


def _figures(result: PlanResult) -> list[tuple[Value, ...]]:
    """Name, unit, and the figures of today and of the plan."""
    units = {"kwh": "kWh", "kw": "kW", "km": "km", "s": "s"}
    rows: list[tuple[Value, ...]] = []
    for name in (field.name for field in fields(result.baseline)):
        unit = units.get(name.rsplit("_", 1)[-1], "")
        rows.append((name, unit, *(_rounded(getattr(day, name)) for day in (result.baseline, result.plan))))
    low, high = result.saving_ci95_percent
    rows += [
        ("saving_percent", "%", None, round(result.saving_percent, 3)),
        ("saving_ci95_low_percent", "%", None, round(low, 3)),
        ("saving_ci95_high_percent", "%", None, round(high, 3)),
    ]
    return rows


def _rounded(figure: object) -> Value:
    """A missing figure stays empty."""
    return round(float(figure), 3) if isinstance(figure, int | float) else None


def _headways(written: WrittenPlan) -> PlanTable:
    columns = (Column("direction"), Column("from", "clock"), Column("to", "clock"), Column("headway_s", "number"),
               Column("trips", "whole"), Column("from_station"), Column("to_station"))  # fmt: skip
    rows = [
        (one.direction, one.from_s, one.to_s, one.headway_s, one.trips, one.first, one.last)
        for one in written.plan.headways
    ]
    return PlanTable("headways", columns, tuple(rows))


def _patterns(written: WrittenPlan) -> PlanTable:
    """One row for each stop of each pattern; the table of trips names the pattern of each trip."""
    columns = (
        Column("pattern"), Column("direction"), Column("from", "clock"), Column("to", "clock"),
        Column("trips", "whole"), Column("stop", "whole"), Column("station"), Column("arrival_s", "whole"),
        Column("dwell_s", "whole"), Column("run_to_next_s", "whole"),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = []
    for pattern in _running_patterns(written):
        at_s, last = 0, len(pattern.stations) - 1
        for k, station in enumerate(pattern.stations):
            dwell_s = pattern.dwells_s[k - 1] if 0 < k < last else None
            run_s = pattern.running_times_s[k] if k < last else None
            rows.append((
                pattern.name, pattern.direction, pattern.from_s, pattern.to_s, len(pattern.trip_ids), k + 1, station,
                at_s, dwell_s, run_s,
            ))  # fmt: skip
            at_s += (dwell_s or 0) + (run_s or 0)
    return PlanTable("patterns", columns, tuple(rows))


def _running_patterns(written: WrittenPlan) -> tuple[RunningPattern, ...]:
    return running_patterns(written.plan, written.scenario, timetable_in_force(written.scenario))


def _trips(written: WrittenPlan) -> PlanTable:
    columns = (
        Column("trip_id"), Column("direction"), Column("from_station"), Column("to_station"),
        Column("departure", "clock"), Column("arrival", "clock"), Column("one_way_s", "whole"),
        Column("dwells_s", "whole"), Column("headway_s", "whole"), Column("most_passengers", "number"),
        Column("vehicle"), Column("train_type"), Column("pattern"), *_number_column(written),
    )  # fmt: skip
    numbers = train_numbers(written.scenario)
    patterns = pattern_of_trip(_running_patterns(written))
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
            trip.vehicle, written.plan.vehicles.get(trip.vehicle, ""), patterns[trip.trip_id],
            *_number(trip, numbers),
        ))  # fmt: skip
    return PlanTable("trips", columns, tuple(rows))


def _number_column(written: WrittenPlan) -> tuple[Column, ...]:
    """The last column of tables of trips, if the trips of the line have train numbers."""
    return (Column("train_number"),) if train_numbers(written.scenario) else ()


def _number(trip: Trip, numbers: Mapping[str, str]) -> tuple[Value, ...]:
    return (numbers.get(trip.trip_id, ""),) if numbers else ()


def _timetable(written: WrittenPlan) -> PlanTable:
    """One row for each stop of each trip; `headwatt scenario new --timetable` reads this table."""
    columns = (
        Column("trip_id"), Column("direction"), Column("stop", "whole"), Column("station"), Column("station_name"),
        Column("chainage_m", "number"), Column("arrival", "clock"), Column("departure", "clock"),
        Column("dwell_s", "whole"), Column("run_to_next_s", "whole"), Column("driving"), Column("passengers", "number"),
        Column("vehicle"), *_number_column(written),
    )  # fmt: skip
    numbers = train_numbers(written.scenario)
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
                round(trip.passengers[k], 1) if k < last else None, trip.vehicle, *_number(trip, numbers),
            ))  # fmt: skip
    return PlanTable("timetable", columns, tuple(rows))


def duties(written: WrittenPlan) -> dict[str, tuple[Trip, ...]]:
    """Trips of each vehicle in order of departure; trips without a vehicle are left out."""
    found = written.plan.timetable.duties()
    return {vehicle: found[vehicle] for vehicle in sorted(found) if vehicle}


def _duties(written: WrittenPlan) -> PlanTable:
    columns = (
        Column("vehicle"), Column("train_type"), Column("number", "whole"), Column("trip_id"), Column("direction"),
        Column("from_station"), Column("departure", "clock"), Column("to_station"), Column("arrival", "clock"),
        Column("stands_before_next_s", "whole"), Column("distance_km", "number"),
        Column("distance_so_far_km", "number"), *_number_column(written),
    )  # fmt: skip
    return PlanTable("duties", columns, tuple(row for item in duties(written).items() for row in _duty(written, *item)))


def _duty(written: WrittenPlan, vehicle: str, trips: tuple[Trip, ...]) -> Iterator[tuple[Value, ...]]:
    scenario = written.scenario
    known = {station.id for station in scenario.stations}
    following: list[Trip | None] = [*trips[1:], None]
    numbers = train_numbers(written.scenario)
    so_far_km = 0.0
    for number, (trip, after) in enumerate(zip(trips, following, strict=True), start=1):
        passed = [station for station in trip.stations if station in known]
        distance_km = sum(distance_m(scenario, here, there) for here, there in pairwise(passed)) / 1000
        so_far_km += distance_km
        yield (
            vehicle, written.plan.vehicles.get(vehicle, ""), number, trip.trip_id, trip.direction, trip.stations[0],
            trip.start_s, trip.stations[-1], trip.end_s, after.start_s - trip.end_s if after else None,
            round(distance_km, 3), round(so_far_km, 3), *_number(trip, numbers),
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


def _levers(checked: CheckedPlan) -> PlanTable:
    columns = (Column("lever"), Column("saving_kwh", "number"))
    levers = checked.result.levers if checked.result is not None else []
    return PlanTable("levers", columns, tuple((one.name, round(one.saving_kwh, 3)) for one in levers))


def _rules(checked: CheckedPlan) -> PlanTable:
    """The rules as the checker proved them for this export."""
    report, numbers = checked.report, train_numbers(checked.written.scenario)
    rows = [
        ("proof", checked.proof),
        *(("rule", str(rule)) for rule in report.rules),
        *(("violation", violation_line(one, numbers)) for one in report.violations),
    ]
    return PlanTable("rules", (Column("kind"), Column("text")), tuple(rows))
