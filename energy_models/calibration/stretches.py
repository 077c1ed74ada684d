"""Cuts telemetry into stretches of one state and integrates each: the data of the fit of energy balances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.line_profile import mean_height
from energy_models.calibration.recorded_motion import COARSE_S, BoolArray, RecordedMotion, recorded_motion
from energy_models.telemetry.columns import STATES
from energy_models.track import SectionTrack

if TYPE_CHECKING:
    import pandas as pd

LONGEST_S = 15.0
SHORTEST_S = 4.0
_LARGEST_NOISE_M_S = 0.05
"""Noise of a speed reading that is assumed at most if rows are too far apart to show it; assumed."""
_SMALL_LAG = 0.06
"""A first estimate of the lag below this share of a long sampling interval is not known to differ from zero."""
_STAND, _COAST, _TRACTION, _BRAKE = (STATES.index(name) for name in ("stand", "coast", "traction", "brake"))


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of one state, one entry each; energies at the collector, auxiliaries included.

    `first_row` and `last_row` are the rows of the motion at both ends. `state` is an index into `STATES`, `cluster` the
    number of the run (from one departure to the next). `kinetic_m2_s2` is half the change of v²; `speed_m_s_m` and
    `speed2_m2_s2_m` are v and v² integrated over distance, for the terms B and C of the resistance. `begin_s` and
    `chainage_m` are the begin of the stretch.
    """

    vehicle: tuple[str, ...]
    first_row: IntArray
    last_row: IntArray
    begin_s: FloatArray
    chainage_m: FloatArray
    last_chainage_m: FloatArray
    upward: BoolArray
    state: IntArray
    cluster: IntArray
    duration_s: FloatArray
    load_kg: FloatArray
    kinetic_m2_s2: FloatArray
    distance_m: FloatArray
    speed_m_s_m: FloatArray
    speed2_m2_s2_m: FloatArray
    first_speed_m_s: FloatArray
    last_speed_m_s: FloatArray
    temperature_c: FloatArray
    energy_j: FloatArray

    def seconds_in(self, state: str) -> float:
        """Seconds of all stretches of one state."""
        return float(self.duration_s[self.state == STATES.index(state)].sum())


@dataclass(frozen=True, eq=False)
class Cut:
    """The stretches, the seconds outside all stretches by reason, the noise of the data, and the motion behind them.

    `lag_s` is the lag of the energy meter behind the tachometer for which the stretches were cut.
    """

    stretches: Stretches
    unused_seconds: Mapping[str, int]
    speed_noise_m_s: float
    chainage_noise_m: float
    motion: RecordedMotion
    lag_s: float


def cut(rows: "pd.DataFrame", tracks: Mapping[str, Sequence[SectionTrack]], lag_s: float = 0.0) -> Cut:
    """Cut the rows of `read_telemetry` into stretches; `tracks` are the sections of each direction in order of travel.

    Raises:
        InputFaults: See `recorded_motion`.
    """
    return cut_motion(recorded_motion(rows, tracks), lag_s)


