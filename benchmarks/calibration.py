"""How well `headwatt calibrate` finds trains of an independent simulator: intervals that hold, and the next day.

The telemetry, the hidden parameters and the true energies of the next day are those of the folder `telemetry` under
HEADWATT_REFERENCE (by default ../shared/reference). Run:

    python benchmarks/calibration.py [NAME ...]

The prediction of a section run uses the work at the wheel from the integrals of the reference (a·v, v, v², v³, slope·v)
and the calibrated losses of the drive. These need two integrals more, the duration T and ∫F² dt. T follows from the
integrals of v and v² for a steady acceleration from standstill, T = 4/3 (∫v dt)² / ∫v² dt. ∫F² dt follows from the true
losses of the run, which are true energy minus true work, because the coefficients of the true losses are given. Errors
of T then count only as far as the calibrated constant and force losses are wrong by different shares.

`traction` and `net` are errors of the sum over the day, `rms` the root mean square over section runs, as a share of the
mean section run. `one efficiency` is the error of the traction if the mean efficiency of the
recorded day is used on the ATO day; in brackets with the true mean, which is the best that one number can do.
"""

# Small matrices: several threads of BLAS cost more than they save. numpy reads this when it is imported.
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from energy_models.calibration.estimate import Calibration
from energy_models.drive_losses import DriveLosses
from energy_models.faults import InputFaults
from energy_models.train import GRAVITY_M_S2
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.from_telemetry import CalibratedFile, calibrate_file

