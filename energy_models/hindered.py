"""Hindered runs: how a train moves that wants to follow a driving profile and may not, because of what is ahead of it.

A train may be no faster than lets it stop, at the braking rate of the signalling, before the end of its movement
authority; the authority ends short of the rear of the train ahead (moving block), or short of the block in which that
rear is (fixed block), as known a reaction time ago. Where that binds, the train brakes, perhaps stops, and restarts:

    x(t) + v(t)² / 2b  <=  authority(t - reaction)

The motion is integrated over time, from the state at which the authority begins to bind; before, it is the profile's.
"""

from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numba import njit

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.driving.profile import DrivingProfile
from energy_models.starved import with_forces
from energy_models.train import GRAVITY_M_S2, Train

STEP_S = 0.5
"""Step of the integration; accelerations are constant within it."""

_SPEED_STEP_M_S = 0.05
_UNLIMITED = 1e9
_CONFLICT_TOLERANCE_M = 0.5
_PARTS = 10
_LEAST_MOVE_M = 1.0
_LONG_AGO_S = -1e12
_MOST_STEPS = 40_000


@dataclass(frozen=True, eq=False)
class Authority:
    """How the signalling ends a movement authority behind a train: blocks, margin, reaction, braking rate.

    `border_m` are the borders of blocks in the direction of travel, rising, on the same ruler as everything else given
    with it; without any the block moves with the train ahead. The braking rate is what the supervision counts on.
    """

    braking_m_s2: float
    reaction_s: float
    margin_m: float
    border_m: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "border_m", frozen_floats(self.border_m))


@dataclass(frozen=True, eq=False)
class Path:
    """Where something is over time: nodes with constant acceleration between them; at the last it stands for ever."""

    time_s: FloatArray
    place_m: FloatArray
    speed_m_s: FloatArray

    def at(self, time_s: float) -> tuple[float, float]:
        """Place and speed at a time; at the first node's place before it."""
        if time_s <= self.time_s[0]:
            return float(self.place_m[0]), float(self.speed_m_s[0])
        k = int(np.searchsorted(self.time_s, time_s, side="right")) - 1
        if k >= len(self.time_s) - 1:
            return float(self.place_m[-1]), float(self.speed_m_s[-1])
        into_s, lasts_s = time_s - self.time_s[k], self.time_s[k + 1] - self.time_s[k]
        v0, v1 = self.speed_m_s[k], self.speed_m_s[k + 1]
        place_m = self.place_m[k] + (v0 + 0.5 * (v1 - v0) * into_s / lasts_s) * into_s
        return float(place_m), float(v0 + (v1 - v0) * into_s / lasts_s)


@dataclass(frozen=True, eq=False)
class Obstacle:
    """The rear of a train ahead: its path, and when it leaves the track (inf: not known).

    The path, moved by `moved_m`, is on the ruler of the run.
    """

    rear: Path
    gone_s: float = np.inf
    moved_m: float = 0.0


STANDING = np.zeros(1)
_NOTHING = np.zeros(0)


def standing_at(place_m: float) -> Path:
    """The path of something that stands there, always has and will, as far as is known."""
    return Path(np.full(1, _LONG_AGO_S), np.full(1, place_m), STANDING)


@dataclass(frozen=True, eq=False)
class Ahead:
    """All that ends a train's authority: trains ahead, and a signal at stop (`wall_m`, inf where there is none)."""

    obstacles: tuple[Obstacle, ...]
    authority: Authority
    wall_m: float = np.inf

    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, np.ndarray, FloatArray]:
        """Nodes of all obstacles one after another, where each begins, and when each is gone."""
        paths = [obstacle.rear for obstacle in self.obstacles]
        offset = np.array(list(accumulate((len(path.time_s) for path in paths), initial=0)), dtype=np.int64)
        gone_s = np.array([obstacle.gone_s for obstacle in self.obstacles], dtype=np.float64)
        if not paths:
            return _NOTHING, _NOTHING, _NOTHING, offset, gone_s
        places = [obstacle.rear.place_m + obstacle.moved_m for obstacle in self.obstacles]
        if len(paths) == 1:
            return paths[0].time_s, places[0], paths[0].speed_m_s, offset, gone_s
        return (
            np.concatenate([path.time_s for path in paths]),
            np.concatenate(places),
            np.concatenate([path.speed_m_s for path in paths]),
            offset,
            gone_s,
        )


