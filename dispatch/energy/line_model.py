"""The line model of the planner: scenario, driving profiles and supply network as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.values.build import profile_libraries, profile_library, supply_network
from scenarios.values.fleet import by_vehicle

OtherLibraries = Mapping[str, ProfileLibrary]
"""Driving profiles of the vehicles that are not of the main train type, by vehicle (`scenarios.values.fleet`)."""
NO_OTHERS: OtherLibraries = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class LineModel:
    """A scenario with the driving profiles of its main train type, its supply network, and its other vehicles.

    `others` holds the driving profiles of the vehicles of further train types, by vehicle.
    """

    scenario: Scenario
    library: ProfileLibrary
    network: SupplyNetwork
    others: OtherLibraries = field(default_factory=lambda: NO_OTHERS)

    @staticmethod
    def of(scenario: Scenario, train: Train | None = None) -> "LineModel":
        """The model of a scenario with all its train types; `train` replaces the main train type."""
        library = profile_library(scenario, train)
        others = by_vehicle(scenario, profile_libraries(scenario, library)).others
        return LineModel(scenario, library, supply_network(scenario), others)

    @property
    def train(self) -> Train:
        """The train of the main type."""
        return self.library.train

    @property
    def of_main_type(self) -> "LineModel":
        """The same line with all vehicles of the main train type."""
        return replace(self, others=NO_OTHERS)

    def train_of(self, vehicle: str) -> Train:
        """The train of a vehicle."""
        return (self.others.get(vehicle) or self.library).train
