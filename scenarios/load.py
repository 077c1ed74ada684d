"""From a folder to a scenario: read, lay overrides over it, check everything, and tell every fault at once."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from energy_models.faults import Fault, InputFaults
from scenarios.faults import dotted, faults_of_schema, field_text, shown
from scenarios.located import Located, TreePath, read_table, read_yaml
from scenarios.names import did_you_mean
from scenarios.overrides import chosen, merged
from scenarios.partial import built_from_what_is_valid
from scenarios.rules import RULES
from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key, shape_of

FILE = "scenario.yaml"
ROWS_TOLD = 5
"""Rows of a table that are named one by one when they share a fault."""

LINES = Path(__file__).parent / "lines"


def bundled() -> tuple[str, ...]:
    """Names of the lines that come with Headwatt."""
    return tuple(sorted(file.parent.name for file in LINES.glob(f"*/{FILE}")))


def load_scenario(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a bundled line by name, or a scenario folder by path, with overrides: by name, or after a plus in the name.

    Raises InputFaults with every fault of the scenario, or with the list of known names.
    """
    return ScenarioSource(name_or_path, overrides).variant()


class ScenarioSource:
    """A scenario's files, read once, from which variants are made: more overrides, and changes from elsewhere."""

    def __init__(self, name_or_path: str | Path, overrides: Sequence[str] = ()) -> None:
        """Raises InputFaults when the files cannot be read."""
        file, named = find(name_or_path)
        self._faults: list[Fault] = []
        self._folder = file.parent
        self._tree = read_yaml(file, file.name)
        self._base = _base(self._tree, self._folder, self._faults)
        self._named = (*named, *overrides)

    def variant(self, overrides: Sequence[str] = (), changes: Sequence[Located] = ()) -> Scenario:
        """The scenario with further overrides by name, then changes laid over it like overrides.

        Raises InputFaults with every fault; those of a change name the file and line where it stands.
        """
        faults = list(self._faults)
        names = (*self._named, *overrides)
        scenario = _with_overrides(self._tree, self._base, names, self._folder, faults, changes)
        if faults or scenario is None:
            raise InputFaults(_in_order(faults))
        return scenario


def faults_of(name_or_path: str | Path, overrides: Sequence[str] = ()) -> tuple[Fault, ...]:
    """All faults of a scenario; unless overrides are chosen, also those that each of its overrides brings in."""
    try:
        file, named = find(name_or_path)
        tree = read_yaml(file, file.name)
    except InputFaults as error:
        return error.faults
    faults: list[Fault] = []
    base = _base(tree, file.parent, faults)
    of_tables = tuple(faults)
    _with_overrides(tree, base, (*named, *overrides), file.parent, faults)
    for name in () if named or overrides else _override_names(tree):
        of_one = list(of_tables)
        _with_overrides(tree, base, (name,), file.parent, of_one)
        faults.extend(of_one)
    return tuple(_in_order(faults))


def _base(tree: Located, folder: Path, faults: list[Fault]) -> Located:
    """The scenario without its overrides, its tables read."""
    content = {key: item for key, item in tree.value.items() if key != "overrides"}
    return _with_tables(Located(content, tree.file, tree.place), Scenario, folder, faults)


def _with_overrides(
    tree: Located,
    base: Located,
    names: Sequence[str],
    folder: Path,
    faults: list[Fault],
    changes: Sequence[Located] = (),
) -> Scenario | None:
    """The base with the overrides of those names and further changes laid over it, checked; appends all faults."""
    whole = base
    for change in (*chosen(tree, names, faults), *changes):
        whole = merged(whole, _with_tables(change, Scenario, folder, faults), "", faults)
    content = whole.plain()
    if names and isinstance(content.get("name"), str):
        content["name"] = "+".join((content["name"], *names))
    return _checked(content, whole, faults)


def override_names(name_or_path: str | Path) -> tuple[str, ...]:
    """Names of the overrides that a scenario offers."""
    file, _ = find(name_or_path)
    return _override_names(read_yaml(file, file.name))


def _override_names(tree: Located) -> tuple[str, ...]:
    table = tree.value.get("overrides")
    return tuple(table.value) if table is not None and isinstance(table.value, dict) else ()


def find(name_or_path: str | Path) -> tuple[Path, tuple[str, ...]]:
    """The YAML file of a name or path, and the overrides that the name asks for after a plus."""
    text = str(name_or_path)
    for candidate, names in ((text, ()), (text.split("+", maxsplit=1)[0], tuple(text.split("+")[1:]))):
        for folder in (Path(candidate), *([LINES / candidate] if candidate in bundled() else [])):
            if folder.is_file():
                return folder, names
            if (folder / FILE).is_file():
                return folder / FILE, names
    if text and Path(text).is_dir():
        raise InputFaults([Fault(text, "", "", "no scenario in this folder", f"a folder with a file {FILE}")])
    allowed = did_you_mean(text.split("+", maxsplit=1)[0], bundled()) + "; or the path of a folder"
    raise InputFaults([Fault("", "", "scenario", text or "no name", allowed)])


