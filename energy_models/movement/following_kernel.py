"""Compiled loops of following: the end of the authority, the time when it first binds, the motion that keeps it.

Obstacles are given as arrays: the nodes (time, place, speed) of all paths one after another, `offset[o]` the first node
of obstacle o, `gone_s[o]` when it leaves the track. `following` documents the law and calls the loops.
"""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating, kernel

STEP_S = 0.5
"""Step of the integration; accelerations are constant within it."""

SPEED_STEP_M_S = 0.05
"""Step of the speeds at which tractive effort is tabulated, from standstill."""

_CONFLICT_TOLERANCE_M = 0.5
_PARTS = 10
_LEAST_MOVE_M = 1.0
_MOST_STEPS = 40_000


@allocating(error_model="numpy")
def end_of_authority(
    at_s: float,
    pointer: np.ndarray,
    time_s: FloatArray,
    place_m: FloatArray,
    speed_m_s: FloatArray,
    offset: np.ndarray,
    gone_s: FloatArray,
    wall_m: float,
    reaction_s: float,
    margin_m: float,
    border_m: FloatArray,
) -> float:
    """The end of the authority at a time; `pointer` keeps the node of each obstacle, so times must not decrease."""
    end_m = wall_m
    known_s = at_s - reaction_s
    for o in range(len(gone_s)):
        if known_s >= gone_s[o]:
            continue
        k, last = pointer[o], offset[o + 1] - 1
        while k < last and time_s[k + 1] <= known_s:
            k += 1
        pointer[o] = k
        rear_m = place_m[k]
        if k < last and known_s > time_s[k]:
            into_s, lasts_s = known_s - time_s[k], time_s[k + 1] - time_s[k]
            rear_m += (speed_m_s[k] + 0.5 * (speed_m_s[k + 1] - speed_m_s[k]) * into_s / lasts_s) * into_s
        if len(border_m) > 0:
            b = np.searchsorted(border_m, rear_m, side="right") - 1
            # The rear is in this block, or on its border and therefore not in the block before.
            rear_m = border_m[b] if b >= 0 else -1e12
        end_m = min(end_m, rear_m - margin_m)
    return end_m


@allocating(error_model="numpy")
def first_conflict(
    own_time_s: FloatArray,
    own_place_m: FloatArray,
    own_speed_m_s: FloatArray,
    now_s: float,
    time_s: FloatArray,
    place_m: FloatArray,
    speed_m_s: FloatArray,
    offset: np.ndarray,
    gone_s: FloatArray,
    wall_m: float,
    reaction_s: float,
    margin_m: float,
    border_m: FloatArray,
    braking_m_s2: float,
) -> tuple[float, bool]:
    """The first time at which a motion violates its authority (inf: never), and whether it cannot be restricted later.

    The motion is given by its own nodes, from `now_s` on; the time is the last one without a violation.
    """
    pointer = offset[:-1].copy()
    end_m = end_of_authority(
        now_s, pointer, time_s, place_m, speed_m_s, offset, gone_s, wall_m, reaction_s, margin_m, border_m
    )
    reach_m = 0.0
    for k in range(len(own_time_s)):
        reach_m = max(reach_m, own_place_m[k] + own_speed_m_s[k] ** 2 / (2.0 * braking_m_s2))
    if end_m >= reach_m - _CONFLICT_TOLERANCE_M:
        return np.inf, wall_m == np.inf
    last_free_s = now_s
    for k in range(1, len(own_time_s)):
        if own_time_s[k] < now_s:
            continue
        t0_s, lasts_s = own_time_s[k - 1], own_time_s[k] - own_time_s[k - 1]
        v0_m_s, gain_m_s = own_speed_m_s[k - 1], own_speed_m_s[k] - own_speed_m_s[k - 1]
        # A block may become free within a cell: if the authority before that is too short, the cell is examined in
        # small steps.
        parts = 1
        if own_place_m[k] + own_speed_m_s[k] ** 2 / (2.0 * braking_m_s2) > end_m + _CONFLICT_TOLERANCE_M:
            parts = _PARTS
        for part in range(1, parts + 1):
            into_s = lasts_s * part / parts
            if t0_s + into_s < now_s:
                continue
            end_m = end_of_authority(
                t0_s + into_s,
                pointer,
                time_s,
                place_m,
                speed_m_s,
                offset,
                gone_s,
                wall_m,
                reaction_s,
                margin_m,
                border_m,
            )
            v_m_s = v0_m_s + gain_m_s * into_s / lasts_s
            x_m = own_place_m[k - 1] + (v0_m_s + 0.5 * gain_m_s * into_s / lasts_s) * into_s
            if x_m + v_m_s * v_m_s / (2.0 * braking_m_s2) > end_m + _CONFLICT_TOLERANCE_M:
                return last_free_s, False
            last_free_s = max(now_s, t0_s + into_s)
    return np.inf, False


