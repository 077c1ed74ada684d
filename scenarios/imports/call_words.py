"""Words for arrival and departure beside or behind the name of a station, such as `Xujiahui arr` or `渋谷発`."""

import re
from typing import Literal

from scenarios.files.clock_text import plain_text
from scenarios.files.table_headers import SYNONYMS, compared

Call = Literal["arrival", "departure"]

_ARRIVAL = ("a", "ank", "lleg", "ar", "arrival", *SYNONYMS["arrival"])
_DEPARTURE = ("d", "p", "abf", "dép", "sal", "dp", "departure", *SYNONYMS["departure"])
_WORDS: dict[str, Call] = {
    **{compared(word): "arrival" for word in _ARRIVAL},
    **{compared(word): "departure" for word in _DEPARTURE},
}
_SEPARATED = re.compile(r"(.*\S)(?:\s+|\s*[(\[/,·_-]\s*)([^\s()\[\]/,·_-]+?)\s*[)\]]?")
_WITHOUT_SPACE: dict[str, Call] = {
    "着": "arrival", "到": "arrival", "発": "departure", "发": "departure", "开": "departure",
}  # fmt: skip


def call_of(text: str) -> tuple[str, Call | None]:
    """The name of the station without the word, and what the word means; the whole text and None without a word.

    The name is empty if the text is only the word.
    """
    plain = plain_text(text)
    if word := _WORDS.get(compared(plain)):
        return "", word
    if match := _SEPARATED.fullmatch(plain):
        word = _WORDS.get(compared(match.group(2)))
        # A single Latin letter is more often part of a name than a word.
        if word is not None and (len(match.group(2)) > 1 or match.group(2) > "\u2e80"):
            return match.group(1), word
    if len(plain) > 1 and plain[-1] in _WITHOUT_SPACE:
        return plain[:-1], _WITHOUT_SPACE[plain[-1]]
    return plain, None
