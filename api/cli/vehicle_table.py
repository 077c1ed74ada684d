"""The vehicles of a plan with models of their own: what the model of each vehicle matters."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import stdout_console

if TYPE_CHECKING:
    from api.plan_files.folder import WrittenPlan
    from dispatch.explanation.compare import PlannedLine
    from dispatch.explanation.vehicles import VehicleEffect


@dataclass(frozen=True)
class PlanVehicles:
    """The vehicles of a plan, the one whose model matters most first, and the version of each model."""

    effects: "tuple[VehicleEffect, ...]"
    versions: dict[str, str]


def vehicles_of(
    planned: "PlannedLine", written: "WrittenPlan", files: tuple[Path | None, Path | None, str | None]
) -> PlanVehicles | None:
    """The vehicles of a plan; None if no vehicle has a model of its own."""
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from dispatch.energy.line_model import LineModel  # noqa: PLC0415
    from dispatch.explanation.vehicles import vehicle_effects  # noqa: PLC0415

    models = ModelFiles(*files).read(written.models)
    if not models.fleet.of_vehicle:
        return None
    mean = LineModel.of(planned.scenario, models.stock(planned.scenario).without_own)
    return PlanVehicles(vehicle_effects(planned.plan.timetable, planned.line, mean), models.fleet.versions)


def vehicles_json(found: PlanVehicles | None) -> dict[str, Any]:
    """The vehicles for `--json`; nothing if no vehicle has a model of its own."""
    if found is None:
        return {}
    return {
        "vehicles": [
            {**asdict(one), "difference_kwh": round(one.difference_kwh, 3), "version": found.versions.get(one.vehicle)}
            for one in found.effects
        ]
    }


def print_vehicles(found: PlanVehicles | None, most: int = 15) -> None:
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
