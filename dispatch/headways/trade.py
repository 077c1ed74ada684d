"""The values of the trade-off of demand-led headways: the wish, the figures of each choice, and the set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.plans.plan_options import Objective
from dispatch.plans.timetable import Timetable
from energy_models.faults import Fault, InputFaults
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from dispatch.headways.decide import HeadwayPlan

PARETO_PLANS = 8
DEAREST_SHARE = 1.2
"""The Pareto set ends at this multiple of today's objective (assumed: larger costs are of no interest)."""


@dataclass(frozen=True)
class HeadwayWish:
    """The planner's selection among demand-led headways.

    `objective` is minimised. `pick` is a number of the set, counted from the least objective. `mean_waiting_s` selects
    the least objective with at most this mean waiting. Without both, the limit of the policy holds, or today's waiting.
    """

    objective: Objective = "energy"
    pick: int | None = None
    mean_waiting_s: float | None = None

    def __post_init__(self) -> None:
        if self.pick is not None and self.mean_waiting_s is not None:
            fault = Fault("", "headways", "pick", str(self.pick), "either a pick or a mean waiting")
            raise InputFaults([fault])


@dataclass(frozen=True, eq=False)
class HeadwayChoice:
    """One row of the trade-off, run as today (driving, running times, dwells), before the optimisation of times.

    `number` counts the set from its least objective; 0 is the timetable in force, None a choice outside the set that
    was selected by its waiting. `short_trips` is the number of short trips. Energy is at the substations' DC terminals
    on the equivalent track, every train on time; cost and CO2 are of the same day. `fullest_train_share` is the
    largest planned load as a share of normal capacity.
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
    """Today, the set in order of the objective, and the chosen headways.

    All choices of the set are Pareto-optimal in computed objective and waiting. `found` is the number of computed
    choices.
    """

    objective: Objective
    today: HeadwayChoice
    choices: tuple[HeadwayChoice, ...]
    chosen: "HeadwayPlan"
    found: int

    @property
    def rows(self) -> tuple[HeadwayChoice, ...]:
        """Today first, then the choices."""
        return (self.today, *self.choices)

    def why_few(self, scenario: Scenario) -> tuple[str, ...]:
        """A sentence with the reason of a small set; empty if the set is not small."""
        count = sum(choice.number is not None for choice in self.choices)
        if count >= PARETO_PLANS:
            return ()
        words = {"energy": "energy", "cost": "cost", "co2": "CO2"}[self.objective]
        beaten = self.found - count
        return (
            f"The set has only {count} choices of headways: between the least {words} and {DEAREST_SHARE:g} times "
            f"today's, the search finds {self.found} that keep the rules (a fleet of {scenario.trainsets} trains, "
            "turnbacks, tracks, load limit, longest headway)"
            + (
                f"; for {beaten} of them, another choice is at least as good in {words} and waiting." if beaten else "."
            ),
        )
