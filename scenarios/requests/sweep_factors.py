"""The factors of a sweep: levels or distributions, and the values of the cases.

A factor in short form is a list of levels. The full form has one of levels, choice, uniform, normal and lognormal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError
from scipy.special import ndtri

from energy_models.arrays import FloatArray
from energy_models.faults import Fault
from scenarios.files.faults import faults_of_schema, shown
from scenarios.files.source_positions import SourceNode
from scenarios.schema.base import Number, Part, Text, Whole, YesNo

MOST_CASES = 10_000
OVERRIDES = "overrides"


class Uniform(Part):
    """Uniform distribution between two values."""

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
    """Lognormal distribution."""

    median: Annotated[Number, Field(gt=0)]
    """Median."""
    spread: Annotated[Number, Field(ge=0)]
    """Standard deviation of the natural logarithm."""


class Factor(Part):
    """The values of a factor: exactly one of levels, uniform, normal, lognormal and choice."""

    levels: tuple[Any, ...] | None = None
    """Values; the grid uses each of them."""
    labels: tuple[Text, ...] | None = None
    """Names of the levels in tables and plots, for long values."""
    choice: tuple[Any, ...] | None = None
    """Values from which samples are drawn with equal probability."""
    uniform: Uniform | None = None
    """Samples of a uniform distribution."""
    normal: Normal | None = None
    """Samples of a normal distribution."""
    lognormal: Lognormal | None = None
    """Samples of a lognormal distribution."""
    samples: Annotated[Whole, Field(ge=1, le=MOST_CASES)] | None = None
    """Number of values that a grid draws from a distribution or choice."""
    relative: YesNo = False
    """True: the values are factors on the value of the scenario."""


@dataclass(frozen=True)
class Level:
    """One value of a factor, its source position, and its label."""

    value: Any
    place: SourceNode
    label: str | int | float | bool


def read_factor(name: str, tree: SourceNode, is_grid: bool, faults: list[Fault]) -> Factor:
    """One factor; a short form becomes the full form."""
    content = tree.plain()
    where = f"factors.{name}"
    whole = tree if isinstance(content, dict) else SourceNode({"levels": tree}, tree.file, tree.place)
    try:
        factor = Factor.model_validate(whole.plain())
    except ValidationError as error:
        faults += (
            Fault(f.file, f.place, f"{where}.{f.field}", f.value, f.allowed)
            for f in faults_of_schema(error, whole, Factor)
        )
        return Factor()
    kinds = [
        kind for kind in ("levels", "choice", "uniform", "normal", "lognormal") if getattr(factor, kind) is not None
    ]
    wrong: tuple[str, str] | None = None
    values = factor.levels if factor.levels is not None else factor.choice
    if len(kinds) != 1:
        wrong = ", ".join(kinds) or "nothing", "a list of levels, or one of levels, choice, uniform, normal, lognormal"
    elif values is not None and not values:
        wrong = "no values", "at least one value"
    elif factor.labels is not None and len(factor.labels) != len(values or ()):
        wrong = f"{len(factor.labels)} labels", f"as many labels as values: {len(values or ())}"
    elif factor.samples is None and is_grid and kinds != ["levels"]:
        wrong = "no samples", "samples: the number of values that the grid draws"
    elif factor.relative and values is not None and not all(is_number(value) for value in values):
        wrong = shown(list(values)), "numbers, because relative is true"
    elif name == OVERRIDES and (values is None or not all(override_names(value) is not None for value in values)):
        wrong = shown(content), "names of overrides, lists of them, or [] for none"
    elif factor.uniform is not None and factor.uniform.from_ > factor.uniform.to:
        wrong = f"from {factor.uniform.from_:g} to {factor.uniform.to:g}", "from at most to"
    if wrong is not None:
        faults.append(Fault(tree.file, tree.place, where, *wrong))
    return factor


def is_number(value: Any) -> bool:
    """Whether a value is a number, and not a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def override_names(value: Any) -> tuple[str, ...] | None:
    """The names in one level of `overrides`; None if the level does not consist of names."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value) else None


def strata(count: int, generator: np.random.Generator) -> FloatArray:
    """One number in each of `count` equal parts of (0, 1), in a random order."""
    return np.asarray((generator.permutation(count) + generator.uniform(0.0, 1.0, count)) / count)


def levels_of(factor: Factor, shares: FloatArray | None, place: SourceNode) -> list[Level]:
    """The levels at quantiles of a factor; all levels if there are no quantiles."""
    values = factor.levels if factor.levels is not None else factor.choice
    if values is None:
        assert shares is not None
        return [Level(value, place, value) for value in _quantiles(factor, shares)]
    labels: Sequence[str | int | float | bool] = factor.labels or [_label(value) for value in values]
    items = [Level(value, place, label) for value, label in zip(values, labels, strict=True)]
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
    # Six digits are more precise than any such value, and readable.
    return [float(f"{value:.6g}") for value in values]


def _label(value: Any) -> str | int | float | bool:
    if isinstance(value, str | int | float | bool):
        return value
    names = override_names(value)
    return shown(value) if names is None else "+".join(names) or "none"
