"""Telemetry of all trains and meters of the substations of a network whose values are known."""

from dataclasses import replace

import numpy as np
import pandas as pd

from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve

STEP_S, PERIOD_S, BEGIN_S = 2, 60, 25_200


def other_network(scenario: SupplyNetwork, seed: int) -> SupplyNetwork:
    """A network with drawn resistances and no-load voltage, beside that of the scenario."""
    rng = np.random.default_rng(seed)
    volts, wires = rng.uniform(0.98, 1.02), rng.uniform(0.8, 1.3)
    return replace(
        scenario,
        substations=tuple(
            replace(one, no_load_v=one.no_load_v * volts, resistance_ohm=one.resistance_ohm * rng.uniform(0.75, 1.35))
            for one in scenario.substations
        ),
        contact_ohm_per_m=scenario.contact_ohm_per_m * wires,
        return_ohm_per_m=scenario.return_ohm_per_m * wires,
    )


def recorded_line(
    true: SupplyNetwork, seed: int, hours: float = 1.5, trains: int = 6, largest_w: float = 1.5e6
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of telemetry of trains that run to and fro, and `substation`, `time_s`, `power_kw` of the meters."""
    rng = np.random.default_rng(seed)
    count = round(hours * 3600.0 / STEP_S)
    length = true.length_m
    along = (np.arange(count)[:, None] * STEP_S * 10.0 + np.arange(trains) * 2.0 * length / trains) % (2.0 * length)
    phases = rng.choice([-0.5, 0.03, 0.03, 0.6, 1.0], (count // 10 + 1, trains)) * largest_w
    snapshots = Snapshots(
        np.arange(count + 1) * trains,
        true.start_chainage_m + np.where(along >= length, 2.0 * length - along, along).ravel(),
        (along >= length).astype(np.int64).ravel(), np.repeat(phases, 10, axis=0)[:count].ravel(),
        np.zeros(along.size), interval_s=float(STEP_S),
    )  # fmt: skip
    solved = solve(true, snapshots)
    time = BEGIN_S + STEP_S * np.arange(1, count + 1)
    volts = solved.train_v + rng.normal(0.0, 1.5, along.size)
    rows = pd.DataFrame(
        {
            "time_s": np.repeat(time, trains),
            "vehicle": np.tile([f"V{one:02d}" for one in range(trains)], count),
            "direction": np.where(snapshots.track == 1, "down", "up"),
            "chainage_m": snapshots.chainage_m.round(1),
            "voltage_v": volts.round(1),
            "current_a": (solved.train_power_w / solved.train_v).round(1),
        }
    )
    per = PERIOD_S // STEP_S
    power = solved.substation_power_w[: count // per * per].reshape(count // per, per, -1).mean(axis=1)
    power = power * rng.normal(1.0, 0.003, power.shape[1])
    meters = pd.DataFrame(
        {
            "substation": np.tile([one.name for one in true.substations], len(power)),
            "time_s": np.repeat(BEGIN_S + PERIOD_S * np.arange(1, len(power) + 1), len(true.substations)),
            "power_kw": power.ravel() / 1e3,
        }
    )
    return rows.sort_values(["vehicle", "time_s"], ignore_index=True), meters
