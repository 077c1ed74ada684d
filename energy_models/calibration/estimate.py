"""Estimates the parameters of a train from stretches of telemetry, with confidence intervals.

`balance` has the equations, `priors` what is known beforehand, `fit` and `problem` the method.

Standing and coasting determine the auxiliaries. Changes of speed against changes of height determine the ratio of
effective to gravitational mass, and with it the rotating mass. Cruising and coasting at several speeds determine the
resistance relative to the mass. The remaining common scale of masses, resistance and efficiencies is determined **only
by the payload**: the same train with more known kilograms on board. The interval of this scale decreases with the
variation of the load. If the load hardly varies, the tare must be fixed (for example from a weighbridge). A scale error
of a sensor shifts the estimates by the same share and shows in nothing; the declared classes of the sensors are part
of the intervals.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from energy_models.arrays import FloatArray
from energy_models.calibration.auxiliaries import AuxiliaryPower
from energy_models.calibration.balance import BRAKE, TRACTION
from energy_models.calibration.causes import meter_faults
from energy_models.calibration.checks import check_amount, check_result, friction_unknown
from energy_models.calibration.fit import DIVERGED
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.intervals import (
    Combination,
    Interval,
    combinations_of,
    intervals_of,
    resistance_interval,
)
from energy_models.calibration.meter_lag import Sampling, meter_fit
from energy_models.calibration.parameters import PARAMETER_NAMES, VehicleParameters
from energy_models.calibration.priors import DEFAULT_CLASSES, Prior, SensorClasses, prior_of
from energy_models.calibration.problem import MassOnTrack, Solution, energy_modelled, places_of_mass, solve
from energy_models.calibration.speed_scale import SpeedScale
from energy_models.calibration.stretches import Cut, Stretches, cut_motion
from energy_models.calibration.verdict import Verdict, verdict_of
from energy_models.drive_losses import DriveLosses
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES

BoolArray = NDArray[np.bool_]

PLACES: Mapping[str, tuple[P, ...]] = {
    "tare_kg": (P.TARE,),
    "rotating_mass_kg": (P.ROTATING,),
    "resistance_constant_n": (P.A,),
    "resistance_per_m_s_n": (P.B,),
    "resistance_per_m_s_squared_n": (P.C,),
    "traction_efficiency": (P.TRACTION_CONSTANT, P.TRACTION_SHARE, P.TRACTION_FORCE, P.TRACTION_SPEED),
    "regeneration_efficiency": (P.BRAKE_CONSTANT, P.BRAKE_SHARE, P.BRAKE_FORCE, P.BRAKE_SPEED),
}
"""The places of each parameter in the vector of the fit."""

_NEVER_NEGATIVE = tuple(PLACES)[1:5]
_SURE_SIGMAS = 4.0
_TRACTION = STATES.index("traction")


@dataclass(frozen=True)
class GradientError:
    """A stretch of the line whose gradient contradicts the telemetry: correction in direction up, as rise over run."""

    from_m: float
    to_m: float
    correction: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """The train from its telemetry.

    `estimates` has the estimated parameters by name (SI); `not_estimated` has the reason for every other parameter, and
    `parameters` has all eight (start values for those without an estimate). Efficiencies are means over the recorded
    traction and braking, weighted by energy; `traction_losses` and `regeneration_losses` are the losses by force and
    speed behind them. `covariance` belongs to all parameters of the fit, sensor classes not included. `lag` is the lag
    of the energy meter behind the tachometer in s. `energy_modelled_j` and `outlier` (left out of the fit) are
    aligned with the stretches; for coasting the modelled energy is that of the auxiliaries. `residual_power_w` is the
    root mean square of measured minus modelled power. `cut` has the stretches of the fit.
    """

    parameters: VehicleParameters
    estimates: dict[str, Interval]
    covariance: FloatArray
    not_estimated: dict[str, str]
    traction_losses: DriveLosses
    regeneration_losses: DriveLosses
    curve_share: float
    mass: MassOnTrack
    lag: Interval
    speed_scales: Mapping[str, tuple[SpeedScale, ...]]
    auxiliary: AuxiliaryPower
    gradient_errors: tuple[GradientError, ...]
    gradient_spread: float
    verdict: Verdict
    combinations: tuple[Combination, ...]
    classes: SensorClasses
    cut: Cut
    energy_modelled_j: FloatArray
    outlier: BoolArray
    runs: int
    load_spread_kg: float
    residual_power_w: float

    @property
    def stretches(self) -> Stretches:
        """The stretches, cut for the lag of the meter."""
        return self.cut.stretches

    def resistance_interval(self, speed_m_s: float) -> Interval:
        """Running resistance in N at one speed with its 95 % interval, which is much narrower than those of A, B, C."""
        p = self.parameters
        coefficients = (p.resistance_constant_n, p.resistance_per_m_s_n, p.resistance_per_m_s_squared_n)
        seconds = sum(map(self.stretches.seconds_in, STATES[1:]))
        return resistance_interval(coefficients, self.covariance, speed_m_s, self.runs, self.classes, seconds)


def calibrate(
    data: Cut,
    start: VehicleParameters,
    hold: Collection[str] = (),
    *,
    train_length_m: float = 0.0,
    classes: SensorClasses = DEFAULT_CLASSES,
    sampling: Sampling | None = None,
) -> Calibration:
    """Estimate the parameters of a train.

    Args:
        data: Stretches of telemetry, from `cut`.
        start: The train of the scenario: start values of the fit, values of fixed parameters, and the type on which
            resistance and rotating mass lean where the telemetry says little.
        hold: Names of the parameters that stay fixed at their start value.
        train_length_m: Length over which the mass may be spread; the fit decides whether it is, and where.
        classes: Accuracy of the sensors, part of the intervals.
        sampling: Whether voltage and current are means since the row before or readings of the last second; by default
            the lag of the meter decides. It matters only if rows are more than 1.5 s apart.

    Raises:
        InputFaults: Too little telemetry, telemetry that does not determine the parameters, or a recording that cannot
            be of this train; with the missing data or the likely cause.
    """
    meter = meter_fit(data.motion, start, sampling)
    if faults := meter_faults(data.motion, meter, sampling):
        raise InputFaults(faults)
    data = cut_motion(replace(data.motion, window_s=meter.window_s), meter.lag_s)
    not_estimated = {name: "fixed at the given value" for name in PARAMETER_NAMES if name in hold}
    check_amount(data.stretches, not_estimated, hold)
    prior = prior_of(start)
    x = prior.mean.copy()
    x[P.LAG] = meter.lag_s
    for name, held_share in (
        ("traction_efficiency", 1.0 / start.traction_efficiency - 1.0),
        ("regeneration_efficiency", 1.0 - start.regeneration_efficiency),
    ):
        if name in not_estimated:
            constant, share, force, speed = PLACES[name]
            x[[constant, force, speed]] = 0.0
            x[share] = held_share
    while True:
        solution = _solve(data, prior, x, not_estimated, train_length_m)
        reason = friction_unknown(solution) if "regeneration_efficiency" not in not_estimated else ""
        if reason:
            not_estimated["regeneration_efficiency"] = reason
            continue
        on_bound = [
            name for name in _NEVER_NEGATIVE if name not in not_estimated and solution.fit.x[PLACES[name][0]] < 0
        ]
        if not on_bound:
            break
        not_estimated[on_bound[0]] = (
            "the telemetry alone would make it negative, so its own value is not determined; "
            "the value of the scenario is kept"
        )
    return _calibration(solution, start, not_estimated, classes)


def _solve(data: Cut, prior: Prior, x: FloatArray, not_estimated: dict[str, str], length_m: float) -> Solution:
    fixed = {place for name in not_estimated if name in PLACES for place in PLACES[name]}
    free = np.array([place for place in range(COUNT) if place not in fixed])
    usable = np.ones(len(data.stretches.state), dtype=bool)
    if "regeneration_efficiency" in not_estimated:
        usable = data.stretches.state != BRAKE
    try:
        return solve(data, prior, free, x, places_of_mass(length_m), usable)
    except np.linalg.LinAlgError as error:
        if str(error) == DIVERGED:
            allowed = "telemetry of one train of this type, with the units of `headwatt telemetry columns`"
            raise InputFaults([Fault("", "telemetry", "", "no train explains it", allowed)]) from None
        names = ", ".join(name for name in PARAMETER_NAMES if name not in not_estimated)
        raise InputFaults(
            [Fault("", "telemetry", names, "cannot be distinguished",
                   "stretches at several speeds, gradients and loads; or a fixed value for a known parameter")]
        ) from None  # fmt: skip


def _calibration(
    solution: Solution, start: VehicleParameters, not_estimated: dict[str, str], classes: SensorClasses
) -> Calibration:
    found, s = solution.fit, solution.cut.stretches
    verdict = verdict_of(solution)
    covariance = solution.uncertainty.covariance * verdict.widened**2
    load_spread = float(np.std(s.load_kg[s.state == _TRACTION]))
    estimates = intervals_of(solution, covariance, not_estimated, classes, PLACES)
    check_result(estimates, load_spread)
    values = {name: estimates[name].value if name in estimates else getattr(start, name) for name in PARAMETER_NAMES}
    modelled = energy_modelled(solution)
    missed_w = (s.energy_j - modelled) / s.duration_s
    kept = solution.kept
    half = float(stdtrit(max(1, found.runs - 8), 0.975) * np.sqrt(covariance[P.LAG, P.LAG]))
    lag = float(found.x[P.LAG])
    drives = float(s.duration_s[(s.state == TRACTION) | (s.state == BRAKE)].sum())
    return Calibration(
        parameters=VehicleParameters(**values),
        estimates=estimates,
        covariance=covariance,
        not_estimated=not_estimated,
        traction_losses=_losses(found.x, P.TRACTION_CONSTANT),
        regeneration_losses=_losses(found.x, P.BRAKE_CONSTANT),
        curve_share=_curve_share(solution),
        mass=solution.mass,
        lag=Interval(lag, lag - half, lag + half, drives),
        speed_scales=solution.cut.motion.scales,
        auxiliary=solution.auxiliary,
        gradient_errors=_gradient_errors(solution),
        gradient_spread=found.gradient_spread,
        verdict=verdict,
        combinations=combinations_of(solution, covariance),
        classes=classes,
        cut=solution.cut,
        energy_modelled_j=modelled,
        outlier=~kept & (s.state != BRAKE if "regeneration_efficiency" in not_estimated else np.ones_like(kept)),
        runs=found.runs,
        load_spread_kg=load_spread,
        residual_power_w=float(np.sqrt(np.average(missed_w[kept] ** 2, weights=s.duration_s[kept]))),
    )


def _losses(x: FloatArray, first: int) -> DriveLosses:
    return DriveLosses(*(float(value) for value in x[first : first + 4]))


def _curve_share(solution: Solution) -> float:
    """Curve resistance of the fit divided by that of the scenario, over the recorded curves."""
    balance, x = solution.balance, solution.fit.x
    total = float(balance.curve.sum())
    if total <= 0.0:
        return 1.0
    return float((x[P.CURVE] * balance.curve.sum() + x[P.CURVE_SQUARE] * balance.curve2.sum()) / total)


def _gradient_errors(solution: Solution) -> tuple[GradientError, ...]:
    """Cells whose gradient error is larger than four of its standard errors."""
    found, edge = solution.fit, solution.edge_m
    return tuple(
        GradientError(float(edge[cell]), float(edge[cell + 1]), float(found.gradient[cell]), float(error))
        for cell, error in enumerate(solution.uncertainty.gradient_error)
        if error > 0.0 and abs(found.gradient[cell]) > _SURE_SIGMAS * error
    )
