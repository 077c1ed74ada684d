"""Telemetry of the simulated line: its trains run the timetable in force with true parameters (ground truth).

Every train of the window has the true parameters, follows its profile with its true load, and has the voltage of the
whole line, solved on the ladder. The telemetry contains the readings of the sensors of the recorded trainsets. If the
line does not take braking energy, the friction brake works and the telemetry has a flag for this.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray
from energy_models.calibration.parameters import VehicleParameters, with_parameters
from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.speed_cap import speed_cap
from energy_models.faults import Fault, Infeasible, InputFaults
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve
from energy_models.telemetry.columns import COLUMN_NAMES, STATES
from energy_models.telemetry.recorder.recording import STAND, RunSeconds, record_run
from energy_models.telemetry.recorder.sensors import Sensors, observe
from energy_models.track import SectionTrack
from energy_models.train import Train
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.operation import Operation
from scenarios.values.build import section_tracks, supply_network, train_of

Progress = Callable[[str, float], None]
Strategy = Callable[[SectionTrack, Train, float, float], DrivingProfile]

STRATEGIES: Mapping[str, Strategy] = {
    "speed_cap": speed_cap,
    "optimal": optimal,
    "flat_out": lambda track, train, passengers, _running_time_s: flat_out(track, train, passengers),
}

LOAD_STEP = 25
"""Loads are rounded to this number of passengers, so that trains with similar loads share a profile."""

LOAD_SPREAD_SHARE = 0.25
"""Standard deviation of a trip's load around the plan, one factor per trip and one per section; assumed."""

AUXILIARY_SPREAD_SHARE = 0.03
AUXILIARY_MEMORY_S = 60.0
"""Share and correlation time of the variation of auxiliaries by compressors, heating and cooling; assumed."""

DOORS_AFTER_S = 2
DOORS_BEFORE_S = 4
"""Time from the stop to the opening of doors, and from their closing to the departure; assumed."""

LEAD_S = 600
"""Runs that end more than this before the window are assumed to be on time and are not simulated."""

SHORTEST_TURNBACK_S = 60
"""Shortest turnback of a late train; assumed."""

REFUSED_SHARE = 1e-3
"""A second counts as friction braking if the line does not take more than this share of the braking power."""


@dataclass(frozen=True, eq=False)
class LineTelemetry:
    """Telemetry of some trainsets, ordered by vehicle and time, with its ground truth.

    `unserved_seconds` is the number of rows with traction not served: in this simulation the train moves as if the
    traction was served, so these rows are removed as a gap. `substation_power_w` has a row for each second of the
    window and a column for each substation in `substations`: the power at its DC terminals.
    """

    rows: pd.DataFrame
    vehicles: tuple[str, ...]
    hidden: VehicleParameters
    unserved_seconds: int
    substations: tuple[str, ...]
    substation_power_w: FloatArray