@kernel(error_model="numpy")
def _wanted_speed(at_m: float, place_m: FloatArray, speed_m_s: FloatArray, cell: int) -> tuple[float, int]:
    """Speed of the profile at a place, its square linear within cells, and the cell."""
    last = len(place_m) - 2
    while cell < last and place_m[cell + 1] <= at_m:
        cell += 1
    while cell > 0 and place_m[cell] > at_m:
        cell -= 1
    share = min(1.0, max(0.0, (at_m - place_m[cell]) / (place_m[cell + 1] - place_m[cell])))
    return np.sqrt(max(0.0, speed_m_s[cell] ** 2 + share * (speed_m_s[cell + 1] ** 2 - speed_m_s[cell] ** 2))), cell


@kernel(error_model="numpy")
def _greatest_acceleration(
    speed_m_s: float,
    slope: float,
    inertia_kg: float,
    weight_n: float,
    resistance_n: FloatArray,
    effort_n: FloatArray,
    most_m_s2: float,
) -> float:
    force_n = effort_n[min(int(speed_m_s / SPEED_STEP_M_S) + 1, len(effort_n) - 1)]
    drag_n = resistance_n[0] + resistance_n[1] * speed_m_s + resistance_n[2] * speed_m_s * speed_m_s
    return float(min(most_m_s2, (force_n - drag_n - weight_n * slope) / inertia_kg))


