"""Named changes of a base scenario, for example a summer day, a substation out of service, an event."""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from energy_models.faults import Fault
from scenarios.files.names import did_you_mean
from scenarios.files.source_positions import SourceNode


def merged(base: SourceNode, change: SourceNode, path: str, faults: list[Fault]) -> SourceNode:
    """The base with a change applied.

    Mappings are changed key by key. For a list of parts with an `id` (substations, stations), the change is a mapping
    from id to changes. All other values are replaced. A change with an unknown id is appended to `faults`.
    """
    if not isinstance(change.value, dict):
        return change
    if isinstance(base.value, dict):
        content = dict(base.value)
        for key, inner in change.value.items():
            old = content.get(key)
            deeper = f"{path}.{key}".lstrip(".")
            content[key] = merged(old, inner, deeper, faults) if isinstance(old, SourceNode) else inner
        return dataclasses.replace(base, value=content)
    if isinstance(base.value, list) and all(item.cell("id") is not None for item in base.value):
        return _merged_by_id(base, change, path, faults)
    return change


def _merged_by_id(base: SourceNode, change: SourceNode, path: str, faults: list[Fault]) -> SourceNode:
    items = list(base.value)
    places = {str(item.cell("id")): index for index, item in enumerate(items)}
    for key, inner in change.value.items():
        if key not in places:
            meant = did_you_mean(key, places, if_none=f"the line has no {path}")
            faults.append(Fault(inner.file, inner.place, f"{path}.{key}", key, meant))
        else:
            items[places[key]] = merged(items[places[key]], inner, f"{path}.{key}", faults)
    return dataclasses.replace(base, value=items)


def chosen(tree: SourceNode, names: Sequence[str], faults: list[Fault]) -> tuple[SourceNode, ...]:
    """The overrides with these names in the given order; an unknown name is appended to `faults`."""
    table = tree.value.get("overrides")
    known = table.value if table is not None and isinstance(table.value, dict) else {}
    for name in names:
        if name not in known:
            place = table.place if table is not None else ""
            meant = did_you_mean(name, known, if_none="the line has no overrides")
            faults.append(Fault(tree.file, place, "overrides", name, meant))
        elif not isinstance(known[name].value, dict):
            faults.append(Fault(tree.file, known[name].place, f"overrides.{name}", "no keys", "keys of the scenario"))
    return tuple(known[name] for name in names if name in known and isinstance(known[name].value, dict))


@dataclasses.dataclass(frozen=True)
class ValueChange:
    """A value that an override changes: its path, and the value without and with the override.

    In a list of parts with an `id`, the step of the path is this id. `before` is None where the file has no value.
    """

    path: tuple[str, ...]
    before: Any
    after: Any


def changes_of(base: SourceNode, change: SourceNode) -> tuple[ValueChange, ...]:
    """What an override changes in the base, value by value."""
    return tuple(ValueChange(path, _value_at(base, path), node.plain()) for path, node in _leaves(change))


def paths_of(change: SourceNode) -> tuple[tuple[str, ...], ...]:
    """The paths of the values that an override changes."""
    return tuple(path for path, _ in _leaves(change))


def _value_at(base: SourceNode, path: tuple[str, ...]) -> Any:
    current: Any = base
    for step in path:
        content = current.value if isinstance(current, SourceNode) else current
        if isinstance(content, dict):
            current = content.get(step)
        elif isinstance(content, list):
            current = next((item for item in content if str(item.cell("id")) == step), None)
        else:
            return None
    return current.plain() if isinstance(current, SourceNode) else current


_TEXTS = ("title", "description", "sources", "provenance", "acknowledged")
"""Keys on which no result depends: two overrides may both set them."""


def conflicts(changes: Sequence[tuple[str, SourceNode]]) -> Iterator[Fault]:
    """A fault for each value that two of the chosen overrides set differently, for example summer and winter.

    The order of the names would decide such a value silently.
    """
    leaves = [(name, dict(_leaves(change))) for name, change in changes]
    for (first, ours), (second, theirs) in combinations(leaves, 2):
        for path, node in theirs.items():
            other_path = next((known for known in ours if _overlap(known, path)), None)
            if other_path is None or path[0] in _TEXTS or ours[other_path].plain() == node.plain():
                continue
            other = ours[other_path]
            field = ".".join(("overrides", second, *path))
            allowed = (
                f"overrides that do not set the same value: {first} sets {'.'.join(other_path)} to "
                f"{_shown(other)} ({other.place}); choose one of {first} and {second}"
            )
            yield Fault(node.file, node.place, field, _shown(node), allowed)


def _leaves(node: SourceNode, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], SourceNode]]:
    """Each value of an override that is not a mapping, with its path."""
    if isinstance(node.value, dict) and node.value:
        for key, inner in node.value.items():
            if isinstance(inner, SourceNode):
                yield from _leaves(inner, (*path, key))
    elif path:
        yield path, node


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one path is the other, or leads to it."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _shown(node: SourceNode) -> str:
    value = node.plain()
    text = "a list" if isinstance(value, list) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
