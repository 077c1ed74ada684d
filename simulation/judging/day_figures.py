"""The figures of the days of one timetable, as results and reports show them."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema import Scenario
from simulation.judging.beside import UndisturbedDay
from simulation.judging.judge import Days
from simulation.judging.substation_figures import SubstationFigures, substation_figures


@dataclass(frozen=True)
class DayFigures:
    """Figures of a day, mean over the replications; energies in kWh at the substation DC terminals.

    `cost` is in the currency of the tariff with the daily part of the demand charge, `co2_kg` is the CO2 of the energy
    from the utility; `fullest_train_share` is the largest load of the day divided by the normal capacity. From the DC
    terminals to the utility meter: `utility_kwh` = `energy_kwh` + load losses of transformers and rectifiers + no-load
    losses of transformers + return losses (inverters, leak of blocked rectifiers); `substations` has each substation.
    A result of an earlier version has none of these.
    """

    energy_kwh: float
    train_km: float
    trips: int
    peak_15min_kw: float
    regeneration_offered_kwh: float
    regeneration_used_kwh: float
    losses_kwh: float
    unserved_kwh: float
    mean_waiting_s: float
    cost: float
    co2_kg: float
    fullest_train_share: float
    utility_kwh: float | None = None
    load_losses_kwh: float | None = None
    no_load_losses_kwh: float | None = None
    return_losses_kwh: float | None = None
    substations: tuple[SubstationFigures, ...] = ()


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
