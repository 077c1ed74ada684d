"""The 95 % intervals of a calibration: noise by the covariance of the fit, sensors by their declared classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from energy_models.arrays import FloatArray
from energy_models.calibration.balance import BRAKE, TRACTION
from energy_models.calibration.fitted_parameters import P
from energy_models.calibration.priors import SensorClasses
from energy_models.calibration.problem import Solution
from energy_models.telemetry.columns import STATES

_MECHANICAL = 8
"""Parameters that a balance determines, for the degrees of freedom of Student's t."""
_MASS, _SPEEDS = ("tare_kg", "rotating_mass_kg"), STATES[1:]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval, and the seconds of telemetry that determine it."""

    value: float
    lower: float
    upper: float
    seconds: float


def intervals_of(
    solution: Solution, covariance: FloatArray, not_estimated: Mapping[str, str], classes: SensorClasses,
    places: Mapping[str, tuple[P, ...]],
) -> dict[str, Interval]:  # fmt: skip
    """The intervals of all parameters that are estimated.

    A load sensor that reads too much by a share makes masses, resistance and efficiencies too large by this share; a
    meter that reads too much makes the traction efficiency too small, the regeneration efficiency and the
    auxiliaries too large. A zero error of the load sensor shifts the tare. These errors are independent of the noise.
    """
    s = solution.cut.stretches
    x, quantile = solution.fit.x, _quantile(solution.fit.runs)
    found: dict[str, Interval] = {}
    for name, own in places.items():
        if name in not_estimated:
            continue
        share = classes.load_scale if "tare_kg" not in not_estimated else 0.0
        offset = 0.0
        seconds: tuple[str, ...] = _SPEEDS
        if name == "traction_efficiency":
            value, vector = _efficiency(solution, TRACTION)
            share, seconds = float(np.hypot(share, classes.energy)), ("traction",)
        elif name == "regeneration_efficiency":
            value, vector = _efficiency(solution, BRAKE)
            share, seconds = float(np.hypot(share, classes.energy)), ("brake",)
        else:
            value, vector = float(x[own[0]]), np.zeros(len(x))
            vector[own[0]] = 1.0
            offset = classes.load_zero_kg if name == "tare_kg" else 0.0
        variance = float(vector @ covariance @ vector)
        half = quantile * float(np.sqrt(variance + (share * value) ** 2 + offset**2))
        lowest = 0.0
        highest = 1.0 if name.endswith("efficiency") else np.inf
        lower, upper = max(lowest, value - half), max(min(highest, value + half), value)
        found[name] = Interval(value, min(lower, value), upper, sum(s.seconds_in(state) for state in seconds))
    if "auxiliary_w" not in not_estimated:
        one = solution.auxiliary
        half = quantile * float(np.hypot(one.standard_error_w, classes.energy * one.mean_w))
        seconds_idle = s.seconds_in("stand") + s.seconds_in("coast")
        found["auxiliary_w"] = Interval(one.mean_w, one.mean_w - half, one.mean_w + half, seconds_idle)
    return found


@dataclass(frozen=True)
class Combination:
    """Quantities that cannot be told apart well, and the combination that can: relative 95 % half widths of noise."""

    apart: str
    apart_half: float
    together: str
    together_half: float


def combinations_of(solution: Solution, covariance: FloatArray, speed_m_s: float = 14.0) -> tuple[Combination, ...]:
    """The combinations that are at least twice as well known as their parts.

    Mass and traction efficiency share one scale, which only the payload shows; energy depends on their ratio. Without
    much coasting, the resistance and the losses of the drive that do not depend on force act alike.
    """
    x, quantile = solution.fit.x, _quantile(solution.fit.runs)
    efficiency, slope = _efficiency(solution, TRACTION)

    def half(vector: FloatArray, value: float) -> float:
        return quantile * float(np.sqrt(float(vector @ covariance @ vector))) / abs(value)

    mass = np.zeros(len(x))
    mass[[P.TARE, P.ROTATING]] = 1.0
    total = float(x[P.TARE] + x[P.ROTATING])
    resistance = np.zeros(len(x))
    resistance[[P.A, P.B, P.C]] = 1.0, speed_m_s, speed_m_s**2
    force = float(resistance @ x)
    drawn = resistance * (1.0 + x[P.TRACTION_SHARE])
    drawn[P.TRACTION_SHARE] = force
    drawn[P.TRACTION_CONSTANT], drawn[P.TRACTION_SPEED] = 1.0 / speed_m_s, speed_m_s
    lost = x[P.TRACTION_CONSTANT] / speed_m_s + x[P.TRACTION_SPEED] * speed_m_s
    drawn_force = float(force * (1.0 + x[P.TRACTION_SHARE]) + lost)
    pairs = (
        Combination(
            "effective mass", half(mass, total), "effective mass divided by traction efficiency",
            half(mass / total - slope / efficiency, 1.0),
        ),
        Combination(
            f"resistance at {speed_m_s * 3.6:.0f} km/h", half(resistance, force),
            f"power at {speed_m_s * 3.6:.0f} km/h on level track", half(drawn, drawn_force),
        ),
    )  # fmt: skip
    return tuple(one for one in pairs if one.together_half < 0.5 * one.apart_half)


def resistance_interval(
    coefficients: tuple[float, float, float], covariance: FloatArray, speed_m_s: float, runs: int,
    classes: SensorClasses, seconds: float,
) -> Interval:  # fmt: skip
    """Resistance in N at one speed."""
    vector = np.zeros(len(covariance))
    vector[[P.A, P.B, P.C]] = 1.0, speed_m_s, speed_m_s**2
    value = float(np.dot(coefficients, vector[[P.A, P.B, P.C]]))
    half = _quantile(runs) * float(np.sqrt(vector @ covariance @ vector + (classes.load_scale * value) ** 2))
    return Interval(value, value - half, value + half, seconds)


def _efficiency(solution: Solution, state: int) -> tuple[float, FloatArray]:
    """The mean efficiency over the stretches of a state, weighted by energy, and its gradient by the parameters."""
    balance, gradient = solution.balance, solution.fit.gradient
    mine = balance.state == state

    def mean(x: FloatArray) -> float:
        work = balance.work_j(x, gradient)
        loss = balance.loss_j(x, work)[mine].sum()
        total = work[mine].sum()
        return float(total / (total + loss)) if state == TRACTION else float((total + loss) / total)

    return mean(solution.fit.x), _gradient(mean, solution.fit.x)


def _gradient(function: Callable[[FloatArray], float], x: FloatArray) -> FloatArray:
    out = np.zeros(len(x))
    for place in range(len(x)):
        step = 1e-4 * max(abs(float(x[place])), 1e-9)
        high, low = x.copy(), x.copy()
        high[place] += step
        low[place] -= step
        out[place] = (function(high) - function(low)) / (2.0 * step)
    return out


def _quantile(runs: int) -> float:
    return float(stdtrit(max(1, runs - _MECHANICAL), 0.975))