FOLDER = Path(os.environ.get("HEADWATT_REFERENCE", "../shared/reference")) / "telemetry"
DAYS = {"same driving": "next_day_same_driving", "ATO": "next_day_ato"}
TRUTHS = {
    "tare_t": ("tare_kg", 1e3),
    "rotating_mass_t": ("rotating_kg", 1e3),
    "resistance_constant_kn": ("a", 1e3),
    "resistance_per_m_s_kn": ("b", 1e3),
    "resistance_per_m_s_squared_kn": ("c", 1e3),
    "traction_efficiency": ("true_traction_efficiency_mean", 1.0),
    "regeneration_efficiency": ("true_regeneration_efficiency_mean", 1.0),
    "auxiliary_kw": ("true_auxiliary_mean_w", 1e3),
}
J_PER_KWH = 3.6e6
RATED_N, RATED_M_S = 310e3, 22.0
"""Force and speed at which the loss coefficients of the reference are given."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", help="vehicles of truth.json; by default all")
    asked = arguments.parse_args()
    truth = json.loads((FOLDER / "truth.json").read_text())["vehicles"]
    scenario = load_scenario("beijing_yizhuang")
    table = Table(box=None, header_style="bold")
    titles = (
        "vehicle",
        "hold",
        "outside",
        *(f"{day}: {what}" for day in DAYS for what in ("traction", "net", "rms")),
        "one efficiency",
        "s",
    )
    for title in titles:
        table.add_column(title, justify="left" if title in ("vehicle", "outside") else "right")
    held = total = 0
    for name in asked.names or truth:
        clock = time.perf_counter()
        try:
            file = _calibrated(name, scenario)
        except InputFaults as error:
            table.add_row(name, "refused", str(error)[:120])
            continue
        seconds = time.perf_counter() - clock
        outside, counted = _outside(file.vehicle, truth[name])
        held, total = held + counted - len(outside), total + counted
        runs = pd.read_parquet(FOLDER / f"next_day_runs_{name}.parquet")
        days = [runs[runs["day"] == day] for day in DAYS.values()]
        errors = [cell for day in days for cell in _errors(file.calibration, truth[name], day)]
        errors.append(_one_efficiency(file.calibration, truth[name], days[-1]))
        table.add_row(name, f"{counted - len(outside)}/{counted}", ", ".join(outside), *errors, f"{seconds:.1f}")
    console = Console(width=200)
    console.print(table)
    console.print(f"{held} of {total} intervals hold ({held / max(total, 1):.0%}).")


def _calibrated(name: str, scenario: Any) -> CalibratedFile:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.csv"
        pd.read_parquet(FOLDER / f"telemetry_{name}.parquet").to_csv(file, index=False)
        return calibrate_file(file, scenario)


def _outside(vehicle: CalibratedVehicle, truth: dict[str, Any]) -> tuple[list[str], int]:
    outside, counted = [], 0
    for name, (key, factor) in TRUTHS.items():
        one = getattr(vehicle.parameters, name)
        if one is None:
            continue
        counted += 1
        value = truth[key] / factor
        if not one.interval_95.lower <= value <= one.interval_95.upper:
            half = (one.interval_95.upper - one.interval_95.lower) / 2
            outside.append(f"{name} {one.value / value - 1:+.1%} ± {half / value:.1%}")
    return outside, counted


@dataclass(frozen=True)
class _Mass:
    """The parameters that give the work at the wheel, in SI units."""

    tare: float
    rotating: float
    a: float
    b: float
    c: float

    def work_j(self, runs: pd.DataFrame, phase: str) -> pd.Series:
        weight = self.tare + runs["load_kg"]
        return (
            (weight + self.rotating) * runs[f"{phase}_av"]
            + self.a * runs[f"{phase}_v"]
            + self.b * runs[f"{phase}_v2"]
            + self.c * runs[f"{phase}_v3"]
            + GRAVITY_M_S2 * weight * runs[f"{phase}_gv"]
        )


def _masses(found: Calibration, truth: dict[str, Any]) -> tuple[_Mass, _Mass]:
    p = found.parameters
    return _Mass(
        p.tare_kg, p.rotating_mass_kg, p.resistance_constant_n, p.resistance_per_m_s_n, p.resistance_per_m_s_squared_n
    ), _Mass(*(truth[name] for name in ("tare_kg", "rotating_kg", "a", "b", "c")))


def _true_losses(truth: dict[str, Any], phase: str) -> DriveLosses:
    if not truth["world"]["eff_map"]:
        return DriveLosses(0.0, 1.0 / truth["eta_t"] - 1.0 if phase == "t" else 1.0 - truth["eta_r"], 0.0, 0.0)
    constant, share, force, speed = truth["loss"]
    return DriveLosses(constant, share, force / RATED_N**2, speed / RATED_M_S**2)


def _energy_j(found: Calibration, truth: dict[str, Any], runs: pd.DataFrame, phase: str) -> pd.Series:
    """Predicted collector energy of each section run, traction or braking."""
    estimated, true = _masses(found, truth)
    work, true_work = estimated.work_j(runs, phase), true.work_j(runs, phase)
    measured = runs["traction_kwh" if phase == "t" else "regenerated_kwh"] * J_PER_KWH
    losses, right = found.traction_losses if phase == "t" else found.regeneration_losses, _true_losses(truth, phase)
    seconds = 4.0 / 3.0 * runs[f"{phase}_v"] ** 2 / runs[f"{phase}_v2"].clip(lower=1e-9)
    square = runs[f"{phase}_v2"]
    if right.force_squared_w_per_n2 > 0.0:
        rest = (
            measured - true_work - right.constant_w * seconds - right.power_share * true_work.abs()
            - right.speed_squared_w_s2_per_m2 * square
        )  # fmt: skip
        force_square = rest / right.force_squared_w_per_n2
    else:
        force_square = true_work**2 / square.clip(lower=1e-9)  # constant force
    return (
        work
        + losses.constant_w * seconds
        + losses.power_share * work.abs()
        + losses.force_squared_w_per_n2 * force_square
        + losses.speed_squared_w_s2_per_m2 * square
    )


def _errors(found: Calibration, truth: dict[str, Any], runs: pd.DataFrame) -> tuple[str, str, str]:
    """Error of the day's traction and net energy, and root mean square error of a section run's net energy."""
    if found.not_estimated:
        return "not estimated", "", ""
    traction = _energy_j(found, truth, runs, "t") / J_PER_KWH
    net = traction + _energy_j(found, truth, runs, "b") / J_PER_KWH
    true_net = runs["traction_kwh"] + runs["regenerated_kwh"]
    rms = float(np.sqrt(np.mean((net - true_net) ** 2)) / true_net.mean())
    return (
        f"{traction.sum() / runs['traction_kwh'].sum() - 1:+.2%}",
        f"{net.sum() / true_net.sum() - 1:+.2%}",
        f"{rms:.2%}",
    )


def _one_efficiency(found: Calibration, truth: dict[str, Any], runs: pd.DataFrame) -> str:
    shares = (found.parameters.traction_efficiency, truth["true_traction_efficiency_mean"])
    errors = [
        mass.work_j(runs, "t").sum() / share / J_PER_KWH / runs["traction_kwh"].sum() - 1.0
        for mass, share in zip(_masses(found, truth), shares, strict=True)
    ]
    return f"{errors[0]:+.2%} ({errors[1]:+.2%})"


if __name__ == "__main__":
    main()
