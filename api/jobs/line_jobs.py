"""Jobs about a line: simulate days, sweep cases, describe the line, trace a day."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.computations.describing import describe_line, facts_of
from api.computations.simulating import SimulationOptions, read_line, simulate_line
from api.computations.sweeping import prepare_sweep, run_sweep, sweep_document, write_sweep
from api.computations.tracing import traced_day, write_power
from api.jobs.place import JobPlace, Progress
from api.plan_files.models import NO_MODELS
from api.plan_files.sound_plan import read_sound_plan
from api.replay.render import render_replay
from scenarios.files.load import load_scenario
from scenarios.requests.sweep import read_sweep
from simulation.judging.judge_plan import IN_FORCE, PLAN

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


def describe(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Describe a line; the result has a file with the driving profiles of each section."""
    scenario = load_scenario(place.scenario(order["scenario"], order["version"]), tuple(order["overrides"]))
    document, files = describe_line(scenario, order["passengers"], place.scratch, place.engine.workers, progress)
    return place.result(facts_of(document), write_result(place.scratch, document), *files)


def trace(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Trace one simulated day; the result has power and voltage in each second, and the page of the replay."""
    plan = place.plan(order["plan"], order["plan_version"]) if order["plan"] is not None else None
    scenario = place.scenario(order["scenario"], order["version"])
    progress("the day", 0.0)
    line = read_line(scenario, tuple(order["overrides"]), NO_MODELS, plan)
    timetable, name = (line.timetables[IN_FORCE], "in force") if plan is None else (line.timetables[PLAN], "plan")
    found = traced_day(line.scenario, line.stock, timetable, order["seed"], name, place.engine.workers)
    progress("page", 0.0)
    page = place.scratch / "replay.html"
    page.write_text(render_replay(found), encoding="utf-8")
    power = place.scratch / "power.bin"
    document = {**write_power(found, power), "replay_file": page.name}
    facts = {"scenario_hash": document["scenario_hash"], "energy_kwh": document["energy_kwh"]}
    return place.result(facts, write_result(place.scratch, document), power, page)


def write_result(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write the document of a job as `result.json`."""
    file = folder / RESULT
    file.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return file
