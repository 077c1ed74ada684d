"""What a joule is worth at each second to the objective that was asked for."""

import numpy as np

from dispatch.plans.plan_options import Objective
from dispatch.timing.objective_weights import LATEST_S, ObjectiveWeights, watts, weights_of
from scenarios.costs.emissions import GridCarbon
from scenarios.schema import Scenario


def objective_weights_for(scenario: Scenario, objective: Objective, peak_limit_kw: float | None) -> ObjectiveWeights:
    """The worth under an objective, with a limit on the 15-minute peak (None: none).

    Energy and CO2 that is the same all day weigh every second alike; a day without any CO2 has nothing to weigh.
    """
    if objective == "cost":
        return weights_of(scenario.tariff, watts(peak_limit_kw))
    carbon = GridCarbon.of(scenario)
    if objective == "co2" and carbon.periods:
        kg_per_kwh = carbon.at(np.arange(LATEST_S, dtype=np.float64))
        mean = float(kg_per_kwh[5 * 3600 : 24 * 3600].mean())
        if mean > 0.0:
            return ObjectiveWeights(by_second=kg_per_kwh / mean, limit_w=watts(peak_limit_kw))
    return weights_of(None, watts(peak_limit_kw))
