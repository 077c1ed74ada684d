"""A rule: a number, a sentence, and a function that finds the violations of the rule in a scenario."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario

PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True)
class Finding:
    """A violation of a rule: the path of keys and positions, the value at this path, and the allowed values."""

    path: tuple[str | int, ...]
    value: str
    allowed: str


@dataclass(frozen=True)
class Rule:
    """A rule with its number (family letter and count) and its sentence.

    `needs_whole` rules run only on a scenario without schema faults, because a missing field could give wrong
    findings. Findings of `needs_whole_table` rules are ignored in a table with a faulty row. A rule does not run if a
    rule of `after_sense` has a finding, because both then have the same cause.
    """

    number: str
    sentence: str
    find: Callable[[Scenario], Iterable[Finding]]
    needs_whole: bool = False
    needs_whole_table: bool = False
    after_sense: tuple[str, ...] = ()


def having(items: Iterable[PartT], *fields: str) -> Iterator[tuple[int, PartT]]:
    """Positions and items that have all these fields; in a faulty scenario some items lack a field."""
    for position, item in enumerate(items):
        if all(name in item.__dict__ for name in fields):
            yield position, item
