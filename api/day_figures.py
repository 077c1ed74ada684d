"""The figures of simulated days as JSON: energy with its interval, cost, service."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.day.energy_tables import CollectorEnergy
    from simulation.judging.judge import Days

_ENERGY = (
    "utility_kwh",
    "traction_kwh",
    "auxiliaries_kwh",
    "regeneration_offered_kwh",
    "regeneration_used_kwh",
    "regeneration_burnt_kwh",
    "line_losses_kwh",
    "load_losses_kwh",
    "no_load_losses_kwh",
    "return_losses_kwh",
    "storage_discharged_kwh",
    "storage_charged_kwh",
    "storage_change_kwh",
    "storage_losses_kwh",
    "unserved_kwh",
    "peak_1s_kw",
    "peak_15min_sliding_kw",
    "peak_15min_clock_kw",
    "minimum_voltage_v",
    "maximum_voltage_v",
)


def figures_of(days: "Days") -> dict[str, Any]:
    """The figures of all days of one timetable: means, and the interval of the energy."""
    from energy_models.account.substations import highest  # noqa: PLC0415
    from simulation.judging.judge import SERVICE_MEASURES  # noqa: PLC0415

    energy = days.energy()
    first = days.results[0]
    return {
        "trips": first.trips,
        "train_km": round(first.train_km, 3),
        "vehicles": first.vehicles,
        "energy": {
            "mean_kwh": round(energy.mean, 3),
            "ci95_kwh": [round(energy.low, 3), round(energy.high, 3)],
            "days_kwh": [round(result.account.energy_kwh, 3) for result in days.results],
            **{name: round(days.energy(name).mean, 3) for name in _ENERGY},
            "substation_kwh": _mean_of([result.account.substation_kwh for result in days.results]),
            "substation_utility_kwh": _mean_of(
                [{name: chain.utility_kwh for name, chain in result.account.chains.items()} for result in days.results]
            ),
            "substation_highest_kw": {
                name: {field: round(value, 3) for field, value in asdict(loads).items()}
                for name, loads in highest(result.account.loads for result in days.results).items()
            },
            "hourly_kwh": _mean_of(
                [{str(h): kwh for h, kwh in result.account.hourly_kwh.items()} for result in days.results]
            ),
            "collector_kwh_by_train": _mean_of([_net_kwh(result.energy.by_train) for result in days.results]),
            "collector_kwh_by_section": _mean_of([_net_kwh(result.energy.by_section) for result in days.results]),
        },
        "cost": round(days.cost().mean, 3),
        "co2_kg": round(days.co2_kg().mean, 3),
        "balance_residual_percent": round(100.0 * days.worst_residual_share, 9),
        "service": {name: round(days.served(name).mean, 4) for name in SERVICE_MEASURES},
    }


def _net_kwh(table: Mapping[str, "CollectorEnergy"]) -> dict[str, float]:
    """Drawn minus regenerated energy at the collectors; the losses of the line belong to no train and no section."""
    return {name: energy.net_kwh for name, energy in table.items()}


def _mean_of(rows: list[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each entry; a day without the entry counts as 0."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: round(sum(row.get(name, 0.0) for row in rows) / len(rows), 3) for name in names}
