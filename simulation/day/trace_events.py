"""The events of a simulated day as rows: events of trains, and disturbances of trains and of the line."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dispatch.plans.timetable import Trip
from scenarios.schema.base import DIRECTIONS, seconds_to_clock
from simulation.day.record import DayRecord
from simulation.disturbances.day import DisturbedDay
from simulation.railway.trip_record import TripRecord

EVENT_COLUMNS = (
    "time_s", "clock", "vehicle", "trip", "direction", "event", "station", "late_s", "duration_s", "passengers",
    "boarded", "denied", "detail",
)  # fmt: skip

_NOTICED = 0.05
"""Events with fewer seconds or passengers are left out."""

Row = dict[str, Any]


def event_rows(day: DayRecord, usual_temperature_c: float) -> list[Row]:
    """All events of a day in order of time; each row has some of the columns.

    `usual_temperature_c` is the outside temperature if the weather has no other value.
    """
    rows = [row for trip in day.trips for row in _of_trip(trip)]
    rows += [*_of_vehicles(day), *_of_supply(day)]
    if day.disturbed is not None:
        rows += [*_faults(day, day.disturbed), *_of_line(day.disturbed, usual_temperature_c)]
    return sorted(rows, key=lambda row: (row["time_s"], row["trip"]))


def _row(time_s: float, event: str, trip: Trip | None = None, station: str = "", **more: Any) -> Row:
    return {
        "time_s": round(time_s, 3),
        "clock": seconds_to_clock(round(time_s)),
        "vehicle": "" if trip is None else trip.vehicle or trip.trip_id,
        "trip": "" if trip is None else trip.trip_id,
        "direction": "" if trip is None else trip.direction,
        "event": event,
        "station": station,
        **{name: round(value, 3) if isinstance(value, float) else value for name, value in more.items()},
    }


def _of_trip(record: TripRecord) -> Iterator[Row]:
    """Arrivals, departures, boarding, and delays of runs by the supply and by trains ahead."""
    trip = record.trip
    last = len(trip.stations) - 1
    for i, station in enumerate(trip.stations):
        if i > 0:
            arrival_s = record.arrival_s[i]
            late_s = arrival_s - trip.arrival_s[i]
            slowed_s = record.slowed_s[i - 1] if record.slowed_s else 0.0
            for event, lost_s in (
                ("slowed by the supply", slowed_s), ("held by the train ahead", record.hindered_s[i - 1])
            ):  # fmt: skip
                if lost_s > _NOTICED:
                    yield _row(arrival_s - lost_s, event, trip, station, late_s=late_s, duration_s=lost_s)
            yield _row(arrival_s, "arrives", trip, station, late_s=late_s, passengers=record.passengers[i - 1])
        if i < last:
            departure_s = record.departure_s[i]
            late_s = departure_s - trip.departure_s[i]
            if record.boarded[i] > _NOTICED:
                boarded: Row = {"boarded": record.boarded[i], "denied": record.denied[i]}
                yield _row(departure_s, "boards", trip, station, late_s=late_s, **boarded)
            stood: Row = {"duration_s": departure_s - record.arrival_s[i], "passengers": record.passengers[i]}
            yield _row(departure_s, "departs", trip, station, late_s=late_s, **stood)


def _of_vehicles(day: DayRecord) -> Iterator[Row]:
    """Trips that did not run, and trains that found their depot full."""
    for trip in day.cancelled:
        yield _row(float(trip.start_s), "does not run", trip, trip.stations[0])
    for wait in day.depot_waits:
        row = _row(wait.from_s, "finds the depot full", None, wait.station, duration_s=wait.to_s - wait.from_s)
        yield {**row, "vehicle": wait.vehicle, "detail": "stabled outside the places" if wait.is_beside else ""}


def _of_supply(day: DayRecord) -> Iterator[Row]:
    """Outages of substations and storages."""
    for outage in day.outages:
        for time_s, event in ((outage.from_s, "goes out of service"), (outage.to_s, "is back in service")):
            yield _row(time_s, event, None, outage.name, duration_s=outage.to_s - outage.from_s)


def _faults(day: DayRecord, disturbances: DisturbedDay) -> Iterator[Row]:
    """Door faults, late pull-outs, failed trains."""
    begun: dict[str, TripRecord] = {}
    for record in day.trips:
        trip = record.trip
        for i, station in enumerate(trip.stations[1:-1], start=1):
            fault_s = disturbances.door_fault_s(trip.trip_id, station)
            if fault_s > 0.0:
                yield _row(record.arrival_s[i], "door fault", trip, station, duration_s=fault_s)
        name = trip.vehicle or trip.trip_id
        if name not in begun or trip.start_s < begun[name].trip.start_s:
            begun[name] = record
        stop = day.failed.get(trip.trip_id)
        if stop is not None:
            failures = disturbances.given.train_failures
            slow = "" if failures is None else f"goes on at {failures.limit_kmh:g} km/h at most"
            yield _row(record.departure_s[stop], "fails", trip, trip.stations[stop], detail=slow)
            spare_s = None if failures is None else failures.spare_ready_after_s
            then = "no spare takes over" if spare_s is None else f"a spare is ready after {spare_s} s"
            yield _row(record.arrival_s[-1], "is withdrawn", trip, trip.stations[-1], detail=then)
    for record in begun.values():
        late_s = disturbances.late_pull_out_s(record.trip.trip_id)
        if late_s > 0.0:
            yield _row(
                float(record.trip.start_s), "comes out late", record.trip, record.trip.stations[0], duration_s=late_s
            )


def _of_line(disturbances: DisturbedDay, usual_temperature_c: float) -> Iterator[Row]:
    """Temporary speed limits, slippery rails, and the temperature of the day."""
    for limit in disturbances.speed_limits:
        slow = limit.slow
        detail = f"{slow.limit_m_s * 3.6:g} km/h from {slow.from_m:.0f} to {slow.to_m:.0f} m"
        whither = limit.directions[0] if len(limit.directions) < len(DIRECTIONS) else "both"
        for time_s, event in ((limit.from_s, "speed limit begins"), (limit.to_s, "speed limit ends")):
            yield {
                **_row(time_s, event, None, "", duration_s=limit.to_s - limit.from_s, detail=detail),
                "direction": whither,
            }
    for rails in disturbances.slippery:
        detail = (
            f"acceleration at most {rails.maximum_acceleration_m_s2:g}, "
            f"deceleration {rails.maximum_deceleration_m_s2:g} m/s²"
        )
        for second, event in ((rails.from_s, "rails become slippery"), (rails.to_s, "rails hold again")):
            yield _row(float(second), event, None, "", duration_s=float(rails.to_s - rails.from_s), detail=detail)
    weather = disturbances.given.weather
    times_s = np.array([float(point.at_s) for point in weather.temperatures] if weather is not None else [])
    times_s = times_s if times_s.size else np.zeros(1)
    course_c = disturbances.temperature_c(usual_temperature_c, times_s)
    if course_c is not None:
        for time_s, now_c in zip(times_s, course_c, strict=True):
            yield _row(float(time_s), "temperature outside", detail=f"{now_c:.1f} °C")
