"""Whether a simulation reached the requested interval width, as a sentence and as JSON."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reached:
    """Reached and requested interval width, in percent of the day's energy or in percentage points of the saving."""

    requested_percent: float | None
    width_percent: float
    is_saving: bool
    count: int

    def as_json(self) -> dict[str, Any]:
        """The same names as in `headwatt judge`, and the quantity of the interval."""
        requested = self.requested_percent
        return {
            "of": "saving, percentage points" if self.is_saving else "energy, percent of its mean",
            "asked": requested,
            "reached": round(self.width_percent, 6),
            "is_reached": requested is None or self.width_percent <= requested,
        }

    def sentence(self) -> str:
        """Whether the requested interval width was reached."""
        unit = "percentage points" if self.is_saving else "% of the mean"
        wide = f"The interval is {self.width_percent:.3f} {unit} wide from end to end"
        assert self.requested_percent is not None
        if self.width_percent <= self.requested_percent:
            return f"{wide}; requested: {self.requested_percent:g}; {self.count} days."
        return f"{wide}; the requested {self.requested_percent:g} needs more than {self.count} days (--most)."
