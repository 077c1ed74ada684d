"""Two trains on a line of three stations that are 6 km apart, for the tests of signalling and of controllers."""

from dataclasses import dataclass, replace

import numpy as np
from small_railway import ORDER, RULES, Trapezoids, trapezoid

from dispatch.plans.timetable import Timetable, Trip
from scenarios.values.fleet import ByVehicle
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.railway.railway import Railway
from simulation.railway.signalling import Signalling
from simulation.railway.trains import operate
from simulation.railway.trip_record import TripRecord

SECTION_M = 6000.0
RUN_S = 420
FREE = replace(RULES, minimum_headway_s=0.0)
SPEED = float(trapezoid(SECTION_M, RUN_S).speed_m_s.max())
LENGTH_M, MARGIN_M, REACTION_S, RATE = 100.0, 50.0, 3.0, 1.0


def whole_trip(name: str, start_s: float, dwell_s: int = 40) -> Trip:
    begin = round(start_s)
    arrivals = (begin, begin + RUN_S, begin + 2 * RUN_S + dwell_s)
    departures = (begin, begin + RUN_S + dwell_s, begin + 2 * RUN_S + dwell_s)
    return Trip(name, "up", ORDER["up"], arrivals, departures, ("speed_cap",) * 2, (0.0, 0.0), name)


@dataclass(frozen=True)
class Later(DwellNoise):
    """Lets train b leave later than its whole second by a given time."""

    later_s: float = 0.0

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        return np.array([self.later_s if trip_id == "b" else 0.0, 0.0, 0.0])


def two_trains(headway_s: float, signalling: Signalling, dwell_s: int = 40) -> tuple[TripRecord, ...]:
    """Two trains, the second one that long after the first from A."""
    noise = Later(1.0, accumulates=True, later_s=headway_s - int(headway_s))
    railway = Railway(replace(FREE, noise=noise), ByVehicle(Trapezoids(SECTION_M)), ORDER, signalling)
    trips = (whole_trip("a", 10_000, dwell_s), whole_trip("b", 10_000 + int(headway_s), dwell_s))
    return operate(Timetable(trips), railway, 1).trips
