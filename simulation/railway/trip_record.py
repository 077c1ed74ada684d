"""The record of a trip on a simulated day."""

from dataclasses import dataclass

from dispatch.plans.timetable import Trip
from energy_models.driving.profile import DrivingProfile
from scenarios.schema.base import Direction


@dataclass(frozen=True)
class TripRecord:
    """The record of one trip. Tuples run over the trip's stations, or its sections, in order of travel.

    The first arrival is the time when the train was ready to leave, at the latest its departure; the last departure
    equals the last arrival. `running_time_s` is the running time of the driving profile, `slowed_s` the additional time
    because of traction not served (empty: none), `hindered_s` the additional time because of trains ahead.
    `delayed_profiles` are the actual profiles of runs delayed by the train ahead, otherwise None. `passengers` are on
    board over each section; `denied` passengers found no room; `waited_s` is the waiting, in passenger-seconds, of all
    who arrived since the train ahead. `boarded_to` and `waited_to_s` contain the same by destination: for each station
    of the trip but the last, an entry for each station from the trip's first to the end of the line (none without
    demand).
    """

    trip: Trip
    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    running_time_s: tuple[int, ...]
    hindered_s: tuple[float, ...]
    passengers: tuple[float, ...]
    boarded: tuple[float, ...]
    denied: tuple[float, ...]
    waited_s: tuple[float, ...]
    slowed_s: tuple[float, ...] = ()
    boarded_to: tuple[tuple[float, ...], ...] = ()
    waited_to_s: tuple[tuple[float, ...], ...] = ()
    delayed_profiles: tuple[DrivingProfile | None, ...] = ()

    @property
    def direction(self) -> Direction:
        """Direction of travel."""
        return self.trip.direction

    @property
    def lateness_s(self) -> tuple[float, ...]:
        """Delay of the arrival at each station after the first; negative for an early arrival."""
        return tuple(a - s for a, s in zip(self.arrival_s[1:], self.trip.arrival_s[1:], strict=True))
