"""The schema as a tree: the part at each key."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from scenarios.schema.base import Part


@dataclass(frozen=True)
class Shape:
    """The shape of a field: a plain value, a part, a list of parts (or a CSV table), or parts by name."""

    kind: Literal["value", "part", "list", "mapping"]
    part: type[Part] | None = None


def shape_of(annotation: Any) -> Shape:
    """The shape of an annotation; for an optional field, the shape without None."""
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


@cache
def fields_by_key(part: type[Part]) -> dict[str, tuple[str, FieldInfo]]:
    """Attribute name and field by the key in the file."""
    return {(field.alias or name): (name, field) for name, field in part.model_fields.items()}


def field_at(part: type[Part], path: tuple[str | int, ...]) -> FieldInfo | None:
    """The field at a path of keys and list positions; None for an unknown key."""
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
    """The part at a path; None for a plain value."""
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
