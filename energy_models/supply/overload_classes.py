"""Duty classes of traction rectifiers: the overload that a rectifier can carry, and for how long.

The classes I to VI of IEC 60146-1-1, which EN 50328 and IEC 62589 use for substations. Each class allows its rated load
continuously, and these multiples of it for these times:

    I -        II 1.5 for 1 min        III 1.5 for 2 min, 2 for 10 s
    IV 1.25 for 2 h, 2 for 10 s        V 1.5 for 2 h, 2 for 1 min        VI 1.5 for 2 h, 3 for 1 min
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

ClassName = Literal["I", "II", "III", "IV", "V", "VI"]


@dataclass(frozen=True)
class OverloadClass:
    """A duty class: pairs of a multiple of the rated load and its longest time in s; after that the rated load."""

    name: ClassName
    overloads: tuple[tuple[float, float], ...]

    def allowed_share(self, window_s: float) -> float:
        """The largest mean load over a time window, as a multiple of the rated load.

        This is the largest overload that the class allows for at least this time; without such an overload, 1.
        """
        return max((share for share, longest_s in self.overloads if longest_s >= window_s), default=1.0)


_TWO_HOURS_S = 7_200.0
_OVERLOADS: dict[ClassName, tuple[tuple[float, float], ...]] = {
    "I": (),
    "II": ((1.5, 60.0),),
    "III": ((1.5, 120.0), (2.0, 10.0)),
    "IV": ((1.25, _TWO_HOURS_S), (2.0, 10.0)),
    "V": ((1.5, _TWO_HOURS_S), (2.0, 60.0)),
    "VI": ((1.5, _TWO_HOURS_S), (3.0, 60.0)),
}

OVERLOAD_CLASSES: Mapping[ClassName, OverloadClass] = {
    name: OverloadClass(name, _OVERLOADS[name]) for name in get_args(ClassName)
}
"""All classes by name."""
