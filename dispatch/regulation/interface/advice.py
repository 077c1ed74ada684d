"""Advice of a regulator for one train."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["own control", "schedule", "even gaps", "recovery", "energy", "state unknown"]
"""`state unknown`: the regulator knows too little about the other trains, and follows the schedule only."""


@dataclass(frozen=True)
class Advice:
    """When a train shall leave its station, and the running time of the next section.

    `departs_s` up to the present time means at once. `saves_kwh` is the energy at the substations that the advice saves
    against a departure at once with the running time of the train's own control, `later_s` the time by which the train
    arrives later than without advice. The advice is void after `expires_s`. A train that is held asks again at
    `review_s` (None: never), because the other trains may have changed by then. `confidence` (0 to 1) is the share of
    the trains on the line whose state is known. `is_change` is False if the train does the same without advice.
    """

    trip_id: str
    stop: int
    departs_s: float
    running_time_s: int
    reason: Reason
    saves_kwh: float = 0.0
    later_s: float = 0.0
    expires_s: float = float("inf")
    review_s: float | None = None
    confidence: float = 1.0
    is_change: bool = True
