"""The table `mileage.csv` of a fleet folder: the mileage of the vehicles, and the distance until their maintenance."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from energy_models.tables.rows import TableForm
from scenarios.files.csv_rows import parsed_rows, read_table_file
from scenarios.values.mileage import Mileage

FILE = "mileage.csv"


@dataclass(frozen=True)
class _Column:
    parse: Callable[[str], object]
    allowed: str


def _kilometres(text: str) -> float:
    value = float(text)
    if not (isfinite(value) and value >= 0.0):
        raise ValueError(text)
    return value


def _maybe(text: str) -> float | None:
    return _kilometres(text) if text else None


def _name(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


_COLUMNS = {
    "vehicle": _Column(_name, "the name of a vehicle"),
    "mileage_km": _Column(_kilometres, "a number of kilometres, not negative"),
    "maintenance_in_km": _Column(_maybe, "a number of kilometres, not negative, or empty"),
}


def read_mileage(path: Path) -> Mileage:
    """Read a table with the columns vehicle, mileage_km and, if it is known, maintenance_in_km.

    Raises `InputFaults` with every fault.
    """
    faults: list[Fault] = []
    required = ("vehicle", "mileage_km")
    table = read_table_file(
        path, path.name, "a CSV table of the vehicles", faults, required=required, known=tuple(_COLUMNS),
        form=TableForm(comments=True),
    )  # fmt: skip
    if table is None or table.missing:
        raise InputFaults(faults)
    done: dict[str, float] = {}
    left: dict[str, float] = {}
    for values in parsed_rows(table, path.name, _COLUMNS, faults):
        if any(name not in values for name in required):
            continue
        vehicle = str(values["vehicle"])
        if vehicle in done:
            faults.append(Fault(path.name, f"row {values['row']}", "vehicle", vehicle, "each vehicle once"))
        done[vehicle] = float(values["mileage_km"])
        if values.get("maintenance_in_km") is not None:
            left[vehicle] = float(values["maintenance_in_km"])
    if faults:
        raise InputFaults(faults)
    return Mileage(done, left)
