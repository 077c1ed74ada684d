"""Cuts telemetry into stretches of one state and integrates each: the data that the energy balance is fitted to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray, IntArray
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES
from energy_models.track import SectionTrack

LONGEST_S = 30.0
SHORTEST_S = 4.0
_MOST_OVERSHOOT_M = 30.0


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of one state, one entry each; energies at the collector, auxiliaries included.

    `state` indexes `STATES`, `cluster` numbers the run (one departure to the next) it belongs to. `rise_m` is the rise
    with curves counted in (slope integrated over distance), `kinetic_m2_s2` is half the change of v²; `speed_m_s_m` and
    `speed2_m2_s2_m` are v and v² integrated over distance, as B and C of the resistance need them.
    `begin_s` and `chainage_m` say where the stretch began, for plots.
    """

    vehicle: tuple[str, ...]
    begin_s: FloatArray
    chainage_m: FloatArray
    state: IntArray
    cluster: IntArray
    duration_s: FloatArray
    energy_j: FloatArray
    load_kg: FloatArray
    kinetic_m2_s2: FloatArray
    distance_m: FloatArray
    speed_m_s_m: FloatArray
    speed2_m2_s2_m: FloatArray
    rise_m: FloatArray
    first_speed_m_s: FloatArray
    last_speed_m_s: FloatArray
    first_slope: FloatArray
    last_slope: FloatArray
    temperature_c: FloatArray

    def seconds_in(self, state: str) -> float:
        """Seconds of all stretches of one state."""
        return float(self.duration_s[self.state == STATES.index(state)].sum())


@dataclass(frozen=True, eq=False)
class Cut:
    """The stretches, the seconds that went into none with the reason, and the noise that the data show."""

    stretches: Stretches
    unused_seconds: Mapping[str, int]
    speed_noise_m_s: float
    chainage_noise_m: float


def cut(rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]]) -> Cut:
    """Cut the rows of `read_telemetry` into stretches.

    A second counts when the row before is exactly one second earlier, of the same run, in the same state, with the
    friction brake off at both ends. `tracks` are the sections of each direction in order of travel.

    Raises:
        InputFaults: A section index of the telemetry that the line does not have, or positions beyond their section.
    """
    _check_places(rows, tracks)
    row = _place(rows, tracks)
    same = (
        (row["vehicle"] == row["vehicle"].shift())
        & (row["trip"] == row["trip"].shift())
        & (row["section"] == row["section"].shift())
    )
    step = row["time_s"].diff()
    one_state = row["code"] == row["code"].shift()
    friction = (row["friction_brake"] > 0.0) | (row["friction_brake"].shift() > 0.0)
    beyond = row["beyond"] | row["beyond"].shift(fill_value=False)
    unused = {
        "first row of a run": int((~same).sum()),
        "a gap before the row": int((same & (step != 1.0)).sum()),
        "the drive changed its state": int((same & (step == 1.0) & ~one_state).sum()),
        "friction brake on": int((same & (step == 1.0) & one_state & friction).sum()),
        "position beyond its section": int((same & (step == 1.0) & one_state & ~friction & beyond).sum()),
    }
    pure = (same & (step == 1.0) & one_state & ~friction & ~beyond).to_numpy()
    stretches, short = _integrate(row, pure)
    unused[f"stretch shorter than {SHORTEST_S:g} s"] = short
    return Cut(stretches, unused, *_noise(row, pure))


def _check_places(rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]]) -> None:
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


def _place(rows: pd.DataFrame, tracks: Mapping[str, Sequence[SectionTrack]]) -> pd.DataFrame:
    """Add the distance into the section, the rise up to there, the slope there and the state's number."""
    row = rows.reset_index(drop=True)
    chainage = row["chainage_m"].to_numpy()
    rise, slope, length, distance = (np.zeros(len(row)) for _ in range(4))
    for key, members in row.groupby(["direction", "section"]).indices.items():
        direction, section = _key(key)
        track = tracks[direction][int(section)]
        along = (chainage[members] - track.departure_chainage_m) * track.chainage_sign
        distance[members], length[members] = along, track.length_m
        steepness = track.slope + track.curve_resistance
        height = np.concatenate(([0.0], np.cumsum(steepness * np.diff(track.boundary_m))))
        rise[members] = np.interp(along, track.boundary_m, height)
        cell = np.clip(np.searchsorted(track.boundary_m, along, side="right") - 1, 0, len(steepness) - 1)
        slope[members] = steepness[cell]
    beyond = (distance < -_MOST_OVERSHOOT_M) | (distance > length + _MOST_OVERSHOOT_M)
    moving = row["speed_m_s"].to_numpy() > 0.0
    if beyond[moving].mean() > 0.2 if moving.any() else False:
        raise InputFaults(
            [Fault("", f"{int(beyond.sum())} rows", "chainage_m", "outside the section that the row names",
                   "telemetry of this line: chainage, direction and section that belong together")]
        )  # fmt: skip
    code = row["state"].map({name: index for index, name in enumerate(STATES)}).astype(np.int64)
    return row.assign(rise=rise, slope=slope, beyond=beyond & moving, code=code)


