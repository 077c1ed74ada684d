"""Calibrates perturbed recordings: none may crash, and none with a wrong unit, sign or clock may be accepted.

Each file is a part of a recording of `calibration_generator` with one or two random perturbations. A perturbation of
the group `must refuse` makes every estimate wrong; the others may be accepted. Run:

    python benchmarks/calibration_perturbed.py [--files 200] [--seed 1]
"""

import argparse
import traceback
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
from calibration_conditions import EVERYDAY, _ways
from calibration_generator import World, draw_vehicle, make_day
from rich.console import Console

from energy_models.calibration.estimate import calibrate
from energy_models.calibration.parameters import parameters_of
from energy_models.calibration.stretches import cut
from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.build import section_tracks, train_of

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def _scaled(column: str, factor: float) -> Change:
    return lambda rows, _rng: rows.assign(**{column: rows[column] * factor})


def _constant(column: str, value: object) -> Change:
    return lambda rows, _rng: rows.assign(**{column: value})


def _late(seconds: int) -> Change:
    def change(rows: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(current_a=rows["current_a"].shift(seconds).bfill().ffill())

    return change


def _every(step: int) -> Change:
    return lambda rows, _rng: rows[rows["time_s"] % step == 0].reset_index(drop=True)


def _means(step: int) -> Change:
    """A row every `step` seconds, with voltage and current as means since the row before."""

    def change(rows: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
        group = [rows["vehicle"], np.ceil(rows["time_s"] / step)]
        volts, amperes = (rows[name].groupby(group).transform("mean") for name in ("voltage_v", "current_a"))
        found = rows.assign(voltage_v=volts, current_a=amperes)
        return found[rows["time_s"] % step == 0].reset_index(drop=True)

    return change


def _shuffled(column: str) -> Change:
    return lambda rows, rng: rows.assign(**{column: rng.permutation(rows[column].to_numpy())})


def _dropped(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return rows[rng.random(len(rows)) < rng.uniform(0.02, 1.0)].reset_index(drop=True)


def _noisy(column: str, spread: float) -> Change:
    return lambda rows, rng: rows.assign(**{column: rows[column] + rng.normal(0.0, spread, len(rows))})


MUST_REFUSE: dict[str, Change] = {
    "current has the other sign": _scaled("current_a", -1.0),
    "current in kA": _scaled("current_a", 1e-3),
    "current in dA": _scaled("current_a", 10.0),
    "voltage in kV": _scaled("voltage_v", 1e-3),
    "speed in km/h": _scaled("speed_m_s", 3.6),
    "speed in mph": _scaled("speed_m_s", 2.237),
    "meter 6 s late": _late(6),
    "meter 30 s late": _late(30),
    "current of another train": _shuffled("current_a"),
    "no current": _constant("current_a", 0.0),
    "no load": _constant("load_kg", 20_000.0),
    "load in t": _scaled("load_kg", 1e-3),
}
COARSE: dict[str, Change] = {f"means every {step} s": _means(step) for step in (2, 5, 10)}
MAY_ACCEPT: dict[str, Change] = {
    **COARSE,
    "nothing": lambda rows, _rng: rows,
    "rows lost": _dropped,
    "every 2 s": _every(2),
    "every 5 s": _every(5),
    "every 10 s": _every(10),
    "an hour": lambda rows, _rng: rows.head(3600),
    "twenty minutes": lambda rows, _rng: rows.head(1200),
    "one row": lambda rows, _rng: rows.head(1),
    "constant speed": _constant("speed_m_s", 10.0),
    "no speed": _constant("speed_m_s", 0.0),
    "always traction": _constant("state", "traction"),
    "always coast": _constant("state", "coast"),
    "always stand": _constant("state", "stand"),
    "states shuffled": _shuffled("state"),
    "always friction": _constant("friction_brake", 1.0),
    "constant chainage": _constant("chainage_m", 5_000.0),
    "chainage shuffled": _shuffled("chainage_m"),
    "chainage in km": _scaled("chainage_m", 1e-3),
    "one section": _constant("section", 3.0),
    "one direction": _constant("direction", "up"),
    "hot": _constant("outside_temperature_c", 60.0),
    "noise of speed": _noisy("speed_m_s", 2.0),
    "noise of current": _noisy("current_a", 2_000.0),
    "huge load": _scaled("load_kg", 5.0),
    "negative load": _scaled("load_kg", -1.0),
    "constant voltage": _constant("voltage_v", 0.0),
    "one trip": _constant("trip", "T"),
    "a vehicle a row": lambda rows, _rng: rows.assign(vehicle=np.arange(len(rows)).astype(str)),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    scenario = load_scenario("beijing_yizhuang")
    train = train_of(scenario)
    tracks = {way: section_tracks(scenario, way, train) for way in ("up", "down")}
    recordings = []
    for number, world in enumerate((World(), EVERYDAY, World(losses=True, length=True, stuck=True, dropouts=True))):
        rng = np.random.default_rng([asked.seed, number])
        vehicle, ways = draw_vehicle(world, rng), _ways(tracks, world, rng)
        recordings.append(make_day(world, vehicle, ways, float(ways[0].stop[-1]), asked.seed * 100 + number).rows)
    rng, console = np.random.default_rng(asked.seed), Console(width=160)
    counts: Counter[tuple[str, str]] = Counter()
    crashes = 0
    for number in range(asked.files):
        rows = recordings[int(rng.integers(len(recordings)))]
        first = int(rng.integers(0, len(rows) // 2))
        rows = rows.iloc[first : first + int(rng.integers(8_000, 11_000))].reset_index(drop=True)
        group = MUST_REFUSE if rng.random() < 0.4 else MAY_ACCEPT
        names = [str(rng.choice(list(group)))]
        if rng.random() < 0.3:
            names.append(str(rng.choice(list(MAY_ACCEPT))))
        elif rng.random() < 0.3:
            names.append(str(rng.choice(list(COARSE))))
        rows = rows.astype({"section": float, "time_s": float, "friction_brake": float})
        for name in names:
            rows = {**MUST_REFUSE, **MAY_ACCEPT}[name](rows, rng)
        try:
            calibrate(cut(rows, tracks), parameters_of(train), train_length_m=train.length_m)
            outcome = "ACCEPTED" if group is MUST_REFUSE else "accepted"
            if outcome == "ACCEPTED":
                console.print(f"file {number}: {names} was accepted", markup=False)
        except InputFaults:
            outcome = "refused"
        except Exception:
            crashes += 1
            outcome = "CRASHED"
            console.print(f"file {number}: {names}\n{traceback.format_exc(limit=-3)}", markup=False)
        counts[names[0], outcome] += 1
    for (name, outcome), count in sorted(counts.items()):
        console.print(f"{name}: {outcome} {count}", markup=False)
    wrong = sum(count for (_, outcome), count in counts.items() if outcome == "ACCEPTED")
    console.print(f"{asked.files} files: {crashes} crashed, {wrong} with a wrong unit, sign or clock accepted.")


if __name__ == "__main__":
    main()
