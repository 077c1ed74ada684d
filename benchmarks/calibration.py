"""How well `headwatt calibrate` finds trains of an independent simulator: intervals that hold, and the next day.

The telemetry, the hidden parameters and the true energies of the next day are those of the folder `telemetry` under
HEADWATT_REFERENCE (by default ../shared/reference). Run:

    python benchmarks/calibration.py [NAME ...]

The prediction of a section run uses the work at the wheel from the integrals of the reference (a·v, v, v², v³, slope·v)
and the calibrated drive. `energy` is the error of the sum over the day, `rms` the root mean square over section runs,
as a share of the mean section run.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from energy_models.faults import InputFaults
from energy_models.train import GRAVITY_M_S2
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.from_telemetry import calibrate_file

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
        "s",
    )
    for title in titles:
        table.add_column(title, justify="left" if title in ("vehicle", "outside") else "right")
    held = total = 0
    for name in asked.names or truth:
        clock = time.perf_counter()
        try:
            vehicle = _calibrated(name, scenario)
        except InputFaults as error:
            table.add_row(name, "refused", str(error)[:120])
            continue
        seconds = time.perf_counter() - clock
        outside, counted = _outside(vehicle, truth[name])
        held, total = held + counted - len(outside), total + counted
        runs = pd.read_parquet(FOLDER / f"next_day_runs_{name}.parquet")
        errors = [cell for day in DAYS.values() for cell in _errors(vehicle, runs[runs["day"] == day])]
        table.add_row(name, f"{counted - len(outside)}/{counted}", ", ".join(outside), *errors, f"{seconds:.1f}")
    console = Console(width=200)
    console.print(table)
    console.print(f"{held} of {total} intervals hold ({held / max(total, 1):.0%}).")


def _calibrated(name: str, scenario: Any) -> CalibratedVehicle:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.csv"
        pd.read_parquet(FOLDER / f"telemetry_{name}.parquet").to_csv(file, index=False)
        return calibrate_file(file, scenario).vehicle


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


def _errors(vehicle: CalibratedVehicle, runs: pd.DataFrame) -> tuple[str, str, str]:
    """Error of the day's traction and net energy, and root mean square error of a section run's net energy."""
    values = {name: getattr(vehicle.parameters, name) for name in TRUTHS}
    if any(one is None for one in values.values()):
        return "not estimated", "", ""
    tare, rotating, a, b, c = (one.value * 1e3 for one in list(values.values())[:5])
    work = {}
    for phase in ("t", "b"):
        weight = tare + runs["load_kg"]
        work[phase] = (
            (weight + rotating) * runs[f"{phase}_av"]
            + a * runs[f"{phase}_v"]
            + b * runs[f"{phase}_v2"]
            + c * runs[f"{phase}_v3"]
            + GRAVITY_M_S2 * weight * runs[f"{phase}_gv"]
        ) / J_PER_KWH
    traction = work["t"] / values["traction_efficiency"].value
    net = traction + work["b"] * values["regeneration_efficiency"].value
    true_net = runs["traction_kwh"] + runs["regenerated_kwh"]
    rms = float(np.sqrt(np.mean((net - true_net) ** 2)) / true_net.mean())
    return (
        f"{traction.sum() / runs['traction_kwh'].sum() - 1:+.2%}",
        f"{net.sum() / true_net.sum() - 1:+.2%}",
        f"{rms:.2%}",
    )


if __name__ == "__main__":
    main()
