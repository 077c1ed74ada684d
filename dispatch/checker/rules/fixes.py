"""The rule of fixes: the fixes of the planner hold, also after an edit of the plan by hand."""

from collections.abc import Iterator

from dispatch.checker.case import CheckCase
from dispatch.checker.violation import Violation, clock, rule
from dispatch.plans.fixed import FixedService
from dispatch.plans.timetable import Trip

RULE = "fixes"


@rule(
    RULE,
    "What the planner fixed stays fixed: times of trips, departure windows, dwell times, gaps between departures, "
    "vehicles, withdrawals of vehicles, spare trains, and the largest difference from the plan to keep close to.",
)
def fixes(case: CheckCase) -> Iterator[Violation]:
    """The fixes in the options of the plan hold."""
    fixed = case.plan.options.fixed
    trips = {trip.trip_id: trip for trip in case.sound_trips}
    yield from _missing(fixed, trips)
    yield from _times(fixed, trips)
    yield from _windows(fixed, trips)
    yield from _dwells(fixed, trips)
    yield from _gaps(fixed, trips)
    yield from _vehicles(fixed, trips)
    yield from _withdrawals(fixed, case.sound_trips)
    yield from _spare(fixed, case)
    yield from _close(fixed, trips)


def _missing(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    pairs = [name for gap in fixed.gaps for name in (gap.ahead, gap.trip)]
    named = {*fixed.times, *fixed.windows_s, *fixed.dwells_s, *fixed.vehicles, *pairs, *fixed.close_to}
    for name in sorted(named - set(trips)):
        yield Violation(RULE, f"trip {name} has fixes and does not run", name, amount=1, unit="trips")


def _times(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    for name, times in fixed.times.items():
        if name not in trips:
            continue
        trip = trips[name]
        for what, planned, fixed_s in (
            ("arrives at", trip.arrival_s, times.arrival_s),
            ("leaves", trip.departure_s, times.departure_s),
        ):
            if len(planned) != len(fixed_s):
                yield Violation(RULE, f"trip {name} is fixed and now stops at other stations", name)
                break
            for station, time, fixed_time in zip(trip.stations, planned, fixed_s, strict=True):
                if time != fixed_time:
                    sentence = (
                        f"trip {name} {what} {station} at {clock(time)}; it is fixed at {clock(fixed_time)}, "
                        f"off by {abs(time - fixed_time)} s"
                    )
                    yield Violation(RULE, sentence, name, station, time, abs(time - fixed_time))


def _windows(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    for name, (earliest, latest) in fixed.windows_s.items():
        if name not in trips:
            continue
        trip = trips[name]
        off = max(earliest - trip.start_s, trip.start_s - latest)
        if off > 0:
            sentence = (
                f"trip {name} leaves {trip.stations[0]} at {clock(trip.start_s)}; its window is {clock(earliest)} to "
                f"{clock(latest)}, off by {off} s"
            )
            yield Violation(RULE, sentence, name, trip.stations[0], trip.start_s, off)


def _dwells(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    for name, dwells in fixed.dwells_s.items():
        if name not in trips:
            continue
        trip = trips[name]
        for station, fixed_s in dwells.items():
            if station not in trip.stations:
                yield Violation(RULE, f"trip {name} has a fixed dwell at {station} and does not stop there", name)
                continue
            index = trip.stations.index(station)
            stands = trip.departure_s[index] - trip.arrival_s[index]
            if stands != fixed_s:
                sentence = (
                    f"the dwell of trip {name} at {station} is {stands} s; {fixed_s} s are fixed, off by "
                    f"{abs(stands - fixed_s)} s"
                )
                yield Violation(RULE, sentence, name, station, trip.arrival_s[index], abs(stands - fixed_s))


def _gaps(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    for held in fixed.gaps:
        if held.ahead not in trips or held.trip not in trips:
            continue
        trip = trips[held.trip]
        gap = trip.start_s - trips[held.ahead].start_s
        if gap != held.gap_s:
            sentence = (
                f"trip {held.trip} leaves {trip.stations[0]} {gap} s after {held.ahead}; {held.gap_s} s are fixed, "
                f"off by {abs(gap - held.gap_s)} s"
            )
            yield Violation(RULE, sentence, held.trip, trip.stations[0], trip.start_s, abs(gap - held.gap_s))


def _vehicles(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    for name, vehicle in fixed.vehicles.items():
        if name in trips and trips[name].vehicle != vehicle:
            trip = trips[name]
            sentence = f"trip {name} has {trip.vehicle or 'no vehicle'}; {vehicle} is fixed"
            yield Violation(RULE, sentence, name, trip.stations[0], trip.start_s, 1, "vehicles")


def _withdrawals(fixed: FixedService, trips: tuple[Trip, ...]) -> Iterator[Violation]:
    for out in fixed.withdrawals:
        for trip in trips:
            over = min(trip.end_s, out.to_s) - max(trip.start_s, out.from_s)
            if trip.vehicle == out.vehicle and over > 0:
                sentence = (
                    f"trip {trip.trip_id} runs with {out.vehicle} from {clock(trip.start_s)} to {clock(trip.end_s)}; "
                    f"the vehicle is withdrawn from {clock(out.from_s)} to {clock(out.to_s)}, {over} s too long"
                )
                yield Violation(RULE, sentence, trip.trip_id, trip.stations[0], trip.start_s, over)


def _spare(fixed: FixedService, case: CheckCase) -> Iterator[Violation]:
    used = len({trip.vehicle for trip in case.sound_trips})
    most = case.scenario.trainsets - fixed.spare_trains
    if fixed.spare_trains and used > most:
        sentence = (
            f"the plan uses {used} vehicles; of {case.scenario.trainsets} trains {fixed.spare_trains} are spare, "
            f"{used - most} too many"
        )
        yield Violation(RULE, sentence, amount=used - most, unit="vehicles")


def _close(fixed: FixedService, trips: dict[str, Trip]) -> Iterator[Violation]:
    if fixed.close_s is None:
        return
    for name, times in fixed.close_to.items():
        if name not in trips or len(trips[name].stations) != len(times.departure_s):
            continue
        trip = trips[name]
        planned = (*trip.departure_s[:-1], trip.arrival_s[-1])
        before = (*times.departure_s[:-1], times.arrival_s[-1])
        shifts = [abs(now - then) for now, then in zip(planned, before, strict=True)]
        most = max(shifts)
        if most > fixed.close_s:
            where = shifts.index(most)
            sentence = (
                f"trip {name} differs at {trip.stations[where]} by {most} s from the plan to keep close to; "
                f"{fixed.close_s} s are allowed, {most - fixed.close_s} s too much"
            )
            yield Violation(RULE, sentence, name, trip.stations[where], planned[where], most - fixed.close_s)
