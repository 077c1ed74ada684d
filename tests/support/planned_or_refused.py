"""Plans of random lines: what must hold of every plan, and of every refusal."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from api.plan_files.folder import read_plan_folder, write_plan_folder
from dispatch.checker.check import check
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Mode
from energy_models.faults import Infeasible, InputFaults
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.shortest_running_times import ShortestTimes
from simulation.experiment import PlanExperiment, PlanRequest, run_plan_experiment
from simulation.judging.guards import BOUND_POINTS, REPORT

EFFORT = 0.01
DAYS = 2


UNDECIDED = "the solver found no headways within its limit of work, and did not prove that none exist"
"""The one refusal without a place: no set of conflicting rules was proven."""


@dataclass(frozen=True)
class Outcome:
    """What became of a line: a judged plan and the trips put back in it, or the reasons of a refusal."""

    experiment: PlanExperiment | None
    reasons: tuple[str, ...] = ()

    @property
    def trips_back(self) -> int:
        """Trips that have their times of today, or of even headways, because their new times broke a rule."""
        if self.experiment is None:
            return 0
        facts = self.experiment.plan.facts
        return (facts.trips_back_at_todays_times or 0) + (facts.trips_back_at_even_headways or 0)


def planned_or_refused(scenario: Scenario, mode: Mode, effort: float = EFFORT) -> Outcome:
    """Plan and judge a line; everything that must hold of the plan or of the refusal is asserted."""
    request = PlanRequest(scenario=scenario, mode=mode, effort=effort, workers=1, replications=DAYS, sensitivity=False)
    try:
        experiment = run_plan_experiment(request)
    except Infeasible as refused:
        return _refused(refused.reasons, scenario, mode, is_input=False)
    except InputFaults as refused:
        return _refused(tuple(fault.allowed for fault in refused.faults), scenario, mode, is_input=True)
    _assert_proven(experiment)
    _assert_consistent(experiment)
    _assert_reads_back(experiment)
    return Outcome(experiment)


def _refused(reasons: tuple[str, ...], scenario: Scenario, mode: Mode, *, is_input: bool) -> Outcome:
    """A refusal has reasons, and one of them names a place, a time or a number."""
    assert reasons
    assert all(reasons)
    if not is_input and reasons != (UNDECIDED,):
        assert any(character.isdigit() for reason in reasons for character in reason), reasons
    if is_input:
        # New headways need two departures in each direction; the rules of the scenario find every other fault.
        assert mode == "demand-led"
        in_force = timetable_in_force(scenario)
        first = {direction: scenario.stations_in_order(direction)[0].id for direction in DIRECTIONS}
        leaving = [
            sum(trip.stations[0] == first[direction] for trip in in_force.of(direction)) for direction in DIRECTIONS
        ]
        assert min(leaving) < 2, reasons
    return Outcome(None, reasons)


def _assert_proven(experiment: PlanExperiment) -> None:
    """The checker finds nothing beyond what today's timetable violates, and nothing at all for new headways."""
    if experiment.check.passed:
        return
    assert experiment.request.mode == "equal-service", experiment.check.violations
    scenario, baseline = experiment.request.scenario, experiment.baseline_plan
    today = check(baseline, scenario, baseline.timetable, ShortestTimes(scenario))
    before, after = ({v.rule: 0.0 for v in report.violations} for report in (today, experiment.check))
    for report, worst in ((today, before), (experiment.check, after)):
        for violation in report.violations:
            worst[violation.rule] = max(worst[violation.rule], violation.amount or 0.0)
    worse = {rule: amount for rule, amount in after.items() if amount > before.get(rule, -1.0) + 1e-6}
    assert not worse, (worse, [violation.sentence for violation in experiment.check.violations])


def _assert_consistent(experiment: PlanExperiment) -> None:
    """No figure contradicts another one, and a feasible plan saves, but not more than its bound."""
    assert not any(REPORT in reason for reason in experiment.no_saving_because), experiment.no_saving_because
    potential = experiment.potential
    assert potential is not None
    assert potential.bound_kwh <= min(potential.before_kwh, potential.after_kwh) + 1e-6
    if experiment.status != "feasible":
        assert experiment.no_saving_because or experiment.notes or not experiment.check.passed
        return
    assert experiment.check.passed
    if experiment.no_saving_because:
        (today,) = experiment.no_saving_because
        assert today.startswith("The timetable in force does not run as laid out")
        return
    assert experiment.saving_percent <= potential.bound_percent + BOUND_POINTS


def _assert_reads_back(experiment: PlanExperiment) -> None:
    """The plan that is read from its folder is the plan that was written."""
    with tempfile.TemporaryDirectory() as parent:
        folder = write_plan_folder(experiment, Path(parent) / "plan")
        read = read_plan_folder(folder)
    plan = experiment.plan
    assert read.state.is_as_written
    assert read.scenario == experiment.request.scenario
    assert (read.plan.headways, read.plan.vehicles, read.plan.facts, read.plan.options) == (
        plan.headways,
        plan.vehicles,
        plan.facts,
        plan.options,
    )
    assert [
        (trip.trip_id, trip.stations, trip.arrival_s, trip.departure_s, trip.driving, trip.vehicle)
        for trip in read.plan.timetable.trips
    ] == [
        (trip.trip_id, trip.stations, trip.arrival_s, trip.departure_s, trip.driving, trip.vehicle)
        for trip in plan.timetable.trips
    ]
    assert read.runs_without_profile == 0
