"""Switching points: a profile as a short list of instructions for a driver or an ATO."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.followed import Followed, Follower
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.stretches import Cells, Regime, Stretch, Tolerance, stretches_of, within_brakes, without
from energy_models.track import SectionTrack
from energy_models.train import Train

__all__ = ["Regime", "RegimeNodes", "SwitchingPoint", "regime_nodes", "switching_points", "time_at"]

# In order from the shortest list to the most exact one; the result is the first list that reproduces the profile.
_TOLERANCES = (
    Tolerance(coast_m_s2=3e-3, line_share=0.01),
    Tolerance(coast_m_s2=1e-3, line_share=0.004),
    Tolerance(coast_m_s2=3e-3, line_share=0.004, meets=False),
    Tolerance(coast_m_s2=2e-4, line_share=0.0015),
    Tolerance(coast_m_s2=2e-4, line_share=0.0005),
    Tolerance(coast_m_s2=2e-4, line_share=0.001, meets=False),
    Tolerance(coast_m_s2=2e-4, line_share=0.001, meets=False, curves=False),
)
_ABOVE_M_S = 0.05
_BEYOND_J_KG = 0.1
_LEAST_J = 2e4  # a run downhill may draw no energy


@dataclass(frozen=True)
class _Allowed:
    """The largest difference between a run that follows instructions and its profile.

    Shares of the running time, of the energy drawn, and of the net energy; if a run regenerates nearly all energy that
    it draws, of `least_net_share` of the energy drawn.
    """

    time_share: float
    energy_share: float
    least_net_share: float


# A short list within the first is preferred to any list within the second, and so on.
_ALLOWED = (
    _Allowed(0.004, 0.004, 0.15),
    _Allowed(0.008, 0.008, 0.15),
    _Allowed(0.008, 0.008, 0.4),
    _Allowed(0.008, 0.008, 0.7),
    _Allowed(0.008, 0.008, 1.0),
    _Allowed(0.009, 0.0095, 1.0),
)


@dataclass(frozen=True)
class SwitchingPoint:
    """One instruction: drive in one regime from one place to the next, with speed and time where the regime begins.

    - full effort: the largest traction that the effort curve and the acceleration limit allow
    - partial effort: traction at which the train changes its speed evenly, at `acceleration_m_s2`
    - cruise: hold the speed, by traction or by the brakes
    - coast: no traction and no brakes
    - brake: brakes at which the train changes its speed evenly, at `acceleration_m_s2`
    """

    regime: Regime
    distance_m: float
    time_s: float
    from_m_s: float
    until_m_s: float
    until_distance_m: float

    @property
    def acceleration_m_s2(self) -> float:
        """Mean acceleration over the distance; negative where the train slows down."""
        return (self.until_m_s**2 - self.from_m_s**2) / (2.0 * (self.until_distance_m - self.distance_m))

    def __str__(self) -> str:
        """The instruction in words, speeds in km/h."""
        begin, end = 3.6 * self.from_m_s, 3.6 * self.until_m_s
        place, until = f"{self.distance_m:.1f} m", f"{self.until_distance_m:.1f} m"
        evenly = f"{abs(self.acceleration_m_s2):.2f} m/s²"
        match self.regime:
            case "full effort":
                return f"full effort to {end:.1f} km/h (at {until})"
            case "partial effort":
                return f"partial effort from {place} ({begin:.1f} km/h) to {end:.1f} km/h at {until}, {evenly}"
            case "cruise":
                return f"cruise at {begin:.1f} km/h until {until}"
            case "coast":
                way = "up" if end > begin else "down"
                return f"coast from {place} ({begin:.1f} km/h, {way} to {end:.1f} km/h at {until})"
            case "brake":
                target = "a stop" if end < 0.05 else f"{end:.1f} km/h"
                return f"brake from {place} ({begin:.1f} km/h) to {target} at {until}, {evenly}"


@dataclass(frozen=True, eq=False)
class RegimeNodes:
    """A profile with its switching points among its nodes.

    `distance_m`, `time_s` and `speed_m_s` have n+1 nodes; `regimes` has n, between two nodes; `begins` is True for each
    of these at which an instruction begins.
    """

    distance_m: FloatArray
    time_s: FloatArray
    speed_m_s: FloatArray
    regimes: tuple[Regime, ...]
    begins: tuple[bool, ...]


def switching_points(
    profile: DrivingProfile, train: Train, track: SectionTrack | None = None
) -> tuple[SwitchingPoint, ...]:
    """The instructions of a profile in order; each ends where the next begins, the last at the end of the section.

    A train that follows the instructions needs the running time and the energy of the profile within 1 %: the motion
    with each list is integrated before the list is returned, and a list with a larger difference is replaced by a more
    exact one. Places, speeds and times are those of this integrated motion. With `track`, the train keeps the speed
    limits; without, it does not exceed the speeds at the nodes of the profile.
    """
    cells = Cells(profile, train, track)
    follower = Follower(cells, train)
    lists: list[tuple[list[Stretch], Followed | None]] = []
    for allowed in _ALLOWED:
        for index, tolerance in enumerate(_TOLERANCES):
            if index == len(lists):
                stretches = stretches_of(cells, tolerance)
                lists.append((stretches, follower.follow(within_brakes(cells, stretches))))
            stretches, followed = lists[index]
            if followed is not None and _miss(followed, profile, cells, allowed) <= 1.0:
                return tuple(_points(_shortened(stretches, followed, profile, cells, follower, allowed)))
    drivable = [followed for _, followed in lists if followed is not None]
    if not drivable:  # each cell by itself
        cell_by_cell = follower.follow(stretches_of(cells, Tolerance(0.0, 0.0, meets=False, curves=False)))
        drivable = [cell_by_cell] if cell_by_cell is not None else []
    return tuple(_points(min(drivable, key=lambda followed: _miss(followed, profile, cells, _ALLOWED[-1]))))


def _shortened(
    stretches: list[Stretch], followed: Followed, profile: DrivingProfile, cells: Cells, follower: Follower,
    allowed: _Allowed,
) -> Followed:  # fmt: skip
    """The run without the instructions that are not necessary; the shortest are removed first."""
    order = sorted(range(1, len(stretches) - 1), key=lambda k: stretches[k].until_m - stretches[k].from_m)
    for index in order:
        shorter = without(cells, stretches, index)
        if shorter is None or len(shorter) >= len(stretches):
            continue
        trial = follower.follow(within_brakes(cells, shorter))
        if trial is not None and _miss(trial, profile, cells, allowed) <= 1.0:
            return _shortened(shorter, trial, profile, cells, follower, allowed)
    return followed


def _miss(followed: Followed, profile: DrivingProfile, cells: Cells, allowed: _Allowed) -> float:
    """The difference between a run that follows instructions and its profile, as a share of the allowed difference."""
    drawn_j, net_j = profile.traction_energy_j, profile.net_energy_j
    followed_net_j = followed.traction_energy_j - followed.regeneration_energy_j
    middle = 0.5 * (followed.distance_m[1:] + followed.distance_m[:-1])
    cell = np.clip(np.searchsorted(cells.distance_m, middle, side="right") - 1, 0, cells.ceiling.size - 1)
    highest = np.maximum(followed.speed_m_s[1:], followed.speed_m_s[:-1])
    above_m_s = float(np.max(highest - np.sqrt(2.0 * cells.ceiling[cell])))
    return max(
        abs(followed.running_time_s - profile.running_time_s) / (allowed.time_share * profile.running_time_s),
        abs(followed.traction_energy_j - drawn_j) / (allowed.energy_share * max(drawn_j, _LEAST_J)),
        abs(followed_net_j - net_j) / (allowed.energy_share * max(abs(net_j), allowed.least_net_share * drawn_j, 1.0)),
        above_m_s / _ABOVE_M_S,
        followed.beyond_j_kg / _BEYOND_J_KG,
    )


def _points(followed: Followed) -> Iterator[SwitchingPoint]:
    for stretch, from_s in zip(followed.stretches, followed.from_s, strict=True):
        if stretch.until_m - stretch.from_m > 1e-6:
            yield SwitchingPoint(
                regime=stretch.regime,
                distance_m=stretch.from_m,
                time_s=from_s,
                from_m_s=float(np.sqrt(2.0 * stretch.from_energy)),
                until_m_s=float(np.sqrt(2.0 * stretch.until_energy)),
                until_distance_m=stretch.until_m,
            )


def regime_nodes(profile: DrivingProfile, points: tuple[SwitchingPoint, ...]) -> RegimeNodes:
    """The nodes of a profile and its switching points in order of distance.

    At a switching point the speed is that of the instruction. Between, it is the speed of the instruction where the
    train cruises, brakes or has partial effort, and the speed of the profile elsewhere. Times are those of the profile.
    """
    at_m = [np.array([point.distance_m]) for point in points]
    for index, point in enumerate(points):
        inside = (profile.distance_m > point.distance_m + 0.05) & (profile.distance_m < point.until_distance_m - 0.05)
        at_m[index] = np.append(at_m[index], profile.distance_m[inside])
    distance = np.append(np.concatenate(at_m), profile.distance_m[-1])
    energy = np.interp(distance, profile.distance_m, 0.5 * profile.speed_m_s**2)
    regimes: list[Regime] = []
    begins: list[bool] = []
    for point, inside_m in zip(points, at_m, strict=True):
        here = slice(len(regimes), len(regimes) + inside_m.size)
        ends = (0.5 * point.from_m_s**2, 0.5 * point.until_m_s**2)
        if point.regime not in {"full effort", "coast"}:
            energy[here] = np.interp(inside_m, (point.distance_m, point.until_distance_m), ends)
        energy[here.start] = ends[0]
        regimes += [point.regime] * inside_m.size
        begins += [True] + [False] * (inside_m.size - 1)
    return RegimeNodes(
        distance, time_at(profile, distance), np.sqrt(2.0 * energy), tuple(regimes), tuple(begins)
    )  # fmt: skip


def time_at(profile: DrivingProfile, distance_m: FloatArray) -> FloatArray:
    """Times of a profile at any distances; acceleration is constant within a cell."""
    cell = np.clip(np.searchsorted(profile.distance_m, distance_m, side="right") - 1, 0, profile.slope.size - 1)
    speed = np.sqrt(np.interp(distance_m, profile.distance_m, profile.speed_m_s**2))
    into = distance_m - profile.distance_m[cell]
    added = np.where(into > 0, 2.0 * into / np.maximum(profile.speed_m_s[cell] + speed, 1e-9), 0.0)
    return np.asarray(profile.time_s[cell] + added)
