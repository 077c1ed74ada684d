"""What a joule is worth at each second to the objective that was asked for."""

import numpy as np

from dispatch.headways import Objective
from dispatch.timing.worth import LATEST_S, Worth, watts, worth_of
from scenarios.emissions import GridCarbon
from scenarios.schema import Scenario


def worth_for(scenario: Scenario, objective: Objective, peak_limit_kw: float | None) -> Worth:
    """The worth under an objective, with a limit on the 15-minute peak (None: none).

    Energy and CO2 that is the same all day weigh every second alike; a day without any CO2 has nothing to weigh.
    """
    if objective == "cost":
        return worth_of(scenario.tariff, watts(peak_limit_kw))
    carbon = GridCarbon.of(scenario)
    if objective == "co2" and carbon.periods:
        kg_per_kwh = carbon.at(np.arange(LATEST_S, dtype=np.float64))
        mean = float(kg_per_kwh[5 * 3600 : 24 * 3600].mean())
        if mean > 0.0:
            return Worth(by_second=kg_per_kwh / mean, limit_w=watts(peak_limit_kw))
    return worth_of(None, watts(peak_limit_kw))