def _with_tables(tree: Located, part: type[Part], folder: Path, faults: list[Fault]) -> Located:
    """The tree with each CSV name in place of a list of parts replaced by the table's rows."""
    if not isinstance(tree.value, dict):
        return tree
    content: dict[str, Located] = {}
    fields = fields_by_key(part)
    for key, inner in tree.value.items():
        content[key] = inner
        shape = shape_of(fields[key][1].annotation) if key in fields else None
        if shape is None or shape.part is None:
            continue
        if shape.kind == "part":
            content[key] = _with_tables(inner, shape.part, folder, faults)
        elif shape.kind == "list":
            content[key] = _table_or_items(inner, shape.part, folder, faults)
        elif isinstance(inner.value, dict):
            items = {name: _with_tables(item, shape.part, folder, faults) for name, item in inner.value.items()}
            content[key] = Located(items, inner.file, inner.place)
    return Located(content, tree.file, tree.place)


def _table_or_items(tree: Located, part: type[Part], folder: Path, faults: list[Fault]) -> Located:
    if isinstance(tree.value, str) and tree.value.endswith(".csv"):
        if not (folder / tree.value).resolve().is_relative_to(folder.resolve()):
            faults.append(Fault(tree.file, tree.place, "", tree.value, "a table within the scenario's folder"))
            return Located([], tree.file, tree.place)
        fields = fields_by_key(part)
        required = [key for key, (_, field) in fields.items() if field.is_required()]
        return read_table(folder / tree.value, tree.value, fields, required, faults)
    if isinstance(tree.value, list):
        return Located([_with_tables(item, part, folder, faults) for item in tree.value], tree.file, tree.place)
    return tree


def _checked(content: Any, tree: Located, faults: list[Fault]) -> Scenario | None:
    """The scenario if the schema accepts it; appends all faults. Of a faulty one the rules see what is left."""
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(content)
        seen = scenario
    except ValidationError as error:
        faults.extend(faults_of_schema(error, tree, Scenario))
        seen = cast(Scenario, built_from_what_is_valid(Scenario, content))
    faults.extend(_faults_of_rules(seen, tree, tuple(faults)))
    return scenario


def _faults_of_rules(scenario: Scenario, tree: Located, known: Sequence[Fault]) -> list[Fault]:
    faults: list[Fault] = []
    stopped: list[Exception] = []
    for rule in RULES:
        if rule.needs_whole and (known or faults):
            continue
        try:
            for finding in rule.find(scenario):
                place = tree.at(finding.path)
                if rule.needs_whole_table and _is_faulty(finding.path, place, known):
                    continue
                allowed = f"{finding.allowed} (rule {rule.number})"
                faults.append(
                    Fault(place.file, place.place, field_text(tree, finding.path), shown(finding.value), allowed)
                )
        except (AttributeError, LookupError, ValueError) as error:
            # A rule that meets a hole or a broken reference stops: that fault is told by the schema or another rule.
            stopped.append(error)
    if stopped and not faults and not known:
        raise stopped[0]
    return faults


def _is_faulty(path: TreePath, place: Located, known: Sequence[Fault]) -> bool:
    """Whether the table at the beginning of a path has a fault of its own."""
    table = dotted(step for step in path if isinstance(step, str) and not step.endswith("_m"))
    is_csv = place.file.endswith(".csv")
    return any(fault.file == place.file if is_csv else fault.field.startswith(table) for fault in known)


def _shortened(faults: list[Fault]) -> list[Fault]:
    """The faults, of many rows with the same one only the first few and their number."""
    count: Counter[tuple[str, str, str]] = Counter()
    kept = []
    for fault in faults:
        kind = (fault.file, fault.field, fault.allowed)
        count[kind] += 1
        if not fault.place.startswith("row") or count[kind] <= ROWS_TOLD:
            kept.append(fault)
    for (file, field, allowed), number in count.items():
        if number > ROWS_TOLD and not file.endswith(".yaml"):
            kept.append(Fault(file, "", field, f"the same in {number - ROWS_TOLD} more rows", allowed))
    return kept


def _in_order(faults: list[Fault]) -> list[Fault]:
    """Each fault once, by file and place, long lists of the same one shortened."""
    return _shortened(sorted(dict.fromkeys(faults), key=_place_order))


def _place_order(fault: Fault) -> tuple[bool, str, int]:
    digits = "".join(character for character in fault.place.split(",")[0] if character.isdigit())
    return fault.file.endswith(".csv"), fault.file, int(digits or 0)
