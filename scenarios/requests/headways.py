"""Wished headways: a table of periods with the headways that a planner wants, such as the headways.csv of a plan."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from pydantic_core import PydanticCustomError

from energy_models.faults import Fault, InputFaults
from energy_models.tables.rows import TableForm
from scenarios.files.clock_text import scenario_clock
from scenarios.files.csv_rows import CsvTable, csv_table, parsed_rows, read_table_file, shortened
from scenarios.schema.base import DIRECTIONS, Applies, Direction, clock_to_seconds, seconds_to_clock

SHORTEST_HEADWAY_S, LONGEST_HEADWAY_S = 30, 7_200
REQUIRED = ("from", "to", "headway_s")
FILE = "headways"


@dataclass(frozen=True)
class WishedHeadway:
    """The headway of one direction, or of both, for departures from the terminal at `from_s` or later, before `to_s`.

    `row` is the row of the table.
    """

    direction: Applies
    from_s: int
    to_s: int
    headway_s: float
    row: int = 0

    def holds(self, direction: Direction, time_s: float) -> bool:
        """Whether a departure of a direction has this headway to the next one."""
        return self.direction in (direction, "both") and self.from_s <= time_s < self.to_s

    @property
    def words(self) -> str:
        """The wish in words: "up 07:00 to 09:00 every 360 s"."""
        span = f"{seconds_to_clock(self.from_s)} to {seconds_to_clock(self.to_s)}"
        return f"{self.direction} {span} every {self.headway_s:g} s"


@dataclass(frozen=True)
class _Column:
    parse: Callable[[str], Any]
    allowed: str


def _clock(text: str) -> int:
    try:
        return clock_to_seconds(scenario_clock(text))
    except PydanticCustomError as error:
        raise ValueError(text) from error


def _headway(text: str) -> float:
    value = float(text)
    if not SHORTEST_HEADWAY_S <= value <= LONGEST_HEADWAY_S:
        raise ValueError(text)
    return value


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return parse


_COLUMNS: dict[str, _Column] = {
    "direction": _Column(_one_of("", "up", "down", "both"), "up, down, both, or empty for both"),
    "from": _Column(_clock, 'a time of day such as "07:00"'),
    "to": _Column(_clock, 'a time of day such as "09:00"'),
    "headway_s": _Column(_headway, f"a number of seconds from {SHORTEST_HEADWAY_S} to {LONGEST_HEADWAY_S}"),
    "trips": _Column(str, "anything; the number of trips follows from the headway"),
    "patterns": _Column(str, "anything; the patterns follow from the timetable"),
    "from_station": _Column(_one_of(""), "empty: headways are those of trips over the whole line; remove this row"),
    "to_station": _Column(_one_of(""), "empty: headways are those of trips over the whole line; remove this row"),
}


def read_headways(path: Path, notes: list[str] | None = None) -> tuple[WishedHeadway, ...]:
    """Read a table with the columns from, to, headway_s and, if the directions differ, direction.

    The headways.csv of a plan has this form. `notes` receives how the table was read, if that is not
    the default. Raises InputFaults with every fault.
    """
    faults: list[Fault] = []
    form = TableForm(comments=True)
    known = tuple(_COLUMNS)
    wanted = "a CSV table of headways"
    table = read_table_file(path, path.name, wanted, faults, required=REQUIRED, known=known, form=form)
    if table is None:
        raise InputFaults(faults)
    if notes is not None:
        notes += (f"{path.name}: {note}" for note in table.notes)
    return _headways(table, path.name, faults)


def headways_of(text: str, name: str = FILE) -> tuple[WishedHeadway, ...]:
    """Wished headways from the text of a table. Raises InputFaults with every fault."""
    faults: list[Fault] = []
    table = csv_table(text, name, faults, required=REQUIRED, known=tuple(_COLUMNS), comments=True)
    return _headways(table, name, faults)


def _headways(table: CsvTable, name: str, faults: list[Fault]) -> tuple[WishedHeadway, ...]:
    if table.missing:
        raise InputFaults(faults)
    rows = [
        WishedHeadway(
            cast(Applies, values.get("direction") or "both"),
            values["from"],
            values["to"],
            values["headway_s"],
            values["row"],
        )
        for values in parsed_rows(table, name, _COLUMNS, faults)
        if all(column in values for column in REQUIRED)
    ]
    if not rows and not faults:
        faults.append(Fault(name, "", "", "no rows", "one row for each period with a wished headway"))
    faults += _contradictions(rows, name)
    if faults:
        raise InputFaults(shortened(faults))
    return tuple(rows)


def _contradictions(rows: Sequence[WishedHeadway], name: str) -> list[Fault]:
    faults = [
        Fault(name, f"row {row.row}", "to", seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}")
        for row in rows
        if row.to_s <= row.from_s or not math.isfinite(row.headway_s)
    ]
    found: set[int] = set()
    for direction in DIRECTIONS:
        of = sorted((row for row in rows if row.direction in (direction, "both")), key=lambda row: row.from_s)
        for before, row in pairwise(of):
            if row.from_s < before.to_s and row.row not in found:
                found.add(row.row)
                allowed = f"not before {seconds_to_clock(before.to_s)}: the period of row {before.row} overlaps"
                faults.append(Fault(name, f"row {row.row}", "from", seconds_to_clock(row.from_s), allowed))
    return faults
