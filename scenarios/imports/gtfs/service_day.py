"""The services of each day, and the ordinary day whose timetable is imported."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.gtfs.forms import WEEKDAYS

Services = frozenset[str]


@dataclass(frozen=True)
class Calendar:
    """The services of every day: validity and weekdays of each service, and the exceptions of single days."""

    spans: tuple[tuple[str, date, date, tuple[bool, ...]], ...]
    exceptions: Mapping[date, tuple[tuple[str, bool], ...]]

    def services(self, day: date) -> Services:
        """The services of a day."""
        found = {
            service for service, first, last, runs in self.spans if first <= day <= last and runs[day.weekday()]
        }  # fmt: skip
        for service, added in self.exceptions.get(day, ()):
            (found.add if added else found.discard)(service)
        return frozenset(found)


@dataclass(frozen=True)
class DayKind:
    """Days with the same services: their number, the first of them, and how many are weekdays (Monday to Friday)."""

    services: Services
    days: int
    weekdays: int
    first: date
    first_weekday: date | None


@dataclass(frozen=True)
class ServiceDay:
    """The chosen day, its services and the reason for the choice."""

    day: date
    services: Services
    reason: str


def calendar_of(feed: Feed) -> Calendar:
    """The calendar of a feed. Raises InputFaults for days that are not in the calendar."""
    faults: list[Fault] = []
    spans = []
    calendar = feed.table("calendar.txt")
    columns = ("service_id", "start_date", "end_date", *WEEKDAYS)
    for line, (service, start, end, *runs) in zip(calendar.index, rows_of(calendar, *columns), strict=True):
        first = _day(start, "calendar.txt", f"row {line}", "start_date", faults)
        last = _day(end, "calendar.txt", f"row {line}", "end_date", faults)
        if first is None or last is None:
            continue
        if last < first:
            faults.append(Fault("calendar.txt", f"row {line}", "end_date", end, f"not before start_date {start}"))
            continue
        spans.append((service, first, last, tuple(text == "1" for text in runs)))
    exceptions: dict[date, list[tuple[str, bool]]] = defaultdict(list)
    table = feed.table("calendar_dates.txt")
    for line, (service, text, kind) in zip(
        table.index, rows_of(table, "service_id", "date", "exception_type"), strict=True
    ):
        day = _day(text, "calendar_dates.txt", f"row {line}", "date", faults)
        if day is not None:
            exceptions[day].append((service, kind == "1"))
    if faults:
        raise InputFaults(faults)
    return Calendar(tuple(spans), {day: tuple(found) for day, found in exceptions.items()})


def day_kinds(calendar: Calendar, of_route: Collection[str]) -> list[DayKind]:
    """The days with services of a route, grouped by these services, the first day first.

    Between two days on which a service begins, ends or has an exception, the services depend on the weekday only, so
    that a calendar of any length is counted quickly.
    """
    wanted = frozenset(of_route)
    borders = {one for _, first, last, _ in calendar.spans for one in (first, _after(last))}
    borders |= {one for day in calendar.exceptions for one in (day, _after(day))}
    ordered = sorted(borders)
    days: dict[Services, int] = defaultdict(int)
    weekdays: dict[Services, int] = defaultdict(int)
    first: dict[Services, date] = {}
    first_weekday: dict[Services, date] = {}
    for begin, end in pairwise(ordered):
        length = (end - begin).days
        for offset in range(min(7, length)):
            day = begin + timedelta(days=offset)
            services = calendar.services(day) & wanted
            if not services:
                continue
            number = (length - offset - 1) // 7 + 1
            days[services] += number
            first.setdefault(services, day)
            if day.weekday() < 5:
                weekdays[services] += number
                first_weekday.setdefault(services, day)
    found = [DayKind(one, days[one], weekdays[one], first[one], first_weekday.get(one)) for one in days]
    return sorted(found, key=lambda kind: kind.first)


def chosen_day(feed: Feed, calendar: Calendar, trips_of: Mapping[str, int], asked: date | None) -> ServiceDay:
    """The given day, or the first of the ordinary days; `trips_of` counts the trips of the route by service.

    Ordinary days are those with the most common services among the weekdays, Monday to Friday; without trips on
    weekdays, among all days. Raises InputFaults if no trip runs on the given day, or on any day.
    """
    running = {service for service, number in trips_of.items() if number}
    kinds = day_kinds(calendar, running)
    if not kinds:
        raise InputFaults([Fault(feed.file, "", "date", "no day with trips of this route", "a route with trips")])
    if asked is not None:
        services = calendar.services(asked) & running
        if not services:
            first, last = min(kind.first for kind in kinds), _last_day(calendar, running)
            allowed = f"a day with trips of this route, {first} to {last}"
            raise InputFaults([Fault(feed.file, "", "date", asked.isoformat(), allowed)])
        return ServiceDay(asked, services, "as given")
    on_weekdays = any(kind.weekdays for kind in kinds)
    best = max(kinds, key=lambda kind: (kind.weekdays if on_weekdays else kind.days, -kind.first.toordinal()))
    number = best.weekdays if on_weekdays else best.days
    total = sum(kind.weekdays if on_weekdays else kind.days for kind in kinds)
    day = best.first_weekday if on_weekdays and best.first_weekday is not None else best.first
    trips = sum(trips_of.get(service, 0) for service in best.services)
    reason = (
        f"the first ordinary day: {number} of {total} {'weekdays' if on_weekdays else 'days'} have this service of "
        f"{trips} trips"
    )
    return ServiceDay(day, best.services, reason)


def _last_day(calendar: Calendar, running: Collection[str]) -> date:
    spans = [last for service, _, last, _ in calendar.spans if service in running]
    added = [day for day, found in calendar.exceptions.items() if any(on and one in running for one, on in found)]
    day = max((*spans, *added))
    for back in range(14):
        if calendar.services(day - timedelta(days=back)) & frozenset(running):
            return day - timedelta(days=back)
    return day


def _after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _day(text: str, file: str, place: str, field: str, faults: list[Fault]) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        faults.append(Fault(file, place, field, text, "a day of the calendar such as 20260304"))
        return None
