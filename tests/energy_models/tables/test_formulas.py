"""Texts that a spreadsheet program would run as formulas."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.tables.formulas import frame_without_formulas, read_cell, read_frame, without_formula

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


def test_a_frame_is_read_back_with_its_numbers_and_blanks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": ["=1+1", "A", None], "kwh": [-1.5, 2.0, float("nan")], "trip": ["-5", "@x", "+up"]})
    written = frame_without_formulas(frame)
    assert list(written.columns) == ["'=name", "kwh", "trip"]
    assert written["'=name"].tolist()[:2] == ["'=1+1", "A"]
    assert written["trip"].tolist() == ["-5", "'@x", "'+up"]
    written.to_csv(tmp_path / "x.csv", index=False)
    pd.testing.assert_frame_equal(read_frame(pd.read_csv(tmp_path / "x.csv", dtype={"trip": str})), frame)
