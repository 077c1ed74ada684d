"""Rows as they stand in a source, with their original bytes."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from energy_models.telemetry.batch import Rejected

BLANKS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-", "--", "#N/A")
"""Texts of a cell without a value."""


@dataclass(frozen=True, eq=False)
class RawRows:
    """A piece of a source: its mapped columns, as text or with types.

    Attributes:
        table: The columns that the mapping reads.
        original: The bytes of a row of the table.
        number: The number of a row of the table in the source, from 1.
        rejected: Rows that do not have the form of the source.
        digest: Hash of the bytes of the piece.
        decimal: Decimal mark of numbers that are text.
    """

    table: pa.Table
    original: Callable[[int], bytes]
    number: Callable[[int], int]
    rejected: tuple[Rejected, ...]
    digest: str
    decimal: str = "."
