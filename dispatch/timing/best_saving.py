"""The best saving that a search has found so far, in the model of the search: an estimate while the search runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatch.timing.task import CYCLES, UNDER_DISTURBANCES, Step


@dataclass(frozen=True)
class BestSaving:
    """The best saving of the day's energy that was known after some seconds of search, in percent of today's energy."""

    seconds: float
    saving_percent: float


Found = Callable[[Sequence[BestSaving]], None]
"""Receives all best savings of a search each time when one is added."""


def best_savings(today_kwh: float, convergence: Sequence[Step]) -> tuple[BestSaving, ...]:
    """The best saving at each step of a convergence, against `today_kwh` (kWh of the undisturbed day of today).

    Energies under disturbances have another level than those of the undisturbed day. The first of them belongs to the
    same timetable as the step before, so that a later step counts by its ratio to the first: saving = 1 - E/E_today for
    an undisturbed day, 1 - (E_last/E_today) (E_d/E_d,first) under disturbances. A step that ends the patterns of cycles
    is no day and is left out. An energy of today that is not positive gives no savings.
    """
    if today_kwh <= 0.0:
        return ()
    found: list[BestSaving] = []
    share, first_kwh = 1.0, None
    for step in convergence:
        if step.stage == CYCLES:
            continue
        if step.stage != UNDER_DISTURBANCES:
            share = now = step.energy_kwh / today_kwh
        else:
            first_kwh = first_kwh or step.energy_kwh
            now = share * step.energy_kwh / first_kwh if first_kwh > 0.0 else share
        best = max(100.0 * (1.0 - now), found[-1].saving_percent if found else 0.0)
        found.append(BestSaving(step.seconds, best))
    return tuple(found)
