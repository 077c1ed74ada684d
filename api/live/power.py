"""The power of the trains by the models of their vehicles, and of the substations by the model of the supply."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from api.live.belief import FRESH_RECORD_S, BelievedRun, TrainBelief
from api.live.live_plan import LivePlan
from dispatch.energy.planned_movements import TRACK_INDEX
from dispatch.plans.timetable import Trip
from energy_models.arrays import FloatArray
from energy_models.supply.device_laws import PackedNetwork, pack
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve_packed
from energy_models.train import Train

OFF_PROFILE_M_S = 2.0
"""A train whose recorded speed differs by more from the modelled run is not on its profile: its power then follows from
the recorded speeds."""
_COASTS_BELOW_N = 2_000.0


@dataclass(frozen=True)
class TrainPower:
    """A train in one second: where it is, traction (positive) or offered braking power, and auxiliaries, in W."""

    train_id: str
    chainage_m: float
    track: int
    power_w: float
    auxiliary_w: float


@dataclass(frozen=True, eq=False)
class LinePower:
    """The supply over some seconds, which end at `times_s`: arrays with a row for each second, powers in kW."""

    times_s: tuple[int, ...]
    substation_kw: FloatArray
    power_kw: FloatArray
    braking_used_kw: FloatArray
    braking_burnt_kw: FloatArray
    lowest_v: FloatArray
    lowest_at_m: FloatArray


def train_power(plan: LivePlan, belief: TrainBelief, following: Trip | None, time_s: float) -> TrainPower | None:
    """The modelled power of a train in the second that ends at `time_s`; None for a train that is shut down."""
    train = plan.line.train_of(belief.trip.vehicle)
    track = TRACK_INDEX[belief.trip.direction]
    middle_s = time_s - 0.5
    run = belief.run
    if run is not None and run.departed_s <= middle_s and (run.arrived_s is None or middle_s <= run.arrived_s):
        chainage_m, power_w = _run_at(plan, run, belief, train, middle_s)
        return TrainPower(belief.train_id, chainage_m, TRACK_INDEX[run.trip.direction], power_w, train.auxiliary_w)
    if belief.is_at_end and not _is_powered(plan, belief, following, time_s):
        return None
    return TrainPower(belief.train_id, station_m(plan, belief), track, 0.0, train.auxiliary_w)


def station_m(plan: LivePlan, belief: TrainBelief) -> float:
    """The chainage of the station of the last event."""
    return plan.chainage_m[belief.trip.stations[belief.stop]]


def place_m(plan: LivePlan, belief: TrainBelief, now_s: float) -> tuple[float, float]:
    """Where a train is now (m of chainage) and its speed (m/s): by its record if it is fresh, otherwise by its run."""
    record, run = belief.record, belief.run
    is_running = belief.event == "departed" and run is not None
    if record is not None and now_s - record.time_s <= FRESH_RECORD_S and record.time_s >= belief.at_s - 1.0:
        sign = 1.0 if belief.trip.direction == "up" else -1.0
        moved_m = sign * record.speed_m_s * max(0.0, now_s - record.time_s) if is_running else 0.0
        return _within(plan, record.chainage_m + moved_m, belief, is_running), record.speed_m_s
    if not is_running or run is None:
        return station_m(plan, belief), 0.0
    motion = plan.motion(run.trip, run.stop, run.running_time_s, run.passengers)
    track = plan.line.library.sections[run.trip.direction][plan.first_section(run.trip) + run.stop]
    into_s = max(0.0, now_s - run.departed_s)
    if motion is None:
        share = min(1.0, into_s / max(run.running_time_s, 1))
        return float(track.chainage_m(np.array([share * track.length_m]))[0]), 0.0
    middle_s = np.arange(len(motion.distance_m)) + 0.5
    at_m = float(np.interp(into_s, middle_s, motion.distance_m))
    next_m = float(np.interp(into_s + 1.0, middle_s, motion.distance_m))
    return float(track.chainage_m(np.array([at_m]))[0]), max(0.0, next_m - at_m)


def _within(plan: LivePlan, at_m: float, belief: TrainBelief, is_running: bool) -> float:
    """A place between the stations of the present run."""
    if not is_running:
        return at_m
    ends = sorted(plan.chainage_m[name] for name in belief.trip.stations[belief.stop : belief.stop + 2])
    return min(max(at_m, ends[0]), ends[-1])


def _run_at(
    plan: LivePlan, run: BelievedRun, belief: TrainBelief, train: Train, middle_s: float
) -> tuple[float, float]:
    track = plan.line.library.sections[run.trip.direction][plan.first_section(run.trip) + run.stop]
    motion = plan.motion(run.trip, run.stop, run.running_time_s, run.passengers)
    second = math.floor(middle_s - run.departed_s)
    count = 0 if motion is None else len(motion.power_w)
    modelled_m, power_w, speed_m_s = track.length_m, 0.0, 0.0
    if motion is not None and second < count:
        modelled_m, power_w = float(motion.distance_m[second]), motion.mean_power_w(middle_s + 0.5 - run.departed_s)
        ahead_m = motion.distance_m[second + 1] if second + 1 < count else track.length_m
        speed_m_s = float(ahead_m - motion.distance_m[second])
    record, before = belief.record, belief.before
    if record is not None and abs(record.time_s - middle_s) <= FRESH_RECORD_S and record.time_s > run.departed_s:
        if before is not None and 0.0 < record.time_s - before.time_s <= FRESH_RECORD_S:
            mean_m_s = 0.5 * (record.speed_m_s + before.speed_m_s)
            if abs(mean_m_s - speed_m_s) > OFF_PROFILE_M_S and abs(record.time_s - 0.5 - middle_s) <= 1.5:
                power_w = power_by_speeds_w(
                    train, run.passengers, before.speed_m_s, record.speed_m_s, record.time_s - before.time_s
                )
                return record.chainage_m, power_w
        if abs(record.time_s - 0.5 - middle_s) <= 1.0:
            return record.chainage_m, power_w
    return float(track.chainage_m(np.array([modelled_m]))[0]), power_w


def power_by_speeds_w(train: Train, passengers: float, before_m_s: float, after_m_s: float, seconds: float) -> float:
    """Collector power in W from two speeds, on level track: inertia and running resistance, by the mean efficiencies.

    A train without force, within 2 kN, coasts.
    """
    mean_m_s = 0.5 * (before_m_s + after_m_s)
    force_n = train.effective_mass_kg(passengers) * (after_m_s - before_m_s) / seconds
    force_n += float(train.resistance_at(mean_m_s))
    if abs(force_n) <= _COASTS_BELOW_N or mean_m_s <= 0.1:
        return 0.0
    if force_n > 0.0:
        return force_n * mean_m_s / float(train.traction_efficiency.share.mean())
    electric_n = min(-force_n, float(train.electric_brake.at(mean_m_s)))
    return -electric_n * mean_m_s * float(train.regeneration_efficiency.share.mean())


def _is_powered(plan: LivePlan, belief: TrainBelief, following: Trip | None, time_s: float) -> bool:
    """Whether a train at a terminal has its auxiliaries on: the rules of the scenario."""
    operation = plan.scenario.operation
    if time_s <= belief.at_s + operation.shut_down_after_s:
        return True
    return following is not None and max(following.start_s, time_s) - belief.at_s <= operation.powered_stand_s


class LineSupply:
    """The supply of the line on one equivalent track, with the substations that are in service."""

    def __init__(self, plan: LivePlan) -> None:
        self._network = plan.line.network
        self.names = tuple(one.name for one in self._network.substations)
        self._packed: dict[frozenset[str], PackedNetwork] = {}
        self._charge_j: FloatArray | None = None

    def solve(self, times_s: Sequence[int], trains: Iterable[Sequence[TrainPower]], out: frozenset[str]) -> LinePower:
        """The power of the substations over some seconds; `out` are the substations that are out of service."""
        rows = [list(second) for second in trains]
        flat = [one for row in rows for one in row]
        offset = np.zeros(len(rows) + 1, dtype=np.int64)
        offset[1:] = np.cumsum([len(row) for row in rows])
        snapshots = Snapshots(
            offset,
            np.array([one.chainage_m for one in flat], dtype=np.float64),
            np.array([one.track for one in flat], dtype=np.int64),
            np.array([one.power_w for one in flat], dtype=np.float64),
            np.array([one.auxiliary_w for one in flat], dtype=np.float64),
            start_s=float(times_s[0]) if times_s else 0.0,
        )
        known = frozenset(self.names)
        out = out & known if out & known != known else frozenset()
        packed = self._packed.get(out)
        if packed is None:
            network = self._network.without(*sorted(out)) if out else self._network
            packed = self._packed[out] = pack(network)
        if self._charge_j is not None:
            packed = packed._replace(initial_charge_j=self._charge_j.copy())
        solution = solve_packed(packed, snapshots, model="equivalent")
        if solution.storage_charge_j.size:
            self._charge_j = np.array(solution.storage_charge_j[-1])
        kept = [index for index, name in enumerate(self.names) if name not in out]
        substation_kw = np.zeros((len(rows), len(self.names)))
        substation_kw[:, kept] = solution.substation_power_w / 1e3
        lowest_v, lowest_m = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        for t in range(len(rows)):
            own = solution.train_v[offset[t] : offset[t + 1]]
            if own.size:
                at = int(np.argmin(own))
                lowest_v[t], lowest_m[t] = own[at], snapshots.chainage_m[offset[t] + at]
        return LinePower(
            tuple(times_s), substation_kw, substation_kw.sum(axis=1), solution.regeneration_used_w / 1e3,
            (solution.regeneration_offered_w - solution.regeneration_used_w) / 1e3, lowest_v, lowest_m,
        )  # fmt: skip
