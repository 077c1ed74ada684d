"""The file of a sweep: a scenario, factors with their levels or distributions, and how often each case is simulated.

    scenario: beijing_yizhuang
    plan: plans/beijing_yizhuang
    factors:
      disturbances.dwell_noise_s: [0, 1, 3]
      demand.scale: {normal: {mean: 1.0, standard_deviation: 0.05}, samples: 4}
      train_types.six_car.tare_t: {levels: [0.95, 1.0, 1.05], relative: true}
    replications: 10

A factor is a path into the scenario, as an override would write it (parts of a list with an `id` are named by it), or
`overrides`, whose levels are names. The design is the grid of all levels, or a Latin hypercube of a number of samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError
from scipy.special import ndtri

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from scenarios.faults import faults_of_schema, shown
from scenarios.load import ScenarioSource
from scenarios.located import Located, read_yaml
from scenarios.names import did_you_mean
from scenarios.schema.base import Number, Part, Text, Whole, YesNo
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key

MOST_CASES = 10_000
OVERRIDES = "overrides"

TimetableName = Literal["in_force", "plan"]


class Uniform(Part):
    """Any value between two ends, all alike."""

    from_: Annotated[Number, Field(alias="from")]
    """Lower end."""
    to: Number
    """Upper end."""


class Normal(Part):
    """A normal distribution."""

    mean: Number
    """Mean."""
    standard_deviation: Annotated[Number, Field(ge=0)]
    """Standard deviation."""


class Lognormal(Part):
    """A value whose logarithm is normal."""

    median: Annotated[Number, Field(gt=0)]
    """Median."""
    spread: Annotated[Number, Field(ge=0)]
    """Standard deviation of the natural logarithm."""


class Factor(Part):
    """What a factor takes: exactly one of levels, uniform, normal, lognormal and choice."""

    levels: tuple[Any, ...] | None = None
    """Values, each of which the grid takes."""
    labels: tuple[Text, ...] | None = None
    """Names of the levels in tables and plots, where the values themselves are long."""
    choice: tuple[Any, ...] | None = None
    """Values of which samples are drawn, all alike."""
    uniform: Uniform | None = None
    """Samples between two ends."""
    normal: Normal | None = None
    """Samples of a normal distribution."""
    lognormal: Lognormal | None = None
    """Samples of a lognormal distribution."""
    samples: Annotated[Whole, Field(ge=1, le=MOST_CASES)] | None = None
    """How many values a grid draws of a distribution or choice."""
    relative: YesNo = False
    """True: values multiply what the scenario has there."""


class SweepFile(Part):
    """A sweep as it is written."""

    title: str = ""
    """What people call it."""
    description: str = ""
    """What is asked."""
    scenario: Text
    """Name of a bundled line, or path of a scenario folder, seen from the folder of this file."""
    overrides: tuple[Text, ...] = ()
    """Overrides that hold in every case."""
    plan: Text | None = None
    """Folder of a plan, seen from the folder of this file; it may be given on the command line instead."""
    timetable: Annotated[tuple[TimetableName, ...], Field(min_length=1)] | None = None
    """Timetables to simulate in each case; by default the one in force, and the plan if there is one."""
    design: Literal["grid", "latin_hypercube"] = "grid"
    """Every combination of levels, or samples spread evenly over the range of each factor."""
    samples: Annotated[Whole, Field(ge=2, le=MOST_CASES)] | None = None
    """Cases of a Latin hypercube."""
    replications: Annotated[Whole, Field(ge=2, le=10_000)] = 10
    """Simulated days of each case and timetable; the same days in all of them."""
    seed: Annotated[Whole, Field(ge=0)] = 0
    """Decides the days and the samples."""
    factors: Annotated[dict[str, Any], Field(min_length=1)]
    """Factors by name."""


@dataclass(frozen=True, eq=False)
class SweepCase:
    """One combination: a label for each factor, and the scenario that it makes."""

    labels: Mapping[str, str | int | float | bool]
    scenario: Scenario


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep that was read: its file, the names of its factors, and all its cases in order."""

    file: SweepFile
    folder: Path
    factors: tuple[str, ...]
    cases: tuple[SweepCase, ...]

    @property
    def plan_folder(self) -> Path | None:
        """The plan that the file names."""
        return self.folder / self.file.plan if self.file.plan is not None else None


@dataclass(frozen=True)
class _Level:
    """One value of a factor, where it stands, and its label."""

    value: Any
    place: Located
    label: str | int | float | bool


