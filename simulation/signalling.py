"""Signalling: what the trains ahead allow a train on the line, under moving block or fixed blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.timetable import Direction
from energy_models.arrays import FloatArray
from energy_models.hindered import Ahead, Authority, Obstacle, braking_rate_m_s2
from energy_models.train import Train
from scenarios.fleet import ByVehicle
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from simulation.journeys import Journey
from simulation.order import TrainOrder


@dataclass(frozen=True, eq=False)
class Signalling:
    """How trains are kept apart on the tracks of a line, in metres along the direction of travel.

    `station_m[d]` are the stopping points of a direction from its first station, `border_m[d]` the borders of fixed
    blocks on the same ruler: empty under moving block. The rear of a vehicle is its `train_length_m` behind its
    stopping point; the supervision counts on its `braking_m_s2`. A train that finds no free turnback track stops
    `throat_m` before the terminal's stopping point.
    """

    station_m: Mapping[Direction, tuple[float, ...]]
    border_m: Mapping[Direction, FloatArray]
    braking_m_s2: ByVehicle[float]
    reaction_s: float
    margin_m: float
    train_length_m: ByVehicle[float]

    def throat_m(self, vehicle: str) -> float:
        """From the stopping point of a terminal back to where its points begin: a train and the margin (assumed)."""
        return self.train_length_m.of(vehicle) + self.margin_m

    def authority(self, direction: Direction, section: int, vehicle: str, service_m_s2: float) -> Authority:
        """The rule for a vehicle on the ruler of one section, which begins at its first stopping point.

        A train that brakes less in service, on slippery rails for instance, keeps a longer distance by itself.
        """
        border_m = self.border_m[direction] - self.station_m[direction][section]
        return Authority(min(self.braking_m_s2.of(vehicle), service_m_s2), self.reaction_s, self.margin_m, border_m)

    def ahead(
        self, journey: Journey, stop: int, order: TrainOrder, wall: bool, service_m_s2: float
    ) -> tuple[Ahead, list[Journey]]:
        """What ends the authority of a train that leaves its stop, and the trains whose news can change that.

        `wall`: no turnback track of the terminal that it heads for is free. `service_m_s2` is its service deceleration.
        """
        direction, section, vehicle = journey.trip.direction, journey.first_station + stop, journey.trip.vehicle
        origin_m = self.station_m[direction][section]
        found = [order.ahead(journey, stop), order.ahead(journey, stop + 1)]
        leaders: list[Journey] = []
        obstacles: list[Obstacle] = []
        for leader in (item[0] for item in found if item is not None):
            if leader in leaders or leader.first_station + len(leader.departure_s) - 1 > section + 2:
                continue  # it has left the station after the next: it is out of reach
            leaders.append(leader)
            path = leader.path(self.station_m[direction])
            obstacles.append(Obstacle(path, leader.gone_s, -origin_m - self.train_length_m.of(leader.trip.vehicle)))
        length_m = self.station_m[direction][section + 1] - origin_m
        wall_m = length_m - self.throat_m(vehicle) if wall else np.inf
        return Ahead(tuple(obstacles), self.authority(direction, section, vehicle, service_m_s2), wall_m), leaders


def signalling_of(
    scenario: Scenario, trains: ByVehicle[Train], section_m: Mapping[Direction, Sequence[float]]
) -> Signalling:
    """The signalling of a scenario for its vehicles; `section_m` are the lengths of the sections in order of travel.

    Without a braking rate of its own the signalling counts on the service deceleration of each train, as far as its
    brakes hold it at crush load.
    """
    words = scenario.signalling

    def braking_m_s2(train: Train) -> float:
        wanted_m_s2 = words.braking_m_s2 or train.maximum_deceleration_m_s2
        return braking_rate_m_s2(train, float(train.capacity_crush), wanted_m_s2)

    station_m = {d: (0.0, *(float(place) for place in np.cumsum(section_m[d]))) for d in DIRECTIONS}
    return Signalling(
        station_m=station_m,
        border_m={d: _borders_m(scenario, d) for d in DIRECTIONS},
        braking_m_s2=trains.map(braking_m_s2),
        reaction_s=float(words.reaction_time_s),
        margin_m=float(words.margin_m),
        train_length_m=trains.map(lambda train: train.length_m),
    )


def _borders_m(scenario: Scenario, direction: Direction) -> FloatArray:
    """Borders of fixed blocks in metres from the first station of a direction, rising; empty under moving block."""
    words = scenario.signalling
    if words.system == "moving_block":
        return np.zeros(0)
    first_m, last_m = scenario.stations[0].chainage_m, scenario.stations[-1].chainage_m
    if words.block_length_m is not None:
        count = max(1, round((last_m - first_m) / words.block_length_m))
        along_m = np.linspace(0.0, last_m - first_m, count + 1)
        return np.asarray(along_m, dtype=np.float64)
    chainage_m = np.array(sorted(words.block_borders_m), dtype=np.float64)
    along_m = chainage_m - first_m if direction == "up" else last_m - chainage_m[::-1]
    return np.asarray(along_m, dtype=np.float64)
