"""Texts in CSV tables that a spreadsheet program would run as formulas: written with an apostrophe, read without it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def without_formula(text: str) -> str:
    """The text as a cell that no spreadsheet program runs: an apostrophe before =, +, -, @, tab and carriage return.

    Numbers stay as they are. `read_cell` is the inverse.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def read_cell(cell: str) -> str:
    """The text of a cell that `without_formula` wrote; every other cell stays as it is."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell, 1) and not _NUMBER.fullmatch(cell, 1) else cell


def frame_without_formulas(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with every text as `without_formula` writes it; `read_frame` is the inverse."""
    return _with_texts(frame, without_formula)


def read_frame(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with every text as `read_cell` reads it."""
    return _with_texts(frame, read_cell)


def _with_texts(frame: "pd.DataFrame", change: Callable[[str], str]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - most callers have single cells and import no pandas

    def cell(value: object) -> object:
        return change(value) if isinstance(value, str) else value

    names = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{name: frame[name].map(cell) for name in names}).rename(columns=cell)
