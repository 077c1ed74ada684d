"""How often the intervals of `headwatt calibrate` hold the truth, on telemetry of the simulated line.

Each drawing has its own hidden train, loads, auxiliaries and sensor noise. Run:

    python benchmarks/calibration_coverage.py [--drawings 20] [--trains 4] [--hours 4] [--scenario beijing_yizhuang]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from energy_models.calibration.parameters import PARAMETER_NAMES
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from scenarios.vehicles.from_telemetry import calibrate_file
from simulation.virtual_line.telemetry import record_line, rounded

SPEEDS_KMH = (30, 50, 70)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--drawings", type=int, default=20)
    arguments.add_argument("--trains", type=int, default=4)
    arguments.add_argument("--hours", type=float, default=4.0)
    arguments.add_argument("--scenario", default="beijing_yizhuang")
    arguments.add_argument("--driving", choices=("speed_cap", "optimal", "flat_out"))
    asked = arguments.parse_args()
    scenario = load_scenario(asked.scenario)
    names = [*PARAMETER_NAMES, *(f"resistance at {speed} km/h" for speed in SPEEDS_KMH)]
    held: dict[str, list[bool]] = {name: [] for name in names}
    half: dict[str, list[float]] = {name: [] for name in names}
    error: dict[str, list[float]] = {name: [] for name in names}
    making, fitting = 0.0, 0.0
    for seed in range(asked.drawings):
        hidden = draw_ground_truth(train_of(scenario), np.random.default_rng([seed, 0]))
        clock = time.perf_counter()
        written = record_line(
            scenario, hidden, from_s=25_200, to_s=25_200 + round(asked.hours * 3600), trainsets=asked.trains, seed=seed,
            driving=asked.driving,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "telemetry.csv"
            rounded(written.rows).to_csv(file, index=False)
            making, clock = making + time.perf_counter() - clock, time.perf_counter()
            found = calibrate_file(file, scenario).calibration
        fitting += time.perf_counter() - clock
        for name in names:
            if name in PARAMETER_NAMES:
                truth, one = float(getattr(hidden, name)), found.estimates[name]
            else:
                speed = float(name.split()[2]) / 3.6
                one = found.resistance_interval(speed)
                truth = (
                    hidden.resistance_constant_n
                    + hidden.resistance_per_m_s_n * speed
                    + hidden.resistance_per_m_s_squared_n * speed**2
                )
            held[name].append(one.lower <= truth <= one.upper)
            half[name].append((one.upper - one.lower) / 2.0 / truth)
            error[name].append(one.value / truth - 1.0)
    table = Table(box=None, header_style="bold")
    for title in ("parameter", "truth in the interval", "half width", "root mean square error", "mean error"):
        table.add_column(title, justify="left" if title == "parameter" else "right")
    for name in names:
        errors = np.array(error[name])
        table.add_row(
            name, f"{sum(held[name])} of {asked.drawings}", f"{np.mean(half[name]):.2%}",
            f"{np.sqrt(np.mean(errors**2)):.2%}", f"{errors.mean():+.2%}",
        )  # fmt: skip
    total = sum(sum(held[name]) for name in PARAMETER_NAMES)
    console = Console()
    console.print(table)
    console.print(
        f"{total} of {len(PARAMETER_NAMES) * asked.drawings} intervals of parameters hold the truth "
        f"({total / len(PARAMETER_NAMES) / asked.drawings:.1%}); writing telemetry {making / asked.drawings:.1f} s, "
        f"calibrating {fitting / asked.drawings:.1f} s a drawing."
    )


if __name__ == "__main__":
    main()
