"""How much a saving depends on its inputs: today's timetable and the plan with one changed input at a time.

Both timetables keep their times. The trains are driven anew for the changed input, and the energies of both days are
computed with every train on time on the equivalent track. On long days, every n-th hour of the day counts, so that the
work has an upper limit for every line. There is no clock: the same inputs give the same figures.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import TRACK_INDEX, sections_of, turnback_stand
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Infeasible
from energy_models.movement.planned import Run, SecondsOfMotion, Stand, assemble
from energy_models.running_times import ProfileLibrary
from energy_models.supply.solver import solve
from energy_models.train import Efficiency, ForceCurve, Train
from scenarios.files.main_inputs import InputKey
from scenarios.schema import Scenario
from scenarios.schema.supply import Supply
from scenarios.values.build import supply_network
from scenarios.values.rolling_stock import RollingStock

CHANGE_SHARE = 0.2
VOLTAGE_SHARE = 0.05
"""A no-load voltage is known better than the other inputs: 20 % of it would be more than EN 50163 allows."""
BEST_EFFICIENCY = 0.98
RUNS_MOST = 4_000
"""Section runs of both timetables that one variation computes: about 0.5 s."""
HOUR_S = 3_600
FASTEST = "flat_out"
STAGE = "sensitivity to the inputs"
_OF_SUPPLY: tuple[InputKey | None, ...] = ("no_load_voltage", "substation_resistance", "contact_line")
_SAME_DRIVING: tuple[InputKey | None, ...] = (None, "passengers", "auxiliaries", *_OF_SUPPLY)
"""Inputs on which the driving profiles do not depend."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class InputEffect:
    """The saving in % if one input is smaller or larger by `change_share`; other inputs unchanged.

    The savings are those of the plan with every train on time. `slower_share` is the share of section runs for which a
    train with the changed input is too slow; such a train runs as fast as it can.
    """

    key: InputKey
    change_share: float
    smaller_percent: float
    larger_percent: float
    slower_share: float = 0.0


@dataclass(frozen=True)
class InputSensitivity:
    """Savings in % for changed inputs, beside the saving with the inputs of the scenario, for the same hours."""

    saving_percent: float
    effects: tuple[InputEffect, ...]
    hours: int
    hours_of_day: int

    def points_of(self, effect: InputEffect) -> float:
        """The larger change of the saving by one input, in per cent points."""
        return max(abs(saving - self.saving_percent) for saving in (effect.smaller_percent, effect.larger_percent))

    @property
    def range_points(self) -> tuple[float, float]:
        """By how many per cent points the saving falls and rises if the inputs vary independently of each other.

        Root of the sum of squares of the changes by one input at a time; (0 or negative, 0 or positive).
        """
        falls, rises = 0.0, 0.0
        for effect in self.effects:
            changes = (effect.smaller_percent - self.saving_percent, effect.larger_percent - self.saving_percent)
            falls += min(0.0, *changes) ** 2
            rises += max(0.0, *changes) ** 2
        return -sqrt(falls), sqrt(rises)


