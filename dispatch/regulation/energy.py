"""The energy-aware regulator: each train takes the departure and running time with the least price.

At each door closing, departures up to the schedule + `hold_s` and running times around that of the timetable are priced
by the energy of the line over the train's own next two sections, plus a quadratic price on the difference from the
schedule. The energy follows from the forecast of all other trains and the surrogate of the supply (`line_surrogate`).
A train that is later than `recovery_s` does not save energy: it departs at once and recovers (the rule of Brussels).
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator
from dispatch.regulation.kernel.forecast import lay_forecast
from dispatch.regulation.kernel.price import OwnTrain, price_candidates
from dispatch.regulation.line_tables import FASTER_S, SLOWER_S, LineTables, line_tables
from dispatch.regulation.predict import Forecaster
from dispatch.regulation.schedule import HoldToSchedule, advice_for
from dispatch.regulation.source import source_of
from dispatch.regulation.spacing import Spacing
from dispatch.timing.kernel.surrogate import NODES
from energy_models.account.energy import J_PER_KWH
from energy_models.running_times.store import content_hash
from scenarios.schema import Scenario
from scenarios.schema.operation import Operation
from scenarios.values.rolling_stock import RollingStock

CODE = (
    "regulation", "timing/kernel", "timing/line_surrogate.py", "timing/line_motions.py", "timing/day_state.py",
    "timing/limits.py", "timing/kernel_limits.py", "energy/line_model.py", "energy/planned_movements.py",
)  # fmt: skip
"""The files of `dispatch` that decide an advice; `plans` is part of the key of every stored day."""


@dataclass(frozen=True)
class EnergyRules:
    """Parameters of the regulator: the longest hold beyond the schedule, the price of a difference from the target, the
    target after the schedule, the lateness from which a train only recovers, the weight of the price at the last
    arrival of a trip, the time after which a held train asks again, and the lateness of the train behind from which a
    train waits for it, with the weight of time on board (see `spacing`)."""

    hold_s: int
    lateness_price_j: float
    target_s: float
    recovery_s: float
    last_weight: float
    review_s: float
    spacing_from_s: float
    on_board_weight: float

    @staticmethod
    def of(operation: Operation) -> "EnergyRules":
        """The parameters of a scenario."""
        return EnergyRules(
            int(operation.energy_hold_s),
            float(operation.lateness_price_kwh_per_s2) * J_PER_KWH,
            float(operation.energy_target_s),
            float(operation.recovery_from_s),
            float(operation.last_arrival_weight),
            float(operation.hold_review_s),
            float(operation.spacing_from_s),
            float(operation.on_board_weight),
        )


class EnergyRegulator:
    """Advises the trains of one timetable on one day."""

    def __init__(self, tables: LineTables, rules: EnergyRules) -> None:
        # The trips of other trains begin as late as their regulator lets them (see `advise`).
        plan = tables.plan._replace(begins_s=tables.plan.begins_s + round(rules.target_s))
        tables = replace(tables, plan=plan)
        self._tables, self._rules = tables, rules
        self._forecaster = Forecaster(tables)
        self._spacing = Spacing.of(
            rules.spacing_from_s, rules.on_board_weight, tables.index, plan, tables.boarding_ahead_per_s
        )
        run_s = plan.arrival_s - plan.departure_s
        longest_s = int((run_s[:, :-1] + run_s[:, 1:] + plan.dwell_s[:, :-1]).max()) if run_s.shape[1] > 1 else 0
        longest_s = max(longest_s, int(run_s.max()))
        self._seconds = longest_s + rules.hold_s + 1 + 2 * SLOWER_S
        self._others_w = np.zeros(self._seconds * NODES, np.float32)
        self._own_w = np.zeros(self._seconds * NODES, np.float32)
        self._power_w = np.zeros(self._seconds)
        shape = (rules.hold_s + 2, FASTER_S + SLOWER_S + 1)
        self._energy_j, self._price_j = np.zeros(shape), np.zeros(shape)

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:
        """The departure and running time with the least price; recovery for a late train."""
        plan, rules = self._tables.plan, self._rules
        j = self._tables.index[train.trip.trip_id]
        k = int(plan.first_section[j]) + train.stop
        # Ahead of a long gap, the whole schedule of the train is later.
        shift_s = self._spacing.later_s(train, line, j, k)
        left_s = train.planned_s + shift_s
        late_s = train.now_s - left_s
        planned_s = train.trip.running_time_s(train.stop)
        if late_s > rules.recovery_s:
            due_s = train.trip.arrival_s[train.stop + 1] + shift_s + rules.target_s
            running_s = max(train.shortest_s, min(planned_s, math.floor(due_s - train.now_s)))
            return advice_for(train, train.now_s, running_s, "recovery")
        # A trip begins as late as it is to arrive, so that it does not become longer than planned.
        begins_s = left_s + (rules.target_s if train.stop == 0 else 0.0)
        earliest_s = max(train.now_s, begins_s) if train.can_hold else train.now_s
        latest_s = max(earliest_s, left_s + rules.hold_s) if train.can_hold else earliest_s
        motions, row = self._tables.motions, int(plan.row[j])
        shortest_s = max(train.shortest_s, planned_s - FASTER_S, int(motions.shortest_s[row, k]))
        longest_s = max(shortest_s, min(planned_s + SLOWER_S, int(motions.longest_s[row, k])))
        first_s = math.floor(earliest_s)
        own = OwnTrain(
            j, k, self._forecaster.load_step(j, k, train.passengers), first_s,
            first_s + min(math.floor(latest_s - earliest_s), rules.hold_s + 1), shortest_s, longest_s,
        )  # fmt: skip
        window = NODES * min(self._seconds, own.latest_s - first_s + longest_s + self._after_s(j, k))
        others_w, own_w, power_w = self._others_w[:window], self._own_w[:window], self._power_w[: window // NODES]
        surrogate = self._tables.surrogate
        # The doors close between two whole seconds: the target moves by the fraction.
        target_s = rules.target_s + shift_s - (earliest_s - first_s)
        due_s = float(plan.arrival_s[j, k]) + target_s
        lateness_price_j = rules.lateness_price_j * (rules.last_weight if k == plan.last_section[j] else 1.0)
        count, positions, confidence = self._forecaster.positions(line, train.now_s)
        lay_forecast(count, j, first_s, rules.target_s, positions, plan, motions, surrogate, others_w)
        price_candidates(
            own, first_s, lateness_price_j, due_s, target_s, plan, motions, surrogate, others_w, own_w, power_w,
            self._energy_j, self._price_j,
        )  # fmt: skip
        shape = (own.latest_s - own.earliest_s + 1, longest_s - shortest_s + 1)
        price_j, energy_j = self._price_j[: shape[0], : shape[1]], self._energy_j[: shape[0], : shape[1]]
        # No advice makes a train later than the longest hold, or later than it is.
        latest_arrival_s = int(plan.arrival_s[j, k]) + shift_s + max(float(rules.hold_s), late_s)
        arrival_s = earliest_s + shortest_s + np.add.outer(np.arange(shape[0]), np.arange(shape[1]))
        price_j[(arrival_s > latest_arrival_s) & (arrival_s > arrival_s[0, 0])] = np.inf
        n, m = divmod(int(np.argmin(price_j)), shape[1])
        if not np.isfinite(price_j[n, m]):
            return HoldToSchedule().advise(train, line)
        own_place = train.own_running_time_s - shortest_s
        saves_j = 0.0
        if 0 <= own_place < shape[1] and np.isfinite(energy_j[0, own_place]):
            saves_j = float(energy_j[0, own_place] - energy_j[n, m])
        return advice_for(
            train, earliest_s + n, shortest_s + m, "even gaps" if shift_s > 0 else "energy",
            saves_kwh=saves_j / J_PER_KWH, confidence=confidence, review_s=train.now_s + rules.review_s,
        )  # fmt: skip

    def _after_s(self, j: int, k: int) -> int:
        """Time after the arrival of section k of trip j until the end of the window: dwell, next section, margin."""
        plan = self._tables.plan
        if k == plan.last_section[j]:
            return 1
        return int(plan.dwell_s[j, k] + plan.arrival_s[j, k + 1] - plan.departure_s[j, k + 1]) + SLOWER_S


@dataclass(eq=False)
class EnergyRegulators:
    """Makes energy-aware regulators of a line; the tables of a timetable are computed once in each process."""

    scenario: Scenario
    stock: RollingStock

    @property
    def name(self) -> ControllerName:
        """The name of the controller."""
        return "energy"

    @property
    def content(self) -> str:
        """Name, line and trains of the regulator's model, and the code."""
        return f"energy {self.scenario.hash} {content_hash(self.stock.content)} {source_of(*CODE)}"

    @property
    def rules(self) -> EnergyRules:
        """The parameters of the regulators."""
        return EnergyRules.of(self.scenario.operation)

    def for_day(self, timetable: Timetable) -> Regulator:
        """A regulator for one day; trains without a selectable running time are held to their schedule."""
        tables = self.tables(timetable)
        return HoldToSchedule() if tables is None else EnergyRegulator(tables, self.rules)

    def tables(self, timetable: Timetable) -> LineTables | None:
        """The tables of a timetable, computed once; None if its trains have no selectable running times."""
        if timetable not in self._tables:
            self._tables[timetable] = line_tables(self._line, timetable)
        return self._tables[timetable]

    def __getstate__(self) -> dict[str, object]:
        """Pickle without the tables; the receiving process computes them again."""
        return {"scenario": self.scenario, "stock": self.stock}

    @cached_property
    def _tables(self) -> dict[Timetable, LineTables | None]:
        return {}

    @cached_property
    def _line(self) -> LineModel:
        return LineModel.of(self.scenario, self.stock)
