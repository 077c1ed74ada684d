"""What the tests of api share: a small real experiment."""

from dataclasses import replace

import pytest
from pydantic import JsonValue

from api.version import headwatt_version
from dispatch.baseline import headway_table, timetable_in_force
from dispatch.check import check
from dispatch.evidence import evidence_of
from dispatch.levers import Lever
from dispatch.plan import Plan
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.timetable import Timetable
from dispatch.timing.rules import equal_service_rules
from scenarios.build import profile_library, supply_network, train_of
from scenarios.load import load_scenario
from scenarios.schema import Scenario
from simulation.day import day_model
from simulation.experiment import METERING_POINT, PlanExperiment, PlanRequest, _figures, _padded, _power, _start
from simulation.judge import judge_with

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
"""What a planner tells beside a plan, as the tests' experiment has it."""


@pytest.fixture(scope="session")
def experiment() -> PlanExperiment:
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
    days = [model.day(timetable, None, False, True) for timetable in (before, after)]
    start_s = min(_start(day) for day in days)
    end_s = max(_start(day) + len(_power(day)) for day in days)
    plan = replace(_plan(scenario, after), metadata=METADATA)
    return PlanExperiment(
        request=PlanRequest(scenario, replications=3, seed=5),
        status="feasible",
        metering_point=METERING_POINT,
        baseline_plan=_plan(scenario, before),
        plan=plan,
        baseline=_figures(judgement.baseline),
        planned=_figures(judgement.plan),
        saving_percent=judgement.saving_percent.mean,
        saving_ci95_percent=(judgement.saving_percent.low, judgement.saving_percent.high),
        replications=3,
        levers=(Lever("driving", judgement.saving_kwh.mean),),
        check=check(plan, scenario, before, ShortestTimes(scenario)),
        seconds={"simulation": 1.25},
        judgement=judgement,
        baseline_trace=_padded(days[0], start_s, end_s),
        plan_trace=_padded(days[1], start_s, end_s),
        trace_start_s=start_s,
        trace_interval_s=1.0,
        library=library,
        notes=("made by a test",),
        evidence=evidence_of(
            before,
            before,
            after,
            library,
            train,
            supply_network(scenario),
            equal_service_rules(scenario, before, train.auxiliary_w),
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
