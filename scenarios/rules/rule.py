"""What a rule is: a number, a sentence, and a function that finds where a scenario breaks it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario

PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True)
class Finding:
    """A place where a rule is broken: the path of keys and positions, what stands there, what is allowed."""

    path: tuple[str | int, ...]
    value: str
    allowed: str


@dataclass(frozen=True)
class Rule:
    """A rule with its number (family letter and count) and its sentence.

    `needs_whole` rules are asked only about a scenario that the schema accepts, because a hole elsewhere would mislead
    them; findings of `needs_whole_table` rules do not count in a table that has a faulty row.
    """

    number: str
    sentence: str
    find: Callable[[Scenario], Iterable[Finding]]
    needs_whole: bool = False
    needs_whole_table: bool = False


def having(items: Iterable[PartT], *fields: str) -> Iterator[tuple[int, PartT]]:
    """Positions and items that have all those fields: in a faulty scenario some are missing."""
    for position, item in enumerate(items):
        if all(name in item.__dict__ for name in fields):
            yield position, item
