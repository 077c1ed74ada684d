"""Movement: the positions and the collector power of trips at each second of the day.

The two steps keep the energy exactly: `seconds_of_motion` converts a driving profile into the mean power of each
second after departure, for the actual load; `assemble` places many such runs, and standing trains, at their times of
the day. The metering point is the collector; auxiliaries are separate from traction.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray, IntArray, frozen_floats, frozen_ints, read_only
from energy_models.compiled import allocating, kernel
from energy_models.driving.profile import DrivingProfile
from energy_models.supply.snapshots import Snapshots
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Train

WHOLE_SECOND_TOLERANCE_S = 0.05
"""A profile whose running time differs from a whole second by less than this runs for this whole second."""

_CLOCK_TOLERANCE_S = 1e-6


@dataclass(frozen=True, eq=False)
class SecondsOfMotion:
    """One run of one section, second by second after departure.

    `distance_m[k]` is the distance from the departed stopping point in the middle of second k, `power_w[k]` the mean
    collector power over it without auxiliaries (regeneration offered is negative). The last second may be part of one.
    """

    distance_m: FloatArray
    power_w: FloatArray
    running_time_s: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "distance_m", frozen_floats(self.distance_m))
        object.__setattr__(self, "power_w", frozen_floats(self.power_w))

    @property
    def traction_energy_j(self) -> float:
        """Energy drawn at the collector, summed over the seconds that draw."""
        return float(np.maximum(self.power_w, 0.0).sum())

    @property
    def regeneration_energy_j(self) -> float:
        """Braking energy offered at the collector, summed over the seconds that offer (>= 0)."""
        return float(-np.minimum(self.power_w, 0.0).sum())

    def mean_power_w(self, until_s: float) -> float:
        """The mean collector power over the second that ends `until_s` after the departure; 0 outside of the run."""
        first = math.floor(until_s - 1.0)
        share = until_s - 1.0 - first
        power_w = [float(self.power_w[k]) if 0 <= k < len(self.power_w) else 0.0 for k in (first, first + 1)]
        return (1.0 - share) * power_w[0] + share * power_w[1]


@dataclass(frozen=True, eq=False)
class Run:
    """One train over one section: `departure_s` on the day's clock, `track_index` 0 up or 1 down; `train` names it."""

    track: SectionTrack
    track_index: int
    departure_s: float
    motion: SecondsOfMotion
    train: str = ""


@dataclass(frozen=True)
class Stand:
    """A standing train that draws only its auxiliaries, from `from_s` to `to_s` on the day's clock."""

    chainage_m: float
    track_index: int
    from_s: float
    to_s: float
    train: str = ""


def seconds_of_motion(profile: DrivingProfile, train: Train, passengers: float) -> SecondsOfMotion:
    """Distance in m and mean collector power in W for each second of a profile with `passengers` on board.

    The train follows the profile's speeds; with a different load, the force in each cell is the force of the profile
    plus the change of inertia and weight, `ΔF = Δm (dv²/2ds + g·slope)`, so the running resistance is that of the
    profile. A positive force is divided by the traction efficiency. A negative force is electric braking within the
    limits of the electric brake, and friction braking for the rest; with the load of the profile, its own division
    holds. Within a cell the acceleration is constant, and the cell's energy goes to the seconds in proportion to the
    distance covered in each: the sum over seconds equals the sum over cells.

    Raises ValueError if the times of the profile do not rise.
    """
    time_s = profile.time_s
    if not profile.has_rising_times:
        raise ValueError(f"times of a driving profile must rise from node to node ({profile.strategy})")
    exact_s = profile.running_time_s - float(time_s[0])
    whole_s = round(exact_s)
    near_whole = whole_s >= 1 and abs(exact_s - whole_s) < WHOLE_SECOND_TOLERANCE_S
    running_time_s = float(whole_s) if near_whole else exact_s
    extra_mass_kg = train.mass_kg(passengers) - train.mass_kg(profile.passengers)
    distance_m, power_w = _seconds(
        profile.distance_m,
        profile.speed_m_s,
        time_s,
        profile.slope,
        profile.traction_force_n,
        profile.electric_brake_force_n,
        profile.friction_brake_force_n,
        extra_mass_kg,
        math.ceil(running_time_s),
        train.electric_brake.speed_m_s,
        train.electric_brake.force_n,
        train.electric_brake.power_w,
        train.service_brake_force_n,
        train.traction_efficiency.force_n,
        train.traction_efficiency.speed_m_s,
        train.traction_efficiency.share,
        train.regeneration_efficiency.force_n,
        train.regeneration_efficiency.speed_m_s,
        train.regeneration_efficiency.share,
    )
    return SecondsOfMotion(read_only(distance_m), read_only(power_w), running_time_s)