@allocating(error_model="numpy")
def follow_nodes(  # noqa: PLR0912, PLR0915
    start_s: float,
    place0_m: float,
    speed0_m_s: float,
    wanted_place_m: FloatArray,
    wanted_speed_m_s: FloatArray,
    rise_m: FloatArray,
    inertia_kg: float,
    weight_n: float,
    resistance_n: FloatArray,
    effort_n: FloatArray,
    acceleration_m_s2: float,
    deceleration_m_s2: float,
    time_s: FloatArray,
    place_m: FloatArray,
    speed_m_s: FloatArray,
    offset: np.ndarray,
    gone_s: FloatArray,
    wall_m: float,
    reaction_s: float,
    margin_m: float,
    border_m: FloatArray,
    braking_m_s2: float,
) -> tuple[FloatArray, FloatArray, FloatArray, bool]:
    """Time, place and speed of the nodes of a motion that keeps its authority, and whether the train stands at its end.

    `rise_m` is the height of the track at the places of the wanted profile; `resistance_n` are the coefficients of the
    running resistance (constant, per m/s, per (m/s)²); `effort_n` is the tractive effort at steps of `SPEED_STEP_M_S`.
    """
    out_time_s, out_place_m, out_speed_m_s = np.empty(_MOST_STEPS), np.empty(_MOST_STEPS), np.empty(_MOST_STEPS)
    t_s, x_m, v_m_s = start_s, place0_m, speed0_m_s
    length_m = wanted_place_m[-1]
    out_time_s[0], out_place_m[0], out_speed_m_s[0] = t_s, x_m, v_m_s
    nodes = 1
    pointer = offset[:-1].copy()
    known_until_s = start_s
    for o in range(len(gone_s)):
        known_until_s = max(known_until_s, time_s[offset[o + 1] - 1])
        if gone_s[o] < np.inf:
            known_until_s = max(known_until_s, gone_s[o])
    known_until_s += reaction_s + STEP_S
    hardest_m_s2 = max(deceleration_m_s2, braking_m_s2)
    cell = 0
    while nodes < _MOST_STEPS:
        if length_m - x_m < 1e-6:
            break
        end_m = end_of_authority(
            t_s + STEP_S, pointer, time_s, place_m, speed_m_s, offset, gone_s, wall_m, reaction_s, margin_m, border_m
        )
        if v_m_s <= 1e-9 and end_m < length_m and end_m - x_m < _LEAST_MOVE_M:
            if t_s > known_until_s:
                break
            t_s += STEP_S
            if nodes > 1 and out_place_m[nodes - 1] == out_place_m[nodes - 2]:
                out_time_s[nodes - 1] = t_s  # the train remains at a standstill
                continue
            out_time_s[nodes], out_place_m[nodes], out_speed_m_s[nodes] = t_s, x_m, 0.0
            v_m_s = 0.0
            nodes += 1
            continue
        _, cell = _wanted_speed(x_m, wanted_place_m, wanted_speed_m_s, cell)
        slope = (rise_m[cell + 1] - rise_m[cell]) / (wanted_place_m[cell + 1] - wanted_place_m[cell])
        # Effort and resistance at the speed at the end of the step, because they allow less acceleration.
        gain_m_s2 = _greatest_acceleration(
            v_m_s, slope, inertia_kg, weight_n, resistance_n, effort_n, acceleration_m_s2
        )
        gain_m_s2 = min(
            gain_m_s2,
            _greatest_acceleration(
                max(0.0, v_m_s + gain_m_s2 * STEP_S),
                slope,
                inertia_kg,
                weight_n,
                resistance_n,
                effort_n,
                acceleration_m_s2,
            ),
        )
        highest_m_s = max(0.0, v_m_s + gain_m_s2 * STEP_S)
        lowest_m_s = min(max(0.0, v_m_s - hardest_m_s2 * STEP_S), highest_m_s)
        after_m_s = highest_m_s
        wish_m_s, _ = _wanted_speed(x_m + 0.5 * (v_m_s + after_m_s) * STEP_S, wanted_place_m, wanted_speed_m_s, cell)
        if after_m_s > wish_m_s:
            low_m_s, high_m_s = lowest_m_s, highest_m_s
            for _ in range(40):
                middle_m_s = 0.5 * (low_m_s + high_m_s)
                wish_m_s, _ = _wanted_speed(
                    x_m + 0.5 * (v_m_s + middle_m_s) * STEP_S, wanted_place_m, wanted_speed_m_s, cell
                )
                if middle_m_s > wish_m_s:
                    high_m_s = middle_m_s
                else:
                    low_m_s = middle_m_s
            after_m_s = low_m_s
        room_m = end_m - x_m - 0.5 * v_m_s * STEP_S
        allowed_m_s = 0.0
        if room_m > 0.0:
            allowed_m_s = braking_m_s2 * (np.sqrt(0.25 * STEP_S * STEP_S + 2.0 * room_m / braking_m_s2) - 0.5 * STEP_S)
        after_m_s = max(lowest_m_s, min(after_m_s, allowed_m_s))
        lasts_s = STEP_S
        if after_m_s <= 1e-9 and v_m_s > 0.0:
            # The train stops within the step: at the end of the section, or at the end of the authority.
            after_m_s = 0.0
            way_m = max(0.0, min(length_m, end_m) - x_m)
            lasts_s = min(STEP_S, max(2.0 * way_m / v_m_s, v_m_s / hardest_m_s2))
            if x_m + 0.5 * v_m_s * lasts_s > length_m:
                lasts_s = 2.0 * (length_m - x_m) / v_m_s
        way_m = 0.5 * (v_m_s + after_m_s) * lasts_s
        if x_m + way_m >= length_m - 1e-9:
            after_m_s = 0.0
            lasts_s, way_m = 2.0 * (length_m - x_m) / max(v_m_s, 1e-6), length_m - x_m
        t_s, x_m, v_m_s = t_s + lasts_s, x_m + way_m, after_m_s
        out_time_s[nodes], out_place_m[nodes], out_speed_m_s[nodes] = t_s, x_m, v_m_s
        nodes += 1
    stands = length_m - x_m >= 1e-6
    return out_time_s[:nodes].copy(), out_place_m[:nodes].copy(), out_speed_m_s[:nodes].copy(), stands
