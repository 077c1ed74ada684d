"""The substations on simulated days: energy from the DC terminals to the utility meter, and the highest loads."""

from collections.abc import Sequence
from dataclasses import dataclass

from energy_models.account.substations import SubstationLoads, UtilityChain, highest
from energy_models.supply.overload_classes import ClassName
from scenarios.schema.scenario import Scenario
from scenarios.values.substation_ratings import ratings
from simulation.runs.replications import DayResult


@dataclass(frozen=True)
class SubstationFigures:
    """One substation: energies in kWh, mean over the days, and loads at the DC terminals in kW, highest of all days.

    `utility_kwh` = `delivered_kwh` - `returned_kwh` + the three losses. The loads are the highest means over a second,
    a minute and two hours, and the mean over 24 hours; returned power counts as no load. Rated power and overload class
    are those of the scenario, None without them.
    """

    name: str
    delivered_kwh: float
    returned_kwh: float
    load_losses_kwh: float
    no_load_losses_kwh: float
    return_losses_kwh: float
    utility_kwh: float
    peak_1s_kw: float
    peak_1min_kw: float
    peak_2h_kw: float
    mean_24h_kw: float
    rated_power_kw: float | None = None
    overload_class: ClassName | None = None

    @property
    def loads(self) -> SubstationLoads:
        """The loads alone."""
        return SubstationLoads(self.peak_1s_kw, self.peak_1min_kw, self.peak_2h_kw, self.mean_24h_kw)


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