def cut_motion(motion: RecordedMotion, lag_s: float) -> Cut:
    """Cut a motion into stretches for a meter that is `lag_s` late.

    The seconds before a row count if the row before is one sampling interval earlier, of the same run and in the same
    state, with the friction brake off in both rows, and if this also holds for the rows in which the late meter shows
    the energy of these seconds.
    """
    m = motion
    if m.interval_s > COARSE_S and abs(lag_s) < _SMALL_LAG * m.interval_s:
        lag_s = 0.0
    same = m.joined & (m.run == np.roll(m.run, 1))
    same[0] = False
    one_state = m.state == np.roll(m.state, 1)
    friction = m.friction | np.roll(m.friction, 1)
    placed = m.placed & np.roll(m.placed, 1)
    working = ~(m.stuck | np.roll(m.stuck, 1))
    known = m.load_known | (m.state == _STAND)
    first = ~(m.run == np.roll(m.run, 1))
    first[0] = True
    inside = same & one_state & ~friction & placed & working & known
    late = _late(inside, m, lag_s)
    if m.window_s < m.interval_s:
        # The force rises and falls near a change of state; interpolation between readings does not show this.
        drives = (m.state == _TRACTION) | (m.state == _BRAKE)
        late &= (np.roll(inside, 1) & np.append(inside[1:], False)) | ~drives
    seconds = np.where(m.joined, m.step_s, np.minimum(m.step_s + (m.step_s == 0.0), m.interval_s))

    def count(mask: BoolArray) -> int:
        return round(float(seconds[mask].sum()))

    unused = {
        "first row of a run": count(first),
        "a gap before the row": count(~first & ~m.joined),
        "the drive changed its state": count(same & ~one_state),
        "friction brake on": count(same & one_state & friction),
        "position outside its section": count(same & one_state & ~friction & ~placed),
        "a stuck sensor": count(same & one_state & ~friction & placed & ~(working & known)),
        "the meter is late, or its readings too far apart": count(inside & ~late),
    }
    stretches, short = _integrate(m, late)
    unused[f"stretch shorter than {SHORTEST_S:g} s"] = round(short)
    return Cut(stretches, unused, *_noise(m, late), m, lag_s)


def _late(inside: BoolArray, m: RecordedMotion, lag_s: float) -> BoolArray:
    """The rows of which also the readings of the late meter are inside the same stretch of one state."""
    shift = int(np.ceil(abs(lag_s) / m.interval_s - 1e-6))
    late = inside.copy()
    drives = (m.state == _TRACTION) | (m.state == _BRAKE)
    for step in range(1, shift + 1):
        other = np.roll(inside, -step if lag_s > 0.0 else step)
        if lag_s > 0.0:
            other[-step:] = False
        else:
            other[:step] = False
        late &= other | ~drives
    return late


def with_lag(cut: Cut, lag_s: float) -> Cut:
    """The same stretches with the energies of a meter that is `lag_s` late."""
    s = cut.stretches
    energy = cut.motion.metered_energy_j(s.last_row, lag_s) - cut.motion.metered_energy_j(s.first_row, lag_s)
    return replace(cut, stretches=replace(s, energy_j=energy), lag_s=lag_s)


@dataclass(frozen=True, eq=False)
class Rise:
    """The rise of each stretch in m, and the integrals of the curve resistance and of its square over the distance."""

    rise_m: FloatArray
    curve_m: FloatArray
    curve2_m: FloatArray
    first_slope: FloatArray
    last_slope: FloatArray


def rise_of(cut: Cut, length_m: float, ahead_m: float) -> Rise:
    """Rise and curves under a train of a length, of which `ahead_m` is in front of the recorded place."""
    s, m = cut.stretches, cut.motion
    out = [np.zeros(len(s.state)) for _ in range(5)]
    for way, upward in (("up", True), ("down", False)):
        mine = s.upward == upward
        if way not in m.profiles or not mine.any():
            continue
        profile = m.profiles[way]
        first, last = m.place_m[s.first_row[mine]], m.place_m[s.last_row[mine]]
        curves = (profile.slope, profile.curve, profile.curve**2)
        for target, steepness in zip(out[:3], curves, strict=True):
            target[mine] = mean_height(profile.boundary_m, steepness, last, length_m, ahead_m) - mean_height(
                profile.boundary_m, steepness, first, length_m, ahead_m
            )
        for target, place in ((out[3], first), (out[4], last)):
            cell = np.clip(np.searchsorted(profile.boundary_m, place, side="right") - 1, 0, len(profile.slope) - 1)
            target[mine] = profile.slope[cell] + profile.curve[cell]
    return Rise(*out)


def slope_at_rows(motion: RecordedMotion, length_m: float, ahead_m: float) -> FloatArray:
    """Slope with curve resistance under the train at each row."""
    slope = np.zeros(len(motion.time_s))
    for way, upward in (("up", True), ("down", False)):
        mine = motion.upward == upward
        if way in motion.profiles and mine.any():
            profile, place = motion.profiles[way], motion.place_m[mine]
            steepness = profile.slope + profile.curve
            high, low = (
                mean_height(profile.boundary_m, steepness, place + side, length_m, ahead_m) for side in (2.0, -2.0)
            )
            slope[mine] = (high - low) / 4.0
    return slope


