"""Faults of the schema: each with file, position, field, value and allowed values."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from energy_models.faults import Fault
from scenarios.files.csv_rows import is_table_name
from scenarios.files.names import did_you_mean, nearest
from scenarios.files.source_positions import SourceNode, TreePath
from scenarios.rules.unit_hints import unit_hint
from scenarios.schema.base import Part
from scenarios.schema.structure import field_at, fields_by_key, part_at
from scenarios.schema.words import allowed_by, allowed_in_item

MOST_OF_A_KIND = 20
"""Most faults of one kind that are listed; the others are counted."""


def dotted(path: Iterable[str | int]) -> str:
    """A path as text: timetable.periods[2].from."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def field_text(tree: SourceNode, path: TreePath) -> str:
    """The path of a value; within a CSV table only the column, because the fault also has the file and the row."""
    place = tree.at(path)
    if place.place.startswith("row") and path:
        columns = [step for step in path if isinstance(step, str)]
        return columns[-1]
    return dotted(path)


def shown(value: Any) -> str:
    """A value for a message, shortened to a readable length."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def faults_of_schema(error: ValidationError, tree: SourceNode, root: type[Part]) -> tuple[Fault, ...]:
    """One fault for each error of pydantic, except errors that the header of a table already caused."""
    faults = []
    details = [(detail, _path_in(tree, detail["loc"])) for detail in error.errors(include_url=False)]
    meant = _misspelt(details)
    count: Counter[tuple[str, TreePath]] = Counter()
    for detail, path in details:
        same = _kind(detail["type"], path)
        count[same] += 1
        if count[same] > MOST_OF_A_KIND and not is_table_name(tree.at(path).file):
            continue  # the rows of tables are counted by `shortened`
        if detail["type"] == "missing" and path in meant:
            continue
        if detail["type"] == "missing" and path[-1] in _lacking(tree, path):
            continue
        faults.append(_fault(detail, path, tree, root))
    for (kind, of), number in count.items():
        if number > MOST_OF_A_KIND and not is_table_name(tree.at(of).file):
            words = f"the same in {number - MOST_OF_A_KIND:,} more places"
            faults.append(Fault(tree.file, "", dotted(of), words, kind.replace("_", " ")))
    return tuple(dict.fromkeys(faults))


def _kind(kind: str, path: TreePath) -> tuple[str, TreePath]:
    """Equal for faults that differ only in the item of a list or in the name of an unknown key."""
    names = tuple(step for step in path if isinstance(step, str))
    return kind, names[:-1] if kind == "extra_forbidden" else names


def _misspelt(details: list[tuple[ErrorDetails, TreePath]]) -> set[TreePath]:
    """Paths of missing keys that are present under a misspelt name, so that one spelling mistake gives one fault."""
    missing = {path for detail, path in details if detail["type"] == "missing"}
    meant: set[TreePath] = set()
    for detail, path in details:
        if detail["type"] == "extra_forbidden":
            beside = [str(other[-1]) for other in missing if other[:-1] == path[:-1]]
            meant.update((*path[:-1], name) for name in nearest(str(path[-1]), beside)[:1])
    return meant


def _fault(detail: ErrorDetails, path: TreePath, tree: SourceNode, root: type[Part]) -> Fault:
    place = tree.at(path)
    field = field_at(root, path)
    if detail["type"] == "extra_forbidden":
        part = part_at(root, path[:-1])
        known = list(fields_by_key(part)) if part is not None else []
        meant = did_you_mean(str(path[-1]), known, if_none="this part of the scenario takes no keys")
        return Fault(place.file, place.place, field_text(tree, path), "unknown key", meant)
    words = allowed_in_item if isinstance(path[-1], int) else allowed_by
    allowed = words(field) if field is not None else detail["msg"]
    if detail["type"] == "missing":
        meaning = (
            f" ({field.description.splitlines()[0].rstrip('.')})" if field is not None and field.description else ""
        )
        return Fault(place.file, place.place, field_text(tree, path), "missing", allowed + meaning)
    names = [step for step in path if isinstance(step, str)]
    hint = unit_hint(names[-1], detail["input"]) if names else ""
    return Fault(place.file, place.place, field_text(tree, path), shown(detail["input"]), allowed + hint)


def _path_in(tree: SourceNode, location: tuple[str | int, ...]) -> TreePath:
    """Pydantic's location without the steps that pydantic adds (for example for keys of mappings)."""
    return tuple(step for step in location if step != "[key]") if tree.value is not None else location


def _lacking(tree: SourceNode, path: TreePath) -> tuple[str, ...]:
    """Columns that are already reported as missing in the table or the row of a cell."""
    return tree.at(path[:-1]).missing_columns + tree.at(path[:-2]).missing_columns
