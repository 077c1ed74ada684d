"""Times of day in the forms of operators' tables; the files of a scenario allow HH:MM and HH:MM:SS only.

| form | example | meaning |
| --- | --- | --- |
| hours and minutes, also with seconds | `6:05`, `06:05:30`, `24:10` | 06:05:00, 06:05:30, 00:10:00 of the next day |
| three or four digits | `605`, `0605` | 06:05:00 |
| fraction of a day, as Excel stores it | `0.25` | 06:00:00 |
| with the words of some languages | `6h05`, `6时05分`, `6:05 am` | 06:05:00 |
| with a date, as in a cell of a workbook | `2026-03-04 06:05:00` | 06:05:00 |

Digits, colons and letters may be full-width.
"""

import re
import unicodedata

from scenarios.schema.base import LATEST_CLOCK_S, seconds_to_clock

CLOCK_ALLOWED = (
    'a time of day such as "05:20", "0520" or "24:10:30", up to "48:00", or a fraction of a day such as 0.25'
)
HALF_DAY_S = 43_200
DAY_S = 86_400

_COLONS = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?")
_WORDS = re.compile(r"(\d{1,2})\s*[h时時点點]\s*([0-5]\d)\s*(?:[分m](?:in)?)?(?:\s*([0-5]\d)\s*[秒s])?")
_HALVES = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\s*([ap])\.?m\.?")
_DIGITS = re.compile(r"(\d{1,2})([0-5]\d)")
_FRACTION = re.compile(r"[01]?\.\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[ t]")

NO_CALL = frozenset(
    ("", "-", "--", "---", "–", "—", "―", "−", "ー", "|", "||", "¦", "│", "┃", "∥", "‖", "║", ".", "..", "...", "....",
     "…", "‥", "・", "・・", "・・・", "··", "···", "·", "レ", "↓", "⇩", "⇣", "↑", "→", "=", "/", "//", "通過",
     "通过", "pass")
)  # fmt: skip
"""Cells of a train that does not run to a station or passes the station without a stop."""


def plain_text(text: str) -> str:
    """A text with full-width letters, digits and signs as ordinary ones, without spaces at its ends."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).replace("∶", ":").strip()


def is_no_call(text: str) -> bool:
    """Whether a cell marks that a train does not stop at a station."""
    return text in NO_CALL or plain_text(text).casefold() in NO_CALL


def read_clock(text: str) -> int:
    """Seconds from midnight of the service day for a time in any of the forms of the table above.

    Raises ValueError for any other text, such as a whole number that is not of three or four digits.
    """
    plain = _DATE.sub("", plain_text(text).casefold())
    seconds = -1
    if match := _COLONS.fullmatch(plain) or _WORDS.fullmatch(plain) or _DIGITS.fullmatch(plain):
        parts = [int(part or 0) for part in match.groups()]
        seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    elif match := _HALVES.fullmatch(plain):
        hours, minutes, rest = (int(part or 0) for part in match.groups()[:3])
        if 1 <= hours <= 12:
            seconds = (hours % 12 + (12 if match.group(4) == "p" else 0)) * 3600 + minutes * 60 + rest
    elif _FRACTION.fullmatch(plain):
        seconds = round(float(plain) * DAY_S)
    if not 0 <= seconds <= LATEST_CLOCK_S:
        raise ValueError(text)
    return seconds


def scenario_clock(text: str) -> str:
    """A cell of a clock column of a scenario table: a fraction of a day, or full-width digits, as HH:MM:SS.

    Any other text is unchanged, and the strict clock of the scenario language judges it.
    """
    plain = plain_text(text)
    if not _FRACTION.fullmatch(plain):
        return plain
    try:
        return seconds_to_clock(read_clock(plain))
    except ValueError:
        return text


def is_clock(text: str) -> bool:
    """Whether a text is a time of day in any accepted form."""
    try:
        read_clock(text)
    except ValueError:
        return False
    return True


def passes_midnight(before_s: float, after_s: float) -> bool:
    """Whether the later of two times seems to be of the next day: it is more than 12 hours before the earlier one."""
    return before_s - after_s > HALF_DAY_S
