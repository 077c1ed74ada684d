"""The columns of a telemetry file, for the writer, the reader and the documentation."""

from dataclasses import dataclass
from typing import Literal

State = Literal["stand", "traction", "coast", "brake"]
STATES: tuple[State, ...] = ("stand", "traction", "coast", "brake")


@dataclass(frozen=True)
class Column:
    """One column: its name with the unit as suffix, its meaning, and its plausible values.

    `lowest` and `highest` are limits of numbers; `choices` lists the allowed words (empty: every text).
    """

    name: str
    meaning: str
    numeric: bool
    lowest: float = 0.0
    highest: float = 0.0
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values of the column as a phrase."""
        if self.numeric:
            return f"a number from {self.lowest:g} to {self.highest:g}"
        return " or ".join(self.choices) if self.choices else "text that is not blank"


COLUMNS: tuple[Column, ...] = (
    Column("time_s", "seconds from midnight of the service day, may exceed 86400", True, 0.0, 172_800.0),
    Column("vehicle", "identifier of the trainset", False),
    Column("trip", "current trip; at a terminal the next trip", False),
    Column("direction", "up (increasing chainage) or down", False, choices=("up", "down")),
    Column("section", "index of the section in order of travel, from 0; at a station the next section",
           True, 0.0, 10_000.0),
    Column("chainage_m", "position on the line from the odometer, reset at stations", True, -1e5, 1e6),
    Column("speed_m_s", "speed at the end of the second", True, 0.0, 60.0),
    Column("state", "state of the drive at the end of the second", False, choices=STATES),
    Column("friction_brake", "1 while there is pressure in the brake cylinders of a moving train", True, 0.0, 1.0),
    Column("doors_open", "1 while the passenger doors are open", True, 0.0, 1.0),
    Column("voltage_v", "collector voltage, mean over the second", True, 0.0, 5_000.0),
    Column("current_a", "collector current with auxiliaries, mean over the second; negative for regeneration",
           True, -20_000.0, 20_000.0),
    Column("load_kg", "payload from the air suspension", True, -20_000.0, 500_000.0),
    Column("outside_temperature_c", "outside temperature", True, -60.0, 70.0),
)  # fmt: skip

COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
