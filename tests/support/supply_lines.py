"""Small and random lines for the tests of the DC supply."""

import numpy as np

from energy_models.supply.network import Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots

LAW = VehicleLaw(
    regeneration_fade_from_v=900.0,
    regeneration_fade_to_v=930.0,
    traction_full_above_v=600.0,
    traction_none_below_v=500.0,
    auxiliaries_constant_impedance_below_v=450.0,
)


def network(*substations: Substation, length_m: float = 10_000.0, **changes: object) -> SupplyNetwork:
    """A line with the resistances of the Yizhuang line."""
    resistances = {"contact_ohm_per_m": 7e-6, "return_ohm_per_m": 4.5e-6}
    return SupplyNetwork(length_m, substations, LAW, **{**resistances, **changes})  # type: ignore[arg-type]


def eight_substations(**changes: object) -> SupplyNetwork:
    """23 km with 8 rectifiers."""
    places = np.linspace(0.0, 23_000.0, 8)
    rectifiers = [Substation(f"S{number}", float(place), 850.0, 0.02) for number, place in enumerate(places)]
    return network(*rectifiers, length_m=23_000.0, **changes)


def trains(*rows: tuple[float, int, float, float], instants: int = 1) -> Snapshots:
    """The same trains at each instant; a row is chainage, track, power, auxiliaries."""
    columns = np.array(rows * instants, dtype=np.float64).reshape(-1, 4)
    return Snapshots(
        offset=np.arange(instants + 1) * len(rows),
        chainage_m=columns[:, 0],
        track=columns[:, 1].astype(np.int64),
        power_w=columns[:, 2],
        auxiliary_w=columns[:, 3],
    )


def random_trains(
    seed: int, instants: int, length_m: float = 23_000.0, most: int = 40, coincident: bool = True
) -> Snapshots:
    """Mixed, all braking, all motoring, 6 MW each, and coincident trains, up to `most` at an instant."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, most + 1, instants)
    offset = np.concatenate([[0], np.cumsum(count)])
    entries = int(offset[-1])
    kind = np.repeat(rng.integers(0, 5, instants), count)
    power_w = rng.uniform(-4e6, 4e6, entries)
    heavy_w = 6e6 * rng.choice([-1.0, 1.0], entries)
    power_w = np.select([kind == 0, kind == 1, kind == 2], [-abs(power_w), abs(power_w), heavy_w], power_w)
    power_w = np.where(rng.random(entries) < 0.15, 0.0, power_w)
    chainage_m = rng.uniform(0.0, length_m, entries)
    same_m = np.repeat(rng.uniform(0.0, length_m, instants), count)
    chainage_m = np.where(coincident & (kind == 3) & (rng.random(entries) < 0.3), same_m, chainage_m)
    return Snapshots(offset, chainage_m, rng.integers(0, 2, entries), power_w, rng.uniform(0.0, 3e5, entries))
