"""The example in Python of the documentation runs as it stands, but for the address."""

import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.jobs.plan_job import stored_folder
from api.jobs.plan_publishing import publish_plan
from api.state.database import SETTING, Database, open_database
from api.state.files import FileStore
from api.state.jobs import ACTIVE, active_jobs, end_job

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def ended(database: Database, data: Path, folder: Path) -> None:
    """Let the first job succeed with the files of a folder."""
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        with database.reading() as session:
            jobs = [job.id for job in active_jobs(session) if job.status in ACTIVE]
        if jobs:
            facts = {"result_status": "feasible", "checks_passed": True, "scenario_hash": "", "figures": {}}
            result = stored_folder(folder, FileStore(data), facts)
            with database.writing() as session:
                end_job(session, jobs[0], "succeeded", None, result)
                publish_plan(session, FileStore(data), jobs[0], result)
            return
        time.sleep(0.1)


@pytest.mark.many_cases
@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not part of the wheel")
def test_the_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    data, folder = prepared_data(tmp_path / "data"), tmp_path / "plan"
    folder.mkdir()
    (folder / "result.json").write_text('{"saving_percent": 1.5}')
    (folder / "timetable.csv").write_text("trip_id\n")
    database = open_database(data)
    worker = threading.Thread(target=ended, args=(database, data, folder))
    worker.start()
    names: dict[str, Any] = {}
    with served_app(app_in(data)) as port:
        exec(example.replace("127.0.0.1:8740", f"127.0.0.1:{port}"), names)
    worker.join()
    database.close()
    assert (names["plan"]["status"], names["timetable"]) == ("succeeded", b"trip_id\n")
