"""Trains that run forward in time, with the faults of real recordings: telemetry and true energies for a benchmark.

The generator shares no code with the calibration. One compiled loop integrates the motion in steps of 50 ms; the driver
uses notches, coasts and is late; the drive has losses by force and speed; the recorder has the faults that a `World`
names. All figures of drivers, sensors and faults are assumed.
"""

from dataclasses import dataclass

import numba
import numpy as np
import pandas as pd

STEP_S = 0.05
STEPS = 20
G = 9.81
STATES = ("stand", "traction", "coast", "brake")
BEFORE_M = 200


@dataclass(frozen=True)
class World:
    """What is imperfect: each field is one fault of train, line or recorder."""

    wheel: bool = False
    lag: bool = False
    losses: bool = False
    length: bool = False
    weather: bool = False
    curve_law: bool = False
    gradient_error: bool = False
    wind: bool = False
    gain: bool = False
    load_sensor: bool = False
    stuck: bool = False
    dropouts: bool = False
    no_friction_signal: bool = False
    samples: bool = False
    every_s: float = 1.0
    """Time between rows; voltage times current is the mean of this time."""
    second_only: bool = False
    """Voltage times current is the mean of the last second before the row only."""
    jitter_s: float = 0.0
    """Rows are recorded so much earlier or later, evenly distributed; the stamps have 10 ms."""


@dataclass(frozen=True)
class Vehicle:
    """The hidden train in SI units; losses are (constant, share of power, at 310 kN, at 22 m/s)."""

    tare: float
    rotating: float
    a: float
    b: float
    c: float
    traction_losses: tuple[float, float, float, float]
    brake_losses: tuple[float, float, float, float]
    auxiliary: float
    slope_per_c: float
    wheel: float
    wheel_after: float
    changes_s: float
    lag_s: float
    gain: float
    load_scale: float
    load_zero: float


