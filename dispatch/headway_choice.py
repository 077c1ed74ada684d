"""The trade of demand-led headways: a Pareto set with what each choice means, and the one that the planner picks."""

from collections.abc import Callable
from dataclasses import dataclass

from dispatch.baseline import timetable_from_departures
from dispatch.duties import assign, first_in_first_out, trip_distance_km
from dispatch.headways import HeadwayOptions, HeadwayPlan, Objective, decide_headways, pareto_headways
from dispatch.timetable import DIRECTIONS, Timetable
from dispatch.traffic import planned_snapshots
from dispatch.waiting import expected_waiting
from energy_models.faults import Fault, Infeasible, InputFaults
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.solver import solve
from energy_models.train import Train
from scenarios.billing import bill
from scenarios.emissions import GridCarbon
from scenarios.schema import Scenario

OBJECTIVES: tuple[Objective, ...] = ("energy", "cost", "co2")
SAME_TRADE_SHARE = 1e-4
"""Choices whose trips and departures agree but for this share of the waiting are one choice."""


@dataclass(frozen=True)
class HeadwayWish:
    """What the planner asks of demand-led headways.

    `objective` is what is saved. `pick` is a number of the set, counted from the least objective; `mean_waiting_s` asks
    for the least objective at which passengers wait no longer on average. Without either, the policy's limit holds, or
    waiting as today.
    """

    objective: Objective = "energy"
    pick: int | None = None
    mean_waiting_s: float | None = None

    def __post_init__(self) -> None:
        if self.pick is not None and self.mean_waiting_s is not None:
            fault = Fault("", "headways", "pick", str(self.pick), "a pick or a mean waiting, not both")
            raise InputFaults([fault])


@dataclass(frozen=True, eq=False)
class HeadwayChoice:
    """One row of the trade: run as today (driving, running times, dwells), before the timing saves on top of it.

    `number` counts the set from its least objective; 0 is the timetable in force, None a choice outside the set that
    was asked for by its waiting. `short_trips` of the trips turn on the way. Energy is noise-free at the substations'
    DC terminals on the equivalent track; cost and CO2 follow from the same day. `fullest_train_share` is the largest
    planned load over the normal capacity.
    """

    number: int | None
    is_chosen: bool
    timetable: Timetable
    trips: int
    short_trips: int
    train_km: float
    vehicles: int
    mean_waiting_s: float
    fullest_train_share: float
    energy_kwh: float
    cost: float
    co2_kg: float
    is_proven: bool


@dataclass(frozen=True, eq=False)
class Trade:
    """Today, the set in order of its objective, and the headways that were chosen from it."""

    objective: Objective
    today: HeadwayChoice
    choices: tuple[HeadwayChoice, ...]
    chosen: HeadwayPlan

    @property
    def rows(self) -> tuple[HeadwayChoice, ...]:
        """Today first, then the choices."""
        return (self.today, *self.choices)


