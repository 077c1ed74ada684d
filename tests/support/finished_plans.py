"""An installation for tests: orders as rows of the database, and a plan that succeeded without a search."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prepared_data import prepared_data

from api.jobs.plan_job import stored_folder, stored_plan
from api.jobs.plan_order import PlanOrder
from api.jobs.plan_publishing import publish_plan
from api.jobs.port import Limits, NewJob
from api.jobs.stored_jobs import StoredJobs
from api.services.ids import new_id
from api.state.database import Database, open_database
from api.state.files import FileStore
from api.state.jobs import end_job
from api.state.migrate import require_current
from api.state.plans import add_plan
from simulation.experiment import PlanExperiment


def opened(data: Path) -> Database:
    """The database of a data folder, with its tables and the bundled lines."""
    database = open_database(prepared_data(data))
    require_current(database)
    return database


def ordered(database: Database, order: PlanOrder, owner_id: str = "local") -> str:
    """The id of a new plan in the queue."""
    plan_id = new_id()
    with database.writing() as session:
        new = NewJob(plan_id, "plan", owner_id, order.as_json(), order.lane, order.line_id)
        job = StoredJobs().submit(session, new, Limits())
        add_plan(session, plan_id, order.line_id, owner_id, job.created_at)
    return plan_id


def ended(database: Database, order: PlanOrder, status: str, problem: Mapping[str, Any] | None = None) -> str:
    """The id of a plan that ended without a result."""
    plan_id = ordered(database, order)
    with database.writing() as session:
        end_job(session, plan_id, status, problem)
    return plan_id


def finished(database: Database, data: Path, experiment: PlanExperiment, owner_id: str = "local") -> str:
    """The id of a plan that succeeded with an experiment as its result."""
    request = experiment.request
    order = PlanOrder(request.scenario.name, replications=request.replications, seed=request.seed)
    scratch = data / "scratch" / new_id()
    result = stored_plan(experiment, FileStore(data), scratch / "plan")
    shutil.rmtree(scratch)
    return _published(database, data, order, result, owner_id)


def placed(database: Database, data: Path, order: PlanOrder, folder: Path) -> str:
    """The id of a plan that succeeded with the files of a plan folder, edited or not."""
    facts = {"result_status": "feasible", "checks_passed": True, "scenario_hash": "", "figures": {}}
    return _published(database, data, order, stored_folder(folder, FileStore(data), facts), "local")


def _published(database: Database, data: Path, order: PlanOrder, result: dict[str, Any], owner_id: str) -> str:
    plan_id = ordered(database, order, owner_id)
    with database.writing() as session:
        end_job(session, plan_id, "succeeded", None, result)
        publish_plan(session, FileStore(data), plan_id, result)
    return plan_id
