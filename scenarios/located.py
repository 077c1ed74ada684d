"""Files as trees whose every value knows its file and line or row: the YAML of a scenario and its CSV tables.

Plain YAML scalars follow YAML 1.2's core rules: only true and false are truth values, and 16:30 is text, not 990.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from energy_models.faults import Fault, InputFaults
from scenarios.names import nearest

Step = str | int
TreePath = tuple[Step, ...]

_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_WORDS = {word for kind in ("true", "false", "null") for word in (kind, kind.title(), kind.upper())}
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Located:
    """A value (text, number, truth, None, dict or list of Located) and where it stands.

    A row of a table is a dict of plain cells: they all stand in that row.
    """

    value: Any
    file: str
    place: str
    missing_columns: tuple[str, ...] = field(default=())
    """Of a table or a row: columns that it lacks, reported once and not again for each cell."""

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: item.plain() if isinstance(item, Located) else item for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def at(self, path: TreePath) -> "Located":
        """The value at a path, or the nearest value that encloses it."""
        current = self
        for step in path:
            content = current.value
            inner = None
            if isinstance(content, dict):
                inner = content.get(str(step))
            elif isinstance(content, list) and isinstance(step, int) and -len(content) <= step < len(content):
                inner = content[step]
            if not isinstance(inner, Located):
                break
            current = inner
        return current

    def cell(self, key: str) -> Any:
        """The plain value of one key of a dict; None if it is not there."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return inner.value if isinstance(inner, Located) else inner


class _CoreLoader(yaml.SafeLoader):
    """SafeLoader without YAML 1.1's surprises (yes, no, on, off, sexagesimal numbers, dates)."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def read_yaml(file: Path, name: str) -> Located:
    """Read a YAML file; InputFaults when it cannot be read, is no valid YAML or repeats a key."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFaults([Fault(name, "", "", "", f"a readable text file in UTF-8 ({error})")]) from error
    return yaml_tree(text, name)


def yaml_tree(text: str, name: str, *, aliases: bool = True) -> Located:
    """The tree of a YAML text; InputFaults when it is no valid YAML or repeats a key.

    Without `aliases` none may be used: a few lines of them can stand for more than any memory holds.
    """
    faults: list[Fault] = []
    try:
        if not aliases and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_CoreLoader)):
            raise InputFaults([Fault(name, "", "", "an alias (*)", "YAML without aliases")])
        node = yaml.compose(text, Loader=_CoreLoader)
    except RecursionError as error:
        raise InputFaults([Fault(name, "", "", "nested too deeply", "valid YAML")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputFaults([Fault(name, place, "", str(error.problem or "not YAML"), "valid YAML")]) from error
    except yaml.YAMLError as error:
        raise InputFaults([Fault(name, "", "", " ".join(str(error).split()), "valid YAML")]) from error
    if not isinstance(node, yaml.MappingNode):
        raise InputFaults([Fault(name, "line 1", "", "no keys", "a mapping of keys and values")])
    tree = _from_node(node, name, faults)
    if faults:
        raise InputFaults(faults)
    return tree


def plain_tree(content: Any, name: str) -> Located:
    """The tree of plain values, such as JSON holds, that stand in no file."""
    if isinstance(content, dict):
        return Located({str(key): plain_tree(item, name) for key, item in content.items()}, name, "")
    if isinstance(content, list | tuple):
        return Located([plain_tree(item, name) for item in content], name, "")
    return Located(content, name, "")


def _from_node(node: yaml.Node, name: str, faults: list[Fault], above: tuple[yaml.Node, ...] = ()) -> Located:
    place = f"line {node.start_mark.line + 1}"
    if any(node is outer for outer in above):
        faults.append(Fault(name, place, "", "a value that contains itself", "values without circles"))
        return Located(None, name, place)
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Located] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in content:
                faults.append(Fault(name, f"line {key_node.start_mark.line + 1}", key, "given twice", "each key once"))
            inner = _from_node(value_node, name, faults, above)
            # A part is looked for where its key stands, not where its first child does.
            content[key] = Located(inner.value, name, f"line {key_node.start_mark.line + 1}")
        return Located(content, name, place)
    if isinstance(node, yaml.SequenceNode):
        return Located([_from_node(item, name, faults, above) for item in node.value], name, place)
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return Located(scalar(node.value) if is_plain else node.value, name, place)


def scalar(text: str) -> Any:
    """The value of a plain YAML scalar or of a CSV cell."""
    if text[:1].isalpha() and text not in _WORDS:
        return text
    if _NULL.fullmatch(text):
        return None
    if text in _WORDS:
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def read_table(file: Path, name: str, known: Iterable[str], required: Iterable[str], faults: list[Fault]) -> Located:
    """Read a CSV table with a header; rows count as a spreadsheet counts them, the header is row 1.

    Lines that begin with # are comments. Faults of the header (unknown, missing or repeated columns) and rows of a
    wrong length are appended to `faults`; an empty cell counts as not given.
    """
    known = tuple(known)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        neighbours = ", ".join(sorted(other.name for other in file.parent.glob("*.csv"))) or "none"
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "no such file"
        faults.append(Fault(name, "", "", reason, f"a CSV table; tables here: {neighbours}"))
        return Located([], name, "", tuple(known))
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if not line.startswith("#")]
    rows = list(csv.reader(line for _, line in numbered))
    if not rows or not any(cell.strip() for cell in rows[0]):
        faults.append(Fault(name, "row 1", "", "no header", "a header with the columns " + ", ".join(known)))
        return Located([], name, "row 1", tuple(known))
    header = [cell.strip() for cell in rows[0]]
    header_row = f"row {numbered[0][0]}"
    for position, column in enumerate(header):
        if column in header[:position]:
            faults.append(Fault(name, header_row, column, "column given twice", "each column once"))
        elif column not in known:
            faults.append(Fault(name, header_row, column, "unknown column", "the columns " + ", ".join(known)))
    missing = tuple(column for column in required if column not in header)
    unknown = [column for column in header if column not in known]
    meant = {near for column in unknown for near in nearest(column, missing)[:1]}
    faults.extend(
        Fault(name, header_row, column, "column missing", "the columns " + ", ".join(known))
        for column in missing
        if column not in meant
    )
    items = []
    for (number, line), cells in zip(numbered[1:], rows[1:], strict=False):
        if not line.strip():
            continue
        place = f"row {number}"
        if len(cells) != len(header):
            faults.append(Fault(name, place, "", f"{len(cells)} cells", f"{len(header)} cells, as in the header"))
            # Kept as an empty row, so that nobody takes what it was meant to hold for unknown.
            items.append(Located({}, name, place, known))
            continue
        items.append(
            Located(
                {
                    column: scalar(cell.strip())
                    for column, cell in zip(header, cells, strict=True)
                    if cell.strip() and column in known
                },
                name,
                place,
            )
        )
    return Located(items, name, header_row, missing)
