"""Write a scenario in the form of a hand-written one: scenario.yaml with times as text, long lists as CSV tables."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from energy_models.tables.formulas import without_formula
from scenarios.schema.base import Part, seconds_to_clock
from scenarios.schema.structure import fields_by_key
from scenarios.schema.words import is_clock

LONGEST_LIST = 6
"""Longer lists become tables."""
TABLES = ("stations", "calls")
"""Lists that are always tables."""
FILE_NAMES = {"calls": "timetable"}
"""Names of tables that differ from their key."""
INLINE_WIDTH = 100
LINE_BY_LINE = ("sources", "provenance", "acknowledged")


def document_of(part: Part) -> dict[str, Any]:
    """The part in file form: keys of the file, times as text, without fields that have their default."""
    content: dict[str, Any] = {}
    for key, (name, field) in fields_by_key(type(part)).items():
        value = getattr(part, name)
        if not field.is_required() and value == field.get_default(call_default_factory=True):
            continue
        content[key] = seconds_to_clock(value) if is_clock(field) else _plain(value)
    return content


def write_document(folder: Path, document: Mapping[str, Any], head: str = "", tail: str = "") -> tuple[Path, ...]:
    """Write scenario.yaml with a comment at its start and end, and a CSV table for each long list of flat parts."""
    written: list[Path] = []
    content = {key: _with_tables(folder, key, value, written) for key, value in document.items()}
    text = "".join(_dumped(key, value) for key, value in content.items())
    file = folder / "scenario.yaml"
    file.write_text(head + text + tail, encoding="utf-8")
    return (file, *written)


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return document_of(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _with_tables(folder: Path, key: str, value: Any, written: list[Path]) -> Any:
    if isinstance(value, dict):
        return {inner: _with_tables(folder, inner, item, written) for inner, item in value.items()}
    is_long = isinstance(value, list) and (len(value) > LONGEST_LIST or key in TABLES)
    if not is_long or not all(isinstance(row, dict) for row in value):
        return value
    if any(isinstance(cell, dict | list) for row in value for cell in row.values()):
        return value
    file = folder / f"{FILE_NAMES.get(key, key)}.csv"
    if file in written:
        return value
    _write_table(file, value)
    written.append(file)
    return file.name


def _write_table(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_formula(value) if isinstance(value, str) else value


class _Block(dict[str, Any]):
    """A mapping with one line per key."""


class _Dumper(yaml.SafeDumper):
    """One line for short values, otherwise one line per key; a value that occurs twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        children = [child for pair in node.value for child in pair]
        is_flat = all(isinstance(child, yaml.ScalarNode) for child in children)
        length = sum(len(child.value) + 2 for child in children if isinstance(child, yaml.ScalarNode))
        node.flow_style = is_flat and length < INLINE_WIDTH and not isinstance(mapping, _Block)
        return node

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = all(isinstance(child, yaml.ScalarNode) for child in node.value)
        return node


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # Clocks are quoted, so that no other reader takes them for numbers to the base of sixty.
    is_clock_text = value[:1].isdigit() and ":" in value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if is_clock_text else None)


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    return dumper.represent_int(int(value)) if value.is_integer() else dumper.represent_float(value)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
_Dumper.add_representer(_Block, yaml.SafeDumper.represent_dict)


def _dumped(key: str, value: Any) -> str:
    content = _Block(value) if key in LINE_BY_LINE else value
    return yaml.dump(
        _Block({key: content}), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10 * INLINE_WIDTH
    )
