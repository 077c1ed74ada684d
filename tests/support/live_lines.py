"""The tutorial line as a live line and as a virtual line, loaded once."""

from functools import cache
from typing import Any

from api.live.live_line import LiveLine, Outcome
from api.live.live_plan import LivePlan
from api.live.messages import read_row
from api.live.virtual_rows import event_of, meters_of, record_of
from dispatch.energy.line_model import LineModel
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Trip
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.controller_name import ControllerName
from scenarios.files.load import load_scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import DayModel, day_model
from simulation.virtual_line.live import LineSecond, VirtualLine

LINE = "tutorial_line"
EIGHT = 8 * 3600


@cache
def live_plan() -> LivePlan:
    """The plan of the line: today's timetable."""
    scenario = load_scenario(LINE)
    stock = RollingStock.of(scenario)
    return LivePlan(LineModel.of(scenario, stock), timetable_in_force(scenario), given_stock=stock)


@cache
def line_model() -> DayModel:
    """The model of simulated days of the line."""
    plan = live_plan()
    return day_model(plan.scenario, plan.line.library, others=plan.line.others)


def live_line(controller: ControllerName = "none") -> LiveLine:
    """A live line without news."""
    plan = live_plan()
    factory = regulators_named(controller, plan.scenario, plan.stock)
    return LiveLine(plan, None if factory is None else factory.for_day(plan.timetable), controller)


def virtual_line(from_s: int = EIGHT, **more: Any) -> VirtualLine:
    """A virtual line that has run until a time."""
    return VirtualLine(line_model(), live_plan().timetable, seed=1, from_s=from_s, **more)


def rows_of(second: LineSecond) -> list[dict[str, Any]]:
    """What a virtual line sends for a second."""
    meters = meters_of(second)
    events = [event_of(one) for one in second.events]
    return [*events, *(record_of(one) for one in second.records), *([] if meters is None else [meters])]


def take(line: LiveLine, rows: list[dict[str, Any]], now_s: float) -> Outcome:
    """Apply rows and step."""
    outcome = Outcome()
    for row in rows:
        line.apply(read_row(row), now_s, outcome)
    return line.step(now_s, outcome)


def first_trip(direction: str = "up", after_s: int = EIGHT) -> Trip:
    """The first trip of a direction that begins after a time."""
    trips = live_plan().timetable.trips
    return min((one for one in trips if one.direction == direction and one.start_s >= after_s), key=lambda t: t.start_s)


def event_row(trip: Trip, stop: int, kind: str, late_s: float = 0.0, train: str | None = None) -> dict[str, Any]:
    """An event of a trip, so much later than planned."""
    planned_s = trip.arrival_s[stop] if kind == "arrived" else trip.departure_s[stop]
    return {
        "kind": kind, "train": train or trip.vehicle, "trip": trip.trip_id, "station": trip.stations[stop],
        "time_s": planned_s + late_s,
    }  # fmt: skip