def input_sensitivity(
    keys: Sequence[InputKey],
    today: Timetable,
    plan: Timetable,
    scenario: Scenario,
    stock: RollingStock,
    workers: int = 1,
    progress: Progress = lambda _stage, _share: None,
) -> InputSensitivity:
    """The savings of a plan for changed inputs `keys`, which must be inputs that can be varied.

    `stock` are the trains of the fleet, for example calibrated trains.
    """
    hours, of_day = _hours(today, plan)
    variations = [(key, factor) for key in keys for factor in (1.0 - change_share(key), 1.0 + change_share(key))]
    done = 0
    progress(STAGE, 0.0)
    given = _line(scenario, stock, None, 1.0)

    def evaluate(one: tuple[InputKey | None, float]) -> tuple[float, float]:
        nonlocal done
        key, factor = one
        line = given if key in _SAME_DRIVING else _line(scenario, stock, key, factor)
        if key in _OF_SUPPLY:
            changed = scenario.with_parts(supply=changed_supply(scenario.supply, key, factor))
            line = replace(given, scenario=changed, network=supply_network(changed))
        day = _Day(
            line, hours, factor if key == "passengers" else 1.0, factor if key == "auxiliaries" else 1.0
        )  # fmt: skip
        before_j, after_j = day.energy_j(today), day.energy_j(plan)
        done += 1
        progress(STAGE, done / (len(variations) + 1))
        return 100.0 * (1.0 - after_j / before_j) if before_j > 0.0 else 0.0, day.slower_share

    # The case without a change is first, so that the variations of the supply use its driving profiles.
    saving_percent, _ = evaluate((None, 1.0))
    with ThreadPoolExecutor(max(1, workers)) as pool:
        found = dict(zip(variations, pool.map(evaluate, variations), strict=True))
    effects = []
    for key in keys:
        share = change_share(key)
        smaller, larger = found[key, 1.0 - share], found[key, 1.0 + share]
        effects.append(InputEffect(key, share, smaller[0], larger[0], max(smaller[1], larger[1])))
    return InputSensitivity(saving_percent, tuple(effects), len(hours), of_day)


def change_share(key: InputKey) -> float:
    """By which share an input is varied."""
    return VOLTAGE_SHARE if key == "no_load_voltage" else CHANGE_SHARE


def changed_train(train: Train, key: InputKey | None, factor: float) -> Train:
    """The train with one input multiplied by a factor; efficiencies stay at most `BEST_EFFICIENCY`."""
    changes: dict[str, object] = {}
    match key:
        case "train_mass":
            changes = {"tare_kg": train.tare_kg * factor, "rotating_mass_kg": train.rotating_mass_kg * factor}
        case "traction":
            changes = {"traction": _scaled_force(train.traction, factor)}
        case "running_resistance":
            changes = {"resistance_n": tuple(factor * part for part in train.resistance_n)}
        case "traction_efficiency":
            changes = {"traction_efficiency": _scaled(train.traction_efficiency, factor)}
        case "regeneration_efficiency":
            changes = {"regeneration_efficiency": _scaled(train.regeneration_efficiency, factor)}
    return replace(train, **changes)  # type: ignore[arg-type]


def changed_supply(supply: Supply, key: InputKey | None, factor: float) -> Supply:
    """The supply with one input multiplied by a factor, at each substation with its own value too.

    A no-load voltage stays between the voltages at which traction and regeneration fade, below the voltages of
    inverters, and in the dead band of storages.
    """
    if key == "contact_line":
        return supply.model_copy(update={"contact_line_ohm_per_km": supply.contact_line_ohm_per_km * factor})
    if key not in ("substation_resistance", "no_load_voltage"):
        return supply
    field, own, low, high = "substation_resistance_ohm", "resistance_ohm", 0.0, inf
    if key == "no_load_voltage":
        field = own = "no_load_v"
        inverters = [item.inverter_v for item in supply.substations if item.inverter_v is not None]
        charging = [item.charge_from_v for item in supply.storages if item.in_service]
        low = 1.0 + max(
            [supply.traction.full_above_v, *(item.discharge_below_v for item in supply.storages if item.in_service)]
        )
        high = -1.0 + min([supply.regeneration.fade_to_v, *inverters, *charging])

    def change(value: float) -> float:
        return min(max(value * factor, low), high)

    substations = tuple(
        item if getattr(item, own) is None else item.model_copy(update={own: change(getattr(item, own))})
        for item in supply.substations
    )
    return supply.model_copy(update={field: change(getattr(supply, field)), "substations": substations})


def _line(scenario: Scenario, stock: RollingStock, key: InputKey | None, factor: float) -> LineModel:
    """The line with changed trains, with driving profiles of their own."""
    return LineModel.of(scenario, stock.map(lambda _, train: changed_train(train, key, factor)))