def _integrate(m: RecordedMotion, pure: BoolArray) -> tuple[Stretches, float]:
    """Sum each series of seconds of one state; a series longer than `LONGEST_S` is split evenly."""
    last_rows = np.flatnonzero(pure)
    if not len(last_rows):
        return _nothing(), 0.0
    breaks = np.flatnonzero(np.diff(last_rows) != 1) + 1
    begin = np.concatenate(([0], breaks))
    long = np.diff(np.append(begin, len(last_rows)))
    most = max(1, int(LONGEST_S / m.interval_s + 1e-6))
    parts = -(-long // most)
    # Cut each series into equal parts: the part of each row, without a loop.
    series = np.repeat(np.arange(len(long)), long)
    within = np.arange(len(last_rows)) - begin[series]
    number = np.concatenate(([0], np.cumsum(parts)[:-1]))[series] + within * parts[series] // long[series]
    first_of = np.flatnonzero(np.diff(number, prepend=-1))
    last_of = np.append(first_of[1:], len(last_rows)) - 1
    first, last = last_rows[first_of] - 1, last_rows[last_of]
    clock = np.cumsum(np.where(m.joined, m.step_s, 0.0))
    duration = clock[last] - clock[first]
    kept = duration >= min(SHORTEST_S, 4.0 * m.interval_s) - 1e-6
    short = float(duration[~kept].sum())
    first, last, duration = first[kept], last[kept], duration[kept]
    if not len(first):
        return _nothing(), short
    speed = m.speed_m_s
    before = np.roll(speed, 1)
    step = np.where(m.joined, m.step_s, 0.0)

    def total(values: FloatArray) -> FloatArray:
        sums = np.cumsum(values * step)
        return np.asarray(sums[last] - sums[first])

    return Stretches(
        vehicle=tuple(np.array(m.names)[m.vehicle[first]]),
        first_row=first,
        last_row=last,
        begin_s=m.time_s[first],
        chainage_m=m.chainage_m[first],
        last_chainage_m=m.chainage_m[last],
        upward=m.upward[last],
        state=m.state[last],
        cluster=m.run[last],
        duration_s=duration,
        load_kg=m.load_kg[last],
        kinetic_m2_s2=0.5 * (speed[last] ** 2 - speed[first] ** 2),
        # Speed is assumed to be linear between rows, so these are exact for constant acceleration.
        distance_m=total((before + speed) / 2.0),
        speed_m_s_m=total((before**2 + before * speed + speed**2) / 3.0),
        speed2_m2_s2_m=total((before + speed) * (before**2 + speed**2) / 4.0),
        first_speed_m_s=speed[first],
        last_speed_m_s=speed[last],
        temperature_c=total(m.temperature_c) / duration,
        energy_j=m.metered_energy_j(last, 0.0) - m.metered_energy_j(first, 0.0),
    ), short


def _noise(m: RecordedMotion, pure: BoolArray) -> tuple[float, float]:
    """Standard deviations of speed and chainage readings, from third differences of neighbouring rows.

    Third differences remove constant and linearly changing acceleration; their variance is 20 times that of one
    reading. The median of absolute values is used, so that glitches and changes of effort do not count.
    """
    moving = pure & (m.speed_m_s > 2.0)
    three = moving[3:] & moving[2:-1] & moving[1:-2]
    if three.sum() < 10:
        return 0.03, 1.0
    scale = 1.4826 / np.sqrt(20.0)
    noise = max(1e-3, float(scale * np.median(np.abs(np.diff(m.speed_m_s, 3)[three]))))
    # Between rows far apart, changes of effort are larger than noise.
    return min(noise, _LARGEST_NOISE_M_S) if m.interval_s > COARSE_S else noise, 1.0


def _nothing() -> Stretches:
    empty, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    none = np.zeros(0, dtype=bool)
    return Stretches((), whole, whole, empty, empty, empty, none, whole, whole, *(empty,) * 10)
