"""Signalling: the movement authority of a train behind the trains ahead, with moving block or fixed blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.movement.following import Ahead, Authority, Obstacle, braking_rate_m_s2
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.fleet import ByVehicle
from scenarios.values.track_lengths import along_m, section_lengths_m
from simulation.railway.train_order import TrainOrder
from simulation.railway.trip_run import Journey


@dataclass(frozen=True, eq=False)
class Signalling:
    """The separation of trains on the tracks of a line, in metres along the direction of travel.

    `station_m[d]` are the stopping points of a direction from its first station, `border_m[d]` the borders of fixed
    blocks in the same coordinate: empty with moving block. The rear of a vehicle is `train_length_m` behind its
    stopping point; the train protection uses its `braking_m_s2`. A train without a free turnback track stops
    `throat_m` before the stopping point of the terminal.
    """

    station_m: Mapping[Direction, tuple[float, ...]]
    border_m: Mapping[Direction, FloatArray]
    braking_m_s2: ByVehicle[float]
    reaction_s: float
    margin_m: float
    train_length_m: ByVehicle[float]

    def throat_m(self, vehicle: str) -> float:
        """Distance from the stopping point of a terminal to its points: a train length and the margin (assumed)."""
        return self.train_length_m.of(vehicle) + self.margin_m

    def authority(self, direction: Direction, section: int, vehicle: str, service_m_s2: float) -> Authority:
        """The rule for a vehicle in the coordinate of one section, which begins at its first stopping point.

        A train with a lower service deceleration, for example on slippery rails, keeps a longer distance.
        """
        key = direction, section, min(self.braking_m_s2.of(vehicle), service_m_s2)
        found = self._authorities.get(key)
        if found is None:
            border_m = self.border_m[direction] - self.station_m[direction][section]
            found = self._authorities[key] = Authority(key[2], self.reaction_s, self.margin_m, border_m)
        return found

    @cached_property
    def _authorities(self) -> dict[tuple[Direction, int, float], Authority]:
        """Authorities by direction, section and braking rate."""
        return {}

    def ahead(
        self, journey: Journey, stop: int, order: TrainOrder, wall: bool, service_m_s2: float
    ) -> tuple[Ahead, list[Journey]]:
        """The end of the authority of a train that leaves its stop, and the trains that can change this end.

        `wall`: its next terminal has no free turnback track. `service_m_s2` is its service deceleration.
        """
        direction, section, vehicle = journey.trip.direction, journey.first_station + stop, journey.trip.vehicle
        station_m = self.station_m[direction]
        origin_m = station_m[section]
        leaders: list[Journey] = []
        obstacles: list[Obstacle] = []
        for found in (order.ahead(journey, stop), order.ahead(journey, stop + 1)):
            if found is None:
                continue
            leader = found[0]
            if leader in leaders or leader.first_station + len(leader.departure_s) - 1 > section + 2:
                continue  # it has left the station after the next one and cannot restrict this train
            leaders.append(leader)
            length_m = self.train_length_m.of(leader.trip.vehicle)
            obstacles.append(Obstacle(leader.path(station_m), leader.gone_s, -origin_m - length_m))
        wall_m = station_m[section + 1] - origin_m - self.throat_m(vehicle) if wall else np.inf
        return Ahead(tuple(obstacles), self.authority(direction, section, vehicle, service_m_s2), wall_m), leaders


def signalling_of(
    scenario: Scenario, trains: ByVehicle[Train], section_m: Mapping[Direction, Sequence[float]]
) -> Signalling:
    """The signalling of a scenario for its vehicles; `section_m` are the lengths of the sections in order of travel.

    Without its own braking rate, the signalling uses the service deceleration of each train, as far as its brakes
    reach it at crush load.
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
    """Borders of fixed blocks in m from the first station of a direction, increasing; empty with moving block."""
    words = scenario.signalling
    if words.system == "moving_block":
        return np.zeros(0)
    if words.block_length_m is not None:
        count = max(1, round(scenario.length_m / words.block_length_m))
        return np.linspace(0.0, sum(section_lengths_m(scenario, direction)), count + 1)
    return np.sort(along_m(scenario, direction, words.block_borders_m))
