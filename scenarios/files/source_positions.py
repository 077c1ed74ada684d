"""YAML and CSV files as trees in which every value has its source position: the file, and the line or row.

Plain YAML scalars follow the core schema of YAML 1.2: only true and false are booleans, and 16:30 is text, not 990.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from energy_models.faults import Fault, InputFaults
from energy_models.tables.rows import TableForm
from energy_models.tables.stored_bytes import stored_bytes
from scenarios.files.clock_text import scenario_clock
from scenarios.files.csv_rows import read_table_file

Step = str | int
TreePath = tuple[Step, ...]

_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_WHOLE = re.compile(r"[-+]?[0-9]{1,400}")
# More digits are text: no field allows such a number, and Python refuses to convert 4,300 digits and more.
_WORDS = {word for kind in ("true", "false", "null") for word in (kind, kind.title(), kind.upper())}
MOST_YAML_BYTES = 20_000_000
"""Largest YAML file. Long lists belong into tables."""
LARGEST_REPETITION = 20
LEAST_REPEATED_NODES = 100_000
"""Aliases may make a tree of more nodes than the second value at most by the first factor larger than its text."""
DEEPEST_NESTING = 50
"""Largest depth of lists and mappings within each other. PyYAML needs quadratic time for deep nesting of brackets."""
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class SourceNode:
    """A value (text, number, boolean, None, dict or list of SourceNode) with its source position.

    A row of a table is a dict of plain cells; all cells have the position of the row.
    """

    value: Any
    file: str
    place: str
    missing_columns: tuple[str, ...] = field(default=())
    """Missing columns of a table or a row; they are reported once and not again for each cell."""
    notes: tuple[str, ...] = field(default=())
    """How a table was read, where its form is not the default."""

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {key: item.plain() if isinstance(item, SourceNode) else item for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def at(self, path: TreePath) -> "SourceNode":
        """The value at a path, or the innermost value that contains the path."""
        current = self
        for step in path:
            content = current.value
            inner = None
            if isinstance(content, dict):
                inner = content.get(str(step))
            elif isinstance(content, list) and isinstance(step, int) and -len(content) <= step < len(content):
                inner = content[step]
            if not isinstance(inner, SourceNode):
                break
            current = inner
        return current

    def cell(self, key: str) -> Any:
        """The plain value of one key of a dict; None if the key is missing."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return inner.value if isinstance(inner, SourceNode) else inner


class _CoreLoader(yaml.SafeLoader):
    """SafeLoader without the special values of YAML 1.1 (yes, no, on, off, sexagesimal numbers, dates)."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def read_yaml(file: Path, name: str) -> SourceNode:
    """Read a YAML file; raises InputFaults if it is not readable, is not valid YAML or repeats a key."""
    faults: list[Fault] = []
    content = stored_bytes(file, name, "a readable text file in UTF-8", faults, MOST_YAML_BYTES)
    if content is None:
        raise InputFaults(faults)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFaults([Fault(name, "", "", "", f"a readable text file in UTF-8 ({error})")]) from error
    return yaml_tree(text, name)


def yaml_tree(text: str, name: str, *, aliases: bool = True) -> SourceNode:
    """The tree of a YAML text; raises InputFaults if the text is not valid YAML or repeats a key.

    If `aliases` is false, aliases are a fault: a few lines with aliases can expand to more data than fits in memory.
    """
    faults: list[Fault] = []
    try:
        if not aliases or text.count("[") + text.count("{") > DEEPEST_NESTING:
            _check_events(text, name, aliases=aliases)
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
    if re.search(r"[*]\S", text):
        _check_aliases(node, name)
    tree = _from_node(node, name, faults)
    if faults:
        raise InputFaults(faults)
    return tree


def _check_aliases(root: yaml.Node, name: str) -> None:
    """Raise InputFaults if the aliases of a text repeat so much that the tree is far larger than the text, or deeper.

    The size of the tree is counted without building it: each node is visited once.
    """
    size: dict[int, int] = {}
    depth: dict[int, int] = {}

    def measure(node: yaml.Node) -> tuple[int, int]:
        key = id(node)
        if key not in size:
            size[key], depth[key] = 1, 1  # also the end of a cycle, which is reported later
            pairs = node.value if not isinstance(node, yaml.ScalarNode) else []
            inner = [item for pair in pairs for item in (pair if isinstance(pair, tuple) else (pair,))]
            found = [measure(item) for item in inner]
            size[key] = 1 + sum(nodes for nodes, _ in found)
            depth[key] = 1 + max((levels for _, levels in found), default=0)
        return size[key], depth[key]

    nodes, levels = measure(root)
    if nodes > max(LEAST_REPEATED_NODES, LARGEST_REPETITION * len(size)):
        allowed = f"aliases (*) that make the content at most {LARGEST_REPETITION} times as long"
        raise InputFaults([Fault(name, "", "", "aliases that repeat each other", allowed)])
    if levels > DEEPEST_NESTING:
        allowed = f"at most {DEEPEST_NESTING} lists and mappings within each other"
        raise InputFaults([Fault(name, "", "", "nested too deeply", allowed)])


def _check_events(text: str, name: str, *, aliases: bool) -> None:
    """Raise InputFaults at the first event that is nested too deeply, or that is a forbidden alias.

    The parser is lazy, so that a text with many open brackets is refused before the parser reads all of them.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_CoreLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_NESTING:
            mark = event.start_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            allowed = f"at most {DEEPEST_NESTING} lists and mappings within each other"
            raise InputFaults([Fault(name, place, "", "nested too deeply", allowed)])
        if isinstance(event, yaml.AliasEvent) and not aliases:
            raise InputFaults([Fault(name, "", "", "an alias (*)", "YAML without aliases")])


