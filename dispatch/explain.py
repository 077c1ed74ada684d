"""Why a plan saves: what each lever and each change of a trip is worth, noise-free on the equivalent track."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dispatch.levers import LEVERS, NUMBER_AND_DEPARTURES, Lever, fewer_trips, lever_shares
from dispatch.plan import Plan
from dispatch.put_back import PlannedDay
from dispatch.run_today import as_run_today
from dispatch.timetable import DIRECTIONS, Direction, Timetable, Trip
from dispatch.timing.day import retimed
from dispatch.traffic import NO_OTHERS, OtherLibraries
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train

UNCHANGED_KWH = 1e-6
KNOWN_LEVERS_KWH = 1.0
"""Levers that were written with a plan hold as long as they add up to its saving within this much."""


@dataclass(frozen=True)
class TripChange:
    """What became of one trip, and what that saves: the plan with this trip put back, less the plan.

    Changes are plan less put back, in s: departure from the terminal, the running times and the dwells of the whole
    trip. `sections` and `stations` count those whose running time or dwell differs.
    """

    trip_id: str
    direction: Direction
    saving_kwh: float
    departure_s: int
    departure_change_s: int
    running_change_s: int
    dwell_change_s: int
    sections: int
    stations: int
    driving: str
    driving_before: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """Levers and trips of a plan; trips from the largest saving on.

    `before_kwh` is the timetable in force, `after_kwh` the plan. `one_by_one_kwh` is the sum over trips: not the
    saving, as two trips that meet both count what they save together. `is_by_own_departures`: trips were put back at
    their own departures, as headways follow the demand.
    """

    before_kwh: float
    after_kwh: float
    levers: tuple[Lever, ...]
    trips: tuple[TripChange, ...]
    is_by_own_departures: bool

    @property
    def saving_kwh(self) -> float:
        """What the plan saves in all."""
        return self.before_kwh - self.after_kwh

    @property
    def one_by_one_kwh(self) -> float:
        """Sum of what each trip saves by itself."""
        return sum(trip.saving_kwh for trip in self.trips)


def counterparts(plan: Plan, in_force: Timetable) -> dict[str, Trip]:
    """The trip that each planned trip is put back to, with the plan's vehicle and load.

    At equal service that of the timetable in force. Where headways follow the demand there is none of its own: the trip
    keeps its departure and is run as today's trips of its direction.
    """
    known = {trip.trip_id: trip for trip in in_force.trips} if plan.mode == "equal-service" else {}
    typical = {direction: trips[0] for direction in DIRECTIONS if (trips := in_force.of(direction))}
    found: dict[str, Trip] = {}
    for trip in plan.timetable.trips:
        old = known.get(trip.trip_id)
        if old is None or old.stations != trip.stations:
            old = as_run_today(trip, typical[trip.direction])
        found[trip.trip_id] = replace(old, vehicle=trip.vehicle, passengers=trip.passengers)
    return found


def explain(
    plan: Plan,
    in_force: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    *,
    known_levers: Sequence[Lever] = (),
    others: OtherLibraries = NO_OTHERS,
    workers: int = 1,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Explanation:
    """Account for a plan's saving by lever and by trip.

    `known_levers` are those written with the plan; they are taken where they still add up to its saving (the plan was
    not edited since), otherwise they are computed again. `others` are the vehicles of further train types.
    """
    progress("the day as planned", 0.0)
    back = counterparts(plan, in_force)
    # Both days over the same seconds: storage and reversible substations are at work while no train is.
    everything = (*plan.timetable.trips, *in_force.trips, *back.values())
    day = PlannedDay.of(plan.timetable, library, train, network, everything, others)
    before_kwh = PlannedDay.of(in_force, library, train, network, everything, others).energy_kwh
    levers = tuple(known_levers)
    open_kwh = before_kwh - day.energy_kwh - sum(lever.saving_kwh for lever in levers)
    if not levers or abs(open_kwh) > KNOWN_LEVERS_KWH:
        levers = _levers(plan, in_force, back, library, train, network, others, workers, progress)
    trips = []
    for number, trip in enumerate(day.trips):
        trips.append(change_of(day, trip, back[trip.trip_id]))
        progress("trips", (number + 1) / len(day.trips))
    trips.sort(key=lambda change: (-change.saving_kwh, change.trip_id))
    return Explanation(before_kwh, day.energy_kwh, levers, tuple(trips), plan.mode == "demand-led")


def change_of(day: PlannedDay, trip: Trip, back: Trip) -> TripChange:
    """One trip's change and what it saves."""
    sections = range(len(trip.driving))
    runs = [trip.running_time_s(k) - back.running_time_s(k) for k in sections]
    dwells = [trip.dwell_s(k) - back.dwell_s(k) for k in sections[1:]]
    same = (trip.arrival_s, trip.departure_s, trip.driving) == (back.arrival_s, back.departure_s, back.driving)
    return TripChange(
        trip_id=trip.trip_id,
        direction=trip.direction,
        saving_kwh=0.0 if same else day.growth_kwh(day.index(trip.trip_id), back),
        departure_s=trip.start_s,
        departure_change_s=trip.start_s - back.start_s,
        running_change_s=sum(runs),
        dwell_change_s=sum(dwells),
        sections=sum(change != 0 for change in runs),
        stations=sum(change != 0 for change in dwells),
        driving=_one_word(trip.driving),
        driving_before=_one_word(back.driving),
    )


def parts_of_trip(day: PlannedDay, trip: Trip, back: Trip) -> tuple[Lever, ...]:
    """What each lever of one trip saves: the plan with only that lever of that trip put back, less the plan."""
    sections = range(len(trip.driving))
    j = day.index(trip.trip_id)
    parts = []
    for lever in LEVERS:
        mixed = retimed(
            trip,
            back.start_s if lever.startswith("departures") else trip.start_s,
            [(back if lever == "running times" else trip).running_time_s(k) for k in sections],
            [(back if lever == "dwells" else trip).dwell_s(k) for k in sections[1:]],
            "",
        )
        mixed = replace(mixed, driving=back.driving if lever == "driving" else trip.driving)
        parts.append(Lever("departure" if lever.startswith("departures") else lever, day.growth_kwh(j, mixed)))
    return tuple(parts)


def _levers(
    plan: Plan,
    in_force: Timetable,
    back: dict[str, Trip],
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    others: OtherLibraries,
    workers: int,
    progress: Callable[[str, float], None],
) -> tuple[Lever, ...]:
    """The levers of the plan as it stands; another set of trips is a lever of its own, told before the others."""
    planned = plan.timetable
    old = {trip.trip_id: trip for trip in in_force.trips}
    if plan.mode == "equal-service" and old.keys() == back.keys():
        start = Timetable(tuple(old[trip.trip_id] for trip in planned.trips))
        return lever_shares(start, planned, library, train, network, workers, progress, others)
    start = Timetable(tuple(back[trip.trip_id] for trip in planned.trips))
    number = fewer_trips(in_force, start, library, train, network, others)
    shares = lever_shares(start, planned, library, train, network, workers, progress, others)
    return (replace(number, name=NUMBER_AND_DEPARTURES), *shares)


def _one_word(driving: Sequence[str]) -> str:
    """The way of driving, or that it differs by section."""
    return driving[0] if len(set(driving)) == 1 else "by section"
