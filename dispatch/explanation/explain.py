"""Explanation of a saving: the saving of each lever and of each changed trip, without noise on the equivalent track."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays
from dispatch.energy.trip_change import PlannedDay
from dispatch.explanation.lever import LEVERS, NUMBER_AND_DEPARTURES, Lever
from dispatch.explanation.levers import fewer_trips, lever_shares
from dispatch.plans.plan import Plan
from dispatch.plans.run_as_today import run_as_today
from dispatch.plans.timetable import Timetable, Trip, retimed
from scenarios.schema.base import Direction

UNCHANGED_KWH = 1e-6
KNOWN_LEVERS_KWH = 1.0
"""The stored levers of a plan are valid if their sum differs from its saving by less than this."""


@dataclass(frozen=True)
class TripChange:
    """The change of one trip and its saving: energy of the plan with the trip at its original times, minus the plan.

    Changes are plan minus original, in s: departure from the terminal, running times and dwells of the whole trip.
    `sections` and `stations` are the numbers of changed running times and dwells.
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
    """Levers and trips of a plan; trips in order of their saving, largest first.

    `before_kwh` is the timetable in force, `after_kwh` the plan. `one_by_one_kwh` is the sum over trips; it differs
    from the saving, because an energy exchange counts for both of its trips. `is_by_own_departures`: the original times
    of trips are at their own departures, because headways follow the demand.
    """

    before_kwh: float
    after_kwh: float
    levers: tuple[Lever, ...]
    trips: tuple[TripChange, ...]
    is_by_own_departures: bool

    @property
    def saving_kwh(self) -> float:
        """The saving of the plan."""
        return self.before_kwh - self.after_kwh

    @property
    def one_by_one_kwh(self) -> float:
        """Sum of the savings of single trips."""
        return sum(trip.saving_kwh for trip in self.trips)


def counterparts(plan: Plan, in_force: Timetable) -> dict[str, Trip]:
    """The original trip of each planned trip, with the vehicle and the load of the plan.

    At equal service, it is the trip of the timetable in force. With demand-led headways there is no corresponding trip:
    the original trip has the same departure and runs as today's trips of its direction.
    """
    known = {trip.trip_id: trip for trip in in_force.trips} if plan.mode == "equal-service" else {}
    as_today = {trip.trip_id: trip for trip in run_as_today(plan.timetable, in_force).trips}
    found: dict[str, Trip] = {}
    for trip in plan.timetable.trips:
        old = known.get(trip.trip_id)
        if old is None or old.stations != trip.stations:
            old = as_today[trip.trip_id]
        found[trip.trip_id] = replace(old, vehicle=trip.vehicle, passengers=trip.passengers)
    return found


def explain(
    plan: Plan,
    in_force: Timetable,
    line: LineModel,
    *,
    known_levers: Sequence[Lever] = (),
    workers: int = 1,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Explanation:
    """Split the saving of a plan by lever and by trip.

    `known_levers` are stored with the plan; they are used if their sum is still its saving (the plan was not edited),
    otherwise they are computed again.
    """
    progress("the day as planned", 0.0)
    original = counterparts(plan, in_force)
    # Both days have the same seconds, because storages and reversible substations also work without trains.
    everything = (*plan.timetable.trips, *in_force.trips, *original.values())
    day = PlannedDay.of(plan.timetable, line, everything)
    before_kwh = PlannedDay.of(in_force, line, everything).energy_kwh
    levers = tuple(known_levers)
    open_kwh = before_kwh - day.energy_kwh - sum(lever.saving_kwh for lever in levers)
    if not levers or abs(open_kwh) > KNOWN_LEVERS_KWH:
        levers = _levers(plan, in_force, original, line, workers, progress)
    trips = []
    for number, trip in enumerate(day.trips):
        trips.append(change_of(day, trip, original[trip.trip_id]))
        progress("trips", (number + 1) / len(day.trips))
    trips.sort(key=lambda change: (-change.saving_kwh, change.trip_id))
    return Explanation(before_kwh, day.energy_kwh, levers, tuple(trips), plan.mode == "demand-led")


def change_of(day: PlannedDay, trip: Trip, original: Trip) -> TripChange:
    """The change of one trip and its saving."""
    runs = [own - other for own, other in zip(trip.running_times_s, original.running_times_s, strict=True)]
    dwells = [own - other for own, other in zip(trip.dwells_s, original.dwells_s, strict=True)]
    same = all(getattr(trip, name) == getattr(original, name) for name in ("arrival_s", "departure_s", "driving"))
    return TripChange(
        trip_id=trip.trip_id,
        direction=trip.direction,
        saving_kwh=0.0 if same else day.growth_kwh(day.index(trip.trip_id), original),
        departure_s=trip.start_s,
        departure_change_s=trip.start_s - original.start_s,
        running_change_s=sum(runs),
        dwell_change_s=sum(dwells),
        sections=sum(change != 0 for change in runs),
        stations=sum(change != 0 for change in dwells),
        driving=_one_word(trip.driving),
        driving_before=_one_word(original.driving),
    )


def parts_of_trip(day: PlannedDay, trip: Trip, original: Trip) -> tuple[Lever, ...]:
    """Saving of each lever of one trip: energy with the original value of only this lever, minus the plan."""
    j = day.index(trip.trip_id)
    parts = []
    for lever in LEVERS:
        mixed = retimed(
            trip,
            original.start_s if lever.startswith("departures") else trip.start_s,
            list((original if lever == "running times" else trip).running_times_s),
            list((original if lever == "dwells" else trip).dwells_s),
            "",
        )
        mixed = replace(mixed, driving=original.driving if lever == "driving" else trip.driving)
        parts.append(Lever("departure" if lever.startswith("departures") else lever, day.growth_kwh(j, mixed)))
    return tuple(parts)


def _levers(
    plan: Plan,
    in_force: Timetable,
    original: dict[str, Trip],
    line: LineModel,
    workers: int,
    progress: Callable[[str, float], None],
) -> tuple[Lever, ...]:
    """The levers of the plan; another set of trips is a separate lever, the first one."""
    planned = plan.timetable
    old = {trip.trip_id: trip for trip in in_force.trips}
    if plan.mode == "equal-service" and old.keys() == original.keys():
        start = Timetable(tuple(old[trip.trip_id] for trip in planned.trips))
        return lever_shares(start, planned, line, workers, progress)
    start = Timetable(tuple(original[trip.trip_id] for trip in planned.trips))
    days = PlannedDays(line)
    number = fewer_trips(in_force, start, days)
    shares = lever_shares(start, planned, line, workers, progress, days)
    return (replace(number, name=NUMBER_AND_DEPARTURES), *shares)


def _one_word(driving: Sequence[str]) -> str:
    """The driving strategy, or a note that it differs by section."""
    return driving[0] if len(set(driving)) == 1 else "by section"
