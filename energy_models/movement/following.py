"""Following: the motion of a train that cannot follow its driving profile because of a train ahead.

The speed of a train is limited so that, at the braking rate of the signalling, the train can stop before the end of its
movement authority. The authority ends before the rear of the train ahead (moving block), or before the block that
contains this rear (fixed block), as known one reaction time ago. If the limit binds, the train brakes, may stop, and
restarts:

    x(t) + v(t)² / 2b  <=  authority(t - reaction)

The motion is integrated over time from the state at which the authority begins to bind; before, the motion follows the
profile.
"""

from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.driving.profile import DrivingProfile
from energy_models.movement.following_kernel import SPEED_STEP_M_S, first_conflict, follow_nodes
from energy_models.movement.low_voltage import with_forces
from energy_models.train import GRAVITY_M_S2, Train

_UNLIMITED = 1e9
_LONG_AGO_S = -1e12


@dataclass(frozen=True, eq=False)
class Authority:
    """The end of a movement authority behind a train: blocks, margin, reaction time, braking rate.

    `border_m` are the borders of blocks in the direction of travel, increasing, in the coordinate of the run; without
    borders the block moves with the train ahead. The braking rate is that of the train protection.
    """

    braking_m_s2: float
    reaction_s: float
    margin_m: float
    border_m: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "border_m", frozen_floats(self.border_m))


@dataclass(frozen=True, eq=False)
class Path:
    """Position over time: nodes with constant acceleration between them; after the last node it does not move."""

    time_s: FloatArray
    place_m: FloatArray
    speed_m_s: FloatArray

    def at(self, time_s: float) -> tuple[float, float]:
        """Place and speed at a time; before the first node, the place of the first node."""
        if time_s <= self.time_s[0]:
            return float(self.place_m[0]), float(self.speed_m_s[0])
        k = int(np.searchsorted(self.time_s, time_s, side="right")) - 1
        if k >= len(self.time_s) - 1:
            return float(self.place_m[-1]), float(self.speed_m_s[-1])
        into_s, lasts_s = time_s - self.time_s[k], self.time_s[k + 1] - self.time_s[k]
        v0, v1 = self.speed_m_s[k], self.speed_m_s[k + 1]
        place_m = self.place_m[k] + (v0 + 0.5 * (v1 - v0) * into_s / lasts_s) * into_s
        return float(place_m), float(v0 + (v1 - v0) * into_s / lasts_s)


def joined(first: Path, second: Path) -> Path:
    """One path after another."""
    return Path(
        np.concatenate((first.time_s, second.time_s)),
        np.concatenate((first.place_m, second.place_m)),
        np.concatenate((first.speed_m_s, second.speed_m_s)),
    )


@dataclass(frozen=True, eq=False)
class Obstacle:
    """The rear of a train ahead: its path, and the time when it leaves the track (inf: not known).

    The path, shifted by `moved_m`, is in the coordinate of the run.
    """

    rear: Path
    gone_s: float = np.inf
    moved_m: float = 0.0


STANDING = np.zeros(1)


def standing_at(place_m: float) -> Path:
    """The path of an obstacle that does not move."""
    return Path(np.full(1, _LONG_AGO_S), np.full(1, place_m), STANDING)


@dataclass(frozen=True, eq=False)
class Ahead:
    """The ends of a train's authority: trains ahead, and a signal at stop (`wall_m`, inf if there is none)."""

    obstacles: tuple[Obstacle, ...]
    authority: Authority
    wall_m: float = np.inf

    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, np.ndarray, FloatArray]:
        """Nodes of all obstacles in sequence, the first node of each, and the time when each is gone."""
        if len(self.obstacles) == 1:
            only = self.obstacles[0]
            rear, gone_s = only.rear, np.array((only.gone_s,), dtype=np.float64)
            offset = np.array((0, len(rear.time_s)), dtype=np.int64)
            return rear.time_s, rear.place_m + only.moved_m, rear.speed_m_s, offset, gone_s
        rears, ends = [obstacle.rear for obstacle in self.obstacles], [0]
        for rear in rears:
            ends.append(ends[-1] + len(rear.time_s))
        gone_s = np.array([obstacle.gone_s for obstacle in self.obstacles], dtype=np.float64)
        offset = np.array(ends, dtype=np.int64)
        if not rears:
            return STANDING[:0], STANDING[:0], STANDING[:0], offset, gone_s
        return (
            np.concatenate([rear.time_s for rear in rears]),
            np.concatenate([obstacle.rear.place_m + obstacle.moved_m for obstacle in self.obstacles]),
            np.concatenate([rear.speed_m_s for rear in rears]),
            offset,
            gone_s,
        )


@dataclass(frozen=True)
class Restriction:
    """The first time at which a motion violates its authority (inf: never).

    `clear`: no later motion of the trains ahead can restrict the motion.
    """

    from_s: float
    clear: bool


