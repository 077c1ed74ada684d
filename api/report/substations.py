"""The tables of substations in the report: from the DC terminals to the utility meter, and the highest loads."""

from dataclasses import dataclass

from api.result import PlanResult
from energy_models.supply.overload_classes import OVERLOAD_CLASSES
from scenarios.values.substation_ratings import Rating
from simulation.judging.day_figures import DayFigures, SubstationFigures


@dataclass(frozen=True)
class SubstationRow:
    """One substation on one of the two days, as text: DC terminals, three losses, utility meter, in kWh."""

    name: str
    day: str
    energies: tuple[str, ...]


@dataclass(frozen=True)
class LoadRow:
    """The highest loads of one substation on one of the two days, as text, and whether each is above its class."""

    name: str
    rating: str
    day: str
    loads: tuple[tuple[str, bool], ...]


def load_rows(result: PlanResult) -> list[LoadRow]:
    """Two rows for each substation; empty for a result of an earlier version."""
    days = (("plan", result.plan), ("today", result.baseline))
    return [
        LoadRow(one.name, _rating_text(one), day, _loads(one))
        for pair in zip(result.plan.substations, result.baseline.substations, strict=True)
        for (day, _), one in zip(days, pair, strict=True)
    ]


def _rating_text(one: SubstationFigures) -> str:
    return f"{one.rated_power_kw:,.0f} kW, class {one.overload_class}" if one.rated_power_kw is not None else "none"


def _loads(one: SubstationFigures) -> tuple[tuple[str, bool], ...]:
    loads = one.loads
    if one.rated_power_kw is None or one.overload_class is None:
        values = (loads.peak_1s_kw, loads.peak_1min_kw, loads.peak_2h_kw, loads.mean_24h_kw)
        return tuple((f"{value:,.0f}", False) for value in values)
    rating = Rating(one.rated_power_kw, OVERLOAD_CLASSES[one.overload_class])
    return tuple((f"{row.load_kw:,.0f} of {row.allowed_kw:,.0f}", row.is_exceeded) for row in rating.beside(loads))


def substation_rows(result: PlanResult) -> list[SubstationRow]:
    """Two rows for each substation, and two for all together; empty for a result of an earlier version."""
    if not result.plan.substations:
        return []
    days = (("plan", result.plan), ("today", result.baseline))
    names = [one.name for one in result.plan.substations]
    return [
        *(SubstationRow(name, day, _energies(figures, name)) for name in names for day, figures in days),
        *(SubstationRow("together", day, _energies(figures, None)) for day, figures in days),
    ]


def _energies(figures: DayFigures, name: str | None) -> tuple[str, ...]:
    rows = [
        (
            one.delivered_kwh - one.returned_kwh,
            one.load_losses_kwh,
            one.no_load_losses_kwh,
            one.return_losses_kwh,
            one.utility_kwh,
        )
        for one in figures.substations
        if name in (None, one.name)
    ]
    return tuple(f"{sum(column) + 0.0:,.0f}" for column in zip(*rows, strict=True))
