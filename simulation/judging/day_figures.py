"""The figures of the days of one timetable, as results and reports show them; `figures_of_days` computes them."""

from dataclasses import dataclass

from energy_models.account.substations import SubstationLoads
from energy_models.supply.overload_classes import ClassName


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