def _key(key: object) -> tuple[str, float]:
    direction, section = cast(tuple[str, float], key)
    return str(direction), float(section)


def _integrate(row: pd.DataFrame, pure: np.ndarray) -> tuple[Stretches, int]:
    """Sum each run of pure seconds, split evenly where it is longer than `LONGEST_S`."""
    last_rows = np.flatnonzero(pure)
    if not len(last_rows):
        return _nothing(), 0
    breaks = np.flatnonzero(np.diff(last_rows) != 1) + 1
    runs = np.split(last_rows, breaks)
    pieces = [part for run in runs for part in np.array_split(run, -(-len(run) // int(LONGEST_S)))]
    pieces_long = [part for part in pieces if len(part) >= SHORTEST_S]
    short = sum(len(part) for part in pieces if len(part) < SHORTEST_S)
    if not pieces_long:
        return _nothing(), short
    kept = np.concatenate(pieces_long)
    number = np.repeat(np.arange(len(pieces_long)), [len(part) for part in pieces_long])
    first = np.array([part[0] - 1 for part in pieces_long])
    last = np.array([part[-1] for part in pieces_long])

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(number, weights=values[kept], minlength=len(pieces_long)).astype(np.float64)

    speed = row["speed_m_s"].to_numpy()
    before = np.concatenate((speed[:1], speed[:-1]))
    power = row["voltage_v"].to_numpy() * row["current_a"].to_numpy()
    duration = total(np.ones(len(row)))
    run = (row["vehicle"] + "/" + row["trip"] + "/" + row["section"].astype(int).astype(str)).factorize()[0]
    # The payload does not change between stations: its mean over the run is far better than one second of it. While
    # standing passengers come and go, but a stretch at rest needs no mass.
    moving = speed > 0.0
    load_sum = np.bincount(run, weights=row["load_kg"].to_numpy() * moving)
    load = load_sum / np.maximum(np.bincount(run, weights=moving.astype(np.float64)), 1.0)
    rise, slope = row["rise"].to_numpy(), row["slope"].to_numpy()
    return Stretches(
        vehicle=tuple(row["vehicle"].to_numpy()[first]),
        begin_s=row["time_s"].to_numpy()[first],
        chainage_m=row["chainage_m"].to_numpy()[first],
        state=row["code"].to_numpy()[last],
        cluster=run[last],
        duration_s=duration,
        energy_j=total(power),
        load_kg=load[run[last]],
        kinetic_m2_s2=0.5 * (speed[last] ** 2 - speed[first] ** 2),
        # Speed is taken as linear within a second, so these are exact for constant acceleration.
        distance_m=total((before + speed) / 2.0),
        speed_m_s_m=total((before**2 + before * speed + speed**2) / 3.0),
        speed2_m2_s2_m=total((before + speed) * (before**2 + speed**2) / 4.0),
        rise_m=rise[last] - rise[first],
        first_speed_m_s=speed[first],
        last_speed_m_s=speed[last],
        first_slope=slope[first],
        last_slope=slope[last],
        temperature_c=total(row["outside_temperature_c"].to_numpy()) / duration,
    ), short


def _noise(row: pd.DataFrame, pure: np.ndarray) -> tuple[float, float]:
    """Standard deviations of speed and chainage readings, from what neighbouring seconds cannot share.

    Third differences remove constant and linearly changing acceleration; their variance is 20 times that of one
    reading. The median of absolute values is used, so that glitches and changes of effort do not count.
    """
    speed, chainage = row["speed_m_s"].to_numpy(), row["chainage_m"].to_numpy()
    moving = pure & (speed > 2.0)
    three = moving[3:] & moving[2:-1] & moving[1:-2]
    if three.sum() < 10:
        return 0.03, 1.0
    scale = 1.4826 / np.sqrt(20.0)
    return (
        max(1e-3, float(scale * np.median(np.abs(np.diff(speed, 3)[three])))),
        max(0.05, float(scale * np.median(np.abs(np.diff(chainage, 3)[three])))),
    )


def _nothing() -> Stretches:
    empty = np.zeros(0)
    whole = np.zeros(0, dtype=np.int64)
    return Stretches((), empty, empty, whole, whole, *(empty,) * 13)
