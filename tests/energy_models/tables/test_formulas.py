"""Texts that a spreadsheet program would run as formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.tables.formulas import read_cell, without_formula

FORMULAS = ('=HYPERLINK("http://evil.example","x")', "+1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''@x")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert without_formula(text) == f"'{text}"
    assert read_cell(without_formula(text)) == text


@pytest.mark.parametrize(
    "text", ["", "5", "-5", "+5.25", "-1e-3", "Alexanderplatz", "up-010", "O'Hare", "'t Harde", "'"]
)
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert without_formula(text) == text
    assert read_cell(text) == text


@given(st.text(st.sampled_from("'=+-@\t\r1.eA "), max_size=8))
def test_every_text_is_read_back(text: str) -> None:
    assert read_cell(without_formula(text)) == text
