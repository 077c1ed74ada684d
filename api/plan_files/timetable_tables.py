"""The two tables of a plan that people edit, `headways.csv` and `timetable.csv`: written, and read back strictly."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from api.clock import clock_text
from api.plan_files.csv_table import AMOUNT, TEXT, WHOLE, WORD, Field, amount, decimal, one_of, read_table, write_table
from dispatch.plans.plan import HeadwayPeriod, Plan
from dispatch.plans.running_patterns import RunningPattern
from dispatch.plans.timetable import Trip
from energy_models.faults import Fault, InputFaults
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario, clock_to_seconds
from scenarios.values.train_numbers import train_numbers

_CLOCK = Field(clock_to_seconds, 'a time of day such as "05:20" or "24:10:30", up to "48:00"')
_DIRECTION = one_of("up", "down")
_HEADWAY_COLUMNS = {
    "direction": _DIRECTION,
    "from": _CLOCK,
    "to": _CLOCK,
    "headway_s": AMOUNT,
    "trips": WHOLE,
    "from_station": TEXT,
    "to_station": TEXT,
}
_TIMETABLE_COLUMNS = {
    "trip_id": WORD,
    "direction": _DIRECTION,
    "stop": WHOLE,
    "station": WORD,
    "arrival": _CLOCK,
    "departure": _CLOCK,
    "driving": TEXT,
    "passengers": Field(lambda text: amount(text) if text else 0.0, "a number, empty at the last stop"),
    "vehicle": TEXT,
    "train_type": TEXT,
}
_PATTERNS = "patterns"
"""Last column of the headways: the last word of each pattern's name, with its number of trips."""
_TRAIN_NUMBER = "train_number"
"""Last column of the timetable of a line whose trips have train numbers."""


def write_headways(path: Path, plan: Plan, patterns: Sequence[RunningPattern]) -> None:
    """Write the headways of a plan, one row for each direction and period, with its patterns and their trips."""
    write_table(path, (*_HEADWAY_COLUMNS, _PATTERNS), _headway_rows(plan, patterns))


def write_timetable(path: Path, plan: Plan, numbers: Mapping[str, str]) -> None:
    """Write the timetable of a plan, one row for each stop of each trip; with a last column for train numbers if there
    are `numbers` by trip."""
    if not numbers:
        write_table(path, tuple(_TIMETABLE_COLUMNS), _timetable_rows(plan))
        return
    rows = ((*row, numbers.get(str(row[0]), "")) for row in _timetable_rows(plan))
    write_table(path, (*_TIMETABLE_COLUMNS, _TRAIN_NUMBER), rows)


def read_headways(path: Path) -> tuple[HeadwayPeriod, ...]:
    """Read the headways back; raises `InputFaults` with every fault of the file.

    The patterns follow from the timetable, so that this function does not read them.
    """
    rows = read_table(path, {**_HEADWAY_COLUMNS, _PATTERNS: TEXT}, optional=(_PATTERNS,))
    return tuple(
        HeadwayPeriod(
            row["direction"], row["from"], row["to"], row["headway_s"], row["trips"],
            row["from_station"], row["to_station"],
        )
        for row in rows
    )  # fmt: skip


def read_trips(path: Path, scenario: Scenario | None) -> tuple[tuple[Trip, str], ...]:
    """Read the trips back with their train types; raises `InputFaults` with every fault of the file.

    The rows of a trip must stand together, its stops numbered from 1, and all rows of a vehicle name one type, which
    the scenario knows if it could be read. Train numbers, if there are any, are those of the scenario.
    """
    rows = read_table(path, {**_TIMETABLE_COLUMNS, _TRAIN_NUMBER: TEXT}, optional=(_TRAIN_NUMBER,))
    if not rows:
        raise InputFaults([Fault(path.name, "", "", "no trips", "one row for each stop of each trip")])
    faults = list(_type_faults(path.name, rows, None if scenario is None else tuple(scenario.train_types)))
    if scenario is not None:
        faults += _number_faults(path.name, rows, train_numbers(scenario))
    trips: list[tuple[Trip, str]] = []
    seen: set[str] = set()
    for trip_id, grouped in groupby(rows, key=lambda row: str(row["trip_id"])):
        stops = list(grouped)
        place = f"row {stops[0]['row']}"
        if trip_id in seen:
            faults.append(Fault(path.name, place, "trip_id", trip_id, "the rows of one trip standing together"))
            continue
        seen.add(trip_id)
        faults += _stop_faults(path.name, stops)
        trips.append(
            (
                Trip(
                    trip_id=trip_id,
                    direction=stops[0]["direction"],
                    stations=tuple(stop["station"] for stop in stops),
                    arrival_s=tuple(stop["arrival"] for stop in stops),
                    departure_s=tuple(stop["departure"] for stop in stops),
                    driving=tuple(stop["driving"] for stop in stops[:-1]),
                    passengers=tuple(stop["passengers"] for stop in stops[:-1]),
                    vehicle=stops[0]["vehicle"],
                ),
                stops[0]["train_type"],
            )
        )
    if faults:
        raise InputFaults(faults)
    return tuple(sorted(trips, key=lambda one: (one[0].direction != "up", one[0].start_s)))


