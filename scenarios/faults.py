"""Faults of the schema, told with file, place, field, value and what is allowed."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from energy_models.faults import Fault
from scenarios.located import Located, TreePath
from scenarios.names import did_you_mean, nearest
from scenarios.schema.base import Part
from scenarios.schema.structure import field_at, fields_by_key, part_at
from scenarios.schema.words import allowed_by, allowed_in_item


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: timetable.periods[2].from."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def field_text(tree: Located, path: TreePath) -> str:
    """The path of a value; within a CSV table only the column, since file and row say the rest."""
    place = tree.at(path)
    if place.place.startswith("row") and path:
        columns = [step for step in path if isinstance(step, str)]
        return columns[-1]
    return dotted(path)


def shown(value: Any) -> str:
    """A value in a message, cut to a readable length."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def faults_of_schema(error: ValidationError, tree: Located, root: type[Part]) -> tuple[Fault, ...]:
    """One fault for each error of pydantic, except those that a table's header has already said."""
    faults = []
    details = [(detail, _path_in(tree, detail["loc"])) for detail in error.errors(include_url=False)]
    meant = _misspelt(details)
    for detail, path in details:
        if detail["type"] == "missing" and path in meant:
            continue
        if detail["type"] == "missing" and path[-1] in _lacking(tree, path):
            continue
        faults.append(_fault(detail, path, tree, root))
    return tuple(dict.fromkeys(faults))


def _misspelt(details: list[tuple[ErrorDetails, TreePath]]) -> set[TreePath]:
    """Paths of missing keys that stand there under a wrong name: one slip of the pen is one fault."""
    missing = {path for detail, path in details if detail["type"] == "missing"}
    meant: set[TreePath] = set()
    for detail, path in details:
        if detail["type"] == "extra_forbidden":
            beside = [str(other[-1]) for other in missing if other[:-1] == path[:-1]]
            meant.update((*path[:-1], name) for name in nearest(str(path[-1]), beside)[:1])
    return meant


def _fault(detail: ErrorDetails, path: TreePath, tree: Located, root: type[Part]) -> Fault:
    place = tree.at(path)
    field = field_at(root, path)
    if detail["type"] == "extra_forbidden":
        part = part_at(root, path[:-1])
        known = list(fields_by_key(part)) if part is not None else []
        return Fault(place.file, place.place, field_text(tree, path), "unknown key", did_you_mean(str(path[-1]), known))
    words = allowed_in_item if isinstance(path[-1], int) else allowed_by
    allowed = words(field) if field is not None else detail["msg"]
    if detail["type"] == "missing":
        meaning = (
            f" ({field.description.splitlines()[0].rstrip('.')})" if field is not None and field.description else ""
        )
        return Fault(place.file, place.place, field_text(tree, path), "missing", allowed + meaning)
    return Fault(place.file, place.place, field_text(tree, path), shown(detail["input"]), allowed)


def _path_in(tree: Located, location: tuple[str | int, ...]) -> TreePath:
    """Pydantic's location without the steps that it adds for its own sake (keys of mappings are marked so)."""
    return tuple(step for step in location if step != "[key]") if tree.value is not None else location


def _lacking(tree: Located, path: TreePath) -> tuple[str, ...]:
    """Columns that the table or the row of a cell is already known to lack."""
    return tree.at(path[:-1]).missing_columns + tree.at(path[:-2]).missing_columns
