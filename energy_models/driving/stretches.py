"""Stretches: a profile divided where the driving regime changes, with the places of these changes.

Kinetic energy per kg (`v² / 2`) over distance is a straight line while the train cruises, brakes evenly or accelerates
evenly. With full effort or coasting it is a curve that depends on the train and the gradient.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Train

Regime = Literal["full effort", "partial effort", "cruise", "coast", "brake"]

_FULL_SHARE = 0.97  # the search for the least energy ends just below the largest force
_CRUISE_M_S2 = 0.003
_CRUISE_SHARE = 0.003  # range of kinetic energy within which a speed counts as constant
_MOST_MIXED_CELLS: dict[Regime, int] = {
    "full effort": 0, "partial effort": 2, "cruise": 0, "coast": 0, "brake": 1,
}  # fmt: skip
_MIXED_SHARE = 0.85  # a cell with less than this of the effort in the next cell holds two regimes
_BEYOND_SHARE = 0.25  # how far outside the cells between them two stretches may meet
_NO_FRICTION_SHARE = 0.003
_SHORT_M = 15.0
_BRAKE_SHARE = 0.998  # share of the largest braking force that the instructions use
_LOWEST_ENERGY = 0.5  # 1 m/s: the tolerance of a straight line does not shrink below it


@dataclass(frozen=True)
class Tolerance:
    """The precision with which a profile is divided into stretches.

    An effort below `coast_m_s2` (force per kg of inertial mass) counts as none. A straight line may differ from the
    kinetic energy of the profile by `line_share` of it. With `meets`, stretches are extended into cells with two
    regimes; without, each of these cells is a stretch. Without `curves` every stretch is a straight line.
    """

    coast_m_s2: float
    line_share: float
    meets: bool = True
    curves: bool = True


@dataclass(frozen=True)
class Stretch:
    """One regime between two distances, with the target kinetic energies per kg (J/kg) at both."""

    regime: Regime
    from_m: float
    from_energy: float
    until_m: float
    until_energy: float

    @property
    def is_curve(self) -> bool:
        """Whether the speed depends on the train and the gradient."""
        return self.regime in {"full effort", "coast"}

    @property
    def slope(self) -> float:
        """Mean acceleration in m/s²."""
        return (self.until_energy - self.from_energy) / max(self.until_m - self.from_m, 1e-9)


class Cells:
    """The cells of a profile, every force per kg of inertial mass (m/s²); `effort` is traction less brakes."""

    def __init__(self, profile: DrivingProfile, train: Train, track: SectionTrack | None = None) -> None:
        self.distance_m: FloatArray = profile.distance_m
        self.energy: FloatArray = 0.5 * profile.speed_m_s**2
        self.cell_m: FloatArray = np.diff(profile.distance_m)
        self.acceleration: FloatArray = np.diff(self.energy) / self.cell_m
        self.inertia_kg = train.effective_mass_kg(profile.passengers)
        self.grade: FloatArray = train.mass_kg(profile.passengers) * GRAVITY_M_S2 / self.inertia_kg * profile.slope
        brake_n = profile.electric_brake_force_n + profile.friction_brake_force_n
        self.effort: FloatArray = (profile.traction_force_n - brake_n) / self.inertia_kg
        most = train.traction.at(profile.speed_m_s[1:]) / self.inertia_kg
        at_limit = self.acceleration >= _FULL_SHARE * train.maximum_acceleration_m_s2
        self.is_full = (self.effort > 0) & ((self.effort >= _FULL_SHARE * most) | at_limit)

        self._train = train
        self._friction: FloatArray = profile.friction_brake_force_n * self.cell_m
        self._brake: FloatArray = brake_n * self.cell_m
        # Without a track, only the speeds at both nodes of a cell are known to be allowed.
        self.ceiling: FloatArray = np.maximum(self.energy[1:], self.energy[:-1])
        if track is not None:
            middle = 0.5 * (self.distance_m[1:] + self.distance_m[:-1])
            segment = np.clip(np.searchsorted(track.boundary_m, middle, side="right") - 1, 0, track.slope.size - 1)
            limit = np.minimum(track.speed_limit_m_s[segment], train.maximum_speed_m_s)
            self.ceiling = np.maximum(0.5 * limit**2, self.ceiling)

    def ceiling_between(self, from_m: float, until_m: float) -> float:
        """The lowest ceiling of the cells between two distances."""
        return float(self.ceiling[self._cells_of(from_m, until_m)].min())

    def deceleration_along(self, stretch: Stretch) -> float:
        """The largest deceleration that the brakes can hold all along a stretch.

        Where the profile brakes with the electric brake alone, the friction brake does not count.
        """
        train, cells = self._train, self._cells_of(stretch.from_m, stretch.until_m)
        ends = np.clip((self.distance_m[cells.start], *self.distance_m[1:][cells]), stretch.from_m, stretch.until_m)
        share = (ends - stretch.from_m) / (stretch.until_m - stretch.from_m)
        energy = stretch.from_energy + share * (stretch.until_energy - stretch.from_energy)
        speed = np.sqrt(2.0 * np.stack((energy[:-1], energy[1:])))
        force = train.electric_brake.at(speed)
        if self._friction[cells].sum() > _NO_FRICTION_SHARE * self._brake[cells].sum():
            force = force + train.friction_brake_force_n
        force = np.minimum(force, train.service_brake_force_n) + train.resistance_at(speed)
        return float(np.min(force / self.inertia_kg + self.grade[cells]))

    def _cells_of(self, from_m: float, until_m: float) -> slice:
        first = int(np.searchsorted(self.distance_m, from_m + 1e-6, side="right")) - 1
        last = int(np.searchsorted(self.distance_m, until_m - 1e-6))
        return slice(max(first, 0), max(last, first + 1))

    def slope_after(self, stretch: Stretch) -> float:
        """Acceleration of a stretch that is extended beyond its end."""
        if not stretch.is_curve:
            return stretch.slope
        after = int(np.clip(np.searchsorted(self.distance_m, stretch.until_m - 1e-6), 1, self.cell_m.size))
        change = self.grade[min(after, self.cell_m.size - 1)] - self.grade[after - 1]
        return float(self.acceleration[after - 1] - change)

    def slope_before(self, stretch: Stretch) -> float:
        """Acceleration of a stretch that is extended before its begin."""
        if not stretch.is_curve:
            return stretch.slope
        first = int(np.searchsorted(self.distance_m, stretch.from_m + 1e-6))
        first = min(max(first, 0), self.cell_m.size - 1)
        change = self.grade[first] - self.grade[max(first - 1, 0)]
        return float(self.acceleration[first] + change)


def stretches_of(cells: Cells, tolerance: Tolerance) -> list[Stretch]:
    """The stretches of a profile in order; each begins where the stretch before ends.

    Where the regime changes within one or two cells of the mesh, the profile has a mean force there. The stretches on
    both sides are extended into these cells until they meet.
    """
    regimes = _regimes(cells, tolerance)
    stretches: list[Stretch] = []
    mixed: list[Stretch] = []
    for (is_mixed, _), group in groupby(
        _runs(cells, regimes), key=lambda run: (run.is_mixed, None if run.is_mixed else run)
    ):
        runs = list(group)
        first, last = runs[0].first, runs[-1].last
        if is_mixed:
            mixed.append(_between(cells, _line_regime(cells, first, last), first, last))
            stretches.append(mixed[-1])
        elif runs[0].regime in {"full effort", "coast", "cruise"}:
            stretches.append(_between(cells, runs[0].regime, first, last))
        else:
            nodes = _corners(cells, first, last, tolerance.line_share)
            stretches += [_between(cells, runs[0].regime, *ends) for ends in pairwise(nodes)]
    stretches = _continuous(stretches)
    for stretch in mixed if tolerance.meets else ():
        place = next(k for k, one in enumerate(stretches) if one.from_m == stretch.from_m)
        if stretches[place - 1].regime != stretches[place + 1].regime:
            stretches = without(cells, stretches, place) or stretches
    return stretches


def within_brakes(cells: Cells, stretches: list[Stretch]) -> list[Stretch]:
    """The list with an earlier begin of braking where the brakes cannot keep the mean deceleration at every speed."""
    eased = list(stretches)
    index = len(eased) - 1
    while index > 0:
        stretch, before = eased[index], eased[index - 1]
        most = _BRAKE_SHARE * cells.deceleration_along(stretch) if stretch.regime == "brake" else np.inf
        if 0.0 < most < -stretch.slope:
            from_m = stretch.until_m - (stretch.from_energy - stretch.until_energy) / most
            if from_m > before.from_m:
                eased[index - 1], eased[index] = replace(before, until_m=from_m), replace(stretch, from_m=from_m)
            elif before.is_curve or (before.regime != "brake" and before.until_m - before.from_m > _SHORT_M):
                return stretches
            else:  # the stretch before is too short and is removed
                eased[index - 1 : index + 1] = [replace(stretch, from_m=before.from_m, from_energy=before.from_energy)]
        index -= 1
    return eased


def without(cells: Cells, stretches: list[Stretch], index: int) -> list[Stretch] | None:
    """The list without one inner stretch: its neighbours are extended until they meet; None if they do not meet."""
    before, after = stretches[index - 1], stretches[index + 1]
    if before.regime == after.regime and (before.is_curve or _same_speed(before.until_energy, after.from_energy)):
        joined = replace(before, until_m=after.until_m, until_energy=after.until_energy)
        return _continuous([*stretches[: index - 1], joined, *stretches[index + 2 :]])
    slopes = cells.slope_after(before), cells.slope_before(after)
    if abs(slopes[0] - slopes[1]) < _CRUISE_M_S2:
        return None
    # Two straight lines over the distance from the begin of the stretch that is left out.
    length = after.from_m - before.until_m
    into = (after.from_energy - slopes[1] * length - before.until_energy) / (slopes[0] - slopes[1])
    meeting_m, energy = before.until_m + into, before.until_energy + slopes[0] * into
    is_near = -_BEYOND_SHARE * length <= into <= (1.0 + _BEYOND_SHARE) * length
    if not is_near or not before.from_m < meeting_m < after.until_m or energy <= 0.0:
        return None
    ceiling = cells.ceiling_between(before.until_m, after.from_m)
    if energy > ceiling + 1e-6:
        return _with_flat_top(stretches, index, ceiling, slopes)
    return [
        *stretches[: index - 1],
        replace(before, until_m=meeting_m, until_energy=energy),
        replace(after, from_m=meeting_m, from_energy=energy),
        *stretches[index + 2 :],
    ]


def _with_flat_top(
    stretches: list[Stretch], index: int, energy: float, slopes: tuple[float, float]
) -> list[Stretch] | None:
    """The list with one stretch replaced by cruising at the speed limit, below which its neighbours do not meet."""
    before, after = stretches[index - 1], stretches[index + 1]
    if slopes[0] <= 0.0 or slopes[1] >= 0.0:
        return None
    from_m = before.until_m + (energy - before.until_energy) / slopes[0]
    until_m = after.from_m + (energy - after.from_energy) / slopes[1]
    if not before.from_m < from_m < until_m < after.until_m:
        return None
    return [
        *stretches[: index - 1],
        replace(before, until_m=from_m, until_energy=energy),
        Stretch("cruise", from_m, energy, until_m, energy),
        replace(after, from_m=until_m, from_energy=energy),
        *stretches[index + 2 :],
    ]


@dataclass(frozen=True)
class _Run:
    """Neighbouring cells with one regime, from node `first` to node `last`; mixed: too short for a regime."""

    regime: Regime
    first: int
    last: int
    is_mixed: bool


def _runs(cells: Cells, regimes: list[Regime]) -> Iterator[_Run]:
    first = 0
    for regime, group in groupby(regimes):
        last = first + len(list(group))
        is_mixed = first > 0 and last < len(regimes) and last - first <= _MOST_MIXED_CELLS[regime]
        is_braking = regime == "brake" and first > 0 and last - first > 1
        if is_braking and cells.effort[first] > _MIXED_SHARE * cells.effort[first + 1]:
            # The first cell of braking holds the end of the regime before.
            yield _Run(regime, first, first + 1, is_mixed=True)
            first += 1
        yield _Run(regime, first, last, is_mixed)
        first = last


def _regimes(cells: Cells, tolerance: Tolerance) -> list[Regime]:
    """The regime of each cell."""
    is_none = np.abs(cells.effort) <= tolerance.coast_m_s2
    is_cruise = (np.abs(cells.acceleration) < _CRUISE_M_S2) & (cells.energy[1:] > 0) & (cells.energy[:-1] > 0)
    regimes: list[Regime] = []
    for full, none, cruise, effort in zip(
        cells.is_full & tolerance.curves, is_none & tolerance.curves, is_cruise, cells.effort.tolist(), strict=True
    ):
        regimes.append(
            "full effort"
            if full
            else "coast"
            if none
            else "cruise"
            if cruise
            else "brake"
            if effort < 0
            else "partial effort"
        )
    # Coasting between two stretches of cruising at the same speed is cruising without force.
    runs = list(_runs(cells, regimes))
    for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
        if (before.regime, run.regime, after.regime) == ("cruise", "coast", "cruise"):
            near = cells.energy[before.last - 1 : after.first + 2]
            if _same_speed(float(near.min()), float(near.max())):
                regimes[run.first : run.last] = ["cruise"] * (run.last - run.first)
    # A speed that changes slowly is not constant.
    for run in _runs(cells, regimes):
        energy = cells.energy[run.first : run.last + 1]
        if run.regime == "cruise" and not _same_speed(float(energy.min()), float(energy.max())):
            regimes[run.first : run.last] = [_line_regime(cells, cell, cell + 1) for cell in range(run.first, run.last)]
    return regimes


def _same_speed(first_energy: float, second_energy: float) -> bool:
    return abs(first_energy - second_energy) <= _CRUISE_SHARE * max(first_energy, second_energy)


def _line_regime(cells: Cells, first: int, last: int) -> Regime:
    work = float(np.sum(cells.effort[first:last] * cells.cell_m[first:last]))
    return "brake" if work < 0 else "partial effort"


def _between(cells: Cells, regime: Regime, first: int, last: int) -> Stretch:
    begin, end = float(cells.energy[first]), float(cells.energy[last])
    if regime == "cruise":
        # The speed that gives the time of the profile.
        nodes = np.sqrt(2.0 * cells.energy[first : last + 1])
        length = cells.distance_m[last] - cells.distance_m[first]
        time = np.sum(2.0 * cells.cell_m[first:last] / (nodes[1:] + nodes[:-1]))
        begin = end = float(0.5 * (length / time) ** 2)
    return Stretch(regime, float(cells.distance_m[first]), begin, float(cells.distance_m[last]), end)


def _corners(cells: Cells, first: int, last: int, line_share: float) -> list[int]:
    """Nodes between which straight lines follow the kinetic energy: each line is as long as the tolerance allows."""
    corners = [first]
    while corners[-1] < last:
        begin = corners[-1]
        lowest, highest, furthest = -np.inf, np.inf, begin + 1
        for node in range(begin + 1, last + 1):
            length = cells.distance_m[node] - cells.distance_m[begin]
            gain = cells.energy[node] - cells.energy[begin]
            if lowest <= gain / length <= highest:
                furthest = node
            allowed = 2.0 * line_share * max(cells.energy[node], _LOWEST_ENERGY)
            lowest, highest = max(lowest, (gain - allowed) / length), min(highest, (gain + allowed) / length)
            if lowest > highest:
                break
        corners.append(furthest)
    return corners


def _continuous(stretches: list[Stretch]) -> list[Stretch]:
    """The list with the neighbours of each cruising stretch brought to its speed."""
    joined = list(stretches)
    for index, stretch in enumerate(joined):
        if stretch.regime == "cruise":
            if index > 0:
                joined[index - 1] = replace(joined[index - 1], until_energy=stretch.from_energy)
            if index + 1 < len(joined):
                joined[index + 1] = replace(joined[index + 1], from_energy=stretch.until_energy)
    return joined
