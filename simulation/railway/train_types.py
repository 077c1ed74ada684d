"""The train types of the fleet for a simulated day."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.schema.train import PassengerExchange
from scenarios.values.build import profile_libraries
from scenarios.values.fleet import ByVehicle, by_vehicle, vehicle_names
from simulation.disturbances.line import Auxiliaries
from simulation.railway.limited_driving import LimitedFleet, LimitedLibraries


@dataclass(frozen=True, eq=False)
class SimulatedTrainType:
    """One train type on one line: its driving profiles, its exchange of passengers, and its auxiliaries.

    `limited` are the profiles with temporary limits. Without an `exchange`, dwells do not depend on passengers.
    """

    limited: LimitedLibraries
    exchange: PassengerExchange | None
    auxiliaries: Auxiliaries

    @property
    def library(self) -> ProfileLibrary:
        """The driving profiles on the line without temporary limits."""
        return self.limited.library

    @property
    def train(self) -> Train:
        """The train of the type."""
        return self.library.train


def simulated_train_types(
    scenario: Scenario, library: ProfileLibrary, others: Mapping[str, ProfileLibrary] | None = None
) -> ByVehicle[SimulatedTrainType]:
    """The trains of a fleet by vehicle; `library` is that of the main type, with a calibrated train if given.

    `others` are the libraries of the vehicles that differ from it; by default those of the other train types.
    """
    if others is None:
        others = by_vehicle(scenario, profile_libraries(scenario, library)).others
    types = vehicle_names(scenario)
    limited = LimitedFleet()
    type_of = {library: scenario.main_train_type, **{one: types[vehicle] for vehicle, one in others.items()}}
    kinds = {one: _kind(scenario, name, limited.of(one)) for one, name in type_of.items()}
    return ByVehicle(kinds[library], {vehicle: kinds[one] for vehicle, one in others.items()})


def _kind(scenario: Scenario, train_type: str, limited: LimitedLibraries) -> SimulatedTrainType:
    words = scenario.train_types[train_type]
    points = words.auxiliaries
    auxiliaries = Auxiliaries(
        np.array([point.temperature_c for point in points]),
        np.array([point.power_kw * 1e3 for point in points]),
        limited.library.train.auxiliary_w,
    )
    return SimulatedTrainType(limited, words.passenger_exchange, auxiliaries)
