"""The file of a sweep: a scenario, factors with levels or distributions, and the number of days of each case.

    scenario: beijing_yizhuang
    plan: plans/beijing_yizhuang
    factors:
      disturbances.dwell_noise_s: [0, 1, 3]
      demand.scale: {normal: {mean: 1.0, standard_deviation: 0.05}, samples: 4}
      train_types.six_car.tare_t: {levels: [0.95, 1.0, 1.05], relative: true}
    replications: 10

A factor is the path of a field of the scenario, as in an override (the `id` identifies a part of a list), or
`overrides`, whose levels are names. The design is the grid of all levels, or a Latin hypercube with some samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from energy_models.faults import Fault, InputFaults
from scenarios.files.faults import faults_of_schema
from scenarios.files.load import ScenarioSource
from scenarios.files.source_positions import SourceNode, read_yaml
from scenarios.requests.sweep_factors import (
    MOST_CASES,
    OVERRIDES,
    Factor,
    Level,
    levels_of,
    override_names,
    read_factor,
    strata,
)
from scenarios.requests.sweep_paths import change_of, new_value, value_at
from scenarios.schema.base import Part, Text, Whole
from scenarios.schema.scenario import Scenario

TimetableName = Literal["in_force", "plan"]


class SweepFile(Part):
    """The content of a sweep file."""

    title: str = ""
    """Name in reports."""
    description: str = ""
    """Description of the question that the sweep answers."""
    scenario: Text
    """Name of a bundled line, or path of a scenario folder relative to the folder of this file."""
    overrides: tuple[Text, ...] = ()
    """Overrides of every case."""
    plan: Text | None = None
    """Plan folder, relative to the folder of this file; the command line can replace it."""
    timetable: Annotated[tuple[TimetableName, ...], Field(min_length=1)] | None = None
    """Timetables to simulate in each case; by default the timetable in force, and the plan if there is one."""
    design: Literal["grid", "latin_hypercube"] = "grid"
    """grid: all combinations of levels. latin_hypercube: samples spread evenly over the range of each factor."""
    samples: Annotated[Whole, Field(ge=2, le=MOST_CASES)] | None = None
    """Number of cases of a Latin hypercube."""
    replications: Annotated[Whole, Field(ge=2, le=10_000)] = 10
    """Number of simulated days of each case and timetable; all cases have the same days."""
    seed: Annotated[Whole, Field(ge=0)] = 0
    """Seed of the days and of the samples."""
    factors: Annotated[dict[str, Any], Field(min_length=1)]
    """Factors by name."""


@dataclass(frozen=True, eq=False)
class SweepCase:
    """One combination: a label for each factor, and the scenario of the case."""

    labels: Mapping[str, str | int | float | bool]
    scenario: Scenario


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep: its file, the names of its factors, and all its cases in order."""

    file: SweepFile
    folder: Path
    factors: tuple[str, ...]
    cases: tuple[SweepCase, ...]

    @property
    def plan_folder(self) -> Path | None:
        """The plan of the file."""
        return self.folder / self.file.plan if self.file.plan is not None else None


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file and build all its cases. Raises InputFaults with all faults of the file and of its cases."""
    tree = read_yaml(path, path.name)
    try:
        file = SweepFile.model_validate(tree.plain())
    except ValidationError as error:
        raise InputFaults((*faults_of_schema(error, tree, SweepFile), *_faults_of_paths(tree, path.parent))) from error
    faults: list[Fault] = []
    if file.design == "latin_hypercube" and file.samples is None:
        faults.append(Fault(path.name, tree.place, "samples", "missing", "the number of cases of the Latin hypercube"))
    if file.design == "grid" and file.samples is not None:
        place = tree.at(("samples",)).place
        faults.append(Fault(path.name, place, "samples", str(file.samples), "with design: latin_hypercube only"))
    factors = {
        name: read_factor(name, tree.at(("factors", name)), file.design == "grid", faults) for name in file.factors
    }
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


def _faults_of_paths(tree: SourceNode, folder: Path) -> list[Fault]:
    """Faults of factors whose path is not in the scenario, for a file with other faults and a known scenario."""
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
                value_at(base, str(factor), tree.at(("factors", factor)))
        except InputFaults as error:
            faults += error.faults
    return faults


def _scenario_name(name: str, folder: Path) -> str:
    """The scenario; a folder next to the sweep file has priority over a bundled line of the same name."""
    beside = folder / name
    return str(beside) if beside.exists() else name


def _combinations(
    factors: Mapping[str, Factor], file: SweepFile, name: str, tree: SourceNode
) -> list[dict[str, Level]]:
    """For each case, a level of each factor."""
    places = {factor: tree.at(("factors", factor)) for factor in factors}
    generator = np.random.default_rng(np.random.SeedSequence([file.seed, 1]))
    if file.design == "latin_hypercube":
        count = file.samples or 0
        columns = {f: levels_of(factors[f], strata(count, generator), places[f]) for f in factors}
        return [{f: columns[f][i] for f in factors} for i in range(count)]
    lists = []
    for factor, kind in factors.items():
        whole = kind.levels is not None
        shares = None if whole else np.sort(strata(kind.samples or 1, generator))
        lists.append(levels_of(kind, shares, places[factor]))
    count = int(np.prod([len(levels) for levels in lists], dtype=float))
    if count > MOST_CASES:
        place = tree.at(("factors",)).place
        raise InputFaults([Fault(name, place, "factors", f"{count} cases", f"at most {MOST_CASES} combinations")])
    return [dict(zip(factors, row, strict=True)) for row in product(*lists)]


def _case(
    source: ScenarioSource,
    base: Scenario,
    row: Mapping[str, Level],
) -> SweepCase:
    names: tuple[str, ...] = ()
    if OVERRIDES in row:
        names = override_names(row[OVERRIDES].value) or ()
    start = source.variant(names) if names else base
    factors = {name: level for name, level in row.items() if name != OVERRIDES}
    changes = [
        change_of(name.split("."), new_value(start, name, level), level.place) for name, level in factors.items()
    ]
    scenario = source.variant(names, changes) if changes else start
    if scenario.demand == base.demand:  # the table of demand is most of a scenario: kept once
        scenario = scenario.with_parts(demand=base.demand)
    return SweepCase({name: level.label for name, level in row.items()}, scenario)