def plain_tree(content: Any, name: str) -> SourceNode:
    """The tree of plain values, for example of JSON, without source positions."""
    if isinstance(content, dict):
        return SourceNode({str(key): plain_tree(item, name) for key, item in content.items()}, name, "")
    if isinstance(content, list | tuple):
        return SourceNode([plain_tree(item, name) for item in content], name, "")
    return SourceNode(content, name, "")


def _from_node(node: yaml.Node, name: str, faults: list[Fault], above: tuple[yaml.Node, ...] = ()) -> SourceNode:
    place = f"line {node.start_mark.line + 1}"
    if any(node is outer for outer in above):
        faults.append(Fault(name, place, "", "a value that contains itself", "values without cycles"))
        return SourceNode(None, name, place)
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        content: dict[str, SourceNode] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in content:
                faults.append(
                    Fault(name, f"line {key_node.start_mark.line + 1}", key, "key given twice", "each key once")
                )
            inner = _from_node(value_node, name, faults, above)
            # A part is looked for where its key stands, not where its first child does.
            content[key] = SourceNode(inner.value, name, f"line {key_node.start_mark.line + 1}")
        return SourceNode(content, name, place)
    if isinstance(node, yaml.SequenceNode):
        return SourceNode([_from_node(item, name, faults, above) for item in node.value], name, place)
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return SourceNode(scalar(node.value) if is_plain else node.value, name, place)


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


def read_table(
    file: Path,
    name: str,
    known: Iterable[str],
    required: Iterable[str],
    faults: list[Fault],
    names: Collection[str] = (),
    clocks: Collection[str] = (),
) -> SourceNode:
    """Read a table of a scenario; lines that begin with # are comments, an empty cell means a missing value.

    The cells of the columns `names` stay text. `clocks` are the columns with times of day, which may be fractions of a
    day. All faults are appended to `faults`.
    """
    columns = tuple(known)
    neighbours = ", ".join(sorted(other.name for other in file.parent.glob("*.csv"))) or "none"
    wanted = f"a CSV table; tables in this folder: {neighbours}"
    form = TableForm(comments=True)
    table = read_table_file(file, name, wanted, faults, required=tuple(required), known=columns, form=form)
    if table is None:
        return SourceNode([], name, "", columns)
    items = []
    for row in table.rows:
        if row.cells is None:
            # Kept as an empty row, so that nobody takes what it was meant to hold for unknown.
            items.append(SourceNode({}, name, row.place, columns))
            continue
        cells = {
            column: cell if column in names else scalar(scenario_clock(cell) if column in clocks else cell)
            for column, cell in row.cells.items()
            if cell and column in columns
        }
        items.append(SourceNode(cells, name, row.place))
    return SourceNode(items, name, table.header_place, table.missing, table.notes)
