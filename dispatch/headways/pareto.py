"""The trade-off of demand-led headways: a Pareto set with the figures of each choice, and the planner's choice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_snapshots
from dispatch.headways.decide import HeadwayOptions, HeadwayPlan, decide_headways, finer_fronts
from dispatch.headways.trade import PARETO_PLANS, HeadwayChoice, HeadwayWish, Trade
from dispatch.plans.in_force import timetable_from_departures
from dispatch.plans.plan_options import Objective
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.duties import assign, trip_distance_km
from energy_models.faults import Fault, Infeasible, InputFaults
from energy_models.supply.solver import solve
from scenarios.costs.billing import bill
from scenarios.costs.emissions import GridCarbon
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS

SAME_TRADE_SHARE = 1e-4
"""Choices with equal trips and a smaller relative difference of waiting count as one choice."""


def trade_of(
    line: LineModel,
    wish: HeadwayWish,
    in_force: Timetable,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Trade:
    """Decide the headways of the whole trade-off and compute the figures of every choice, for the main train type.

    The set contains the Pareto-optimal choices among the headways of `finer_fronts` and the headways with today's
    waiting (or the limit of the policy), numbered from the least objective. The parts of the range become finer until
    `PARETO_PLANS` choices remain. If another choice dominates the headways selected by their waiting, that choice is
    used. Raises `Infeasible` if no headways keep the rules or the waiting, `InputFaults` if `pick` is not a number of
    the set or a direction has fewer than two departures.
    """
    _require_headways(in_force)
    scenario = line.scenario
    progress("headways", 0.0)
    options = HeadwayOptions(objective=wish.objective)
    fronts = finer_fronts(scenario, options)
    front = next(fronts)
    usual: HeadwayPlan | None = None
    try:
        usual = decide_headways(scenario, "demand-led", options)
    except Infeasible:
        # Without a wish this is the answer; with one the rest of the set may still be chosen from.
        if wish.pick is None and wish.mean_waiting_s is None:
            raise
    measured = _Measured(line.of_main_type)
    while True:
        candidates = list(front)
        wanted = _joined(candidates, usual) if usual is not None else None
        rows = [measured.choice(plan) for plan in candidates]
        numbered = _unbeaten(rows, wish.objective)
        progress("headways", min(1.0, len(numbered) / PARETO_PLANS))
        finer = next(fronts, None) if len(numbered) < PARETO_PLANS else None
        if finer is None:
            break
        front = finer
    if wish.pick is not None:
        if not 1 <= wish.pick <= len(numbered):
            raise InputFaults(
                [Fault("", "headways", "pick", str(wish.pick), f"1 to {len(numbered)}, a number of the set")]
            )
        taken = numbered[wish.pick - 1]
    else:
        if wish.mean_waiting_s is not None:
            limited = HeadwayOptions(objective=wish.objective, mean_waiting_limit_s=wish.mean_waiting_s)
            wanted = _joined(candidates, decide_headways(scenario, "demand-led", limited))
        assert wanted is not None
        taken = _as_good(measured.choice(wanted), numbered, wish.objective)
    numbers = {id(row): number for number, row in enumerate(numbered, start=1)}
    shown = sorted({id(row): row for row in (*numbered, taken)}.values(), key=lambda row: -row.mean_waiting_s)
    return Trade(
        objective=wish.objective,
        today=replace(measured.of(in_force, None), number=0),
        choices=tuple(replace(row, number=numbers.get(id(row)), is_chosen=row is taken) for row in shown),
        chosen=measured.plan_of(taken),
        found=len(rows),
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """Choices run as today on one line; the figures of each choice are computed once."""

    line: LineModel
    known: list[tuple[HeadwayPlan, HeadwayChoice]] = field(default_factory=list)

    def choice(self, plan: HeadwayPlan) -> HeadwayChoice:
        """A choice without a number."""
        for known, row in self.known:
            if known is plan:
                return row
        timetable = timetable_from_departures(self.line.scenario, plan.departures, plan.shorts)
        row = self.of(_turned(timetable, self.line.scenario, plan), plan)
        self.known.append((plan, row))
        return row

    def plan_of(self, choice: HeadwayChoice) -> HeadwayPlan:
        """The headways of a choice."""
        return next(plan for plan, row in self.known if row is choice)

    def of(self, timetable: Timetable, plan: HeadwayPlan | None) -> HeadwayChoice:
        """A timetable as a row of the trade-off; without a plan, the timetable in force."""
        scenario, network = self.line.scenario, self.line.network
        snapshots = planned_snapshots(timetable, self.line)
        solution = solve(network, snapshots, model="equivalent")
        priced = bill(
            scenario.tariff,
            GridCarbon.of(scenario),
            network,
            solution,
            snapshots.start_s,
            energised_s=scenario.operation.supply_energised_s,
        )
        waiting = plan.mean_waiting_s if plan is not None else expected_waiting(timetable, scenario).mean_s
        heaviest = max(max(trip.passengers) for trip in timetable.trips)
        return HeadwayChoice(
            number=None,
            is_chosen=False,
            timetable=timetable,
            trips=len(timetable.trips),
            train_km=round(sum(trip_distance_km(trip, scenario) for trip in timetable.trips), 3),
            short_trips=sum(len(trip.stations) < len(scenario.stations) for trip in timetable.trips),
            vehicles=len(timetable.vehicles),
            mean_waiting_s=waiting,
            fullest_train_share=heaviest / self.line.train.capacity_normal,
            energy_kwh=float(solution.source_power_w.sum()) * snapshots.interval_s / 3.6e6,
            cost=priced.cost.total,
            co2_kg=priced.co2_kg,
            is_proven=plan is None or plan.is_proven,
        )


def _shown(row: HeadwayChoice, objective: Objective) -> tuple[int, int]:
    """Objective and waiting with the decimals of the tables, so that the set is Pareto-optimal in the tables too."""
    value = {"energy": row.energy_kwh, "cost": row.cost, "co2": row.co2_kg}[objective]
    return round(value), round(row.mean_waiting_s)


def _unbeaten(rows: Sequence[HeadwayChoice], objective: Objective) -> list[HeadwayChoice]:
    """The Pareto-optimal rows in objective and waiting, from the longest waiting; one of equal rows."""
    kept: list[HeadwayChoice] = []
    for row in sorted(rows, key=lambda row: (*_shown(row, objective), row.mean_waiting_s)):
        if not kept or _shown(row, objective)[1] < _shown(kept[-1], objective)[1]:
            kept.append(row)
    return kept


def _as_good(wanted: HeadwayChoice, rows: Sequence[HeadwayChoice], objective: Objective) -> HeadwayChoice:
    """The selected row of the set, or a row of the set that dominates it; otherwise the selected choice."""
    most = _shown(wanted, objective)[0]
    for row in rows:
        if row is wanted or (row.mean_waiting_s <= wanted.mean_waiting_s and _shown(row, objective)[0] <= most):
            return row
    return wanted


def _require_headways(in_force: Timetable) -> None:
    """Raise `InputFaults` for each direction with fewer than two departures, because it has no headway."""
    departures = {direction: len(in_force.of(direction)) for direction in DIRECTIONS}
    allowed = "at least two departures for demand-led headways; equal service allows a single departure"
    faults = [
        Fault("", "timetable", "departures", f"{count} {direction}", allowed)
        for direction, count in departures.items()
        if count < 2
    ]
    if faults:
        raise InputFaults(faults)


def _turned(timetable: Timetable, scenario: Scenario, plan: HeadwayPlan) -> Timetable:
    """Vehicles first in, first out; with short trips, an assignment without terminal occupancy excess."""
    if plan.shorts:
        try:
            return assign(timetable, scenario)
        except Infeasible:
            pass
    return first_in_first_out(timetable, scenario)


def _joined(front: list[HeadwayPlan], usual: HeadwayPlan) -> HeadwayPlan:
    """The plan of the front that equals a given plan; otherwise the given plan, which then belongs to the front."""
    for plan in front:
        same = abs(plan.mean_waiting_s - usual.mean_waiting_s) <= SAME_TRADE_SHARE * usual.mean_waiting_s
        if same and plan.trips == usual.trips:
            return plan
    front.append(usual)
    return usual
