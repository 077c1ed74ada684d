"""Units of a mapping: pint parses them when the mapping is read, and floats convert the numbers."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

_WRITTEN = {
    "kmh": "km/h",
    "km/std": "km/h",
    "kph": "km/h",
    "kmph": "km/h",
    "km·h⁻¹": "km/h",
    "mps": "m/s",
    "m/sec": "m/s",
    "°c": "degC",
    "℃": "degC",
    "c": "degC",
    "celsius": "degC",
    "°f": "degF",
    "amp": "A",
    "amps": "A",
    "volt": "V",
    "volts": "V",
    "to": "t",
    "tonnes": "t",
    "‰": "permille",
    "°": "deg",
    "m/s²": "m/s**2",
    "m/s2": "m/s**2",
    "1": "",
    "-": "",
}
"""Spellings of units in headers of recorders that pint does not have; compared in lower case."""


@dataclass(frozen=True)
class Conversion:
    """Stored number = `factor` × number + `offset`."""

    factor: float
    offset: float


def conversion(unit: str, wanted: str) -> Conversion | None:
    """The conversion from a unit as written to the unit `wanted`; None if it is unknown or of another dimension."""
    return _conversion(unit.strip(), wanted)


def is_unit(text: str) -> bool:
    """Whether a text is a unit that pint parses."""
    stripped = text.strip()
    return bool(stripped) and len(stripped) <= 20 and _parsed(stripped) is not None


@lru_cache(maxsize=1)
def _registry() -> "pint.UnitRegistry[float]":
    # pint takes a third of a second to import, and only mappings need it.
    import pint  # noqa: PLC0415

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


@lru_cache(maxsize=512)
def _parsed(unit: str) -> str | None:
    text = _WRITTEN.get(unit.lower(), unit)
    # Only names, powers, products and quotients: pint would also evaluate numbers.
    if text and not re.fullmatch(r"[A-Za-zµμΩ%]+(?:\*\*-?\d|\^-?\d)?(?:[*/·][A-Za-zµμΩ%]+(?:\*\*-?\d|\^-?\d)?)*", text):
        return None
    try:
        _registry().Unit(text.replace("·", "*"))
    except Exception:  # pint raises errors of several libraries for texts that are no unit
        return None
    return text


@lru_cache(maxsize=512)
def _conversion(unit: str, wanted: str) -> Conversion | None:
    text = _parsed(unit)
    if text is None:
        return None
    try:
        quantity = _registry().Quantity
        zero = float(quantity(0.0, text).to(wanted or "dimensionless").magnitude)
        one = float(quantity(1.0, text).to(wanted or "dimensionless").magnitude)
    except Exception:  # a unit of another dimension, by several error types of pint
        return None
    return Conversion(one - zero if zero else one, zero)
