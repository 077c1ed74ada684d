"""The folder of a plan: what `headwatt plan` writes for people and programs, and reads back strictly.

`headways.csv` and `timetable.csv` are the plan; they may be edited by hand and are read back by `headwatt check`.
`profiles.csv` holds the driving profiles, `result.json` the figures and the plan's metadata, `scenario.json` the whole
scenario as it was planned, overrides included, so that a check needs nothing else. `report.html` shows all of it. A
plan that was made with a calibrated vehicle has it in `vehicle.yaml`, and its hash among the options of `result.json`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.clock import clock_text
from api.csv_table import AMOUNT, TEXT, WHOLE, WORD, Field, amount, decimal, one_of, read_table, write_table
from api.profile_table import read_profile_keys, section_runs, write_profiles
from api.report.render import render_report
from api.result import PlanResult, result_of
from dispatch.plan import HeadwayPeriod, Plan
from dispatch.timetable import Timetable, Trip
from energy_models.faults import Fault, InputFaults
from energy_models.train import Train
from scenarios.build import train_of
from scenarios.names import did_you_mean
from scenarios.schema import Scenario, clock_to_seconds
from scenarios.vehicle import VEHICLE_HASH, CalibratedVehicle, apply, load_vehicle, write_vehicle
from simulation.experiment import PlanExperiment

PLAN_FILES = ("headways.csv", "timetable.csv", "profiles.csv", "result.json", "scenario.json", "report.html")
"""What every plan has."""

VEHICLE_FILE = "vehicle.yaml"
"""What a plan has beside that when it was made with a calibrated vehicle."""

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
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class WrittenPlan:
    """A plan folder as it was read back."""

    plan: Plan
    scenario: Scenario
    result: PlanResult
    runs_without_profile: int
    vehicle: CalibratedVehicle | None = None

    def train(self, other: CalibratedVehicle | None = None) -> Train:
        """The train that the plan is of; `other` in place of the calibrated vehicle that it was made with."""
        vehicle = other or self.vehicle
        train = train_of(self.scenario)
        return train if vehicle is None else apply(vehicle, train)


def write_plan_folder(experiment: PlanExperiment, folder: Path) -> None:
    """Write every file of a plan into a folder, made if need be; files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = experiment.plan
    write_table(folder / "headways.csv", tuple(_HEADWAY_COLUMNS), _headway_rows(plan))
    write_table(folder / "timetable.csv", tuple(_TIMETABLE_COLUMNS), _timetable_rows(plan))
    write_profiles(folder / "profiles.csv", plan.timetable, experiment.library, experiment.request.scenario)
    result = result_of(experiment)
    (folder / "result.json").write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "scenario.json").write_text(experiment.request.scenario.model_dump_json() + "\n", encoding="utf-8")
    (folder / "report.html").write_text(render_report(experiment, result), encoding="utf-8")
    if experiment.request.vehicle is not None:
        write_vehicle(experiment.request.vehicle, folder / VEHICLE_FILE)
    else:
        (folder / VEHICLE_FILE).unlink(missing_ok=True)