@dataclass(frozen=True, eq=False)
class Gathered:
    """Runs, then stands, as arrays: begin, place, duration, and index of the motion of each.

    A stand has no motion (-1). The seconds of all motions are in sequence, each motion from its offset on.
    """

    first_s: FloatArray
    duration_s: FloatArray
    origin_m: FloatArray
    sign: FloatArray
    track: IntArray
    motion: IntArray
    motion_offset: IntArray
    distance_m: FloatArray
    power_w: FloatArray

    def later(self, by_s: FloatArray) -> "Gathered":
        """The same with each run and stand later by its number of seconds."""
        return replace(self, first_s=self.first_s + by_s)


def gather(runs: Iterable[Run], stands: Iterable[Stand]) -> Gathered:
    """Runs and stands as arrays, in this order."""
    run_list, stand_list = list(runs), list(stands)
    motion_of, motion_offset, distance_m, power_w = distinct_motions([run.motion for run in run_list])
    return Gathered(
        first_s=np.array([run.departure_s for run in run_list] + [stand.from_s for stand in stand_list], np.float64),
        duration_s=np.array(
            [run.motion.running_time_s for run in run_list] + [stand.to_s - stand.from_s for stand in stand_list],
            dtype=np.float64,
        ),
        origin_m=np.array(
            [run.track.departure_chainage_m for run in run_list] + [stand.chainage_m for stand in stand_list],
            dtype=np.float64,
        ),
        sign=np.array([run.track.chainage_per_m for run in run_list] + [0] * len(stand_list), dtype=np.float64),
        track=np.array([run.track_index for run in run_list] + [s.track_index for s in stand_list], dtype=np.int64),
        motion=np.concatenate([motion_of, np.full(len(stand_list), -1, dtype=np.int64)]),
        motion_offset=motion_offset,
        distance_m=distance_m,
        power_w=power_w,
    )


def assemble(
    runs: Iterable[Run], stands: Iterable[Stand], auxiliary_w: float | Sequence[float], start_s: float, end_s: float
) -> Snapshots:
    """The snapshots of runs and standing trains at their times of the day; see `lay_on_clock`."""
    return lay_on_clock(gather(runs, stands), auxiliary_w, start_s, end_s)


def lay_on_clock(trains: Gathered, auxiliary_w: float | Sequence[float], start_s: float, end_s: float) -> Snapshots:
    """The snapshots of every second from `start_s` to `end_s` (whole seconds of the day's clock).

    `auxiliary_w` is the auxiliary power in W of each train from departure to arrival and while it stands: one value for
    all, or one for each run and then each stand. If a run departs between two seconds, each of them has its share of
    power and position; a part of a second counts as the same part of the auxiliaries. Energies are kept exactly.
    Entries of an instant are in the order of `runs`, then `stands`; `owner` numbers them in this order.

    Raises ValueError if a run or stand is partly outside the span, or if the span is empty or not in whole seconds.
    """
    if start_s != math.floor(start_s) or end_s != math.floor(end_s) or end_s <= start_s:
        raise ValueError(f"a span of whole seconds is needed, not {start_s} to {end_s} s")
    _check_span(trains.first_s, trains.duration_s, start_s, end_s)
    offset, chainage_m, entry_track, entry_power_w, entry_auxiliary_w, owner = _lay_on_clock(
        trains.first_s - start_s,
        trains.duration_s,
        trains.origin_m,
        trains.sign,
        trains.track,
        trains.motion,
        trains.motion_offset,
        trains.distance_m,
        trains.power_w,
        np.broadcast_to(np.asarray(auxiliary_w, dtype=np.float64), len(trains.track)).copy(),
        round(end_s - start_s),
    )
    return Snapshots(
        offset, chainage_m, entry_track, entry_power_w, entry_auxiliary_w, start_s=float(start_s), owner=owner
    )


