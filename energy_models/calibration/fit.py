"""Fits the parameters of a train and the errors of the line's gradients to the balances of its stretches.

Gauss-Newton on the balances, each divided by its standard deviation (which depends on the parameters), with a prior
(`priors`). Large residuals count
less (soft l1). The gradients of the line are known with an error that is the same in every run over a place; so each
cell of the line has a gradient error with a normal distribution, of which the standard deviation is estimated by the
marginal likelihood. Covariance: sandwich over runs (station to station), so errors within a run may be correlated.
Sources: Huber and Ronchetti, Robust Statistics, 2nd edition, Wiley 2009, chapter 7; Searle, Casella and McCulloch,
Variance Components, Wiley 1992, chapter 6; Cameron and Miller, Journal of Human Resources 50(2) 2015, 317-372.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.balance import BRAKE, COAST, TRACTION, Balance
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.priors import Prior
from energy_models.telemetry.columns import STATES

LOSS_SCALE = 2.0
_STEPS = 12
_LEAST_TARE_KG, _MOST_TARE_KG = 3e3, 5e6
DIVERGED = "the fit does not converge"
_CONVERGED = 5e-4
GRADIENT_SPREADS = (1e-5, 1e-4, 2e-4, 4e-4, 7e-4, 1.1e-3, 1.6e-3, 2.5e-3)
"""Standard deviations of gradient errors that are compared, as rise over run."""


@dataclass(frozen=True, eq=False)
class Fit:
    """The parameter vector and the gradient errors of the cells.

    `kind_scale` is the noise of each state against the noise of the sensors alone, `gradient_spread` the chosen
    standard deviation of gradient errors, `objective` minus twice the logarithm of the marginal likelihood.
    """

    x: FloatArray
    gradient: FloatArray
    kind_scale: FloatArray
    gradient_spread: float
    objective: float
    runs: int


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """The joint covariance of all parameters of a fit, and the standard error of the gradient error of each cell."""

    covariance: FloatArray
    gradient_error: FloatArray


def fit(
    balance: Balance,
    prior: Prior,
    free: IntArray,
    x: FloatArray,
    spread: float,
    kind_scale: FloatArray,
    gradient: FloatArray | None = None,
) -> Fit:
    """Fit with a given spread of the gradient errors and a given noise of each state.

    Args:
        balance: The balances.
        prior: Means and information of all parameters.
        free: Places of the parameters to estimate; the others stay at `x`.
        x: Start of the parameters.
        spread: Standard deviation of the gradient error of a cell.
        kind_scale: Scale of the noise for each state.
        gradient: Start of the gradient errors; zero by default.
    """
    cells = balance.cells.shape[1]
    gradient = np.zeros(cells) if gradient is None else gradient.copy()
    x = x.copy()
    inside = prior.information[np.ix_(free, free)]
    size = _sizes(prior, x)[free]
    for _ in range(_STEPS):
        system = _system(balance, prior, free, x, gradient, spread, kind_scale, inside)
        step = cho_solve(cho_factor(system.hessian), system.score)
        step *= _damping(free, x, step)
        x[free] += step[: len(free)]
        gradient = gradient + step[len(free) :]
        if not (np.isfinite(step).all() and _LEAST_TARE_KG < x[P.TARE] < _MOST_TARE_KG):
            raise np.linalg.LinAlgError(DIVERGED)
        if np.all(np.abs(step[: len(free)]) < _CONVERGED * size):
            break
    system = _system(balance, prior, free, x, gradient, spread, kind_scale, inside)
    return _result(balance, system, x, gradient, spread, kind_scale, inside)


def _damping(free: IntArray, x: FloatArray, step: FloatArray) -> float:
    """Factor of a step so that neither the tare nor a share of power changes by more than 30 %."""
    most = {P.TARE: 0.3 * x[P.TARE], P.TRACTION_SHARE: 0.3, P.BRAKE_SHARE: 0.3, P.LAG: 1.0}
    factor = 1.0
    for index, place in enumerate(free):
        if place in most:
            factor = min(factor, float(most[place] / max(abs(step[index]), 1e-12)))
    return factor


@dataclass(frozen=True, eq=False)
class _System:
    hessian: FloatArray
    score: FloatArray
    slope: FloatArray
    columns: FloatArray
    cell_columns: csr_array
    weighted: FloatArray
    loss: float
    penalty: float


def _sizes(prior: Prior, x: FloatArray) -> FloatArray:
    information = np.diag(prior.information)
    wide = 0.1 * np.maximum(np.abs(x), 1e-2)
    return np.where(information > 0.0, 1.0 / np.sqrt(np.maximum(information, 1e-300)), wide)


def _system(
    balance: Balance, prior: Prior, free: IntArray, x: FloatArray, gradient: FloatArray, spread: float,
    kind_scale: FloatArray, inside: FloatArray,
) -> _System:  # fmt: skip
    deviation = np.sqrt(balance.variance(x, kind_scale))
    residual = balance.residual(x, gradient) / deviation
    z = 1.0 + (residual / LOSS_SCALE) ** 2
    by_x, by_rise = balance.jacobian(x, gradient)
    by_deviation = balance.log_deviation_slope(x)[:, free]
    columns = by_x[:, free] / deviation[:, None] - residual[:, None] * by_deviation
    cell_columns = _scaled(balance.cells, by_rise / deviation)
    weight, slope = 1.0 / np.sqrt(z), z**-1.5
    off = x[free] - prior.mean[free]
    score = -np.concatenate((columns.T @ (weight * residual), cell_columns.T @ (weight * residual)))
    score[: len(free)] -= inside @ off
    score[len(free) :] -= gradient / spread**2
    return _System(
        hessian=_normal(columns, cell_columns, weight) + _penalty(inside, spread, len(gradient)),
        score=score,
        slope=slope,
        columns=columns,
        cell_columns=cell_columns,
        weighted=weight * residual,
        loss=float((2.0 * LOSS_SCALE**2 * (np.sqrt(z) - 1.0)).sum()),
        penalty=float(off @ inside @ off + gradient @ gradient / spread**2),
    )


def _normal(columns: FloatArray, cells: csr_array, weight: FloatArray) -> FloatArray:
    weighted = columns * weight[:, None]
    corner = cells.T @ weighted
    cell_block = (cells.T @ _scaled(cells, weight)).toarray()
    return np.block([[columns.T @ weighted, corner.T], [corner, cell_block]])


def _scaled(rows: csr_array, factor: FloatArray) -> csr_array:
    """Each row times its factor."""
    return csr_array((rows.data * np.repeat(factor, np.diff(rows.indptr)), rows.indices, rows.indptr), rows.shape)


def _penalty(inside: FloatArray, spread: float, cells: int) -> FloatArray:
    count = len(inside)
    out = np.zeros((count + cells, count + cells))
    out[:count, :count] = inside
    out[range(count, count + cells), range(count, count + cells)] = 1.0 / spread**2
    return out


def _result(
    balance: Balance, system: _System, x: FloatArray, gradient: FloatArray, spread: float, kind_scale: FloatArray,
    inside: FloatArray,
) -> Fit:  # fmt: skip
    whole = _normal(system.columns, system.cell_columns, system.slope) + _penalty(inside, spread, len(gradient))
    width = np.sqrt(np.diag(whole))
    factor = cho_factor(whole / np.outer(width, width))
    logarithm = 2.0 * float(np.log(np.diag(factor[0])).sum()) + 2.0 * float(np.log(width).sum())
    objective = system.loss + system.penalty + logarithm + 2.0 * len(gradient) * np.log(spread)
    return Fit(x, gradient, kind_scale, spread, float(objective), len(np.unique(balance.cluster)))


def uncertainty(balance: Balance, prior: Prior, free: IntArray, found: Fit) -> Uncertainty:
    """The uncertainty of a fit: a sandwich over runs, so that errors within a run may be correlated."""
    inside = prior.information[np.ix_(free, free)]
    system = _system(balance, prior, free, found.x, found.gradient, found.gradient_spread, found.kind_scale, inside)
    penalty = _penalty(inside, found.gradient_spread, len(found.gradient))
    bread = _normal(system.columns, system.cell_columns, system.slope)
    whole = bread + penalty
    width = np.sqrt(np.diag(whole))
    factor = cho_factor(whole / np.outer(width, width))
    inverse = cho_solve(factor, np.eye(len(whole))) / np.outer(width, width)
    number = np.unique(balance.cluster, return_inverse=True)[1]
    runs, rows = found.runs, len(balance.state)
    by_run = csr_array((system.weighted, (number, np.arange(rows))), shape=(runs, rows))
    scores = np.hstack((np.asarray(by_run @ system.columns), csr_array(by_run @ system.cell_columns).toarray()))
    effective = float(np.trace(inverse @ bread))
    correction = runs / max(runs - 1.0, 1.0) * (rows - 1.0) / max(rows - effective, 1.0)
    covariance = inverse @ (correction * scores.T @ scores + penalty) @ inverse
    count = len(free)
    full = np.zeros((COUNT, COUNT))
    full[np.ix_(free, free)] = covariance[:count, :count]
    return Uncertainty(full, np.sqrt(np.maximum(np.diag(covariance)[count:], 0.0)))


def noise_scale(balance: Balance, fitted: Fit) -> tuple[FloatArray, FloatArray]:
    """The robust spread of the residuals of each state against the sensors' noise, and all residuals in these units."""
    residual = balance.residual(fitted.x, fitted.gradient) / np.sqrt(balance.variance(fitted.x, np.ones(len(STATES))))
    scale = np.ones(len(STATES))
    for state in (COAST, TRACTION, BRAKE):
        mine = balance.state == state
        if mine.sum() >= 3:
            scale[state] = max(0.05, 1.4826 * float(np.median(np.abs(residual[mine]))))
    return scale, residual / scale[balance.state]
