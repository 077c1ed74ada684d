"""What physics tells about a column: unit by comparison with other columns, sign by braking, words by motion.

The relations hold for every train: distance is the integral of speed; regeneration occurs in braking; the product of
voltage and current is the electric power; the product of force and speed is the mechanical power.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from energy_models.arrays import FloatArray

LONGEST_STEP_S = 15.0
"""Rows further apart are not compared."""
_BRAKING_M_S2 = -0.35
_TRACTION_M_S2 = 0.25
_LEAST_ROWS = 20


@dataclass(frozen=True)
class Verdict:
    """A finding: what it is, whether it is sure, and why, as a sentence."""

    value: str
    is_sure: bool
    because: str


@dataclass(frozen=True, eq=False)
class Motion:
    """The motion of the vehicle with most rows of a sample.

    `seconds` rises; `speed_m_s` and `acceleration_m_s2` are NaN where they are not known.
    """

    seconds: FloatArray
    speed_m_s: FloatArray
    acceleration_m_s2: FloatArray


def motion_of(seconds: FloatArray, speed_m_s: FloatArray) -> Motion:
    """The motion from times and speeds."""
    step = np.diff(seconds, prepend=np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        acceleration = np.diff(speed_m_s, prepend=np.nan) / step
        acceleration[~((step > 0.0) & (step <= LONGEST_STEP_S))] = np.nan
    # Means over three rows: one step of quantised speed at 10 Hz is no braking.
    smooth = np.convolve(np.nan_to_num(acceleration), np.ones(3) / 3.0, mode="same")
    return Motion(seconds, speed_m_s, np.where(np.isnan(acceleration), np.nan, smooth))


SPEED_UNITS = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704, "cm/s": 0.01, "mm/s": 0.001}
DISTANCE_UNITS = {"m": 1.0, "km": 1000.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048}


def speed_unit(seconds: FloatArray, speed: FloatArray, distance: FloatArray | None, distance_unit: str) -> Verdict:
    """The unit of a speed, by a distance if there is one, otherwise by its size."""
    if distance is not None:
        scale = DISTANCE_UNITS.get(distance_unit, 1.0)
        ratio = _ratio_to_distance(seconds, speed, distance * scale)
        if ratio is not None:
            for unit, factor in SPEED_UNITS.items():
                if abs(ratio / factor - 1.0) < 0.08:
                    return Verdict(unit, True, f"the distance grows by {ratio:.3f} m for each unit of speed and second")
            return Verdict("km/h", False, f"the distance grows by {ratio:.3f} m for each unit of speed and second")
    highest = float(np.nanpercentile(speed, 99.5)) if np.isfinite(speed).any() else 0.0
    step = np.diff(seconds)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.abs(np.diff(speed) / step)
    slope = slope[(step > 0.0) & (step <= LONGEST_STEP_S) & np.isfinite(slope)]
    strong = float(np.percentile(slope[slope > 0.0], 90)) if (slope > 0.0).any() else 0.0
    if highest > 42.0 or strong > 1.8:
        return Verdict("km/h", False, f"the highest speed is {highest:.0f}, and changes reach {strong:.1f} per second")
    return Verdict("m/s", False, f"the highest speed is {highest:.0f}, and changes reach {strong:.1f} per second")


def _ratio_to_distance(seconds: FloatArray, speed: FloatArray, distance_m: FloatArray) -> float | None:
    step = np.diff(seconds)
    moved = np.abs(np.diff(distance_m))
    travelled = 0.5 * (speed[1:] + speed[:-1]) * step
    # An odometer that is reset jumps; a train does not move more than 60 m in a second.
    good = (step > 0.0) & (step <= LONGEST_STEP_S) & (travelled > 0.0) & (moved < 60.0 * step) & np.isfinite(moved)
    if good.sum() < _LEAST_ROWS or float(moved[good].sum()) <= 0.0:
        return None
    return float(moved[good].sum() / travelled[good].sum())


def share_that_falls(distance: FloatArray) -> float:
    """Share of the changes of a distance in which it falls; a train in the other direction makes a place fall."""
    change = np.diff(distance)
    change = change[np.isfinite(change) & (change != 0.0)]
    return float((change < 0.0).mean()) if len(change) else 0.0


def power_sign(motion: Motion, power: FloatArray) -> Verdict:
    """The sign of a current, power or force: "1" if it is negative in braking, "-1" if it is positive there."""
    with np.errstate(invalid="ignore"):
        moving = motion.speed_m_s > 3.0
        braking = moving & (motion.acceleration_m_s2 < _BRAKING_M_S2) & np.isfinite(power)
        traction = moving & (motion.acceleration_m_s2 > _TRACTION_M_S2) & np.isfinite(power)
    if braking.sum() < _LEAST_ROWS or traction.sum() < _LEAST_ROWS:
        return Verdict("1", False, "the sample has too little traction and braking to see the sign")
    in_braking, in_traction = float(np.median(power[braking])), float(np.median(power[traction]))
    words = f"the median is {in_traction:,.0f} in traction and {in_braking:,.0f} in braking"
    if in_traction > 0.0 > in_braking:
        return Verdict("1", True, words)
    if in_traction < 0.0 < in_braking:
        return Verdict("-1", True, words)
    if in_traction > 0.0 and float(np.percentile(power[braking], 10)) < -0.05 * in_traction:
        return Verdict("1", True, words)
    if in_traction < 0.0 and float(np.percentile(power[braking], 90)) > -0.05 * in_traction:
        return Verdict("-1", True, words)
    sign = "1" if in_traction >= 0.0 else "-1"
    return Verdict(sign, False, f"{words}: no regeneration, or a magnitude without sign")


def scale_by_product(product: FloatArray, power: FloatArray, what: str) -> Verdict | None:
    """The factor from a power column to watts, by the product of two other columns in SI units; None if it is open."""
    with np.errstate(invalid="ignore", divide="ignore"):
        strong = np.isfinite(product) & np.isfinite(power) & (np.abs(product) > 0.2 * np.nanmax(np.abs(product)))
        if strong.sum() < _LEAST_ROWS:
            return None
        ratio = float(np.median(np.abs(product[strong]) / np.abs(power[strong])))
    if not np.isfinite(ratio) or ratio <= 0.0:
        return None
    power_of_ten = round(np.log10(ratio))
    unit = {0: "W", 3: "kW", 6: "MW"}.get(int(power_of_ten))
    if unit is None:
        return None
    rest = ratio / 10.0**power_of_ten
    is_close = 0.6 < rest < 1.6
    return Verdict(unit, is_close, f"{what} is {rest:.2f} times the column in {unit}")


def state_words(motion: Motion, words: NDArray[np.object_]) -> dict[str, Verdict]:
    """The state of the drive for each word, by speed and acceleration while the word stands."""
    found: dict[str, Verdict] = {}
    for word in sorted(set(words.tolist()) - {""}):
        mine = words == word
        speed = motion.speed_m_s[mine]
        acceleration = motion.acceleration_m_s2[mine]
        acceleration = acceleration[np.isfinite(acceleration)]
        if np.isfinite(speed).sum() < 5 or len(acceleration) < 5:
            found[word] = Verdict("coast", False, "too few rows")
            continue
        mean, moving = float(acceleration.mean()), float(np.nanmean(speed > 0.3))
        because = f"mean acceleration {mean:+.2f} m/s², moving in {moving:.0%} of the rows"
        if moving < 0.2:
            found[word] = Verdict("stand", moving < 0.1, because)
        elif mean > 0.12:
            found[word] = Verdict("traction", mean > 0.2, because)
        elif mean < -0.3:
            found[word] = Verdict("brake", mean < -0.4, because)
        else:
            found[word] = Verdict("coast", False, because)
    return found


def direction_words(chainage_m: FloatArray, words: NDArray[np.object_]) -> dict[str, Verdict]:
    """The direction for each word, by whether the chainage grows."""
    found = {}
    step = np.diff(chainage_m, prepend=np.nan)
    for word in sorted(set(words.tolist()) - {""}):
        mine = step[(words == word) & np.isfinite(step) & (np.abs(step) < 600.0)]
        up, down = float(mine[mine > 0.0].sum()), float(-mine[mine < 0.0].sum())
        is_up = up >= down
        is_sure = max(up, down) > 4.0 * min(up, down) and max(up, down) > 100.0
        found[word] = Verdict(
            "up" if is_up else "down", is_sure, f"the chainage grows {up:,.0f} m, falls {down:,.0f} m"
        )
    return found


def doors_words(motion: Motion, is_set: NDArray[np.bool_]) -> Verdict:
    """Whether a door signal of 1 means open ("1") or closed ("0"): doors are closed while the train moves."""
    with np.errstate(invalid="ignore"):
        moving = motion.speed_m_s > 1.5
    if moving.sum() < _LEAST_ROWS or (~moving).sum() < _LEAST_ROWS:
        return Verdict("1", False, "the sample has too little running and standing")
    share_moving, share_standing = float(is_set[moving].mean()), float(is_set[~moving].mean())
    because = f"set in {share_moving:.0%} of the rows with motion and {share_standing:.0%} of those at a stand"
    if share_moving < 0.02 < share_standing:
        return Verdict("1", True, because)
    if share_moving > 0.98 > share_standing:
        return Verdict("0", True, because)
    return Verdict("1", False, because)
