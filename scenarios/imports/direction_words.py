"""Directions as operators name them: `up` and `down` in other words and languages."""

import re

from scenarios.files.clock_text import plain_text
from scenarios.schema.base import Direction

_UP = ("up", "u", "上行", "上り", "のぼり", "hin", "hinfahrt", "hinrichtung", "aller", "ida", "outbound", "ascending")
_DOWN = ("down", "d", "下行", "下り", "くだり", "rück", "rückfahrt", "rückrichtung", "gegenrichtung", "retour",
         "vuelta", "inbound", "descending")  # fmt: skip
_WORDS: dict[str, Direction] = {**dict.fromkeys(_UP, "up"), **dict.fromkeys(_DOWN, "down")}

DIRECTION_ALLOWED = (
    "up or down, or a word for them such as 上行, 下行, 上り, 下り, hin, rück, aller, retour, ida, vuelta"
)


def direction_of(text: str) -> Direction | None:
    """The direction that a cell names; None for another text."""
    return _WORDS.get(plain_text(text).casefold())


def direction_in(text: str) -> Direction | None:
    """The direction that a title names by exactly one of the words; None without such a word."""
    plain = plain_text(text).casefold()
    words = re.findall(r"\w+", plain)
    # Chinese and Japanese titles have no spaces between words.
    found = {
        way
        for word, way in _WORDS.items()
        if len(word) > 1 and (word in words or (word[0] > "\u0250" and word in plain))
    }
    return found.pop() if len(found) == 1 else None
