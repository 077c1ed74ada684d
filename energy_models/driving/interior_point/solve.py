"""The iteration from a first guess of the run to the optimum, with a decreasing barrier."""

from typing import NamedTuple

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating
from energy_models.driving.interior_point.newton import newton_direction, no_system
from energy_models.driving.interior_point.optimality import residuals
from energy_models.driving.interior_point.problem import no_direction, problem_of
from energy_models.driving.interior_point.start import first_point
from energy_models.driving.interior_point.step import longest_step, take
from energy_models.driving.interior_point.train_at_point import linearise, no_train
from energy_models.driving.vehicle import Vehicle

_FIRST_BARRIER = 0.02
_FINAL_BARRIER = 2e-7
# If the price of time is nearly zero, many runs are equally good; a higher barrier selects the one in the middle.
_FINAL_BARRIER_CAREFUL = 1e-5
_PRIMAL_TOLERANCE = 1e-8
_DUAL_TOLERANCE = 1e-4


class Outcome(NamedTuple):
    """Whether the iteration converged, its Newton steps, the price of time in W per kg, the last
    residuals.
    """

    converged: bool
    steps: int
    price_of_time_w_kg: float
    primal_m_s2: float
    dual: float
    product: float


@allocating(error_model="numpy")
def solve(  # pragma: no cover
    cell: FloatArray, grade: FloatArray, limit: FloatArray, lowest: FloatArray, deceleration: FloatArray,
    vehicle: Vehicle, extra: FloatArray, jerk: float, wanted_time: float, energy: FloatArray, most_steps: int,
    careful: bool,
) -> Outcome:  # fmt: skip
    """Change `energy` in place into the optimum; with a running time of zero the objective is the shortest time.

    `extra` is added to the price of traction (column 0) and of the electric brake (column 1) in each cell. A careful
    iteration takes shorter steps and lowers the barrier only when the run satisfies the limits and balances. `energy`
    contains a guess with fixed ends; its inner values must be strictly between `lowest` and `limit`.
    """
    problem = problem_of(cell, grade, limit, lowest, deceleration, vehicle, extra, jerk, wanted_time, careful)
    n = cell.size
    parts = problem.traction_parts + problem.brake_parts + 1
    train, system, direction = no_train(n, parts), no_system(n, parts), no_direction(n, parts)
    final = _FINAL_BARRIER_CAREFUL if careful else _FINAL_BARRIER
    time_price = 1.0 if problem.hurries else 0.0
    shrink = 0.5
    step = 0
    total_time = linearise(problem, energy, train)
    point = first_point(problem, train, energy, _FIRST_BARRIER)
    while True:
        rest = residuals(problem, point, train, time_price)
        late = 0.0 if problem.hurries else total_time - wanted_time
        primal = max(rest.primal_m_s2, abs(late) / max(wanted_time, 1.0))
        converged = rest.product < final and primal < _PRIMAL_TOLERANCE and rest.dual < _DUAL_TOLERANCE
        if converged or step == most_steps:
            return Outcome(converged, step, time_price, primal, rest.dual, rest.product)
        if careful:
            shrink = max(shrink, 0.5)
            if primal > 10.0 * rest.product:
                shrink = 1.0
        barrier = max(shrink * rest.product, 0.2 * final)
        time_price_change = newton_direction(problem, point, train, barrier, time_price, late, system, direction)
        length = longest_step(problem, point, direction, barrier)
        take(problem, point, direction, barrier, length)
        time_price += length.primal * time_price_change
        shrink = (
            0.1
            if length.shortest > 0.9
            else (0.25 if length.shortest > 0.5 else (0.5 if length.shortest > 0.1 else 0.9))
        )
        step += 1
        total_time = linearise(problem, energy, train)
