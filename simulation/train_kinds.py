"""What a simulated day knows of each train type of the fleet."""

from dataclasses import dataclass

import numpy as np

from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.build import profile_libraries
from scenarios.fleet import ByVehicle, by_vehicle
from scenarios.schema import Scenario
from scenarios.schema.train import PassengerExchange
from simulation.disturbances.line import Auxiliaries
from simulation.limited_driving import LimitedLibraries


@dataclass(frozen=True, eq=False)
class TrainKind:
    """One train type on one line: its driving profiles, how passengers get on and off, and what its auxiliaries draw.

    `limited` are the profiles under limits that hold for a while. Without an `exchange` dwells do not depend on the
    passengers.
    """

    limited: LimitedLibraries
    exchange: PassengerExchange | None
    auxiliaries: Auxiliaries

    @property
    def library(self) -> ProfileLibrary:
        """The driving profiles on the line as it is."""
        return self.limited.library

    @property
    def train(self) -> Train:
        """The train itself."""
        return self.library.train


def train_kinds(scenario: Scenario, library: ProfileLibrary) -> ByVehicle[TrainKind]:
    """The train types of a fleet by vehicle; `library` is that of the main type, which may be a calibrated one."""
    return by_vehicle(
        scenario, {name: _kind(scenario, name, own) for name, own in profile_libraries(scenario, library).items()}
    )


def _kind(scenario: Scenario, train_type: str, library: ProfileLibrary) -> TrainKind:
    words = scenario.train_types[train_type]
    points = words.auxiliaries
    auxiliaries = Auxiliaries(
        np.array([point.temperature_c for point in points]),
        np.array([point.power_kw * 1e3 for point in points]),
        library.train.auxiliary_w,
    )
    return TrainKind(LimitedLibraries(library), words.passenger_exchange, auxiliaries)