def first_restriction(motion: Path, now_s: float, ahead: Ahead) -> Restriction:
    """The first time from now at which a motion is too fast or too far for its authority.

    An obstacle does not move after the end of its path. The result is the last time without a violation.
    """
    if not ahead.obstacles and ahead.wall_m == np.inf:
        return Restriction(np.inf, True)
    time_s, place_m, speed_m_s, offset, gone_s = ahead.arrays()
    law = ahead.authority
    from_s, clear = first_conflict(
        motion.time_s, motion.place_m, motion.speed_m_s, now_s, time_s, place_m, speed_m_s, offset, gone_s,
        ahead.wall_m, law.reaction_s, law.margin_m, law.border_m, law.braking_m_s2,
    )  # fmt: skip
    return Restriction(float(from_s), bool(clear))


@dataclass(frozen=True, eq=False)
class RestrictedMotion:
    """A motion within an authority: its nodes, and whether the train stops before the end at the last node."""

    path: Path
    stands: bool


def follow(
    wanted: DrivingProfile,
    train: Train,
    passengers: float,
    start_s: float,
    place_m: float,
    speed_m_s: float,
    ahead: Ahead,
) -> RestrictedMotion:
    """The motion from a state of a train that follows the speeds of a profile and keeps its authority.

    Places are metres from the start of the profile; times have the same origin as those of the obstacles. The train
    accelerates within effort curve and acceleration limit up to the profile speed of each place, and brakes at most at
    its service deceleration, or at the rate of the authority if that is higher. The motion ends at the end of the
    profile, or at a stop without a known continuation.
    """
    time_s, rear_m, rear_speed_m_s, offset, gone_s = ahead.arrays()
    law = ahead.authority
    speeds = np.arange(0.0, float(wanted.speed_m_s.max()) + 1.0, SPEED_STEP_M_S)
    slope_cells = wanted.slope * np.diff(wanted.distance_m)
    rise_m = np.concatenate(([0.0], np.cumsum(slope_cells)))
    inertia_kg = train.effective_mass_kg(passengers)
    motion = follow_nodes(
        start_s, place_m, speed_m_s, np.array(wanted.distance_m), np.array(wanted.speed_m_s), rise_m,
        inertia_kg, train.mass_kg(passengers) * GRAVITY_M_S2, np.array(train.resistance_n),
        np.array(train.traction.at(speeds)), min(train.maximum_acceleration_m_s2, _UNLIMITED),
        min(train.maximum_deceleration_m_s2, _UNLIMITED), time_s, rear_m, rear_speed_m_s, offset, gone_s,
        ahead.wall_m, law.reaction_s, law.margin_m, law.border_m, law.braking_m_s2,
    )  # fmt: skip
    return RestrictedMotion(Path(motion[0], motion[1], motion[2]), bool(motion[3]))


def braking_rate_m_s2(train: Train, passengers: float, wanted_m_s2: float) -> float:
    """The braking rate of a train at every speed with a load on level track, at most the wanted rate.

    Brakes: electric and friction brake together, within the service brake; without running resistance.
    """
    speeds: FloatArray = np.linspace(0.0, train.maximum_speed_m_s, 33)
    force = np.minimum(train.electric_brake.at(speeds) + train.friction_brake_force_n, train.service_brake_force_n)
    # Towards standstill an electric brake may fade with no friction brake beside it: the least force does not count.
    steady = float(np.maximum.accumulate(force[::-1])[::-1].min())
    return min(wanted_m_s2, steady / train.effective_mass_kg(passengers))


def profile_along_path(
    wanted: DrivingProfile, train: Train, passengers: float, path: Path, own_nodes: int
) -> DrivingProfile:
    """The driving profile of a motion over a section; its first `own_nodes` nodes are those of the wanted profile.

    Times count from the first node. Forces follow from the speeds, the running resistance and the slope of the wanted
    profile with the load; a cell of a standing train has no length. While the motion follows the wanted profile, the
    traction is that of the profile, including the power demand of a train with traction not served.
    """
    time_s, place_m, speed = path.time_s, path.place_m, path.speed_m_s
    cell_m = np.diff(place_m)
    moves = cell_m > 1e-9
    length = np.where(moves, cell_m, 1.0)
    rise_m = np.interp(
        place_m, wanted.distance_m, np.concatenate(([0.0], np.cumsum(wanted.slope * np.diff(wanted.distance_m))))
    )
    slope = np.where(moves, np.diff(rise_m) / length, 0.0)
    before, after = speed[:-1], speed[1:]
    total = np.maximum(before + after, 1e-9)
    constant, linear, quadratic = train.resistance_n
    drag = constant + linear * (2.0 / 3.0) * (total - before * after / total)
    drag += quadratic * 0.5 * (before * before + after * after)
    net = train.effective_mass_kg(passengers) * (after**2 - before**2) / (2.0 * length) + drag
    net = np.where(moves, net + train.mass_kg(passengers) * GRAVITY_M_S2 * slope, 0.0)
    traction, brake = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    if wanted.passengers == passengers:
        traction[: own_nodes - 1] = wanted.traction_force_n[: own_nodes - 1]
    motion = replace(
        wanted,
        distance_m=place_m,
        speed_m_s=speed,
        time_s=time_s - time_s[0],
        slope=slope,
        passengers=passengers,
    )
    return with_forces(motion, train, traction, brake)
