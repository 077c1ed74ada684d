"""The plans of all bundled lines with all their overrides, at a small effort and with few simulated days."""

import pytest

from scenarios.files.load import bundled, load_scenario, override_names
from simulation.experiment import PlanRequest, run_plan_experiment
from simulation.judging.guards import BOUND_POINTS

EFFORT = 0.02
DAYS = 2
DAYS_WITH_FAILURES = 10
"""Door faults and failed trains change single days by more than a plan does: two days prove nothing."""
NO_BASELINE = ("shanghai_line8+trips_266", "shanghai_line8+trips_504", "shanghai_line8+flat_out_today")
"""Today's timetable does not run as laid out, so that no saving can be quoted against it: trains are so full that they
stand longer than planned, or drive so fast that they wait before the terminals."""
SCENARIOS = [name for line in bundled() for name in (line, *(f"{line}+{one}" for one in override_names(line)))]


@pytest.mark.bundled_plans
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_bundled_line_is_planned_accepted_and_below_its_limit(name: str) -> None:
    scenario = load_scenario(name)
    days = DAYS if scenario.disturbances.train_failures is None else DAYS_WITH_FAILURES
    request = PlanRequest(scenario=scenario, effort=EFFORT, replications=days, sensitivity=False)
    experiment = run_plan_experiment(request)
    assert experiment.check.passed, [violation.sentence for violation in experiment.check.violations]
    if name in NO_BASELINE:
        today, *of_plan = experiment.no_saving_because
        assert today.startswith("The timetable in force does not run as laid out")
        assert experiment.status == "rejected" or not of_plan
        return
    assert experiment.no_saving_because == ()
    assert experiment.status == "feasible", experiment.notes
    assert experiment.potential is not None
    assert 0.0 < experiment.saving_percent <= experiment.potential.bound_percent + BOUND_POINTS
    assert not experiment.plan.facts.trips_back_at_todays_times
