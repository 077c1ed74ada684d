"""The vehicles of a plan with models of their own: what the model of each vehicle matters."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import stdout_console

if TYPE_CHECKING:
    from api.computations.explaining import PlanVehicles


def print_vehicles(found: "PlanVehicles | None", most: int = 15) -> None:
    """Print the vehicles whose models matter most."""
    if found is None:
        return
    title = "Vehicles whose models matter most (kWh at the collector, as planned)"
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    for name in ("vehicle", "model version", "trips", "km", "kWh", "mean vehicle", "difference"):
        table.add_column(name, justify="left" if name in ("vehicle", "model version") else "right")
    for one in found.effects[:most]:
        version = found.versions.get(one.vehicle, "")[:12] or "mean of the type"
        table.add_row(
            escape(one.vehicle), version, str(one.trips), f"{one.train_km:,.0f}", f"{one.kwh:,.1f}",
            f"{one.kwh_of_mean:,.1f}", f"{one.difference_kwh:+,.1f}",
        )  # fmt: skip
    console = stdout_console()
    console.print(table)
    console.print("The mean vehicle is the mean of the models of the type, on the same duty.")
