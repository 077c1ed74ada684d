"""Jobs about a line: simulate days, sweep cases."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.computations.simulating import SimulationOptions, read_line, simulate_line
from api.computations.sweeping import prepare_sweep, run_sweep, sweep_document, write_sweep
from api.jobs.place import JobPlace, Progress
from api.plan_files.models import NO_MODELS
from api.plan_files.sound_plan import read_sound_plan
from scenarios.requests.sweep import read_sweep

RESULT = "result.json"


def simulate(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Simulate days of the timetable in force, or of a plan."""
    plan = place.plan(order["plan"], order["plan_version"]) if order["plan"] is not None else None
    scenario = place.scenario(order["scenario"], order["version"])
    line = read_line(scenario, tuple(order["overrides"]), NO_MODELS, plan)
    options = SimulationOptions(**{name: order[name] for name in ("replications", "interval", "most", "seed")},
                                controller=order["controller"])  # fmt: skip
    found = simulate_line(line, options, place.engine, None, progress)
    document = found.document()
    energy = document.get("energy_kwh")
    facts = {"replications": document["replications"], "scenario_hash": document["scenario_hash"]}
    if isinstance(energy, (int, float)):
        facts["energy_kwh"] = energy
    return place.result(facts, write_result(place.scratch, document))


def sweep(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Simulate the cases of a sweep; the result has the table, the page and the pictures of `headwatt sweep`."""
    folder = place.scratch / "sweep"
    folder.mkdir()
    file = folder / "sweep.yaml"
    scenario = place.scenario(order["scenario"], order["version"])
    # JSON is YAML, and names each value in one line.
    file.write_text(json.dumps({**order["study"], "scenario": str(scenario)}, indent=1), encoding="utf-8")
    study = read_sweep(file)
    plan = place.plan(order["plan"], order["plan_version"]) if order["plan"] is not None else None
    written = read_sound_plan(plan) if plan is not None else None
    prepared = prepare_sweep(study, written, NO_MODELS, (order["controller"], "none"), folder / "days")
    found = run_sweep(prepared, place.engine, progress)
    pictures = write_sweep(prepared, found, folder, "POST /v1/sweeps")
    document = {**sweep_document(prepared, found, "sweep.yaml"), "scenario": order["scenario"]}
    facts = {"cases": len(prepared.cases)}
    return place.result(
        facts, write_result(folder, document), folder / "table.csv", folder / "report.html", *pictures
    )  # fmt: skip


def write_result(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write the document of a job as `result.json`."""
    file = folder / RESULT
    file.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return file
