"""Time of a decision of the energy-aware regulator with 40 and 120 trains on the line.

Run: python benchmarks/regulation_decisions.py [SCENARIO] [--trains N ...] [--decisions N]

The timetable in force of the line in the morning peak, with its departures moved together until the wanted number of
trains is on the line at once; every train has a vehicle of its own and a random lateness. Signalling and supply do not
matter for the time of a decision. Processor time, without the first decisions, which load compiled code.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.energy import EnergyRegulator, EnergyRegulators
from dispatch.regulation.interface.line_state import LineState, ReadyTrain, TrainState
from scenarios.files.load import load_scenario
from scenarios.values.rolling_stock import RollingStock

AROUND_S = 8 * 3600
WARM_UP = 50


def crowded(trips: list[Trip], trains: int) -> Timetable:
    """The trips around the peak, so close together that about this number of trains runs at once."""
    one_way_s = float(np.mean([trip.end_s - trip.start_s for trip in trips]))
    chosen = sorted(trips, key=lambda trip: abs(trip.start_s - AROUND_S))[: 3 * trains]
    moved = []
    for number, trip in enumerate(sorted(chosen, key=lambda trip: trip.start_s)):
        by_s = round(AROUND_S + number * one_way_s / trains) - trip.start_s
        moved.append(
            replace(
                trip,
                vehicle="",
                departure_s=tuple(time_s + by_s for time_s in trip.departure_s),
                arrival_s=tuple(time_s + by_s for time_s in trip.arrival_s),
            )
        )
    return Timetable(tuple(moved))


def state_of(timetable: Timetable, now_s: float, rng: np.random.Generator) -> LineState:
    """The last event of each train that is on the line at a moment."""
    trains = {}
    for trip in timetable.trips:
        late_s = float(rng.uniform(0.0, 15.0))
        if not trip.start_s + late_s <= now_s <= trip.end_s + late_s:
            continue
        stop = int(np.searchsorted(np.array(trip.departure_s[:-1]) + late_s, now_s, side="right")) - 1
        trains[trip.trip_id] = TrainState(
            trip.trip_id, "", "departed", stop, trip.departure_s[stop] + late_s, late_s, trip.passengers[stop],
            trip.running_time_s(stop),
        )  # fmt: skip
    return LineState(now_s, trains)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="beijing_yizhuang")
    parser.add_argument("--trains", type=int, nargs="*", default=[40, 120])
    parser.add_argument("--decisions", type=int, default=2000)
    given = parser.parse_args()
    scenario = load_scenario(given.scenario)
    stock = RollingStock.of(scenario)
    energy = EnergyRegulators(scenario, stock)
    trips = list(timetable_in_force(scenario).trips)
    print(f"{'trains':>6} {'known':>6} {'decisions':>9} {'mean ms':>8} {'p99 ms':>7} {'most ms':>8}")
    for trains in given.trains:
        timetable = crowded(trips, trains)
        regulator = energy.for_day(timetable)
        assert isinstance(regulator, EnergyRegulator)
        rng = np.random.default_rng(0)
        known, seconds = [], []
        middle = len(timetable.trips) // 2
        for _ in range(given.decisions + WARM_UP):
            trip = timetable.trips[middle + int(rng.integers(-5, 6))]
            stop = int(rng.integers(0, len(trip.driving)))
            now_s = trip.departure_s[stop] + float(rng.uniform(-5.0, 20.0))
            line = state_of(timetable, now_s, rng)
            planned_s = trip.running_time_s(stop)
            train = ReadyTrain(
                trip, stop, stop, now_s, None, None, trip.passengers[stop], planned_s, planned_s - 10
            )  # fmt: skip
            began = time.thread_time()
            regulator.advise(train, line)
            seconds.append(time.thread_time() - began)
            known.append(len(line.trains))
        ms = 1e3 * np.array(seconds[WARM_UP:])
        print(
            f"{trains:6} {np.mean(known):6.0f} {len(ms):9} {ms.mean():8.2f} {np.quantile(ms, 0.99):7.2f} "
            f"{ms.max():8.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
