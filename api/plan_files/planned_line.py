"""A written plan with all inputs of a computation."""

from pathlib import Path

from api.plan_files.folder import WrittenPlan
from api.plan_files.models import ModelFiles
from api.plan_files.sound_plan import read_sound_plan
from dispatch.energy.line_model import LineModel
from dispatch.explanation.compare import PlannedLine
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan
from scenarios.values.fleet import vehicle_names


def read_planned_line(
    folder: Path, vehicle: Path | None = None, fleet: Path | None = None, as_type: str | None = None
) -> tuple[PlannedLine, WrittenPlan]:
    """A plan folder with its line and the trains of the planning; `vehicle` or `fleet` are files of other models.

    Raises `InputFaults` with the faults of all files together, or with every violation of the rules of form.
    """
    written = read_sound_plan(folder)
    stock = written.stock(ModelFiles(vehicle, fleet, as_type))
    return PlannedLine(written.plan, LineModel.of(written.scenario, stock)), written


def line_in_force(planned: PlannedLine) -> PlannedLine:
    """The same line with the timetable in force instead of the plan."""
    timetable, names = timetable_in_force(planned.line.scenario), vehicle_names(planned.line.scenario)
    plan = Plan(
        scenario=planned.plan.scenario,
        scenario_hash=planned.plan.scenario_hash,
        mode="equal-service",
        timetable=timetable,
        headways=headway_table(timetable, planned.line.scenario),
        vehicles={
            trip.vehicle: names.get(trip.vehicle, planned.line.scenario.main_train_type) for trip in timetable.trips
        },
        seed=planned.plan.seed,
        version=planned.plan.version,
    )
    return PlannedLine(plan, planned.line)
