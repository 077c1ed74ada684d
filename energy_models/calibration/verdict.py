"""How well the fitted train explains its telemetry: residuals by state, speed, force, section and time of day."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import chi2

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.balance import BRAKE, COAST, TRACTION
from energy_models.calibration.problem import Solution

_FEWEST = 12
_GROUPS = 6
_UNUSUAL = 1e-3


@dataclass(frozen=True)
class Misfit:
    """One group of stretches whose mean residual is larger than noise: measured minus modelled, per second.

    `power_kw` is for coasting the power of the force that the model does not explain. `deviation` is the mean residual
    in standard errors (clustered by run).
    """

    view: str
    group: str
    power_kw: float
    deviation: float


@dataclass(frozen=True)
class Verdict:
    """The factor by which the intervals are widened because of misfits (1: the model fits), and the largest misfits."""

    widened: float
    misfits: tuple[Misfit, ...]


def verdict_of(solution: Solution) -> Verdict:
    """Compare the mean residual of each group with its standard error.

    For each view, the mean square of the deviations of its groups is 1 if the model fits. If this mean square is larger
    than chance explains (one in a thousand), the intervals are multiplied by its square root (Birge ratio). Source:
    Birge, Physical Review 40, 1932, 207-227.
    """
    balance, found = solution.balance, solution.fit
    s = solution.cut.stretches
    deviation = np.sqrt(balance.variance(found.x, found.kind_scale))
    missed_j = balance.residual(found.x, found.gradient)
    residual = np.clip(missed_j / deviation, -4.0, 4.0)
    speed = balance.path[0] / balance.duration
    force = np.sqrt(balance.force2 / balance.duration)
    drives = balance.state != COAST
    hour = s.begin_s[balance.stretch]
    place = 0.5 * (s.chainage_m + s.last_chainage_m)[balance.stretch]
    views: list[tuple[str, IntArray, list[str]]] = []
    states = {TRACTION: "traction", COAST: "coast", BRAKE: "brake"}
    for state, name in states.items():
        mine = balance.state == state
        views.append(_banded(f"speed, {name}", speed * 3.6, mine, "km/h"))
        if state != COAST:
            views.append(_banded(f"force, {name}", force / 1e3, mine & drives, "kN"))
    views.append(_banded("time of day", hour / 3600.0, np.ones(len(hour), dtype=bool), "h"))
    for upward, way in ((True, "up"), (False, "down")):
        views.append(_banded(f"place, {way}", place / 1e3, s.upward[balance.stretch] == upward, "km", 12))
    misfits, widened = [], 1.0
    for view, number, names in views:
        found_here = []
        for group in range(len(names)):
            mine = number == group
            if mine.sum() < _FEWEST:
                continue
            score = _deviation(residual[mine], balance.cluster[mine])
            power = float(missed_j[mine].sum() / balance.duration[mine].sum()) / 1e3
            found_here.append(Misfit(view, names[group], power, score))
        if len(found_here) < 2:
            continue
        square = float(np.sum([one.deviation**2 for one in found_here]))
        if chi2.sf(square, len(found_here)) < _UNUSUAL:
            widened = max(widened, float(np.sqrt(square / len(found_here))))
            misfits.append(max(found_here, key=lambda one: abs(one.deviation)))
    return Verdict(widened, tuple(sorted(misfits, key=lambda one: -abs(one.deviation))))


def _banded(
    view: str, value: FloatArray, mine: np.ndarray, unit: str, groups: int = _GROUPS
) -> tuple[str, IntArray, list[str]]:
    """Groups with equal numbers of stretches; -1 outside."""
    number = np.full(len(value), -1)
    if mine.sum() < 2 * _FEWEST:
        return view, number, []
    edge = np.unique(np.quantile(value[mine], np.linspace(0.0, 1.0, groups + 1)))
    if len(edge) < 3:
        return view, number, []
    number[mine] = np.clip(np.searchsorted(edge, value[mine], side="right") - 1, 0, len(edge) - 2)
    names = [f"{low:.3g} to {high:.3g} {unit}" for low, high in pairwise(edge)]
    return view, number, names


def _deviation(residual: FloatArray, cluster: IntArray) -> float:
    total = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=residual)
    return float(total.sum() / np.sqrt(max(float((total**2).sum()), 1e-12)))