def read_sweep(path: Path) -> Sweep:
    """Read a sweep's file and make all its cases. Raises InputFaults with every fault of the file and of its cases."""
    tree = read_yaml(path, path.name)
    try:
        file = SweepFile.model_validate(tree.plain())
    except ValidationError as error:
        raise InputFaults((*faults_of_schema(error, tree, SweepFile), *_faults_of_paths(tree, path.parent))) from error
    faults: list[Fault] = []
    if file.design == "latin_hypercube" and file.samples is None:
        faults.append(Fault(path.name, tree.place, "samples", "missing", "how many cases the Latin hypercube has"))
    if file.design == "grid" and file.samples is not None:
        place = tree.at(("samples",)).place
        faults.append(Fault(path.name, place, "samples", str(file.samples), "with design: latin_hypercube only"))
    factors = {name: _factor(name, tree.at(("factors", name)), file, faults) for name in file.factors}
    if faults:
        raise InputFaults(faults)
    name = _scenario_name(file.scenario, path.parent)
    try:
        source = ScenarioSource(name, file.overrides)
        base = source.variant()
    except InputFaults as error:
        place = tree.at(("scenario",)).place
        named = (Fault(path.name, place, f.field, f.value, f.allowed) if not f.file else f for f in error.faults)
        raise InputFaults(named) from error
    rows = _combinations(factors, file, path.name, tree)
    cases: list[SweepCase] = []
    for row in rows:
        try:
            cases.append(_case(source, base, row))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(dict.fromkeys(faults))
    return Sweep(file, path.parent, tuple(factors), tuple(cases))


