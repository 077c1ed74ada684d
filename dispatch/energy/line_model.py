"""The line model of the planner: scenario, driving profiles and supply network as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.values.build import supply_network
from scenarios.values.fleet import ByVehicle
from scenarios.values.rolling_stock import FleetProfiles, RollingStock, fleet_profiles

OtherLibraries = Mapping[str, ProfileLibrary]
"""Driving profiles of the vehicles that differ from the main train, by vehicle (`scenarios.values.fleet`)."""
NO_OTHERS: OtherLibraries = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class LineModel:
    """A scenario with the driving profiles of its main train type, its supply network, and its other vehicles.

    `others` holds the driving profiles of the vehicles of further train types, and of vehicles with a model of their
    own, by vehicle.
    """

    scenario: Scenario
    library: ProfileLibrary
    network: SupplyNetwork
    others: OtherLibraries = field(default_factory=lambda: NO_OTHERS)

    @staticmethod
    def of(scenario: Scenario, stock: RollingStock | None = None) -> "LineModel":
        """The model of a scenario with all its trains; `stock` replaces the trains of the scenario."""
        return LineModel.with_profiles(scenario, fleet_profiles(scenario, stock or RollingStock.of(scenario)))

    @staticmethod
    def with_profiles(scenario: Scenario, profiles: FleetProfiles) -> "LineModel":
        """The model of a scenario with known driving profiles."""
        return LineModel(scenario, profiles.main, supply_network(scenario), profiles.of_vehicle.others)

    @property
    def train(self) -> Train:
        """The train of the main type."""
        return self.library.train

    @property
    def of_main_type(self) -> "LineModel":
        """The same line with all vehicles of the main train type."""
        return replace(self, others=NO_OTHERS)

    @property
    def of_vehicle(self) -> ByVehicle[ProfileLibrary]:
        """The driving profiles of each vehicle."""
        return ByVehicle(self.library, self.others)

    def train_of(self, vehicle: str) -> Train:
        """The train of a vehicle."""
        return (self.others.get(vehicle) or self.library).train
