"""Violations of rules, and the registry of all rules with their sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch.checker.case import CheckCase
from dispatch.plans.plan import MODES, Mode


@dataclass(frozen=True)
class Violation:
    """One violation of one rule: trip, place, time and amount (`amount` in `unit`; `sentence` contains both)."""

    rule: str
    sentence: str
    trip: str = ""
    place: str = ""
    time_s: int | None = None
    amount: float = 0.0
    unit: str = "s"

    def __str__(self) -> str:
        """One line for the planner."""
        return f"{self.rule}: {self.sentence}"


RuleFunction = Callable[[CheckCase], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """One rule: its id, its sentence, its modes and its check."""

    rule: str
    sentence: str
    modes: tuple[Mode, ...]
    check: RuleFunction


_registry: dict[str, Rule] = {}


def rule(name: str, sentence: str, modes: tuple[Mode, ...] = MODES) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as the check of the rule `name` with a sentence."""

    def enter(function: RuleFunction) -> RuleFunction:
        if name in _registry:
            raise ValueError(f"rule {name} is declared twice")
        _registry[name] = Rule(name, sentence, modes, function)
        return function

    return enter


def registered() -> tuple[Rule, ...]:
    """All rules in order of declaration."""
    return tuple(_registry.values())


def clock(time_s: float) -> str:
    """Seconds from midnight as HH:MM:SS; hours may pass 24."""
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