def _faults_of_paths(tree: Located, folder: Path) -> list[Fault]:
    """Where the factors of a file with other faults lead nowhere, as far as the file tells its scenario."""
    content = tree.plain()
    name, factors = (content.get(key) for key in ("scenario", "factors")) if isinstance(content, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(factors, dict):
        return []
    faults: list[Fault] = []
    try:
        base = ScenarioSource(_scenario_name(name, folder), ()).variant()
    except InputFaults:
        return []
    for factor in factors:
        try:
            if factor != OVERRIDES:
                _there(base, str(factor), tree.at(("factors", factor)))
        except InputFaults as error:
            faults += error.faults
    return faults


def _scenario_name(name: str, folder: Path) -> str:
    """A folder beside the sweep's file comes before a bundled line of that name."""
    beside = folder / name
    return str(beside) if beside.exists() else name


def _factor(name: str, tree: Located, file: SweepFile, faults: list[Fault]) -> Factor:
    """One factor, its short form written out."""
    content = tree.plain()
    where = f"factors.{name}"
    whole = tree if isinstance(content, dict) else Located({"levels": tree}, tree.file, tree.place)
    try:
        factor = Factor.model_validate(whole.plain())
    except ValidationError as error:
        faults += (
            Fault(f.file, f.place, f"{where}.{f.field}", f.value, f.allowed)
            for f in faults_of_schema(error, whole, Factor)
        )
        return Factor()
    said = [
        kind for kind in ("levels", "choice", "uniform", "normal", "lognormal") if getattr(factor, kind) is not None
    ]
    wrong: tuple[str, str] | None = None
    values = factor.levels if factor.levels is not None else factor.choice
    if len(said) != 1:
        wrong = ", ".join(said) or "nothing", "a list of levels, or one of levels, choice, uniform, normal, lognormal"
    elif values is not None and not values:
        wrong = "no values", "at least one value"
    elif factor.labels is not None and len(factor.labels) != len(values or ()):
        wrong = f"{len(factor.labels)} labels", f"as many labels as values: {len(values or ())}"
    elif factor.samples is None and file.design == "grid" and said != ["levels"]:
        wrong = "no samples", "samples: how many values the grid draws"
    elif factor.relative and values is not None and not all(_is_number(value) for value in values):
        wrong = shown(list(values)), "numbers, where relative is true"
    elif name == OVERRIDES and (values is None or not all(_override_names(value) is not None for value in values)):
        wrong = shown(content), "names of overrides, lists of them, or [] for none"
    elif factor.uniform is not None and factor.uniform.from_ > factor.uniform.to:
        wrong = f"from {factor.uniform.from_:g} to {factor.uniform.to:g}", "from at most to"
    if wrong is not None:
        faults.append(Fault(tree.file, tree.place, where, *wrong))
    return factor


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _override_names(value: Any) -> tuple[str, ...] | None:
    """The names in one level of `overrides`; None where it is none."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value) else None


def _combinations(factors: Mapping[str, Factor], file: SweepFile, name: str, tree: Located) -> list[dict[str, _Level]]:
    """A level of each factor for each case."""
    places = {factor: tree.at(("factors", factor)) for factor in factors}
    generator = np.random.default_rng(np.random.SeedSequence([file.seed, 1]))
    if file.design == "latin_hypercube":
        count = file.samples or 0
        columns = {f: _levels(factors[f], _strata(count, generator), places[f]) for f in factors}
        return [{f: columns[f][i] for f in factors} for i in range(count)]
    lists = []
    for factor, kind in factors.items():
        whole = kind.levels is not None
        shares = None if whole else np.sort(_strata(kind.samples or 1, generator))
        lists.append(_levels(kind, shares, places[factor]))
    count = int(np.prod([len(levels) for levels in lists], dtype=float))
    if count > MOST_CASES:
        place = tree.at(("factors",)).place
        raise InputFaults([Fault(name, place, "factors", f"{count} cases", f"at most {MOST_CASES} combinations")])
    return [dict(zip(factors, row, strict=True)) for row in product(*lists)]


def _strata(count: int, generator: np.random.Generator) -> FloatArray:
    """One number in each of `count` equal parts of (0, 1), in a random order."""
    return np.asarray((generator.permutation(count) + generator.uniform(0.0, 1.0, count)) / count)


def _levels(factor: Factor, shares: FloatArray | None, place: Located) -> list[_Level]:
    """The levels at quantiles of a factor; without quantiles all its levels."""
    values = factor.levels if factor.levels is not None else factor.choice
    if values is None:
        assert shares is not None
        return [_Level(value, place, value) for value in _quantiles(factor, shares)]
    labels: Sequence[str | int | float | bool] = factor.labels or [_label(value) for value in values]
    items = [_Level(value, place, label) for value, label in zip(values, labels, strict=True)]
    if shares is None:
        return items
    return [items[min(int(share * len(items)), len(items) - 1)] for share in shares]


def _quantiles(factor: Factor, shares: FloatArray) -> list[float]:
    if factor.uniform is not None:
        values = factor.uniform.from_ + shares * (factor.uniform.to - factor.uniform.from_)
    elif factor.normal is not None:
        values = factor.normal.mean + factor.normal.standard_deviation * ndtri(shares)
    elif factor.lognormal is not None:
        values = factor.lognormal.median * np.exp(factor.lognormal.spread * ndtri(shares))
    else:
        raise ValueError("a factor without values")
    # Six digits say more than anyone knows of such a value, and can be read.
    return [float(f"{value:.6g}") for value in values]


def _label(value: Any) -> str | int | float | bool:
    if isinstance(value, str | int | float | bool):
        return value
    names = _override_names(value)
    return shown(value) if names is None else "+".join(names) or "none"


def _case(
    source: ScenarioSource,
    base: Scenario,
    row: Mapping[str, _Level],
) -> SweepCase:
    names: tuple[str, ...] = ()
    if OVERRIDES in row:
        names = _override_names(row[OVERRIDES].value) or ()
    start = source.variant(names) if names else base
    factors = {name: level for name, level in row.items() if name != OVERRIDES}
    changes = [_change(name.split("."), _value(start, name, level), level.place) for name, level in factors.items()]
    scenario = source.variant(names, changes) if changes else start
    if scenario.demand == base.demand:  # the table of demand is most of a scenario: kept once
        scenario = scenario.with_parts(demand=base.demand)
    return SweepCase({name: level.label for name, level in row.items()}, scenario)


def _value(scenario: Scenario, name: str, level: _Level) -> Any:
    """What a factor puts there: its level, or the level times what is there; whole numbers stay whole."""
    there = _there(scenario, name, level.place)
    value = level.value
    factor = level.place.plain()
    relative = isinstance(factor, dict) and factor.get("relative") is True
    if relative and not _is_number(there):
        allowed = "a number in the scenario, where relative is true"
        raise InputFaults([Fault(level.place.file, level.place.place, f"factors.{name}", shown(there), allowed)])
    if relative:
        value = value * there
    drawn = isinstance(factor, dict) and "levels" not in factor
    if (relative or drawn) and isinstance(there, int) and not isinstance(there, bool) and isinstance(value, float):
        return round(value)
    return value


def _there(scenario: Scenario, name: str, place: Located) -> Any:
    """The scenario's own value at a path. Raises InputFaults where the path leads nowhere."""
    current: Any = scenario
    for step in name.split("."):
        if isinstance(current, Part):
            fields = fields_by_key(type(current))
            if step not in fields:
                raise InputFaults([_nowhere(place, name, step, list(fields))])
            current = getattr(current, fields[step][0])
        elif isinstance(current, dict) and step in current:
            current = current[step]
        elif isinstance(current, tuple) and all(isinstance(item, Part) for item in current):
            items = {str(item.id): item for item in current if hasattr(item, "id")}
            if step not in items:
                raise InputFaults([_nowhere(place, name, step, list(items))])
            current = items[step]
        elif isinstance(current, dict):
            raise InputFaults([_nowhere(place, name, step, [str(key) for key in current])])
        else:
            allowed = "a path into the scenario that ends at a value, a part or a list"
            raise InputFaults([Fault(place.file, place.place, f"factors.{name}", step, allowed)])
    return current


def _nowhere(place: Located, name: str, step: str, known: list[str]) -> Fault:
    return Fault(place.file, place.place, f"factors.{name}", step, did_you_mean(step, known))


def _change(path: list[str], value: Any, place: Located) -> Located:
    """A change of one value, as an override would say it, that stands where its factor stands."""
    inner = _located(value, place)
    for step in reversed(path):
        inner = Located({step: inner}, place.file, place.place)
    return inner


def _located(value: Any, place: Located) -> Located:
    if isinstance(value, dict):
        return Located({key: _located(item, place) for key, item in value.items()}, place.file, place.place)
    if isinstance(value, list | tuple):
        return Located([_located(item, place) for item in value], place.file, place.place)
    return Located(value, place.file, place.place)
