"""The figures by which recoveries are compared: gaps, waiting, lateness, energy, peaks and voltage within a window."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from dispatch.plans.timetable import Timetable
from energy_models.account.energy import J_PER_KWH
from energy_models.arrays import FloatArray
from energy_models.supply.snapshots import Snapshots, SupplySolution
from scenarios.schema.base import DIRECTIONS
from simulation.day.model import DayModel
from simulation.railway.trains import Operations
from simulation.railway.trip_record import TripRecord

WIDE_SHARE, TIGHT_SHARE = 1.5, 0.5
LATE_S = 60.0
QUARTER_S = 900


@dataclass(frozen=True)
class Window:
    """The time over which figures are computed, in whole s of the day."""

    from_s: int
    to_s: int


@dataclass(frozen=True, eq=False)
class ComparedLine:
    """The line whose recoveries are compared: its model, its timetable, and the rated power of substations in kW."""

    model: DayModel
    timetable: Timetable
    rated_kw: Mapping[str, float]

    @cached_property
    def planned_headway_s(self) -> Mapping[tuple[str, int], float]:
        """The planned headway before each departure, by trip and stop."""
        return {
            (trip.trip_id, stop): float(trip.departure_s[stop] - ahead.departure_s[other])
            for direction in DIRECTIONS
            for calls in self.timetable.calls(direction).values()
            for (ahead, other), (trip, stop) in pairwise(calls)
        }


@dataclass(frozen=True)
class Gap:
    """The time between two departures at a station: actual and planned in s, and when it ended."""

    station: str
    direction: str
    ended_s: float
    gap_s: float
    planned_s: float


@dataclass(frozen=True)
class RecoveryFigures:
    """The figures of a window.

    `waiting_passenger_h` is the time that boarding passengers waited, `denied_boardings` the passengers who found no
    room, `wide_gaps` and `tight_gaps` the departures whose headway is above 1.5 and below 0.5 times the planned one.
    `late_until_s` is the last arrival that is late by more than a minute, None if there is none. `energy_kwh` is
    counted at the DC terminals of the substations, `train_km` are the runs that departed in the window.
    `lowest_voltage_v` is at a collector, `unserved_kwh` the traction that the supply did not serve.
    """

    longest_gap: Gap | None
    wide_gaps: int
    tight_gaps: int
    passengers: float
    waiting_passenger_h: float
    denied_boardings: float
    late_until_s: float | None
    lateness_95_percent_s: float
    energy_kwh: float
    train_km: float
    peak_15min_kw: float
    lowest_voltage_v: float
    lowest_voltage_at_m: float
    unserved_kwh: float
    highest_substation: str
    highest_substation_share: float | None


def figures_of(
    operations: Operations, snapshots: Snapshots, solution: SupplySolution, line: ComparedLine, window: Window
) -> RecoveryFigures:
    """The figures of simulated trains and their supply. A trip that is withdrawn is a gap before the next one."""
    model = line.model
    gaps = list(_gaps(operations.trips, line.planned_headway_s, window))
    calls = [(trip, i) for trip in operations.trips for i in range(len(trip.boarded)) if _is_in(trip, i, window)]
    arrivals = [
        (at_s, late_s)
        for trip in operations.trips
        for at_s, late_s in zip(trip.arrival_s[1:], trip.lateness_s, strict=True)
        if window.from_s <= at_s <= window.to_s
    ]
    late = [at_s for at_s, late_s in arrivals if late_s > LATE_S]
    first = max(0, round(window.from_s - snapshots.start_s))
    last = max(first, min(snapshots.count, round(window.to_s - snapshots.start_s)))
    power_w = solution.substation_power_w[first:last]
    entries = slice(int(snapshots.offset[first]), int(snapshots.offset[last]))
    train_v, places_m = solution.train_v[entries], snapshots.chainage_m[entries]
    lowest = int(np.nanargmin(train_v)) if train_v.size else None
    unserved_w = np.maximum(0.0, solution.traction_demanded_w - solution.traction_served_w)[first:last]
    name, share = _highest_share(power_w, line)
    total_w = power_w.sum(axis=1)
    return RecoveryFigures(
        longest_gap=max(gaps, key=lambda one: one.gap_s, default=None),
        wide_gaps=sum(one.gap_s > WIDE_SHARE * one.planned_s for one in gaps),
        tight_gaps=sum(one.gap_s < TIGHT_SHARE * one.planned_s for one in gaps),
        passengers=sum(trip.boarded[i] for trip, i in calls),
        waiting_passenger_h=sum(trip.waited_s[i] for trip, i in calls) / 3600.0,
        denied_boardings=sum(trip.denied[i] for trip, i in calls),
        late_until_s=max(late, default=None),
        lateness_95_percent_s=float(np.quantile([one for _, one in arrivals], 0.95)) if arrivals else 0.0,
        energy_kwh=float(total_w.sum()) / J_PER_KWH,
        train_km=sum(_section_m(trip, i, model) for trip, i in calls) / 1000.0,
        peak_15min_kw=float(_quarter_means(total_w).max(initial=0.0)) / 1e3,
        lowest_voltage_v=float("nan") if lowest is None else float(train_v[lowest]),
        lowest_voltage_at_m=float("nan") if lowest is None else float(places_m[lowest]),
        unserved_kwh=float(unserved_w.sum()) / J_PER_KWH,
        highest_substation=name,
        highest_substation_share=share,
    )


def _is_in(trip: TripRecord, i: int, window: Window) -> bool:
    return window.from_s <= trip.departure_s[i] <= window.to_s


def _section_m(trip: TripRecord, i: int, model: DayModel) -> float:
    first = model.station_order[trip.direction].index(trip.trip.stations[0])
    return float(model.library.sections[trip.direction][first + i].length_m)


def _gaps(
    trips: tuple[TripRecord, ...], planned_headway_s: Mapping[tuple[str, int], float], window: Window
) -> Iterator[Gap]:
    """Gaps between departures within the window, beside the planned headway of the later train."""
    for direction in DIRECTIONS:
        calls: dict[str, list[tuple[float, str, int]]] = {}
        for trip in trips:
            if trip.direction == direction:
                for i, station in enumerate(trip.trip.stations[:-1]):
                    calls.setdefault(station, []).append((trip.departure_s[i], trip.trip.trip_id, i))
        for station, departures in calls.items():
            for (before_s, _, _), (at_s, trip_id, i) in pairwise(sorted(departures)):
                planned_s = planned_headway_s.get((trip_id, i), 0.0)
                if window.from_s <= at_s <= window.to_s and planned_s > 0.0:
                    yield Gap(station, direction, at_s, at_s - before_s, planned_s)


def _quarter_means(power_w: FloatArray) -> FloatArray:
    """The running means over 15 minutes; over the whole series if it is shorter."""
    count = min(QUARTER_S, len(power_w))
    if count == 0:
        return np.zeros(0)
    sums = np.concatenate((np.zeros(1), np.cumsum(power_w)))
    return np.asarray((sums[count:] - sums[:-count]) / count)


def _highest_share(power_w: FloatArray, line: ComparedLine) -> tuple[str, float | None]:
    """The substation with the highest 15-minute mean as a share of its rated power; None without ratings."""
    found: tuple[str, float | None] = ("", None)
    for column, substation in enumerate(line.model.network.substations):
        rated_kw = line.rated_kw.get(substation.name)
        mean_kw = float(_quarter_means(power_w[:, column]).max(initial=0.0)) / 1e3
        if rated_kw and (found[1] is None or mean_kw / rated_kw > found[1]):
            found = substation.name, mean_kw / rated_kw
    return found