def _check_span(first_s: FloatArray, duration_s: FloatArray, start_s: float, end_s: float) -> None:
    if len(first_s) == 0:
        return
    if float(duration_s.min()) < 0.0:
        raise ValueError(f"a stand ends {-float(duration_s.min()):.3f} s before it begins")
    last_s = first_s + duration_s
    if float(first_s.min()) < start_s or float(last_s.max()) > end_s + _CLOCK_TOLERANCE_S:
        raise ValueError(
            f"trains from {float(first_s.min()):.1f} to {float(last_s.max()):.1f} s do not fit the span "
            f"{start_s:.0f} to {end_s:.0f} s"
        )


def distinct_motions(motions: Sequence[SecondsOfMotion]) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Index of each run's motion among the distinct motions, and the seconds of these motions in sequence."""
    index_of: dict[int, int] = {}
    distinct: list[SecondsOfMotion] = []
    motion_of = np.empty(len(motions), dtype=np.int64)
    for position, motion in enumerate(motions):
        index = index_of.setdefault(id(motion), len(distinct))
        if index == len(distinct):
            distinct.append(motion)
        motion_of[position] = index
    lengths = [len(motion.power_w) for motion in distinct]
    offset = np.zeros(len(distinct) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offset[1:])
    empty = np.zeros(0)
    distance_m = np.concatenate([empty, *(motion.distance_m for motion in distinct)])
    power_w = np.concatenate([empty, *(motion.power_w for motion in distinct)])
    return motion_of, frozen_ints(offset), distance_m, power_w


@kernel()
def _straight(x: float, xs: FloatArray, ys: FloatArray) -> float:
    """Straight lines between points, constant beyond them."""
    last = len(xs) - 1
    if x <= xs[0]:
        return float(ys[0])
    for i in range(last):
        if x <= xs[i + 1]:
            return float(ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i]))
    return float(ys[last])


@kernel()
def _share(force: float, speed: float, forces: FloatArray, speeds: FloatArray, share: FloatArray) -> float:
    """Bilinear in force and speed, constant beyond the edges."""
    if share.size == 1:
        return float(share[0, 0])
    i = 0
    while i < len(forces) - 2 and force > forces[i + 1]:
        i += 1
    a = 0.0
    up = i
    if len(forces) > 1:
        up = i + 1
        a = min(1.0, max(0.0, (force - forces[i]) / (forces[up] - forces[i])))
    low = (1.0 - a) * _straight(speed, speeds, share[i])
    return float(low + a * _straight(speed, speeds, share[up]))


