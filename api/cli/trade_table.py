"""The choices of demand-led headways as a table for the terminal."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.result import PlanResult

_OBJECTIVE_WORDS = {"energy": "the least energy", "cost": "the least cost", "co2": "the least CO2"}


def trade_table(result: PlanResult) -> Table:
    """Today and every choice: energy, waiting of passengers, load of trains, train-km."""
    objective = _OBJECTIVE_WORDS[result.objective or "energy"]
    table = Table(
        title=f"Headways to choose from, starting with {objective}",
        title_justify="left",
        caption="Driven as today, on a day without disturbances; better driving and timing reduce the energy further.\n"
        "Select another choice with --pick N or --mean-waiting S.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1),
    )
    has_short = any(row.short_trips for row in result.pareto)
    trips = "trips\n(short)" if has_short else "\ntrips"
    names = ("", "kWh", "wait\ns", "fullest\n% full", "\ntrain-km", trips, "\ntrains", f"\n{result.currency}")
    for name in (*names, "CO2\nt"):
        table.add_column(name if "\n" in name else f"\n{name}", justify="right", no_wrap=True)
    for row in result.pareto:
        name = "today" if row.number == 0 else "asked" if row.number is None else str(row.number)
        cells = (
            f"→ {name}" if row.chosen else name,
            f"{row.energy_kwh:,.0f}",
            f"{row.mean_waiting_s:.0f}",
            f"{100 * row.fullest_train_share:.0f}",
            f"{row.train_km:,.0f}",
            f"{row.trips} ({row.short_trips})" if has_short else str(row.trips),
            str(row.vehicles),
            f"{row.cost:,.0f}",
            f"{row.co2_kg / 1000:,.1f}",
        )
        table.add_row(*cells, style="bold green" if row.chosen else "dim" if row.number == 0 else None)
    return table
