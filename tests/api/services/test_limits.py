"""Limits by role: jobs in the queue, at once, seconds and simulated days, each refused or kept by one place."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import served_app

from api.access.principal import LOCAL, Grants, Principal
from api.access.roles import EVERY_LINE, Role
from api.http.app import create_app
from api.http.service import Service
from api.jobs.port import Limits, NewJob
from api.jobs.stored_jobs import StoredJobs
from api.services.installation import open_with
from api.settings.read import read_settings
from api.state.database import Database
from api.state.jobs import begin_job, end_job, jobs_without_engine, note_engine

pytest_plugins = ["state_databases"]


def test_the_role_on_the_line_decides() -> None:
    environment = {"HEADWATT_LIMITS_VIEWER_WAITING": "1", "HEADWATT_LIMITS_ADMIN_AT_ONCE": "9"}
    limits = read_settings(environment=environment).settings.limits
    user = Principal("a", Grants({"one": Role.VIEWER, EVERY_LINE: Role.ADMIN}), LOCAL.scopes)
    assert limits.of_user(user, "one").waiting == 1
    assert limits.of_user(user, "two").at_once == 9
    assert limits.of_user(Principal("b", Grants(), LOCAL.scopes), "one").waiting == 1
    assert limits.largest().at_once == 9


@pytest.mark.many_cases
def test_an_order_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    environment = {
        "HEADWATT_DATA": str(prepared_data(tmp_path)), "HEADWATT_LIMITS_PLANNER_WAITING": "1",
        "HEADWATT_LIMITS_PLANNER_REPLICATIONS": "5", "HEADWATT_LIMITS_PLANNER_SECONDS": "60",
    }  # fmt: skip
    installation = open_with(read_settings(environment=environment).settings)
    installation.prepare(lambda _: None)
    keys = [
        installation.access.add(role, role, [EVERY_LINE], timedelta(days=1), "a test")
        for role in (Role.PLANNER, Role.ADMIN)
    ]
    with (
        served_app(create_app(Service.of(installation), stop=installation.close)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client,
    ):
        planner, admin = ({"authorization": f"Bearer {key}"} for key in keys)
        order = {"scenario": "tutorial_line", "replications": 10}
        refused = client.post("/v1/plans", json=order, headers=planner).json()
        assert refused["code"] == "input-faults"
        assert refused["errors"][0]["allowed"] == "at most 5"
        assert client.post("/v1/plans", json=order, headers=admin).status_code == 202
        order["replications"] = 5
        accepted = client.post("/v1/plans", json=order, headers=planner)
        assert accepted.status_code == 202
        full = client.post("/v1/plans", json=order, headers=planner)
        assert (full.status_code, full.json()["code"]) == (429, "queue-full")
        assert "1 in the queue" in full.json()["detail"]
        with installation.database.reading() as session:
            (job,) = [one for one in jobs_without_engine(session) if one.owner_id == "planner"]
        assert (job.limit_s, job.at_once) == (60.0, 4)


def test_the_engine_gets_no_more_jobs_of_an_owner_than_may_run(database: Database) -> None:
    def submit(number: int, owner: str, at_once: int) -> None:
        with database.writing() as session:
            job = NewJob(f"{owner}-{number:03d}", "plan", owner, {})
            StoredJobs().submit(session, job, Limits(waiting=1000, at_once=at_once))

    for number in range(120):
        submit(number, "ada", 2)
    submit(0, "bob", 1)
    submit(1, "bob", 1)

    def handed() -> list[str]:
        with database.writing() as session:
            ids = [job.id for job in jobs_without_engine(session)]
            for job_id in ids:
                note_engine(session, job_id, f"{job_id}.0")
        return ids

    assert handed() == ["ada-000", "ada-001", "bob-000"]
    assert handed() == []
    with database.writing() as session:
        begin_job(session, "ada-001", "a worker")
    assert handed() == []
    with database.writing() as session:
        end_job(session, "ada-001", "cancelled")
        end_job(session, "bob-000", "cancelled")
    assert handed() == ["ada-002", "bob-001"]
