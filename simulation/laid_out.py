"""Trips laid out on the line: their runs from station to station, and all that stands between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dispatch.timetable import Direction
from energy_models.movement import Run, Stand
from energy_models.track import SectionTrack
from scenarios.fleet import ByVehicle
from simulation.driving import DrivenTrain
from simulation.record import TripRecord
from simulation.rules import TURNBACK_POWERED_S, TURNBACK_SHUT_DOWN_AFTER_S
from simulation.runs import RunAsked
from simulation.starvation import Starvation

_TRACK_INDEX: Mapping[Direction, int] = {"up": 0, "down": 1}


@dataclass(frozen=True, eq=False)
class LaidOut:
    """Runs of all trips, trip by trip and section by section, and all that stands between them."""

    runs: tuple[Run, ...]
    stands: tuple[Stand, ...]

    @property
    def vehicles(self) -> list[str]:
        """Whose each run and then each stand is."""
        return [*(run.train for run in self.runs), *(stand.train for stand in self.stands)]


@dataclass(frozen=True, eq=False)
class LineGeometry:
    """Where things are: sections and stations in order of travel, and the chainage of each station."""

    sections: Mapping[str, Sequence[SectionTrack]]
    station_order: Mapping[Direction, tuple[str, ...]]
    chainage_m: Mapping[str, float]

    def first_section(self, record: TripRecord) -> int:
        """The trip's first section, in order of travel."""
        return self.station_order[record.direction].index(record.trip.stations[0])


def lay_out(
    trips: Sequence[TripRecord], geometry: LineGeometry, driven: ByVehicle[DrivenTrain], starvation: Starvation
) -> LaidOut:
    """Lay trips out as they ran, driven as `driven` says and starved where they were."""
    runs: list[Run] = []
    stands = _turnbacks(trips, geometry)
    for trip in trips:
        first, train = geometry.first_section(trip), driven.of(vehicle_of(trip))
        track_index = _TRACK_INDEX[trip.direction]
        for i in range(len(trip.running_time_s)):
            asked = asked_of(trip, i, first + i)
            served = starvation.served.get((trip.trip.trip_id, i))
            hindered = trip.hindered[i] if trip.hindered else None
            if hindered is not None:
                motion = train.hindered_motion(asked, hindered)
            else:
                motion = train.motion(asked) if served is None else train.starved_motion(asked, served)
            track = geometry.sections[trip.direction][first + i]
            runs.append(Run(track, track_index, trip.departure_s[i], motion, vehicle_of(trip)))
            # The train stands from the end of its motion until it leaves: at the platform, also for the rest of a
            # running time that its way of driving does not use up. Waiting on the way is part of the motion.
            stops_s = trip.departure_s[i] + motion.running_time_s
            if trip.departure_s[i + 1] > stops_s:
                station = trip.trip.stations[i + 1]
                leaves_s = trip.departure_s[i + 1]
                stands.append(Stand(geometry.chainage_m[station], track_index, stops_s, leaves_s, vehicle_of(trip)))
    return LaidOut(tuple(runs), tuple(stands))


def _turnbacks(trips: Sequence[TripRecord], geometry: LineGeometry) -> list[Stand]:
    """Vehicles between two trips of their duty, and after the last one, as long as their auxiliaries are on."""
    duties: dict[str, list[TripRecord]] = {}
    for trip in trips:
        duties.setdefault(vehicle_of(trip), []).append(trip)
    stands: list[Stand] = []
    for vehicle, duty in duties.items():
        duty.sort(key=lambda trip: trip.departure_s[0])
        for before, after in pairwise(duty):
            arrived_s, leaves_s = before.arrival_s[-1], after.departure_s[0]
            if leaves_s - arrived_s > TURNBACK_POWERED_S:
                leaves_s = arrived_s + TURNBACK_SHUT_DOWN_AFTER_S
            station = before.trip.stations[-1]
            track = _TRACK_INDEX[after.direction]
            stands.append(Stand(geometry.chainage_m[station], track, arrived_s, leaves_s, vehicle))
        last, arrived_s = duty[-1], duty[-1].arrival_s[-1]
        terminal_m, track = geometry.chainage_m[last.trip.stations[-1]], _TRACK_INDEX[last.direction]
        stands.append(Stand(terminal_m, track, arrived_s, arrived_s + TURNBACK_SHUT_DOWN_AFTER_S, vehicle))
    return stands


def asked_of(record: TripRecord, i: int, section: int) -> RunAsked:
    """The run that a train was asked to make from its i-th station."""
    trip = record.trip
    return RunAsked(
        trip.trip_id, trip.direction, section, record.running_time_s[i], record.passengers[i], trip.driving[i],
        record.departure_s[i],
    )  # fmt: skip


def vehicle_of(record: TripRecord) -> str:
    """Name of the vehicle; a trip without one has a vehicle of its own."""
    return record.trip.vehicle or record.trip.trip_id
