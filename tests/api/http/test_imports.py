"""The process that answers requests computes nothing, so it imports nothing that computes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMPUTES = (
    "pandas", "numba", "scipy", "ortools", "simpy", "pyarrow", "duckdb", "dbos", "jinja2", "plotly",
    "dispatch.planner.planner", "simulation.experiment", "api.plan_files.folder",
)  # fmt: skip
"""Packages and modules that only jobs, the check of orders and the receiver of telemetry import."""

ANSWER = f"""
import sys
from pathlib import Path
from urllib.request import urlopen
from served_app import app_in, served_app

with served_app(app_in(Path(sys.argv[1]))) as port:
    for path in ("/v1/plans", "/v1/jobs", "/v1/scenarios", "/health", "/metrics", "/openapi.json", "/"):
        with urlopen(f"http://127.0.0.1:{{port}}{{path}}") as answer:
            assert answer.status == 200, path
    print([name for name in {COMPUTES!r} if name in sys.modules])
"""


@pytest.mark.many_cases
def test_the_answering_process_imports_nothing_that_computes(tmp_path: Path) -> None:
    support = str(Path(__file__).parents[2] / "support")
    run = subprocess.run(
        (sys.executable, "-c", ANSWER, str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": support},
    )
    assert run.stdout.strip() == "[]", run.stderr
