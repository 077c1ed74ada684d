"""Simulate the cases of a sweep: the computation, its table, its page and pictures, and its JSON document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from api.computations.regulators import controllers_of, regulators_of
from api.plan_files.folder import WrittenPlan
from api.plan_files.models import ModelFiles
from api.study.chart import svg
from api.study.sweep_page import charts, render
from api.version import headwatt_version
from dispatch.regulation.interface.controller_name import ControllerName
from energy_models.faults import Fault, InputFaults
from energy_models.tables.formulas import frame_without_formulas
from scenarios.requests.sweep import Sweep
from simulation.runs.cases import SimulationCase, simulate_cases
from simulation.runs.day_store import DayStore
from simulation.runs.engine import Engine, started
from simulation.runs.replications import replication_seeds
from simulation.runs.sweep import Workload, cases_of, table, workload


@dataclass(frozen=True, eq=False)
class PreparedSweep:
    """The cases of a sweep with their days, and how many of these days are stored already."""

    study: Sweep
    written: WrittenPlan | None
    controller: ControllerName
    baseline_controller: ControllerName
    cases: tuple[SimulationCase, ...]
    seeds: tuple[int, ...]
    store: DayStore
    todo: Workload


def prepare_sweep(
    study: Sweep,
    written: WrittenPlan | None,
    models: ModelFiles,
    controllers: tuple[ControllerName, ControllerName],
    days: Path,
) -> PreparedSweep:
    """The cases of a sweep with the plan `written`, if there is one; `days` is the data set that stores the days.

    `controllers` are the controllers of the plan and of today's timetable; without a plan, the first one counts.

    Raises `InputFaults` if the sweep uses the timetable of a plan and there is none.
    """
    if written is None and study.file.timetable is not None and "plan" in study.file.timetable:
        allowed = "in_force, or a plan named in the file or with --plan"
        raise InputFaults([Fault("", "", "timetable", "plan", allowed)])
    stock = models.read(written.models if written is not None else None).stock
    regulators = partial(regulators_of, controllers_of(*controllers, written is not None))
    cases = tuple(cases_of(study, written.plan.timetable if written is not None else None, stock, regulators))
    seeds = tuple(replication_seeds(study.file.seed, study.file.replications))
    store = DayStore(days)
    todo = workload(cases, seeds, store, headwatt_version())
    return PreparedSweep(study, written, *controllers, cases, seeds, store, todo)


def run_sweep(prepared: PreparedSweep, engine: Engine, progress: Callable[[str, float], None]) -> pd.DataFrame:
    """Simulate the days that are not stored yet; return the table of all cases."""
    version = headwatt_version()
    with started(engine) as session:
        simulate_cases(
            prepared.cases, prepared.seeds, session, prepared.store, version,
            lambda done, count: progress("simulated days", done / max(1, count)),
        )  # fmt: skip
    return table(prepared.cases, prepared.seeds, prepared.store, version)


def write_sweep(prepared: PreparedSweep, found: pd.DataFrame, folder: Path, command: str) -> tuple[Path, ...]:
    """Write table.csv, report.html and a picture of each measure; return the pictures."""
    frame_without_formulas(found).to_csv(folder / "table.csv", index=False)
    edited = prepared.written.state.sentence() if prepared.written is not None else ""
    (folder / "report.html").write_text(render(prepared.study, found, command, edited), encoding="utf-8")
    pictures = []
    for name, chart in charts(prepared.study, found).items():
        pictures.append(folder / f"{name}.svg")
        pictures[-1].write_text(svg(chart), encoding="utf-8")
    return tuple(pictures)


def sweep_document(prepared: PreparedSweep, found: pd.DataFrame, name: str) -> Mapping[str, Any]:
    """A sweep as one JSON object; `name` is the name of its file."""
    file, written = prepared.study.file, prepared.written
    return {
        "sweep": name,
        "scenario": file.scenario,
        "replications": file.replications,
        "seed": file.seed,
        "controller": prepared.controller,
        "baseline_controller": prepared.baseline_controller,
        "metering_point": "substation DC terminals",
        "factors": list(prepared.study.factors),
        "rows": [{str(key): _json_value(value) for key, value in row.items()} for row in found.to_dict("records")],
        **({"plan_folder": written.state.as_json()} if written is not None else {}),
        "days_reused": prepared.todo.days_known,
    }


def _json_value(value: Any) -> Any:
    """A table cell as JSON; an empty cell is null."""
    if isinstance(value, float) and isnan(value):
        return None
    return round(value, 6) if isinstance(value, float) else value
