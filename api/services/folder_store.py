"""The folder of jobs of earlier versions: its plans are imported once, with a report."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from api.jobs.plan_job import stored_folder
from api.jobs.plan_order import PlanOrder, order_of
from api.jobs.plan_publishing import publish_plan
from api.plan_files.manifest import state_of
from api.state import jobs as job_rows
from api.state import plans as plan_rows
from api.state.database import Database
from api.state.files import FileStore

_OWNER = "imported"


def import_folder_store(database: Database, data: Path, folder: Path) -> Iterator[str]:
    """Import each job of a folder with its plan; yield one line for each that was not imported, then a summary.

    A job that had not ended is queued again. Imported jobs are found by their id and are not imported twice.
    """
    files = FileStore(data)
    imported, known = 0, 0
    for path in sorted(one.parent for one in folder.glob("[!.]*/order.json")):
        with database.reading() as session:
            if job_rows.job_row(session, path.name) is not None:
                known += 1
                continue
        try:
            _import(database, files, path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield f"Not imported: {path} ({type(error).__name__}: {error})"
        else:
            imported += 1
    yield f"Imported {imported} plans from {folder}; {known} were imported before. The folder stays as it is."


def _import(database: Database, files: FileStore, path: Path) -> None:
    written = json.loads((path / "order.json").read_text(encoding="utf-8"))
    order: PlanOrder = order_of(written["order"])
    outcome = _read(path / "outcome.json")
    started = _read(path / "worker.json")
    status = "queued" if outcome is None else str(outcome["status"])
    created_at = datetime.fromisoformat(written["created_at"])
    result = None
    if status == "succeeded":
        state = state_of(path / "plan")
        if state.status == "edited":
            raise ValueError(f"the plan was edited: {state.words()}")
        result = _result(path / "plan", files)
    with database.writing() as session:
        job_rows.add_job(
            session,
            id=path.name,
            kind="plan",
            lane=order.lane,
            line_id=order.line_id,
            owner_id=_OWNER,
            order=order.as_json(),
            status=status,
            attempt=0,
            created_at=created_at,
            stage="",
            share=1.0 if status == "succeeded" else 0.0,
            started_at=datetime.fromisoformat(started["started_at"]) if started and outcome else None,
            ended_at=datetime.fromisoformat(outcome["ended_at"]) if outcome else None,
            problem=outcome["problem"] if outcome else None,
            result=result,
        )
        plan_rows.add_plan(session, path.name, order.line_id, _OWNER, created_at)
        if result is not None:
            publish_plan(session, files, path.name, result)


def _result(folder: Path, files: FileStore) -> dict[str, Any]:
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    saving = None if result.get("no_saving_because") else result["saving_percent"]
    facts = {
        "result_status": result["status"],
        "checks_passed": result["checks"]["passed"],
        "scenario_hash": result["scenario_hash"],
        "figures": {"saving_percent": saving, "energy_kwh": result["plan"]["energy_kwh"]},
    }
    return stored_folder(folder, files, facts)


def _read(path: Path) -> dict[str, Any] | None:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None