def trade_of(
    scenario: Scenario,
    wish: HeadwayWish,
    in_force: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Trade:
    """Decide headways along the whole trade and measure every choice.

    The set holds the headways of `pareto_headways` and those that keep today's waiting (or the policy's limit),
    numbered from the least objective on. Raises `Infeasible` when nothing keeps the rules or the waiting cannot be
    reached, `InputFaults` when `pick` is no number of the set, or a direction has fewer than two departures.
    """
    _require_headways(in_force)
    progress("headways", 0.0)
    options = HeadwayOptions(objective=wish.objective)
    front = list(pareto_headways(scenario, options))
    usual: HeadwayPlan | None = None
    try:
        usual = decide_headways(scenario, "demand-led", options)
    except Infeasible:
        # Without a wish this is the answer; with one the rest of the set may still be chosen from.
        if wish.pick is None and wish.mean_waiting_s is None:
            raise
    if usual is not None:
        usual = _joined(front, usual)
    front.sort(key=lambda plan: -plan.mean_waiting_s)
    chosen = _chosen(scenario, wish, front, usual)
    numbered: list[tuple[int | None, HeadwayPlan]] = list(enumerate(front, start=1))
    if not any(plan is chosen for plan in front):
        numbered.append((None, chosen))
        numbered.sort(key=lambda row: -row[1].mean_waiting_s)

    def measured(number: int | None, timetable: Timetable, plan: HeadwayPlan | None) -> HeadwayChoice:
        snapshots = planned_snapshots(timetable, library, train)
        solution = solve(network, snapshots, model="equivalent")
        priced = bill(scenario.tariff, GridCarbon.of(scenario), network, solution, snapshots.start_s)
        waiting = plan.mean_waiting_s if plan is not None else expected_waiting(timetable, scenario).mean_s
        heaviest = max(max(trip.passengers) for trip in timetable.trips)
        return HeadwayChoice(
            number=number,
            is_chosen=plan is chosen,
            timetable=timetable,
            trips=len(timetable.trips),
            train_km=round(sum(trip_distance_km(trip, scenario) for trip in timetable.trips), 3),
            short_trips=sum(len(trip.stations) < len(scenario.stations) for trip in timetable.trips),
            vehicles=len({trip.vehicle for trip in timetable.trips}),
            mean_waiting_s=waiting,
            fullest_train_share=heaviest / train.capacity_normal,
            energy_kwh=float(solution.source_power_w.sum()) * snapshots.interval_s / 3.6e6,
            cost=priced.cost.total,
            co2_kg=priced.co2_kg,
            is_proven=plan is None or plan.is_proven,
        )

    today = measured(0, in_force, None)
    choices = []
    for number, plan in numbered:
        timetable = _turned(timetable_from_departures(scenario, plan.departures, plan.shorts), scenario, plan)
        choices.append(measured(number, timetable, plan))
        progress("headways", len(choices) / len(numbered))
    return Trade(wish.objective, today, tuple(choices), chosen)


def _require_headways(in_force: Timetable) -> None:
    """Raise `InputFaults` with each direction that has no two departures, and so no headway to decide."""
    departures = {direction: len(in_force.of(direction)) for direction in DIRECTIONS}
    allowed = "at least two, between which headways can follow the demand; equal service keeps a single one"
    faults = [
        Fault("", "timetable", "departures", f"{count} {direction}", allowed)
        for direction, count in departures.items()
        if count < 2
    ]
    if faults:
        raise InputFaults(faults)


def _turned(timetable: Timetable, scenario: Scenario, plan: HeadwayPlan) -> Timetable:
    """Vehicles first in first out; where some turn on the way, those that crowd no terminal."""
    if plan.shorts:
        try:
            return assign(timetable, scenario)
        except Infeasible:
            pass
    return first_in_first_out(timetable, scenario)


def _joined(front: list[HeadwayPlan], usual: HeadwayPlan) -> HeadwayPlan:
    """The plan of the front that equals another one, else the other one itself, which then belongs to the front."""
    for plan in front:
        same = abs(plan.mean_waiting_s - usual.mean_waiting_s) <= SAME_TRADE_SHARE * usual.mean_waiting_s
        if same and plan.trips == usual.trips:
            return plan
    front.append(usual)
    return usual


def _chosen(scenario: Scenario, wish: HeadwayWish, front: list[HeadwayPlan], usual: HeadwayPlan | None) -> HeadwayPlan:
    if wish.pick is not None:
        if not 1 <= wish.pick <= len(front):
            raise InputFaults(
                [Fault("", "headways", "pick", str(wish.pick), f"1 to {len(front)}, a number of the set")]
            )
        return front[wish.pick - 1]
    if wish.mean_waiting_s is not None:
        options = HeadwayOptions(objective=wish.objective, mean_waiting_limit_s=wish.mean_waiting_s)
        asked = decide_headways(scenario, "demand-led", options)
        return _joined(list(front), asked)
    assert usual is not None
    return usual
