"""How often each fault of a recorder is found, and how many findings clean telemetry gives: drawn fleets of four.

The fleets come from `tests/support/recorded_fleet.py`, which shares nothing with the project's physics and checks.

    python benchmarks/telemetry_findings.py [--cases 40] [--days 14] [--first-seed 0] [KIND ...]
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from recorded_fleet import FAULTS, fleet_day

from energy_models.telemetry.findings.finding import Finding
from energy_models.telemetry.findings.history import findings_over_days, summaries
from energy_models.telemetry.findings.vehicle_day import vehicle_day
from energy_models.telemetry.findings.within_day import findings_within

VEHICLES = 4
CLEAN, SWAPPED = "clean", "swapped vehicle"


def assessed(fleets: "list[dict]") -> list[Finding]:  # type: ignore[type-arg]
    found: list[Finding] = []
    kept = []
    for number, rows in enumerate(fleets):
        data = {name: vehicle_day(name, f"{number:02d}", one) for name, one in rows.items()}
        kept += summaries(data)
        for one in data.values():
            found += findings_within(one)
    return found + findings_over_days(kept)


def case(kind: str | None, seed: int, days: int) -> list[Finding]:
    fleets = [fleet_day(day, VEHICLES, seed=seed) for day in range(days)]
    rng = np.random.default_rng([seed, 77])
    begin = int(rng.integers(3, days - 4)) if kind not in (None, "drift 1 % a week", "clock 20 ppm") else 0
    draws = int(rng.integers(1 << 30))
    if kind == SWAPPED:
        fleets[begin]["V0"], fleets[begin]["V1"] = fleets[begin]["V1"], fleets[begin]["V0"]
    elif kind is not None:
        fault, _ = FAULTS[kind]
        for day in range(begin, days):
            fleets[day]["V0"] = fault(fleets[day]["V0"], day - begin, np.random.default_rng(draws))
    return assessed(fleets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--first-seed", type=int, default=0, help="other seeds are other fleets and faults")
    parser.add_argument("kinds", nargs="*", help="; ".join([CLEAN, *FAULTS, SWAPPED]))
    wanted = parser.parse_args()
    kinds_of_run = wanted.kinds or [CLEAN, *FAULTS, SWAPPED]
    seeds = range(wanted.first_seed, wanted.first_seed + wanted.cases)
    months = wanted.cases * VEHICLES * wanted.days / 30.0
    clean: list[Finding] = []
    if CLEAN in kinds_of_run:
        for seed in seeds:
            clean += case(None, 10_000 + seed, wanted.days)
        print(f"clean: {len(clean)} findings in {months:.1f} vehicle-months", flush=True)
        for one in clean[:10]:
            print("  ", one.vehicle, one.day, one)
    for kind in [one for one in kinds_of_run if one != CLEAN]:
        kinds = FAULTS[kind][1] if kind in FAULTS else ("vehicle_swapped",)
        hits, others = 0, []
        for seed in seeds:
            found = case(kind, seed, wanted.days)
            hits += any(one.kind in kinds and one.vehicle == "V0" for one in found)
            others += [one for one in found if one.kind not in kinds or one.vehicle not in ("V0", "V1")]
        print(f"{kind}: found in {hits} of {wanted.cases}; {len(others)} other findings", flush=True)
        for one in others[:3]:
            print("  ", one.vehicle, one.day, one)


if __name__ == "__main__":
    main()