class _Day:
    """Energies of timetables on a line, for the runs and stands that begin in some hours of the day."""

    def __init__(self, line: LineModel, hours: frozenset[int], load: float, auxiliaries: float) -> None:
        self._line, self._hours, self._load, self._auxiliaries = line, hours, load, auxiliaries
        self._runs, self._slower = 0, 0

    @property
    def slower_share(self) -> float:
        """Share of the runs for which the train was too slow."""
        return self._slower / self._runs if self._runs else 0.0

    def energy_j(self, timetable: Timetable) -> float:
        """Energy in J at the substation terminals."""
        runs: list[Run] = []
        stands: list[Stand] = []
        run_w: list[float] = []
        stand_w: list[float] = []
        for trip, follows_s in _with_next(timetable):
            auxiliary_w = self._auxiliaries * self._line.train_of(trip.vehicle).auxiliary_w
            library = self._line.others.get(trip.vehicle) or self._line.library
            index = TRACK_INDEX[trip.direction]
            for k, section, track in sections_of(trip, library):
                if trip.departure_s[k] // HOUR_S in self._hours:
                    runs.append(Run(track, index, trip.departure_s[k], self._motion(trip, k, section, library)))
                    run_w.append(auxiliary_w)
                if k and trip.arrival_s[k] // HOUR_S in self._hours:
                    stands.append(Stand(track.departure_chainage_m, index, trip.arrival_s[k], trip.departure_s[k]))
                    stand_w.append(auxiliary_w)
            if trip.end_s // HOUR_S in self._hours:
                stands.append(turnback_stand(trip, follows_s, library, self._line.scenario.operation))
                stand_w.append(auxiliary_w)
        begin_s = min(trip.start_s for trip in timetable.trips)
        latest_s = max((run.departure_s + run.motion.running_time_s for run in runs), default=begin_s + 1.0)
        end_s = max(latest_s, *(stand.to_s for stand in stands), begin_s + 1)
        snapshots = assemble(runs, stands, [*run_w, *stand_w], begin_s, int(end_s) + 2)
        return float(solve(self._line.network, snapshots, model="equivalent").source_power_w.sum())

    def _motion(self, trip: Trip, k: int, section: int, library: ProfileLibrary) -> SecondsOfMotion:
        self._runs += 1
        passengers = trip.passengers[k] * self._load
        try:
            return library.motion(trip.direction, section, trip.running_time_s(k), passengers, trip.driving[k])
        except Infeasible:
            self._slower += 1
            return library.motion(trip.direction, section, 0.0, passengers, FASTEST)


def _with_next(timetable: Timetable) -> list[tuple[Trip, int | None]]:
    """Each trip with the next departure of its vehicle."""
    found: list[tuple[Trip, int | None]] = []
    for trips in timetable.duties().values():
        for trip, after in zip(trips, (*trips[1:], None), strict=True):
            found.append((trip, None if after is None else after.start_s))
    return found


def _hours(today: Timetable, plan: Timetable) -> tuple[frozenset[int], int]:
    """The hours of the day that count, evenly spread, and the number of hours with trains."""
    runs = sum(len(trip.driving) for timetable in (today, plan) for trip in timetable.trips)
    every = -(-runs // RUNS_MOST)
    trips = (*today.trips, *plan.trips)
    last = max(trip.end_s for trip in trips) // HOUR_S
    served = range(min(trip.start_s for trip in trips) // HOUR_S, last + 1)
    return frozenset(served[every // 2 :: every]), len(served)


def _scaled_force(curve: ForceCurve, factor: float) -> ForceCurve:
    return replace(curve, force_n=curve.force_n * factor, power_w=curve.power_w * factor)


def _scaled(efficiency: Efficiency, factor: float) -> Efficiency:
    most = np.maximum(efficiency.share, BEST_EFFICIENCY)
    return replace(efficiency, share=np.minimum(efficiency.share * factor, most))
