"""The exchange of passengers at the doors: minimum dwell for boarding and alighting, and door faults."""

from dataclasses import dataclass

from scenarios.schema.train import PassengerExchange
from scenarios.values.fleet import ByVehicle
from simulation.disturbances.day import DisturbedDay
from simulation.railway.dwells import LeastDwell, PlatformStop


def exchange_s(exchange: PassengerExchange, boarding: float, alighting: float, through: float) -> float:
    """Minimum dwell in s for the passengers of the whole train who board, alight, and stay on board.

    T = fixed + b·B + a·A + c·S³·B with B and A per door, and S the standing through passengers per door. The equation
    and its coefficients for the Red Line of Boston (12.22, 2.27, 1.82, 0.00062) are from Puong (Dwell time model and
    analysis for the MBTA Red Line, MIT, 2000); it explains about 90 % of the observed variation. S is limited to
    `most_standing`, because there are no measurements above. Passengers are spread evenly over the doors, which gives
    a lower dwell than the busiest door.
    """
    boarding_there, alighting_there = boarding / exchange.doors, alighting / exchange.doors
    standing = min(max(0.0, through - exchange.seats) / exchange.doors, exchange.most_standing)
    return (
        exchange.fixed_s
        + exchange.alighting_s * alighting_there
        + (exchange.boarding_s + exchange.crowding_s * standing**3) * boarding_there
    )


@dataclass(frozen=True)
class ExchangeDwell:
    """The minimum dwell is the longest of the times of the rules and of the passengers, plus the time of door faults.

    `room` is the capacity of a vehicle: passengers without room do not increase the dwell. Without an `exchange`, the
    dwells do not depend on the passengers; without a `day`, there are no door faults.
    """

    rules: LeastDwell
    exchange: ByVehicle[PassengerExchange | None]
    room: ByVehicle[float]
    day: DisturbedDay | None = None

    def least_s(self, stop: PlatformStop) -> float:
        """Shortest time from arrival to departure that this stop allows, in s, whatever the train's lateness."""
        least_s = self.rules.least_s(stop)
        exchange = self.exchange.of(stop.trip.vehicle)
        if exchange is not None:
            through = stop.on_board - stop.alighting
            boarding = min(stop.waiting, max(0.0, self.room.of(stop.trip.vehicle) - through))
            least_s = max(least_s, exchange_s(exchange, boarding, stop.alighting, through))
        if self.day is not None:
            least_s += self.day.door_fault_s(stop.trip.trip_id, stop.trip.stations[stop.stop])
        return least_s
