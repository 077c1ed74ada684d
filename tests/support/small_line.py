"""A small line and a train that runs on it, integrated forward in time apart from the project's own driving modules."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from energy_models.arrays import FloatArray
from energy_models.calibration.parameters import VehicleParameters
from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.recorder.sensors import PERFECT, Sensors, observe
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2

STEP_S = 0.05
EFFORT_N = 300_000.0
POWER_W = 4.0e6
BRAKE_N = 240_000.0
DWELL_S = 30


def tracks() -> dict[str, tuple[SectionTrack, ...]]:
    """Three sections each way: a valley, a summit and a nearly level one; the way back is the mirror image."""
    slopes = [[0.0, -0.024, -0.003, 0.020, 0.0], [0.004, 0.018, 0.002, -0.022, 0.0], [0.0, 0.003, -0.004, 0.002, 0.001]]
    up, down = [], []
    for index, slope in enumerate(slopes):
        boundary = np.array([0.0, 250.0, 650.0, 1050.0, 1450.0, 2000.0])
        curve = np.array([0.0, 0.001, 0.0, 0.0015, 0.0])
        limit = np.full(5, 80.0 / 3.6)
        up.append(SectionTrack(f"up {index}", boundary, limit, np.array(slope), curve, 2000.0 * index, 1))
        down.append(SectionTrack(f"down {index}", boundary, limit, np.array(slope), curve, 6000.0 - 2000.0 * index, -1))
    return {"up": tuple(up), "down": tuple(down)}


@dataclass(frozen=True)
class Drive:
    """Full effort to `cap`, hold it, from `coast_from` of the length coast (power again below 6 m/s), then brake."""

    cap_m_s: FloatArray
    coast_from: FloatArray


def second_by_second(
    truth: VehicleParameters,
    runs: int,
    rng: np.random.Generator,
    lightest_kg: float = 2_000.0,
    heaviest_kg: float = 75_000.0,
) -> pd.DataFrame:
    """The truth of one vehicle over `runs` runs with a dwell before each, as `sensors.observe` takes it.

    All runs are integrated side by side (semi-implicit, 50 ms steps) until the last has stopped.
    """
    both = tracks()
    direction = np.where((np.arange(runs) // 3) % 2 == 0, "up", "down")
    section = np.arange(runs) % 3
    drive = Drive(rng.uniform(11.0, 21.0, runs), rng.uniform(0.45, 1.0, runs))
    load = rng.uniform(lightest_kg, heaviest_kg, runs)
    frames = []
    for way, track_list in both.items():
        for index, track in enumerate(track_list):
            members = np.flatnonzero((direction == way) & (section == index))
            frames.append(_integrate(truth, track, way, index, members, drive, load))
    whole = pd.concat(frames).sort_values(["run", "second"], kind="stable").reset_index(drop=True)
    seconds = whole.groupby("run")["second"].max()
    begin = np.concatenate(([0], np.cumsum(seconds.to_numpy() + 1)[:-1]))
    whole["time_s"] = (whole["second"] + begin[whole["run"]]).astype(float)
    whole["power_w"] += truth.auxiliary_w
    whole["voltage_v"] = 800.0 - 1e-5 * whole["power_w"]
    whole["vehicle"], whole["outside_temperature_c"], whole["doors_open"] = "V01", 12.0, 0
    whole["trip"] = "T" + (whole["run"] // 3).astype(str)
    return whole[[*COLUMN_NAMES[:11], "power_w", *COLUMN_NAMES[12:]]]


def telemetry(whole: pd.DataFrame, truth: VehicleParameters, seed: int, sensors: Sensors) -> pd.DataFrame:
    """Observed rows of one drawing of noise; rows with a blank cell or a spike are left out as the reader would.

    Heating and compressors come and go: the auxiliaries wander by 3 % with a memory of a minute.
    """
    rng = np.random.default_rng(seed)
    memory = np.exp(-1.0 / 60.0)
    shocks = 0.03 * np.sqrt(1.0 - memory**2) * rng.standard_normal(len(whole))
    wander = lfilter([1.0], [1.0, -memory], shocks)
    noisy = whole.assign(power_w=whole["power_w"] + truth.auxiliary_w * wander) if sensors != PERFECT else whole
    return observe(noisy, sensors, rng).dropna().reset_index(drop=True)


def _integrate(
    p: VehicleParameters, track: SectionTrack, way: str, index: int, members: FloatArray, drive: Drive, load: FloatArray
) -> pd.DataFrame:
    count = len(members)
    cap, coast_from, payload = drive.cap_m_s[members], drive.coast_from[members] * track.length_m, load[members]
    inertia, weight = p.tare_kg + p.rotating_mass_kg + payload, GRAVITY_M_S2 * (p.tare_kg + payload)
    s, v, energy = np.zeros(count), np.zeros(count), np.zeros(count)
    coasting, slow, braking, done = (np.zeros(count, dtype=bool) for _ in range(4))
    rows = []
    for second in range(DWELL_S + 1):
        rows.append(_row(second, s, v, np.zeros(count), np.full(count, "stand"), np.zeros(count)))
    for second in range(DWELL_S + 1, 2000):
        before = energy.copy()
        for _ in range(round(1.0 / STEP_S)):
            cell = np.clip(
                np.searchsorted(track.boundary_m, s + 0.5 * STEP_S * v, side="right") - 1, 0, len(track.slope) - 1
            )
            resist = p.resistance_constant_n + p.resistance_per_m_s_n * v + p.resistance_per_m_s_squared_n * v**2
            resist = resist + weight * (track.slope + track.curve_resistance)[cell]
            left = track.length_m - s
            braking |= v**2 / (2.0 * np.maximum(left, 0.1)) >= 0.72
            coasting = (coasting | (s >= coast_from)) & ~slow
            slow |= coasting & (v < 6.0)
            full = np.minimum(EFFORT_N, POWER_W / np.maximum(v, 0.1))
            hold = np.clip(resist + inertia * (cap - v) / 1.0, -BRAKE_N, full)
            stop = np.clip(resist - inertia * v**2 / (2.0 * np.maximum(left, 0.05)), -BRAKE_N, 0.0)
            force = np.where(braking, stop, np.where(coasting & (v < cap + 2.0), 0.0, hold))
            force = np.where(done, 0.0, force)
            new_v = np.maximum(np.where(done, 0.0, v + STEP_S * (force - resist) / inertia), 0.0)
            ds = STEP_S * 0.5 * (v + new_v)
            work = force * ds
            energy += np.where(work > 0.0, work / p.traction_efficiency, work * p.regeneration_efficiency)
            s, v = s + ds, new_v
            done |= braking & ((v < 0.05) | (s >= track.length_m - 0.05))
            v = np.where(done, 0.0, v)
        state = np.where(done, "stand", np.where(force > 0.0, "traction", np.where(force < 0.0, "brake", "coast")))
        rows.append(_row(second, s, v, energy - before, state, done.astype(float)))
        if done.all():
            break
    frame = pd.concat(rows)
    frame["run"] = members[frame["member"]]
    # Keep the first second of standing still, not the waiting for the slower trains integrated beside.
    frame = frame[frame.groupby("run")["done"].cumsum() <= 1]
    return frame.assign(
        direction=way,
        section=index,
        chainage_m=track.departure_chainage_m + track.chainage_per_m * frame["s"],
        friction_brake=0,
        load_kg=payload[frame["member"]],
    )


def _row(
    second: int, s: FloatArray, v: FloatArray, power: FloatArray, state: FloatArray, done: FloatArray
) -> pd.DataFrame:
    return pd.DataFrame(
        {"second": second, "member": np.arange(len(s)), "s": s, "speed_m_s": v, "power_w": power, "state": state,
         "done": done}
    )  # fmt: skip
