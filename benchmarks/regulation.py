"""What regulation keeps of a plan's saving under dwell noise: one table, paired days, all controllers.

Run: python benchmarks/regulation.py PLAN [--days N] [--noise NAME ...] [--controllers NAME ...] [--store DIR]

*Kept* is the saving of the regulated plan against today's timetable without regulation on the same days, divided by the
saving of the undisturbed plan. Where the timetable is held, dwells are never shorter than planned
(`shortens_dwells: false`); deviations that add up are those of the noise alone. Finished days stay in the store, so a
stopped run continues. `foresight` and `gone` are the variants of `energy` in `regulation_variants`.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from regulation_variants import Foresight, UntilNoon

from api.plan_files.sound_plan import read_sound_plan
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.energy import EnergyRegulators
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator, RegulatorFactory
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from simulation.day.model import DayModel, day_model
from simulation.runs.day_store import DayStore, KeptDay, day_key
from simulation.runs.interval import mean_interval
from simulation.runs.replications import DayResult, replication_seeds

NOISE: dict[str, tuple[float, bool]] = {
    "none": (0.0, False),
    "3-held": (3.0, False),
    "3-adding": (3.0, True),
    "5-adding": (5.0, True),
    "10-held": (10.0, False),
    "10-adding": (10.0, True),
}
Control = ControllerName | Literal["foresight", "gone"]
CONTROLLERS: tuple[ControllerName, ...] = ("none", "hold", "track", "energy")
VARIANTS: tuple[Control, ...] = ("foresight", "gone")
HEADER = (
    f"{'noise':10} {'timetable':9} {'control':8} {'saving %':>14} {'kept %':>7} {'late 95 %':>9} {'in 20 s':>8} "
    f"{'waiting':>8} {'headways':>8} {'one-way':>8} {'burnt kWh':>9}"
)


@dataclass(frozen=True)
class Timed:
    """Measures the processor time of each decision of a regulator."""

    inner: Regulator
    seconds: list[float]

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:
        began = time.thread_time()
        advice = self.inner.advise(train, line)
        self.seconds.append(time.thread_time() - began)
        return advice


@dataclass(frozen=True)
class TimedFactory:
    """Makes timed regulators."""

    inner: RegulatorFactory
    seconds: list[float]

    @property
    def name(self) -> ControllerName:
        return self.inner.name

    @property
    def content(self) -> str:
        return self.inner.content

    def for_day(self, timetable: Timetable) -> Regulator:
        return Timed(self.inner.for_day(timetable), self.seconds)


class Bench:
    """Days of today's timetable and of a plan with any noise and controller."""

    def __init__(self, plan: Path, days: int, store: Path, operation: dict[str, float]) -> None:
        written = read_sound_plan(plan)
        self.line, self.plan = written.scenario, written.plan.timetable
        self.stock = RollingStock.of(self.line)
        self.profiles = fleet_profiles(self.line, self.stock).of_vehicle
        self.days, self.store, self.operation = days, DayStore(store), operation
        # One factory for all noises: the tables of the line do not depend on the noise.
        self.energy = EnergyRegulators(self.scenario("none"), self.stock)
        self.decisions_s: list[float] = []

    def scenario(self, noise: str) -> Scenario:
        deviation_s, accumulates = NOISE[noise]
        words = self.line.disturbances.model_copy(
            update={"dwell_noise_s": deviation_s, "dwell_noise_accumulates": accumulates}
        )
        driving = self.line.driving
        if not accumulates:
            recovery = driving.recovery.model_copy(update={"shortens_dwells": False})
            driving = driving.model_copy(update={"recovery": recovery})
        operation = self.line.operation.model_copy(update=self.operation)
        return self.line.with_parts(disturbances=words, driving=driving, operation=operation)

    def regulators(self, control: Control, model: DayModel, seed: int) -> RegulatorFactory | None:
        """The factory of a controller; that of `foresight` differs from day to day."""
        if control == "foresight":
            return Foresight(self.energy, model.rules, seed)
        if control == "gone":
            return UntilNoon(self.energy)
        if control == "energy":
            return self.energy
        return regulators_named(control, self.line.with_parts(operation=self.energy.scenario.operation), self.stock)

    def results(self, noise: str, timetable: Timetable, control: Control) -> list[DayResult]:
        """The days of a timetable; stored days are not simulated again."""
        scenario = self.scenario(noise)
        seeds: Sequence[int] = replication_seeds(0, 1 if noise == "none" else self.days)
        free = day_model(scenario, self.profiles.main, None, self.profiles.others)
        factories = {seed: self.regulators(control, free, seed) for seed in seeds}
        keys = {
            seed: day_key(scenario, self.stock, timetable, "benchmark", made) for seed, made in factories.items()
        }  # fmt: skip
        with self.store.open():
            for seed, key in keys.items():
                if not self.store.has(key, seed):
                    made = factories[seed]
                    timed = None if made is None else TimedFactory(made, self.decisions_s)
                    day = _simulated(replace(free, regulators=timed), timetable, seed)
                    self.store.keep(KeptDay(key, seed, day, {"noise": noise}))
                    self.store.flush()
        return [day for seed, key in keys.items() for day in self.store.find(key, [seed])]


