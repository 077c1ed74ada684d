"""Which services run on which day, and which day stands for the line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from energy_models.faults import Fault, InputFaults
from scenarios.gtfs.feed import Feed, rows_of
from scenarios.gtfs.forms import WEEKDAYS

LONGEST_CALENDAR_DAYS = 800


def services_by_day(feed: Feed) -> dict[date, set[str]]:
    """Services that run on each day on which any runs. Raises InputFaults for days that do not exist."""
    faults: list[Fault] = []
    days: dict[date, set[str]] = {}
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
        for day in _days(first, last):
            if runs[day.weekday()] == "1":
                days.setdefault(day, set()).add(service)
    exceptions = feed.table("calendar_dates.txt")
    for line, (service, text, kind) in zip(
        exceptions.index, rows_of(exceptions, "service_id", "date", "exception_type"), strict=True
    ):
        exception = _day(text, "calendar_dates.txt", f"row {line}", "date", faults)
        if exception is None:
            continue
        services = days.setdefault(exception, set())
        if kind == "1":
            services.add(service)
        else:
            services.discard(service)
    if faults:
        raise InputFaults(faults)
    return {day: services for day, services in sorted(days.items()) if services}


def chosen_day(feed: Feed, days: Mapping[date, set[str]], trips_of: Mapping[str, int], asked: date | None) -> date:
    """The day asked for, or the first of the days with the most trips; `trips_of` counts trips by service.

    Raises InputFaults when no trip runs on the day asked for, or on any day.
    """
    count = Counter({day: sum(trips_of.get(service, 0) for service in services) for day, services in days.items()})
    running = [day for day in days if count[day]]
    if not running:
        raise InputFaults([Fault(feed.file, "", "date", "no day with trips of this route", "a route that runs")])
    if asked is None:
        return max(running, key=lambda day: (count[day], -day.toordinal()))
    if asked not in running:
        allowed = f"a day with trips of this route, {running[0]} to {running[-1]}"
        raise InputFaults([Fault(feed.file, "", "date", asked.isoformat(), allowed)])
    return asked


def _days(first: date, last: date) -> Iterator[date]:
    for step in range(min((last - first).days, LONGEST_CALENDAR_DAYS) + 1):
        yield first + timedelta(days=step)


def _day(text: str, file: str, place: str, field: str, faults: list[Fault]) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        faults.append(Fault(file, place, field, text, "a day of the calendar such as 20260304"))
        return None
