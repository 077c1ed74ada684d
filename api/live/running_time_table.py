"""The table of running times by second of departure, exported beforehand for systems without a link.

For each departure of the timetable, the regulator gives the running time for every second from the schedule to
`latest_s` later, with all other trains as planned. A row holds from its second until the next row of the same
departure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api.live.live_plan import LivePlan
from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator

HEADER = ("trip", "station", "from_departure_s", "running_time_s")


@dataclass(frozen=True)
class RunningTime:
    """From this departure on (s of the day), the train takes this running time to the next station."""

    trip_id: str
    station_id: str
    from_departure_s: int
    running_time_s: int


def running_times(plan: LivePlan, regulator: Regulator, latest_s: int) -> Iterator[RunningTime]:
    """The running times of every departure of the timetable, in its order."""
    for trip in plan.timetable.trips:
        for stop in range(len(trip.driving)):
            before: int | None = None
            for late_s in range(latest_s + 1):
                found = _running_time_s(plan, regulator, trip, stop, late_s)
                if found != before:
                    before = found
                    yield RunningTime(trip.trip_id, trip.stations[stop], trip.departure_s[stop] + late_s, found)


def _running_time_s(plan: LivePlan, regulator: Regulator, trip: Trip, stop: int, late_s: int) -> int:
    now_s, passengers = float(trip.departure_s[stop] + late_s), trip.passengers[stop]
    shortest_s = plan.shortest_s(trip, stop, passengers)
    own_s = max(trip.running_time_s(stop), shortest_s)
    station = plan.first_section(trip) + stop
    train = ReadyTrain(trip, stop, station, now_s, None, None, passengers, own_s, shortest_s, can_hold=False)
    return regulator.advise(train, LineState(now_s)).running_time_s
