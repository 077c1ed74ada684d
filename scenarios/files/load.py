"""From a folder to a scenario: read the files, apply overrides, check everything, and report all faults together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from energy_models.faults import Fault, InputFaults
from scenarios.files.csv_rows import is_table_name, shortened
from scenarios.files.faults import dotted, faults_of_schema, field_text, shown
from scenarios.files.folders import SCENARIO_FILE, scenario_fault
from scenarios.files.names import did_you_mean
from scenarios.files.overrides import ValueChange, changes_of, chosen, conflicts, merged, paths_of
from scenarios.files.partial import built_from_what_is_valid
from scenarios.files.section_chainages import Computed, computed_by, with_chainages
from scenarios.files.source_positions import SourceNode, TreePath, read_table, read_yaml
from scenarios.rules import RULES
from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import field_at, fields_by_key, shape_of
from scenarios.schema.words import is_clock, is_name

FILE = SCENARIO_FILE

LINES = Path(__file__).parents[1] / "lines"


def bundled() -> tuple[str, ...]:
    """Names of the bundled lines."""
    return tuple(sorted(file.parent.name for file in LINES.glob(f"*/{FILE}")))


def load_scenario(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a bundled line by name or a scenario folder by path, with overrides (an argument, or after a plus sign).

    Raises InputFaults with every fault of the scenario, or with the list of known names.
    """
    return ScenarioSource(name_or_path, overrides).variant()


class ScenarioSource:
    """The files of a scenario, read once, to build variants with more overrides and other changes."""

    def __init__(self, name_or_path: str | Path, overrides: Sequence[str] = ()) -> None:
        """Raises InputFaults if the files cannot be read."""
        file, named = find(name_or_path)
        self._faults: list[Fault] = []
        self._folder = file.parent
        self._tree = read_yaml(file, file.name)
        self._base = _base(self._tree, self._folder, self._faults)
        self._named = (*named, *overrides)

    def variant(self, overrides: Sequence[str] = (), changes: Sequence[SourceNode] = ()) -> Scenario:
        """The scenario with further overrides by name, and then with changes applied like overrides.

        Raises InputFaults with every fault; a fault in a change has the file and the line of the change.
        """
        faults = list(self._faults)
        names = (*self._named, *overrides)
        scenario = _with_overrides(self._tree, self._base, names, self._folder, faults, changes)
        if faults or scenario is None:
            raise InputFaults(in_order(faults))
        return scenario


def written_values(name_or_path: str | Path) -> tuple[dict[str, Any], dict[str, tuple[ValueChange, ...]]]:
    """The values of scenario.yaml as they stand there, and what each override changes, by its name.

    A table is the name of its file; a table is read only if an override changes one of its rows. A value that is
    missing has its default before. Raises InputFaults if the files cannot be read.
    """
    file, _ = find(name_or_path)
    tree = read_yaml(file, file.name)
    content = {key: node for key, node in tree.value.items() if key != "overrides"}
    base = SourceNode(content, tree.file, tree.place)
    overrides = {name: one for name in _override_names(tree) for one in chosen(tree, (name,), [])}
    in_tables = [path for one in overrides.values() for path in paths_of(one) if _is_in_table(base, path)]
    if in_tables:
        base = _with_tables(base, Scenario, file.parent, [], computed_by(tree), in_tables)
    changes = {name: tuple(map(_with_default, changes_of(base, one))) for name, one in overrides.items()}
    return {key: node.plain() for key, node in content.items()}, changes


def _is_in_table(base: SourceNode, path: tuple[str, ...]) -> bool:
    """Whether a path leads into a table."""
    return any(isinstance(base.at(path[:length]).value, str) for length in range(1, len(path)))


def _with_default(change: ValueChange) -> ValueChange:
    if change.before is not None:
        return change
    field = field_at(Scenario, change.path)
    if field is None or field.is_required():
        return change
    default = field.get_default(call_default_factory=True)
    # The default of a mapping is that of the mapping, not of its key.
    return change if isinstance(default, dict) else replace(change, before=default)


def faults_of(name_or_path: str | Path, overrides: Sequence[str] = ()) -> tuple[Fault, ...]:
    """All faults of a scenario; without chosen overrides, also the faults of each of its overrides."""
    try:
        readings = readings_of(name_or_path, overrides)
    except InputFaults as error:
        return error.faults
    return in_order([fault for reading in readings for fault in reading.faults])


@dataclass(frozen=True)
class Reading:
    """A scenario as far as it is valid, with its faults and the positions of its values.

    `scenario` has all fields if there are no faults; otherwise reading a missing field raises AttributeError.
    """

    scenario: Scenario
    tree: SourceNode
    faults: tuple[Fault, ...]
    override: str = ""

    def fault_at(self, path: TreePath, value: str, allowed: str) -> Fault:
        """A fault at the position of a value."""
        place = self.tree.at(path)
        where = f" (override {self.override})" if self.override else ""
        return Fault(place.file, place.place, field_text(self.tree, path), shown(value), allowed + where)


