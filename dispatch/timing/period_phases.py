"""Shifts of whole periods: the best shift of the departures of each period, in both directions.

The energy of a period depends on the difference between its two shifts; waiting depends on the gaps at the period's
borders. Both are separable, so dynamic programming over the periods finds the best shifts of a grid exactly.
"""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray, IntArray

FORBIDDEN_J = 1e18
"""Cost of a violated rule; far above the energy of a day."""


@dataclass(frozen=True)
class Border:
    """Where a period begins, in one direction.

    `gap_s` lies between the departures on both sides and may grow to `gap_longest_s`; `arrivals_per_s` weigh it.
    """

    gap_s: int
    gap_longest_s: int
    arrivals_per_s: float


@dataclass(frozen=True, eq=False)
class PeriodPhases:
    """One period: the cycles it holds, energy of a cycle by phase in J, phase today, largest shift of its departures.

    By direction (up, down): the border before it (None: there is none), and by how much the period before it may grow
    or shrink, from its first departure to this period's; where `begins_fixed`, that first departure cannot move.
    """

    cycles: float
    energy_by_phase_j: FloatArray
    phase_s: int
    largest_shift_s: int
    borders: tuple[Border | None, Border | None]
    drift_longest_s: tuple[float, float] = (np.inf, np.inf)
    begins_fixed: tuple[bool, bool] = (False, False)


def best_shifts(periods: list[PeriodPhases], waiting_price_j: float, step_s: int) -> IntArray:
    """Shift of each period and direction in s, shape (periods, 2): least energy plus waiting_price · waiting.

    Waiting is the weighted change of gap²/2 at the borders between periods; `waiting_price_j` is J a passenger second.
    """
    grids = [np.arange(-(p.largest_shift_s // step_s), p.largest_shift_s // step_s + 1) * step_s for p in periods]
    cost: FloatArray | None = None
    choices: list[tuple[IntArray, IntArray]] = []
    for number, period in enumerate(periods):
        grid = grids[number]
        phase = (period.phase_s + grid[None, :] - grid[:, None]) % len(period.energy_by_phase_j)
        own = period.cycles * period.energy_by_phase_j[phase]
        if cost is None:
            cost = own
            continue
        before = grids[number - 1]
        up = _border(period, 0, before, grid, waiting_price_j)
        down = _border(period, 1, before, grid, waiting_price_j)
        # cost[u, v] over the shifts of the period before: choose u for each new up shift, then v for each down shift.
        via_up = cost[:, None, :] + up[:, :, None]
        best_up = via_up.argmin(axis=0)
        after_up = via_up.min(axis=0)
        via_down = after_up[:, :, None] + down[None, :, :]
        best_down = via_down.argmin(axis=1)
        cost = via_down.min(axis=1) + own
        choices.append((best_up, best_down))
    assert cost is not None
    up_index, down_index = (int(i) for i in np.unravel_index(int(cost.argmin()), cost.shape))
    indices = [(up_index, down_index)]
    for best_up, best_down in reversed(choices):
        down_before = int(best_down[up_index, down_index])
        up_index, down_index = int(best_up[up_index, down_before]), down_before
        indices.append((up_index, down_index))
    indices.reverse()
    return np.array([[grids[n][u], grids[n][v]] for n, (u, v) in enumerate(indices)], dtype=np.int64)


def _border(
    period: PeriodPhases, direction: int, before: IntArray, after: IntArray, waiting_price_j: float
) -> FloatArray:
    """Price of the weighted change of gap²/2 at the period's beginning for each pair of shifts."""
    border = period.borders[direction]
    if border is None:
        return np.zeros((len(before), len(after)))
    change = after[None, :] - before[:, None]
    growth = np.broadcast_to(after[None, :], change.shape) if period.begins_fixed[direction] else change
    gap = (border.gap_s + change).astype(np.float64)
    forbidden = (gap < 0.5 * border.gap_s) | (gap > border.gap_longest_s)
    forbidden |= np.abs(growth) > period.drift_longest_s[direction]
    cost = waiting_price_j * border.arrivals_per_s * 0.5 * (gap * gap - float(border.gap_s) ** 2)
    return np.where(forbidden & ((change != 0) | (growth != 0)), FORBIDDEN_J, cost)
