"""The changes that complete a scenario: given values, a typical train, a typical supply, with their origins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.files.names import did_you_mean
from scenarios.files.provenance import ASSUMED, kind_of, origins_below
from scenarios.files.source_positions import yaml_tree
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import field_at
from scenarios.typical.library import (
    SUPPLY_FIGURES,
    TRAIN_FIGURES,
    Library,
    TypicalType,
    origin_of,
    supplies,
    supply_fields,
    train_fields,
    trains,
)

GIVEN_KEY = "GIVEN"
NOT_NAMED = f"{ASSUMED}: given with `headwatt scenario complete`, without a source"
"""Origin of a value that a user gives without a source."""


@dataclass(frozen=True)
class Change:
    """One value of the scenario file that changes, with its new origin (empty for a text, which needs none).

    `before` is None for a missing value.
    """

    path: tuple[str, ...]
    before: Any
    after: Any
    origin: str

    @property
    def dotted(self) -> str:
        """The path as text."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Wish:
    """What a user wants: values by path (`train.` stands for the main train type), a typical train, a typical supply.

    `source` is a key of the scenario's sources or a citation for the given values. With `replace_all`, typical values
    also replace values that have a source or an own assumption.
    """

    values: Mapping[str, Any]
    from_type: str | None = None
    supply: str | None = None
    source: str | None = None
    replace_all: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return not (self.values or self.from_type or self.supply)


def parsed_values(texts: Sequence[str]) -> dict[str, Any]:
    """Values by path from texts such as "train.tare_t=198".

    Raises InputFaults with every text that is no assignment.
    """
    found: dict[str, Any] = {}
    faults = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path.strip() or not value.strip():
            faults.append(Fault("", "--set", "", text, "PATH=VALUE, for example train.tare_t=198"))
            continue
        try:
            found[path.strip()] = yaml_tree(f"value: {value.strip()}", "--set").plain()["value"]
        except InputFaults:
            faults.append(Fault("", "--set", path.strip(), value, "a number, or a YAML value on one line"))
    if faults:
        raise InputFaults(faults)
    return found


def changes_for(
    wish: Wish, content: Mapping[str, Any], stations: Sequence[Any], scenario: Scenario | None
) -> tuple[Change, ...]:
    """The changes of a scenario file, those of given values last.

    `content` is that of the file, `stations` are the rows of the stations, `scenario` is the scenario if it has no
    faults. Raises InputFaults for unknown paths and types, and for values that stand in a CSV table.
    """
    name = _main_type(content, wish.from_type)
    given = {_full_path(path, name): value for path, value in wish.values.items()}
    faults = [fault for path in given if (fault := _fault_of(path, content)) is not None]
    if faults:
        raise InputFaults(faults)
    kept = _kept(scenario) if not wish.replace_all else frozenset()
    changes: list[Change] = []
    if wish.from_type is not None:
        changes += _train_changes(trains().get(wish.from_type, "--from-type"), name, content, given, kept)
    if wish.supply is not None:
        changes += _supply_changes(supplies().get(wish.supply, "--supply"), content, stations, kept)
    own = _own_origin(wish.source, content)
    changes += [Change(path, _at(content, path), value, own) for path, value in given.items()]
    return tuple(change for change in changes if change.path not in given or change.origin == own)


def file_changes(
    changes: Sequence[Change], wish: Wish, content: Mapping[str, Any]
) -> list[tuple[tuple[str, ...], Any]]:
    """The changes of the file's text: the values, their provenance, and the citations."""
    found: list[tuple[tuple[str, ...], Any]] = [(change.path, change.after) for change in changes]
    found += [(("provenance", change.dotted), change.origin) for change in changes if _has_numbers(change.after)]
    origin = _own_origin(wish.source, content)
    if wish.source is not None and wish.values and origin != wish.source:
        found.append((("sources", origin), wish.source))
    return found


def _main_type(content: Mapping[str, Any], from_type: str | None) -> str:
    """The name of the main train type of the file; a file without trains gets one."""
    fleet = content.get("fleet")
    named = fleet[0].get("train_type") if isinstance(fleet, list) and fleet and isinstance(fleet[0], dict) else None
    types = content.get("train_types")
    return str(named or next(iter(types or ()), None) or from_type or "train")


def _full_path(path: str, main_type: str) -> tuple[str, ...]:
    steps = tuple(path.split("."))
    return ("train_types", main_type, *steps[1:]) if steps[0] == "train" else steps


def _fault_of(path: tuple[str, ...], content: Mapping[str, Any]) -> Fault | None:
    field = ".".join(path)
    if field_at(Scenario, path) is None or path[0] in ("provenance", "sources", "name", "overrides"):
        known = [key for key in Scenario.model_fields if key not in ("provenance", "sources", "name")]
        return Fault("", "--set", "", field, f"the path of a value: {did_you_mean(path[0], ('train', *known))}")
    for length in range(1, len(path)):
        value = _at(content, path[:length])
        if isinstance(value, str):
            return Fault("", "--set", "", field, f"change this value in the table {value}")
        if isinstance(value, list):
            whole = ".".join(path[:length])
            return Fault("", "--set", "", field, f"{whole}=[...] with the whole list, or a change by hand")
    return None


