"""Times of day in the forms of operators' tables."""

import re

import pytest

from scenarios.files.clock_text import is_clock, is_no_call, read_clock, scenario_clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6:05", 21_900), ("06:05", 21_900), ("06:05:30", 21_930), ("24:10", 87_000), ("48:00", 172_800),
        ("605", 21_900), ("0605", 21_900), ("2410", 87_000), ("000", 0),
        ("0.25", 21_600), (".5", 43_200), ("0.2534722222", 21_900), ("1.0069444444", 87_000),
        ("０６：０５", 21_900), ("６:05", 21_900), ("6h05", 21_900), ("6 h 05", 21_900), ("6时05分", 21_900),
        ("6時05分30秒", 21_930), ("6:05 am", 21_900), ("12:10 a.m.", 600), ("6:05 PM", 65_100),
        ("2026-03-04 06:05:00", 21_900), (" 6:05 ", 21_900),
    ],
)  # fmt: skip
def test_forms_of_times(text: str, seconds: int) -> None:
    assert read_clock(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "6", "65", "60500", "21600", "675", "6:5", "6:60", "48:01", "2.5", "-0.1", "13:00 pm", "6:05a", "noon"]
)  # fmt: skip
def test_other_texts_are_no_times(text: str) -> None:
    assert not is_clock(text)
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        read_clock(text)


@pytest.mark.parametrize("text", ["", "-", "--", "|", "...", "…", "レ", "ﾚ", "↓", "‖", "通過", "通过", "・・", " - "])
def test_marks_of_trains_that_do_not_stop(text: str) -> None:
    assert is_no_call(text)


def test_a_time_and_a_word_are_no_such_marks() -> None:
    assert not any(is_no_call(text) for text in ("6:05", "x", "Market", "0"))


@pytest.mark.parametrize(
    ("text", "found"),
    [("0.25", "06:00"), ("０６：０５", "06:05"), ("605", "605"), ("6h05", "6h05"), ("1.99", "47:45:36")],
)
def test_scenario_tables_keep_their_strict_clock_but_for_fractions(text: str, found: str) -> None:
    assert scenario_clock(text) == found
