"""A whole experiment: a scenario is planned, then the plan is judged. The one module here that calls the planner."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np

from dispatch.check import CheckReport
from dispatch.duties import fleet_need
from dispatch.evidence import Evidence, against_mean_phase_percent
from dispatch.headway_choice import HeadwayWish, Trade
from dispatch.levers import Lever
from dispatch.longer_trips import LongerTrips, longer_trips
from dispatch.plan import Mode, Plan
from dispatch.planner import PlannerOptions, make_plan
from dispatch.standing import ShorterStanding, shorter_standing
from dispatch.timing.job import SearchStop
from energy_models.arrays import FloatArray
from energy_models.running_times import ProfileLibrary
from scenarios.build import train_of
from scenarios.fixes import NO_FIXES, FixesFile
from scenarios.schema import Scenario
from scenarios.vehicle import VEHICLE_HASH, CalibratedVehicle, apply
from simulation.day import day_model
from simulation.judge import Days, Judgement, judge_with
from simulation.record import DayRecord
from simulation.verdict import longer_trips_told, objections, trades

METERING_POINT = "substation DC terminals"
LEVER_REST = "disturbances"
"""What the levers, which are counted on an undisturbed day, promise beyond what the disturbed days keep (or less)."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class PlanRequest:
    """What a planner asks for."""

    scenario: Scenario
    mode: Mode = "equal-service"
    replications: int = 10
    seed: int = 0
    time_limit_s: float = 30.0
    vehicle: CalibratedVehicle | None = None
    workers: int = 2
    headways: HeadwayWish = field(default_factory=HeadwayWish)
    fixes: FixesFile = NO_FIXES
    start: Plan | None = None
    keep_close_s: int | None = None
    peak_limit_kw: float | None = None
    longer_trips_s: int = 0


@dataclass(frozen=True)
class DayFigures:
    """A day in figures, mean over the replications; energies in kWh at the substation DC terminals.

    `cost` is in the tariff's currency with one day's part of the demand charge, `co2_kg` that of the energy from the
    utility; `fullest_train_share` is the day's largest load over the normal capacity.
    """

    energy_kwh: float
    train_km: float
    trips: int
    peak_15min_kw: float
    regeneration_offered_kwh: float
    regeneration_used_kwh: float
    losses_kwh: float
    unserved_kwh: float
    mean_waiting_s: float
    cost: float
    co2_kg: float
    fullest_train_share: float


@dataclass(frozen=True, eq=False)
class PlanExperiment:
    """A plan with its proof: the checker's report, and paired simulated days of today's timetable and of the plan.

    The traces are the summed substation power of the undisturbed day, in W, from `trace_start_s` on. The levers
    add up to the mean saving. `evidence` holds the undisturbed day against its lower bound.
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
    trade: Trade | None = None
    evidence: Evidence | None = None

    @property
    def longer_trips(self) -> LongerTrips | None:
        """By how much the planned trips are longer than today's, where that was asked for."""
        return longer_trips(self.plan, self.baseline_plan.timetable)

    @property
    def shorter_standing(self) -> ShorterStanding | None:
        """By how much trips stand less at their stations, and run longer, at equal service."""
        if self.plan.mode != "equal-service":
            return None
        return shorter_standing(self.plan.timetable, self.baseline_plan.timetable)

    @property
    def saving_caveat(self) -> str | None:
        """What the saving must be read with: that the fleet cannot run the day it is compared with; None where it can.

        Simulated days give each train that the timetable needs, whether the fleet has it or not.
        """
        scenario = self.request.scenario
        needed = fleet_need(self.baseline_plan.timetable, scenario).vehicles
        if needed <= scenario.trainsets:
            return None
        return (
            f"Today's timetable needs {needed} trains, the fleet has {scenario.trainsets}: the comparison is with a "
            "day that could not run."
        )

    @property
    def saving_against_mean_phase_percent(self) -> float | None:
        """The mean saving against the mean over all phases between the directions; None where it was not computed."""
        if self.evidence is None:
            return None
        return against_mean_phase_percent(
            self.baseline.energy_kwh, self.planned.energy_kwh, self.evidence.mean_phase_share
        )


