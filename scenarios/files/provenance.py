"""The provenance of each number of a scenario: its source, or an assumption."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scenarios.schema.base import Part, seconds_to_clock
from scenarios.schema.operation import Operation
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key

ASSUMED = "assumed"
OPERATION = "operation"
OPERATION_DEFAULT = f"{ASSUMED}: default of the scenario language"
"""Origin of a field of the operation that the scenario leaves out, unless the provenance has an entry for it."""
WITHOUT_NUMBERS = ("name", "title", "description", "sources", "provenance", "acknowledged")

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Assumption:
    """One row of the table of assumptions: a value, or the values of one column of a table, and their origin.

    `source` is the citation or empty; `assumed` is the reason of an assumption or empty. Both are empty for a value
    without provenance.
    """

    path: str
    value: str
    count: int
    source: str
    assumed: str


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """Every number of the scenario with its origin in file order; for tables, one row per column and origin."""
    origins = _origins(scenario)
    entries = _entries(origins)
    groups: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    found: dict[Steps, str | None] = {}
    for steps, general, name, value in _numbers(scenario, (), ()):
        if steps not in found:
            found[steps] = _entry_for(steps, entries)
        entry = found[steps]
        groups.setdefault((".".join(general), entry or ""), []).append((name, value))
    lines = []
    for (path, entry), values in groups.items():
        origin = origins.get(entry, "")
        source, assumed = _source_and_assumption(origin, scenario.sources)
        lines.append(Assumption(path, _summary(values), len(values), source, assumed))
    return tuple(lines)


def unexplained(scenario: Scenario) -> tuple[str, ...]:
    """Paths of numbers with neither a source nor an assumption."""
    entries = _entries(_origins(scenario))
    return tuple(".".join(steps) for steps in _paths(scenario) if _entry_for(steps, entries) is None)


OriginKind = Literal["borrowed", "assumed", "source"]
"""Where a value comes from: another line or a typical train or supply; another assumption; a source (or both)."""

_BORROWED = re.compile(rf"{ASSUMED}: (?:as (?:on|in)|typical of) ")


def kind_of(origin: str) -> OriginKind:
    """The kind of an entry of the provenance; a value without an entry counts as assumed."""
    if _BORROWED.match(origin):
        return "borrowed"
    return "assumed" if not origin or origin.startswith(ASSUMED) else "source"


def origins_below(scenario: Scenario, prefixes: Iterable[Steps]) -> dict[Steps, tuple[str, ...]]:
    """For each path, the different entries of the provenance that explain the numbers at and below the path.

    A number without an entry has the empty text.
    """
    origins = _origins(scenario)
    entries = _entries(origins)
    paths = _paths(scenario)
    found: dict[Steps, tuple[str, ...]] = {}
    for prefix in prefixes:
        texts = (origins.get(_entry_for(steps, entries) or "", "") for steps in paths if steps[: len(prefix)] == prefix)
        found[prefix] = tuple(dict.fromkeys(texts))
    return found


def _origins(scenario: Scenario) -> dict[str, str]:
    """The provenance, with an entry for each field of the operation that has its default and no entry."""
    entries = _entries(scenario.provenance)
    defaults = {
        f"{OPERATION}.{key}": OPERATION_DEFAULT
        for key, (name, _) in fields_by_key(Operation).items()
        if name not in scenario.operation.model_fields_set and _entry_for((OPERATION, key), entries) is None
    }
    return {**scenario.provenance, **defaults}


def matching_entries(scenario: Scenario) -> set[str]:
    """Entries of the provenance that apply to at least one number."""
    return {path for path, pattern in _entries(scenario.provenance).items() if _leads_to_a_number(scenario, pattern)}


def _leads_to_a_number(value: Any, pattern: Steps) -> bool:
    if not pattern:
        return next(_within(value, (), (), ""), None) is not None
    step, rest = pattern[0], pattern[1:]
    inner: Iterable[Any] = ()
    if isinstance(value, Part):
        keys = fields_by_key(type(value))
        inner = [value.__dict__.get(name) for key, (name, _) in keys.items() if step in ("*", key)]
    elif isinstance(value, dict):
        inner = [item for key, item in value.items() if step in ("*", str(key))]
    elif isinstance(value, tuple):
        inner = (item for item in value if step in ("*", _own_name(item)))
    return any(_leads_to_a_number(item, rest) for item in inner)


def _own_name(item: Any) -> str:
    """Name of a list item: its identifier; only * matches a row without an identifier."""
    return str(item.__dict__.get("id", "*")) if isinstance(item, Part) else "*"


def _entries(provenance: Mapping[str, str]) -> dict[str, Steps]:
    return {path: tuple(path.split(".")) for path in provenance}


def _entry_for(steps: Steps, entries: Mapping[str, Steps]) -> str | None:
    """The most specific entry: the longest path, then the path with the fewest stars."""
    fitting = [
        (len(pattern), -pattern.count("*"), path) for path, pattern in entries.items() if _explains(pattern, steps)
    ]
    return max(fitting)[2] if fitting else None


def _explains(pattern: Steps, steps: Steps) -> bool:
    return len(pattern) <= len(steps) and all(
        expected in ("*", step) for expected, step in zip(pattern, steps, strict=False)
    )


def _paths(scenario: Scenario) -> dict[Steps, None]:
    """The path of each number once; rows without identifiers share one path."""
    return dict.fromkeys(steps for steps, _, _, _ in _numbers(scenario, (), ()))


def _numbers(part: Part, steps: Steps, general: Steps) -> Iterator[tuple[Steps, Steps, str, Any]]:
    """For each number: its path, its path with a star for each list item, the name of its field, its value."""
    for key, (name, _) in fields_by_key(type(part)).items():
        if name in part.__dict__ and not (not steps and name in WITHOUT_NUMBERS):
            yield from _within(part.__dict__[name], (*steps, key), (*general, key), name)


def _within(value: Any, steps: Steps, general: Steps, name: str) -> Iterator[tuple[Steps, Steps, str, Any]]:
    if isinstance(value, Part):
        yield from _numbers(value, steps, general)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(item, (*steps, str(key)), (*general, str(key)), name)
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item, (*steps, _own_name(item)), (*general, "*"), name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield steps, general, name, value


def _source_and_assumption(origin: str, sources: Mapping[str, str]) -> tuple[str, str]:
    """Split "KEY; assumed: reason" into the citation and the reason; either may be empty."""
    head, _, rest = origin.partition(";")
    if head.startswith(ASSUMED):
        return "", origin.removeprefix(ASSUMED).lstrip(": ")
    return sources.get(head.strip(), ""), rest.strip().removeprefix(ASSUMED).lstrip(": ")


def _summary(values: list[tuple[str, Any]]) -> str:
    texts = [_text(name, value) for name, value in values]
    if len(values) <= 3:
        return ", ".join(texts)
    name = values[0][0]
    low, high = (_text(name, limit) for limit in (min(v for _, v in values), max(v for _, v in values)))
    return f"{len(values)} values, {low} to {high}" if low != high else f"{len(values)} values, all {low}"


CLOCKS = ("from_s", "to_s", "at_s", "departure_s")


def _text(name: str, value: float) -> str:
    is_clock = name in CLOCKS or name in ("first_departure_s", "last_departure_s") or name in ("up", "down")
    if is_clock and isinstance(value, int) and (name in CLOCKS or value > 7_200):
        return seconds_to_clock(value)
    return f"{value:g}" if abs(value) < 1e5 else f"{value:,.0f}"
