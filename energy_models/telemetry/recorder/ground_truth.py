"""The ground truth of generated telemetry: the true parameters of a train, which a calibration estimates."""

import numpy as np

from energy_models.calibration.parameters import VehicleParameters, parameters_of
from energy_models.train import Train


def draw_ground_truth(train: Train, rng: np.random.Generator) -> VehicleParameters:
    """Draw the true parameters of a train of a type; the spreads are assumed.

    Masses and efficiencies are within a few percent of the type, resistance within a quarter, auxiliaries from 10 %
    below to 40 % above, because heating and cooling differ most from a data sheet. Efficiencies stay below 0.97.
    """
    nominal = parameters_of(train)

    def around(value: float, below: float, above: float) -> float:
        return value * float(rng.uniform(1.0 - below, 1.0 + above))

    return VehicleParameters(
        tare_kg=around(nominal.tare_kg, 0.02, 0.06),
        rotating_mass_kg=around(nominal.rotating_mass_kg, 0.20, 0.30),
        resistance_constant_n=around(nominal.resistance_constant_n, 0.20, 0.25),
        resistance_per_m_s_n=around(nominal.resistance_per_m_s_n, 0.20, 0.25),
        resistance_per_m_s_squared_n=around(nominal.resistance_per_m_s_squared_n, 0.20, 0.25),
        traction_efficiency=min(around(nominal.traction_efficiency, 0.05, 0.03), 0.97),
        regeneration_efficiency=min(around(nominal.regeneration_efficiency, 0.08, 0.03), 0.97),
        auxiliary_w=around(nominal.auxiliary_w, 0.10, 0.40),
    )
