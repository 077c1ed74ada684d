"""The schema seen as a tree: which part stands at which key, and what a field allows, in words."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from scenarios.schema.base import Clock, Identifier, Part

UNITS = {
    "n_m_per_kn": "N·m/kN", "m_s2": "m/s²", "m_s3": "m/s³", "ohm_per_km": "Ω/km", "per_kw_month": "1/kW/month",
    "per_m_s_squared_kn": "kN·s²/m²", "per_m_s_kn": "kN·s/m", "kg_per_kwh": "kg/kWh", "per_kwh": "1/kWh",
    "kmh": "km/h", "kwh": "kWh", "kw": "kW", "kn": "kN", "kg": "kg", "ohm": "Ω", "permil": "‰", "share": "share", "m": "m",
    "s": "s", "t": "t", "v": "V", "a": "A", "c": "°C",
}  # fmt: skip
"""Units by the ending of a field's name, longest ending first."""


@dataclass(frozen=True)
class Shape:
    """What a field holds: a plain value, a part, a list of parts (which may be a CSV table), or parts by name."""

    kind: Literal["value", "part", "list", "mapping"]
    part: type[Part] | None = None


def shape_of(annotation: Any) -> Shape:
    """The shape of an annotation; None beside it (an optional field) does not matter."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return Shape("part", annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        shapes = [shape_of(argument) for argument in arguments if argument is not type(None)]
        return next((shape for shape in shapes if shape.kind != "value"), Shape("value"))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        item = shape_of(arguments[0])
        return Shape("list", item.part) if item.kind == "part" else Shape("value")
    if origin is dict:
        item = shape_of(arguments[1])
        return Shape("mapping", item.part) if item.kind == "part" else Shape("value")
    return Shape("value")


def fields_by_key(part: type[Part]) -> dict[str, tuple[str, FieldInfo]]:
    """Attribute name and field by the key that stands in the file."""
    return {(field.alias or name): (name, field) for name, field in part.model_fields.items()}


def field_at(part: type[Part], path: tuple[str | int, ...]) -> FieldInfo | None:
    """The field that a path of keys and list positions leads to or into; None for an unknown key."""
    current: type[Part] | None = part
    field: FieldInfo | None = None
    expects_item = False
    for step in path:
        if expects_item or current is None:
            expects_item = False
            continue
        found = fields_by_key(current).get(str(step))
        if found is None:
            return None
        field = found[1]
        shape = shape_of(field.annotation)
        current, expects_item = shape.part, shape.kind in ("list", "mapping")
    return field


def part_at(part: type[Part], path: tuple[str | int, ...]) -> type[Part] | None:
    """The part whose keys stand at a path; None where a plain value stands."""
    current: type[Part] | None = part
    expects_item = False
    for step in path:
        if current is None:
            return None
        if expects_item:
            expects_item = False
            continue
        found = fields_by_key(current).get(str(step))
        if found is None:
            return None
        shape = shape_of(found[1].annotation)
        current, expects_item = shape.part, shape.kind in ("list", "mapping")
    return current


def parts(part: type[Part], seen: set[type[Part]] | None = None) -> Iterator[type[Part]]:
    """The part and all parts within it, each once, in the order of the file."""
    seen = set() if seen is None else seen
    if part in seen:
        return
    seen.add(part)
    yield part
    for field in part.model_fields.values():
        inner = shape_of(field.annotation).part
        if inner is not None:
            yield from parts(inner, seen)


def unit_of(name: str) -> str:
    """Unit of a field by the ending of its name; empty for text and plain counts."""
    for ending, unit in sorted(UNITS.items(), key=lambda item: -len(item[0])):
        if name == ending or name.endswith("_" + ending):
            return unit
    return ""


def allowed_by(field: FieldInfo) -> str:
    """What may stand in a field, in words: "a number above 0, at most 2000"."""
    words = _type_words(field.annotation, tuple(field.metadata))
    if not field.is_required() and field.default is None:
        words += ", or left out"
    return words


def _type_words(annotation: Any, metadata: tuple[Any, ...]) -> str:
    shape = shape_of(annotation)
    if shape.kind != "value":
        return {"part": "keys and values", "list": "a list, or the name of a CSV table", "mapping": "parts by name"}[
            shape.kind
        ]
    plain, metadata = _unwrap(annotation, metadata)
    origin = get_origin(plain)
    if _is_clock(metadata):
        return 'clock text such as "05:20", up to "48:00"'
    if _is_identifier(metadata):
        return "letters, digits, _ and -, at most 40"
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(plain))
    if origin is tuple:
        return (
            "a list of "
            + _type_words(get_args(plain)[0], ()).removeprefix("a ")
            + (" each" if get_origin(get_args(plain)[0]) is None else "")
        )
    if origin is dict:
        return "texts by name"
    name = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}.get(plain, "a value")
    return (name + _bounds(metadata)).strip()


def _unwrap(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Strip optional and Annotated; gather what they say."""
    while True:
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
        elif hasattr(annotation, "__metadata__"):
            metadata = (*metadata, *annotation.__metadata__)
            annotation = annotation.__origin__
        else:
            return annotation, metadata


def _is_clock(metadata: tuple[Any, ...]) -> bool:
    return any(item is marker for item in metadata for marker in Clock.__metadata__[:1])


def _is_identifier(metadata: tuple[Any, ...]) -> bool:
    return any(item is marker for item in metadata for marker in Identifier.__metadata__[:1])


def _bounds(metadata: tuple[Any, ...]) -> str:
    words: dict[type[Any], str] = {annotated_types.Gt: "above", annotated_types.Ge: "at least",
                                   annotated_types.Lt: "below", annotated_types.Le: "at most"}  # fmt: skip
    found = {}
    for item in _flat(metadata):
        for kind, word in words.items():
            if isinstance(item, kind):
                limit = (
                    next(iter(vars(item).values()))
                    if hasattr(item, "__dict__")
                    else getattr(item, kind.__name__.lower())
                )
                found[word] = f"{word} {limit:g}" if abs(limit) < 1e5 else f"{word} {limit:,}".replace(",", " ")
    ordered = [found[word] for word in ("above", "at least", "below", "at most") if word in found]
    return (" " + ", ".join(ordered)) if ordered else ""


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
