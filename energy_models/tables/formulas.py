"""Texts in CSV tables that a spreadsheet program would run as formulas: written with an apostrophe, read without it."""

import re

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
