"""The colours of the pages: contrast of texts and borders after WCAG 2.1, light and dark."""

import re
from pathlib import Path

import pytest

import api

TOKENS = Path(api.__file__).parent / "pages" / "tokens.css"
SIGNS = ("plan", "actual", "advice", "late", "early", "stale", "limit", "used", "burnt")
PAIRS = [
    *((text, "ground", 4.5) for text in ("ink", "quiet", "accent", "accent-strong", "bad")),
    *((text, "wash", 4.5) for text in ("ink", "quiet", "accent", "accent-strong", "bad")),
    *((sign, ground, 4.5) for sign in SIGNS for ground in ("ground", "wash")),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    ("edge", "ground", 3.0),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1) of #rrggbb."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.1) of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_and_borders_have_the_contrast_of_wcag(scheme: int) -> None:
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", TOKENS.read_text(encoding="utf-8"))
    colours = {name: pair[scheme] for name, *pair in found}
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    found_pairs = [(a, b, contrast(colours[a], colours[b]), least) for a, b, least in PAIRS]
    assert [pair for pair in found_pairs if pair[2] < pair[3]] == []


@pytest.mark.parametrize("name", ["page.css", "control_room.css", "engineer.css"])
def test_no_colour_stands_outside_the_tokens(name: str) -> None:
    declarations = re.findall(r"\{([^{}]*)\}", (TOKENS.parent / name).read_text(encoding="utf-8"))
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", "".join(declarations)) == []
