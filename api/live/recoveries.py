"""The process beside a live line that compares recoveries after a disruption.

It keeps the model of the line and the forecasts of the controllers ready, so that an answer takes seconds.
"""

import math
import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.live.live_plan import LivePlan
from api.live.place import LivePlace, write_whole
from api.live.recovery_requests import waiting_request
from dispatch.energy.line_model import LineModel
from dispatch.plans.timetable import Timetable
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.faults import InputFaults
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.day.model import day_model
from simulation.virtual_line.recovery import (
    Disruption,
    PresentState,
    Recovery,
    faults_of,
    window_of,
    with_recovery,
    without_disruption,
)
from simulation.virtual_line.recovery_figures import ComparedLine, RecoveryFigures

LOOK_S = 0.2
ALIKE_SHARE = 0.02
"""Recoveries whose waiting differs by less than this share of the waiting without the disruption are alike."""
LEAST_UNSERVED_KWH = 1.0


@dataclass(frozen=True, eq=False)
class RecoveryTask:
    """What the process needs of a line."""

    scenario: Scenario
    stock: RollingStock
    timetable: Timetable
    rated_kw: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class RecoveryStudy:
    """Compares recoveries of one line."""

    line: ComparedLine
    even: RegulatorFactory | None
    energy: RegulatorFactory | None

    @classmethod
    def of(cls, task: RecoveryTask) -> "RecoveryStudy":
        """Build the model and the controllers of a line."""
        model = LineModel.of(task.scenario, task.stock)
        compared = ComparedLine(
            day_model(task.scenario, model.library, others=model.others), task.timetable, task.rated_kw
        )
        even, energy = (regulators_named(name, task.scenario, task.stock) for name in ("even", "energy"))
        return cls(compared, even, energy)

    def recoveries(self, disruption: Disruption) -> tuple[Recovery, ...]:
        """The recoveries that are compared: own control of the trains first."""
        third = Recovery("energy", self.energy)
        if disruption.kind == "train failed":
            return Recovery("own"), third, Recovery("withdraw", self.energy, withdraws=True)
        return Recovery("own"), Recovery("even", self.even), third

    def answer(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The request with each figure that is ready; the last one is the whole answer."""
        began = time.monotonic()
        disruption = Disruption(
            request["kind"], request["at"], request["from_s"], request["to_s"], request.get("direction")
        )
        state = PresentState(request["now_s"], request["lateness_s"], tuple(request["out"]))
        faults = faults_of(disruption, self.line)
        if faults:
            raise InputFaults(faults)
        window = window_of(disruption, state.now_s, self.line.timetable)
        found: dict[str, Any] = {**request, "status": "computing", "window": [window.from_s, window.to_s]}
        before = without_disruption(self.line, state, window)
        found["without"] = row_of(before)
        yield found
        options: list[tuple[str, RecoveryFigures]] = []
        for one in self.recoveries(disruption):
            options.append((one.name, with_recovery(self.line, state, disruption, one, window)))
            found["recoveries"] = [{"name": name, **row_of(figures)} for name, figures in options]
            yield found
        yield {
            **found, "status": "done", "recommended": recommended(before, options),
            "took_s": round(time.monotonic() - began, 1),
        }  # fmt: skip


def recommended(before: RecoveryFigures, options: Sequence[tuple[str, RecoveryFigures]]) -> str:
    """The recovery with the least waiting among those that serve the traction; of alike ones that with least energy."""
    least_kwh = min(one.unserved_kwh for _, one in options)
    served = [one for one in options if one[1].unserved_kwh <= least_kwh + LEAST_UNSERVED_KWH]
    least_h = min(one.waiting_passenger_h for _, one in served)
    alike_h = least_h + ALIKE_SHARE * before.waiting_passenger_h
    return min((one for one in served if one[1].waiting_passenger_h <= alike_h), key=lambda one: one[1].energy_kwh)[0]


def row_of(figures: RecoveryFigures) -> dict[str, Any]:
    """The figures as a JSON object; what is not known is null."""
    return {name: _rounded(value) for name, value in asdict(figures).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


@contextmanager
def recoveries_beside(plan: LivePlan, place: LivePlace) -> Iterator[None]:
    """The process that compares recoveries of a line; it ends with this block."""
    task = RecoveryTask(plan.scenario, plan.stock, plan.timetable, dict(plan.rated_kw))
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(task, place), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(5.0)
        if process.is_alive():
            process.kill()


def serve(task: RecoveryTask, place: LivePlace) -> None:
    """Answer requests until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    study = RecoveryStudy.of(task)
    _warm_up(study)
    while parent is None or parent.is_alive():
        waiting = waiting_request(place)
        if waiting is None:
            time.sleep(LOOK_S)
            continue
        _answer(study, *waiting)


def _answer(study: RecoveryStudy, path: Path, request: dict[str, Any]) -> None:
    try:
        for found in study.answer(request):
            write_whole(path, found)
    except InputFaults as error:
        write_whole(path, {**request, "status": "failed", "problem": str(error)})


def _warm_up(study: RecoveryStudy) -> None:
    """Compute the motions and tables of the controllers beforehand, in the middle of the day."""
    timetable = study.line.timetable
    middle = timetable.by_departure()[len(timetable.trips) // 2]
    state = PresentState(float(middle.start_s))
    disruption = Disruption("train failed", middle.vehicle, middle.start_s, middle.start_s + 300.0)
    if not middle.vehicle:
        return
    for one in study.recoveries(disruption):
        with suppress(InputFaults):
            with_recovery(study.line, state, disruption, one, window_of(disruption, state.now_s, timetable))
