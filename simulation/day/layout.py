"""Layout of trips on the line: their runs from station to station, and the stands between the runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from energy_models.movement.planned import Run, Stand
from energy_models.track import SectionTrack
from scenarios.schema.base import Direction
from scenarios.schema.operation import Operation
from scenarios.values.fleet import ByVehicle
from simulation.railway.driving import DrivenTrain
from simulation.railway.section_runs import RunRequest
from simulation.railway.traction_shortfall import TractionShortfall
from simulation.railway.trip_record import TripRecord

TRACK_INDEX: Mapping[Direction, int] = {"up": 0, "down": 1}


@dataclass(frozen=True, eq=False)
class DayLayout:
    """Runs of all trips, by trip and section, and the stands between the runs."""

    runs: tuple[Run, ...]
    stands: tuple[Stand, ...]

    @property
    def vehicles(self) -> list[str]:
        """The vehicle of each run and then of each stand."""
        return [*(run.train for run in self.runs), *(stand.train for stand in self.stands)]


@dataclass(frozen=True, eq=False)
class LineGeometry:
    """Sections and stations in order of travel, and the chainage of each station."""

    sections: Mapping[str, Sequence[SectionTrack]]
    station_order: Mapping[Direction, tuple[str, ...]]
    chainage_m: Mapping[str, float]

    def first_section(self, record: TripRecord) -> int:
        """The first section of the trip, in order of travel."""
        return self.station_order[record.direction].index(record.trip.stations[0])


def lay_out(
    trips: Sequence[TripRecord],
    geometry: LineGeometry,
    driven: ByVehicle[DrivenTrain],
    shortfall: TractionShortfall,
    operation: Operation,
) -> DayLayout:
    """The layout of trip records, with the driving of `driven` and traction not served.

    `operation` contains the time for which the auxiliaries of a train at a terminal stay on.
    """
    runs: list[Run] = []
    stands = _turnbacks(trips, geometry, operation)
    for trip in trips:
        first, train = geometry.first_section(trip), driven.of(vehicle_of(trip))
        track_index = TRACK_INDEX[trip.direction]
        for i in range(len(trip.running_time_s)):
            request = run_request(trip, i, first + i)
            served = shortfall.served.get((trip.trip.trip_id, i))
            delayed = trip.delayed_profiles[i] if trip.delayed_profiles else None
            if delayed is not None:
                motion = train.delayed_motion(request, delayed)
            else:
                motion = train.motion(request) if served is None else train.slowed_motion(request, served)
            track = geometry.sections[trip.direction][first + i]
            runs.append(Run(track, track_index, trip.departure_s[i], motion, vehicle_of(trip)))
            # The train stands from the end of its motion until it leaves: at the platform, also for the rest of a
            # running time that its driving strategy does not use. Waiting between stations is part of the motion.
            stops_s = trip.departure_s[i] + motion.running_time_s
            if trip.departure_s[i + 1] > stops_s:
                station = trip.trip.stations[i + 1]
                leaves_s = trip.departure_s[i + 1]
                stands.append(Stand(geometry.chainage_m[station], track_index, stops_s, leaves_s, vehicle_of(trip)))
    return DayLayout(tuple(runs), tuple(stands))


def _turnbacks(trips: Sequence[TripRecord], geometry: LineGeometry, operation: Operation) -> list[Stand]:
    """Vehicles between two trips of their duty and after the last trip, while their auxiliaries are on."""
    duties: dict[str, list[TripRecord]] = {}
    for trip in trips:
        duties.setdefault(vehicle_of(trip), []).append(trip)
    stands: list[Stand] = []
    for vehicle, duty in duties.items():
        duty.sort(key=lambda trip: trip.departure_s[0])
        for before, after in pairwise(duty):
            arrived_s, leaves_s = before.arrival_s[-1], after.departure_s[0]
            if leaves_s - arrived_s > operation.powered_stand_s:
                leaves_s = arrived_s + operation.shut_down_after_s
            station = before.trip.stations[-1]
            track = TRACK_INDEX[after.direction]
            stands.append(Stand(geometry.chainage_m[station], track, arrived_s, leaves_s, vehicle))
        last, arrived_s = duty[-1], duty[-1].arrival_s[-1]
        terminal_m, track = geometry.chainage_m[last.trip.stations[-1]], TRACK_INDEX[last.direction]
        stands.append(Stand(terminal_m, track, arrived_s, arrived_s + operation.shut_down_after_s, vehicle))
    return stands


def run_request(record: TripRecord, i: int, section: int) -> RunRequest:
    """The planned run of a train from its i-th station."""
    trip = record.trip
    return RunRequest(
        trip.trip_id, trip.direction, section, record.running_time_s[i], record.passengers[i], trip.driving[i],
        record.departure_s[i],
    )  # fmt: skip


def vehicle_of(record: TripRecord) -> str:
    """Name of the vehicle; a trip without a vehicle has its own vehicle."""
    return record.trip.vehicle or record.trip.trip_id
