"""The field reference of the scenario language as Markdown, made from the schema and the rules."""

import inspect

from pydantic.fields import FieldInfo

from scenarios.rules import RULES
from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key, parts, shape_of
from scenarios.schema.words import allowed_by, is_clock, unit_of

BEGIN = "<!-- fields: made by `headwatt scenario schema --markdown`; do not edit by hand -->"
END = "<!-- end of fields -->"


def field_reference() -> str:
    """A table for each part, in the order of the file, then the numbered rules."""
    lines = [BEGIN, ""]
    for part in parts(Scenario):
        lines += _part_table(part)
    lines += ["### Rules between parts", "", "A message names the rule that found its fault.", ""]
    lines += ["| rule | says |", "| --- | --- |"]
    lines += [f"| {rule.number} | {rule.sentence} |" for rule in RULES]
    return "\n".join([*lines, "", END])


def updated(page: str) -> str:
    """The page with its field reference made anew; ValueError when the page has no place for it."""
    begin, end = page.index(BEGIN), page.index(END) + len(END)
    return page[:begin] + field_reference() + page[end:]


def _part_table(part: type[Part]) -> list[str]:
    lines = [f"### {part.__name__}", "", inspect.cleandoc(part.__doc__ or ""), ""]
    lines += ["| key | unit | allowed | if left out | meaning |", "| --- | --- | --- | --- | --- |"]
    for key, (name, field) in fields_by_key(part).items():
        cells = (f"`{key}`", _unit(key, name, field), _allowed(field), _default(field), field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return [*lines, ""]


def _unit(key: str, name: str, field: FieldInfo) -> str:
    """Clock times have no unit of their own; parts within have theirs told in their own table."""
    if is_clock(field):
        return "clock"
    return unit_of(name) if key == name and shape_of(field.annotation).part is None else ""


def _allowed(field: FieldInfo) -> str:
    shape = shape_of(field.annotation)
    if shape.part is None:
        return allowed_by(field).removesuffix(", or left out")
    link = f"[{shape.part.__name__}](#{shape.part.__name__.lower()})"
    return {"part": link, "list": f"list or CSV table of {link}", "mapping": f"{link} by name"}[shape.kind]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "none"
    if default in ((), {}, ""):
        return "empty"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, int | float) else str(default)
