"""The job of a plan: compute it in the process of the job, then name its files and figures in the database."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api.experiment_result import result_of
from api.jobs.plan_order import order_of
from api.jobs.request import plan_request, stored_fleets, stored_scenarios, stored_starts
from api.plan_files.folder import write_plan_folder
from api.plan_files.graph_document import write_graph
from api.plan_files.manifest import GRAPH_FILE, OWN_FILES, read_manifest
from api.state.database import Database
from api.state.files import FileStore
from api.version import headwatt_version
from dispatch.timing.best_saving import Found
from dispatch.timing.task import SearchStop
from simulation.experiment import PlanExperiment, run_plan_experiment


def compute_plan(
    order: Mapping[str, Any],
    database: Database,
    files: FileStore,
    scratch: Path,
    progress: Callable[[str, float], None],
    stop: SearchStop,
    found: Found | None = None,
) -> dict[str, Any]:
    """Compute a plan and store its files; return the facts and the files of the result.

    `found` receives the best savings of the search while it runs.

    Raises `InputFaults` and `Infeasible` for orders that cannot be planned.
    """
    progress("preparing", 0.0)
    request = plan_request(
        order_of(order), stored_starts(database, files), stored_scenarios(database, files), stored_fleets(database)
    )
    experiment = run_plan_experiment(request, progress, stop, found)
    progress("writing the plan", 0.0)
    return stored_plan(experiment, files, scratch / "plan")


def stored_plan(experiment: PlanExperiment, files: FileStore, folder: Path) -> dict[str, Any]:
    """Write a plan and its train graph, and store their files; return its facts and its files."""
    folder = write_plan_folder(experiment, folder)
    result = result_of(experiment)
    facts = {
        "result_status": result.status,
        "checks_passed": result.checks.passed,
        "scenario_hash": result.scenario_hash,
        "figures": {
            "saving_percent": None if result.no_saving_because else result.saving_percent,
            "energy_kwh": result.plan.energy_kwh,
            "share_of_gap_closed": result.share_of_gap_closed,
        },
    }
    stored = stored_folder(folder, files, facts)
    graph = folder.parent / GRAPH_FILE
    write_graph(experiment, graph)
    return {**stored, "files": {**stored["files"], GRAPH_FILE: files.put(graph)}}


def stored_folder(folder: Path, files: FileStore, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Store the files of a plan folder; return its facts and its files."""
    manifest = read_manifest(folder)
    stored = {name: files.put(folder / name) for name in OWN_FILES if (folder / name).is_file()}
    return {
        "facts": {
            **facts,
            "plan_sha256": manifest.plan_sha256 if manifest is not None else "",
            "model_version": manifest.version if manifest is not None else headwatt_version(),
        },
        "files": stored,
    }
