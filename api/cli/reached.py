"""Whether the interval that a simulation was asked for is reached, in words and for programs."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reached:
    """How wide the interval is beside what was asked, percent of the day's energy or percentage points of saving."""

    asked_percent: float | None
    width_percent: float
    is_saving: bool
    count: int

    def as_json(self) -> dict[str, Any]:
        """The same names as `headwatt judge` uses, with what the interval is of."""
        asked = self.asked_percent
        return {
            "of": "saving, percentage points" if self.is_saving else "energy, percent of its mean",
            "asked": asked,
            "reached": round(self.width_percent, 6),
            "is_reached": asked is None or self.width_percent <= asked,
        }

    def sentence(self) -> str:
        """Whether the interval that was asked for was reached."""
        unit = "percentage points" if self.is_saving else "% of the mean"
        wide = f"The interval is {self.width_percent:.3f} {unit} wide from end to end"
        assert self.asked_percent is not None
        if self.width_percent <= self.asked_percent:
            return f"{wide}; {self.asked_percent:g} was asked: {self.count} days."
        return (
            f"{wide} and not the {self.asked_percent:g} that was asked: more than {self.count} days would be needed "
            "(--most)."
        )
