"""A small real experiment: the tutorial line driven optimally, judged on three days."""

from dataclasses import replace

from pydantic import JsonValue

from api.version import headwatt_version
from dispatch.checker.check import check
from dispatch.energy.line_model import LineModel
from dispatch.explanation.lever import Lever
from dispatch.explanation.potential import potential_of
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanFacts
from dispatch.plans.timetable import Timetable
from dispatch.timing.limits import equal_service_limits
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import profile_library, supply_network, train_of
from scenarios.values.shortest_running_times import ShortestTimes
from simulation.day.model import day_model
from simulation.experiment import METERING_POINT, PlanExperiment, PlanRequest
from simulation.judging.beside import undisturbed_day
from simulation.judging.figures_of_days import figures_of, padded
from simulation.judging.judge import judge_with

METADATA: dict[str, JsonValue] = {
    "convergence": [
        [0.4, "patterns", 1250.3],
        [1.1, "periods", 1201.0],
        [2.9, "trips", 1190.5],
        [3.1, "trips under disturbances", 1230.0],
        [4.0, "trips under disturbances", 1222.5],
    ],
    "stopped_early": False,
    "cancelled": False,
}
"""The facts of a planner, for the experiment of the tests."""


def driven_experiment() -> PlanExperiment:
    """The tutorial line driven optimally instead of under a speed cap, judged on three days.

    Departures, running times and dwells stay as today, so every rule must hold.
    """
    scenario = load_scenario("tutorial_line")
    train = train_of(scenario)
    library = profile_library(scenario, train)
    before = timetable_in_force(scenario)
    after = Timetable(tuple(replace(trip, driving=("optimal",) * len(trip.driving)) for trip in before.trips))
    model = day_model(scenario, library)
    judgement = judge_with(model, before, after, replications=3, seed=5)
    days = [undisturbed_day(model.day(timetable, None, False, True)) for timetable in (before, after)]
    start_s = min(day.start_s for day in days)
    end_s = max(day.start_s + len(day.power_w) for day in days)
    plan = replace(_plan(scenario, after), facts=PlanFacts.from_json(METADATA))
    return PlanExperiment(
        request=PlanRequest(scenario, replications=3, seed=5),
        status="feasible",
        metering_point=METERING_POINT,
        baseline_plan=_plan(scenario, before),
        plan=plan,
        baseline=figures_of(judgement.baseline, scenario),
        planned=figures_of(judgement.plan, scenario),
        saving_percent=judgement.saving_percent.mean,
        saving_ci95_percent=(judgement.saving_percent.low, judgement.saving_percent.high),
        replications=3,
        levers=(Lever("driving", judgement.saving_kwh.mean),),
        check=check(plan, scenario, before, ShortestTimes(scenario)),
        seconds={"simulation": 1.25},
        judgement=judgement,
        baseline_trace=padded(days[0], start_s, end_s),
        plan_trace=padded(days[1], start_s, end_s),
        trace_start_s=start_s,
        trace_interval_s=1.0,
        library=library,
        notes=("made by a test",),
        potential=potential_of(
            before,
            before,
            after,
            LineModel(scenario, library, supply_network(scenario)),
            equal_service_limits(scenario, before, train.auxiliary_w),
        ),
    )


def _plan(scenario: Scenario, timetable: Timetable) -> Plan:
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode="equal-service",
        timetable=timetable,
        headways=headway_table(timetable, scenario),
        vehicles={trip.vehicle: scenario.main_train_type for trip in timetable.trips},
        seed=5,
        version=headwatt_version(),
    )
