"""The trade of demand-led headways: a Pareto set with what each choice means, and the one that the planner picks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from dispatch.baseline import timetable_from_departures
from dispatch.duties import assign, first_in_first_out, trip_distance_km
from dispatch.headways import (
    DEAREST_SHARE,
    PARETO_PLANS,
    HeadwayOptions,
    HeadwayPlan,
    Objective,
    decide_headways,
    finer_fronts,
)
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
    """Today, the set in order of its objective, and the headways that were chosen from it.

    No choice of the set is beaten by another one both in the objective and in waiting, as measured. `found` counts
    those that were measured.
    """

    objective: Objective
    today: HeadwayChoice
    choices: tuple[HeadwayChoice, ...]
    chosen: HeadwayPlan
    found: int

    @property
    def rows(self) -> tuple[HeadwayChoice, ...]:
        """Today first, then the choices."""
        return (self.today, *self.choices)

    def why_few(self, scenario: Scenario) -> tuple[str, ...]:
        """Why the set is small, in a sentence; empty where it is not."""
        count = sum(choice.number is not None for choice in self.choices)
        if count >= PARETO_PLANS:
            return ()
        words = {"energy": "energy", "cost": "cost", "co2": "CO2"}[self.objective]
        beaten = self.found - count
        return (
            f"Only {count} headways are there to choose from: between the least {words} and {DEAREST_SHARE:g} times "
            f"today's, the search finds {self.found} that keep the rules (a fleet of {scenario.trainsets} trains, "
            "turnbacks, tracks, load limit, longest headway)"
            + (f", and {beaten} of them are no better than another in both {words} and waiting." if beaten else "."),
        )


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

    The set holds the headways of `finer_fronts` and those that keep today's waiting (or the policy's limit), less those
    that another one beats as measured, numbered from the least objective on; the range is cut finer until
    `PARETO_PLANS` remain. Where headways that were asked for by their waiting are beaten, what beats them is taken.
    Raises `Infeasible` when nothing keeps the rules or the waiting cannot be reached, `InputFaults` when `pick` is no
    number of the set, or a direction has fewer than two departures.
    """
    _require_headways(in_force)
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
    measured = _Measured(scenario, library, train, network)
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
    """Choices run as today on one line, each measured once."""

    scenario: Scenario
    library: ProfileLibrary
    train: Train
    network: SupplyNetwork
    known: list[tuple[HeadwayPlan, HeadwayChoice]] = field(default_factory=list)

    def choice(self, plan: HeadwayPlan) -> HeadwayChoice:
        """A choice, not yet numbered."""
        for known, row in self.known:
            if known is plan:
                return row
        timetable = timetable_from_departures(self.scenario, plan.departures, plan.shorts)
        row = self.of(_turned(timetable, self.scenario, plan), plan)
        self.known.append((plan, row))
        return row

    def plan_of(self, choice: HeadwayChoice) -> HeadwayPlan:
        """The headways of a choice."""
        return next(plan for plan, row in self.known if row is choice)

    def of(self, timetable: Timetable, plan: HeadwayPlan | None) -> HeadwayChoice:
        """A timetable as a row of the trade; without a plan it is the one in force."""
        scenario = self.scenario
        snapshots = planned_snapshots(timetable, self.library, self.train)
        solution = solve(self.network, snapshots, model="equivalent")
        priced = bill(scenario.tariff, GridCarbon.of(scenario), self.network, solution, snapshots.start_s)
        waiting = plan.mean_waiting_s if plan is not None else expected_waiting(timetable, scenario).mean_s
        heaviest = max(max(trip.passengers) for trip in timetable.trips)
        return HeadwayChoice(
            number=None,
            is_chosen=False,
            timetable=timetable,
            trips=len(timetable.trips),
            train_km=round(sum(trip_distance_km(trip, scenario) for trip in timetable.trips), 3),
            short_trips=sum(len(trip.stations) < len(scenario.stations) for trip in timetable.trips),
            vehicles=len({trip.vehicle for trip in timetable.trips}),
            mean_waiting_s=waiting,
            fullest_train_share=heaviest / self.train.capacity_normal,
            energy_kwh=float(solution.source_power_w.sum()) * snapshots.interval_s / 3.6e6,
            cost=priced.cost.total,
            co2_kg=priced.co2_kg,
            is_proven=plan is None or plan.is_proven,
        )


def _shown(row: HeadwayChoice, objective: Objective) -> tuple[int, int]:
    """Objective and waiting as tables show them: what looks beaten there is beaten."""
    value = {"energy": row.energy_kwh, "cost": row.cost, "co2": row.co2_kg}[objective]
    return round(value), round(row.mean_waiting_s)


def _unbeaten(rows: Sequence[HeadwayChoice], objective: Objective) -> list[HeadwayChoice]:
    """The rows than which no other draws no more and waits no longer, from the longest waiting on; of equals one."""
    kept: list[HeadwayChoice] = []
    for row in sorted(rows, key=lambda row: (*_shown(row, objective), row.mean_waiting_s)):
        if not kept or _shown(row, objective)[1] < _shown(kept[-1], objective)[1]:
            kept.append(row)
    return kept


def _as_good(wanted: HeadwayChoice, rows: Sequence[HeadwayChoice], objective: Objective) -> HeadwayChoice:
    """The row of the set that is wanted, or that draws no more and waits no longer; else what is wanted itself."""
    most = _shown(wanted, objective)[0]
    for row in rows:
        if row is wanted or (row.mean_waiting_s <= wanted.mean_waiting_s and _shown(row, objective)[0] <= most):
            return row
    return wanted


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
