"""The motion of a train from its telemetry: speed with the right scale, and the place on the line at each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.line_profile import LineProfile, line_profile
from energy_models.calibration.speed_scale import SpeedScale, speed_scales
from energy_models.calibration.stuck_readings import stuck
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES
from energy_models.track import SectionTrack

if TYPE_CHECKING:
    from scipy.interpolate import PPoly

BoolArray = NDArray[np.bool_]

MOST_OVERSHOOT_M = 30.0
COARSE_S = 1.5
"""At longer sampling intervals, the odometer shows a place between stations better than the integral of the speed."""
LARGEST_SCALE_ERROR = 0.06
"""Wheels wear by at most this share; a larger ratio means another unit or another line."""
_SAME_LENGTH = 0.006
_SHORTEST_RUN_S = 8.0
_SLOPE_WINDOW_S = 2.0
_STAND, _COAST, _TRACTION, _BRAKE = (STATES.index(name) for name in ("stand", "coast", "traction", "brake"))


@dataclass(frozen=True, eq=False)
class RecordedMotion:
    """One entry for each row of the telemetry, ordered by vehicle and time.

    `run` numbers the runs from station to station. `joined` is true if the row before is one sampling interval
    earlier, of the same vehicle; `step_s` is the time since that row (0 for the first row of a vehicle).
    `speed_m_s` has the scale of `scales` taken out. `place_m` is the place in the direction of travel (`LineProfile`),
    `chainage_m` the chainage; `placed` is false where it is not known. `load_kg` is the mean payload of the run;
    `load_known` is false where the load sensor is stuck. `stuck` marks a stuck speed or current. `power_w` is the mean
    over the `window_s` before each row: the sampling interval, or less for a recorder that does not average.
    """

    vehicle: IntArray
    names: tuple[str, ...]
    time_s: FloatArray
    step_s: FloatArray
    run: IntArray
    state: IntArray
    joined: BoolArray
    speed_m_s: FloatArray
    place_m: FloatArray
    chainage_m: FloatArray
    upward: BoolArray
    placed: BoolArray
    friction: BoolArray
    stuck: BoolArray
    power_w: FloatArray
    load_kg: FloatArray
    load_known: BoolArray
    temperature_c: FloatArray
    interval_s: float
    window_s: float
    profiles: Mapping[str, LineProfile]
    scales: Mapping[str, tuple[SpeedScale, ...]]
    stuck_rows: Mapping[str, int]

    def metered_energy_j(self, row: IntArray, lag_s: float) -> FloatArray:
        """Energy that the meter has counted up to `lag_s` after each row; only differences in a run have meaning."""
        time, curve = self._meter
        return np.asarray(curve(np.clip(time[row] + lag_s, curve.x[0], curve.x[-1])))

    @cached_property
    def _meter(self) -> "tuple[FloatArray, PPoly]":
        """The time of each row without the gaps, and the counted energy over this time.

        If voltage times current is the mean power since the row before, the energy between rows is a cubic with the
        mean of the powers on both sides as its slope at each row. If it is the mean of a shorter window, the power
        between the middles of the windows is a monotone cubic.
        """
        from scipy.interpolate import CubicHermiteSpline, PchipInterpolator  # noqa: PLC0415 - slow to import

        step = np.where(self.joined, self.step_s, self.interval_s)
        time = np.cumsum(step)
        if self.window_s < self.interval_s:
            return time, PchipInterpolator(time - 0.5 * self.window_s, self.power_w).antiderivative()
        slope = 0.5 * (self.power_w + np.append(self.power_w[1:], self.power_w[-1]))
        return time, CubicHermiteSpline(time, np.cumsum(self.power_w * step), slope)

    @cached_property
    def acceleration_m_s2(self) -> FloatArray:
        """Acceleration at each row: the slope of a line through the speeds of the two seconds on each side.

        At gaps and at changes of state, the line ends there.
        """
        half = max(1, round(_SLOPE_WINDOW_S / self.interval_s))
        count = len(self.time_s)
        starts = ~self.joined | (self.state != np.roll(self.state, 1))
        starts[0] = True
        piece, begin = np.cumsum(starts) - 1, np.flatnonzero(starts)
        low = np.maximum(np.arange(count) - half, begin[piece])
        high = np.minimum(np.arange(count) + half + 1, np.append(begin[1:], count)[piece])
        clock = np.cumsum(np.where(self.joined, self.step_s, 0.0))

        def total(values: FloatArray) -> FloatArray:
            sums = np.concatenate(([0.0], np.cumsum(values)))
            return np.asarray(sums[high] - sums[low])

        # Times from the begin of the piece keep the sums small, so that their differences are exact enough.
        along, speed = clock - clock[begin[piece]], self.speed_m_s
        n, t, v = (high - low).astype(np.float64), total(along), total(speed)
        tt, tv = total(along * along), total(along * speed)
        spread = tt - t * t / n
        return np.where(spread > 1e-9, (tv - t * v / n) / np.maximum(spread, 1e-9), 0.0)


def recorded_motion(rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]]) -> RecordedMotion:
    """The motion in the rows of `read_telemetry`; `tracks` are the sections of each direction in order of travel.

    The scale of the speed sensor follows from the sections that a train runs without a gap, from standstill to
    standstill: the integral of the measured speed divided by the length of the section. On such a section, the place is
    that integral in shares of the length; elsewhere it is the integral, placed by the mean of the odometer's readings.
    If rows are more than 1.5 s apart, the place is that of the odometer.

    Raises:
        InputFaults: The line does not have a section of the telemetry, positions are outside their section, or the
            speed does not fit the distance between stations (with the likely unit).
    """
    if len(rows) < 2:
        raise InputFaults([Fault("", "telemetry", "", f"{len(rows)} usable rows", "at least two rows of a vehicle")])
    check_places(rows, tracks)
    time = rows["time_s"].to_numpy(np.float64)
    vehicle, names = pd.factorize(rows["vehicle"])
    other = np.concatenate(([True], np.diff(vehicle) != 0))
    step = np.where(other, 0.0, np.diff(time, prepend=time[:1]))
    interval = float(np.median(step[step > 0.0])) if (step > 0.0).any() else 1.0
    joined = ~other & (step < 1.6 * interval) & (step > 0.0)
    measured = rows["speed_m_s"].to_numpy(np.float64)
    state = rows["state"].map({name: index for index, name in enumerate(STATES)}).to_numpy().astype(np.int64)
    run = _runs(rows, vehicle)
    moving = measured > 0.0
    stuck_speed = stuck(measured, moving)
    power = rows["voltage_v"].to_numpy(np.float64) * rows["current_a"].to_numpy(np.float64)
    current = rows["current_a"].to_numpy(np.float64)
    stuck_current = stuck(current, moving) | stuck(current, ~moving)
    travelled = np.cumsum(np.where(joined, 0.5 * (measured + np.roll(measured, 1)) * step, 0.0))
    profiles = {way: line_profile(list(pieces)) for way, pieces in tracks.items()}
    length, departure, per_m, begin = _section_values(rows, tracks, profiles)
    odometer = (rows["chainage_m"].to_numpy(np.float64) - departure) / per_m
    complete = _complete_runs(run, measured, joined, ~stuck_speed, max(3, round(_SHORTEST_RUN_S / interval)))
    ratio = (travelled[complete.last] - travelled[complete.first]) / np.maximum(length[complete.last - 1], 1.0)
    scales = _scales([str(name) for name in names], vehicle, time, complete, ratio)
    scale = np.ones(len(rows))
    for index, name in enumerate(names):
        for one in scales[str(name)]:
            scale[(vehicle == index) & (time >= one.since_s)] = one.scale
    distance, placed = _distances(run, travelled, scale, joined, odometer, moving, length, complete, ratio)
    if interval > COARSE_S:
        distance, placed = np.where(moving, odometer / scale, 0.0), np.ones(len(rows), dtype=bool)
    beyond = (odometer < -MOST_OVERSHOOT_M) | (odometer > length * 1.02 + MOST_OVERSHOOT_M)
    if moving.any() and beyond[moving].mean() > 0.2:
        raise InputFaults(
            [Fault("", f"{int(beyond[moving].sum())} rows", "chainage_m", "outside the section that the row names",
                   "telemetry of this line: chainage, direction and section that belong together")]
        )  # fmt: skip
    load, known, stuck_load = _loads(rows, run, moving, other)
    return RecordedMotion(
        vehicle=vehicle.astype(np.int64), names=tuple(str(name) for name in names), time_s=time, step_s=step, run=run,
        state=state, joined=joined, speed_m_s=measured / scale, place_m=begin + distance,
        chainage_m=departure + per_m * distance, upward=per_m > 0.0, placed=placed & ~(beyond & moving),
        friction=rows["friction_brake"].to_numpy(np.float64) > 0.0, stuck=stuck_speed | stuck_current, power_w=power,
        load_kg=load, load_known=known, temperature_c=rows["outside_temperature_c"].to_numpy(np.float64),
        interval_s=interval, window_s=interval, profiles=profiles, scales=scales,
        stuck_rows={"speed_m_s": int(stuck_speed.sum()), "current_a": int(stuck_current.sum()), "load_kg": stuck_load},
    )  # fmt: skip


def check_places(rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]]) -> None:
    """Raise InputFaults for each section that the line does not have."""
    faults = []
    for key, group in rows.groupby(["direction", "section"]):
        direction, section = _key(key)
        count = len(tracks[direction])
        if section != int(section) or int(section) >= count:
            faults.append(
                Fault("", f"{len(group)} rows, direction {direction}", "section", f"{section:g}",
                      f"a whole number from 0 to {count - 1}: the line has {count} sections in that direction")
            )  # fmt: skip
    if faults:
        raise InputFaults(faults)


def _key(key: object) -> tuple[str, float]:
    direction, section = cast(tuple[str, float], key)
    return str(direction), float(section)


def _runs(rows: pd.DataFrame, vehicle: IntArray) -> IntArray:
    trip = pd.factorize(rows["trip"])[0]
    section = rows["section"].to_numpy(np.int64)
    down = (rows["direction"] == "down").to_numpy().astype(np.int64)
    change = (np.diff(vehicle) != 0) | (np.diff(trip) != 0) | (np.diff(section) != 0) | (np.diff(down) != 0)
    return np.concatenate(([0], np.cumsum(change))).astype(np.int64)


def _section_values(
    rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]], profiles: Mapping[str, LineProfile]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    length, departure, per_m, begin = (np.zeros(len(rows)) for _ in range(4))
    for key, members in rows.groupby(["direction", "section"]).indices.items():
        direction, place = _key(key)
        section = int(place)
        track = tracks[direction][section]
        length[members], departure[members] = track.length_m, track.departure_chainage_m
        per_m[members], begin[members] = track.chainage_per_m, profiles[direction].section_begin_m[section]
    return length, departure, per_m, begin


@dataclass(frozen=True, eq=False)
class _Complete:
    """Runs without a gap: the rows of the last standstill before and of the first standstill after."""

    first: IntArray
    last: IntArray


def _complete_runs(
    run: IntArray, speed: FloatArray, joined: BoolArray, usable: BoolArray, fewest_rows: int
) -> _Complete:
    moving = speed > 0.0
    begin = np.flatnonzero(moving[1:] & ~moving[:-1])
    end = np.flatnonzero(~moving[1:] & moving[:-1]) + 1
    end = end[np.searchsorted(end, begin, side="right")[np.searchsorted(end, begin, side="right") < len(end)]]
    begin = begin[: len(end)]
    broken = np.concatenate(([0], np.cumsum(~(joined & usable))))
    whole = (broken[end + 1] == broken[begin + 1]) & (run[begin] == run[end - 1]) & (end - begin > fewest_rows)
    return _Complete(begin[whole], end[whole])


def _scales(
    names: Sequence[str], vehicle: IntArray, time: FloatArray, complete: _Complete, ratio: FloatArray
) -> dict[str, tuple[SpeedScale, ...]]:
    found, faults = {}, []
    for index, name in enumerate(names):
        mine = vehicle[complete.first] == index
        middle = float(np.median(ratio[mine])) if mine.any() else 1.0
        if mine.sum() >= 3 and abs(middle - 1.0) > LARGEST_SCALE_ERROR:
            faults.append(_unit_fault(name, middle))
            continue
        # A train that passes a station without a stop, or stops short, says nothing about the scale.
        near = mine & (np.abs(ratio - middle) < 0.04)
        found[name] = speed_scales(time[complete.first[near]], ratio[near])
    if faults:
        raise InputFaults(faults)
    return found


def _unit_fault(name: str, ratio: float) -> Fault:
    known = {3.6: "speed looks like km/h", 2.23694: "speed looks like mph", 1.94384: "speed looks like knots"}
    likely = next((words for factor, words in known.items() if abs(ratio / factor - 1.0) < LARGEST_SCALE_ERROR), "")
    words = likely or "the scale of the speed is wrong, or the telemetry belongs to another line"
    return Fault(
        "", f"vehicle {name}", "speed_m_s",
        f"covers {ratio:.2f} times the distance between stations",
        f"speed in m/s, within {LARGEST_SCALE_ERROR:.0%}: {words}",
    )  # fmt: skip


def _distances(
    run: IntArray, travelled: FloatArray, scale: FloatArray, joined: BoolArray, odometer: FloatArray, moving: BoolArray,
    length: FloatArray, complete: _Complete, ratio: FloatArray,
) -> tuple[FloatArray, BoolArray]:  # fmt: skip
    """Distance from the departure of the section, and where it is known."""
    distance, placed = np.where(moving, np.nan, 0.0), ~moving
    whole = np.abs(ratio / scale[complete.first] - 1.0) < _SAME_LENGTH
    done = np.zeros(len(run), dtype=bool)
    for first, last, share in zip(complete.first[whole], complete.last[whole], ratio[whole], strict=True):
        distance[first : last + 1] = (travelled[first : last + 1] - travelled[first]) / share
        done[first:last] = True
        if run[last] != run[first]:
            distance[last] = 0.0
    # Elsewhere: the integral of the speed, placed by the odometer. Pieces end at gaps and at the ends of runs.
    rest = moving & ~done
    if rest.any():
        piece = np.cumsum(~joined | np.concatenate(([True], np.diff(run) != 0)))
        index = np.flatnonzero(rest)
        _, own = np.unique(piece[index], return_inverse=True)
        count = np.bincount(own)
        along = travelled[index] / scale[index]
        # The odometer has the scale of the speed sensor, because both count the turns of the same wheel.
        offset = np.bincount(own, weights=odometer[index] / scale[index] - along) / count
        distance[index] = along + offset[own]
    placed = placed | done | rest
    return np.where(np.isfinite(distance), distance, odometer), placed & (
        np.abs(distance - odometer) < 0.06 * length + 40
    )


def _loads(rows: pd.DataFrame, run: IntArray, moving: BoolArray, other: BoolArray) -> tuple[FloatArray, BoolArray, int]:
    """Mean payload of the moving rows of each run; false where the sensor is stuck through most of the run."""
    reading = rows["load_kg"].to_numpy(np.float64)
    held = stuck(reading, ~other)
    good = moving & ~held
    count = np.bincount(run, weights=good.astype(np.float64))
    every = np.bincount(run, weights=moving.astype(np.float64))
    mean = np.bincount(run, weights=np.where(good, reading, 0.0)) / np.maximum(count, 1.0)
    known = count >= np.maximum(0.5 * every, 1.0)
    return mean[run], known[run], int(held.sum())
