"""Runs and stands of a planned timetable, every train on time."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.energy.line_model import LineModel, OtherLibraries
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Infeasible
from energy_models.movement.planned import Run, Stand
from energy_models.running_times import ProfileLibrary
from energy_models.track import SectionTrack
from scenarios.schema.base import Direction
from scenarios.schema.operation import Operation

TRACK_INDEX: dict[Direction, int] = {"up": 0, "down": 1}


@dataclass(frozen=True, eq=False)
class Movements:
    """Runs and stands of a planned day.

    `run_trip` and `stand_trip` are the indices of their trips, and `auxiliary_w` is the auxiliary power of each run and
    then of each stand.
    """

    runs: list[Run]
    run_trip: list[int]
    stands: list[Stand]
    stand_trip: list[int]
    auxiliary_w: list[float]


def planned_movements(timetable: Timetable, line: LineModel) -> Movements:
    """Runs, dwells and turnbacks, with planned loads; a turnback belongs to the trip before it.

    Trips of vehicles of further train types have the power of their type. A trip that its train type cannot run in its
    running times counts as a trip of the main type.
    """
    found = Movements([], [], [], [], [])
    waiting: dict[str, tuple[Trip, int]] = {}

    def stand(where: Stand, number: int) -> None:
        found.stands.append(where)
        found.stand_trip.append(number)

    for number, trip in sorted(enumerate(timetable.trips), key=lambda entry: entry[1].start_s):
        if trip.vehicle in waiting:
            ahead, before = waiting[trip.vehicle]
            stand(turnback_stand(ahead, trip.start_s, line.library, line.scenario.operation), before)
        runs, dwells = as_planned(trip, line.library, line.others)
        for run in runs:
            found.runs.append(run)
            found.run_trip.append(number)
        for dwell in dwells:
            stand(dwell, number)
        waiting[trip.vehicle] = trip, number
    for trip, number in waiting.values():
        stand(turnback_stand(trip, None, line.library, line.scenario.operation), number)
    by_trip_w = [line.train_of(trip.vehicle).auxiliary_w for trip in timetable.trips]
    found.auxiliary_w.extend(by_trip_w[number] for number in (*found.run_trip, *found.stand_trip))
    return found


def as_planned(trip: Trip, library: ProfileLibrary, others: OtherLibraries) -> tuple[list[Run], list[Stand]]:
    """Runs and dwells of one trip with the type of its vehicle, or with the main type if the own type cannot run it."""
    own = others.get(trip.vehicle)
    if own is not None:
        try:
            return trip_movements(trip, own)
        except Infeasible:
            pass
    return trip_movements(trip, library)


def trip_movements(trip: Trip, library: ProfileLibrary) -> tuple[list[Run], list[Stand]]:
    """Planned runs and dwells of one trip, without its terminals."""
    runs: list[Run] = []
    stands: list[Stand] = []
    index = TRACK_INDEX[trip.direction]
    for k, section, track in sections_of(trip, library):
        motion = library.motion(trip.direction, section, trip.running_time_s(k), trip.passengers[k], trip.driving[k])
        runs.append(Run(track, index, trip.departure_s[k], motion))
        if k + 1 < len(trip.driving):
            stands.append(Stand(track.arrival_chainage_m, index, trip.arrival_s[k + 1], trip.departure_s[k + 1]))
    return runs, stands


def turnback_stand(trip: Trip, next_departure_s: int | None, library: ProfileLibrary, operation: Operation) -> Stand:
    """The stand after a trip until the next departure of its vehicle (None: no next trip) or the shut-down."""
    until = trip.end_s + operation.shut_down_after_s
    if next_departure_s is not None and next_departure_s - trip.end_s <= operation.powered_stand_s:
        until = max(next_departure_s, trip.end_s)
    last = library.sections[trip.direction][first_section(trip, library) + len(trip.driving) - 1]
    return Stand(last.arrival_chainage_m, TRACK_INDEX[trip.direction], trip.end_s, until)


def first_section(trip: Trip, library: ProfileLibrary) -> int:
    """Index of the first section of a trip in order of travel; 0 over the whole line."""
    tracks = library.sections[trip.direction]
    if len(trip.driving) == len(tracks):
        return 0
    return [track.name for track in tracks].index(f"{trip.stations[0]}-{trip.stations[1]}")


def sections_of(trip: Trip, library: ProfileLibrary) -> Iterator[tuple[int, int, SectionTrack]]:
    """For each section of a trip: its index in the trip, its index in order of travel on the line, and its track."""
    first = first_section(trip, library)
    for k in range(len(trip.driving)):
        yield k, first + k, library.sections[trip.direction][first + k]
