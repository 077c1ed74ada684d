"""A whole experiment: plan a scenario, then judge the plan. Only this module of `simulation` calls the planner."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from threading import Lock

from dispatch.checker.check import CheckReport
from dispatch.energy.line_model import NO_OTHERS, OtherLibraries
from dispatch.explanation.input_sensitivity import InputSensitivity, input_sensitivity
from dispatch.explanation.lever import Lever
from dispatch.headways.trade import Trade
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.planner.written_plan import AccountedPlan, accounted
from dispatch.plans.dwell_transfer import DwellTransfer, dwell_transfer
from dispatch.plans.longer_trips import LongerTrips, longer_trips
from dispatch.plans.plan import Plan
from dispatch.plans.potential import Potential, against_mean_phase_percent
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.rostering.duties import fleet_need
from dispatch.timing.best_saving import Found
from dispatch.timing.kernel.compilation import SEARCH, SUPPLY, Compiling
from dispatch.timing.task import SearchStop
from energy_models.arrays import FloatArray
from energy_models.running_times import ProfileLibrary
from scenarios.files.main_inputs import MainInput, main_inputs
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.fleet import NO_FLEET, FleetModels, stock_of
from simulation.judging.beside import JudgedBeside, JudgedDays, judged_beside
from simulation.judging.day_figures import DayFigures
from simulation.judging.figures_of_days import figures_of, padded
from simulation.judging.guards import ENERGY_SHARE_ON_TIME, contradictions, day_does_not_run
from simulation.judging.judge import Judgement
from simulation.judging.overloads import overload_remarks
from simulation.judging.plan_remarks import calibrated_train, models_of_fleet, peak_above_limit, search_cut_short
from simulation.judging.regulation import RegulationJudgement
from simulation.judging.verdict import longer_trips_sentences, objections, trades
from simulation.runs.replications import replication_seeds

METERING_POINT = "substation DC terminals"
LEVER_REST = "disturbances"
"""Saving of the levers on an undisturbed day minus the saving on the disturbed days."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class PlanRequest(PlannerOptions):
    """A request for an experiment: the scenario, the options of the planner, and the days that judge the plan.

    `vehicle` is a calibrated vehicle in place of the scenario's train type, `fleet` are the models of single vehicles;
    with `as_type`, they belong to this train type of any scenario. `notes` are sentences for the result about the
    origin of the plan. With a `controller`, the plan and today's timetable are also judged with this controller.
    `sensitivity`: whether the saving is computed for changed inputs as well; None: only if a main
    input is borrowed from another line.
    """

    scenario: Scenario
    replications: int = 10
    vehicle: CalibratedVehicle | None = None
    fleet: FleetModels = NO_FLEET
    as_type: str | None = None
    notes: tuple[str, ...] = ()
    sensitivity: bool | None = None
    controller: ControllerName = "none"

    @property
    def stock(self) -> RollingStock:
        """The trains of the fleet. Raises `InputFaults` for a model that belongs elsewhere."""
        return stock_of(self.scenario, self.vehicle, self.fleet, self.as_type)


@dataclass(frozen=True, eq=False)
class PlanExperiment:
    """A plan with its proof: the checker's report, and paired simulated days of today's timetable and of the plan.

    The traces are the total substation power of the undisturbed day, in W, from `trace_start_s`. The sum of the levers
    is the mean saving. `potential` compares the undisturbed day with its lower bound. `no_saving_because` has the
    reasons why no saving may be quoted: a day that does not run as laid out, or figures that contradict each other.
    """

    request: PlanRequest
    status: str
    metering_point: str
    baseline_plan: Plan
    plan: Plan
    baseline: DayFigures
    planned: DayFigures
    saving_percent: float
    saving_ci95_percent: tuple[float, float]
    replications: int
    levers: tuple[Lever, ...]
    check: CheckReport
    seconds: dict[str, float]
    judgement: Judgement
    baseline_trace: FloatArray
    plan_trace: FloatArray
    trace_start_s: float
    trace_interval_s: float
    library: ProfileLibrary
    notes: tuple[str, ...]
    others: OtherLibraries = field(default_factory=lambda: NO_OTHERS)
    trade: Trade | None = None
    potential: Potential | None = None
    no_saving_because: tuple[str, ...] = ()
    inputs: tuple[MainInput, ...] = ()
    sensitivity: InputSensitivity | None = None
    regulation: RegulationJudgement | None = None

    @property
    def longer_trips(self) -> LongerTrips | None:
        """By how much the planned trips are longer than today's trips, if longer trips are allowed."""
        return longer_trips(self.plan, self.baseline_plan.timetable)

    @property
    def dwell_transfer(self) -> DwellTransfer | None:
        """The dwell-to-running-time transfer of the trips at equal service."""
        if self.plan.mode != "equal-service":
            return None
        return dwell_transfer(self.plan.timetable, self.baseline_plan.timetable)

    @property
    def saving_caveat(self) -> str | None:
        """A sentence if the fleet is too small for the day of the comparison; None if the fleet is sufficient.

        Simulated days have all trains of the timetable, even if the fleet has fewer trains.
        """
        scenario = self.request.scenario
        needed = fleet_need(self.baseline_plan.timetable, scenario).vehicles
        if needed <= scenario.trainsets:
            return None
        return (
            f"Today's timetable needs {needed} trains, but the fleet has {scenario.trainsets}: the comparison is with "
            "a day that the fleet cannot run."
        )

    @property
    def saving_against_mean_phase_percent(self) -> float | None:
        """The mean saving against the mean over all phases between the directions; None where it was not computed."""
        if self.potential is None:
            return None
        return against_mean_phase_percent(
            self.baseline.energy_kwh, self.planned.energy_kwh, self.potential.mean_phase_share
        )


