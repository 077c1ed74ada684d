"""What the assignment of vehicles saves alone: the chosen assignment against random ones of the same timetable.

A random assignment keeps the same rules: home depots, fixes, what each vehicle can run, maintenance and mileage. All
figures are at the DC terminals of the substations, with every train on time on the equivalent track, so that
regenerated energy counts only as far as other trains use it.
"""

from collections.abc import Mapping
from math import hypot, sqrt

import numpy as np
from scipy.special import stdtrit

from dispatch.energy.planned_day import PlannedDays
from dispatch.plans.fixed import FixedService
from dispatch.plans.plan_record import AssignmentSavingFacts
from dispatch.plans.timetable import Timetable
from dispatch.rostering.vehicle_assignment import VehicleKinds, assigned, assignment_problem
from energy_models.arrays import FloatArray
from scenarios.schema import Scenario

RANDOM_DAYS = 8
"""Random assignments whose energy is solved for the whole day."""
RANDOM_ASSIGNMENTS = 100
"""Random assignments whose energy at the collector is summed."""
_TWO_SIDED = 0.975
_NORMAL = 1.96


def assignment_saving(
    timetable: Timetable,
    scenario: Scenario,
    vehicles: VehicleKinds,
    fixed: FixedService,
    days: PlannedDays,
    seed: int,
) -> AssignmentSavingFacts | None:
    """The saving of the vehicles of a timetable against random assignments; None if there is only one assignment.

    The 95 % interval contains the sampling of the random assignments and the errors of the models: if the energies of
    the vehicles have independent relative errors u, the saving has the error sum of u (mean energy over the duties -
    energy of the own duty).
    """
    problem = assignment_problem(timetable, scenario, vehicles, fixed)
    rng = np.random.default_rng(np.random.SeedSequence([seed, RANDOM_DAYS]))
    drawn = [found for _ in range(RANDOM_ASSIGNMENTS) if (found := problem.at_random(rng)) is not None]
    if len(problem.duties) < 2 or len(drawn) < RANDOM_ASSIGNMENTS:
        return None
    chosen_j = days.energy_j(timetable)
    collector_j = np.array([problem.energy_of_j(found) for found in drawn])
    solved_j = np.array([days.energy_j(assigned(timetable, found)) for found in drawn[:RANDOM_DAYS]])
    mean_j, sampling_j = _mean(solved_j, collector_j)
    saved_j = mean_j - chosen_j
    own = {duty: duty for duty in problem.duties}
    model_j = _NORMAL * _model_error_j(problem.energy_j, own, vehicles.energy_error)
    half_j = hypot(sampling_j, model_j)
    return AssignmentSavingFacts(
        kwh=_kwh(chosen_j),
        random_kwh=_kwh(mean_j),
        random_range_kwh=(_kwh(float(solved_j.min())), _kwh(float(solved_j.max()))),
        saving_kwh=_kwh(saved_j),
        saving_ci95_kwh=(_kwh(saved_j - half_j), _kwh(saved_j + half_j)),
        random_assignments=len(solved_j),
        mileage_excess_km=round(problem.excess_of_km(own), 1),
        is_mileage_balanced=bool(vehicles.mileage.done_km),
    )


def _mean(solved_j: FloatArray, collector_j: FloatArray) -> tuple[float, float]:
    """The mean over random assignments, and half of its 95 % interval, with the collector energy as control variate.

    The collector energy is known for many assignments, the energy at the substations for the first ones; both rise and
    fall together. Source: Law, Simulation Modeling and Analysis, 5th edition, McGraw-Hill 2015, section 11.4.
    """
    of_solved = collector_j[: len(solved_j)]
    apart = of_solved - of_solved.mean()
    square = float((apart**2).sum())
    slope = float((apart * solved_j).sum()) / square if square > 0.0 else 0.0
    rest = solved_j - solved_j.mean() - slope * apart
    free = len(solved_j) - 2
    shift = float(collector_j.mean() - of_solved.mean())
    variance = float((rest**2).sum()) / free * (1.0 / len(solved_j) + (shift**2 / square if square > 0.0 else 0.0))
    variance += slope**2 * float(collector_j.var(ddof=1)) / len(collector_j)
    return float(solved_j.mean()) + slope * shift, float(stdtrit(free, _TWO_SIDED)) * sqrt(variance)


def _model_error_j(
    energy_j: Mapping[tuple[str, str], float], chosen: Mapping[str, str], relative_error: Mapping[str, float]
) -> float:
    """Standard error in J of the saving against random assignments because of independent errors of the models."""
    by_vehicle: dict[str, list[float]] = {}
    for (_, vehicle), one_j in energy_j.items():
        by_vehicle.setdefault(vehicle, []).append(one_j)
    duty_of = {vehicle: duty for duty, vehicle in chosen.items()}
    used_share = len(chosen) / max(1, len(by_vehicle))
    total = 0.0
    for vehicle, error in relative_error.items():
        if vehicle in by_vehicle:
            mean_j = used_share * float(np.mean(by_vehicle[vehicle]))
            own_j = energy_j.get((duty_of[vehicle], vehicle), 0.0) if vehicle in duty_of else 0.0
            total += (error * (mean_j - own_j)) ** 2
    return sqrt(total)


def _kwh(energy_j: float) -> float:
    return round(energy_j / 3.6e6, 1)
