"""Checks of a JSON text before it is parsed: size, nesting, long numbers, and texts that no file can hold."""

import re

MOST_VALUES = 100_000
"""Largest number of values; the longest order has one value for each trip of a day."""
DEEPEST_NESTING = 50
LONGEST_NUMBER = 300
"""Largest number of digits in a row. Python refuses to convert 4,300 digits and more; no field needs more than 20."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DIGITS = re.compile(rb"[0-9]{%d}" % (LONGEST_NUMBER + 1))
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_BRACKET = re.compile(rb"[\[\]{}]")


def json_fault(text: bytes) -> str | None:
    """What is wrong with a JSON text as far as it can be found without parsing it; None if nothing is.

    The text may still not be JSON. Time and memory are proportional to its length.
    """
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8, at byte {error.start}"
    if rb"\u" in text:
        # An escaped backslash begins no escape of its own.
        escapes = _PAIR.sub(b"", text.replace(rb"\\", b""))
        if _SURROGATE.search(escapes):
            return "a text contains half of a surrogate pair, which is not a character"
    values = _STRING.sub(b"0", text)
    if values.count(b",") + values.count(b":") > MOST_VALUES:
        return f"it has more than {MOST_VALUES:,} values"
    if _DIGITS.search(values):
        return f"a number has more than {LONGEST_NUMBER} digits"
    if values.count(b"[") + values.count(b"{") > DEEPEST_NESTING and _depth(values) > DEEPEST_NESTING:
        return f"it has more than {DEEPEST_NESTING} lists and objects within each other"
    return None


def _depth(values: bytes) -> int:
    deepest = depth = 0
    for found in _BRACKET.finditer(values):
        depth += 1 if found.group() in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEEPEST_NESTING:
            break
    return deepest
