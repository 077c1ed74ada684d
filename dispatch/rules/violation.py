"""What a rule says when it is broken, and the registry in which every rule stands with its sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch.plan import MODES, Mode
from dispatch.rules.case import Case


@dataclass(frozen=True)
class Violation:
    """One breach of one rule: which trip, where, when and by how much (`amount` in `unit`, both in `sentence` too)."""

    rule: str
    sentence: str
    trip: str = ""
    place: str = ""
    time_s: int | None = None
    amount: float = 0.0
    unit: str = "s"

    def __str__(self) -> str:
        """One line that a planner can act on."""
        return f"{self.rule}: {self.sentence}"


RuleFunction = Callable[[Case], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """One family of constraints: its id, the sentence that states it, the modes in which it holds and its check."""

    rule: str
    sentence: str
    modes: tuple[Mode, ...]
    check: RuleFunction


_registry: dict[str, Rule] = {}


def rule(name: str, sentence: str, modes: tuple[Mode, ...] = MODES) -> Callable[[RuleFunction], RuleFunction]:
    """Enter a function in the registry as the check of the rule `name`, which `sentence` states in words."""

    def enter(function: RuleFunction) -> RuleFunction:
        if name in _registry:
            raise ValueError(f"rule {name} is declared twice")
        _registry[name] = Rule(name, sentence, modes, function)
        return function

    return enter


def registered() -> tuple[Rule, ...]:
    """Every rule in the order of declaration."""
    return tuple(_registry.values())


def clock(time_s: float) -> str:
    """Seconds from midnight as HH:MM:SS; hours may pass 24."""
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
