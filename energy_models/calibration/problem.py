"""The fit of one train step by step: auxiliaries, lag of the meter, place of the mass, gradients and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.auxiliaries import AuxiliaryPower, auxiliary_power
from energy_models.calibration.balance import BRAKE, COAST, STAND, TRACTION, Balance, balance_of
from energy_models.calibration.fit import GRADIENT_SPREADS, Fit, Uncertainty, fit, noise_scale, uncertainty
from energy_models.calibration.fitted_parameters import P
from energy_models.calibration.line_profile import cell_rises
from energy_models.calibration.meter_lag import wheel_force
from energy_models.calibration.parameters import VehicleParameters
from energy_models.calibration.priors import Prior, rated_force_n
from energy_models.calibration.recorded_motion import COARSE_S, BoolArray, RecordedMotion
from energy_models.calibration.stretches import Cut, Rise, Stretches, rise_of, slope_at_rows, with_lag
from energy_models.telemetry.columns import STATES

ELECTRICAL_NOISE_W = 5_000.0
"""Start value of the noise of one second of electrical power; then each state estimates its own noise."""
CELL_M = 100.0
PASSES = 4
OUTLIER_SIGMAS = 6.0
"""A stretch with a larger residual is an outlier (a second of traction within coasting, a wrong reading)."""
LEAST_FORCE_SHARE = 0.025
"""Below this share of a usual full effort, a stretch of traction or braking may also contain the other one."""
_SHAPES = frozenset(
    (P.TRACTION_CONSTANT, P.TRACTION_FORCE, P.TRACTION_SPEED, P.BRAKE_CONSTANT, P.BRAKE_FORCE, P.BRAKE_SPEED)
)
"""The losses of the drive that are not a share of the power."""
_FIRST_SPREAD = 4e-4
_BEYOND_M = 200.0
_SLOW_M_S = 4.0
_FEWEST = 10
_DRIVE_SIGMAS = 3.0
_LAG_STEP_S = 0.1


@dataclass(frozen=True)
class MassOnTrack:
    """Where the mass of the train is against the recorded place: a point, or spread over `length_m`.

    `ahead_m` is the part of the length in front of the recorded place.
    """

    length_m: float
    ahead_m: float


@dataclass(frozen=True, eq=False)
class Solution:
    """The fit with its balance (kept stretches), all that belongs to it, and which stretches were kept.

    The uncertainty is that with all losses of the drive, also if the fit has a constant efficiency: that the telemetry
    shows no other losses does not prove that there are none.
    """

    fit: Fit
    uncertainty: Uncertainty
    balance: Balance
    every: Balance
    cut: Cut
    mass: MassOnTrack
    auxiliary: AuxiliaryPower
    auxiliary_j: FloatArray
    kept: BoolArray
    edge_m: FloatArray


@dataclass(frozen=True, eq=False)
class _OnTrack:
    """What depends only on where the mass is: slope at each row, rise and gradient cells of each stretch."""

    slope: FloatArray
    rise: Rise
    cells: csr_array


def places_of_mass(length_m: float) -> tuple[MassOnTrack, ...]:
    """The places of the mass that are compared: a point, or the recorded place at the head or in the middle."""
    point = MassOnTrack(0.0, 0.0)
    if length_m <= 0.0:
        return (point,)
    return point, MassOnTrack(length_m, 0.0), MassOnTrack(length_m, length_m / 2.0)


def solve(
    data: Cut, prior: Prior, free: IntArray, start: FloatArray, places: Sequence[MassOnTrack], usable: BoolArray
) -> Solution:
    """Fit the free parameters to the usable stretches.

    Args:
        data: Stretches, cut for the approximate lag of the meter.
        prior: What is known about the parameters.
        free: Places of the parameters that are estimated.
        start: Start of all parameters, and the values of those that are not free.
        places: Places of the mass, of which the most likely one is chosen.
        usable: Stretches that may be used.
    """
    auxiliary = auxiliary_of(data.motion, data.lag_s)
    x, scale, kept = start.copy(), np.ones(len(STATES)), usable.copy()
    mass, spread = places[0], _FIRST_SPREAD
    edge, first = _edges(data), data
    gradient = np.zeros(len(edge) - 1)

    @cache
    def on_track(place: MassOnTrack) -> _OnTrack:
        length, ahead = place.length_m, place.ahead_m
        slope = slope_at_rows(first.motion, length, ahead)
        return _OnTrack(slope, rise_of(first, length, ahead), _cells(first, place, edge))

    for number in range(PASSES):
        chosen: tuple[Fit, MassOnTrack] | None = None
        for place in places if number == 1 else (mass,):
            balance = _balance(data, x, on_track(place), auxiliary, kept)
            found = fit(balance, prior, free, x, spread, scale, gradient)
            if chosen is None or found.objective < chosen[0].objective:
                chosen, best = (found, place), balance
        assert chosen is not None
        found, mass = chosen
        if number >= 2:
            found = _likeliest(best, prior, free, found, scale, spread)
            spread = found.gradient_spread
        x, gradient = found.x, found.gradient
        data = with_lag(data, float(x[P.LAG]))
        every = _balance(data, x, on_track(mass), auxiliary, usable)
        scale, missed = noise_scale(every, found)
        kept = usable.copy()
        kept[every.stretch[np.abs(missed) > OUTLIER_SIGMAS]] = False
    balance = _balance(data, x, on_track(mass), auxiliary, kept)
    found = fit(balance, prior, free, x, spread, scale, found.gradient)
    unsure = uncertainty(balance, prior, free, found)
    found = _with_constant_efficiency(balance, prior, free, found) or found
    return Solution(found, unsure, balance, every, data, mass, auxiliary, _auxiliary_j(data, auxiliary), kept, edge)


def _likeliest(balance: Balance, prior: Prior, free: IntArray, found: Fit, scale: FloatArray, spread: float) -> Fit:
    """The fit with the spread of gradient errors that is most likely: walk along the list while it improves."""
    place = int(np.argmin(np.abs(np.log(np.array(GRADIENT_SPREADS) / spread))))
    best = found
    if GRADIENT_SPREADS[place] != spread:
        best = fit(balance, prior, free, found.x, GRADIENT_SPREADS[place], scale, found.gradient)
    for direction in (-1, 1):
        other = place + direction
        while 0 <= other < len(GRADIENT_SPREADS):
            one = fit(balance, prior, free, best.x, GRADIENT_SPREADS[other], scale, best.gradient)
            if one.objective >= best.objective:
                break
            best, other = one, other + direction
    return best


def _with_constant_efficiency(balance: Balance, prior: Prior, free: IntArray, full: Fit) -> Fit | None:
    """The fit whose drive loses only a share of the power, if the telemetry prefers it; else None.

    The two models are compared by their marginal likelihood (Bayes factor).
    """
    places = np.array([place for place in free if place in _SHAPES])
    if not len(places):
        return None
    x = full.x.copy()
    x[places] = 0.0
    fewer = np.array([place for place in free if place not in _SHAPES])
    simple = fit(balance, prior, fewer, x, full.gradient_spread, full.kind_scale, full.gradient)
    volume = np.linalg.slogdet(prior.information[np.ix_(places, places)])[1]
    if simple.objective > full.objective - float(volume):
        return None
    return simple


def auxiliary_of(m: RecordedMotion, lag_s: float) -> AuxiliaryPower:
    """The auxiliaries from rows that stand or coast and are away from the work of the drive, lag included."""
    idle = (m.state == STAND) | (m.state == COAST)
    before = int(np.ceil(max(lag_s, 0.0) / m.interval_s)) + 1
    after = int(np.ceil(max(-lag_s, 0.0) / m.interval_s)) + 1
    away = idle & m.joined & ~m.stuck
    for shift in range(1, before + 1):
        away[shift:] &= idle[:-shift]
    for shift in range(1, after + 1):
        away[:-shift] &= idle[shift:]
    first = np.concatenate(([True], np.diff(m.vehicle) != 0))
    return auxiliary_power(m.power_w, away, m.step_s, first, m.temperature_c)


def _auxiliary_j(data: Cut, auxiliary: AuxiliaryPower) -> FloatArray:
    total = np.cumsum(auxiliary.power_w * np.where(data.motion.joined, data.motion.step_s, 0.0))
    return np.asarray(total[data.stretches.last_row] - total[data.stretches.first_row])


def _balance(data: Cut, x: FloatArray, on_track: _OnTrack, auxiliary: AuxiliaryPower, kept: BoolArray) -> Balance:
    s, m = data.stretches, data.motion
    values = (*(float(value) for value in x[: P.C + 1]), 1.0, 1.0, 0.0)
    train = VehicleParameters(*values)
    force = wheel_force(m, train, on_track.slope)
    force = _force_by_meter(data, x, auxiliary, force)
    before = np.roll(force, 1)
    square = np.cumsum((force**2 + force * before + before**2) / 3.0 * np.where(m.joined, m.step_s, 0.0))
    force2 = square[s.last_row] - square[s.first_row]
    if m.interval_s > COARSE_S:
        force2 = _steady_force2(s, x, s.energy_j - _auxiliary_j(data, auxiliary))
    auxiliary_j = _auxiliary_j(data, auxiliary)
    # By the meter and not by the motion: a choice by the noisy motion would prefer noise of one sign.
    drawn_j = s.energy_j - auxiliary_j
    drives = np.abs(drawn_j) / np.maximum(s.distance_m, 1.0) > LEAST_FORCE_SHARE * rated_force_n(float(x[P.TARE]))
    usable = kept & np.where(s.state == COAST, _without_drive(drawn_j, s), drives)
    lag = float(x[P.LAG])
    high, low = (
        m.metered_energy_j(s.last_row, lag + side) - m.metered_energy_j(s.first_row, lag + side)
        for side in (_LAG_STEP_S, -_LAG_STEP_S)
    )
    return balance_of(
        data, on_track.rise, force2, on_track.cells, auxiliary_j, (high - low) / (2.0 * _LAG_STEP_S), usable,
        ELECTRICAL_NOISE_W,
    )  # fmt: skip


def _force_by_meter(data: Cut, x: FloatArray, auxiliary: AuxiliaryPower, by_motion: FloatArray) -> FloatArray:
    """Force of the drive at each row by the power of the meter; below 4 m/s by the motion.

    The noise of the meter is independent of that of the speed. If the force were taken from the motion, the noise of
    its square would follow the noise of the change of speed, and the fit would confuse both.
    """
    m, lag = data.motion, float(x[P.LAG])
    row = np.arange(len(m.time_s))
    half = 0.5 * min(m.interval_s, m.window_s)
    power = (m.metered_energy_j(row, lag + half) - m.metered_energy_j(row, lag - half)) / (2.0 * half)
    drive = power - auxiliary.power_w
    speed = np.maximum(m.speed_m_s, _SLOW_M_S)
    force = by_motion.copy()
    for state, first, sign in ((TRACTION, P.TRACTION_CONSTANT, 1.0), (BRAKE, P.BRAKE_CONSTANT, -1.0)):
        constant, share, square, by_speed = (float(value) for value in x[first : first + 4])
        fixed = constant + by_speed * speed**2
        wheel = speed * (1.0 + sign * share)
        found = (drive - fixed) / wheel
        for _ in range(2):
            found = (drive - fixed - square * found**2) / wheel
        mine = (m.state == state) & (m.speed_m_s >= _SLOW_M_S) & ~m.friction & m.joined
        force = np.where(mine, sign * np.maximum(sign * found, 0.0), force)
    return np.asarray(force)


def _steady_force2(s: Stretches, x: FloatArray, drawn_j: FloatArray) -> FloatArray:
    """∫F² dt of a constant force that explains the energy of the meter; between rows far apart, no more is known."""
    out = np.zeros(len(drawn_j))
    for state, first, sign in ((TRACTION, P.TRACTION_CONSTANT, 1.0), (BRAKE, P.BRAKE_CONSTANT, -1.0)):
        constant, share, square, by_speed = (float(value) for value in x[first : first + 4])
        distance = np.maximum(s.distance_m, 1.0)
        rest = drawn_j - constant * s.duration_s - by_speed * s.speed_m_s_m
        wheel = distance * (1.0 + sign * share)
        force = rest / wheel
        for _ in range(2):
            force = (rest - square * force**2 * s.duration_s) / wheel
        out = np.where(s.state == state, np.maximum(sign * force, 0.0) ** 2 * s.duration_s, out)
    return out


def _without_drive(drawn_j: FloatArray, s: Stretches) -> BoolArray:
    """Stretches of coasting in which the meter shows no work of the drive between the recorded states."""
    noise = drawn_j / np.sqrt(s.duration_s)
    coast = np.asarray(s.state == COAST, dtype=bool)
    if coast.sum() < _FEWEST:
        return coast
    middle = float(np.median(noise[coast]))
    spread = 1.4826 * float(np.median(np.abs(noise[coast] - middle)))
    near = np.abs(noise - middle) <= _DRIVE_SIGMAS * spread + 1.0
    return np.asarray(near, dtype=bool)


def _edges(data: Cut) -> FloatArray:
    place = np.concatenate((data.stretches.chainage_m, data.stretches.last_chainage_m))
    first = np.floor((place.min() - _BEYOND_M) / CELL_M) * CELL_M
    return np.arange(first, place.max() + _BEYOND_M + CELL_M, CELL_M)


def _cells(data: Cut, mass: MassOnTrack, edge: FloatArray) -> csr_array:
    s = data.stretches
    rear = np.where(s.upward, -1.0, 1.0)
    ahead = -rear * mass.ahead_m
    return cell_rises(s.chainage_m + ahead, s.last_chainage_m + ahead, edge, mass.length_m, rear)


def energy_modelled(solution: Solution) -> FloatArray:
    """Collector energy of every stretch by the fitted model; while coasting and standing that of the auxiliaries."""
    out = solution.auxiliary_j.copy()
    balance, x = solution.every, solution.fit.x
    work = balance.work_j(x, solution.fit.gradient)
    drives = (balance.state == TRACTION) | (balance.state == BRAKE)
    out[balance.stretch] += np.where(drives, work + balance.loss_j(x, work), 0.0)
    return out
