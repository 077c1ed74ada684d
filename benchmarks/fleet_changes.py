"""False alarms and found changes of `headwatt fleet`: drawn vehicles with a calibration a day.

`python benchmarks/fleet_changes.py --vehicles 500 --days 30`. Each vehicle is drawn by Headwatt's generator of true
parameters; each day has an estimate of each parameter with its noise, and days scatter more than their noise by a drawn
factor of 1 to 3. A quarter of the vehicles has a step, a quarter a drift, both of one parameter, by 3 to 8 times the
scatter of a day.
"""

import argparse

import numpy as np

from energy_models.calibration.drift import change_of
from energy_models.calibration.parameters import PARAMETER_NAMES
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of

NOISE = {"tare_kg": 0.004, "rotating_mass_kg": 0.02, "traction_efficiency": 0.003, "regeneration_efficiency": 0.004}
OTHER_NOISE = 0.02


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=500)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train = train_of(load_scenario("beijing_yizhuang"))
    days = np.arange(given.days, dtype=np.float64)
    series = alarms = 0
    changed = {"step": 0, "drift": 0}
    found, right_kind, right_time = dict(changed), dict(changed), 0
    for vehicle in range(given.vehicles):
        rng = np.random.default_rng([given.seed, vehicle])
        truth = draw_ground_truth(train, rng)
        kind = ("none", "none", "step", "drift")[vehicle % 4]
        which = PARAMETER_NAMES[rng.integers(len(PARAMETER_NAMES))]
        for name in PARAMETER_NAMES:
            noise = NOISE.get(name, OTHER_NOISE) * getattr(truth, name)
            scatter = noise * rng.uniform(1.0, 3.0)
            level = np.full(given.days, getattr(truth, name))
            place = 0
            if name == which and kind == "step":
                place = int(rng.integers(3, given.days - 3))
                level = level + rng.uniform(3.0, 8.0) * scatter * (days >= place)
            elif name == which and kind == "drift":
                level = level + rng.uniform(3.0, 8.0) * scatter * days / days[-1]
            change = change_of(days, level + scatter * rng.standard_normal(given.days), [noise] * given.days)
            if name != which or kind == "none":
                series += 1
                alarms += change is not None
                continue
            changed[kind] += 1
            if change is not None:
                found[kind] += 1
                right_kind[kind] += change.kind == kind
                right_time += kind == "step" and change.since_from <= place <= change.since_to
    months = given.vehicles * given.days / 30.0
    print(f"{series:,} series without a change, {months:,.0f} vehicle-months: {alarms} false alarms")
    for kind, count in changed.items():
        print(f"{kind}: {found[kind]} of {count} found, {right_kind[kind]} as {kind}")
    print(f"steps whose 95 % range of days contains the day: {right_time} of {found['step']}")


if __name__ == "__main__":
    main()