def draw_vehicle(world: World, rng: np.random.Generator) -> Vehicle:
    """A vehicle of the type with 198 t, its drive and its sensors."""
    if world.losses:
        one = (rng.uniform(14e3, 26e3), rng.uniform(0.04, 0.075), rng.uniform(1.8e5, 3.2e5), rng.uniform(3e4, 6e4))
        traction = brake = one
    else:
        traction = (0.0, 1.0 / rng.uniform(0.81, 0.87) - 1.0, 0.0, 0.0)
        brake = (0.0, 1.0 - rng.uniform(0.78, 0.88), 0.0, 0.0)
    wheel = rng.uniform(0.98, 1.02) if world.wheel else 1.0
    changes = world.wheel and rng.random() < 0.3
    return Vehicle(
        tare=rng.uniform(192e3, 208e3), rotating=rng.uniform(8e3, 12e3), a=rng.uniform(2500, 3700),
        b=rng.uniform(180, 260), c=rng.uniform(4.2, 6.2), traction_losses=traction, brake_losses=brake,
        auxiliary=rng.uniform(42e3, 60e3), slope_per_c=rng.uniform(1400, 2400), wheel=wheel,
        wheel_after=rng.uniform(0.995, 1.02) if changes else wheel, changes_s=rng.uniform(27e3, 38e3),
        lag_s=rng.uniform(0.3, 2.5) if world.lag else 0.0, gain=rng.normal(1.0, 0.01) if world.gain else 1.0,
        load_scale=rng.normal(1.0, 0.02) if world.load_sensor else 1.0,
        load_zero=rng.normal(0.0, 1e3) if world.load_sensor else 0.0,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Way:
    """One direction on a grid of 1 m from 200 m before the first stop: slope, curve resistance, limit; and stops."""

    slope: np.ndarray
    curve: np.ndarray
    limit: np.ndarray
    stop: np.ndarray


@numba.njit(cache=False)
def _run(  # type: ignore[no-untyped-def] # noqa: PLR0912, PLR0915
    seed, begin_s, end_s, slope, curve, limit, stop, p, load, ato, wind
):
    """Drive alternately in both directions; returns arrays by step and by run."""
    np.random.seed(seed)  # noqa: NPY002 - compiled code has no other generator
    count = int((end_s - begin_s) / 0.05)
    power = np.zeros(count)
    speed_out = np.zeros(count)
    place_out = np.zeros(count)
    state_out = np.zeros(count, dtype=np.int8)
    friction_out = np.zeros(count, dtype=np.int8)
    run_out = np.zeros(count, dtype=np.int64)
    sums = np.zeros((len(load), 18))
    tare, rotating, ra, rb, rc, length = p[0], p[1], p[2], p[3], p[4], p[5]
    traction, brake = p[6:10], p[10:14]
    stops = stop.shape[1]
    run, way, k = 0, 0, 0
    s, v, dwell = stop[0, 0], 0.0, 60.0
    step = 0
    while step < count and run < len(load):
        target = stop[way, k + 1]
        mass = tare + load[run]
        inertia = mass + rotating
        cap_share = 0.97 if ato else np.random.uniform(0.72, 0.98)  # noqa: NPY002
        notch = 1.0 if ato else np.random.uniform(0.45, 1.0)  # noqa: NPY002
        decel = 0.85 if ato else np.random.uniform(0.55, 0.9)  # noqa: NPY002
        drop = np.random.uniform(1.5, 4.5)  # noqa: NPY002
        receptive = np.random.uniform(0.3, 1.0) if np.random.random() < 0.5 else 1.0  # noqa: NPY002
        air = 1.0 + wind[run]
        coasting, braking, force = False, False, 0.0
        moving = False
        while step < count:
            if not moving:
                dwell -= 0.05
                moving = dwell <= 0.0
                run_out[step], place_out[step] = run, s
                step += 1
                continue
            # Slope and curve over the length of the train behind its head (prefix sums), or at a point.
            head = s + 200.0
            if length > 0.0:
                i1, i0 = int(head), int(head - length)
                f1, f0 = head - i1, head - length - i0
                grade = (
                    slope[way, i1]
                    + f1 * (slope[way, i1 + 1] - slope[way, i1])
                    - slope[way, i0]
                    - f0 * (slope[way, i0 + 1] - slope[way, i0])
                ) / length
                bend = (curve[way, i1] - curve[way, i0]) / length
            else:
                i1 = int(head)
                grade = slope[way, i1 + 1] - slope[way, i1]
                bend = curve[way, i1 + 1] - curve[way, i1]
            cap = limit[way, i1] * cap_share
            ahead = min(int(head + v * v / 1.2 + 20.0), limit.shape[1] - 1)
            low = limit[way, ahead] * cap_share
            cap = min(cap, low)
            resist = ra + rb * v + rc * v * v * air + mass * 9.81 * (grade + bend)
            full = min(310e3, 310e3 - 10e3 * max(v - 10.0, 0.0))
            left = target - s
            if not braking and v * v / (2.0 * decel) >= left - 0.5:
                braking = True
            want = 0.0
            if braking:
                want = resist - inertia * v * v / (2.0 * max(left, 0.3))
                want = max(want, -260e3)
            elif v > cap + 0.4:
                want = max(resist - inertia * 0.3, -260e3) if v > cap + 1.0 else 0.0
                coasting = True
            elif ato:
                want = min(full, max(resist + inertia * (cap - v) * 0.4, 0.0))
            else:
                if coasting and v < cap - drop:
                    coasting = False
                    notch = np.random.uniform(0.45, 1.0)  # noqa: NPY002
                if not coasting:
                    want = notch * full
                    if v >= cap:
                        coasting, want = True, 0.0
            jerk = inertia * 0.8 * 0.05
            force = min(max(want, force - jerk), force + jerk)
            if want == 0.0 and abs(force) < jerk:
                force = 0.0
            electric, pneumatic = force, 0.0
            if force < 0.0:
                share = min(1.0, max(0.0, (v - 1.5) / 2.0)) * receptive
                fade = 260e3 if v < 15.0 else max(130e3, 260e3 - 18e3 * (v - 15.0))
                electric = max(force * share, -fade)
                pneumatic = force - electric
            accel = (force - resist) / inertia
            after = v + 0.05 * accel
            if braking and (after <= 0.0 or left < 0.15):
                after = 0.0
            after = max(after, 0.0)
            ds = 0.5 * (v + after) * 0.05
            mean = 0.5 * (v + after)
            drawn = 0.0
            if electric > 0.0:
                drawn = electric * mean + traction[0] + traction[1] * electric * mean
                drawn += traction[2] * (electric / 310e3) ** 2 + traction[3] * (mean / 22.0) ** 2
            elif electric < 0.0:
                wheel = -electric * mean
                lost = brake[0] + brake[1] * wheel + brake[2] * (electric / 310e3) ** 2 + brake[3] * (mean / 22.0) ** 2
                drawn = -max(wheel - lost, 0.0)
            power[step] = drawn
            row = sums[run]
            if electric > 0.0:
                row[0] += drawn * 0.05
                base = 2
            elif electric < 0.0:
                row[1] += drawn * 0.05
                base = 10
            else:
                base = -1
            if base > 0:
                part = 1.0 if electric > 0.0 else electric / force
                row[base] += part * accel * mean * 0.05
                row[base + 1] += part * ds
                row[base + 2] += part * mean * ds
                row[base + 3] += part * mean * mean * ds
                row[base + 4] += part * (grade + bend) * ds
                row[base + 5] += electric * electric * 0.05
                row[base + 6] += 0.05
                row[base + 7] += mean * mean * 0.05
            s, v = s + ds, after
            speed_out[step], place_out[step], run_out[step] = v, s, run
            state_out[step] = 1 if electric > 0.0 else (3 if force < 0.0 else 2)
            friction_out[step] = 1 if pneumatic < -1500.0 else 0
            step += 1
            if braking and v == 0.0:
                break
        k += 1
        run += 1
        dwell = np.random.uniform(25.0, 45.0)  # noqa: NPY002
        if k == stops - 1:
            way, k = 1 - way, 0
            dwell = np.random.uniform(150.0, 400.0)  # noqa: NPY002
        s = stop[way, k]
    return power, speed_out, place_out, state_out, friction_out, run_out, sums, run


def _auxiliary(world: World, vehicle: Vehicle, seconds: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Power and outside temperature by second."""
    t = np.arange(seconds)
    if not world.weather:
        return np.full(seconds, vehicle.auxiliary), np.full(seconds, 18.0)
    temperature = 23.0 + 11.0 * np.sin(np.pi * t / seconds / 1.3)
    phase = (t + rng.uniform(0, 400)) % 400 / 400.0
    duty = np.clip((temperature - 20.0) / 16.0, 0.0, 1.0)
    cooling = vehicle.slope_per_c * 16.0 * (phase < duty)
    compressor = 9e3 * ((t + rng.integers(0, 300)) % 300 < 25)
    smooth = np.exp(-1.0 / 12.0)
    out = np.empty(seconds)
    level = float(cooling[0])
    for second in range(seconds):
        level = smooth * level + (1.0 - smooth) * cooling[second]
        out[second] = level
    return vehicle.auxiliary + out + compressor, temperature


@dataclass(frozen=True, eq=False)
class Day:
    """A recorded morning and the true section runs of two mornings after it."""

    rows: pd.DataFrame
    same: pd.DataFrame
    ato: pd.DataFrame
    traction_efficiency: float
    regeneration_efficiency: float
    auxiliary_w: float


COLUMNS = (
    "traction_j", "regenerated_j", "t_av", "t_v", "t_v2", "t_v3", "t_gv", "t_f2", "t_s", "t_vv",
    "b_av", "b_v", "b_v2", "b_v3", "b_gv", "b_f2", "b_s", "b_vv",
)  # fmt: skip


def make_day(world: World, vehicle: Vehicle, ways: tuple[Way, Way], chainage_end_m: float, seed: int) -> Day:
    """Drive and record one vehicle from 06:00 to 12:00, and drive it on two further mornings without a recorder."""
    rng = np.random.default_rng([seed, 7])
    length = 120.0 if world.length else 0.0
    p = np.array([vehicle.tare, vehicle.rotating, vehicle.a, vehicle.b, vehicle.c, length,
                  *vehicle.traction_losses, *vehicle.brake_losses])  # fmt: skip
    slope, curve, limit, stop = (
        np.array([getattr(way, name) for way in ways]) for name in ("slope", "curve", "limit", "stop")
    )
    prefix = [np.concatenate((np.zeros((2, 1)), np.cumsum(one, axis=1)), axis=1) for one in (slope, curve)]
    sections = stop.shape[1] - 1

    def loads(count: int) -> np.ndarray:
        hour = np.clip(np.arange(count) / 137.0, 0.0, 1.0)
        mean = 9e3 + 38e3 * np.exp(-(((hour - 0.35) / 0.18) ** 2))
        return np.round(mean * rng.lognormal(0.0, 0.35, count))

    def drive(begin: float, end: float, ato: bool, number: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        load = loads(170)
        wind = 0.15 * rng.standard_normal(170) if world.wind else np.zeros(170)
        out = _run(seed * 10 + number, begin, end, prefix[0], prefix[1], limit, stop, p, load, ato, wind)
        return out, load

    begin, end = 21_600.0, 43_200.0
    out, load = drive(begin, end, False, 1)
    rows, auxiliary = _record(world, vehicle, out, load, begin, sections, stop, chainage_end_m, rng)
    sums = out[6][: out[7]]
    total = sums.sum(axis=0)
    work = [
        (vehicle.tare + vehicle.rotating) * total[i] + (load[: out[7]] * sums[:, i]).sum() + vehicle.a * total[i + 1]
        + vehicle.b * total[i + 2] + vehicle.c * total[i + 3]
        + G * (vehicle.tare * total[i + 4] + (load[: out[7]] * sums[:, i + 4]).sum())
        for i in (2, 10)
    ]  # fmt: skip
    days = []
    for number, ato in ((2, False), (3, True)):
        other, other_load = drive(begin, begin + 10_800.0, ato, number)
        runs = pd.DataFrame(other[6][: other[7] - 1], columns=list(COLUMNS)).assign(load_kg=other_load[: other[7] - 1])
        days.append(runs)
    return Day(rows, days[0], days[1], work[0] / total[0], total[1] / work[1], auxiliary)


def _record(
    world: World, vehicle: Vehicle, out: tuple[np.ndarray, ...], load: np.ndarray, begin: float, sections: int,
    stop: np.ndarray, chainage_end_m: float, rng: np.random.Generator,
) -> tuple[pd.DataFrame, float]:  # fmt: skip
    power, speed, place, state, friction, run = out[:6]
    seconds = len(power) // STEPS
    auxiliary, temperature = _auxiliary(world, vehicle, seconds, rng)
    total = power + np.repeat(auxiliary, STEPS)[: len(power)]
    late = round(vehicle.lag_s / STEP_S)
    metered = np.concatenate((np.full(late, total[0]), total[: len(total) - late])) if late else total
    every = round(world.every_s / STEP_S)
    at = np.arange(every, seconds * STEPS + 1, every)  # steps that have passed at each row
    if world.jitter_s:
        at = at + np.round(rng.uniform(-world.jitter_s, world.jitter_s, len(at)) / STEP_S).astype(np.int64)
        at = np.minimum(at, seconds * STEPS)
    begin_of = np.concatenate(([0], at[:-1]))
    if world.second_only:
        begin_of = np.maximum(at - STEPS, begin_of)
    energy = np.concatenate(([0.0], np.cumsum(metered)))
    mean = metered[at - 1] if world.samples else (energy[at] - energy[begin_of]) / (at - begin_of)
    count, time = len(at), begin + at * STEP_S
    temperature = temperature[(at - 1) // STEPS]
    at = at - 1
    run_at, place_at, speed_at = run[at], place[at], speed[at]
    direction = (run_at // sections) % 2
    section = run_at % sections
    scale = np.where(time < vehicle.changes_s, vehicle.wheel, vehicle.wheel_after)
    start = stop[direction, section]
    odometer = start + (place_at - start) * scale + rng.normal(0.0, 0.5, count)
    chainage = np.where(direction == 0, odometer, chainage_end_m - odometer)
    reading = np.where(speed_at > 0.0, np.maximum(speed_at * scale + rng.normal(0.0, 0.03, count), 0.0), 0.0)
    voltage = 830.0 - 1.2e-5 * mean + rng.normal(0.0, 4.0, count)
    current = mean / voltage * vehicle.gain
    payload = load[np.minimum(run_at, len(load) - 1)] * vehicle.load_scale + vehicle.load_zero
    payload = payload + rng.normal(0.0, 200.0, len(load))[np.minimum(run_at, len(load) - 1)]
    names = np.array(STATES)[np.where(speed_at > 0.0, np.where(state[at] == 0, 2, state[at]), 0)]
    rows = pd.DataFrame(
        {
            "time_s": time.round(2), "vehicle": "V1",
            "trip": np.char.add("T", (run_at // sections).astype(str)),
            "direction": np.array(["up", "down"])[direction], "section": section,
            "chainage_m": chainage.round(1), "speed_m_s": (np.round(reading * 36.0) / 36.0).round(4), "state": names,
            "friction_brake": 0 if world.no_friction_signal else friction[at] * (speed_at > 0.0), "doors_open": 0,
            "voltage_v": np.round(voltage + rng.normal(0.0, 1.5, count)),
            "current_a": np.round(current + rng.normal(0.0, 6.0, count)),
            "load_kg": np.round((payload + rng.normal(0.0, 400.0, count)) / 100.0) * 100.0,
            "outside_temperature_c": np.round((temperature + rng.normal(0.0, 0.3, count)) * 2.0) / 2.0,
        }
    )  # fmt: skip
    done = run_at < run_at.max()
    rows = _disturbed(world, rows[done].reset_index(drop=True), rng)
    return rows, float(auxiliary[: int(at[done].max()) // STEPS + 1].mean())


def _disturbed(world: World, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(rows)
    if world.stuck:
        for column, longest in (("load_kg", 2400), ("speed_m_s", 40), ("current_a", 60)):
            values = rows[column].to_numpy().copy()
            for _ in range(4):
                first = int(rng.integers(0, count - longest))
                values[first : first + int(rng.integers(10, longest))] = values[first]
            rows = rows.assign(**{column: values})
    kept = np.ones(count, dtype=bool)
    for _ in range(90 if world.dropouts else 12):
        first = int(rng.integers(0, count - 60))
        rows_lost = max(1, round(int(rng.integers(1, 60 if world.dropouts else 20)) / world.every_s))
        kept[first : first + rows_lost] = False
    if world.dropouts:
        kept &= rng.random(count) > 0.01
    wild = rng.random(count) < 1e-4
    rows = rows.assign(current_a=rows["current_a"] + wild * rng.choice([-8_000.0, 8_000.0], count))
    return rows[kept].reset_index(drop=True)
