"""The train types of the fleet for a simulated day."""

from dataclasses import dataclass

import numpy as np

from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.schema.train import PassengerExchange
from scenarios.values.build import profile_libraries
from scenarios.values.fleet import ByVehicle, by_vehicle
from simulation.disturbances.line import Auxiliaries
from simulation.railway.limited_driving import LimitedLibraries


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


def simulated_train_types(scenario: Scenario, library: ProfileLibrary) -> ByVehicle[SimulatedTrainType]:
    """The train types of a fleet by vehicle; `library` is that of the main type, with a calibrated train if given."""
    return by_vehicle(
        scenario, {name: _kind(scenario, name, own) for name, own in profile_libraries(scenario, library).items()}
    )


def _kind(scenario: Scenario, train_type: str, library: ProfileLibrary) -> SimulatedTrainType:
    words = scenario.train_types[train_type]
    points = words.auxiliaries
    auxiliaries = Auxiliaries(
        np.array([point.temperature_c for point in points]),
        np.array([point.power_kw * 1e3 for point in points]),
        library.train.auxiliary_w,
    )
    return SimulatedTrainType(LimitedLibraries(library), words.passenger_exchange, auxiliaries)