def run_plan_experiment(
    request: PlanRequest,
    progress: Progress = lambda _stage, _share: None,
    stop: SearchStop | None = None,
) -> PlanExperiment:
    """Plan, check and judge; `progress` is called with a stage's name and the share of it that is done.

    `stop` ends the search from outside; the best plan so far is then checked and judged like any other.
    Raises `Infeasible` with the clashing rules when no plan exists.
    """
    scenario = request.scenario
    train = train_of(scenario)
    if request.vehicle is not None:
        train = apply(request.vehicle, train)
    options = PlannerOptions(
        mode=request.mode,
        seed=request.seed,
        time_limit_s=request.time_limit_s,
        workers=request.workers,
        headways=request.headways,
        fixes=request.fixes,
        start=request.start,
        keep_close_s=request.keep_close_s,
        peak_limit_kw=request.peak_limit_kw,
        longer_trips_s=request.longer_trips_s,
    )
    planned = make_plan(scenario, options, train, progress, stop)
    plan = _with_vehicle(planned.plan, request.vehicle)
    seconds = dict(planned.seconds)
    began = time.monotonic()
    progress("simulated days", 0.0)
    model = day_model(scenario, planned.library)
    in_force, timetable = planned.baseline.timetable, planned.plan.timetable
    judgement = judge_with(
        model,
        in_force,
        timetable,
        request.replications,
        request.seed,
        request.workers,
        lambda done, total: progress("simulated days", done / total),
    )
    seconds["simulation"] = round(time.monotonic() - began, 3)
    before, after = model.day(in_force, None, False, True), model.day(timetable, None, False, True)
    start_s = min(_start(before), _start(after))
    end_s = max(_start(day) + len(_power(day)) for day in (before, after))
    against = objections(judgement, mode=request.mode, longer_trips_s=request.longer_trips_s)
    too_high = _peak_too_high(request.peak_limit_kw, judgement)
    traded = trades(judgement) if request.mode == "demand-led" else ()
    saved = judgement.saving_kwh.mean
    rest = saved - sum(lever.saving_kwh for lever in planned.levers)
    return PlanExperiment(
        request=request,
        status="feasible" if planned.check.passed and not against and not too_high else "rejected",
        metering_point=METERING_POINT,
        baseline_plan=planned.baseline,
        plan=plan,
        baseline=_figures(judgement.baseline),
        planned=_figures(judgement.plan),
        saving_percent=judgement.saving_percent.mean,
        saving_ci95_percent=(judgement.saving_percent.low, judgement.saving_percent.high),
        replications=request.replications,
        levers=(*planned.levers, Lever(LEVER_REST, rest)),
        check=planned.check,
        seconds=seconds,
        judgement=judgement,
        baseline_trace=_padded(before, start_s, end_s),
        plan_trace=_padded(after, start_s, end_s),
        trace_start_s=start_s,
        trace_interval_s=1.0,
        library=planned.library,
        notes=(
            *(objection.sentence for objection in against),
            *too_high,
            *traded,
            *(planned.trade.why_few(scenario) if planned.trade is not None else ()),
            *longer_trips_told(judgement, request.longer_trips_s),
            *_cut_short(planned.timing.stopped_early, stop is not None and stop.is_cancelled),
            *_calibrated(request.vehicle),
        ),
        trade=planned.trade,
        evidence=planned.evidence,
    )


def _with_vehicle(plan: Plan, vehicle: CalibratedVehicle | None) -> Plan:
    """The plan, which keeps the hash of the calibrated vehicle that it was made with."""
    return plan if vehicle is None else replace(plan, options={**plan.options, VEHICLE_HASH: vehicle.hash})


def _peak_too_high(limit_kw: float | None, judgement: Judgement) -> tuple[str, ...]:
    """The reason to reject a plan whose 15-minute peak, mean over the simulated days, lies above the limit."""
    peak_kw = judgement.plan.energy("peak_15min_sliding_kw").mean
    if limit_kw is None or peak_kw <= limit_kw:
        return ()
    return (
        f"The 15-minute peak of the simulated days is {peak_kw:.0f} kW, {peak_kw - limit_kw:.0f} kW above the limit of "
        f"{limit_kw:.0f} kW; the plan keeps a limit of {ceil(peak_kw)} kW on these days.",
    )


def _calibrated(vehicle: CalibratedVehicle | None) -> tuple[str, ...]:
    """Which trains were planned with, where they are not the scenario's: baseline and plan run the same ones."""
    if vehicle is None:
        return ()
    source = vehicle.source
    held = [f"{name} {value:.4g} (held)" for name, value in vehicle.held.items()]
    found = [
        f"{name} {one.value:.4g} instead of {one.scenario_value:.4g}"
        for name, one in vehicle.parameters
        if one is not None
    ]
    return (
        f"Both days run trains as calibrated from {source.file} (sha256 {source.sha256[:12]}), not the scenario's "
        f"{vehicle.train_type}: {', '.join((*found, *held))}.",
    )


def _cut_short(stopped_early: bool, cancelled: bool) -> tuple[str, ...]:
    if cancelled:
        return ("The search was cancelled: this is the best plan that it had found until then.",)
    if not stopped_early:
        return ()
    return ("The search was cut short by the time limit: with more time, or on a faster machine, the plan may differ.",)


def _figures(days: Days) -> DayFigures:
    first = days.results[0]
    return DayFigures(
        energy_kwh=days.energy().mean,
        train_km=float(np.mean([result.train_km for result in days.results])),
        trips=first.trips,
        peak_15min_kw=days.energy("peak_15min_sliding_kw").mean,
        regeneration_offered_kwh=days.energy("regeneration_offered_kwh").mean,
        regeneration_used_kwh=days.energy("regeneration_used_kwh").mean,
        losses_kwh=days.energy("losses_kwh").mean,
        unserved_kwh=days.energy("unserved_kwh").mean,
        mean_waiting_s=days.served("mean_waiting_s").mean,
        cost=days.cost().mean,
        co2_kg=days.co2_kg().mean,
        fullest_train_share=days.served("maximum_load_share").mean,
    )


def _start(day: DayRecord) -> float:
    assert day.traces is not None
    return day.traces.start_s


def _power(day: DayRecord) -> FloatArray:
    assert day.traces is not None
    return np.asarray(day.traces.substation_power_w.sum(axis=1))


def _padded(day: DayRecord, start_s: float, end_s: float) -> FloatArray:
    """The day's summed substation power on a common span of seconds."""
    power = np.zeros(round(end_s - start_s))
    begin = round(_start(day) - start_s)
    own = _power(day)
    power[begin : begin + len(own)] = own
    return power
