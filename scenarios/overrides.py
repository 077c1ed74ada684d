"""Named changes on a base scenario: a summer day, a substation out, an event."""

import dataclasses
from collections.abc import Sequence

from energy_models.faults import Fault
from scenarios.located import Located
from scenarios.names import did_you_mean


def merged(base: Located, change: Located, path: str, faults: list[Fault]) -> Located:
    """The base with a change laid over it.

    Keys and values: key by key. A list of parts with an `id` (substations, stations) takes a mapping from id to
    changes. Everything else is replaced. A change that names an unknown id is appended to `faults`.
    """
    if not isinstance(change.value, dict):
        return change
    if isinstance(base.value, dict):
        content = dict(base.value)
        for key, inner in change.value.items():
            old = content.get(key)
            deeper = f"{path}.{key}".lstrip(".")
            content[key] = merged(old, inner, deeper, faults) if isinstance(old, Located) else inner
        return dataclasses.replace(base, value=content)
    if isinstance(base.value, list) and all(item.cell("id") is not None for item in base.value):
        return _merged_by_id(base, change, path, faults)
    return change


def _merged_by_id(base: Located, change: Located, path: str, faults: list[Fault]) -> Located:
    items = list(base.value)
    places = {str(item.cell("id")): index for index, item in enumerate(items)}
    for key, inner in change.value.items():
        if key not in places:
            faults.append(Fault(inner.file, inner.place, f"{path}.{key}", key, did_you_mean(key, places)))
        else:
            items[places[key]] = merged(items[places[key]], inner, f"{path}.{key}", faults)
    return dataclasses.replace(base, value=items)


def chosen(tree: Located, names: Sequence[str], faults: list[Fault]) -> tuple[Located, ...]:
    """The overrides of those names in the order asked; an unknown name is appended to `faults`."""
    table = tree.value.get("overrides")
    known = table.value if table is not None and isinstance(table.value, dict) else {}
    for name in names:
        if name not in known:
            place = table.place if table is not None else ""
            faults.append(Fault(tree.file, place, "overrides", name, did_you_mean(name, known)))
        elif not isinstance(known[name].value, dict):
            faults.append(Fault(tree.file, known[name].place, f"overrides.{name}", "no keys", "keys of the scenario"))
    return tuple(known[name] for name in names if name in known and isinstance(known[name].value, dict))
