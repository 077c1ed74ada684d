"""A timetable as a plan, with headways, vehicles and options."""

from functools import cache
from importlib.metadata import version

from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.in_force import headway_table
from dispatch.plans.plan import Plan
from dispatch.plans.plan_options import planning_values
from dispatch.plans.plan_record import PlanFacts, PlanOptions
from dispatch.plans.timetable import Timetable
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names


@cache
def _version() -> str:
    """The version of Headwatt; reading it takes some milliseconds."""
    return version("headwatt")


def new_plan(
    scenario: Scenario,
    timetable: Timetable,
    in_force: Timetable | None,
    options: PlannerOptions,
    facts: PlanFacts,
    fixed: FixedService = NOTHING_FIXED,
) -> Plan:
    """The timetable as a plan of the scenario; the changes of headways are against `in_force`, if it is given."""
    names = vehicle_names(scenario)
    used = timetable.vehicles
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode=options.mode,
        timetable=timetable,
        headways=headway_table(timetable, scenario, in_force),
        vehicles={vehicle: names.get(vehicle, scenario.main_train_type) for vehicle in used},
        seed=options.seed,
        version=_version(),
        options=PlanOptions(**planning_values(options), fixed=fixed, headways=options.headways),
        facts=facts,
    )
