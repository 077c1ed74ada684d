"""The tables of a plan as CSV files in a folder."""

from pathlib import Path

from api.clock import clock_text
from api.export.tables import Column, PlanTable, Value
from api.plan_files.csv_table import decimal, write_table


def write_csv_files(tables: tuple[PlanTable, ...], folder: Path) -> tuple[Path, ...]:
    """Write one file per table into a folder, which is created if necessary; files with the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table in tables:
        file = folder / f"{table.name}.csv"
        rows = ([_cell(column, value) for column, value in zip(table.columns, row, strict=True)] for row in table.rows)
        write_table(file, [column.name for column in table.columns], rows)
        files.append(file)
    return tuple(files)


def _cell(column: Column, value: Value) -> object:
    if value is None:
        return ""
    if column.kind == "clock":
        return clock_text(float(value))
    return decimal(float(value), 6) if column.kind == "number" else value
