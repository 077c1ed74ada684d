"""Sensitivity of a saving: the same plan if the real conditions differ from those of the planning.

One variation at a time: dwell noise, passengers, each substation out of service, and a train with another mass, other
efficiencies or another running resistance. The plan keeps its times; the real trains keep these times with their own
ATO driving, and draw the power that they need.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from energy_models.train import Efficiency, Train
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.judging.judge import Judgement
from simulation.runs.cases import SimulationCase

DWELL_NOISE_S = (0.0, 1.0, 3.0, 5.0, 10.0)
PASSENGER_FACTORS = (0.9, 1.1)
PARAMETER_FACTORS = (0.95, 1.05)


@dataclass(frozen=True, eq=False)
class Variation:
    """One variation: its family, its description, and the line with this variation."""

    family: str
    words: str
    case: SimulationCase


@dataclass(frozen=True, eq=False)
class Answer:
    """The saving with one variation: as a share of the judged saving, and of the saving without dwell noise."""

    variation: Variation
    judgement: Judgement
    share_of_judged: float
    share_of_undisturbed: float | None


def variations(planned: SimulationCase) -> tuple[Variation, ...]:
    """All variations of a planned line, by family."""
    scenario, stock = planned.scenario, planned.stock
    found: list[Variation] = []

    def add(family: str, words: str, other: Scenario = scenario, real: RollingStock = stock) -> None:
        labels = {"family": family, "variation": words}
        found.append(Variation(family, words, replace(planned, scenario=other, stock=real, labels=labels)))

    for noise_s in DWELL_NOISE_S:
        noisy = scenario.disturbances.model_copy(update={"dwell_noise_s": noise_s})
        add("dwell noise", f"{noise_s:g} s", scenario.with_parts(disturbances=noisy))
    for factor in PASSENGER_FACTORS:
        demand = scenario.demand.model_copy(update={"scale": scenario.demand.scale * factor})
        add("passengers", f"{100.0 * (factor - 1.0):+.0f} %", scenario.with_parts(demand=demand))
    in_service = [item.id for item in scenario.supply.substations if item.in_service]
    for name in in_service if len(in_service) > 1 else ():
        substations = tuple(
            item.model_copy(update={"in_service": False}) if item.id == name else item
            for item in scenario.supply.substations
        )
        supply = scenario.supply.model_copy(update={"substations": substations})
        add("substation out", name, scenario.with_parts(supply=supply))
    for factor in PARAMETER_FACTORS:
        words = f"{100.0 * (factor - 1.0):+.0f} %"
        for name, changed in (("mass", _heavier), ("efficiencies", _better), ("resistance", _stiffer)):
            real = stock.of_main_changed(partial(changed, factor=factor))
            add("wrong parameters", f"{name} {words}", real=real)
    return tuple(found)


def _heavier(train: Train, factor: float) -> Train:
    return replace(train, tare_kg=train.tare_kg * factor, rotating_mass_kg=train.rotating_mass_kg * factor)


def _better(train: Train, factor: float) -> Train:
    return replace(
        train,
        traction_efficiency=_scaled(train.traction_efficiency, factor),
        regeneration_efficiency=_scaled(train.regeneration_efficiency, factor),
    )


def _stiffer(train: Train, factor: float) -> Train:
    constant, linear, quadratic = (factor * part for part in train.resistance_n)
    return replace(train, resistance_n=(constant, linear, quadratic))


def answers(judged: Judgement, of_variations: Mapping[Variation, Judgement]) -> tuple[Answer, ...]:
    """The judgement of each variation with its shares of the saving."""
    reference = judged.saving_percent.mean
    quiet = next(
        (one.saving_percent.mean for v, one in of_variations.items() if (v.family, v.words) == ("dwell noise", "0 s")),
        None,
    )
    found = []
    for variation, judgement in of_variations.items():
        saving = judgement.saving_percent.mean
        undisturbed = saving / quiet if quiet and variation.family == "dwell noise" else None
        found.append(Answer(variation, judgement, saving / reference if reference else float("nan"), undisturbed))
    return tuple(found)


def _scaled(efficiency: Efficiency, factor: float) -> Efficiency:
    """An efficiency, at most one."""
    return replace(efficiency, share=np.minimum(efficiency.share * factor, 1.0))
