"""How many random cases a property is tried on."""

import os

ALL = "HEADWATT_EXAMPLES"
"""Environment variable: with the value `all`, properties are tried on all their cases, as in continuous integration."""


def examples(number: int) -> int:
    """The number itself in continuous integration; in the default run a fifth of it, but at least three."""
    return number if os.environ.get(ALL) == "all" else max(3, number // 5)
