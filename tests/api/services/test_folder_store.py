"""The folder of jobs of earlier versions: its plans are imported once, and the report names the damaged ones."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from finished_plans import opened

from api.jobs.plan_order import PlanOrder
from api.plan_files.folder import write_plan_folder
from api.problems import ProblemError
from api.services.folder_store import import_folder_store
from api.services.installation import open_installation
from simulation.experiment import PlanExperiment

AT = "2026-11-28T10:00:0{}.125+00:00"


def old_job(jobs: Path, number: int, outcome: dict[str, Any] | None) -> Path:
    """A job as version 0.1 stored it."""
    folder = jobs / f"20261128-100000-00000{number}-abcdef"
    folder.mkdir(parents=True)
    order = {"order": asdict(PlanOrder("tutorial_line", seed=number)), "created_at": AT.format(number)}
    (folder / "order.json").write_text(json.dumps(order))
    if outcome is not None:
        (folder / "worker.json").write_text(json.dumps({"pid": 1, "started_at": AT.format(number)}))
        (folder / "outcome.json").write_text(json.dumps({"ended_at": AT.format(number), "problem": None} | outcome))
    return folder


def test_plans_of_an_earlier_version_are_imported_once(tmp_path: Path, experiment: PlanExperiment) -> None:
    jobs = tmp_path / "jobs"
    done = old_job(jobs, 1, {"status": "succeeded"})
    write_plan_folder(experiment, done / "plan")
    problem = {"code": "infeasible", "title": "", "status": 422, "detail": "", "type": "", "whose_fault": "nobody"}
    refused = old_job(jobs, 2, {"status": "infeasible", "problem": problem})
    waiting = old_job(jobs, 3, None)
    edited = old_job(jobs, 4, {"status": "succeeded"})
    write_plan_folder(experiment, edited / "plan")
    (edited / "plan" / "timetable.csv").write_text("")
    cut = old_job(jobs, 5, {"status": "succeeded"})
    (cut / "order.json").write_text("{")
    empty = old_job(jobs, 6, {"status": "succeeded"})
    database = opened(tmp_path)
    report = list(import_folder_store(database, tmp_path, jobs))
    assert [line.split(" (")[0] for line in report[:-1]] == [f"Not imported: {one}" for one in (edited, cut, empty)]
    assert "timetable.csv changed" in report[0]
    assert report[-1].startswith("Imported 3 plans")
    plans = open_installation(tmp_path).plans
    newest, _ = plans.newest(10)
    assert [view.plan_id for view in newest] == [waiting.name, refused.name, done.name]
    view = plans.read(done.name)
    assert (view.job.status, view.approval, view.damage) == ("succeeded", "judged", "")
    assert view.job.created_at.isoformat() == "2026-11-28T10:00:01.125000+00:00"
    assert json.loads(plans.result(view) or b"")["scenario"] == "tutorial_line"
    assert plans.read(refused.name).job.problem == problem
    assert plans.read(waiting.name).job.status == "queued"
    with pytest.raises(ProblemError):
        plans.read(edited.name)
    again = list(import_folder_store(database, tmp_path, jobs))
    assert again[-1].startswith("Imported 0 plans")
    assert "3 were imported before" in again[-1]
    database.close()
