"""A finding about the telemetry of a vehicle on a day."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "stuck", "drift", "step", "wheel_change", "unit", "doubled_block", "clock_offset", "clock_step", "clock_drift",
    "out_of_order", "vehicle_swapped", "position_jump",
]  # fmt: skip

WORDS: dict[Kind, str] = {
    "stuck": "signal does not change while the train moves",
    "drift": "scale of a signal drifts",
    "step": "scale of a signal has a step",
    "wheel_change": "scale of the speed has a step: wheels were changed or turned",
    "unit": "signal is in another unit",
    "doubled_block": "a block of rows occurs twice",
    "clock_offset": "clock differs from the clocks of the fleet",
    "clock_step": "clock was set while the train moved",
    "clock_drift": "clock runs fast or slow",
    "out_of_order": "rows came in the wrong order",
    "vehicle_swapped": "the rows are probably those of another vehicle",
    "position_jump": "position jumps while the train moves",
}


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        kind: What is wrong.
        vehicle: The vehicle.
        day: Service day on which it begins or occurs.
        signal: The signal, or the empty text for the clock and the order of rows.
        since_ms: Instant from which it holds.
        amount: Its size in `unit`.
        unit: Unit of the size.
        detail: The evidence, as a phrase.
    """

    kind: Kind
    vehicle: str
    day: str
    signal: str
    since_ms: int
    amount: float
    unit: str
    detail: str = ""

    def __str__(self) -> str:
        """One line for the user."""
        subject = f"{self.signal}: " if self.signal else ""
        more = f" ({self.detail})" if self.detail else ""
        return f"{subject}{WORDS[self.kind]}, {self.amount:.4g} {self.unit}{more}"
