"""The library of typical trains and supplies, and the values of a scenario that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from energy_models.faults import Fault, InputFaults
from scenarios.files.names import did_you_mean

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class TypicalValue:
    """A typical value with the range of the examples, the keys of the sources, and how it was derived."""

    value: float
    low: float
    high: float
    sources: tuple[str, ...]
    derived: str = ""


@dataclass(frozen=True)
class TypicalType:
    """A typical train or supply: its figures by name."""

    name: str
    title: str
    figures: Mapping[str, TypicalValue]

    def of(self, figure: str) -> float:
        """The typical value of a figure."""
        return self.figures[figure].value


@dataclass(frozen=True)
class Library:
    """The types of one file; `shared` are figures of all types, `sources` citations by key."""

    types: Mapping[str, TypicalType]
    sources: Mapping[str, str]
    shared: Mapping[str, TypicalValue]

    def get(self, name: str, option: str) -> TypicalType:
        """A type by name; raises InputFaults with the known names."""
        if name not in self.types:
            raise InputFaults([Fault("", "", option, name, did_you_mean(name, self.types))])
        return self.types[name]


@cache
def trains() -> Library:
    """Typical trains."""
    return _read("trains.yaml")


@cache
def supplies() -> Library:
    """Typical supplies."""
    return _read("supplies.yaml")


def _read(file: str) -> Library:
    content: dict[str, Any] = yaml.safe_load((_HERE / file).read_text(encoding="utf-8"))
    shared = {name: _value(entry) for name, entry in content.get("shared", {}).items()}
    types = {
        name: TypicalType(
            name, entry["title"], {key: _value(value) for key, value in entry.items() if key != "title"} | shared
        )
        for name, entry in content["types"].items()
    }
    return Library(types, content["sources"], shared)


def _value(entry: Mapping[str, Any]) -> TypicalValue:
    return TypicalValue(
        float(entry["value"]), float(entry["low"]), float(entry["high"]), tuple(entry["sources"]),
        entry.get("derived", ""),
    )  # fmt: skip


TRAIN_FIGURES: Mapping[str, tuple[str, ...]] = {
    "tare_t": ("tare_t",),
    "rotating_mass_share": ("rotating_mass_share",),
    "passenger_kg": ("passenger_kg",),
    "capacity": ("normal_passengers", "crush_passengers"),
    "length_m": ("length_m",),
    "maximum_speed_kmh": ("maximum_speed_kmh",),
    "comfort": ("acceleration_m_s2", "deceleration_m_s2"),
    "resistance": ("resistance_constant_n_t", "resistance_per_m_s_n_t", "resistance_per_m_s_squared_n_t"),
    "traction": ("traction_power_kw", "acceleration_m_s2", "tare_t"),
    "electric_brake": ("traction_power_kw", "deceleration_m_s2", "tare_t"),
    "friction_brake_kn": ("deceleration_m_s2", "tare_t"),
    "service_brake_kn": ("deceleration_m_s2", "tare_t"),
    "efficiency": ("traction_efficiency", "regeneration_efficiency"),
    "auxiliaries": ("auxiliaries_mild_kw_m", "auxiliaries_extreme_kw_m"),
}
"""The figures behind each field of a train type."""

SUPPLY_FIGURES: Mapping[str, tuple[str, ...]] = {
    "nominal_v": ("nominal_v",),
    "no_load_v": ("no_load_v",),
    "substation_resistance_ohm": ("substation_resistance_ohm",),
    "contact_line_ohm_per_km": ("contact_line_ohm_per_km",),
    "running_rail_ohm_per_km": ("running_rail_ohm_per_km",),
    "regeneration": ("regeneration_from_v", "regeneration_to_v"),
    "traction": ("traction_full_above_v", "traction_none_below_v"),
    "auxiliaries_constant_impedance_below_v": ("traction_none_below_v",),
}
"""The figures behind each field of a supply."""


def train_fields(kind: TypicalType, tare_t: float | None = None, length_m: float | None = None) -> dict[str, Any]:
    """The fields of a train type from a typical train; forces, resistance and auxiliaries fit a given tare and length.

    Traction: force = (tare + rotating parts + normal load) · acceleration, without resistance. Electric brake: force =
    the same mass · deceleration, with 1.2 times the traction power. Both are assumptions.
    """
    tare = kind.of("tare_t") if tare_t is None else tare_t
    length = kind.of("length_m") if length_m is None else length_m
    normal, crush = round(kind.of("normal_passengers")), round(kind.of("crush_passengers"))
    moved_t = tare * (1.0 + kind.of("rotating_mass_share")) + normal * kind.of("passenger_kg") / 1000.0
    power_kw = kind.of("traction_power_kw") * tare / kind.of("tare_t")
    brake_kn = _round(moved_t * kind.of("deceleration_m_s2"))
    mild, extreme = (kind.of(f"auxiliaries_{weather}_kw_m") * length for weather in ("mild", "extreme"))
    return {
        "tare_t": tare,
        "rotating_mass_share": kind.of("rotating_mass_share"),
        "passenger_kg": kind.of("passenger_kg"),
        "capacity": {"normal": normal, "crush": crush},
        "length_m": length,
        "maximum_speed_kmh": kind.of("maximum_speed_kmh"),
        "comfort": {
            "maximum_acceleration_m_s2": kind.of("acceleration_m_s2"),
            "maximum_deceleration_m_s2": kind.of("deceleration_m_s2"),
        },
        "resistance": {
            "constant_kn": _round(tare * kind.of("resistance_constant_n_t") / 1000.0),
            "per_m_s_kn": _round(tare * kind.of("resistance_per_m_s_n_t") / 1000.0),
            "per_m_s_squared_kn": _round(tare * kind.of("resistance_per_m_s_squared_n_t") / 1000.0),
        },
        "traction": {"force_kn": _round(moved_t * kind.of("acceleration_m_s2")), "power_kw": _round(power_kw)},
        "electric_brake": {"force_kn": brake_kn, "power_kw": _round(1.2 * power_kw)},
        "friction_brake_kn": brake_kn,
        "service_brake_kn": brake_kn,
        "efficiency": {
            "traction": kind.of("traction_efficiency"),
            "regeneration": kind.of("regeneration_efficiency"),
        },
        "auxiliaries": [
            {"temperature_c": -10, "power_kw": _round(extreme)},
            {"temperature_c": 15, "power_kw": _round(mild)},
            {"temperature_c": 35, "power_kw": _round(extreme)},
        ],
    }


def supply_fields(kind: TypicalType) -> dict[str, Any]:
    """The fields of a supply from a typical supply, without its substations."""
    return {
        "nominal_v": kind.of("nominal_v"),
        "no_load_v": kind.of("no_load_v"),
        "substation_resistance_ohm": kind.of("substation_resistance_ohm"),
        "contact_line_ohm_per_km": kind.of("contact_line_ohm_per_km"),
        "running_rail_ohm_per_km": kind.of("running_rail_ohm_per_km"),
        "regeneration": {"fade_from_v": kind.of("regeneration_from_v"), "fade_to_v": kind.of("regeneration_to_v")},
        "traction": {
            "full_above_v": kind.of("traction_full_above_v"),
            "none_below_v": kind.of("traction_none_below_v"),
        },
        "auxiliaries_constant_impedance_below_v": kind.of("traction_none_below_v"),
    }


def origin_of(kind: TypicalType, figures: tuple[str, ...]) -> str:
    """The entry of the provenance for a field: "assumed: typical of heavy_6car (range 198 to 240; YIZHUANG)"."""
    values = [kind.figures[name] for name in figures]
    keys = ", ".join(dict.fromkeys(key for value in values for key in value.sources))
    span = f"range {values[0].low:g} to {values[0].high:g}; " if len(values) == 1 else ""
    return f"assumed: typical of {kind.name} ({span}{keys})"


def _round(value: float) -> float:
    """The value with three digits."""
    return float(f"{value:.3g}")
