"""The tables of a plan as an XLSX workbook, one sheet per table, with times of day as spreadsheet times."""

from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from api.export.tables import Column, PlanTable, Value

SECONDS_PER_DAY = 86_400
FORMATS = {"clock": "[hh]:mm:ss", "number": "0.###", "whole": "0", "text": "@"}
"""Format with hours beyond 24, because a service day passes midnight."""
WIDEST = 60


def write_workbook(tables: tuple[PlanTable, ...], file: Path, title: str) -> None:
    """Write the workbook; an existing file is replaced."""
    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "Headwatt"
    for table in tables:
        sheet = book.create_sheet(table.name)
        sheet.freeze_panes = "A2"
        for position in range(len(table.columns)):
            sheet.column_dimensions[get_column_letter(position + 1)].width = _width(table, position)
        last = get_column_letter(len(table.columns))
        sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
        header = []
        for column in table.columns:
            cell = WriteOnlyCell(sheet, value=column.name)
            cell.font = Font(bold=True)
            header.append(cell)
        sheet.append(header)
        for row in table.rows:
            cells = []
            for column, value in zip(table.columns, row, strict=True):
                cell = WriteOnlyCell(sheet, value=_value(column, value))
                cell.number_format = FORMATS[column.kind]
                if column.kind == "text" and value is not None:
                    # Text that begins with = is a name here, not a formula.
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    file.parent.mkdir(parents=True, exist_ok=True)
    book.save(file)


def _value(column: Column, value: Value) -> Value:
    if column.kind == "clock" and value is not None:
        return float(value) / SECONDS_PER_DAY
    return value


def _width(table: PlanTable, position: int) -> float:
    shown = [
        8 if table.columns[position].kind == "clock" else len(str(row[position] or "")) for row in table.rows[:200]
    ]
    return float(min(max([len(table.columns[position].name) + 3, *shown]) + 1, WIDEST))