@dataclass(frozen=True)
class Hindrance:
    """When a motion is first hindered by what is ahead (inf: not at all); `clear`: nothing ahead can hinder it later.

    `clear` is meant for what is ahead as it moves on, whatever it does then.
    """

    from_s: float
    clear: bool


def first_hindered(motion: Path, now_s: float, ahead: Ahead) -> Hindrance:
    """When a motion, from now on, would first be too fast or too far for its authority.

    What is ahead counts as standing for ever where its path ends. The time is the last one known to be in order.
    """
    time_s, place_m, speed_m_s, offset, gone_s = ahead.arrays()
    law = ahead.authority
    from_s, clear = _first_conflict(
        motion.time_s, motion.place_m, motion.speed_m_s, now_s, time_s, place_m, speed_m_s, offset, gone_s,
        ahead.wall_m, law.reaction_s, law.margin_m, law.border_m, law.braking_m_s2,
    )  # fmt: skip
    return Hindrance(float(from_s), bool(clear))


@dataclass(frozen=True, eq=False)
class Restricted:
    """A motion from a state on, under an authority: its nodes, and whether it stands short of the end when they end."""

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
) -> Restricted:
    """The motion from a state on of a train that wants the speeds of a profile and keeps to its authority.

    Places are metres from the profile's beginning, times on any clock that the obstacles share. The train accelerates
    within effort curve and acceleration limit up to the wanted speed of each place, and brakes at most at the service
    deceleration of the train, or at the authority's rate if that is higher. It ends at the profile's end, or standing
    where nothing that is known lets it go on.
    """
    time_s, rear_m, rear_speed_m_s, offset, gone_s = ahead.arrays()
    law = ahead.authority
    speeds = np.arange(0.0, float(wanted.speed_m_s.max()) + 1.0, _SPEED_STEP_M_S)
    slope_cells = wanted.slope * np.diff(wanted.distance_m)
    rise_m = np.concatenate(([0.0], np.cumsum(slope_cells)))
    inertia_kg = train.effective_mass_kg(passengers)
    motion = _follow(
        start_s, place_m, speed_m_s, np.array(wanted.distance_m), np.array(wanted.speed_m_s), rise_m,
        inertia_kg, train.mass_kg(passengers) * GRAVITY_M_S2, np.array(train.resistance_n),
        np.array(train.traction.at(speeds)), min(train.maximum_acceleration_m_s2, _UNLIMITED),
        min(train.maximum_deceleration_m_s2, _UNLIMITED), time_s, rear_m, rear_speed_m_s, offset, gone_s,
        ahead.wall_m, law.reaction_s, law.margin_m, law.border_m, law.braking_m_s2,
    )  # fmt: skip
    return Restricted(Path(motion[0], motion[1], motion[2]), bool(motion[3]))


def braking_rate_m_s2(train: Train, passengers: float, wanted_m_s2: float) -> float:
    """The braking rate that a train's brakes can hold at every speed at that load on the level, at most the wanted one.

    Brakes: electric and friction brake together, within the service brake. Running resistance, which helps, is left
    out.
    """
    speeds: FloatArray = np.linspace(0.0, train.maximum_speed_m_s, 33)
    force = np.minimum(train.electric_brake.at(speeds) + train.friction_brake_force_n, train.service_brake_force_n)
    # Towards standstill an electric brake may fade with no friction brake beside it: the least force does not count.
    steady = float(np.maximum.accumulate(force[::-1])[::-1].min())
    return min(wanted_m_s2, steady / train.effective_mass_kg(passengers))


