"""Change values of a YAML text and keep everything else: comments, order, layout.

A value is replaced where it stands, and a new key is added after the last key of its mapping. The result is read again
and compared with the wanted content, so that a layout that cannot be changed this way is refused and never damaged.
"""

import copy
import re
from collections.abc import Sequence
from typing import Any

import yaml

from energy_models.faults import Fault, InputFaults
from scenarios.files.source_positions import yaml_tree

Path = tuple[str, ...]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .*\-]*")
_ALIAS = re.compile(r"\s*\*[\w-]+")


def edited(text: str, changes: Sequence[tuple[Path, Any]], file: str) -> str:
    """The text with changed values; a path leads through mappings only, and missing mappings are added.

    Raises InputFaults if the text is not YAML, or if a change is not possible without a change of its layout.
    """
    given = text
    wanted = yaml_tree(text, file).plain()
    for path, value in changes:
        _put(wanted, path, value)
        text = _with(text, path, value, file)
    if _content(text, file) == wanted:
        return text
    # One change after the other, to name the one that is not possible.
    wanted = yaml_tree(given, file).plain()
    for path, value in changes:
        _put(wanted, path, value)
        given = _with(given, path, value, file)
        if _content(given, file) != wanted:
            raise _refusal(file, path)
    return given


def _content(text: str, file: str) -> Any:
    try:
        return yaml_tree(text, file).plain()
    except InputFaults:
        return None


def flow(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "null" if value is None else f"{value}"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else flow(str(name))


def _put(content: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        if not isinstance(content.get(step), dict):
            content[step] = {}
        content = content[step]
    content[path[-1]] = _as_read(copy.deepcopy(value))


def _as_read(value: Any) -> Any:
    """The value as YAML reads it back: lists for tuples, whole numbers without a decimal point."""
    if isinstance(value, dict):
        return {name: _as_read(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_read(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with(text: str, path: Path, value: Any, file: str) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    parent = root
    for depth, step in enumerate(path):
        found = next(((key, node) for key, node in parent.value if key.value == step), None)
        is_last = depth == len(path) - 1
        if found is None:
            inner = value
            for missing in reversed(path[depth + 1 :]):
                inner = {missing: inner}
            return _added(text, parent, step, inner, len(path) - depth - 1)
        key, node = found
        if is_last:
            return _replaced(text, parent, key, node, value)
        if not isinstance(node, yaml.MappingNode) or node.start_mark.index < key.end_mark.index:
            raise _refusal(file, path)
        parent = node
    return text


def _replaced(text: str, parent: yaml.MappingNode, key: yaml.Node, node: yaml.Node, value: Any) -> str:
    after = key.end_mark.index + text[key.end_mark.index :].index(":") + 1
    alias = _ALIAS.match(text[after:])
    if alias is not None:
        return f"{text[:after]} {flow(value)}{text[after + alias.end() :]}"
    begin, end = node.start_mark.index, _end(node)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        tail = "" if text[:end].endswith("\n") is False else "\n"
        return text[:begin] + flow(value) + tail + text[end:]
    if begin <= after and not text[after:begin].strip() and begin == end:
        return f"{text[:after]} {flow(value)}{text[after:]}"
    start_of_line = text.rfind("\n", 0, begin) + 1
    is_below = start_of_line > key.end_mark.index and not isinstance(node, yaml.ScalarNode)
    if is_below and begin - start_of_line <= key.start_mark.column:
        # A list may stand at the column of its key; a value in braces must stand further right.
        begin = start_of_line
        del parent
        return text[:begin] + " " * (key.start_mark.column + 2) + flow(value) + text[end:]
    return text[:begin] + flow(value) + text[end:]


def _end(node: yaml.Node) -> int:
    """Where the text of a value ends, without the lines and comments after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        children = last if isinstance(last, tuple) else (last,)
        return max(_end(child) for child in children)
    return int(node.end_mark.index)


def _added(text: str, parent: yaml.MappingNode, key: str, value: Any, new_levels: int) -> str:
    """The text with a further key; the first `new_levels` mappings of the value have one line per key."""
    if parent.flow_style:
        end = parent.end_mark.index - 1
        comma = ", " if parent.value else ""
        return f"{text[:end]}{comma}{_key(key)}: {flow(value)}{text[end:]}"
    column = parent.value[0][0].start_mark.column if parent.value else 0
    place = max((_end_of_pair(pair) for pair in parent.value), default=len(text))
    line_end = text.find("\n", place)
    line_end = len(text) if line_end < 0 else line_end
    if place and text[place - 1] == "\n":
        line_end = place - 1
    written = _block(value, column, new_levels)
    space = "" if written.startswith("\n") else " "
    return f"{text[:line_end]}\n{' ' * column}{_key(key)}:{space}{written}{text[line_end:]}"


def _end_of_pair(pair: tuple[yaml.Node, yaml.Node]) -> int:
    key, node = pair
    # An alias has the place of its anchor.
    return max(int(key.end_mark.index), _end(node) if node.start_mark.index >= key.end_mark.index else 0)


def _block(value: Any, column: int, levels: int) -> str:
    """A mapping with one key per line, other values on one line."""
    if not isinstance(value, dict) or not value or (levels == 0 and not _is_long(value)):
        return flow(value)
    indent = "\n" + " " * (column + 2)
    return "".join(
        f"{indent}{_key(name)}:{'' if inner.startswith(chr(10)) else ' '}{inner}"
        for name, inner in ((name, _block(item, column + 2, max(levels - 1, 0))) for name, item in value.items())
    )


def _is_long(value: Any) -> bool:
    return isinstance(value, dict) and (any(isinstance(item, dict) for item in value.values()) or len(flow(value)) > 90)


def _refusal(file: str, path: Path) -> InputFaults:
    dotted = ".".join(path)
    allowed = "a value that can be changed in place; change this value by hand"
    return InputFaults([Fault(file, "", dotted, "layout of the file", allowed)])
