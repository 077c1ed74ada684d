"""The run of a train that follows driving instructions, from the equation of motion and not from the profile."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.stretches import Cells, Stretch
from energy_models.driving.vehicle import efficiency_at
from energy_models.train import ForceCurve, Train

_LONGEST_STEP_M = 6.0
_WINDOW_CELLS = 2.5
_WINDOW_SHARE = 0.005


@dataclass(frozen=True, eq=False)
class Followed:
    """The run: nodes of distance (m), speed (m/s) and time (s), and energies at the collector (J) as in a profile.

    `stretches` are the driven stretches, with the places and speeds at which the train changed the regime; `from_s` are
    the times at which the stretches begin. `beyond_j_kg` is the work per kg that the straight lines need above the
    limits of traction and brakes.
    """

    stretches: tuple[Stretch, ...]
    from_s: tuple[float, ...]
    distance_m: FloatArray
    speed_m_s: FloatArray
    running_time_s: float
    traction_energy_j: float
    regeneration_energy_j: float
    beyond_j_kg: float


class Follower:
    """One train at one load on the slopes of one profile."""

    def __init__(self, cells: Cells, train: Train) -> None:
        self._cells = cells
        self._train = train
        self._nodes: list[float] = cells.distance_m.tolist()
        self._grade: list[float] = cells.grade.tolist()
        constant, linear, quadratic = (value / cells.inertia_kg for value in train.resistance_n)
        self._resistance: tuple[float, float, float] = (constant, linear, quadratic)
        self._traction = _Force(train.traction, cells.inertia_kg)
        self._most = train.maximum_acceleration_m_s2

    def follow(self, stretches: Sequence[Stretch]) -> Followed | None:
        """Drive the stretches one after another from the first speed; None if the train stalls."""
        at_m, energy = [stretches[0].from_m], [stretches[0].from_energy]
        driven: list[Stretch] = []
        begins: list[int] = []
        for index, stretch in enumerate(stretches):
            begins.append(len(at_m) - 1)
            begin = (at_m[-1], energy[-1])
            if stretch.is_curve:
                following = stretches[index + 1] if index + 1 < len(stretches) else None
                arrived = self._along_curve(stretch, following, at_m, energy)
            else:
                arrived = self._along_line(stretch, at_m, energy)
            if not arrived:
                return None
            driven.append(Stretch(stretch.regime, *begin, at_m[-1], energy[-1]))
        return self._run(driven, begins, np.array(at_m), np.array(energy))

    def _along_line(self, stretch: Stretch, at_m: list[float], energy: list[float]) -> bool:
        """Drive to the end of a straight line from the present place; a cruising train keeps its speed."""
        begin_m, begin = at_m[-1], energy[-1]
        end = begin if stretch.regime == "cruise" else stretch.until_energy
        if stretch.until_m <= begin_m or end < 0.0:
            return False
        for node in self._nodes[bisect_right(self._nodes, begin_m) : bisect_right(self._nodes, stretch.until_m)]:
            if begin_m < node < stretch.until_m:
                at_m.append(node)
                energy.append(begin + (end - begin) * (node - begin_m) / (stretch.until_m - begin_m))
        at_m.append(stretch.until_m)
        energy.append(end)
        return begin > 0 or end > 0

    def _along_curve(self, stretch: Stretch, following: Stretch | None, at_m: list[float], energy: list[float]) -> bool:
        """Drive with full effort or coasting until the train meets the line of the next stretch."""
        full = stretch.regime == "full effort"
        end_m, window_m, slope, target = stretch.until_m, 0.0, 0.0, stretch.until_energy
        if following is not None:
            slope = self._cells.slope_before(following)
            cell = min(bisect_right(self._nodes, end_m), len(self._nodes) - 1)
            window_m = max(_WINDOW_CELLS * (self._nodes[cell] - self._nodes[cell - 1]), _WINDOW_SHARE * self._nodes[-1])
            window_m = min(window_m, 0.9 * (following.until_m - end_m))
        place, kinetic = at_m[-1], energy[-1]
        cell = min(bisect_right(self._nodes, place), len(self._grade)) - 1
        kept = 0  # number of nodes if the train does not meet the line
        at_end = (end_m, kinetic)
        above: bool | None = None
        while place < end_m + window_m - 1e-9:
            while cell + 1 < len(self._grade) and self._nodes[cell + 1] <= place + 1e-9:
                cell += 1
            limit_m = min(self._nodes[cell + 1], end_m if place < end_m - 1e-9 else end_m + window_m)
            step = min(limit_m - place, _LONGEST_STEP_M)
            middle = kinetic + 0.5 * step * self._gain(kinetic, self._grade[cell], full)
            reached = kinetic + step * self._gain(max(middle, 0.0), self._grade[cell], full)
            if reached <= 0.0:
                return False
            if window_m > 0.0 and place + step >= end_m - window_m:
                gap_before = kinetic - target - slope * (place - end_m)
                gap_after = reached - target - slope * (place + step - end_m)
                if above is None and place >= end_m - window_m:
                    above = gap_before > 0
                if above is None:
                    above = gap_after > 0
                elif (gap_after > 0) != above:
                    share = gap_before / (gap_before - gap_after)
                    at_m.append(place + share * step)
                    energy.append(kinetic + share * (reached - kinetic))
                    return True
            place, kinetic = place + step, reached
            at_m.append(place)
            energy.append(kinetic)
            if abs(place - end_m) < 1e-9:
                kept, at_end = len(at_m), (place, kinetic)
        if kept:
            del at_m[kept:], energy[kept:]
            return at_end[1] > 0
        return False

    def _gain(self, kinetic: float, grade: float, full: bool) -> float:
        """Acceleration at a kinetic energy."""
        speed = math.sqrt(2.0 * kinetic)
        constant, linear, quadratic = self._resistance
        free = -(constant + linear * speed + quadratic * speed * speed) - grade
        return max(min(free + self._traction.at(speed), self._most), free) if full else free

    def _run(self, driven: list[Stretch], begins: list[int], at_m: FloatArray, energy: FloatArray) -> Followed:
        cells, train = self._cells, self._train
        speed = np.sqrt(2.0 * energy)
        step, total = np.diff(at_m), speed[1:] + speed[:-1]
        time = np.concatenate(([0.0], np.cumsum(2.0 * step / np.maximum(total, 1e-9))))
        middle = 0.5 * total
        constant, linear, quadratic = self._resistance
        cell = np.clip(
            np.searchsorted(cells.distance_m, 0.5 * (at_m[1:] + at_m[:-1]), side="right") - 1, 0, cells.grade.size - 1
        )
        resistance = constant + linear * middle + quadratic * (energy[1:] + energy[:-1])
        force = cells.inertia_kg * (np.diff(energy) / np.maximum(step, 1e-9) + resistance + cells.grade[cell])
        coasts, is_line = np.zeros(step.size, dtype=bool), np.ones(step.size, dtype=bool)
        for stretch, first, last in zip(driven, begins, [*begins[1:], at_m.size - 1], strict=True):
            coasts[first:last] = stretch.regime == "coast"
            is_line[first:last] = not stretch.is_curve
        traction = np.where(coasts, 0.0, np.maximum(force, 0.0))
        brake = np.where(coasts, 0.0, np.maximum(-force, 0.0))
        brakes = np.minimum(
            train.electric_brake.at(middle) + train.friction_brake_force_n, train.service_brake_force_n
        )  # fmt: skip
        beyond = np.maximum(np.maximum(traction - train.traction.at(middle), brake - brakes), 0.0) * is_line * step
        electric = np.minimum(brake, np.minimum(train.electric_brake.at(middle), train.service_brake_force_n))
        drawn = traction * step / efficiency_at(train.traction_efficiency, traction, middle)
        offered = electric * step * efficiency_at(train.regeneration_efficiency, electric, middle)
        return Followed(
            tuple(driven), tuple(time[begins].tolist()), at_m, speed, float(time[-1]),
            float(drawn.sum()), float(offered.sum()), float(beyond.sum()) / cells.inertia_kg,
        )  # fmt: skip


class _Force:
    """Largest force per kg at one speed; plain numbers, because a run has some hundred steps."""

    def __init__(self, curve: ForceCurve, inertia_kg: float) -> None:
        self._speed: list[float] = curve.speed_m_s.tolist()
        self._force: list[float] = (curve.force_n / inertia_kg).tolist()
        self._power = curve.power_w / inertia_kg

    def at(self, speed: float) -> float:
        """Straight lines between the points of the curve, and the power limit."""
        after = bisect_right(self._speed, speed)
        if after == 0:
            force = self._force[0]
        elif after == len(self._speed):
            force = self._force[-1]
        else:
            share = (speed - self._speed[after - 1]) / (self._speed[after] - self._speed[after - 1])
            force = self._force[after - 1] + share * (self._force[after] - self._force[after - 1])
        return min(force, self._power / speed) if speed > 1e-9 else force
