"""The layout of a text file of telemetry: encoding, separator, decimal mark and header, from its first megabyte."""

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass

from energy_models.faults import Fault
from energy_models.tables.encoding import UTF_8, Decoded, decoded
from energy_models.tables.separated_text import SEPARATORS, Record, decimal_mark, records_of, separated
from energy_models.telemetry.mapping.values import FileForm

HEAD_BYTES = 1 << 20
_SAMPLE_ROWS = 2_000
_CODECS = {"UTF-8": "utf-8", "UTF-16": "utf-16", "UTF-32": "utf-32", "GB18030": "gb18030", "Windows-1252": "cp1252"}


@dataclass(frozen=True)
class TextLayout:
    """How a text file is read.

    Attributes:
        codec: Python codec of the bytes, "utf-8" where no conversion is needed.
        encoding: Name of the encoding for people.
        separator: One character between cells.
        decimal: "." or ",".
        header: Names of the columns, stripped.
        lines_before: Lines up to the first row, header included.
        sample: Cells of the first rows.
    """

    codec: str
    encoding: str
    separator: str
    decimal: str
    header: tuple[str, ...]
    lines_before: int
    sample: tuple[tuple[str, ...], ...]


def text_layout(head: bytes, name: str, form: FileForm, faults: list[Fault], *, is_whole: bool) -> TextLayout | None:
    """The layout of a text file; None, with its faults, if the file is not a table.

    Args:
        head: The first `HEAD_BYTES` of the file.
        name: The file, as faults name it.
        form: What the mapping states.
        faults: The list of faults that grows.
        is_whole: Whether `head` is the whole file.
    """
    whole = head if is_whole else _whole_lines(head)
    if (form.encoding or "").lower().replace("-", "") == "utf8":
        # The user has named it, so that bytes that are no UTF-8 are broken rows and no other encoding.
        found: Decoded | None = Decoded(whole.decode("utf-8-sig", "replace"), UTF_8)
    else:
        remedy = "name it in the mapping; with utf-8, only rows with broken bytes go to the quarantine"
        found = decoded(whole, name, faults, form.encoding, remedy)
    if found is None:
        return None
    text = found.text
    lines = text.split("\n")
    skipped = form.header_line - 1
    if text[:4].lower() == "sep=" and skipped == 0:
        skipped = 1
    body = "\n".join(lines[skipped:])
    separator = form.separator or _separator(body, name, faults)
    if separator is None:
        return None
    try:
        records = []
        for record in records_of(body, separator, comments=False):
            records.append(record)
            if len(records) > _SAMPLE_ROWS:
                break
    except csv.Error as error:
        faults.append(Fault(name, "", "", str(error), "text with closed quotation marks"))
        return None
    if not records:
        faults.append(Fault(name, f"line {form.header_line}", "", "nothing", "a header line and rows"))
        return None
    header = tuple(cell.strip().lstrip("\ufeff") for cell in records[0][1])
    repeated = sorted({cell for cell in header if cell and header.count(cell) > 1})
    before = skipped + records[0][0] + int(form.units_line)
    rows = records[1 + int(form.units_line) :]
    decimal = form.decimal or _decimal(rows, separator, name, faults)
    if decimal is None:
        return None
    faults.extend(Fault(name, "header", one, "several columns of this name", "each name once") for one in repeated)
    codec = _CODECS.get(found.encoding, found.encoding)
    if head.startswith(codecs.BOM_UTF8):
        codec = "utf-8-sig"
    elif codec == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    sample = tuple(tuple(cells) for _, cells in rows)
    return TextLayout(codec, found.encoding, separator, decimal, header, before, sample)


def _decimal(rows: Sequence[Record], separator: str, name: str, faults: list[Fault]) -> str | None:
    mark = decimal_mark(rows, separator)
    if mark == "unclear":
        allowed = "state the decimal mark in the mapping: file: {decimal: ','} or {decimal: '.'}"
        faults.append(Fault(name, "", "decimal", "numbers with a comma that can be decimal or thousands", allowed))
        return None
    return "," if mark == "comma" else "."


def _separator(body: str, name: str, faults: list[Fault]) -> str | None:
    try:
        # A piece is enough, and a row of numbers with decimal commas must not decide.
        found = separated("\n".join(body.split("\n")[:60]))
    except csv.Error as error:
        faults.append(Fault(name, "", "", str(error), "text with closed quotation marks"))
        return None
    first = found.records[0][1] if found.records else []
    if len(first) < 2:
        # The header decides where rows are of different widths.
        header = body.split("\n", 1)[0]
        return max(SEPARATORS, key=header.count)
    return found.separator


def _whole_lines(head: bytes) -> bytes:
    """The head up to its last whole line, so that no character is cut."""
    cut = head.rfind(b"\n")
    if cut < 0:
        return head
    if head.startswith(codecs.BOM_UTF16_LE) or head.startswith(codecs.BOM_UTF16_BE) or b"\0" in head[:64]:
        even = cut + 1 + (cut + 1) % 2
        return head[:even]
    return head[: cut + 1]