def _headway_rows(plan: Plan, patterns: Sequence[RunningPattern]) -> Iterator[tuple[object, ...]]:
    for period in plan.headways:
        here = [one for one in patterns if (one.direction, one.from_s) == (period.direction, period.from_s)]
        yield (
            period.direction,
            clock_text(period.from_s),
            clock_text(period.to_s),
            decimal(period.headway_s, 3),
            period.trips,
            period.first,
            period.last,
            "" if period.first else ", ".join(f"{one.letter} {len(one.trip_ids)}" for one in here),
        )


def _timetable_rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    for trip in plan.timetable.trips:
        for k, station in enumerate(trip.stations):
            last = k == len(trip.stations) - 1
            yield (
                trip.trip_id,
                trip.direction,
                k + 1,
                station,
                clock_text(trip.arrival_s[k]),
                clock_text(trip.departure_s[k]),
                "" if last else trip.driving[k],
                "" if last else decimal(trip.passengers[k], 3),
                trip.vehicle,
                plan.vehicles.get(trip.vehicle, ""),
            )


def _stop_faults(name: str, stops: list[dict[str, Any]]) -> Iterator[Fault]:
    if len(stops) < 2:
        yield Fault(name, f"row {stops[0]['row']}", "trip_id", str(stops[0]["trip_id"]), "at least two stops")
    for number, stop in enumerate(stops, start=1):
        place = f"row {stop['row']}"
        if stop["stop"] != number:
            yield Fault(name, place, "stop", str(stop["stop"]), f"{number}, the next stop of trip {stop['trip_id']}")
        for column in ("direction", "vehicle"):
            if stop[column] != stops[0][column]:
                allowed = f"{stops[0][column]!r}, as in the trip's first row"
                yield Fault(name, place, column, repr(stop[column]), allowed)
        if number < len(stops) and not stop["driving"]:
            yield Fault(name, place, "driving", "empty", "how the train runs to the next stop")


def _number_faults(name: str, rows: Sequence[dict[str, Any]], numbers: Mapping[str, str]) -> Iterator[Fault]:
    """One fault for each trip with another train number than in the scenario, which the plan does not change."""
    told: set[str] = set()
    for row in rows:
        trip, number = row["trip_id"], row.get(_TRAIN_NUMBER)
        if number is not None and number != numbers.get(trip, "") and trip not in told:
            told.add(trip)
            allowed = f"{numbers.get(trip, '')!r}, the train number of trip {trip} in the scenario"
            yield Fault(name, f"row {row['row']}", _TRAIN_NUMBER, repr(number), allowed)


def _type_faults(name: str, rows: Sequence[dict[str, Any]], known: tuple[str, ...] | None) -> Iterator[Fault]:
    """One fault for each train type that a vehicle's rows name beside the one that most of them do, or that none is."""
    places: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        places.setdefault(row["vehicle"], {}).setdefault(row["train_type"], []).append(row["row"])
    for vehicle, by_type in places.items():
        usual = max(by_type, key=lambda train_type: len(by_type[train_type]))
        for train_type, at in by_type.items():
            if known is not None and train_type and train_type not in known:
                allowed = did_you_mean(train_type, known)
            elif vehicle and train_type != usual:
                allowed = f"{usual!r}, as in the other rows of vehicle {vehicle}"
            else:
                continue
            place = f"row {at[0]}" + (f" and {len(at) - 1} more" if len(at) > 1 else "")
            yield Fault(name, place, "train_type", repr(train_type), allowed)
