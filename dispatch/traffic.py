"""What a planned timetable asks of the supply, second by second, when every train is on time."""

from dataclasses import dataclass

from dispatch.timetable import Timetable
from energy_models.movement import Run, Stand, assemble, seconds_of_motion
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from energy_models.train import Train

STAND_AUXILIARY_S = 900
"""A train that waits at a terminal longer than this is shut down after its turnback."""
TURNBACK_AUXILIARY_S = 180


@dataclass(frozen=True, eq=False)
class Movements:
    """Runs and stands of a planned day; `run_trip` and `stand_trip` say which of the timetable's trips they follow."""

    runs: list[Run]
    run_trip: list[int]
    stands: list[Stand]
    stand_trip: list[int]


def planned_movements(timetable: Timetable, library: ProfileLibrary, train: Train) -> Movements:
    """Runs, dwells and turnbacks, with planned loads; a turnback belongs to the trip before it."""
    found = Movements([], [], [], [])
    waiting: dict[str, tuple[Stand, int]] = {}

    def stand(where: Stand, number: int) -> None:
        found.stands.append(where)
        found.stand_trip.append(number)

    for number, trip in sorted(enumerate(timetable.trips), key=lambda entry: entry[1].start_s):
        index = 0 if trip.direction == "up" else 1
        if trip.vehicle in waiting:
            arrived, before = waiting.pop(trip.vehicle)
            stand(_turnback(arrived, trip.start_s), before)
        tracks = library.sections[trip.direction]
        for k, track in enumerate(tracks):
            passengers = trip.passengers[k]
            profile = library.profile(trip.direction, k, trip.running_time_s(k), passengers, trip.driving[k])
            found.runs.append(Run(track, index, trip.departure_s[k], seconds_of_motion(profile, train, passengers)))
            found.run_trip.append(number)
            end = track.departure_chainage_m + track.chainage_sign * track.length_m
            if k + 1 < len(tracks):
                stand(Stand(end, index, trip.arrival_s[k + 1], trip.departure_s[k + 1]), number)
            else:
                waiting[trip.vehicle] = Stand(end, index, trip.end_s, trip.end_s + TURNBACK_AUXILIARY_S), number
    for arrived, before in waiting.values():
        stand(arrived, before)
    return found


def planned_snapshots(timetable: Timetable, library: ProfileLibrary, train: Train) -> Snapshots:
    """Trains at each second of the day as planned."""
    found = planned_movements(timetable, library, train)
    start = min(trip.start_s for trip in timetable.trips)
    end_s = max(trip.end_s for trip in timetable.trips) + STAND_AUXILIARY_S
    return assemble(found.runs, found.stands, train.auxiliary_w, start, end_s)


def _turnback(stand: Stand, departure_s: int) -> Stand:
    """The stand until the vehicle's next departure, or until it is shut down."""
    long = departure_s - stand.from_s > STAND_AUXILIARY_S
    until = stand.from_s + TURNBACK_AUXILIARY_S if long else departure_s
    return Stand(stand.chainage_m, stand.track_index, stand.from_s, max(until, stand.from_s))


def planned_energy_j(timetable: Timetable, library: ProfileLibrary, train: Train, network: SupplyNetwork) -> float:
    """Energy at the substation terminals of a planned day, on the equivalent track."""
    solution = solve(network, planned_snapshots(timetable, library, train), model="equivalent")
    return float(solution.source_power_w.sum())
