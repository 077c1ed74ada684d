"""Description of a field in words: its unit and its allowed values."""

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from scenarios.schema.base import CLOCK_TEXT, IDENTIFIER_TEXT, NAME_TEXT
from scenarios.schema.structure import fields_by_key, shape_of

UNITS = {
    "n_m_per_kn": "N·m/kN", "m_s2": "m/s²", "m_s3": "m/s³", "ohm_per_km": "Ω/km", "per_kw_month": "1/kW/month",
    "per_m_s_squared_kn": "kN·s²/m²", "per_m_s_kn": "kN·s/m", "kg_per_kwh": "kg/kWh", "per_kwh": "1/kWh",
    "kmh": "km/h", "kwh": "kWh", "kw": "kW", "kn": "kN", "kg": "kg", "ohm": "Ω", "permil": "‰", "share": "share",
    "m": "m", "s": "s", "t": "t", "v": "V", "a": "A", "c": "°C", "deg": "°",
}  # fmt: skip
"""Units by the suffix of a field's name."""

BOUNDS: dict[type[Any], str] = {
    annotated_types.Gt: "above",
    annotated_types.Ge: "at least",
    annotated_types.Lt: "below",
    annotated_types.Le: "at most",
}


def unit_of(name: str) -> str:
    """Unit of a field from the suffix of its name; empty for text and counts."""
    for ending, unit in sorted(UNITS.items(), key=lambda item: -len(item[0])):
        if name == ending or name.endswith("_" + ending):
            return unit
    return ""


def is_clock(field: FieldInfo) -> bool:
    """Whether the field is a time of day."""
    return CLOCK_TEXT in _unwrap(field.annotation, tuple(field.metadata))[1]


def is_name(field: FieldInfo) -> bool:
    """Whether the field is a name that an operator gave."""
    return NAME_TEXT in _unwrap(field.annotation, tuple(field.metadata))[1]


def allowed_in_item(field: FieldInfo) -> str:
    """The allowed values of an item of a list of plain values."""
    return _words(field.annotation, tuple(field.metadata)).removeprefix("a list, each ")


def allowed_by(field: FieldInfo) -> str:
    """The allowed values of a field: "a number above 0, at most 2000"."""
    words = _words(field.annotation, tuple(field.metadata))
    return words + ", or left out" if not field.is_required() and field.default is None else words


def _words(annotation: Any, metadata: tuple[Any, ...]) -> str:
    shape = shape_of(annotation)
    if shape.kind != "value":
        keys = "the keys " + ", ".join(fields_by_key(shape.part) if shape.part else ())
        return {"part": keys, "list": f"a CSV table, or a list with {keys}"}.get(shape.kind, f"by name: {keys}")
    plain, metadata = _unwrap(annotation, metadata)
    origin = get_origin(plain)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(plain))
    if origin is tuple:
        return "a list, each " + _words(get_args(plain)[0], ())
    return "texts by name" if origin is dict else _words_of_scalar(plain, metadata)


def _words_of_scalar(plain: Any, metadata: tuple[Any, ...]) -> str:
    if CLOCK_TEXT in metadata:
        return 'a time of day such as "05:20", up to "48:00"'
    if IDENTIFIER_TEXT in metadata:
        return "letters, digits, _ and -, at most 40"
    if NAME_TEXT in metadata:
        return "text, at most 120 letters"
    name = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}.get(plain, "a value")
    pattern = next((item.pattern for item in _flat(metadata) if getattr(item, "pattern", None)), None)
    return f"{name} of the form {pattern}" if pattern else (name + _bounds(metadata)).strip()


def _unwrap(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The type without Optional and Annotated, and the metadata of both."""
    while True:
        if get_origin(annotation) in (Union, types.UnionType):
            annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
        elif hasattr(annotation, "__metadata__"):
            metadata = (*metadata, *annotation.__metadata__)
            annotation = annotation.__origin__
        else:
            return annotation, metadata


def _bounds(metadata: tuple[Any, ...]) -> str:
    found = {}
    for item in _flat(metadata):
        for kind, word in BOUNDS.items():
            if isinstance(item, kind):
                limit = _limit(item)
                found[word] = f"{word} {limit:g}" if abs(limit) < 1e5 else f"{word} {limit:,.0f}".replace(",", " ")
    ordered = [found[word] for word in BOUNDS.values() if word in found]
    return " " + ", ".join(ordered) if ordered else ""


def _limit(bound: Any) -> float:
    """The number of a bound such as Gt(0)."""
    return next(float(getattr(bound, name)) for name in ("gt", "ge", "lt", "le") if hasattr(bound, name))


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
