"""The figures of simulated days of one timetable: means over the days, and the substations up to the utility meter."""

from collections.abc import Sequence

import numpy as np

from energy_models.account.substations import UtilityChain, highest
from energy_models.arrays import FloatArray
from scenarios.schema.scenario import Scenario
from scenarios.values.substation_ratings import ratings
from simulation.judging.beside import UndisturbedDay
from simulation.judging.day_figures import DayFigures, SubstationFigures
from simulation.judging.judge import Days
from simulation.runs.replications import DayResult


def figures_of(days: Days, scenario: Scenario) -> DayFigures:
    """The figures of the simulated days of one timetable."""
    first = days.results[0]
    return DayFigures(
        energy_kwh=days.energy().mean,
        train_km=float(np.mean([result.train_km for result in days.results])),
        trips=first.trips,
        peak_15min_kw=days.energy("peak_15min_sliding_kw").mean,
        regeneration_offered_kwh=days.energy("regeneration_offered_kwh").mean,
        regeneration_used_kwh=days.energy("regeneration_used_kwh").mean,
        losses_kwh=days.energy("losses_kwh").mean,
        unserved_kwh=days.energy("unserved_kwh").mean,
        mean_waiting_s=days.served("mean_waiting_s").mean,
        cost=days.cost().mean,
        co2_kg=days.co2_kg().mean,
        fullest_train_share=days.served("maximum_load_share").mean,
        utility_kwh=days.energy("utility_kwh").mean,
        load_losses_kwh=days.energy("load_losses_kwh").mean,
        no_load_losses_kwh=days.energy("no_load_losses_kwh").mean,
        return_losses_kwh=days.energy("return_losses_kwh").mean,
        substations=substation_figures(days.results, scenario),
    )


def padded(day: UndisturbedDay, start_s: float, end_s: float) -> FloatArray:
    """The total substation power of a day on a common span of seconds."""
    power = np.zeros(round(end_s - start_s))
    begin = round(day.start_s - start_s)
    power[begin : begin + len(day.power_w)] = day.power_w
    return power


def substation_figures(days: Sequence[DayResult], scenario: Scenario) -> tuple[SubstationFigures, ...]:
    """The substations in order of the line."""
    rated = ratings(scenario)
    loads = highest(day.account.loads for day in days)
    found = []
    for name, load in loads.items():
        chain = UtilityChain.together(day.account.chains[name] for day in days if name in day.account.chains)
        found.append(
            SubstationFigures(
                name=name,
                delivered_kwh=chain.delivered_kwh / len(days),
                returned_kwh=chain.returned_kwh / len(days),
                load_losses_kwh=chain.load_loss_kwh / len(days),
                no_load_losses_kwh=chain.no_load_loss_kwh / len(days),
                return_losses_kwh=chain.return_loss_kwh / len(days),
                utility_kwh=chain.utility_kwh / len(days),
                peak_1s_kw=load.peak_1s_kw,
                peak_1min_kw=load.peak_1min_kw,
                peak_2h_kw=load.peak_2h_kw,
                mean_24h_kw=load.mean_24h_kw,
                rated_power_kw=rated[name].rated_kw if name in rated else None,
                overload_class=rated[name].overload_class.name if name in rated else None,
            )
        )
    return tuple(found)
