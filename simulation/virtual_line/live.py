"""The virtual line in steps: the trains of a scenario, second by second, with what a real line would send.

The trains run in the simulation of the scenario with its noise, passengers and disturbances. Each second has the
events of the trains as a control centre sees them, the records of the on-board recorders, and the power of the meters
of the substations, which is the exact solution on the two-track ladder. Time is an argument: the caller has the clock.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from dispatch.plans.timetable import Timetable
from energy_models.arrays import BoolArray, FloatArray, IntArray
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from energy_models.movement.following import Path, profile_along_path
from energy_models.movement.planned import SecondsOfMotion, seconds_of_motion
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from energy_models.telemetry.columns import STATES, State
from energy_models.telemetry.recorder.recording import STAND, states_of_cells
from scenarios.schema.base import Direction
from simulation.day.layout import TRACK_INDEX
from simulation.day.model import DayModel
from simulation.railway.section_runs import RunRequest
from simulation.railway.trip_run import Duty, Journey, duties_of
from simulation.virtual_line.outside_centre import OutsideCentre, SeenEvent
from simulation.virtual_line.telemetry import DOORS_AFTER_S, REFUSED_SHARE

IncidentKind = Literal["hold train", "hold station", "substation out", "silent train", "silent meters"]
INCIDENTS: tuple[IncidentKind, ...] = ("hold train", "hold station", "substation out", "silent train", "silent meters")


@dataclass(frozen=True)
class Incident:
    """A certain incident: what, where (train, station or substation; empty for meters), and from when to when."""

    kind: IncidentKind
    at: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class OnBoardRecord:
    """One second of the recorder of a train: position and speed at its end, means of power, voltage and current.

    `power_w` is the power at the collector with auxiliaries; negative for braking energy that the line takes. `section`
    is the index of the section in order of travel; at a station the next one. `friction_brake` includes the braking
    that the line does not take as energy.
    """

    vehicle: str
    trip_id: str
    direction: Direction
    time_s: int
    chainage_m: float
    speed_m_s: float
    power_w: float
    voltage_v: float
    current_a: float
    load_kg: float
    section: int
    state: State
    friction_brake: bool
    doors_open: bool
    outside_temperature_c: float


@dataclass(frozen=True)
class LineSecond:
    """What a line sends for one second that has ended at `time_s`.

    `substation_w` is the mean power of each substation over the second (its meter). The true values are what the line
    knows and nobody sends: all substations and trains, also silent ones; `true_train_w` is the power that each train
    wants (traction, or braking power that it offers) with its auxiliaries.
    """

    time_s: int
    events: tuple[SeenEvent, ...]
    records: tuple[OnBoardRecord, ...]
    substation_w: Mapping[str, float]
    true_substation_w: Mapping[str, float]
    true_positions_m: Mapping[str, float]
    true_train_w: Mapping[str, float]
    true_events: tuple[SeenEvent, ...]


@dataclass
class _Motion:
    """The power of the present run of a journey, for one motion."""

    path: Path | None = None
    seconds: SecondsOfMotion | None = None
    node_s: FloatArray = field(default_factory=lambda: np.zeros(1))
    states: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    friction: BoolArray = field(default_factory=lambda: np.zeros(1, dtype=np.bool_))

    def mean_w(self, until_s: float) -> float:
        """The mean power over the second that ends `until_s` after the departure."""
        return 0.0 if self.seconds is None else self.seconds.mean_power_w(until_s)

    def drive(self, after_s: float) -> tuple[int, bool]:
        """The state of the drive, and whether friction brakes, so long after the departure."""
        cell = int(np.searchsorted(self.node_s, after_s, side="right")) - 1
        if not 0 <= cell < len(self.states):
            return STAND, False
        return int(self.states[cell]), bool(self.friction[cell])


class VirtualLine:
    """A line whose trains run while somebody steps it."""

    def __init__(
        self,
        model: DayModel,
        timetable: Timetable,
        *,
        seed: int | None,
        from_s: int,
        obedience: float = 1.0,
        delay_s: float = 0.0,
        outside_temperature_c: float = 20.0,
    ) -> None:
        """Run the trains up to `from_s` (s of the day) without advice; the first second ends at `from_s` + 1."""
        self._model = model
        self._outside_temperature_c = outside_temperature_c
        self._events: list[SeenEvent] = []
        self.centre = OutsideCentre(self._events.append, obedience, delay_s, seed)
        self._day = model.begin_trains(timetable, seed, self.centre)
        self._duties = duties_of(self._day.journeys)
        self._next_of = {duty.vehicle: dict(duty.turns()) for duty in self._duties}
        self._motions: dict[str, _Motion] = {}
        self._incidents: list[Incident] = []
        self._charge_j: FloatArray | None = None
        self.time_s = from_s
        if from_s > self._day.line.env.now:
            self._day.run_until(from_s)
        self.before = tuple(self._events)
        self._events.clear()

    @property
    def ends_s(self) -> int:
        """When the last planned trip ends."""
        return max(journey.trip.end_s for journey in self._day.journeys)

    @property
    def substations(self) -> tuple[str, ...]:
        """The names of the substations."""
        return tuple(one.name for one in self._model.network.substations)

    def add(self, incident: Incident) -> None:
        """Let an incident happen; raises InputFaults for a train, station or substation that there is not."""
        known: Mapping[IncidentKind, tuple[str, ...]] = {
            "hold train": tuple(duty.vehicle.removeprefix("trip ") for duty in self._duties),
            "silent train": tuple(duty.vehicle.removeprefix("trip ") for duty in self._duties),
            "hold station": self._model.station_order["up"],
            "substation out": self.substations,
            "silent meters": (incident.at,),
        }
        if incident.at not in known[incident.kind]:
            allowed = f"one of {', '.join(known[incident.kind])}"
            raise InputFaults([Fault("", "incident", incident.kind, incident.at, allowed)])
        if incident.kind == "hold train":
            self.centre.held_trains_s[incident.at] = incident.to_s
        elif incident.kind == "hold station":
            self.centre.held_stations_s[incident.at] = incident.to_s
        else:
            self._incidents.append(incident)

    def second(self) -> LineSecond:
        """Run one second, and return what the line sends for it."""
        self.time_s += 1
        if self.time_s > self._day.line.env.now:
            self._day.run_until(self.time_s)
        events = tuple(self._events)
        self._events.clear()
        active = [one for one in self._incidents if one.from_s < self.time_s <= one.to_s]
        trains = [place for duty in self._duties if (place := self._place(duty)) is not None]
        substation_w, records = self._supplied(trains, active)
        silent = {one.at for one in active if one.kind == "silent train"}
        is_metered = all(one.kind != "silent meters" for one in active)
        return LineSecond(
            self.time_s,
            tuple(one for one in events if one.vehicle not in silent),
            tuple(one for one in records if one.vehicle not in silent),
            substation_w if is_metered else {},
            substation_w,
            {one.vehicle: one.chainage_m for one in records},
            {one.name: one.power_w + one.auxiliary_w for one in trains},
            events,
        )

    def _supplied(
        self, trains: "list[_Place]", active: list[Incident]
    ) -> tuple[dict[str, float], tuple[OnBoardRecord, ...]]:
        network = self._network(tuple(sorted(one.at for one in active if one.kind == "substation out")))
        snapshots = Snapshots(
            np.array([0, len(trains)], dtype=np.int64),
            np.array([one.middle_m for one in trains]),
            np.array([TRACK_INDEX[one.journey.trip.direction] for one in trains], dtype=np.int64),
            np.array([one.power_w for one in trains]),
            np.array([one.auxiliary_w for one in trains]),
            start_s=float(self.time_s - 1),
        )
        solution = solve(network, snapshots, initial_charge_j=self._charge_j)
        self._charge_j = solution.storage_charge_j[-1] if solution.storage_charge_j.size else None
        found = dict.fromkeys(self.substations, 0.0)
        for substation, power_w in zip(network.substations, solution.substation_power_w[0], strict=True):
            found[substation.name] = float(power_w)
        records = []
        for one, train_v, train_w, served in zip(
            trains, solution.train_v, solution.train_power_w, solution.served_share, strict=True
        ):
            is_refused = one.power_w < 0.0 and served < 1.0 - REFUSED_SHARE
            train = self._model.kinds.of(one.journey.trip.vehicle).train
            records.append(
                OnBoardRecord(
                    one.name, one.journey.trip.trip_id, one.journey.trip.direction, self.time_s, one.end_m,
                    one.speed_m_s, float(train_w), float(train_v), float(train_w) / max(float(train_v), 1.0),
                    one.passengers * train.passenger_kg, one.section, STATES[one.state],
                    one.friction or (is_refused and one.speed_m_s > 0.0), one.doors_open, self._outside_temperature_c,
                )
            )  # fmt: skip
        return found, tuple(records)

    def _network(self, out: tuple[str, ...]) -> SupplyNetwork:
        return self._model.network.without(*out) if out else self._model.network

    def _place(self, duty: Duty) -> "_Place | None":
        """Where the train of a duty is at the end of the second; None for a train that is shut down or in the depot."""
        journey = next((one for one in reversed(duty.journeys) if one.arrival_s), None)
        if journey is None:
            return None
        trip, now_s = journey.trip, float(self.time_s)
        train = self._model.kinds.of(trip.vehicle).train
        name = duty.vehicle.removeprefix("trip ")
        if len(journey.departure_s) == len(trip.stations):
            following = self._next_of[duty.vehicle][journey]
            operation = self._model.rules.operation
            off_s = journey.arrival_s[-1] + operation.shut_down_after_s
            if following is not None:
                starts_s = max(following.trip.start_s, now_s)
                if starts_s - journey.arrival_s[-1] <= operation.powered_stand_s:
                    off_s = math.inf
            if now_s > off_s or (following is not None and following.cancelled and now_s > off_s):
                return None
        if not journey.departure_s or len(journey.departure_s) == len(trip.stations):
            at_m = self._model.chainage_m[trip.stations[-1 if journey.departure_s else 0]]
            section = journey.first_station + (len(trip.stations) - 2 if journey.departure_s else 0)
            return _Place(name, journey, at_m, at_m, 0.0, 0.0, train.auxiliary_w, 0.0, section)
        i = len(journey.departure_s) - 1
        section = journey.first_station + i
        passengers = journey.passengers[i]
        if len(journey.arrival_s) > i + 1:
            at_m = self._model.chainage_m[trip.stations[i + 1]]
            is_open = now_s - journey.arrival_s[i + 1] > DOORS_AFTER_S
            section = min(section + 1, journey.last_station - 1)
            return _Place(
                name, journey, at_m, at_m, 0.0, 0.0, train.auxiliary_w, passengers, section, doors_open=is_open
            )  # fmt: skip
        path = journey.path(self._model.signalling.station_m[trip.direction])
        origin_m = self._model.signalling.station_m[trip.direction][journey.first_station + i]
        track = self._model.library.sections[trip.direction][journey.first_station + i]
        middle_m, _ = path.at(now_s - 0.5)
        end_m, speed_m_s = path.at(now_s)

        def chainage_m(place_m: float) -> float:
            return track.departure_chainage_m + track.chainage_per_m * (place_m - origin_m)

        motion = self._motion(journey, i)
        power_w = motion.mean_w(now_s - journey.departure_s[i])
        state, friction = motion.drive(now_s - journey.departure_s[i])
        return _Place(
            name, journey, chainage_m(max(middle_m, origin_m)), chainage_m(end_m), speed_m_s, power_w,
            train.auxiliary_w, passengers, section, state, friction,
        )  # fmt: skip

    def _motion(self, journey: Journey, i: int) -> _Motion:
        """Power and state of the drive of the present run."""
        motion = self._motions.setdefault(journey.trip.vehicle or journey.trip.trip_id, _Motion())
        path = journey.run_path
        if motion.path is not path:
            motion = self._driven(journey, i, path)
            self._motions[journey.trip.vehicle or journey.trip.trip_id] = motion
        return motion

    def _driven(self, journey: Journey, i: int, path: Path) -> _Motion:
        trip, passengers = journey.trip, journey.passengers[i]
        running = self._day.line.railway.running.of(trip.vehicle)
        request = RunRequest(
            trip.trip_id, trip.direction, journey.first_station + i, journey.running_time_s[i], passengers,
            trip.driving[i], journey.departure_s[i],
        )  # fmt: skip
        planned, train = running.profile(request), running.train(request)
        profile = planned
        if not _is_along(path, planned, journey.departure_s[i]):
            kept = np.concatenate(([True], np.diff(path.time_s) > 1e-9))
            driven = Path(path.time_s[kept], path.place_m[kept] - path.place_m[0], path.speed_m_s[kept])
            profile = profile_along_path(planned, train, passengers, driven, 1)
        states, friction = states_of_cells(profile)
        node_s = profile.time_s - profile.time_s[0]
        return _Motion(path, seconds_of_motion(profile, train, passengers), node_s, states, friction)


def _is_along(path: Path, planned: DrivingProfile, departed_s: float) -> bool:
    """Whether a motion is that of the planned profile."""
    if len(path.time_s) != len(planned.time_s):
        return False
    return bool(np.allclose(path.time_s - departed_s, planned.time_s - planned.time_s[0], atol=1e-6))


@dataclass(frozen=True, eq=False)
class _Place:
    """A train in one second: place in its middle and at its end, speed at its end, traction and auxiliary power."""

    name: str
    journey: Journey
    middle_m: float
    end_m: float
    speed_m_s: float
    power_w: float
    auxiliary_w: float
    passengers: float
    section: int
    state: int = STAND
    friction: bool = False
    doors_open: bool = False