def _simulated(model: DayModel, timetable: Timetable, seed: int) -> DayResult:
    day = model.day(timetable, seed)
    return DayResult(day.account, day.service, day.bill, day.train_km, len(day.trips), day.vehicles, day.energy)


def row(noise: str, name: str, controller: str, free: list[DayResult], days: list[DayResult], whole: float) -> str:
    """One row of the table; `whole` is the undisturbed saving in percent."""
    savings = [100.0 * (1.0 - b.account.energy_kwh / a.account.energy_kwh) for a, b in zip(free, days, strict=True)]
    saving = mean_interval(savings) if len(savings) > 1 else None
    shown = f"{np.mean(savings):6.2f}" + (f" ± {(saving.high - saving.low) / 2:.2f}" if saving else "       ")
    service = [day.service for day in days]

    def mean(measure: str) -> float:
        return float(np.mean([getattr(one, measure) for one in service]))

    burnt = np.mean([day.account.regeneration_offered_kwh - day.account.regeneration_used_kwh for day in days])
    return (
        f"{noise:10} {name:9} {controller:8} {shown:>14} {100.0 * np.mean(savings) / whole:7.1f} "
        f"{mean('lateness_95_percent_s'):9.1f} {100.0 * mean('within_20_s_share'):8.1f} {mean('mean_waiting_s'):8.2f} "
        f"{mean('headway_variation'):8.3f} {mean('mean_one_way_s'):8.1f} {burnt:9.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--noise", nargs="*", default=list(NOISE), choices=list(NOISE))
    parser.add_argument("--controllers", nargs="*", default=list(CONTROLLERS), choices=[*CONTROLLERS, *VARIANTS])
    parser.add_argument("--store", type=Path, default=Path("out/regulation_days"))
    parser.add_argument("--same-regulator", action="store_true", help="also regulate today's timetable")
    parser.add_argument("--latency-s", type=float, help="age of the state of other trains")
    parser.add_argument("--followed", type=float, help="share of the advice that trains follow")
    given = parser.parse_args()
    operation: dict[str, float] = {}
    if given.latency_s is not None:
        operation["state_latency_s"] = given.latency_s
    if given.followed is not None:
        operation["advice_followed_share"] = given.followed
    bench = Bench(given.plan, given.days, given.store, operation)
    today = timetable_in_force(bench.line)
    quiet = (bench.results("none", today, "none"), bench.results("none", bench.plan, "none"))
    whole = 100.0 * (1.0 - quiet[1][0].account.energy_kwh / quiet[0][0].account.energy_kwh)
    print(f"undisturbed saving of the plan: {whole:.2f} %; {given.days} days; {operation}")
    print(HEADER)
    for noise in given.noise:
        free = bench.results(noise, today, "none")
        for controller in given.controllers:
            print(row(noise, "plan", controller, free, bench.results(noise, bench.plan, controller), whole), flush=True)
        if given.same_regulator:
            print(row(noise, "today", "energy", free, bench.results(noise, today, "energy"), whole), flush=True)
    if bench.decisions_s:
        ms = 1e3 * np.array(bench.decisions_s)
        print(f"decisions: {len(ms)}, mean {ms.mean():.2f} ms, p99 {np.quantile(ms, 0.99):.2f} ms, all controllers")


if __name__ == "__main__":
    main()
