"""The whole path of a decision: from a scenario to a checked plan, with what each lever saves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from pydantic import JsonValue

from dispatch.baseline import headway_table, timetable_in_force
from dispatch.check import CheckReport, check
from dispatch.duties import assign, first_in_first_out, vehicle_names
from dispatch.levers import Lever, lever_shares
from dispatch.plan import Mode, Plan
from dispatch.timetable import DIRECTIONS, Direction, Timetable
from dispatch.timing.job import TimingOptions
from dispatch.timing.optimise import TimingResult, optimise
from dispatch.timing.rules import equal_service_rules
from energy_models.driving.flat_out import flat_out
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train
from scenarios.build import profile_library, supply_network, train_of
from scenarios.schema import Scenario

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class PlannerOptions:
    """How to plan: mode, seed, effort (1 is the default search), time limit of the search, threads to use."""

    mode: Mode = "equal-service"
    seed: int = 0
    effort: float = 1.0
    time_limit_s: float = 60.0
    workers: int = 2


@dataclass(frozen=True, eq=False)
class Planned:
    """A decision: today's timetable and the new one as plans, the checker's report, the levers, seconds by stage.

    `levers` are shares of the noise-free saving on the equivalent track; they add up to it.
    """

    scenario: Scenario
    train: Train
    library: ProfileLibrary
    network: SupplyNetwork
    baseline: Plan
    plan: Plan
    check: CheckReport
    levers: tuple[Lever, ...]
    timing: TimingResult
    seconds: dict[str, float]


class _Clock:
    """Wall seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now


def make_plan(
    scenario: Scenario,
    options: PlannerOptions,
    train: Train | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> Planned:
    """Plan a service day; `train` replaces the scenario's vehicle, for example by a calibrated one.

    Raises `Infeasible` with the clashing rules when no plan exists.
    """
    clock = _Clock()
    train = train or train_of(scenario)
    library = profile_library(scenario, train)
    network = supply_network(scenario)
    in_force = timetable_in_force(scenario)
    # Today's vehicles must suffice for today's timetable; otherwise every further answer would be about another line.
    assign(in_force, scenario, in_force)
    clock.lap("read")
    rules = equal_service_rules(scenario, in_force, train.auxiliary_w)
    noise = scenario.disturbances
    timing = optimise(
        in_force,
        library,
        train,
        network,
        rules,
        lambda timetable: first_in_first_out(timetable, scenario),
        TimingOptions(
            seed=options.seed,
            effort=options.effort,
            time_limit_s=options.time_limit_s,
            noise_deviation_s=noise.dwell_noise_s,
            noise_accumulates=noise.dwell_noise_accumulates,
            workers=options.workers,
        ),
        progress,
    )
    clock.lap("timetable")
    baseline = _plan(scenario, in_force, options, {})
    metadata: dict[str, JsonValue] = {
        "convergence": [[round(s.seconds, 2), s.stage, round(s.energy_kwh, 1)] for s in timing.convergence],
        "stopped_early": timing.stopped_early,
    }
    shortest = minimum_running_times(library, train)
    plan = _plan(scenario, timing.timetable, options, metadata)
    report = check(plan, scenario, in_force, shortest)
    if not report.passed:
        # The search turned trains first in first out; other duties may keep the rules that these break.
        plan = _plan(scenario, assign(timing.timetable, scenario, in_force), options, metadata)
        report = check(plan, scenario, in_force, shortest)
    timetable = plan.timetable
    clock.lap("check")
    levers = lever_shares(in_force, timetable, library, train, network, options.workers, progress)
    clock.lap("levers")
    return Planned(scenario, train, library, network, baseline, plan, report, levers, timing, clock.seconds)


def minimum_running_times(library: ProfileLibrary, train: Train) -> dict[Direction, tuple[float, ...]]:
    """Shortest possible running time of each section in order of travel, empty train: what the checker measures by."""
    return {
        direction: tuple(flat_out(track, train, 0.0).running_time_s for track in library.sections[direction])
        for direction in DIRECTIONS
    }


def _plan(scenario: Scenario, timetable: Timetable, options: PlannerOptions, metadata: Mapping[str, JsonValue]) -> Plan:
    names = vehicle_names(scenario)
    used = sorted({trip.vehicle for trip in timetable.trips})
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode=options.mode,
        timetable=timetable,
        headways=headway_table(timetable, scenario),
        vehicles={vehicle: names.get(vehicle, scenario.main_train_type) for vehicle in used},
        seed=options.seed,
        version=version("headwatt"),
        options={"effort": options.effort, "time_limit_s": options.time_limit_s},
        metadata=metadata,
    )
