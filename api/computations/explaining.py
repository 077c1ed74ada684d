"""Explain the saving of a plan by lever and by trip, or one trip in detail: computations and their JSON documents."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from api.plan_files.folder import WrittenPlan
from api.plan_files.models import ModelFiles
from api.source_names import origin_json
from api.summary import DISTURBANCES, headline_beside
from dispatch.energy.line_model import LineModel
from dispatch.energy.trip_change import PlannedDay
from dispatch.explanation.compare import PlannedLine
from dispatch.explanation.energy_exchange import SectionExchange, energy_exchanges
from dispatch.explanation.explain import Explanation, TripChange, change_of, counterparts, parts_of_trip
from dispatch.explanation.explain import explain as account_for
from dispatch.explanation.lever import Lever
from dispatch.explanation.vehicles import VehicleEffect, vehicle_effects
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Trip
from energy_models.faults import Fault, InputFaults
from scenarios.values.train_numbers import train_numbers

MODEL = "one equivalent track, every train on time"
METERING_POINT = "substation DC terminals"


@dataclass(frozen=True)
class PlanVehicles:
    """The vehicles of a plan, the one whose model matters most first, and the version of each model."""

    effects: tuple[VehicleEffect, ...]
    versions: dict[str, str]


@dataclass(frozen=True, eq=False)
class ExplainedPlan:
    """The saving of a plan by lever and by trip; `beside` is the judged saving as a sentence."""

    planned: PlannedLine
    found: Explanation
    vehicles: PlanVehicles | None
    beside: str


@dataclass(frozen=True, eq=False)
class ExplainedTrip:
    """The saving of the changes of one trip and its energy exchange, now and in the timetable in force."""

    planned: PlannedLine
    change: TripChange
    parts: tuple[Lever, ...]
    now: tuple[SectionExchange, ...]
    before: tuple[SectionExchange | None, ...]


def explain_plan(
    planned: PlannedLine,
    written: WrittenPlan,
    models: ModelFiles,
    workers: int,
    progress: Callable[[str, float], None],
) -> ExplainedPlan:
    """Explain a plan by lever and by trip."""
    in_force = timetable_in_force(planned.scenario)
    vehicles = vehicles_of(planned, written, models)
    proven = written.proven_result
    levers = proven.levers if proven is not None else []
    known = [Lever(one.name, one.saving_kwh) for one in levers if one.name != DISTURBANCES]
    found = account_for(
        planned.plan, in_force, planned.line, known_levers=known, workers=workers, progress=progress
    )  # fmt: skip
    beside = headline_beside(proven, "on-time-equivalent", found.after_kwh)
    return ExplainedPlan(planned, found, vehicles, beside)


def explain_trip(planned: PlannedLine, trip_id: str) -> ExplainedTrip:
    """Explain one trip, by identifier or train number. Raises `InputFaults` for a trip that is not in the plan."""
    trip = _trip_of(planned, trip_id)
    trip_id = trip.trip_id
    in_force = timetable_in_force(planned.scenario)
    back = counterparts(planned.plan, in_force)[trip_id]
    day = PlannedDay.of(planned.plan.timetable, planned.line, (back,))
    change, parts = change_of(day, trip, back), parts_of_trip(day, trip, back)
    now = energy_exchanges(day, planned.line.network, trip_id)
    before: tuple[SectionExchange | None, ...] = (None,) * len(now)
    if planned.plan.mode == "equal-service" and any(one.trip_id == trip_id for one in in_force.trips):
        today = PlannedDay.of(in_force, planned.line)
        before = energy_exchanges(today, planned.line.network, trip_id)
    return ExplainedTrip(planned, change, parts, now, before)


def plan_document(explained: ExplainedPlan) -> dict[str, Any]:
    """The explanation of a plan as one JSON object."""
    planned, found = explained.planned, explained.found
    numbers = train_numbers(planned.scenario)
    return {
        "scenario": planned.scenario.name,
        "mode": planned.plan.mode,
        "metering_point": METERING_POINT,
        "model": MODEL,
        "before_kwh": found.before_kwh,
        "plan_kwh": found.after_kwh,
        "saving_kwh": found.saving_kwh,
        "saving_percent": 100.0 * found.saving_kwh / found.before_kwh,
        "levers": [asdict(lever) for lever in found.levers],
        "trips_one_by_one_kwh": found.one_by_one_kwh,
        "trips": [{**asdict(change), **_number(change.trip_id, numbers)} for change in found.trips],
        **origin_json(planned.scenario),
        **_vehicles_json(explained.vehicles),
        "judged_saving": explained.beside,
    }


def trip_document(explained: ExplainedTrip) -> dict[str, Any]:
    """The explanation of one trip as one JSON object."""
    planned, change = explained.planned, explained.change
    return {
        "scenario": planned.scenario.name,
        "mode": planned.plan.mode,
        "metering_point": METERING_POINT,
        "model": MODEL,
        "trip": {**asdict(change), **_number(change.trip_id, train_numbers(planned.scenario))},
        "levers": [asdict(part) for part in explained.parts],
        "sections": [asdict(section) for section in explained.now],
        "sections_in_force": [asdict(section) for section in explained.before if section is not None],
        **origin_json(planned.scenario),
    }


def _number(trip_id: str, numbers: Mapping[str, str]) -> dict[str, str]:
    """The train number of a trip; nothing if no trip has a train number."""
    return {"train_number": numbers.get(trip_id, "")} if numbers else {}


def vehicles_of(planned: PlannedLine, written: WrittenPlan, files: ModelFiles) -> PlanVehicles | None:
    """The vehicles of a plan; None if no vehicle has a model of its own."""
    models = files.read(written.models)
    if not models.fleet.of_vehicle:
        return None
    mean = LineModel.of(planned.scenario, models.stock(planned.scenario).without_own)
    return PlanVehicles(vehicle_effects(planned.plan.timetable, planned.line, mean), models.fleet.versions)


def _vehicles_json(found: PlanVehicles | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "vehicles": [
            {**asdict(one), "difference_kwh": round(one.difference_kwh, 3), "version": found.versions.get(one.vehicle)}
            for one in found.effects
        ]
    }


def _trip_of(planned: PlannedLine, trip_id: str) -> Trip:
    known = {trip.trip_id: trip for trip in planned.plan.timetable.trips}
    by_number = [trip for trip, number in train_numbers(planned.scenario).items() if number == trip_id]
    if trip_id not in known and len(by_number) == 1:
        trip_id = by_number[0]
    if trip_id not in known:
        near = ", ".join(get_close_matches(trip_id, known, n=3, cutoff=0.0))
        raise InputFaults([Fault("timetable.csv", "", "--trip", trip_id, f"a trip of the plan, for example {near}")])
    return known[trip_id]