def run_plan_experiment(
    request: PlanRequest,
    progress: Progress = lambda _stage, _share: None,
    stop: SearchStop | None = None,
    found: Found | None = None,
) -> PlanExperiment:
    """Plan, check and judge; `progress` gets the name of a stage and the share of the stage that is done.

    `stop` ends the search; the best plan so far is then checked and judged like other plans. `found` receives the best
    savings so far while the search runs, in the model of the search. Raises `Infeasible` with
    the conflicting rules if no plan exists.
    """
    scenario, stock = request.scenario, request.stock
    progress = _one_at_a_time(progress)
    with _days_of(request, progress, request.time_limit_s is None, (SEARCH, SUPPLY)) as beside:
        planned = make_plan(scenario, request, stock, progress, stop, beside, found)
        seconds = dict(planned.seconds)
        sensitivity = _sensitivity(request, planned, stock, seconds, progress)
        judged = _awaited(beside, seconds)
    cut_short = search_cut_short(planned.timing.stopped_early, stop is not None and stop.is_cancelled)
    return _experiment(request, planned, judged, planned.trade, seconds, cut_short, sensitivity)


def _one_at_a_time(progress: Progress) -> Progress:
    """The progress for several threads: the planner and the simulated days report at the same time."""
    lock = Lock()

    def report(stage: str, share: float) -> None:
        with lock:
            progress(stage, share)

    return report


def judge_written_plan(
    request: PlanRequest, plan: Plan, progress: Progress = lambda _stage, _share: None
) -> PlanExperiment:
    """Check and judge a plan that exists already, without any search.

    The request provides the scenario, vehicle, replications, seed, workers, peak limit, longer trips and notes; they
    are those of the planning. Raises `InputFaults` for running times in force that no train can keep.
    """
    stock = request.stock
    began = time.monotonic()
    progress = _one_at_a_time(progress)
    found = accounted(plan, request.scenario, stock, request.workers, progress)
    seconds = {"levers": round(time.monotonic() - began, 3)}
    with _days_of(request, progress, False, (SUPPLY,)) as beside:
        beside.begun(found.line.of_vehicle, found.baseline.timetable)
        beside.decided(plan.timetable)
        sensitivity = _sensitivity(request, found, stock, seconds, progress)
        judged = _awaited(beside, seconds)
    return _experiment(request, found, judged, None, seconds, (), sensitivity)


def _days_of(
    request: PlanRequest, progress: Progress, compares_early: bool, first_tasks: tuple[str, ...]
) -> AbstractContextManager[JudgedBeside]:
    seeds = replication_seeds(request.seed, request.replications)
    return judged_beside(
        request.scenario, request.stock, seeds, request.workers, compares_early, progress, Compiling(), first_tasks,
        regulators_named(request.controller, request.scenario, request.stock),
    )  # fmt: skip


def _sensitivity(
    request: PlanRequest,
    planned: Planned | AccountedPlan,
    stock: RollingStock,
    seconds: dict[str, float],
    progress: Progress,
) -> InputSensitivity | None:
    """The savings for changed inputs, computed while the simulated days run; None if they are not requested."""
    inputs = main_inputs(request.scenario)
    is_borrowed = any(one.kind == "borrowed" for one in inputs)
    if request.sensitivity is False or (request.sensitivity is None and not is_borrowed):
        return None
    # Without an explicit request, inputs with a source keep their values.
    keys = [one.key for one in inputs if one.definition.is_varied and (request.sensitivity or one.kind != "source")]
    began = time.monotonic()
    found = input_sensitivity(
        keys, planned.baseline.timetable, planned.plan.timetable, request.scenario, stock, request.workers, progress
    )
    seconds["sensitivity"] = round(time.monotonic() - began, 3)
    return found


def _awaited(beside: JudgedBeside, seconds: dict[str, float]) -> JudgedDays:
    """The simulated days; the time for which the experiment waited for them is added to `seconds`."""
    began = time.monotonic()
    judged = beside.judged()
    seconds["simulation"] = round(time.monotonic() - began, 3)
    return judged


