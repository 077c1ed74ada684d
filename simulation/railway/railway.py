"""The common state of all trains of a simulated day: the railway, the passengers, and the present positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import simpy

from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.regulator import Regulator
from scenarios.schema.base import Direction
from scenarios.values.fleet import ByVehicle
from simulation.railway.control_centre import Centre
from simulation.railway.depots import Depots
from simulation.railway.dwells import LeastDwell
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.passengers import OnBoard, Platform, PlatformDemand
from simulation.railway.section_runs import Running
from simulation.railway.signalling import Signalling
from simulation.railway.traction_shortfall import TractionShortfall
from simulation.railway.train_order import TrainOrder
from simulation.railway.turnbacks import AlwaysReady, TurnbackTracks, VehicleEvents


@dataclass(frozen=True)
class LineDemand:
    """Passengers of both directions; `room` is the capacity of each vehicle, `opens_s` the opening of platforms."""

    platforms: Mapping[Direction, PlatformDemand]
    room: ByVehicle[float]
    opens_s: Mapping[Direction, Sequence[float]]


@dataclass(frozen=True, eq=False)
class Railway:
    """Line, train types, rules and control: the same on every day of a line.

    `running` gives the runs of each vehicle, `dwelling` the minimum dwells (None: the minimum of the station),
    `vehicles` the disturbances of vehicles. Without a `regulator`, trains use their own control.
    """

    rules: OperatingRules
    running: ByVehicle[Running]
    station_order: Mapping[Direction, Sequence[str]]
    signalling: Signalling
    dwelling: LeastDwell | None = None
    vehicles: VehicleEvents = field(default_factory=AlwaysReady)
    regulator: Regulator | None = None


@dataclass
class Line:
    """The common state of all trains of a day."""

    env: simpy.Environment
    railway: Railway
    dwelling: LeastDwell
    order: TrainOrder
    tracks: Mapping[str, TurnbackTracks]
    depots: Depots
    rests: frozenset[str]
    seed: int | None
    demand: LineDemand | None
    planned_loads: bool
    shortfall: TractionShortfall
    centre: Centre | None = None
    platforms: dict[tuple[Direction, int], Platform] = field(default_factory=dict)

    @property
    def rules(self) -> OperatingRules:
        """The rules of operation."""
        return self.railway.rules

    def empty_train(self, direction: Direction) -> OnBoard:
        """An empty train of a direction."""
        stations = 0 if self.demand is None else self.demand.platforms[direction].per_hour.shape[1]
        return OnBoard(stations)

    def deviations_s(self, trip: Trip) -> list[float]:
        """Deviation of each departure; zero without a seed."""
        if self.seed is None:
            return [0.0] * len(trip.stations)
        deviations_s: list[float] = self.rules.noise.deviations_s(self.seed, trip.trip_id, trip.stations).tolist()
        return deviations_s
