"""Coverage and prediction of `headwatt calibrate` under one imperfection at a time, by a generator of its own.

`calibration_generator` drives hidden trains on the Yizhuang line and records a morning. This program calibrates each
and counts the intervals that hold the truth. It then predicts two further mornings from their true motion: the same
driver, and an ATO. Run:

    python benchmarks/calibration_conditions.py [--vehicles 10] [--seed 1] [CONDITION ...]

`traction` and `net` are root mean squares over vehicles of the error of the morning's energy. `energies that hold` is
the share of these four energies that are within the 95 % interval of their prediction. The condition
`clean, exact classes` declares sensors without scale errors, so that its intervals contain noise only.
"""

# Small matrices: several threads of BLAS cost more than they save. numpy reads this when it is imported.
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

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
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.parameters import PARAMETER_NAMES
from energy_models.calibration.priors import DEFAULT_CLASSES, EXACT_SENSORS, SensorClasses
from energy_models.faults import InputFaults
from energy_models.track import SectionTrack
from scenarios.files.load import load_scenario
from scenarios.values.build import section_tracks, train_of
from scenarios.vehicles.from_telemetry import calibrate_file

EXACT = "clean, exact classes"
EVERYDAY = World(
    wheel=True, lag=True, losses=True, length=True, weather=True, curve_law=True, gradient_error=True, wind=True,
    gain=True, load_sensor=True,
)  # fmt: skip
CONDITIONS = {
    "clean": World(),
    EXACT: World(),
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
    "10 Hz": World(losses=True, length=True, every_s=0.1),
    "jittered stamps": World(losses=True, length=True, jitter_s=0.3),
    "means of 2 s": World(losses=True, length=True, every_s=2.0),
    "means of 5 s": World(losses=True, length=True, every_s=5.0),
    "means of 10 s": World(losses=True, length=True, every_s=10.0),
    "a second of 2 s": World(losses=True, length=True, every_s=2.0, second_only=True),
    "a second of 5 s": World(losses=True, length=True, every_s=5.0, second_only=True),
    "a second of 10 s": World(losses=True, length=True, every_s=10.0, second_only=True),
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
                  "net", "energies that hold", "widened", "often outside", "s"):  # fmt: skip
        table.add_column(title, justify="left" if title in ("condition", "often outside") else "right")
    console = Console(width=180)
    for name in asked.conditions or CONDITIONS:
        classes = EXACT_SENSORS if name == EXACT else DEFAULT_CLASSES
        row = _condition(CONDITIONS[name], classes, scenario, tracks, asked.vehicles, asked.seed, console)
        console.print(f"{name}: {', '.join(row)}")
        table.add_row(name, *row)
    console.print(table)


def _condition(
    world: World,
    classes: SensorClasses,
    scenario: Any,
    tracks: dict[str, tuple[SectionTrack, ...]],
    vehicles: int,
    seed: int,
    console: Console,
) -> tuple[str, ...]:
    held: dict[str, list[bool]] = {name: [] for name in PARAMETER_NAMES}
    errors, widened, refused, seconds = [], [], 0, 0.0
    reasons: dict[str, int] = {}
    covered: list[bool] = []
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
                found = calibrate_file(file, scenario, classes=classes).calibration
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
        predicted = [*_errors(found, day.same), *_errors(found, day.ato)]
        errors.append([error for error, _ in predicted])
        covered += [abs(error) <= half for error, half in predicted if np.isfinite(error)]
    for reason, count in reasons.items():
        console.print(f"not estimated in {count} of {vehicles}: {reason}")
    all_held = [one for values in held.values() for one in values]
    outside = ", ".join(f"{name} {sum(v)}/{len(v)}" for name, v in held.items() if v and sum(v) < 0.88 * len(v))
    rms = [_rms([one[column] for one in errors if np.isfinite(one[column])]) for column in range(4)]
    return (
        str(vehicles), str(refused), f"{np.mean(all_held):.1%}" if all_held else "", *rms,
        f"{np.mean(covered):.1%}" if covered else "", f"{np.mean(widened):.2f}" if widened else "", outside,
        f"{seconds / vehicles:.1f}",
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


def _errors(found: Calibration, runs: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Error of a morning's traction and net energy, each with the half width of the 95 % interval of its prediction.

    Both are shares of the true energy; net is NaN without an estimate of regeneration.
    """
    p = found.parameters
    energy, slope = np.zeros(2), np.zeros((2, COUNT))
    for row, (phase, losses, sign, first) in enumerate(
        (
            ("t", found.traction_losses, 1.0, P.TRACTION_CONSTANT),
            ("b", found.regeneration_losses, -1.0, P.BRAKE_CONSTANT),
        )
    ):
        mass = p.tare_kg + runs["load_kg"]
        inertia, path, weight = (
            runs[f"{phase}_av"],
            [runs[f"{phase}_v{k}"] for k in ("", "2", "3")],
            runs[f"{phase}_gv"],
        )
        work = (
            (mass + p.rotating_mass_kg) * inertia
            + p.resistance_constant_n * path[0]
            + p.resistance_per_m_s_n * path[1]
            + p.resistance_per_m_s_squared_n * path[2]
            + G * mass * weight
        )
        by_loss = [runs[f"{phase}_s"], sign * work, runs[f"{phase}_f2"], runs[f"{phase}_vv"]]
        energy[row] = float(
            (
                work
                + losses.constant_w * by_loss[0]
                + losses.power_share * by_loss[1]
                + losses.force_squared_w_per_n2 * by_loss[2]
                + losses.speed_squared_w_s2_per_m2 * by_loss[3]
            ).sum()
        )
        by_work = [inertia + G * weight, inertia, *path]
        slope[row, [P.TARE, P.ROTATING, P.A, P.B, P.C]] = [
            (1.0 + sign * losses.power_share) * one.sum() for one in by_work
        ]
        slope[row, first : first + 4] = [one.sum() for one in by_loss]
    true = np.array([runs["traction_j"].sum(), runs["regenerated_j"].sum()])
    both = []
    for rows in ([0], [0, 1]):
        predicted, gradient = energy[rows].sum(), slope[rows].sum(axis=0)
        noise = gradient @ found.covariance @ gradient + (found.classes.energy * predicted) ** 2
        both.append((float(predicted / true[rows].sum() - 1.0), float(1.96 * np.sqrt(noise) / true[rows].sum())))
    missing = (np.nan, np.nan)
    return both[0], missing if "regeneration_efficiency" in found.not_estimated else both[1]


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
