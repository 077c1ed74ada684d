"""The assignment of vehicles to duties as a problem of least cost, exactly; and random assignments to compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment

ENERGY_STEP_J = 1000.0
"""Vehicles with a smaller difference of energy for a duty count as equal."""
_EXCESS_J_PER_KM = 3e11
"""A kilometre out of the band of mileage costs more than any assignment saves in a day."""
_EXCESS_MOST_KM = 500.0
_RANDOM_J = 1e9

Pair = tuple[str, str]
RESTS = ""
"""The duty of a vehicle that does not run."""


@dataclass(frozen=True, eq=False)
class AssignmentProblem:
    """Duties and vehicles with the energy in J of each pair (duty, vehicle) that is allowed.

    `excess_km` is by how much a pair takes the mileage of the vehicle out of its band, also with the duty `RESTS`;
    pairs without excess may be missing. An assignment has the least excess first, then the least energy.
    """

    duties: Sequence[str]
    vehicles: Sequence[str]
    energy_j: Mapping[Pair, float]
    excess_km: Mapping[Pair, float] = field(default_factory=dict)

    def least_energy(self) -> dict[str, str] | None:
        """The vehicle of each duty: least cost, then fewest changes, then first of the fleet; None if there is none."""
        return self._solved(self.energy_j, prefers_names=True)

    def at_random(self, rng: np.random.Generator) -> dict[str, str] | None:
        """A random assignment with the least excess: each pair has a random cost, so that none is preferred."""
        costs = rng.uniform(0.0, _RANDOM_J, len(self.energy_j))
        return self._solved(dict(zip(self.energy_j, costs.tolist(), strict=True)), prefers_names=False)

    def energy_of_j(self, chosen: Mapping[str, str]) -> float:
        """Energy of an assignment."""
        return sum(self.energy_j[pair] for pair in chosen.items())

    def excess_of_km(self, chosen: Mapping[str, str]) -> float:
        """Kilometres of an assignment out of the band of mileage."""
        resting = set(self.vehicles) - set(chosen.values())
        pairs = [*chosen.items(), *((RESTS, vehicle) for vehicle in resting)]
        return sum(self.excess_km.get(pair, 0.0) for pair in pairs)

    def _solved(self, cost_j: Mapping[Pair, float], *, prefers_names: bool) -> dict[str, str] | None:
        """The solver needs equal numbers of both: each spare vehicle adds a duty without energy."""
        duties, vehicles = self.duties, self.vehicles
        if len(duties) > len(vehicles):
            return None
        # Each vehicle has one duty or rests, so that only the differences of its excess matter; numbers stay small.
        least_km = {v: min(self.excess_km.get((duty, v), 0.0) for duty in (*duties, RESTS)) for v in vehicles}

        def steps_of(one_j: float, pair: Pair) -> int:
            excess_km = min(self.excess_km.get(pair, 0.0) - least_km[pair[1]], _EXCESS_MOST_KM)
            return round(one_j / ENERGY_STEP_J) + round(excess_km * _EXCESS_J_PER_KM / ENERGY_STEP_J)

        solver = SimpleLinearSumAssignment()
        change = len(vehicles) * len(vehicles)
        step = len(duties) * (change + len(vehicles)) + 1
        for row, duty in enumerate(duties):
            steps = {v: steps_of(cost_j[duty, v], (duty, v)) for v in vehicles if (duty, v) in cost_j}
            for number, vehicle in enumerate(vehicles):
                if vehicle in steps:
                    # Costs relative to the vehicle with the least cost of the duty, so that numbers stay small.
                    above = steps[vehicle] - min(steps.values())
                    tie = (duty != vehicle) * change + number if prefers_names else 0
                    solver.add_arc_with_cost(row, number, above * step + tie)
        for row in range(len(duties), len(vehicles)):
            for number, vehicle in enumerate(vehicles):
                solver.add_arc_with_cost(row, number, steps_of(0.0, (RESTS, vehicle)) * step)
        if solver.solve() != solver.OPTIMAL:
            return None
        return {duty: vehicles[solver.right_mate(row)] for row, duty in enumerate(duties)}
