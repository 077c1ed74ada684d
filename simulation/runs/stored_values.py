"""Results as text and back, exactly: nested dataclasses of numbers, names, tuples, mappings and arrays."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

_T = TypeVar("_T")


def plain(value: Any) -> Any:
    """The value in JSON types; a mapping becomes a list of pairs, because its keys need not be text."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return [[plain(key), plain(item)] for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def restored(kind: type[_T], content: Any) -> _T:
    """The value of a type from the result of `plain`; raises TypeError, KeyError or ValueError for other input."""
    return cast(_T, _restored(kind, content))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _restored(kind: Any, content: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    value = float(content) if kind is float else content
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        value = kind(**{field.name: _restored(hints[field.name], content[field.name]) for field in fields(kind)})
    elif origin in (Union, types.UnionType) and content is not None:
        (inner,) = (argument for argument in arguments if argument is not type(None))
        value = _restored(inner, content)
    elif origin is np.ndarray:
        value = np.array(content, dtype=get_args(arguments[1])[0] if len(arguments) > 1 else np.float64)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        value = {_restored(arguments[0], key): _restored(arguments[1], item) for key, item in content}
    elif isinstance(origin, type) and issubclass(origin, Sequence):
        kinds = (
            arguments if len(arguments) == len(content) and Ellipsis not in arguments else arguments[:1] * len(content)
        )
        value = tuple(_restored(one, item) for one, item in zip(kinds, content, strict=True))
    return value
