"""Power demand and energy of a planned timetable at each second, every train on time.

The planner computes the energy of many similar days. `PlannedDays` therefore remembers the motions of trips and the
energy of whole days.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import TRACK_INDEX, first_section, turnback_stand
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Infeasible
from energy_models.movement.planned import Gathered, SecondsOfMotion, distinct_motions, lay_on_clock
from energy_models.running_times import ProfileLibrary
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from scenarios.schema.base import Direction

Model = Literal["ladder", "equivalent"]
Motions = tuple[SecondsOfMotion, ...]
_RunKey = tuple[int, Direction, int, tuple[int, ...], tuple[float, ...], tuple[str, ...]]


def planned_snapshots(timetable: Timetable, line: LineModel) -> Snapshots:
    """Trains at each second of the day as planned."""
    return PlannedDays(line).snapshots(timetable)


def planned_energy_j(timetable: Timetable, line: LineModel, model: Model = "equivalent") -> float:
    """Energy in J at the substation terminals of a planned day, every train on time."""
    return PlannedDays(line).energy_j(timetable, model)


@dataclass(frozen=True)
class DayEnergy:
    """Energy of a day in J: at the substation terminals, losses of rails and contact lines, and braking energy that no
    train and no storage takes."""

    at_terminals_j: float
    losses_j: float
    unused_braking_j: float


@dataclass(frozen=True, eq=False)
class _Sections:
    """The consecutive sections of a trip: place of departure and arrival, and direction, of each in m of chainage."""

    departure_m: tuple[float, ...]
    arrival_m: tuple[float, ...]
    chainage_per_m: tuple[float, ...]


class PlannedDays:
    """The planned days of one line. Equal days are solved once, and equal runs of trips share their motions."""

    def __init__(self, line: LineModel) -> None:
        self.line = line
        self._motions: dict[_RunKey, Motions] = {}
        self._sections: dict[tuple[int, Direction, int, int], _Sections] = {}
        self._solved: list[tuple[Timetable, Model, DayEnergy]] = []

    def energy_j(self, timetable: Timetable, model: Model = "equivalent") -> float:
        """Energy in J at the substation terminals of a day."""
        return self.energy(timetable, model).at_terminals_j

    def energy(self, timetable: Timetable, model: Model = "equivalent") -> DayEnergy:
        """Energy of a day at the substation terminals, and what of it no train needs."""
        for day, of_model, known in self._solved:
            if of_model == model and (day is timetable or day == timetable):
                return known
        solution = solve(self.line.network, self.snapshots(timetable), model=model)
        found = DayEnergy(
            float(solution.source_power_w.sum()),
            float(solution.line_loss_w.sum()),
            float((solution.regeneration_offered_w - solution.regeneration_used_w).sum()),
        )
        self._solved.append((timetable, model, found))
        return found

    def snapshots(self, timetable: Timetable) -> Snapshots:
        """Trains at each second of a day, in the order of `planned_movements`."""
        line, operation = self.line, self.line.scenario.operation
        departures_s: list[int] = []
        motions: list[SecondsOfMotion] = []
        run_origin_m: list[float] = []
        run_sign: list[float] = []
        run_track: list[int] = []
        run_auxiliary_w: list[float] = []
        stand_from_s: list[float] = []
        stand_to_s: list[float] = []
        stand_m: list[float] = []
        stand_track: list[int] = []
        stand_auxiliary_w: list[float] = []
        waiting: dict[str, Trip] = {}

        def turn(trip: Trip, next_departure_s: int | None) -> None:
            stand = turnback_stand(trip, next_departure_s, line.library, operation)
            stand_from_s.append(stand.from_s)
            stand_to_s.append(stand.to_s)
            stand_m.append(stand.chainage_m)
            stand_track.append(stand.track_index)
            stand_auxiliary_w.append(line.train_of(trip.vehicle).auxiliary_w)

        for trip in sorted(timetable.trips, key=lambda one: one.start_s):
            if trip.vehicle in waiting:
                turn(waiting[trip.vehicle], trip.start_s)
            sections, own = self._runs(trip)
            count, track, auxiliary_w = len(own), TRACK_INDEX[trip.direction], line.train_of(trip.vehicle).auxiliary_w
            departures_s.extend(trip.departure_s[:-1])
            motions.extend(own)
            run_origin_m.extend(sections.departure_m)
            run_sign.extend(sections.chainage_per_m)
            run_track.extend([track] * count)
            run_auxiliary_w.extend([auxiliary_w] * count)
            stand_from_s.extend(trip.arrival_s[1:-1])
            stand_to_s.extend(trip.departure_s[1:-1])
            stand_m.extend(sections.arrival_m[:-1])
            stand_track.extend([track] * (count - 1))
            stand_auxiliary_w.extend([auxiliary_w] * (count - 1))
            waiting[trip.vehicle] = trip
        for trip in waiting.values():
            turn(trip, None)
        motion_of, offset, distance_m, power_w = distinct_motions(motions)
        stands = len(stand_from_s)
        from_s = np.array(stand_from_s, dtype=np.float64)
        trains = Gathered(
            first_s=np.concatenate([np.array(departures_s, dtype=np.float64), from_s]),
            duration_s=np.concatenate(
                [np.array([motion.running_time_s for motion in motions]), np.array(stand_to_s) - from_s]
            ),
            origin_m=np.array([*run_origin_m, *stand_m]),
            sign=np.array([*run_sign, *([0.0] * stands)]),
            track=np.array([*run_track, *stand_track], dtype=np.int64),
            motion=np.concatenate([motion_of, np.full(stands, -1, dtype=np.int64)]),
            motion_offset=offset,
            distance_m=distance_m,
            power_w=power_w,
        )
        start_s = min(trip.start_s for trip in timetable.trips)
        end_s = max(trip.end_s for trip in timetable.trips) + operation.powered_stand_s
        return lay_on_clock(trains, [*run_auxiliary_w, *stand_auxiliary_w], start_s, end_s)

    def _runs(self, trip: Trip) -> tuple[_Sections, Motions]:
        """Sections and motions of a trip with the type of its vehicle, or with the main type if the own type cannot
        run it (as `planned_movements.as_planned`)."""
        own = self.line.others.get(trip.vehicle)
        if own is not None:
            try:
                return self._with(trip, own)
            except Infeasible:
                pass
        return self._with(trip, self.line.library)

    def _with(self, trip: Trip, library: ProfileLibrary) -> tuple[_Sections, Motions]:
        first, count = first_section(trip, library), len(trip.driving)
        place = (id(library), trip.direction, first, count)
        sections = self._sections.get(place)
        if sections is None:
            tracks = library.sections[trip.direction][first : first + count]
            sections = self._sections[place] = _Sections(
                tuple(track.departure_chainage_m for track in tracks),
                tuple(track.arrival_chainage_m for track in tracks),
                tuple(float(track.chainage_per_m) for track in tracks),
            )
        key = (id(library), trip.direction, first, trip.running_times_s, trip.passengers, trip.driving)
        motions = self._motions.get(key)
        if motions is None:
            motions = self._motions[key] = tuple(
                library.motion(trip.direction, first + k, running_s, trip.passengers[k], trip.driving[k])
                for k, running_s in enumerate(trip.running_times_s)
            )
        return sections, motions
