"""What all trains of a simulated day share: the railway, the passengers, and where everything stands now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import simpy

from dispatch.timetable import Direction, Trip
from scenarios.fleet import ByVehicle
from simulation.control import Controller, NoControl
from simulation.depots import Depots
from simulation.dwells import LeastDwell
from simulation.order import TrainOrder
from simulation.passengers import OnBoard, Platform, PlatformDemand
from simulation.rules import OperatingRules
from simulation.runs import Running
from simulation.signalling import Signalling
from simulation.starvation import Starvation
from simulation.turnbacks import AlwaysReady, TurnbackTracks, VehicleEvents


@dataclass(frozen=True)
class LineDemand:
    """Passengers of both directions; `room` is what each vehicle carries at most, `opens_s` when platforms begin to
    fill."""

    platforms: Mapping[Direction, PlatformDemand]
    room: ByVehicle[float]
    opens_s: Mapping[Direction, Sequence[float]]


@dataclass(frozen=True, eq=False)
class Railway:
    """What trains run on, with and under: the same on every day of a line.

    `running` says how each vehicle runs sections, `dwelling` what a dwell lasts at least (None: the station's minimum),
    `vehicles` when a vehicle comes out of its depot, `controller` who is held.
    """

    rules: OperatingRules
    running: ByVehicle[Running]
    station_order: Mapping[Direction, Sequence[str]]
    signalling: Signalling
    dwelling: LeastDwell | None = None
    vehicles: VehicleEvents = field(default_factory=AlwaysReady)
    controller: Controller = field(default_factory=NoControl)


@dataclass
class Line:
    """What all trains of a day share."""

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
    starvation: Starvation
    platforms: dict[tuple[Direction, int], Platform] = field(default_factory=dict)

    @property
    def rules(self) -> OperatingRules:
        """The rules of operation."""
        return self.railway.rules

    def empty_train(self, direction: Direction) -> OnBoard:
        """A train of that direction with nobody on board."""
        stations = 0 if self.demand is None else self.demand.platforms[direction].per_hour.shape[1]
        return OnBoard(stations)

    def deviations_s(self, trip: Trip) -> list[float]:
        """Deviation of each departure; none without a seed."""
        if self.seed is None:
            return [0.0] * len(trip.stations)
        return [float(d) for d in self.rules.noise.deviations_s(self.seed, trip.trip_id, trip.stations)]