def readings_of(name_or_path: str | Path, overrides: Sequence[str] = ()) -> tuple[Reading, ...]:
    """The scenario, and without chosen overrides also the scenario with each of its overrides.

    Raises InputFaults if the files cannot be read.
    """
    file, named = find(name_or_path)
    tree = read_yaml(file, file.name)
    of_tables: list[Fault] = []
    base = _base(tree, file.parent, of_tables)
    found: list[Reading] = []
    for names in (
        (*named, *overrides),
        *(((one,) for one in _override_names(tree)) if not (named or overrides) else ()),
    ):
        faults = list(of_tables)
        whole = _merged(tree, base, names, file.parent, faults)
        scenario, seen = _built(_content(whole, names), whole, faults)
        faults.extend(_faults_of_rules(seen, whole, tuple(faults)))
        override = names[0] if names and not (named or overrides) else ""
        if override:
            known = set(found[0].faults)
            faults = [
                fault if fault in known else replace(fault, allowed=f"{fault.allowed} (override {override})")
                for fault in faults
            ]
        found.append(Reading(scenario or seen, whole, in_order(faults), override))
    return tuple(found)


def _base(tree: SourceNode, folder: Path, faults: list[Fault]) -> SourceNode:
    """The scenario without overrides, with its tables read."""
    content = {key: item for key, item in tree.value.items() if key != "overrides"}
    whole = SourceNode(content, tree.file, tree.place)
    return _with_tables(whole, Scenario, folder, faults, computed_by(tree))


def _with_overrides(
    tree: SourceNode,
    base: SourceNode,
    names: Sequence[str],
    folder: Path,
    faults: list[Fault],
    changes: Sequence[SourceNode] = (),
) -> Scenario | None:
    """The base with named overrides and further changes applied, checked; appends all faults."""
    whole = _merged(tree, base, names, folder, faults, changes)
    scenario, seen = _built(_content(whole, names), whole, faults)
    faults.extend(_faults_of_rules(seen, whole, tuple(faults)))
    return scenario


def _merged(
    tree: SourceNode,
    base: SourceNode,
    names: Sequence[str],
    folder: Path,
    faults: list[Fault],
    changes: Sequence[SourceNode] = (),
) -> SourceNode:
    """The base with named overrides and further changes applied; appends the faults of the overrides."""
    whole = base
    selected = chosen(tree, names, faults)
    if len(selected) == len(names):
        faults.extend(conflicts(list(zip(names, selected, strict=True))))
    for change in (*selected, *changes):
        whole = merged(whole, _with_tables(change, Scenario, folder, faults, computed_by(tree)), "", faults)
    return whole


def _content(whole: SourceNode, names: Sequence[str]) -> Any:
    """The plain values; the name of the scenario gets the names of the overrides."""
    content = whole.plain()
    if names and isinstance(content.get("name"), str):
        content["name"] = "+".join((content["name"], *names))
    return with_chainages(content)


def notes_of_tables(name_or_path: str | Path) -> tuple[str, ...]:
    """How the tables of a scenario were read, where their encoding, separator or header is not the default."""
    file, _ = find(name_or_path)
    tree = read_yaml(file, file.name)
    return tuple(dict.fromkeys(_notes(_base(tree, file.parent, []))))


def _notes(tree: SourceNode) -> list[str]:
    items = tree.value.values() if isinstance(tree.value, dict) else tree.value if isinstance(tree.value, list) else ()
    inner = [note for item in items if isinstance(item, SourceNode) for note in _notes(item)]
    return [*(f"{tree.file}: {note}" for note in tree.notes), *inner]


def override_names(name_or_path: str | Path) -> tuple[str, ...]:
    """Names of the overrides of a scenario."""
    file, _ = find(name_or_path)
    return _override_names(read_yaml(file, file.name))


def _override_names(tree: SourceNode) -> tuple[str, ...]:
    table = tree.value.get("overrides")
    return tuple(table.value) if table is not None and isinstance(table.value, dict) else ()


def find(name_or_path: str | Path) -> tuple[Path, tuple[str, ...]]:
    """The YAML file of a name or path, and the overrides after the plus sign of the name."""
    text = str(name_or_path)
    for candidate, names in ((text, ()), (text.split("+", maxsplit=1)[0], tuple(text.split("+")[1:]))):
        for folder in (Path(candidate), *([LINES / candidate] if candidate in bundled() else [])):
            if folder.is_file():
                return folder, names
            if (folder / FILE).is_file():
                return folder / FILE, names
    if text and Path(text).is_dir():
        raise InputFaults([scenario_fault(Path(text))])
    allowed = did_you_mean(text.split("+", maxsplit=1)[0], bundled()) + "; or the path of a folder"
    raise InputFaults([Fault("", "", "scenario", text or "no name", allowed)])


