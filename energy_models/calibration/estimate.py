"""Fits the eight parameters of a train to stretches of telemetry, with intervals that hold what they promise.

Over each stretch the work that the drive must do at the wheel is (M effective mass, m gravitational mass, p payload)

    W = (M + p) Δ(v²)/2 + A ∫ds + B ∫v ds + C ∫v² ds + g (m + p) Δh,        M = m + rotating mass,

and with E the collector energy and P the auxiliaries' power over T seconds: standing E = P T; coasting W = 0 and
E = P T; traction E = P T + W / η_traction; braking by the electric brake alone E = P T + η_regeneration W.

What fixes what: standing fixes P. Changes of speed against changes of height fix the ratio of effective to
gravitational mass, hence the rotating mass. Cruising and coasting at several speeds fix the resistance relative to the
mass. All that is left is one common scale of masses, resistance and efficiencies; **only the payload fixes it**: the
same train with more known kilograms on board. Its interval therefore shrinks with the spread of the load, and when the
load hardly varies the tare has to be held (from a weighbridge, say). A gain error of a sensor (current, voltage, load,
wheel diameter) shifts the estimate by as much and is not part of the interval.

The speed readings stand in the regressors. The residual is therefore divided by a standard deviation that itself
depends on the parameters (effective variance): for a balance that is linear in them this is total least squares, which
does not shrink estimates as ordinary least squares would. Loss: soft l1 (large residuals count linearly). Covariance:
sandwich over runs (station to station), so errors may be correlated within a run in any way.
Sources: Fuller, Measurement Error Models, Wiley 1987, chapters 1 and 2; Huber and Ronchetti, Robust Statistics,
2nd edition, Wiley 2009, chapter 7; Cameron and Miller, Journal of Human Resources 50(2) 2015, 317-372 (clusters).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import t as student_t

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.stretches import Cut, Stretches
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES
from energy_models.telemetry.hidden import PARAMETER_NAMES, VehicleParameters
from energy_models.train import GRAVITY_M_S2

BoolArray = NDArray[np.bool_]

ELECTRICAL_NOISE_W = 5_000.0
"""Start value of the noise of one second of electrical power; each kind of balance then scales its own noise."""

LOSS_SCALE = 2.0
PASSES = 4
OUTLIER_SIGMAS = 6.0
"""A stretch whose balance misses by more than this is not noise (a second pushed within a coast, a wild reading)."""

FEWEST_STRETCHES = 10
FEWEST_RUNS = 20
NEVER_NEGATIVE = frozenset(
    ("rotating_mass_kg", "resistance_constant_n", "resistance_per_m_s_n", "resistance_per_m_s_squared_n")
)
WIDEST_SHARE = 0.5
"""An interval of mass or efficiency that reaches further than this share from its estimate is no estimate."""

LEAST_LOAD_SPREAD_KG = 1_000.0

_SCALE_HINT = "masses, resistance and efficiencies share a scale that only the payload fixes"

_STAND, _COAST, _TRACTION, _BRAKE = (STATES.index(name) for name in ("stand", "coast", "traction", "brake"))
_COAST_ELECTRICAL = 4  # coasting gives two balances, a mechanical one (kind _COAST) and an electrical one
_KINDS = 5

_STATES_BEHIND: dict[str, tuple[str, ...]] = {
    "tare_kg": ("traction", "coast", "brake"),
    "rotating_mass_kg": ("traction", "coast", "brake"),
    "resistance_constant_n": ("traction", "coast", "brake"),
    "resistance_per_m_s_n": ("traction", "coast", "brake"),
    "resistance_per_m_s_squared_n": ("traction", "coast", "brake"),
    "traction_efficiency": ("traction",),
    "regeneration_efficiency": ("brake",),
    "auxiliary_w": ("stand", "coast"),
}


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval, and the seconds of telemetry that speak about it."""

    value: float
    lower: float
    upper: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the telemetry says about the train.

    `estimates` has the estimated parameters by name (SI); `not_estimated` gives for every other parameter the reason,
    and `parameters` holds all eight (those not estimated at the start values). `covariance` belongs to `estimates`.
    Where the data alone would make one of them negative that cannot be (`unbounded` tells), the values are the best
    ones that are not, while the intervals stay those of the free fit, cut at zero: they still cover.
    `energy_modelled_j` and `outlier` (left out of the fit) are aligned with the stretches; for coasting the modelled
    energy is the auxiliaries'. `residual_power_w` is the root mean square of measured minus modelled power, over time.
    """

    parameters: VehicleParameters
    estimates: dict[str, Interval]
    unbounded: VehicleParameters
    covariance: FloatArray
    not_estimated: dict[str, str]
    stretches: Stretches
    energy_modelled_j: FloatArray
    outlier: BoolArray
    runs: int
    load_spread_kg: float
    residual_power_w: float

    def resistance_interval(self, speed_m_s: float) -> Interval:
        """Running resistance in N at one speed with its 95 % interval: far narrower than A, B and C by themselves."""
        vector = np.zeros(len(self.estimates))
        power = {"resistance_constant_n": 0, "resistance_per_m_s_n": 1, "resistance_per_m_s_squared_n": 2}
        for index, name in enumerate(self.estimates):
            if name in power:
                vector[index] = speed_m_s ** power[name]
        p = self.unbounded
        value = (
            p.resistance_constant_n + p.resistance_per_m_s_n * speed_m_s + p.resistance_per_m_s_squared_n * speed_m_s**2
        )
        half = _quantile(self.runs, len(vector)) * float(np.sqrt(vector @ self.covariance @ vector))
        return Interval(value, value - half, value + half, sum(map(self.stretches.seconds_in, STATES[1:])))


def calibrate(data: Cut, start: VehicleParameters, hold: Collection[str] = ()) -> Calibration:
    """Estimate the parameters of a train.

    Args:
        data: Stretches of telemetry, from `cut`.
        start: Where the search starts, normally the scenario's train; also the values of whatever is held.
        hold: Names of parameters that are known and must stay at their start value.

    Raises:
        InputFaults: Too little telemetry, or telemetry that cannot tell the parameters apart; says what would help.
    """
    stretches = data.stretches
    not_estimated = {name: "held at the value given" for name in PARAMETER_NAMES if name in hold}
    _check_amount(stretches, not_estimated, hold)
    free = [index for index, name in enumerate(PARAMETER_NAMES) if name not in not_estimated]
    origin = np.array([getattr(start, name) for name in PARAMETER_NAMES])
    scale = np.maximum(np.abs(origin), 1e-9)
    use_brake = "regeneration_efficiency" not in not_estimated
    kept = np.ones(len(stretches.state), dtype=bool)
    noise = np.ones(_KINDS)
    share = np.ones(len(free))

    def full(share: FloatArray) -> FloatArray:
        values = origin.copy()
        values[free] = share * scale[free]
        return values

    for _ in range(PASSES):
        balance = _Balance(data, kept, use_brake=use_brake)
        residual = _Residual(balance, noise[balance.kind], full)
        share = _fit(residual, share, np.full(len(free), -np.inf))
        every = _Balance(data, np.ones_like(kept), use_brake=use_brake)
        missed = every.residual(full(share))
        noise = _robust_spread(missed, every.kind)
        kept = np.ones_like(kept)
        kept[every.stretch[np.abs(missed) > OUTLIER_SIGMAS * noise[every.kind]]] = False
    runs = len(np.unique(balance.cluster))
    covariance = _sandwich(
        residual(share), _jacobian(residual, share), balance.cluster, [PARAMETER_NAMES[index] for index in free]
    )
    values = full(share)
    covariance = covariance * np.outer(scale[free], scale[free])
    half = _quantile(runs, len(free)) * np.sqrt(np.diag(covariance))
    load = stretches.load_kg[stretches.state == _TRACTION]
    lowest = np.array([0.0 if PARAMETER_NAMES[index] in NEVER_NEGATIVE else -np.inf for index in free])
    bounded = values if (share >= lowest).all() else full(_fit(residual, np.maximum(share, lowest), lowest))
    estimates = {
        PARAMETER_NAMES[index]: _interval(
            float(bounded[index]), float(values[index]), float(width), PARAMETER_NAMES[index] in NEVER_NEGATIVE,
            sum(stretches.seconds_in(state) for state in _STATES_BEHIND[PARAMETER_NAMES[index]]),
        )
        for index, width in zip(free, half, strict=True)
    }  # fmt: skip
    _check_result(estimates, float(np.std(load)))
    modelled = _energy_modelled(stretches, bounded)
    return Calibration(
        VehicleParameters(*(float(value) for value in bounded)),
        estimates,
        VehicleParameters(*(float(value) for value in values)),
        covariance,
        not_estimated,
        stretches,
        modelled,
        ~kept,
        runs,
        float(np.std(load)),
        _residual_power(stretches, modelled, kept),
    )


class _Balance:
    """The energy balances of all stretches as residuals in units of their own standard deviation."""

    def __init__(self, data: Cut, kept: BoolArray, *, use_brake: bool) -> None:
        s = data.stretches
        used = kept & (use_brake | (s.state != _BRAKE))
        one, coast = np.flatnonzero(used), np.flatnonzero(used & (s.state == _COAST))
        i = np.concatenate((one, coast))
        self.stretch = i
        self.kind = np.concatenate((s.state[one], np.full(len(coast), _COAST_ELECTRICAL)))
        self.cluster = s.cluster[i]
        self.energy, self.duration, self.load = s.energy_j[i], s.duration_s[i], s.load_kg[i]
        self.kinetic, self.rise = s.kinetic_m2_s2[i], s.rise_m[i]
        self.path = (s.distance_m[i], s.speed_m_s_m[i], s.speed2_m2_s2_m[i])
        self.speed_variance = (s.first_speed_m_s[i] ** 2 + s.last_speed_m_s[i] ** 2) * data.speed_noise_m_s**2
        self.rise_variance = (s.first_slope[i] ** 2 + s.last_slope[i] ** 2) * data.chainage_noise_m**2
        self.electrical_variance = ELECTRICAL_NOISE_W**2 * self.duration

    def residual(self, values: FloatArray) -> FloatArray:
        """Measured minus modelled energy of each balance over its standard deviation, at these eight parameters."""
        tare, rotating, a, b, c, traction, regeneration, auxiliary = values
        inertia, weight = tare + rotating + self.load, GRAVITY_M_S2 * (tare + self.load)
        work = inertia * self.kinetic + a * self.path[0] + b * self.path[1] + c * self.path[2] + weight * self.rise
        work_variance = inertia**2 * self.speed_variance + weight**2 * self.rise_variance
        # Collector joules per joule at the wheel: nothing when no drive works, and coasting's balance is at the wheel.
        share = np.select(
            [self.kind == _TRACTION, self.kind == _BRAKE, self.kind == _COAST], [1.0 / traction, regeneration, 1.0], 0.0
        )
        mechanical = self.kind == _COAST
        electrical = np.where(mechanical, 0.0, self.energy - auxiliary * self.duration)
        variance = share**2 * work_variance + np.where(mechanical, 1.0, self.electrical_variance)
        return np.asarray((electrical - share * work) / np.sqrt(variance))


@dataclass(frozen=True, eq=False)
class _Residual:
    """The residuals as a function of the free parameters, in shares of their start values."""

    balance: _Balance
    noise: FloatArray
    full: Callable[[FloatArray], FloatArray]

    def __call__(self, share: FloatArray) -> FloatArray:
        return self.balance.residual(self.full(share)) / self.noise


def _fit(residual: _Residual, share: FloatArray, lowest: FloatArray) -> FloatArray:
    return np.asarray(
        least_squares(
            residual,
            share,
            jac="3-point",
            bounds=(lowest, np.full(len(share), np.inf)),
            loss="soft_l1",
            f_scale=LOSS_SCALE,
            x_scale="jac",
            xtol=1e-12,
        ).x
    )


def _interval(value: float, center: float, half: float, never_negative: bool, seconds: float) -> Interval:
    """The interval of the free fit, cut at zero where nothing lies below, and stretched to hold the value."""
    lower = max(0.0, center - half) if never_negative else center - half
    return Interval(value, min(lower, value), max(center + half, value), seconds)


def _residual_power(s: Stretches, modelled_j: FloatArray, kept: BoolArray) -> float:
    missed_w = (s.energy_j - modelled_j) / s.duration_s
    return float(np.sqrt(np.average(missed_w[kept] ** 2, weights=s.duration_s[kept])))


def _energy_modelled(s: Stretches, values: FloatArray) -> FloatArray:
    tare, rotating, a, b, c, traction, regeneration, auxiliary = values
    work = (
        (tare + rotating + s.load_kg) * s.kinetic_m2_s2
        + a * s.distance_m
        + b * s.speed_m_s_m
        + c * s.speed2_m2_s2_m
        + GRAVITY_M_S2 * (tare + s.load_kg) * s.rise_m
    )
    share = np.select([s.state == _TRACTION, s.state == _BRAKE], [1.0 / traction, regeneration], 0.0)
    return np.asarray(auxiliary * s.duration_s + share * work)


def _robust_spread(residual: FloatArray, kind: IntArray) -> FloatArray:
    spread = np.ones(_KINDS)
    for one in np.unique(kind):
        spread[one] = max(1e-3, 1.4826 * float(np.median(np.abs(residual[kind == one]))))
    return spread


def _jacobian(residual: Callable[[FloatArray], FloatArray], share: FloatArray) -> FloatArray:
    columns = []
    for index in range(len(share)):
        step = np.zeros_like(share)
        step[index] = 1e-5 * max(1.0, abs(share[index]))
        columns.append((residual(share + step) - residual(share - step)) / (2.0 * step[index]))
    return np.column_stack(columns)


def _sandwich(residual: FloatArray, jacobian: FloatArray, cluster: IntArray, names: list[str]) -> FloatArray:
    """Cluster-robust covariance of the soft-l1 estimate, corrected for a finite number of clusters.

    With z = (r/c)² the loss has the influence ψ = r / √(1 + z) and its slope ψ' = (1 + z)^(-3/2).
    """
    z = 1.0 + (residual / LOSS_SCALE) ** 2
    bread = jacobian.T @ (jacobian * (z**-1.5)[:, None])
    width = np.sqrt(np.diag(bread))
    if (width == 0.0).any() or np.linalg.cond(bread / np.outer(width, width)) > 1e12:
        raise InputFaults(
            [Fault("", "telemetry", ", ".join(names), "cannot be told apart",
                   "stretches at several speeds, gradients and loads; or hold a parameter that is known")]
        )  # fmt: skip
    number = np.unique(cluster, return_inverse=True)[1]
    score = jacobian * (residual / np.sqrt(z))[:, None]
    by_run = np.column_stack([np.bincount(number, weights=column) for column in score.T])
    runs, rows, count = len(by_run), len(residual), len(names)
    correction = runs / (runs - 1.0) * (rows - 1.0) / (rows - count)
    inverse = np.linalg.inv(bread / np.outer(width, width)) / np.outer(width, width)
    return np.asarray(correction * inverse @ (by_run.T @ by_run) @ inverse)


def _quantile(runs: int, parameters: int) -> float:
    return float(student_t.ppf(0.975, max(1, runs - parameters)))


def _check_amount(stretches: Stretches, not_estimated: dict[str, str], hold: Collection[str]) -> None:
    faults = [
        Fault("", "", "hold", name, "one of " + ", ".join(PARAMETER_NAMES))
        for name in hold
        if name not in PARAMETER_NAMES
    ]
    counts = {state: int((stretches.state == STATES.index(state)).sum()) for state in STATES}
    for state in ("stand", "traction"):
        if counts[state] < FEWEST_STRETCHES:
            faults.append(
                Fault(
                    "", "telemetry", state, f"{counts[state]} stretches", f"{FEWEST_STRETCHES} of 4 s or more, at least"
                )
            )
    load_spread = float(np.std(stretches.load_kg[stretches.state == _TRACTION])) if counts["traction"] else 0.0
    if counts["traction"] and "tare_kg" not in hold and load_spread < LEAST_LOAD_SPREAD_KG:
        faults.append(
            Fault("", "telemetry", "load_kg", f"varies by {load_spread / 1000.0:.2f} t (standard deviation)",
                  f"at least {LEAST_LOAD_SPREAD_KG / 1000.0:g} t, as {_SCALE_HINT}; or hold the tare if it was weighed")
        )  # fmt: skip
    runs = len(np.unique(stretches.cluster))
    if runs < FEWEST_RUNS:
        faults.append(Fault("", "telemetry", "runs", str(runs), f"at least {FEWEST_RUNS} runs between stations"))
    if faults:
        raise InputFaults(faults)
    if counts["brake"] < FEWEST_STRETCHES:
        not_estimated.setdefault(
            "regeneration_efficiency",
            f"only {counts['brake']} stretches of electric braking without the friction brake, "
            f"{FEWEST_STRETCHES} are needed",
        )


def _check_result(estimates: dict[str, Interval], load_spread_kg: float) -> None:
    faults = []
    for name in ("tare_kg", "traction_efficiency", "regeneration_efficiency", "auxiliary_w"):
        if name in estimates:
            one = estimates[name]
            if not one.value > 0.0 or one.upper - one.value > WIDEST_SHARE * one.value:
                faults.append(
                    Fault("", "estimate", name, f"{one.value:.4g}, 95 % from {one.lower:.4g} to {one.upper:.4g}",
                          f"telemetry that determines it to {WIDEST_SHARE:.0%}; {_SCALE_HINT}, and it varies by "
                          f"{load_spread_kg / 1000:.1f} t here (standard deviation): more hours, or hold the tare if "
                          "it was weighed")
                )  # fmt: skip
    for name in ("traction_efficiency", "regeneration_efficiency"):
        if name in estimates and estimates[name].lower > 1.0:
            faults.append(
                Fault("", "estimate", name, f"{estimates[name].value:.3f}",
                      "at most 1: the scale of current, voltage, load or speed in the telemetry is wrong")
            )  # fmt: skip
    if faults:
        raise InputFaults(faults)
