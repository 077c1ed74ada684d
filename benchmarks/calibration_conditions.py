"""Coverage and prediction of `headwatt calibrate` under one imperfection at a time, by a generator of its own.

`calibration_generator` drives hidden trains on the Yizhuang line and records a morning. This program calibrates each
and counts the intervals that hold the truth. It then predicts two further mornings from their true motion: the same
driver, and an ATO. Run:

    python benchmarks/calibration_conditions.py [--vehicles 10] [--seed 1] [CONDITION ...]

`traction` and `net` are root mean squares over vehicles of the error of the morning's energy.
"""

import argparse
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibration_generator import BEFORE_M, Day, G, Vehicle, Way, World, draw_vehicle, make_day
from rich.console import Console
from rich.table import Table

from energy_models.calibration.estimate import Calibration
from energy_models.calibration.parameters import PARAMETER_NAMES
from energy_models.faults import InputFaults
from energy_models.track import SectionTrack
from scenarios.files.load import load_scenario
from scenarios.values.build import section_tracks, train_of
from scenarios.vehicles.from_telemetry import calibrate_file

EVERYDAY = World(
    wheel=True, lag=True, losses=True, length=True, weather=True, curve_law=True, gradient_error=True, wind=True,
    gain=True, load_sensor=True,
)  # fmt: skip
CONDITIONS = {
    "clean": World(),
    "wheel": World(wheel=True),
    "clock": World(lag=True),
    "losses": World(losses=True),
    "length": World(length=True),
    "weather": World(weather=True),
    "everyday": EVERYDAY,
    "stuck": World(losses=True, length=True, stuck=True),
    "dropouts": World(losses=True, length=True, dropouts=True),
    "load sensor": World(losses=True, length=True, load_sensor=True),
    "no friction signal": World(losses=True, length=True, no_friction_signal=True),
    "samples": World(losses=True, length=True, samples=True),
    "every 2 s": World(losses=True, length=True, every_s=2),
    "every 5 s": World(losses=True, length=True, every_s=5),
    "every 10 s": World(losses=True, length=True, every_s=10),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("conditions", nargs="*", help="; ".join(CONDITIONS))
    arguments.add_argument("--vehicles", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    warnings.simplefilter("error", RuntimeWarning)
    scenario = load_scenario("beijing_yizhuang")
    train = train_of(scenario)
    tracks = {way: section_tracks(scenario, way, train) for way in ("up", "down")}
    table = Table(box=None, header_style="bold")
    for title in ("condition", "vehicles", "refused", "intervals that hold", "same: traction", "net", "ATO: traction",
                  "net", "widened", "often outside", "s"):  # fmt: skip
        table.add_column(title, justify="left" if title in ("condition", "often outside") else "right")
    console = Console(width=180)
    for name in asked.conditions or CONDITIONS:
        row = _condition(CONDITIONS[name], scenario, tracks, asked.vehicles, asked.seed, console)
        console.print(f"{name}: {', '.join(row)}")
        table.add_row(name, *row)
    console.print(table)


def _condition(
    world: World, scenario: Any, tracks: dict[str, tuple[SectionTrack, ...]], vehicles: int, seed: int, console: Console
) -> tuple[str, ...]:
    held: dict[str, list[bool]] = {name: [] for name in PARAMETER_NAMES}
    errors, widened, refused, seconds = [], [], 0, 0.0
    reasons: dict[str, int] = {}
    for number in range(vehicles):
        rng = np.random.default_rng([seed, number])
        vehicle = draw_vehicle(world, rng)
        ways = _ways(tracks, world, rng)
        day = make_day(world, vehicle, ways, float(ways[0].stop[-1]), seed * 1000 + number)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "t.csv"
            day.rows.to_csv(file, index=False)
            clock = time.process_time()
            try:
                found = calibrate_file(file, scenario).calibration
            except InputFaults as error:
                refused += 1
                console.print(f"refused: {error}")
                continue
            finally:
                seconds += time.process_time() - clock
        for name in found.estimates:
            one = found.estimates[name]
            held[name].append(one.lower <= _truth(name, vehicle, day) <= one.upper)
        for name, reason in found.not_estimated.items():
            reasons[f"{name}: {reason.split('(')[0]}"] = reasons.get(f"{name}: {reason.split('(')[0]}", 0) + 1
        widened.append(found.verdict.widened)
        errors.append([*_errors(found, day.same), *_errors(found, day.ato)])
    for reason, count in reasons.items():
        console.print(f"not estimated in {count} of {vehicles}: {reason}")
    all_held = [one for values in held.values() for one in values]
    outside = ", ".join(f"{name} {sum(v)}/{len(v)}" for name, v in held.items() if v and sum(v) < 0.88 * len(v))
    rms = [_rms([one[column] for one in errors if np.isfinite(one[column])]) for column in range(4)]
    return (
        str(vehicles), str(refused), f"{np.mean(all_held):.1%}" if all_held else "", *rms,
        f"{np.mean(widened):.2f}" if widened else "", outside, f"{seconds / vehicles:.1f}",
    )  # fmt: skip


def _rms(values: list[float]) -> str:
    return f"{np.sqrt(np.mean(np.square(values))):.2%}" if values else ""


def _truth(name: str, vehicle: Vehicle, day: Day) -> float:
    return {
        "tare_kg": vehicle.tare, "rotating_mass_kg": vehicle.rotating, "resistance_constant_n": vehicle.a,
        "resistance_per_m_s_n": vehicle.b, "resistance_per_m_s_squared_n": vehicle.c,
        "traction_efficiency": day.traction_efficiency, "regeneration_efficiency": day.regeneration_efficiency,
        "auxiliary_w": day.auxiliary_w,
    }[name]  # fmt: skip


def _errors(found: Calibration, runs: pd.DataFrame) -> tuple[float, float]:
    """Error of the traction and of the net energy of a morning; net is missing without an estimate of regeneration."""
    p = found.parameters
    energy = {}
    for phase, losses, sign in (("t", found.traction_losses, 1.0), ("b", found.regeneration_losses, -1.0)):
        mass = p.tare_kg + runs["load_kg"]
        work = (
            (mass + p.rotating_mass_kg) * runs[f"{phase}_av"]
            + p.resistance_constant_n * runs[f"{phase}_v"]
            + p.resistance_per_m_s_n * runs[f"{phase}_v2"]
            + p.resistance_per_m_s_squared_n * runs[f"{phase}_v3"]
            + G * mass * runs[f"{phase}_gv"]
        )
        energy[phase] = (
            work
            + losses.constant_w * runs[f"{phase}_s"]
            + sign * losses.power_share * work
            + losses.force_squared_w_per_n2 * runs[f"{phase}_f2"]
            + losses.speed_squared_w_s2_per_m2 * runs[f"{phase}_vv"]
        ).sum()
    true, true_back = runs["traction_j"].sum(), runs["regenerated_j"].sum()
    net = (energy["t"] + energy["b"]) / (true + true_back) - 1.0
    return energy["t"] / true - 1.0, np.nan if "regeneration_efficiency" in found.not_estimated else net


def _ways(tracks: dict[str, tuple[SectionTrack, ...]], world: World, rng: np.random.Generator) -> tuple[Way, Way]:
    """Both directions on a grid of 1 m, with the true gradients and curves."""
    both = []
    length = sum(track.length_m for track in tracks["up"])
    error = np.repeat(rng.normal(0.0, 1e-3, int(length) // 200 + 20), 200)
    for name, pieces in tracks.items():
        slope, curve, limit, stop = [], [], [], [0.0]
        for track in pieces:
            at = np.arange(round(stop[-1]), round(stop[-1] + track.length_m)) + 0.5 - stop[-1]
            cell = np.clip(np.searchsorted(track.boundary_m, at, side="right") - 1, 0, len(track.slope) - 1)
            slope.append(track.slope[cell])
            bend = track.curve_resistance[cell]
            radius = 0.6 / np.maximum(bend, 1e-9)
            roeckl = np.where(bend > 0.0, 0.65 / np.maximum(radius - 55.0, 100.0), 0.0)
            curve.append(roeckl if world.curve_law else bend)
            limit.append(track.speed_limit_m_s[cell])
            stop.append(stop[-1] + track.length_m)
        steep, bend, low = (np.pad(np.concatenate(one), (BEFORE_M, 400), mode="edge") for one in (slope, curve, limit))
        if world.gradient_error:
            place = np.arange(len(steep)) - BEFORE_M
            along = place if name == "up" else length - place
            steep = (
                steep + (1.0 if name == "up" else -1.0) * error[np.clip(along.astype(int) + 1000, 0, len(error) - 1)]
            )
        both.append(Way(steep, bend, low, np.array(stop)))
    return both[0], both[1]


if __name__ == "__main__":
    main()
