"""A client that is generated from the description of the interface does the main job."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from prepared_data import prepared_data
from served_app import app_in
from served_process import served

GENERATOR = "openapi-python-client==0.29.1"
"""Not among the packages of the tests: it needs an earlier typer than Headwatt does."""
USE = Path(__file__).parents[2] / "support" / "generated_client_use.py"
FORMS = (
    "application/gzip",
    "application/vnd.apache.parquet",
    "application/x-ndjson",
    "application/x-protobuf",
    "text/csv",
)
"""Bodies of telemetry, which the generator of the client must treat as bytes."""


def test_each_operation_has_a_name_of_its_own(tmp_path: Path) -> None:
    paths = app_in(tmp_path).openapi()["paths"]
    names = Counter(route["operationId"] for methods in paths.values() for route in methods.values())
    assert len(names) > 40
    assert set(names.values()) == {1}, names.most_common(3)
    assert all(name.isidentifier() for name in names)


@pytest.fixture
def generator(tmp_path: Path) -> Path:
    """A folder with the generator and what its clients need."""
    folder = tmp_path / "generator"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    run = subprocess.run((*pip, "--target", folder, GENERATOR), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        pytest.skip(f"{GENERATOR} cannot be installed: {run.stderr[-300:]}")
    return folder


@pytest.mark.many_cases
def test_a_generated_client_orders_follows_reads_and_approves(tmp_path: Path, generator: Path) -> None:
    document, settings = tmp_path / "openapi.json", tmp_path / "settings.json"
    document.write_text(json.dumps(app_in(tmp_path / "described").openapi()))
    overrides = dict.fromkeys(FORMS, "application/octet-stream")
    settings.write_text(json.dumps({"content_type_overrides": overrides, "post_hooks": []}))
    environment = {"PYTHONPATH": f"{generator}:{tmp_path}", "PATH": ""}
    generate = (
        sys.executable, "-m", "openapi_python_client", "generate", "--path", document, "--config", settings,
        "--output-path", tmp_path / "client", "--meta", "none", "--fail-on-warning",
    )  # fmt: skip
    made = subprocess.run(generate, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    with served(prepared_data(tmp_path / "data")) as address:
        used = subprocess.run(
            (sys.executable, "-P", USE, address), env=environment, capture_output=True, text=True, check=False
        )
    assert used.returncode == 0, used.stderr
    found = json.loads(used.stdout)
    assert found["approval"] == "approved"
    assert found["steps"] == ["checked", "judged", "approved"]
    assert found["energy_kwh"] > 0
    assert found["listed"]