def read_plan_folder(folder: Path) -> WrittenPlan:
    """Read a plan folder, edited by hand or not. Raises `InputFaults` with the faults of all files together."""
    if not folder.is_dir():
        raise InputFaults([Fault(str(folder), "", "", "no such folder", "a folder that `headwatt plan` wrote")])
    faults: list[Fault] = []
    result = _collect(faults, lambda: _read_model(folder / "result.json", PlanResult))
    scenario = _collect(faults, lambda: _read_model(folder / "scenario.json", Scenario))
    headways = _collect(faults, lambda: _read_headways(folder / "headways.csv"))
    trips = _collect(faults, lambda: _read_trips(folder / "timetable.csv", scenario))
    profiles = _collect(faults, lambda: read_profile_keys(folder / "profiles.csv"))
    if result is not None and scenario is not None and scenario.hash != result.scenario_hash:
        allowed = f"the scenario that was planned, hash {result.scenario_hash[:12]}"
        faults.append(Fault("scenario.json", "", "hash", scenario.hash[:12], allowed))
    vehicle = _collect(faults, lambda: _read_vehicle(folder / VEHICLE_FILE, result)) if result is not None else None
    if faults or result is None or scenario is None or headways is None or trips is None or profiles is None:
        raise InputFaults(faults)
    timetable = Timetable(tuple(trip for trip, _ in trips))
    asked = {run.key for run in section_runs(timetable, scenario)}
    plan = Plan(
        scenario=result.scenario,
        scenario_hash=result.scenario_hash,
        mode="demand-led" if result.mode == "demand-led" else "equal-service",
        timetable=timetable,
        headways=headways,
        vehicles={trip.vehicle: train_type for trip, train_type in trips if trip.vehicle},
        seed=result.seed,
        version=result.version,
        options=result.options,
        metadata=result.metadata,
    )
    return WrittenPlan(plan, scenario, result, len(asked - profiles), vehicle)


def _read_vehicle(path: Path, result: PlanResult) -> CalibratedVehicle | None:
    """The vehicle that the plan says it was made with; a file that is not that one is a fault."""
    kept = result.options.get(VEHICLE_HASH)
    if kept is None and not path.exists():
        return None
    if kept is None:
        raise InputFaults([Fault(path.name, "", "", "a vehicle", "no such file: the plan was made without one")])
    if not path.is_file():
        raise InputFaults([Fault(path.name, "", "", "", f"the file is missing in {path.parent}")])
    vehicle = load_vehicle(path)
    if vehicle.hash != kept:
        allowed = f"the vehicle that the plan was made with, hash {str(kept)[:12]}"
        raise InputFaults([Fault(path.name, "", "hash", vehicle.hash[:12], allowed)])
    return vehicle


def _headway_rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    for period in plan.headways:
        yield (
            period.direction,
            clock_text(period.from_s),
            clock_text(period.to_s),
            decimal(period.headway_s, 3),
            period.trips,
            period.first,
            period.last,
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


def _collect(faults: list[Fault], read: Any) -> Any:
    try:
        return read()
    except InputFaults as error:
        faults.extend(error.faults)
        return None


def _read_model(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputFaults([Fault(path.name, "", "", "", f"the file is missing in {path.parent}")]) from None
    except UnicodeDecodeError as error:
        raise InputFaults([Fault(path.name, f"byte {error.start}", "", "", "text in UTF-8")]) from None
    except ValidationError as error:
        raise InputFaults(_model_fault(path.name, one) for one in error.errors()) from None


def _model_fault(name: str, detail: Any) -> Fault:
    *parents, field = [str(part) for part in detail["loc"]] or [""]
    value = "" if detail["type"] in ("missing", "json_invalid") else repr(detail.get("input"))[:80]
    return Fault(name, ".".join(parents), field, value, detail["msg"])


def _read_headways(path: Path) -> tuple[HeadwayPeriod, ...]:
    rows = read_table(path, _HEADWAY_COLUMNS)
    return tuple(
        HeadwayPeriod(
            row["direction"], row["from"], row["to"], row["headway_s"], row["trips"],
            row["from_station"], row["to_station"],
        )
        for row in rows
    )  # fmt: skip


def _read_trips(path: Path, scenario: Scenario | None) -> tuple[tuple[Trip, str], ...]:
    """Trips with their train types; the rows of a trip must stand together, its stops numbered from 1, and all rows of
    a vehicle name one type, which the scenario knows if it could be read."""
    rows = read_table(path, _TIMETABLE_COLUMNS)
    if not rows:
        raise InputFaults([Fault(path.name, "", "", "no trips", "one row for each stop of each trip")])
    faults = list(_type_faults(path.name, rows, None if scenario is None else tuple(scenario.train_types)))
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
