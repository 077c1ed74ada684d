"""DC supply: snapshots a second on one core, 8 substations and 40 trains, and random snapshots without a failure.

    python benchmarks/supply.py [--snapshots N] [--robustness N] [--pandapower N]

Speeds are told by the wall clock and by the processor time of this process, which a busy machine does not slow. The
comparison with pandapower needs the extra `benchmark`; it solves the nearest equivalent that an AC package has: one
phase without reactance, rectifiers as stiff feeders behind their resistance that can also take power back, trains of
constant power without any fade.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np

from energy_models.supply.device_laws import PackedNetwork, pack
from energy_models.supply.equivalent_track import substation_power_w
from energy_models.supply.network import Storage, Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import Model, solve_packed
from energy_models.supply.tridiagonal import chain_for

LAW = VehicleLaw(900.0, 930.0, 600.0, 500.0, 450.0)
LENGTH_M = 22_728.0
TRAINS = 40
STARTS_V = (500.0, 700.0, 925.0, 1100.0)


def line() -> SupplyNetwork:
    places = np.linspace(0.0, LENGTH_M, 8)
    rectifiers = tuple(Substation(f"S{i}", float(place), 850.0, 0.02) for i, place in enumerate(places))
    return SupplyNetwork(LENGTH_M, rectifiers, LAW, 7e-6, 4.5e-6)


def usual_snapshots(rng: np.random.Generator, count: int) -> Snapshots:
    """40 trains anywhere, each accelerating, coasting or braking."""
    entries = count * TRAINS
    asked_w = rng.choice([-3e6, -1.5e6, 0.0, 1e6, 2e6, 3e6], entries) * rng.uniform(0.3, 1.0, entries)
    return Snapshots(
        np.arange(count + 1) * TRAINS, rng.uniform(0.0, LENGTH_M, entries), rng.integers(0, 2, entries), asked_w,
        np.full(entries, 45e3),
    )  # fmt: skip


def random_network(rng: np.random.Generator) -> SupplyNetwork:
    """6 to 12 substations, some reversible, perhaps one out, perhaps a storage."""
    count = int(rng.integers(6, 13))
    places = np.linspace(0.0, LENGTH_M, count)
    places[1:-1] += rng.uniform(-300.0, 300.0, count - 2)
    substations = tuple(
        Substation(f"S{i}", float(place), float(rng.choice([825.0, 850.0])), rng.uniform(0.012, 0.03))
        if rng.random() < 0.7
        else Substation(f"S{i}", float(place), 850.0, 0.02, inverter_v=880.0, inverter_resistance_ohm=0.03)
        for i, place in enumerate(places)
    )
    stores = tuple(
        Storage(f"B{i}", rng.uniform(0.0, LENGTH_M), 5e7, 880.0, 760.0, 0.03, 2000.0, 1.5e6, 0.95, 0.95, 1e3)
        for i in range(int(rng.integers(0, 2)))
    )
    network = SupplyNetwork(
        LENGTH_M, substations, LAW, rng.uniform(6e-6, 1.2e-5), rng.uniform(4e-6, 1e-5), storages=stores
    )
    return network.without(f"S{rng.integers(0, count)}") if rng.random() < 0.5 else network


def random_snapshots(rng: np.random.Generator, count: int) -> Snapshots:
    """Up to 40 trains: mixed, all braking, all motoring, 6 MW each, or many at one place."""
    trains = rng.integers(0, TRAINS + 1, count)
    offset = np.concatenate([[0], np.cumsum(trains)])
    entries = int(offset[-1])
    kind = np.repeat(rng.integers(0, 5, count), trains)
    asked_w = rng.uniform(-4e6, 4e6, entries)
    heavy_w = 6e6 * rng.choice([-1.0, 1.0], entries)
    asked_w = np.select([kind == 0, kind == 1, kind == 2], [-abs(asked_w), abs(asked_w), heavy_w], asked_w)
    asked_w = np.where(rng.random(entries) < 0.15, 0.0, asked_w)
    same_m = np.repeat(rng.uniform(0.0, LENGTH_M, count), trains)
    place_m = rng.uniform(0.0, LENGTH_M, entries)
    place_m = np.where((kind == 3) & (rng.random(entries) < 0.3), same_m, place_m)
    return Snapshots(offset, place_m, rng.integers(0, 2, entries), asked_w, rng.uniform(0.0, 3e5, entries))


def per_second(work: Callable[[], object], count: int) -> str:
    """Best of three, after one run to compile."""
    work()
    wall, processor = [], []
    for _ in range(3):
        at_wall, at_processor = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - at_wall)
        processor.append(time.process_time() - at_processor)
    return f"{count / min(wall):>12,.0f}{count / min(processor):>18,.0f}"


def speed(count: int) -> None:
    packed, snapshots = pack(line()), usual_snapshots(np.random.default_rng(1), count)
    chain, total_w = chain_for(packed, TRAINS), np.zeros(count)
    print(f"8 substations, {TRAINS} trains, {count:,} snapshots, from the no-load voltage each time, one core")
    print(f"{'snapshots a second':<44}{'wall clock':>12}{'processor time':>18}")
    train_v, static_v = np.empty(count * TRAINS), np.empty((count, len(packed.chainage_m)))

    def search(is_known: bool = False) -> None:
        if not is_known:
            train_v[:], static_v[:] = packed.start_v, packed.start_v
        substation_power_w(
            packed, chain, snapshots.offset, snapshots.chainage_m, snapshots.power_w, snapshots.auxiliary_w,
            train_v, static_v, packed.initial_charge_j, 1.0, total_w,
        )  # fmt: skip

    print(f"{'equivalent track, kernel of the search':<44}{per_second(search, count)}", flush=True)
    known = per_second(lambda: search(True), count)
    print(f"{'  from the answer (what a check costs)':<44}{known}", flush=True)
    models: tuple[Model, ...] = ("equivalent", "ladder")
    for model in models:
        for prices in (False, True):

            def whole(model: Model = model, prices: bool = prices) -> None:
                solve_packed(packed, snapshots, model=model, prices=prices)

            name = f"{model}, every result" + (" with prices" if prices else "")
            print(f"{name:<44}{per_second(whole, count)}", flush=True)


def robustness(count: int, block: int = 5000) -> None:
    """Random snapshots on random networks; every fourth block also from four other starts."""
    print(f"\n{count:,} random snapshots on each model: all braking, all motoring, 6 MW trains, coincident, outages")
    models: tuple[Model, ...] = ("equivalent", "ladder")
    for model in models:
        rng = np.random.default_rng(2026)
        done = failed = compared = other = most = 0
        worst_w = 0.0

        def solved(packed: PackedNetwork, asked: Snapshots, model: Model = model) -> np.ndarray:
            nonlocal failed, worst_w, most
            solution = solve_packed(packed, asked, model=model)
            failed += int((solution.iterations < 0).sum())
            worst_w = max(worst_w, float(solution.residual_w.max()))
            most = max(most, int(solution.iterations.max()))
            return solution.train_v

        begun = time.process_time()
        while done < count:
            packed, asked = pack(random_network(rng)), random_snapshots(rng, min(block, count - done))
            usual_v = solved(packed, asked)
            if (done // block) % 4 == 0 and not len(packed.initial_charge_j):
                instant = np.repeat(np.arange(asked.count), np.diff(asked.offset))
                for start_v in STARTS_V:
                    differs = np.abs(solved(packed._replace(start_v=start_v), asked) - usual_v) > 0.01
                    other += len(np.unique(instant[differs]))
                    compared += asked.count
            done += asked.count
        print(
            f"{model:<12} {done:,} solved, {failed} failures, balance within {worst_w:.3f} W, at most {most} steps; "
            f"{compared:,} solved again from other starts, {other} ended elsewhere; "
            f"{time.process_time() - begun:.0f} s",
            flush=True,
        )


def beside_pandapower(count: int) -> None:
    if importlib.util.find_spec("pandapower") is None:
        print("\npandapower is not installed (extra `benchmark`): no comparison")
        return
    import pandapower  # noqa: PLC0415

    network, snapshots = line(), usual_snapshots(np.random.default_rng(1), count)
    loop_ohm_per_m = network.loop_ohm_per_m
    options = {"numba": True, "init": "flat", "calculate_voltage_angles": False, "check_connectivity": False}
    failed, seconds, differences = 0, 0.0, []
    ours = solve_packed(pack(network), snapshots, model="equivalent")
    for instant in range(count):
        entries = range(instant * TRAINS, (instant + 1) * TRAINS)
        grid = pandapower.create_empty_network(sn_mva=1.0)
        kv = 0.85 / np.sqrt(3.0)  # per phase; three phases carry three times the power of one conductor
        places = [(s.chainage_m, s, None) for s in network.substations]
        places += [(float(snapshots.chainage_m[e]), None, e) for e in entries]
        before = None
        for place_m, substation, entry in sorted(places, key=lambda item: item[0]):
            bus = pandapower.create_bus(grid, vn_kv=kv * np.sqrt(3.0))
            if before is not None:
                ohm = loop_ohm_per_m * max(place_m - before[0], 1.0)
                _resistor(pandapower, grid, before[1], bus, ohm)
            if substation is not None:
                source = pandapower.create_bus(grid, vn_kv=kv * np.sqrt(3.0))
                pandapower.create_ext_grid(grid, source)
                _resistor(pandapower, grid, source, bus, substation.resistance_ohm)
            else:
                asked_w = float(snapshots.power_w[entry] + snapshots.auxiliary_w[entry])
                pandapower.create_load(grid, bus, p_mw=asked_w / 1e6)
            before = (place_m, bus)
        if instant == 0:
            pandapower.runpp(grid, **options)  # compiles its kernels
        begun = time.perf_counter()
        try:
            pandapower.runpp(grid, **options)
        except pandapower.LoadflowNotConverged:
            failed += 1
        else:
            volts = 850.0 * grid.res_bus.vm_pu[grid.load.bus].to_numpy()
            entries_by_place = sorted(entries, key=lambda e: snapshots.chainage_m[e])
            differences.append(np.abs(volts - ours.train_v[entries_by_place]).max())
        seconds += time.perf_counter() - begun
    print(
        f"\npandapower {pandapower.__version__}, {count} of the same snapshots, two-way feeders and no fades: "
        f"{count / seconds:.0f} a second (its solver alone, compiled before), {failed} not converged; "
        f"largest difference of a train's voltage, "
        f"median over instants {np.median(differences):.1f} V (its feeders take back what ours block)"
    )


def _resistor(pandapower, grid, from_bus: int, to_bus: int, ohm: float) -> None:  # type: ignore[no-untyped-def]
    pandapower.create_line_from_parameters(
        grid, from_bus, to_bus, length_km=1.0, r_ohm_per_km=ohm, x_ohm_per_km=0.0, c_nf_per_km=0.0, max_i_ka=10.0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--snapshots", type=int, default=40_000, help="snapshots of the speed table")
    parser.add_argument("--robustness", type=int, default=1_000_000, help="random snapshots of each model, 0 for none")
    parser.add_argument("--pandapower", type=int, default=50, help="snapshots given to pandapower, 0 for none")
    chosen = parser.parse_args()
    speed(chosen.snapshots)
    if chosen.pandapower:
        beside_pandapower(chosen.pandapower)
    if chosen.robustness:
        robustness(chosen.robustness)


if __name__ == "__main__":
    main()