def _with_tables(
    tree: SourceNode,
    part: type[Part],
    folder: Path,
    faults: list[Fault],
    computed: Computed,
    only: Sequence[tuple[str, ...]] | None = None,
) -> SourceNode:
    """The tree in which the rows of the table replace each CSV file name; `computed` columns may be missing.

    With `only`, the tables on these paths are read, and no others.
    """
    if not isinstance(tree.value, dict):
        return tree
    content: dict[str, SourceNode] = {}
    fields = fields_by_key(part)
    for key, inner in tree.value.items():
        content[key] = inner
        shape = shape_of(fields[key][1].annotation) if key in fields else None
        within = None if only is None else [path[1:] for path in only if path[0] == key and len(path) > 1]
        if shape is None or shape.part is None or within == []:
            continue
        if shape.kind == "part":
            content[key] = _with_tables(inner, shape.part, folder, faults, computed, within)
        elif shape.kind == "list":
            content[key] = _table_or_items(inner, shape.part, folder, faults, computed)
        elif isinstance(inner.value, dict):
            items = {
                name: _with_tables(item, shape.part, folder, faults, computed) for name, item in inner.value.items()
            }
            content[key] = SourceNode(items, inner.file, inner.place)
    return SourceNode(content, tree.file, tree.place)


def _table_or_items(
    tree: SourceNode, part: type[Part], folder: Path, faults: list[Fault], computed: Computed
) -> SourceNode:
    if isinstance(tree.value, str) and is_table_name(tree.value):
        if not (folder / tree.value).resolve().is_relative_to(folder.resolve()):
            faults.append(Fault(tree.file, tree.place, "", tree.value, "a table in the scenario's folder"))
            return SourceNode([], tree.file, tree.place)
        fields = fields_by_key(part)
        supplied = computed.get(part, ())
        required = [key for key, (_, field) in fields.items() if field.is_required() and key not in supplied]
        clocks = [key for key, (_, field) in fields.items() if is_clock(field)]
        names = [key for key, (_, field) in fields.items() if is_name(field)]
        return read_table(folder / tree.value, tree.value, fields, required, faults, names, clocks)
    if isinstance(tree.value, list):
        return SourceNode(
            [_with_tables(item, part, folder, faults, computed) for item in tree.value], tree.file, tree.place
        )
    return tree


def _built(content: Any, tree: SourceNode, faults: list[Fault]) -> tuple[Scenario | None, Scenario]:
    """The scenario if the schema finds no faults, and its valid parts, which the rules check; appends the faults."""
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        faults.extend(faults_of_schema(error, tree, Scenario))
        return None, cast(Scenario, built_from_what_is_valid(Scenario, content))
    return scenario, scenario


def _faults_of_rules(scenario: Scenario, tree: SourceNode, known: Sequence[Fault]) -> list[Fault]:
    faults: list[Fault] = []
    stopped: list[Exception] = []
    broken: set[str] = set()
    for rule in RULES:
        if (rule.needs_whole and (known or faults)) or broken & set(rule.after_sense):
            continue
        try:
            for finding in rule.find(scenario):
                place = tree.at(finding.path)
                if rule.needs_whole_table and _is_faulty(finding.path, place, known):
                    continue
                allowed = f"{finding.allowed} (rule {rule.number})"
                broken.add(rule.number)
                faults.append(
                    Fault(place.file, place.place, field_text(tree, finding.path), shown(finding.value), allowed)
                )
        except (AttributeError, LookupError, ValueError) as error:
            # A rule stops at a missing value or a wrong reference; the schema or another rule reports that fault.
            stopped.append(error)
    if stopped and not faults and not known:
        raise stopped[0]
    return faults


def _is_faulty(path: TreePath, place: SourceNode, known: Sequence[Fault]) -> bool:
    """Whether the table at the start of a path has a fault."""
    table = dotted(step for step in path if isinstance(step, str) and not step.endswith("_m"))
    is_csv = is_table_name(place.file)
    return any(fault.file == place.file if is_csv else fault.field.startswith(table) for fault in known)


def in_order(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Each fault once, by file and position; long lists of the same fault are shortened."""
    return tuple(shortened(sorted(dict.fromkeys(faults), key=_place_order)))


def _place_order(fault: Fault) -> tuple[bool, str, int]:
    digits = "".join(character for character in fault.place.split(",")[0] if character.isdigit())
    return is_table_name(fault.file), fault.file, int(digits or 0)
