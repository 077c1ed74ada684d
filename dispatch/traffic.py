"""What a planned timetable asks of the supply, second by second, when every train is on time."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dispatch.timetable import Direction, Timetable, Trip
from energy_models.faults import Infeasible
from energy_models.movement import Run, Stand, assemble
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from energy_models.track import SectionTrack
from energy_models.train import Train

STAND_AUXILIARY_S = 900
"""A train that waits at a terminal longer than this is shut down after its turnback."""
TURNBACK_AUXILIARY_S = 180
TRACK_INDEX: dict[Direction, int] = {"up": 0, "down": 1}

OtherLibraries = Mapping[str, ProfileLibrary]
"""Driving profiles of the vehicles that are not of the main train type, by vehicle; `scenarios.fleet` makes them."""
NO_OTHERS: OtherLibraries = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Movements:
    """Runs and stands of a planned day; `run_trip` and `stand_trip` say which of the timetable's trips they follow, and
    `auxiliary_w` what each run and then each stand draws beside its motion."""

    runs: list[Run]
    run_trip: list[int]
    stands: list[Stand]
    stand_trip: list[int]
    auxiliary_w: list[float]


def planned_movements(
    timetable: Timetable, library: ProfileLibrary, train: Train, others: OtherLibraries = NO_OTHERS
) -> Movements:
    """Runs, dwells and turnbacks, with planned loads; a turnback belongs to the trip before it.

    `others` are the vehicles of further train types: their trips draw what their own type does. A trip that its
    vehicle's type cannot run in its time counts as one of the main type.
    """
    found = Movements([], [], [], [], [])
    waiting: dict[str, tuple[Trip, int]] = {}

    def stand(where: Stand, number: int) -> None:
        found.stands.append(where)
        found.stand_trip.append(number)

    for number, trip in sorted(enumerate(timetable.trips), key=lambda entry: entry[1].start_s):
        if trip.vehicle in waiting:
            ahead, before = waiting[trip.vehicle]
            stand(turnback_stand(ahead, trip.start_s, library), before)
        runs, dwells = as_planned(trip, library, others)
        for run in runs:
            found.runs.append(run)
            found.run_trip.append(number)
        for dwell in dwells:
            stand(dwell, number)
        waiting[trip.vehicle] = trip, number
    for trip, number in waiting.values():
        stand(turnback_stand(trip, None, library), number)
    by_trip_w = [auxiliary_w(trip, train, others) for trip in timetable.trips]
    found.auxiliary_w.extend(by_trip_w[number] for number in (*found.run_trip, *found.stand_trip))
    return found


def auxiliary_w(trip: Trip, train: Train, others: OtherLibraries = NO_OTHERS) -> float:
    """What the auxiliaries of a trip's vehicle draw."""
    return (others[trip.vehicle].train if trip.vehicle in others else train).auxiliary_w


def as_planned(trip: Trip, library: ProfileLibrary, others: OtherLibraries) -> tuple[list[Run], list[Stand]]:
    """Runs and dwells of one trip with its own vehicle's type, or the main one where that cannot run it."""
    own = others.get(trip.vehicle)
    if own is not None:
        try:
            return trip_movements(trip, own)
        except Infeasible:
            pass
    return trip_movements(trip, library)


def planned_snapshots(
    timetable: Timetable, library: ProfileLibrary, train: Train, others: OtherLibraries = NO_OTHERS
) -> Snapshots:
    """Trains at each second of the day as planned; `others` as for `planned_movements`."""
    found = planned_movements(timetable, library, train, others)
    start = min(trip.start_s for trip in timetable.trips)
    end_s = max(trip.end_s for trip in timetable.trips) + STAND_AUXILIARY_S
    return assemble(found.runs, found.stands, found.auxiliary_w, start, end_s)


def trip_movements(trip: Trip, library: ProfileLibrary) -> tuple[list[Run], list[Stand]]:
    """Runs and dwells of one trip as planned, its terminals left out."""
    runs: list[Run] = []
    stands: list[Stand] = []
    index = TRACK_INDEX[trip.direction]
    first = first_section(trip, library)
    tracks = library.sections[trip.direction][first : first + len(trip.driving)]
    for k, track in enumerate(tracks):
        passengers = trip.passengers[k]
        motion = library.motion(trip.direction, first + k, trip.running_time_s(k), passengers, trip.driving[k])
        runs.append(Run(track, index, trip.departure_s[k], motion))
        if k + 1 < len(tracks):
            stands.append(Stand(_end_m(track), index, trip.arrival_s[k + 1], trip.departure_s[k + 1]))
    return runs, stands


def turnback_stand(trip: Trip, next_departure_s: int | None, library: ProfileLibrary) -> Stand:
    """The stand after a trip until the vehicle's next departure (None: it works no more), or until it is shut down."""
    until = trip.end_s + TURNBACK_AUXILIARY_S
    if next_departure_s is not None and next_departure_s - trip.end_s <= STAND_AUXILIARY_S:
        until = max(next_departure_s, trip.end_s)
    last = library.sections[trip.direction][first_section(trip, library) + len(trip.driving) - 1]
    return Stand(_end_m(last), TRACK_INDEX[trip.direction], trip.end_s, until)


def first_section(trip: Trip, library: ProfileLibrary) -> int:
    """Where a trip begins, as the number of its first section in order of travel; 0 over the whole line."""
    tracks = library.sections[trip.direction]
    if len(trip.driving) == len(tracks):
        return 0
    return [track.name for track in tracks].index(f"{trip.stations[0]}-{trip.stations[1]}")


def _end_m(track: SectionTrack) -> float:
    return track.departure_chainage_m + track.chainage_sign * track.length_m


def planned_energy_j(
    timetable: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    others: OtherLibraries = NO_OTHERS,
) -> float:
    """Energy at the substation terminals of a planned day, on the equivalent track; `others` as above."""
    solution = solve(network, planned_snapshots(timetable, library, train, others), model="equivalent")
    return float(solution.source_power_w.sum())