@allocating()
def _seconds(
    distance: FloatArray,
    speed: FloatArray,
    time: FloatArray,
    slope: FloatArray,
    traction: FloatArray,
    electric: FloatArray,
    friction: FloatArray,
    extra_mass: float,
    seconds: int,
    brake_speed: FloatArray,
    brake_force: FloatArray,
    brake_power: float,
    service: float,
    traction_force: FloatArray,
    traction_speed: FloatArray,
    traction_share: FloatArray,
    regeneration_force: FloatArray,
    regeneration_speed: FloatArray,
    regeneration_share: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    cells = len(slope)
    place = np.empty(seconds)
    power = np.zeros(seconds)
    middle = 0  # the next second without a place
    for c in range(cells):
        ds = distance[c + 1] - distance[c]
        v0, v1 = speed[c], speed[c + 1]
        start, end = time[c] - time[0], time[c + 1] - time[0]
        mean_speed = 0.5 * (v0 + v1)
        pull = traction[c]
        brake = electric[c]
        if extra_mass != 0.0:
            acceleration = (v1 * v1 - v0 * v0) / (2.0 * ds)
            force = traction[c] - electric[c] - friction[c] + extra_mass * (acceleration + GRAVITY_M_S2 * slope[c])
            pull = max(force, 0.0)
            brake = max(-force, 0.0)
            # If the profile also brakes with friction, its electric part is the limit of the electric brake in this
            # cell.
            limit = electric[c]
            if friction[c] <= 0.0:
                # The higher speed of the cell allows less, as in the computation of the profile.
                top = max(v0, v1, 1e-9)
                limit = max(limit, min(_straight(top, brake_speed, brake_force), brake_power / top, service))
            brake = min(brake, limit)
        work = 0.0  # collector energy of each metre of the cell, J/m
        if pull > 0.0:
            work += pull / _share(pull, mean_speed, traction_force, traction_speed, traction_share)
        if brake > 0.0:
            work -= brake * _share(brake, mean_speed, regeneration_force, regeneration_speed, regeneration_share)
        duration = end - start
        # Constant acceleration: covered(τ) = v0 τ + (v1 - v0) τ² / 2T, scaled so that rounding loses no distance.
        scale = ds / (mean_speed * duration) if mean_speed > 0.0 else 0.0
        bend = (v1 - v0) / (2.0 * duration)
        first, last = min(int(start), seconds - 1), min(int(end), seconds - 1)
        covered = 0.0
        for k in range(first, last + 1):
            upto = ds
            if k < last:
                tau = k + 1.0 - start
                upto = min(ds, scale * (v0 + bend * tau) * tau)
            power[k] += work * (upto - covered)
            covered = upto
        while middle < seconds and middle + 0.5 <= end:
            tau = middle + 0.5 - start
            place[middle] = distance[c] - distance[0] + scale * (v0 + bend * tau) * tau
            middle += 1
    while middle < seconds:
        place[middle] = distance[cells] - distance[0]
        middle += 1
    return place, power


@allocating()
def _lay_on_clock(
    first: FloatArray,
    duration: FloatArray,
    origin: FloatArray,
    sign: FloatArray,
    track: IntArray,
    motion: IntArray,
    motion_offset: IntArray,
    distance: FloatArray,
    power: FloatArray,
    auxiliary: FloatArray,
    instants: int,
) -> tuple[IntArray, FloatArray, IntArray, FloatArray, FloatArray, IntArray]:
    trains = len(first)
    count = np.zeros(instants + 1, np.int64)
    begin = np.empty(trains, np.int64)
    end = np.empty(trains, np.int64)
    for i in range(trains):
        begin[i] = int(np.floor(first[i] + _CLOCK_TOLERANCE_S))
        end[i] = int(np.ceil(first[i] + duration[i] - _CLOCK_TOLERANCE_S))
        if motion[i] >= 0:
            # All seconds of the motion are used, also if rounding changes the arrival, so that the energy is exact.
            length = motion_offset[motion[i] + 1] - motion_offset[motion[i]]
            late = 1 if first[i] - begin[i] > _CLOCK_TOLERANCE_S else 0
            end[i] = begin[i] + length + late
        if end[i] > instants:
            raise ValueError("the last second of a train is outside the span")
        for t in range(begin[i], end[i]):
            count[t + 1] += 1
    offset = np.cumsum(count)
    total = offset[instants]
    chainage_m = np.empty(total)
    entry_track = np.empty(total, np.int64)
    power_w = np.zeros(total)
    auxiliary_w = np.empty(total)
    owner = np.empty(total, np.int64)
    free = offset[:instants].copy()
    for i in range(trains):
        share = first[i] - begin[i]
        if share <= _CLOCK_TOLERANCE_S:
            share = 0.0
        for t in range(begin[i], end[i]):
            entry = free[t]
            free[t] += 1
            overlap = min(t + 1.0, first[i] + duration[i]) - max(float(t), first[i])
            auxiliary_w[entry] = auxiliary[i] * min(1.0, max(0.0, overlap))
            entry_track[entry] = track[i]
            owner[entry] = i
            chainage_m[entry] = origin[i]
            if motion[i] >= 0:
                low, high = motion_offset[motion[i]], motion_offset[motion[i] + 1]
                now = low + t - begin[i]
                before = now - 1
                place = (1.0 - share) * distance[min(now, high - 1)] + share * distance[max(before, low)]
                chainage_m[entry] += sign[i] * place
                if now < high:
                    power_w[entry] += (1.0 - share) * power[now]
                if share > 0.0 and before >= low:
                    power_w[entry] += share * power[before]
    return offset, chainage_m, entry_track, power_w, auxiliary_w, owner
