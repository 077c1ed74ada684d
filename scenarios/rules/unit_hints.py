"""Likely unit errors of values that the schema refuses, by the name of the field.

The schema's limits are wide; a value outside them is often right in another unit: a tare in kg, an efficiency in per
cent, a voltage in kV.
"""

from collections.abc import Mapping
from typing import Any

from scenarios.rules.plausible_ranges import UnitError

_PER_CENT = (UnitError(0.01, "per cent"),)
_WATT = (UnitError(0.001, "W"), UnitError(1000.0, "MW"))
_VOLT = (UnitError(1000.0, "kV"), UnitError(0.001, "mV"))
_OHM = (UnitError(0.001, "milliohms"),)
_TIME = (UnitError(60.0, "minutes"), UnitError(0.001, "milliseconds"))
_SPEED = (UnitError(3.6, "m/s"),)
_PRICE = (UnitError(0.01, "cents"), UnitError(0.001, "a price per MWh"))

_HINTS: Mapping[str, tuple[tuple[float, float], tuple[UnitError, ...]]] = {
    "tare_t": ((20.0, 700.0), (UnitError(0.001, "kg"), UnitError(1000.0, "thousands of tonnes"))),
    "passenger_kg": ((40.0, 110.0), (UnitError(1000.0, "t"), UnitError(0.001, "g"))),
    "chainage_m": ((-5_000.0, 150_000.0), (UnitError(0.001, "millimetres"), UnitError(0.01, "centimetres"))),
    "length_m": ((15.0, 300.0), (UnitError(0.001, "millimetres"),)),
    "co2_kg_per_kwh": ((0.0, 1.5), (UnitError(0.001, "g per kWh"),)),
    "price_per_kwh": ((0.0, 400.0), _PRICE),
    "headway_s": ((60.0, 3_600.0), _TIME),
    "minimum_headway_s": ((60.0, 600.0), _TIME),
    "longest_headway_s": ((60.0, 3_600.0), _TIME),
    "limit_kmh": ((10.0, 160.0), _SPEED),
    "maximum_speed_kmh": ((50.0, 160.0), _SPEED),
    "maximum_acceleration_m_s2": ((0.5, 1.6), (UnitError(1.0 / 3.6, "km/h per s"),)),
    "maximum_deceleration_m_s2": ((0.5, 1.6), (UnitError(1.0 / 3.6, "km/h per s"),)),
    "permil": ((0.0, 120.0), (UnitError(1000.0, "a share"),)),
    "capacity_kwh": ((0.5, 1_000.0), (UnitError(0.001, "Wh"),)),
}
_BY_ENDING: tuple[tuple[str, tuple[float, float], tuple[UnitError, ...]], ...] = (
    ("ohm_per_km", (0.003, 0.2), _OHM),
    ("_ohm", (0.002, 0.5), _OHM),
    ("_share", (0.0, 1.0), _PER_CENT),
    ("efficiency", (0.3, 1.0), _PER_CENT),
    ("force_kn", (20.0, 900.0), (UnitError(0.001, "N"),)),
    ("brake_kn", (20.0, 900.0), (UnitError(0.001, "N"),)),
    ("power_kw", (10.0, 12_000.0), _WATT),
    ("_v", (400.0, 4_000.0), _VOLT),
)
_SHARES = ("traction", "regeneration")
"""Efficiencies by name; their values are shares."""


def unit_hint(field: str, value: Any) -> str:
    """The unit that a refused value looks like, as a clause; empty if no unit error explains the value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    usual, errors = _errors_of(field)
    for error in errors:
        if value != 0 and usual[0] <= value * error.factor <= usual[1]:
            return f"; the value looks like {error.words}"
    return ""


def _errors_of(field: str) -> tuple[tuple[float, float], tuple[UnitError, ...]]:
    if field in _HINTS:
        return _HINTS[field]
    if field in _SHARES:
        return (0.3, 1.0), _PER_CENT
    for ending, usual, errors in _BY_ENDING:
        if field.endswith(ending):
            return usual, errors
    return (0.0, 0.0), ()
