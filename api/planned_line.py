"""A written plan with everything needed to compute with it again."""

from pathlib import Path

from api.plan_folder import WrittenPlan
from api.sound_plan import read_sound_plan
from dispatch.baseline import headway_table, timetable_in_force
from dispatch.comparison import PlannedLine
from dispatch.plan import Plan
from scenarios.build import profile_library, supply_network
from scenarios.fleet import vehicle_names
from scenarios.vehicle import load_vehicle


def read_planned_line(folder: Path, vehicle: Path | None = None) -> tuple[PlannedLine, WrittenPlan]:
    """A plan folder with its line, and with the train that it was planned with; `vehicle` is a file with another one.

    Raises `InputFaults` with the faults of all files together, or with every violation of the rules of form.
    """
    written = read_sound_plan(folder)
    scenario = written.scenario
    train = written.train(load_vehicle(vehicle) if vehicle is not None else None)
    library = profile_library(scenario, train)
    return PlannedLine(written.plan, scenario, library, train, supply_network(scenario)), written


def line_in_force(line: PlannedLine) -> PlannedLine:
    """The same line with its timetable in force in place of the plan."""
    timetable, names = timetable_in_force(line.scenario), vehicle_names(line.scenario)
    plan = Plan(
        scenario=line.plan.scenario,
        scenario_hash=line.plan.scenario_hash,
        mode="equal-service",
        timetable=timetable,
        headways=headway_table(timetable, line.scenario),
        vehicles={trip.vehicle: names.get(trip.vehicle, line.scenario.main_train_type) for trip in timetable.trips},
        seed=line.plan.seed,
        version=line.plan.version,
    )
    return PlannedLine(plan, line.scenario, line.library, line.train, line.network)