def profile_along_path(
    wanted: DrivingProfile, train: Train, passengers: float, path: Path, own_nodes: int
) -> DrivingProfile:
    """The driving profile of a motion over a section whose first `own_nodes` nodes are the wanted profile's.

    Times count from the first node. Forces are those that the speeds, the running resistance and the slope of the
    wanted profile need with that load; where the train stands a cell has no length. Where the motion is still the
    wanted profile's its own traction holds: also what a starved train asked for.
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


@njit(cache=True, error_model="numpy")
def _end_of_authority(
    at: float, pointer: np.ndarray, time: FloatArray, place: FloatArray, speed: FloatArray, offset: np.ndarray,
    gone: FloatArray, wall: float, reaction: float, margin: float, border: FloatArray,
) -> float:  # fmt: skip
    """Where the authority ends at a time; `pointer` remembers the node of each obstacle, so times may only rise."""
    end = wall
    known = at - reaction
    for o in range(len(gone)):
        if known >= gone[o]:
            continue
        k, last = pointer[o], offset[o + 1] - 1
        while k < last and time[k + 1] <= known:
            k += 1
        pointer[o] = k
        rear = place[k]
        if k < last and known > time[k]:
            into, lasts = known - time[k], time[k + 1] - time[k]
            rear += (speed[k] + 0.5 * (speed[k + 1] - speed[k]) * into / lasts) * into
        if len(border) > 0:
            b = np.searchsorted(border, rear, side="right") - 1
            # The rear is in this block, or on its border and so out of the one before.
            rear = border[b] if b >= 0 else -1e12
        end = min(end, rear - margin)
    return end


@njit(cache=True, error_model="numpy")
def _first_conflict(
    own_time: FloatArray, own_place: FloatArray, own_speed: FloatArray, now: float, time: FloatArray,
    place: FloatArray, speed: FloatArray, offset: np.ndarray, gone: FloatArray, wall: float, reaction: float,
    margin: float, border: FloatArray, braking: float,
) -> tuple[float, bool]:  # fmt: skip
    pointer = offset[:-1].copy()
    end = _end_of_authority(now, pointer, time, place, speed, offset, gone, wall, reaction, margin, border)
    reach = 0.0
    for k in range(len(own_time)):
        reach = max(reach, own_place[k] + own_speed[k] ** 2 / (2.0 * braking))
    if end >= reach - _CONFLICT_TOLERANCE_M:
        return np.inf, wall == np.inf
    last_free = now
    for k in range(1, len(own_time)):
        if own_time[k] < now:
            continue
        t0, lasts = own_time[k - 1], own_time[k] - own_time[k - 1]
        v0, gain = own_speed[k - 1], own_speed[k] - own_speed[k - 1]
        # A block may become free within a cell: where the authority before it does not reach, look closely.
        parts = 1
        if own_place[k] + own_speed[k] ** 2 / (2.0 * braking) > end + _CONFLICT_TOLERANCE_M:
            parts = _PARTS
        for part in range(1, parts + 1):
            into = lasts * part / parts
            if t0 + into < now:
                continue
            end = _end_of_authority(
                t0 + into, pointer, time, place, speed, offset, gone, wall, reaction, margin, border
            )  # fmt: skip
            v = v0 + gain * into / lasts
            x = own_place[k - 1] + (v0 + 0.5 * gain * into / lasts) * into
            if x + v * v / (2.0 * braking) > end + _CONFLICT_TOLERANCE_M:
                return last_free, False
            last_free = max(now, t0 + into)
    return np.inf, False


@njit(cache=True, error_model="numpy")
def _wanted_speed(at: float, place: FloatArray, speed: FloatArray, cell: int) -> tuple[float, int]:
    """Speed of the profile at a place, its square linear within cells, and the cell."""
    last = len(place) - 2
    while cell < last and place[cell + 1] <= at:
        cell += 1
    while cell > 0 and place[cell] > at:
        cell -= 1
    share = min(1.0, max(0.0, (at - place[cell]) / (place[cell + 1] - place[cell])))
    return np.sqrt(max(0.0, speed[cell] ** 2 + share * (speed[cell + 1] ** 2 - speed[cell] ** 2))), cell


@njit(cache=True, error_model="numpy")
def _greatest_acceleration(
    speed: float, slope: float, inertia: float, weight: float, resistance: FloatArray, effort: FloatArray, most: float
) -> float:
    force = effort[min(int(speed / _SPEED_STEP_M_S) + 1, len(effort) - 1)]
    drag = resistance[0] + resistance[1] * speed + resistance[2] * speed * speed
    return float(min(most, (force - drag - weight * slope) / inertia))


@njit(cache=True, error_model="numpy")
def _follow(  # noqa: PLR0912, PLR0915
    start: float, place0: float, speed0: float, wanted_place: FloatArray, wanted_speed: FloatArray, rise: FloatArray,
    inertia: float, weight: float, resistance: FloatArray, effort: FloatArray, acceleration: float,
    deceleration: float, time: FloatArray, place: FloatArray, speed: FloatArray, offset: np.ndarray, gone: FloatArray,
    wall: float, reaction: float, margin: float, border: FloatArray, braking: float,
) -> tuple[FloatArray, FloatArray, FloatArray, bool]:  # fmt: skip
    out_t, out_x, out_v = np.empty(_MOST_STEPS), np.empty(_MOST_STEPS), np.empty(_MOST_STEPS)
    t, x, v = start, place0, speed0
    length = wanted_place[-1]
    out_t[0], out_x[0], out_v[0] = t, x, v
    nodes = 1
    pointer = offset[:-1].copy()
    known_until = start
    for o in range(len(gone)):
        known_until = max(known_until, time[offset[o + 1] - 1])
        if gone[o] < np.inf:
            known_until = max(known_until, gone[o])
    known_until += reaction + STEP_S
    hardest = max(deceleration, braking)
    cell = 0
    while nodes < _MOST_STEPS:
        if length - x < 1e-6:
            break
        end = _end_of_authority(
            t + STEP_S, pointer, time, place, speed, offset, gone, wall, reaction, margin, border
        )  # fmt: skip
        if v <= 1e-9 and end < length and end - x < _LEAST_MOVE_M:
            if t > known_until:
                break
            t += STEP_S
            if nodes > 1 and out_x[nodes - 1] == out_x[nodes - 2]:
                out_t[nodes - 1] = t  # it stands on
                continue
            out_t[nodes], out_x[nodes], out_v[nodes] = t, x, 0.0
            v = 0.0
            nodes += 1
            continue
        _, cell = _wanted_speed(x, wanted_place, wanted_speed, cell)
        slope = (rise[cell + 1] - rise[cell]) / (wanted_place[cell + 1] - wanted_place[cell])
        # Effort and resistance at the speed where the step ends: these are the ones that allow less.
        gain = _greatest_acceleration(v, slope, inertia, weight, resistance, effort, acceleration)
        gain = min(gain, _greatest_acceleration(
            max(0.0, v + gain * STEP_S), slope, inertia, weight, resistance, effort, acceleration))  # fmt: skip
        highest = max(0.0, v + gain * STEP_S)
        lowest = min(max(0.0, v - hardest * STEP_S), highest)
        after = highest
        wish, _ = _wanted_speed(x + 0.5 * (v + after) * STEP_S, wanted_place, wanted_speed, cell)
        if after > wish:
            low, high = lowest, highest
            for _ in range(40):
                middle = 0.5 * (low + high)
                wish, _ = _wanted_speed(x + 0.5 * (v + middle) * STEP_S, wanted_place, wanted_speed, cell)
                if middle > wish:
                    high = middle
                else:
                    low = middle
            after = low
        room = end - x - 0.5 * v * STEP_S
        allowed = 0.0
        if room > 0.0:
            allowed = braking * (np.sqrt(0.25 * STEP_S * STEP_S + 2.0 * room / braking) - 0.5 * STEP_S)
        after = max(lowest, min(after, allowed))
        lasts = STEP_S
        if after <= 1e-9 and v > 0.0:
            # It stops within the step: at the end of the section, or where the authority ends.
            after = 0.0
            way = max(0.0, min(length, end) - x)
            lasts = min(STEP_S, max(2.0 * way / v, v / hardest))
            if x + 0.5 * v * lasts > length:
                lasts = 2.0 * (length - x) / v
        way = 0.5 * (v + after) * lasts
        if x + way >= length - 1e-9:
            after = 0.0
            lasts, way = 2.0 * (length - x) / max(v, 1e-6), length - x
        t, x, v = t + lasts, x + way, after
        out_t[nodes], out_x[nodes], out_v[nodes] = t, x, v
        nodes += 1
    stands = length - x >= 1e-6
    return out_t[:nodes].copy(), out_x[:nodes].copy(), out_v[:nodes].copy(), stands
