"""Small lines for the tests of the search: the tutorial line, shortened, with other hours, headways and supply."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.timing.kernel_limits import kernel_limits
from dispatch.timing.limits import TimingLimits, equal_service_limits
from dispatch.timing.line_motions import motion_table_for
from dispatch.timing.line_surrogate import fit_line_surrogate
from dispatch.timing.optimise import TimingResult, optimise
from dispatch.timing.shifts import mean_waiting_s
from dispatch.timing.task import SearchTask, TimingOptions
from energy_models.running_times import ProfileLibrary
from energy_models.supply.device_laws import pack
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.schema.service import ClockByDirection, Departure, FleetPart, HeadwayPeriod
from scenarios.values.build import profile_library, supply_network, train_of

LINE = load_scenario("tutorial_line")
SEVEN = 7 * 3600
TWO_PERIODS = ((SEVEN, SEVEN + 1800, 300), (SEVEN + 1800, SEVEN + 4500, 540))
"""Periods of a small line: from, to, headway."""


def small_line(
    stations: int = 5,
    periods: Sequence[tuple[int, int, int]] = ((SEVEN, SEVEN + 3600, 600),),
    last_s: int | None = None,
    departures: Sequence[tuple[str, int]] | None = None,
    storage: bool = False,
    noise_s: float = 0.0,
    accumulates: bool = False,
    demand: float = 1.0,
    trainsets: int = 12,
) -> Scenario:
    """The first stations of the tutorial line with headways from 07:00 on, or explicit departures."""
    kept = LINE.stations[:stations]
    ids = {station.id for station in kept}
    end = kept[-1].model_copy(update={"minimum_dwell_s": 0, "dwell_s": 0, "maximum_dwell_s": 0})
    sections = stations - 1
    running = LINE.timetable.running_time_s
    chainage = {station.id: station.chainage_m for station in LINE.stations}
    first, final = periods[0][0], last_s if last_s is not None else periods[-1][1]
    timetable = LINE.timetable.model_copy(
        update={
            "running_time_s": running.model_copy(
                update={"up": running.up[:sections], "down": running.down[len(running.down) - sections :]}
            ),
            "first_departure_s": ClockByDirection(up=first, down=first),
            "last_departure_s": ClockByDirection(up=final, down=final),
            "periods": tuple(HeadwayPeriod(from_s=a, to_s=b, headway_s=h) for a, b, h in periods),
            "departures": None,
        }
    )
    if departures is not None:
        timetable = timetable.model_copy(
            update={
                "first_departure_s": None,
                "last_departure_s": None,
                "periods": None,
                "departures": tuple(Departure(direction=d, departure_s=t) for d, t in departures),
            }
        )
    # Places by chainage, as a station where a substation stands may not be there any more.
    supply = LINE.supply.model_copy(
        update={
            group: tuple(
                item.model_copy(update={"station": None, "chainage_m": chainage.get(item.station, item.chainage_m)})
                for item in getattr(LINE.supply, group)
                if (item.station is None and item.chainage_m <= end.chainage_m)
                or (item.station is not None and chainage[item.station] <= end.chainage_m)
            )
            for group in ("substations", "storages")
        }
    )
    if not storage:
        supply = supply.model_copy(update={"storages": ()})
    rows = tuple(r for r in LINE.demand.origin_destination or () if r.origin in ids and r.destination in ids)
    return LINE.model_copy(
        update={
            "stations": (*kept[:-1], end),
            "terminals": {kept[0].id: LINE.terminals["HAR"], end.id: LINE.terminals["AIR"]},
            "depots": (),
            "timetable": timetable,
            "supply": supply,
            "demand": LINE.demand.model_copy(update={"origin_destination": rows, "scale": demand}),
            "fleet": (FleetPart(train_type="four_car", trainsets=trainsets),),
            "disturbances": Disturbances(dwell_noise_s=noise_s, dwell_noise_accumulates=accumulates),
            "policy": LINE.policy.model_copy(update={"longest_headway_s": 1200, "mean_waiting_limit_s": None}),
        }
    )


@dataclass(frozen=True, eq=False)
class Case:
    """A small line with everything that a search needs."""

    scenario: Scenario
    baseline: Timetable
    library: ProfileLibrary
    train: Train
    network: SupplyNetwork
    timing_limits: TimingLimits

    @property
    def line(self) -> LineModel:
        """The line as the planner computes with it."""
        return LineModel(self.scenario, self.library, self.network)

    def turn(self, timetable: Timetable) -> Timetable:
        """First in, first out."""
        return first_in_first_out(timetable, self.scenario)

    def search(self, **options: float | None) -> TimingResult:
        """The whole search with some options."""
        noise = self.scenario.disturbances
        given = {
            "effort": 0.05,
            "noise_deviation_s": noise.dwell_noise_s,
            "noise_accumulates": noise.dwell_noise_accumulates,
            **options,
        }
        chosen = TimingOptions(**given)  # type: ignore[arg-type]
        return optimise(self.baseline, self.line, self.timing_limits, self.turn, chosen)

    def task(self, **options: float) -> SearchTask:
        """The task as the stages of the search see it."""
        motions = motion_table_for(self.baseline, self.library, self.train, 1)
        network = pack(self.network)
        limits = kernel_limits(self.baseline, self.library, self.timing_limits)
        return SearchTask(
            baseline=self.baseline,
            timing_limits=self.timing_limits,
            turn=self.turn,
            options=TimingOptions(**options),  # type: ignore[arg-type]
            motions=motions,
            network=network,
            limits=limits,
            surrogate=fit_line_surrogate(self.baseline, limits, motions, network, 0),
            progress=lambda _stage, _share: None,
            began_s=0.0,
            waiting_s=partial(mean_waiting_s, arrivals_per_s=self.timing_limits.arrivals_per_s),
            stop=np.zeros(1, dtype=np.int64),
        )


def case_of(scenario: Scenario) -> Case:
    """The case of a scenario at equal service."""
    train = train_of(scenario)
    baseline = first_in_first_out(timetable_in_force(scenario), scenario)
    return Case(
        scenario,
        baseline,
        profile_library(scenario, train),
        train,
        supply_network(scenario),
        equal_service_limits(scenario, baseline, train.auxiliary_w),
    )