def _at(content: Any, path: Sequence[str]) -> Any:
    for step in path:
        content = content.get(step) if isinstance(content, Mapping) else None
    return content


def _kept(scenario: Scenario | None) -> frozenset[tuple[str, ...]]:
    """Fields of train types and supply of which no part is borrowed; typical values do not replace them."""
    if scenario is None:
        return frozenset()
    prefixes: set[tuple[str, ...]] = {
        ("train_types", name, field) for name in scenario.train_types for field in TRAIN_FIGURES
    }
    prefixes |= {("supply", field) for field in SUPPLY_FIGURES}
    texts = origins_below(scenario, prefixes)
    return frozenset(
        prefix for prefix, origins in texts.items() if origins and all(kind_of(one) != "borrowed" for one in origins)
    )


def _train_changes(
    kind: TypicalType,
    name: str,
    content: Mapping[str, Any],
    given: Mapping[tuple[str, ...], Any],
    kept: frozenset[tuple[str, ...]],
) -> list[Change]:
    base = ("train_types", name)

    def own(field: str) -> Any:
        path = (*base, field)
        value = given.get(path, _at(content, path) if path in kept else None)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    fields = train_fields(kind, own("tare_t"), own("length_m"))
    changes = []
    if _at(content, base) is None:
        changes.append(Change((*base, "title"), None, kind.title, ""))
    for field, value in fields.items():
        path = (*base, field)
        inside = any(one[: len(path)] == path and one != path for one in given)
        if path not in kept and not inside:
            changes.append(Change(path, _at(content, path), value, origin_of(kind, TRAIN_FIGURES[field])))
    return changes


def _supply_changes(
    kind: TypicalType, content: Mapping[str, Any], stations: Sequence[Any], kept: frozenset[tuple[str, ...]]
) -> list[Change]:
    changes = []
    for field, value in supply_fields(kind).items():
        path = ("supply", field)
        if path not in kept:
            changes.append(Change(path, _at(content, path), value, origin_of(kind, SUPPLY_FIGURES[field])))
    if _at(content, ("supply", "substations")) is None:
        places = _places(stations, kind.of("spacing_m"))
        if places:
            why = f"{ASSUMED}: typical of {kind.name}: at stations, about {kind.of('spacing_m'):.0f} m apart"
            changes.append(Change(("supply", "substations"), None, places, why))
    return changes


def _places(stations: Sequence[Any], spacing_m: float) -> list[dict[str, str]]:
    """Substations at both ends and at stations between, about the spacing apart; none without chainages."""
    placed = [
        (str(row.get("id")), float(row["chainage_m"]))
        for row in stations
        if isinstance(row, Mapping) and isinstance(row.get("chainage_m"), int | float)
    ]
    if len(placed) < max(2, len(stations)):
        return []
    chosen = [placed[0]]
    for here, after in pairwise(placed[1:]):
        if after[1] - chosen[-1][1] > spacing_m:
            chosen.append(here)
    chosen.append(placed[-1])
    return [{"id": name, "station": name} for name, _ in chosen]


def _has_numbers(value: Any) -> bool:
    """Whether a value needs an origin: a number, or a part or list of parts, which have numbers at least by default."""
    if isinstance(value, Mapping | list | tuple):
        return bool(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _own_origin(source: str | None, content: Mapping[str, Any]) -> str:
    """The provenance of given values: a key of the sources, a new key, or an assumption."""
    if source is None:
        return NOT_NAMED
    known = content.get("sources") or {}
    if source in known or source.startswith(f"{ASSUMED}:"):
        return source
    number, key = 1, GIVEN_KEY
    while key in known and known[key] != source:
        number += 1
        key = f"{GIVEN_KEY}_{number}"
    return key


def typical_texts(path: str) -> dict[str, str]:
    """Typical values of a field of a train or supply by the name of the type: "214 (198 to 240)"."""
    field = path.rsplit(".", maxsplit=1)[-1]
    sides: tuple[tuple[Library, Mapping[str, tuple[str, ...]]], ...] = (
        (trains(), TRAIN_FIGURES), (supplies(), SUPPLY_FIGURES),
    )  # fmt: skip
    library, figures = sides[0] if path.startswith("train_types.") else sides[1]
    if field not in figures or not path.startswith(("train_types.", "supply.")):
        return {}
    return {
        name: ", ".join(
            f"{kind.figures[one].value:g} ({kind.figures[one].low:g} to {kind.figures[one].high:g})"
            for one in figures[field]
            if one in kind.figures
        )
        for name, kind in library.types.items()
    }
