"""An edit of a plan by hand, and the report of its check, as values."""

from dataclasses import dataclass
from typing import Any

from energy_models.faults import Fault


@dataclass(frozen=True)
class StopMove:
    """An arrival and a departure of a trip at its stop `stop` (from 0) that are later, or earlier if negative, in s."""

    trip: str
    stop: int
    arrival_by_s: int = 0
    departure_by_s: int = 0


@dataclass(frozen=True)
class PlanEdit:
    """Moves of trips and of single stops of a version of a plan, in whole seconds."""

    plan_id: str
    version: int
    moves: tuple[tuple[str, int], ...]
    stops: tuple[StopMove, ...] = ()


@dataclass(frozen=True)
class EditReport:
    """The rules that were checked and their violations; `faults` of an edit that cannot be checked."""

    rules: int
    violations: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...] = ()
