"""Reads one sheet of an XLSX workbook, which is a ZIP archive, as rows of text, after checks that unpack nothing.

Times become HH:MM:SS, durations beyond a day HH:MM:SS above 24:00, dates YYYY-MM-DD, and numbers their shortest text.
"""

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from energy_models.faults import Fault
from energy_models.tables.archive import archive_fault, directory_fault

MOST_ENTRIES = 2_000
MOST_UNPACKED_BYTES = 100_000_000
"""Limits of a workbook: number of files in the archive, and their unpacked size. The size is the one in the directory
of the archive; zipfile stops at this size."""
LARGEST_EXPANSION = 100
"""Largest factor from packed to unpacked size; sheets are usually 5 to 30 times as large as packed."""
MOST_CELLS = 3_000_000

ARCHIVE = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not empty, with their numbers, its name, and the names of the other sheets."""

    records: tuple[tuple[int, list[str]], ...]
    name: str
    others: tuple[str, ...]


def sheet_of(content: bytes, name: str, wanted: str | None, faults: list[Fault]) -> Sheet | None:
    """The first sheet of a workbook, or the sheet named `wanted`; None, with its faults, if it cannot be read.

    A formula without a stored result is a fault, because its value is not in the file.
    """
    try:
        stream = io.BytesIO(content)
        if fault := directory_fault(stream, name, MOST_ENTRIES):
            faults.append(fault)
            return None
        with zipfile.ZipFile(stream) as archive:
            fault = archive_fault(
                archive, name, entries=MOST_ENTRIES, unpacked=MOST_UNPACKED_BYTES, expansion=LARGEST_EXPANSION
            ) or _form_fault(archive, name)
            if fault is not None:
                faults.append(fault)
                return None
            has_formulas = any(
                _holds(archive, member, rb"<f[ >/]")
                for member in archive.namelist()
                if member.startswith("xl/worksheets/")
            )
        return _read(content, name, wanted, has_formulas, faults)
    except Exception as error:  # openpyxl raises exceptions of any kind for damaged workbooks
        words = " ".join(str(error).split())[:120] or type(error).__name__
        faults.append(Fault(name, "", "", words, "an undamaged XLSX workbook without a password"))
        return None


def cell_text(value: object) -> str:
    """The text of a cell value."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return _time_text(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _time_text(value: datetime.date | datetime.time | datetime.timedelta) -> str:
    if isinstance(value, datetime.timedelta):
        return _clock(value.total_seconds())
    if isinstance(value, datetime.time):
        return _clock(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    if isinstance(value, datetime.datetime):
        # A time without a date that passes midnight: Excel's day 1, which openpyxl gives as 1900-01-01.
        if value.year < 1901:
            return _clock((value - datetime.datetime(1899, 12, 31)).total_seconds())
        rounded = value + datetime.timedelta(microseconds=500_000)
        return rounded.strftime("%Y-%m-%d %H:%M:%S" if rounded.time().replace(microsecond=0) else "%Y-%m-%d")
    return value.isoformat()


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _form_fault(archive: zipfile.ZipFile, name: str) -> Fault | None:
    if "[Content_Types].xml" not in archive.namelist() or not any(
        member.startswith("xl/") for member in archive.namelist()
    ):
        return Fault(name, "", "", "a ZIP archive", "a CSV table or an XLSX workbook")
    for member in archive.namelist():
        # Definitions of entities can make a small XML file expand without limit; no workbook needs them.
        if member.endswith((".xml", ".rels")) and _holds(archive, member, rb"<!\0?[DE]\0?[ON]\0?[CT]", first=65_536):
            return Fault(name, "", member, "a document type", "a workbook without document types and entities")
    return None


def _holds(archive: zipfile.ZipFile, member: str, pattern: bytes, first: int | None = None) -> bool:
    """Whether a file of an archive holds a pattern; `first` bytes of it are looked at, by default all."""
    with archive.open(member) as file:
        if first is not None:
            return re.search(pattern, file.read(first)) is not None
        last = b""
        while block := file.read(1 << 20):
            if re.search(pattern, last + block):
                return True
            last = block[-8:]
    return False


def _read(content: bytes, name: str, wanted: str | None, has_formulas: bool, faults: list[Fault]) -> Sheet | None:
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to import, and rarely needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        titles = [sheet.title for sheet in book.worksheets]
        if wanted is None:
            found = titles[0] if titles else None
        else:
            found = next((title for title in titles if title.strip().casefold() == wanted.strip().casefold()), None)
        if found is None:
            faults.append(Fault(name, "", "sheet", wanted or "none", "one of the sheets " + ", ".join(titles)))
            return None
        records = list(_rows(book, found, name, faults))
        if has_formulas:
            # The second reading gives the text of formulas, the first their stored results.
            formulas = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
            records = list(_with_results(records, list(_rows(formulas, found, name, [])), name, faults))
    if faults:
        return None
    return Sheet(tuple(records), found, tuple(title for title in titles if title != found))


def _rows(book: object, title: str, name: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    sheet = book[title]  # type: ignore[index]
    # The size that the sheet states may be that of the whole grid of Excel: 17 thousand million cells.
    sheet.reset_dimensions()
    cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells += len(row) + 1
        if cells > MOST_CELLS:
            faults.append(Fault(name, f"row {number}", "", "too many cells", f"at most {MOST_CELLS:,} cells"))
            return
        if any(value is not None for value in row):
            yield number, [cell_text(value) for value in row]


def _with_results(
    results: list[tuple[int, list[str]]], formulas: list[tuple[int, list[str]]], name: str, faults: list[Fault]
) -> Iterator[tuple[int, list[str]]]:
    by_number = dict(results)
    for number, cells in formulas:
        found = by_number.get(number, [])
        for place, text in enumerate(cells):
            if text.startswith("=") and not (found[place] if place < len(found) else ""):
                column = column_letters(place)
                allowed = "a formula with a stored result: save the workbook once in a spreadsheet program"
                faults.append(Fault(name, f"row {number}", f"column {column}", text[:60], allowed))
        if found:
            yield number, found


def column_letters(place: int) -> str:
    """The letters of a column as a spreadsheet shows them, from its place: 0 is A, 26 is AA."""
    letters, rest = "", place + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters
