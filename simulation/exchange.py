"""The exchange of passengers at the doors: the dwell that boarding and alighting take, and doors that do not close."""

from dataclasses import dataclass

from scenarios.fleet import ByVehicle
from scenarios.schema.train import PassengerExchange
from simulation.disturbances.day import DisturbedDay
from simulation.dwells import LeastDwell, PlatformStop


def exchange_s(exchange: PassengerExchange, boarding: float, alighting: float, through: float) -> float:
    """Least dwell in s for passengers of the whole train who board, alight, and stay on board.

    T = fixed + b·B + a·A + c·S³·B with B, A per door and S those who stand there: through passengers beyond the seats.
    The form and its coefficients for the Red Line of Boston (12.22, 2.27, 1.82, 0.00062) are Puong's (Dwell time model
    and analysis for the MBTA Red Line, MIT, 2000), who explains about 90 % of the observed variation with it. Beyond
    `most_standing` at a door S counts as that: nobody measured there. Evenly spread over the doors, which underrates
    the busiest one.
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
    """A dwell lasts as long as the rules, the passengers and the doors want, whichever is longest; faults come on top.

    `room` is what a vehicle carries at most: who finds no room does not lengthen the dwell. Without an `exchange`
    its dwells do not depend on the passengers, without a `day` no door fails.
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
