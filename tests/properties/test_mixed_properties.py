"""Random fleets of two train types through the planner and the checker: every plan is one that its vehicles can run."""

from dataclasses import replace

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from timing_lines import SEVEN, small_line

from dispatch.checker.check import check
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from energy_models.faults import Infeasible, InputFaults
from scenarios.schema import Scenario
from scenarios.schema.service import FleetPart
from scenarios.schema.train import EffortCurve, TrainType
from scenarios.values.shortest_running_times import ShortestTimes


def weaker(effort: EffortCurve, share: float) -> EffortCurve:
    """The same curve with that share of force and power."""
    points = None if effort.points is None else tuple(
        point.model_copy(update={"force_kn": share * point.force_kn}) for point in effort.points
    )  # fmt: skip
    scaled = {
        name: None if (value := getattr(effort, name)) is None else share * value for name in ("force_kn", "power_kw")
    }
    return effort.model_copy(update={"points": points, **scaled})


@st.composite
def fleets(draw: st.DrawFn) -> Scenario:
    """Three stations, an hour of headways, two types of other mass, power and capacity, either one the main type."""
    hour = ((SEVEN, SEVEN + 3600, draw(st.sampled_from([240, 420, 600]))),)
    line = small_line(3, hour, demand=draw(st.sampled_from([1.0, 4.0, 8.0])))
    own = line.train_types["four_car"]
    capacity = own.capacity.model_copy(update={"normal": draw(st.sampled_from([500, 800, 1000]))})
    other: TrainType = own.model_copy(
        update={
            "tare_t": draw(st.sampled_from([100.0, 140.0, 200.0, 280.0, 340.0, 400.0])),
            "traction": weaker(own.traction, draw(st.sampled_from([0.5, 0.8, 1.0, 1.2]))),
            "capacity": capacity,
        }
    )
    order = draw(st.permutations(["four_car", "other"]))
    parts = [FleetPart(train_type=name, trainsets=draw(st.integers(1, 3))) for name in order]
    types = {"four_car": own, "other": other}
    return line.model_copy(update={"train_types": types, "fleet": tuple(parts)})


@pytest.mark.many_cases
@given(fleets(), st.sampled_from(["equal-service", "demand-led"]))
@settings(max_examples=examples(25))
def test_no_plan_of_a_mixed_fleet_is_faster_than_its_vehicles(scenario: Scenario, mode: str) -> None:
    options = replace(PlannerOptions(effort=0.007, workers=1), mode=mode)  # type: ignore[arg-type]
    try:
        planned = make_plan(scenario, options)
    except (Infeasible, InputFaults) as refusal:
        reported = refusal.faults if isinstance(refusal, InputFaults) else refusal.reasons
        assert reported
        assert all(reported)
        return
    report = check(planned.plan, scenario, planned.baseline.timetable, ShortestTimes(scenario))
    assert report == planned.check
    broken = {violation.rule for violation in report.violations}
    assert "minimum-running-time" not in broken
    today = check(planned.baseline, scenario, planned.baseline.timetable, ShortestTimes(scenario))
    assert broken <= {violation.rule for violation in today.violations}
    assert planned.potential.bound_kwh <= min(planned.potential.before_kwh, planned.potential.after_kwh) + 1e-6
