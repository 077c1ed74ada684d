"""The first rows of a file, as text and as numbers, for the proposal of a mapping."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from energy_models.tables.separated_text import WORDS
from energy_models.telemetry.mapping.values import FileForm
from energy_models.telemetry.recordings.files import MOST_BYTES_AT_ONCE, PARQUET, opened_plain
from energy_models.telemetry.recordings.gtfs_realtime import is_feed_message, vehicle_position_rows
from energy_models.telemetry.recordings.raw_rows import BLANKS
from energy_models.telemetry.recordings.text_layout import HEAD_BYTES, TextLayout, text_layout
from energy_models.telemetry.recordings.text_rows import text_rows

SAMPLE_ROWS = 40_000
"""Rows of a sample: eleven hours of one vehicle at 1 Hz."""
_LINES_BEFORE_HEADER = 40


@dataclass(frozen=True, eq=False)
class Sample:
    """The first rows of a file.

    Attributes:
        file: Name of the file.
        columns: The columns; text as text (`""` where blank), numbers and times with their types.
        form: What the mapping should state about the file's text.
        notes: What was detected, in words.
        decimal: Decimal mark of numbers in text.
    """

    file: str
    columns: "dict[str, pd.Series]"
    form: FileForm
    notes: tuple[str, ...]
    decimal: str

    def numbers(self, name: str) -> FloatArray:
        """A column as numbers; NaN where it has none."""
        column = self.columns[name]
        if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            return np.asarray(column, dtype=np.float64)
        text = column.astype(str).str.strip()
        if self.decimal == ",":
            text = text.str.replace(",", ".", regex=False)
        return np.asarray(pd.to_numeric(text, errors="coerce"), dtype=np.float64)


def sample_of(path: Path) -> Sample:
    """The sample of a CSV or Parquet file, gzip included, or of a GTFS-Realtime message. Raises InputFaults."""
    with opened_plain(path) as stream:
        if stream.read(4) == PARQUET:
            stream.seek(0)
            return _of_parquet(stream, path.name)
        stream.seek(0)
        head = stream.read(HEAD_BYTES)
        if is_feed_message(head[:4]):
            return _of_feed_message(head + stream.read(MOST_BYTES_AT_ONCE), path.name)
        faults: list[Fault] = []
        form = FileForm(header_line=_header_line(head))
        layout = text_layout(head, path.name, form, faults, is_whole=len(head) < HEAD_BYTES)
        if layout is None:
            raise InputFaults(faults)
        if _is_units_line(layout):
            form = FileForm(header_line=form.header_line, units_line=True)
            layout = text_layout(head, path.name, form, faults, is_whole=len(head) < HEAD_BYTES) or layout
        stream.seek(0)
        names = [name for name in layout.header if name]
        raw = next(text_rows(stream, layout, path.name, dict.fromkeys(names, pa.string())), None)
    if raw is None or raw.table.num_rows == 0:
        raise InputFaults([Fault(path.name, "", "", "no rows", "a header and rows of telemetry")])
    table = raw.table.slice(0, SAMPLE_ROWS)
    columns = {name: table.column(name).to_pandas().fillna("").astype(str) for name in names}
    notes = [f"text in {layout.encoding}", f"cells separated by {WORDS.get(layout.separator, repr(layout.separator))}"]
    if layout.decimal == ",":
        notes.append("decimal comma")
    stated = FileForm(layout.separator, layout.decimal, None, form.header_line, form.units_line)
    return Sample(path.name, columns, stated, tuple(notes), layout.decimal)


def _of_parquet(stream: "object", name: str) -> Sample:
    try:
        file = pq.ParquetFile(stream)
        batch = next(file.iter_batches(SAMPLE_ROWS), None)
    except (pa.ArrowException, OSError) as error:
        raise InputFaults([Fault(name, "", "", str(error)[:200], "a whole Parquet file")]) from None
    if batch is None or batch.num_rows == 0:
        raise InputFaults([Fault(name, "", "", "no rows", "rows of telemetry")])
    frame = pa.Table.from_batches([batch]).to_pandas()
    columns = {}
    for column in frame.columns:
        series = frame[column]
        numeric = pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series)
        columns[str(column)] = series if numeric else series.astype(object).where(series.notna(), "").astype(str)
    return Sample(name, columns, FileForm(), ("Parquet",), ".")


def _of_feed_message(content: bytes, name: str) -> Sample:
    table = vehicle_position_rows(content, name).table.slice(0, SAMPLE_ROWS)
    columns = {
        column: series if pd.api.types.is_numeric_dtype(series) else series.fillna("").astype(str)
        for column in table.column_names
        if table.column(column).null_count < table.num_rows
        for series in [table.column(column).to_pandas()]
    }
    return Sample(name, columns, FileForm(), ("GTFS-Realtime vehicle positions",), ".")


def _header_line(head: bytes) -> int:
    """The line of the header: the first one with as many cells as most lines have. Recorders write facts before it."""
    text = head[:65_536].decode("utf-8", "replace")
    lines = text.split("\n")[:200]
    best_line, best_width = 1, 0
    for separator in (",", ";", "\t", "|"):
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        except csv.Error:
            continue
        usual = int(np.median([width for width in widths if width > 0])) if any(widths) else 0
        if usual > best_width:
            first = next((at for at, width in enumerate(widths) if width == usual), 0)
            if first < _LINES_BEFORE_HEADER:
                best_line, best_width = first + 1, usual
    return best_line


def _is_units_line(layout: TextLayout) -> bool:
    """Whether the row below the header has units: no number and no blank-only row, while later rows have numbers."""
    if len(layout.sample) < 2:
        return False
    first, later = layout.sample[0], layout.sample[1]

    def has_number(cell: str) -> bool:
        return any(character.isdigit() for character in cell)

    return (
        not any(has_number(cell.replace("m/s2", "").replace("m/s²", "")) for cell in first)
        and any(cell.strip() not in BLANKS for cell in first)
        and sum(map(has_number, later)) >= max(1, len(later) // 3)
    )