def _experiment(
    request: PlanRequest,
    planned: Planned | AccountedPlan,
    judged: JudgedDays,
    trade: Trade | None,
    seconds: dict[str, float],
    cut_short: tuple[str, ...],
    sensitivity: InputSensitivity | None,
) -> PlanExperiment:
    """The plan with its judgement; `cut_short` is a sentence about a search that ended early."""
    scenario = request.scenario
    plan = with_vehicle(planned.plan, request.vehicle, request.fleet, request.as_type)
    judgement, before, after = judged.judgement, judged.baseline, judged.plan
    start_s = min(before.start_s, after.start_s)
    end_s = max(day.start_s + len(day.power_w) for day in (before, after))
    tolerated_share = scenario.operation.tolerated_waiting_share
    against = objections(
        judgement,
        mode=request.mode,
        longer_trips_s=request.longer_trips_s,
        tolerated_waiting_share=tolerated_share,
    )
    too_high = peak_above_limit(request.peak_limit_kw, judgement)
    traded = trades(judgement, tolerated_share) if request.mode == "demand-led" else ()
    today_fails = _today_fails(scenario, planned, judged)
    plan_fails = _plan_fails(scenario, planned, judged, is_alone=today_fails is not None)
    saved = judgement.saving_kwh.mean
    figures = {
        "plan": figures_of(judgement.plan, scenario),
        "timetable in force": figures_of(judgement.baseline, scenario),
    }
    rest = saved - sum(lever.saving_kwh for lever in planned.levers)
    return PlanExperiment(
        request=request,
        # A plan that runs is feasible also where today's timetable does not, but there is no saving to quote.
        status="feasible" if planned.check.passed and not (against or too_high or plan_fails) else "rejected",
        metering_point=METERING_POINT,
        baseline_plan=planned.baseline,
        plan=plan,
        baseline=figures["timetable in force"],
        planned=figures["plan"],
        saving_percent=judgement.saving_percent.mean,
        saving_ci95_percent=(judgement.saving_percent.low, judgement.saving_percent.high),
        replications=request.replications,
        levers=(*planned.levers, Lever(LEVER_REST, rest)) if planned.levers else (),
        check=planned.check,
        seconds=seconds,
        judgement=judgement,
        baseline_trace=padded(before, start_s, end_s),
        plan_trace=padded(after, start_s, end_s),
        trace_start_s=start_s,
        trace_interval_s=1.0,
        library=planned.line.library,
        others=planned.line.others,
        notes=(
            *(objection.sentence for objection in against),
            *too_high,
            *traded,
            *(trade.why_few(scenario) if trade is not None else ()),
            *longer_trips_sentences(judgement, request.longer_trips_s),
            *overload_remarks(
                scenario,
                {name: {one.name: one.loads for one in day.substations} for name, day in figures.items()},
            ),
            *cut_short,
            *calibrated_train(request.vehicle, request.as_type),
            *models_of_fleet(request.fleet, request.scenario),
            *request.notes,
        ),
        trade=trade,
        potential=planned.potential,
        no_saving_because=(*((today_fails,) if today_fails else ()), *plan_fails),
        inputs=main_inputs(scenario),
        sensitivity=sensitivity,
        regulation=judged.regulation,
    )


def _today_fails(scenario: Scenario, planned: Planned | AccountedPlan, judged: JudgedDays) -> str | None:
    """The reason why the timetable in force is no baseline, if it is none."""
    laid_out_kwh = planned.potential.ladder_kwh[0] if planned.potential and planned.potential.ladder_kwh else None
    return day_does_not_run("The timetable in force", judged.baseline.record, laid_out_kwh, scenario)


def _plan_fails(
    scenario: Scenario, planned: Planned | AccountedPlan, judged: JudgedDays, *, is_alone: bool
) -> tuple[str, ...]:
    """The reasons why the plan does not run as laid out, or why its figures contradict those of the baseline.

    `is_alone` is true if the timetable in force is no baseline.
    """
    potential = planned.potential
    laid_out_kwh = potential.ladder_kwh[1] if potential and potential.ladder_kwh else None
    # The judged saving contains what the plan draws more on simulated days.
    sentence = day_does_not_run("The plan", judged.plan.record, laid_out_kwh, scenario, ENERGY_SHARE_ON_TIME)
    if sentence is not None:
        return (sentence,)
    # A day that does not run as laid out is the cause of figures that do not agree.
    if is_alone or potential is None:
        return ()
    return contradictions(judged.judgement, potential, [lever.saving_kwh for lever in planned.levers])


def with_vehicle(
    plan: Plan, vehicle: CalibratedVehicle | None, fleet: FleetModels = NO_FLEET, as_type: str | None = None
) -> Plan:
    """The plan with the versions of its calibrated models."""
    options = replace(
        plan.options,
        vehicle_hash=None if vehicle is None else vehicle.hash,
        model_versions=fleet.versions,
        as_type=as_type,
    )
    return replace(plan, options=options)