def record_line(
    scenario: Scenario,
    hidden: VehicleParameters,
    *,
    from_s: int,
    to_s: int,
    trainsets: int,
    seed: int,
    sensors: Sensors | None = None,
    driving: str | None = None,
    progress: Progress | None = None,
) -> LineTelemetry:
    """Simulate the line from `from_s` to `to_s` and record some of its trainsets.

    Args:
        scenario: The line; its timetable in force runs without disturbances, and loads vary around the plan.
        hidden: The true parameters of the trains; other values are those of the scenario's first train type.
        from_s: Start, in seconds of the service day.
        to_s: End, in seconds of the service day.
        trainsets: Number of recorded trainsets: those with the most trips in the window.
        seed: Seed of loads, auxiliaries and sensors.
        sensors: The sensors of the recorders; by default the usual sensors.
        driving: Strategy instead of that of the timetable: speed_cap, optimal or flat_out.
        progress: A function of the name of a stage and the share of the stage that is done.

    Raises:
        InputFaults: No train runs in the window, fewer trainsets run than requested, or a strategy is unknown.
    """
    report = progress or (lambda _stage, _share: None)
    train = with_parameters(train_of(scenario), hidden)
    duties = _duties(timetable_in_force(scenario), from_s, to_s)
    _check(duties, trainsets, from_s, to_s, driving)
    recorded = sorted(sorted(duties, key=lambda name: (-len(duties[name]), name))[:trainsets])
    line = _Line(
        train,
        {direction: section_tracks(scenario, direction, train) for direction in DIRECTIONS},
        {direction: tuple(station.id for station in scenario.stations_in_order(direction)) for direction in DIRECTIONS},
        {station.id: float(station.minimum_dwell_s) for station in scenario.stations},
        scenario.outside_temperature_c,
        driving,
        scenario.operation,
    )
    seeds = np.random.SeedSequence(seed)
    frames = []
    for index, (name, duty) in enumerate(sorted(duties.items())):
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seeds.entropy, spawn_key=(1, index)))
        frames.append(_record_duty(line, name, duty, from_s, to_s, rng))
        report("trains run", (index + 1) / len(duties))
    whole = pd.concat(frames, ignore_index=True).sort_values(["time_s", "vehicle"], kind="stable", ignore_index=True)
    report("supply", 0.0)
    network = supply_network(scenario)
    solved, substation_power_w = _with_supply(whole, network, from_s, to_s)
    report("supply", 1.0)
    seen = []
    for index, name in enumerate(recorded):
        rng = np.random.default_rng(np.random.SeedSequence(entropy=seeds.entropy, spawn_key=(2, index)))
        mine = solved[solved["vehicle"] == name].reset_index(drop=True)
        unserved = set(mine.loc[mine["unserved"], "time_s"])
        rows = observe(mine, sensors or Sensors(), rng)
        seen.append(rows[~rows["time_s"].isin(unserved)])
    count = int((solved["unserved"] & solved["vehicle"].isin(recorded)).sum())
    return LineTelemetry(
        pd.concat(seen, ignore_index=True), tuple(recorded), hidden, count,
        tuple(one.name for one in network.substations), substation_power_w,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Line:
    train: Train
    tracks: Mapping[Direction, tuple[SectionTrack, ...]]
    order: Mapping[Direction, tuple[str, ...]]
    minimum_dwell_s: Mapping[str, float]
    temperature_c: float
    driving: str | None
    operation: Operation

    def run(self, trip: Trip, k: int, passengers: float) -> RunSeconds:
        """Run k of a trip; flat out if the true train cannot keep the running time."""
        first = self.order[trip.direction].index(trip.stations[0])
        track = self.tracks[trip.direction][first + k]
        strategy = STRATEGIES[self.driving or trip.driving[k]]
        try:
            profile = strategy(track, self.train, passengers, float(trip.running_time_s(k)))
        except Infeasible:
            profile = flat_out(track, self.train, passengers)
        return record_run(profile)


def _duties(timetable: Timetable, from_s: int, to_s: int) -> dict[str, tuple[Trip, ...]]:
    """The trips of each vehicle in the window, in order."""
    inside = (trip for trip in timetable.trips if trip.end_s > from_s and trip.start_s < to_s)
    return Timetable(tuple(inside)).duties()


def _check(duties: Mapping[str, tuple[Trip, ...]], trainsets: int, from_s: int, to_s: int, driving: str | None) -> None:
    faults = []
    if not 0 <= from_s < to_s:
        faults.append(Fault("", "", "window", f"{from_s} s to {to_s} s", "an end after the start"))
    elif not duties:
        faults.append(Fault("", "", "window", f"{from_s} s to {to_s} s", "a window with trains"))
    elif not 1 <= trainsets <= len(duties):
        faults.append(
            Fault("", "", "trains", str(trainsets), f"1 to {len(duties)}, the number of trainsets in the window")
        )
    used = {driving} if driving else {name for duty in duties.values() for trip in duty for name in trip.driving}
    faults += [
        Fault("", "", "driving", name, "one of " + ", ".join(STRATEGIES))
        for name in sorted(used)
        if name not in STRATEGIES
    ]
    if faults:
        raise InputFaults(faults)


def _record_duty(
    line: _Line, name: str, duty: Sequence[Trip], from_s: int, to_s: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The ground truth of one vehicle for each second of the window with auxiliaries on."""
    pieces: list[pd.DataFrame] = []
    ready_s = 0
    for trip, following in pairwise(chain(duty, [None])):
        assert trip is not None
        loads = _loads(trip, line.train, rng)
        departure = max(trip.start_s, ready_s)
        for k, passengers in enumerate(loads):
            if departure > to_s:
                break
            track = line.tracks[trip.direction][line.order[trip.direction].index(trip.stations[0]) + k]
            arrival = departure + trip.running_time_s(k)
            if arrival > from_s - LEAD_S:
                run = line.run(trip, k, passengers)
                arrival = departure + len(run.speed_m_s)
                pieces.append(_moving(line, trip, k, track, run, departure, passengers))
            if k + 1 < len(loads):
                departure = max(trip.departure_s[k + 1], arrival + round(line.minimum_dwell_s[trip.stations[k + 1]]))
                pieces.append(
                    _standing(line, trip, k + 1, track.arrival_chainage_m, arrival, departure, loads[k + 1], doors=True)
                )
        else:
            ready_s = arrival + SHORTEST_TURNBACK_S
            if following is not None:
                leaves = max(following.start_s, ready_s)
                stays_powered = leaves - arrival <= line.operation.powered_stand_s
                on_until = leaves if stays_powered else arrival + line.operation.shut_down_after_s
                pieces.append(
                    _standing(line, following, 0, track.arrival_chainage_m, arrival, on_until, 0.0, doors=False)
                )
            continue
        break
    whole = pd.concat(pieces, ignore_index=True)
    memory = np.exp(-1.0 / AUXILIARY_MEMORY_S)
    shocks = AUXILIARY_SPREAD_SHARE * np.sqrt(1.0 - memory**2) * rng.standard_normal(len(whole))
    wander = lfilter([1.0], [1.0, -memory], shocks)
    whole["auxiliary_w"] = line.train.auxiliary_w * (1.0 + wander)
    whole["vehicle"], whole["outside_temperature_c"] = name, line.temperature_c
    return whole[(whole["time_s"] > from_s) & (whole["time_s"] <= to_s)]


def _loads(trip: Trip, train: Train, rng: np.random.Generator) -> list[float]:
    """True loads of a trip: the plan times a factor of the trip and a factor of each section, in steps."""
    factors = np.exp(LOAD_SPREAD_SHARE * (rng.standard_normal() + 0.5 * rng.standard_normal(len(trip.passengers))))
    loads = np.clip(np.array(trip.passengers) * factors, 0.0, train.capacity_crush)
    return [float(load) for load in np.round(loads / LOAD_STEP) * LOAD_STEP]


def _moving(
    line: _Line, trip: Trip, k: int, track: SectionTrack, run: RunSeconds, departure_s: int, passengers: float
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time_s": departure_s + 1 + np.arange(len(run.speed_m_s)),
            "trip": trip.trip_id,
            "direction": trip.direction,
            "section": line.order[trip.direction].index(trip.stations[0]) + k,
            "chainage_m": track.chainage_m(run.distance_m),
            "speed_m_s": run.speed_m_s,
            "state": np.array(STATES)[run.state],
            "friction_brake": run.friction_brake,
            "doors_open": 0,
            "load_kg": passengers * line.train.passenger_kg,
            "drive_power_w": run.drive_power_w,
        }
    )


def _standing(
    line: _Line, trip: Trip, k: int, place_m: float, from_s: int, to_s: int, passengers: float, *, doors: bool
) -> pd.DataFrame:
    """Seconds from_s + 1 to to_s at a platform, rows of the section that follows."""
    since = 1 + np.arange(max(0, to_s - from_s))
    return pd.DataFrame(
        {
            "time_s": from_s + since,
            "trip": trip.trip_id,
            "direction": trip.direction,
            "section": line.order[trip.direction].index(trip.stations[0]) + k,
            "chainage_m": place_m,
            "speed_m_s": 0.0,
            "state": STATES[STAND],
            "friction_brake": 0,
            "doors_open": ((since > DOORS_AFTER_S) & (since <= to_s - from_s - DOORS_BEFORE_S) & doors).astype(
                np.int64
            ),
            "load_kg": passengers * line.train.passenger_kg,
            "drive_power_w": 0.0,
        }
    )


def _with_supply(
    whole: pd.DataFrame, network: SupplyNetwork, from_s: int, to_s: int
) -> tuple[pd.DataFrame, FloatArray]:
    """Solve the line at every second and add voltage, power, and power not taken or not served.

    Also returns the power of the substations at every second.
    """
    counts = np.bincount((whole["time_s"] - from_s - 1).to_numpy(np.int64), minlength=to_s - from_s)
    # The mean power of a second acts at the middle of the distance covered in this second. The place half a second
    # earlier differs from this by some metres of rail, which does not change the voltage noticeably.
    snapshots = Snapshots(
        offset=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        chainage_m=np.clip(whole["chainage_m"].to_numpy(np.float64), network.start_chainage_m, network.end_chainage_m),
        track=(whole["direction"] == "down").to_numpy().astype(np.int64),
        power_w=whole["drive_power_w"].to_numpy(np.float64),
        auxiliary_w=whole["auxiliary_w"].to_numpy(np.float64),
        start_s=float(from_s),
    )
    solution = solve(network, snapshots, model="ladder")
    demand_w: FloatArray = snapshots.power_w
    missing = (1.0 - solution.served_share) > REFUSED_SHARE
    refused = (demand_w < 0.0) & missing
    solved = whole.assign(
        voltage_v=solution.train_v,
        power_w=solution.train_power_w,
        friction_brake=np.where(refused & (whole["speed_m_s"] > 0.0), 1, whole["friction_brake"]),
        unserved=(demand_w > 0.0) & missing,
    )
    return solved, solution.substation_power_w


def meter_rows(telemetry: LineTelemetry, from_s: int, period_s: int) -> pd.DataFrame:
    """Meters of the substations for `headwatt calibrate-supply`: mean power of each whole period, without errors."""
    count = len(telemetry.substation_power_w) // period_s
    power_w = telemetry.substation_power_w[: count * period_s].reshape(count, period_s, -1).mean(axis=1)
    return pd.DataFrame(
        {
            "substation": np.tile(np.array(telemetry.substations, dtype=object), count),
            "time_s": np.repeat(from_s + period_s * np.arange(1, count + 1), len(telemetry.substations)),
            "power_kw": np.round(power_w.ravel() / 1e3, 3),
        }
    )


def rounded(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the file: digits as the sensors have them, whole seconds as whole numbers."""
    digits = {"chainage_m": 1, "speed_m_s": 4, "voltage_v": 1, "current_a": 1, "load_kg": 0, "outside_temperature_c": 1}
    rows = rows[list(COLUMN_NAMES)].round(digits)
    return rows.astype({"time_s": np.int64, "section": np.int64, "friction_brake": np.int64, "doors_open": np.int64})
