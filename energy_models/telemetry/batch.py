"""A batch: rows of one recorder in stored columns, ready for the door of the store, and the rows that are no rows."""

from dataclasses import dataclass
from enum import IntFlag

import pyarrow as pa


class Flag(IntFlag):
    """Why a stored row is not a plain row; the numbers are part of the store."""

    BLANK = 1
    """A mapped signal has no value."""
    OUT_OF_RANGE = 2
    """A value is outside the plausible range of its signal."""
    OUT_OF_ORDER = 4
    """The row came after a later row of the same vehicle."""
    REPEATED = 8
    """The batch contains the row more than once."""
    OTHER_VERSION = 16
    """There is another row of the same vehicle and instant with other values."""


FLAG_WORDS = {
    Flag.BLANK: "a value is blank",
    Flag.OUT_OF_RANGE: "a value is outside its plausible range",
    Flag.OUT_OF_ORDER: "the row came after a later row of the vehicle",
    Flag.REPEATED: "the batch contains the row more than once",
    Flag.OTHER_VERSION: "the vehicle has other values at the same instant",
}

VEHICLE, INSTANT, AVAILABLE, FLAGS, SOURCE = "vehicle", "instant_ms", "available_ms", "flags", "source"
BOOKKEEPING = (VEHICLE, INSTANT, AVAILABLE, FLAGS, SOURCE)
"""Columns of the store beside the signals: identity, time of arrival, flags, and the kind of recorder."""


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be stored: its number in the source from 1, the reason, and its original bytes."""

    row: int
    reason: str
    original: bytes


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of one recorder.

    Attributes:
        batch_id: Hash of the source bytes and of the mapping; the same bytes have the same identifier.
        line: Line of the store.
        rows: `vehicle` (text), `instant_ms` (Unix time), `source`, `flags`, and signals in their stored units.
        rejected: Rows that cannot be stored; with `rows` they are all rows of the source.
        source: Kind of recorder.
    """

    batch_id: str
    line: str
    rows: pa.Table
    rejected: tuple[Rejected, ...] = ()
    source: str = ""

    @property
    def rows_in(self) -> int:
        """Number of rows of the source."""
        return int(self.rows.num_rows) + len(self.rejected)
