"""Trains that are held in the peak and off-peak: how fast the line recovers, and what the incident costs.

Run: python benchmarks/regulation_incidents.py PLAN [--hold S ...] [--stations N ...] [--controllers NAME ...]

One train of the plan is held at one station on a day with dwell noise of 3 s, timetable held; the trips that begin from
one hour before until two hours after the incident are simulated. Each figure is the difference from the same trips with
the same controller, without the incident. *Normal* is the time from the planned departure of the held train until the
last arrival that is more than 30 s late. The bars against `none`: normal and extra energy at most 10 % more, extra
waiting at most 5 % more, all energy less.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from regulation import CONTROLLERS, Bench

from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.controller_name import ControllerName
from energy_models.arrays import FloatArray
from scenarios.schema.base import DIRECTIONS, Direction
from simulation.day.model import day_model
from simulation.day.record import DayRecord
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.runs.replications import replication_seeds

LATE_S = 30.0
TIMES_S = {"peak": 8 * 3600, "off-peak": 13 * 3600}
BEFORE_S, AFTER_S = 3600, 7200
BARS = (1.10, 1.05, 1.10)
"""The most that recovery, extra waiting and extra energy may be, as shares of those without regulation."""


@dataclass(frozen=True)
class Held(DwellNoise):
    """Dwell noise, and one train that is held at one station."""

    trip_id: str = ""
    stop: int = 0
    hold_s: float = 0.0

    def deviations_s(self, seed: int, trip_id: str, stations: Sequence[str]) -> FloatArray:
        deviations_s = super().deviations_s(seed, trip_id, stations).copy()
        if trip_id == self.trip_id:
            deviations_s[self.stop] += self.hold_s
        return deviations_s


def figures(day: DayRecord) -> tuple[float, float, float]:
    """Energy in kWh, waiting and time on board in passenger-hours."""
    service = day.service
    return (
        day.account.energy_kwh,
        service.mean_waiting_s * service.passengers / 3600.0,
        service.mean_ride_s * service.passengers / 3600.0,
    )


def normal_after_s(day: DayRecord, from_s: float) -> float:
    """Time until the last late arrival."""
    late = [
        arrived_s
        for trip in day.trips
        for arrived_s, late_s in zip(trip.arrival_s[1:], trip.lateness_s, strict=True)
        if late_s > LATE_S and arrived_s >= from_s
    ]
    return max(late, default=from_s) - from_s


def held_trip(trips: Sequence[Trip], direction: Direction, stop: int, at_s: float) -> Trip:
    """The first trip of a direction that leaves its stop after a time."""
    found = [trip for trip in trips if trip.direction == direction and trip.departure_s[stop] >= at_s]
    return min(found, key=lambda trip: trip.departure_s[stop])


def around(timetable: Timetable, at_s: float) -> Timetable:
    """The trips that begin from an hour before until two hours after a time."""
    return Timetable(tuple(trip for trip in timetable.trips if at_s - BEFORE_S <= trip.start_s <= at_s + AFTER_S))


def incident_rows(
    bench: Bench,
    name: ControllerName,
    time: str,
    holds_s: Sequence[float],
    stops: Sequence[int],
    seeds: Sequence[int],
    direction: Direction,
) -> dict[float, FloatArray]:
    """For each duration of the incident, the means over all places and days: minutes until normal, extra waiting, extra
    time on board, extra energy, and all energy."""
    scenario = bench.scenario("3-held")
    regulators = bench.energy if name == "energy" else regulators_named(name, scenario, bench.stock)
    model = day_model(scenario, bench.profiles.main, regulators, bench.profiles.others)
    part = around(bench.plan, TIMES_S[time])
    usual_of = {seed: figures(model.day(part, seed)) for seed in seeds}
    found = {}
    for hold_s in holds_s:
        rows = []
        for stop, seed in product(stops, seeds):
            usual = usual_of[seed]
            trip = held_trip(part.trips, direction, stop, TIMES_S[time])
            noise = Held(3.0, False, trip.trip_id, stop, hold_s)
            day = replace(model, rules=replace(model.rules, noise=noise)).day(part, seed)
            energy_kwh, waiting_h, ride_h = figures(day)
            normal_s = normal_after_s(day, trip.departure_s[stop])
            rows.append(
                (normal_s / 60.0, waiting_h - usual[1], ride_h - usual[2], energy_kwh - usual[0], energy_kwh)
            )  # fmt: skip
        found[hold_s] = np.mean(rows, axis=0)
    return found


def meets(found: FloatArray, free: FloatArray) -> str:
    """The bars that a controller misses, or `all`."""
    names = ("normal", "waiting", "kWh")
    missed = [
        bar for bar, at, most in zip(names, (0, 1, 3), BARS, strict=True)
        if found[at] > free[at] + abs(free[at]) * (most - 1.0)
    ]  # fmt: skip
    if found[4] >= free[4]:
        missed.append("all kWh")
    return "all" if not missed else "not " + ", ".join(missed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--hold", type=float, nargs="*", default=[60.0, 180.0, 300.0])
    parser.add_argument("--stations", type=int, nargs="*", default=[2, 4, 6, 8, 10, 11])
    parser.add_argument("--times", nargs="*", default=list(TIMES_S), choices=list(TIMES_S))
    parser.add_argument("--controllers", nargs="*", default=list(CONTROLLERS), choices=list(CONTROLLERS))
    parser.add_argument("--direction", default="up", choices=DIRECTIONS)
    parser.add_argument("--days", type=int, default=1, help="means over days with different deviations")
    parser.add_argument("--first-day", type=int, default=0, help="number of the first of these days")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters of the operation")
    parser.add_argument("--store", type=Path, default=Path("out/regulation_days"))
    given = parser.parse_args()
    pairs = (one.split("=") for one in given.set)
    bench = Bench(given.plan, 1, given.store, {name: float(value) for name, value in pairs})
    seeds = replication_seeds(0, given.first_day + given.days)[given.first_day :]
    print(
        f"{'time':9} {'hold s':>6} {'control':8} {'normal min':>10} {'waiting h':>9} {'ride h':>8} {'kWh':>7} "
        f"{'all kWh':>8}  bars met"
    )
    free: dict[tuple[str, float], FloatArray] = {}
    controllers: list[ControllerName] = given.controllers
    for name in controllers:
        for time in given.times:
            for hold_s, mean in incident_rows(
                bench, name, time, given.hold, given.stations, seeds, given.direction
            ).items():
                free.setdefault((time, hold_s), mean)
                met = meets(mean, free[time, hold_s]) if name != controllers[0] else ""
                print(
                    f"{time:9} {hold_s:6.0f} {name:8} {mean[0]:10.1f} {mean[1]:9.2f} {mean[2]:8.2f} {mean[3]:7.1f} "
                    f"{mean[4]:8.0f}  {met}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
