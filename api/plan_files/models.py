"""The calibrated models of a command: those of its options, otherwise those of its plan."""

from dataclasses import dataclass
from pathlib import Path

from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from scenarios.vehicles.calibrated import CalibratedVehicle, load_vehicle
from scenarios.vehicles.fleet import NO_FLEET, FleetModels, read_fleet, stock_of


@dataclass(frozen=True)
class Models:
    """The calibrated vehicle, the models of single vehicles, and the train type that the user named for them."""

    vehicle: CalibratedVehicle | None = None
    fleet: FleetModels = NO_FLEET
    as_type: str | None = None

    def stock(self, scenario: Scenario) -> RollingStock:
        """The trains of a scenario with these models. Raises `InputFaults` for a model that belongs elsewhere."""
        return stock_of(scenario, self.vehicle, self.fleet, self.as_type)


@dataclass(frozen=True)
class ModelFiles:
    """The options `--vehicle`, `--fleet` and `--as` of a command."""

    vehicle: Path | None = None
    fleet: Path | None = None
    as_type: str | None = None

    def read(self, of_plan: Models | None = None) -> Models:
        """The models of the files, or those of a plan if no file is given. Raises `InputFaults`."""
        if self.vehicle is None and self.fleet is None:
            kept = of_plan or Models()
            return Models(kept.vehicle, kept.fleet, self.as_type or kept.as_type)
        return Models(
            load_vehicle(self.vehicle) if self.vehicle is not None else None,
            read_fleet(self.fleet) if self.fleet is not None else NO_FLEET,
            self.as_type,
        )

    def stock(self, scenario: Scenario, of_plan: Models | None = None) -> RollingStock:
        """The trains of a scenario. Raises `InputFaults` for a model that belongs elsewhere."""
        return self.read(of_plan).stock(scenario)


NO_MODELS = ModelFiles()
