"""Real jobs of the kinds that publish something, killed between the end of their work and the end of the job."""

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from finished_plans import finished
from prepared_data import prepared_data
from telemetry_mappings import own_mapping_text

from api.ingest.receiver import Receiver
from api.jobs.orders import (
    CalibrationOrder,
    DescriptionOrder,
    ExportOrder,
    ImportOrder,
    TelemetryCheckOrder,
    TraceOrder,
)
from api.jobs.port import ENDED
from api.services.installation import Installation, open_installation
from api.services.jobs import JobView
from api.services.upkeep import verify
from energy_models.telemetry.mapping.read import mapping_of
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.telemetry.store.store import create_store
from scenarios.files.load import LINES, load_scenario
from scenarios.values.build import train_of
from simulation.experiment import PlanExperiment
from simulation.virtual_line.telemetry import record_line, rounded

LINE, IMPORTED = "tutorial_line", "killed_line"
PATIENCE_S = 600.0
Order = Callable[[], JobView]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path / "data"))
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


@contextmanager
def worker(installation: Installation, victim: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HEADWATT_TEST_VICTIM": str(victim)}
    command = (sys.executable, "-m", "job_worker", "killed_work", str(installation.data), "1")
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def order_of(kind: str, installation: Installation, experiment: PlanExperiment, folder: Path) -> Order:
    """How a job of a kind is ordered, with what it needs in the installation."""
    studies = installation.studies
    if kind == "describe":
        return lambda: studies.of_line("describe", DescriptionOrder(scenario=LINE), "ada")
    if kind == "trace":
        return lambda: studies.of_line("trace", TraceOrder(scenario=LINE), "ada")
    if kind == "export":
        plan_id = finished(installation.database, installation.data, experiment)
        return lambda: studies.of_plan("export", plan_id, ExportOrder(format="xlsx"), "ada")
    if kind == "import":
        file = folder / "scenario.zip"
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w") as archive:
            for one in (LINES / LINE).iterdir():
                if one.is_file():
                    archive.writestr(one.name, one.read_text().replace(f"name: {LINE}", f"name: {IMPORTED}", 1))
        file.write_bytes(stored.getvalue())
        imported = ImportOrder.model_validate({"form": "folder", "line": IMPORTED, "file_name": file.name})

        def upload() -> JobView:
            copy = folder / "upload"
            copy.write_bytes(file.read_bytes())
            return studies.import_scenario(imported, copy, "ada")

        return upload
    line = load_scenario(LINE)
    truth = draw_ground_truth(train_of(line), np.random.default_rng([3, 0]))
    recorded = record_line(line, truth, from_s=25_200, to_s=32_400, trainsets=2, seed=3)
    mapping = own_mapping_text().replace("line: test_line", f"line: {LINE}").encode()
    receiver = Receiver(create_store(folder / "store", "Asia/Shanghai"), [mapping_of(mapping, "own.yaml")])
    receiver.receive(rounded(recorded.rows).to_csv(index=False).encode())
    installation.use_telemetry(folder / "store")
    if kind == "calibrate":
        return lambda: studies.of_line("calibrate", CalibrationOrder(scenario=LINE), "ada")
    return lambda: studies.of_line("check-telemetry", TelemetryCheckOrder(scenario=LINE), "ada")


def published(installation: Installation) -> tuple[object, ...]:
    """What jobs of these kinds make visible beside their own results."""
    lines = {view.name: view.version for view in installation.lines.all()}
    fleet, quality = installation.fleet.read(LINE), installation.fleet.quality(LINE)
    return lines.get(IMPORTED), [(model.version, count) for model, count in fleet.vehicles], len(quality.days)


@pytest.mark.many_cases
@pytest.mark.parametrize("kind", ["describe", "trace", "export", "import", "check-telemetry", "calibrate"])
def test_a_killed_job_shows_nothing_and_a_killed_worker_loses_nothing(
    kind: str, installation: Installation, experiment: PlanExperiment, tmp_path: Path
) -> None:
    order, victim = order_of(kind, installation, experiment, tmp_path), tmp_path / "victim"
    before = published(installation)

    def ended(job_id: str) -> bool:
        return installation.jobs.read(job_id).job.status in ENDED

    victim.write_text("job")
    killed = order().job.job_id
    with worker(installation, victim):
        until(lambda: ended(killed))
    view = installation.jobs.read(killed)
    assert view.job.problem is not None
    assert (view.job.status, view.job.problem["code"], view.files) == ("failed", "worker-died", {})
    assert published(installation) == before

    victim.write_text("worker")
    taken_over = order().job.job_id
    with worker(installation, victim) as first:
        first.wait(PATIENCE_S)
        assert not victim.exists()
    assert not ended(taken_over)
    assert published(installation) == before
    with worker(installation, victim):
        until(lambda: ended(taken_over))
    view = installation.jobs.read(taken_over)
    assert view.job.status == "succeeded", view.job.problem
    assert installation.jobs.read(killed).job.status == "failed"
    assert (published(installation) != before) == (kind in ("import", "check-telemetry", "calibrate"))
    if kind == "trace":
        assert set(view.files) == {"result.json", "power.bin", "replay.html"}
    if kind == "calibrate":
        assert sorted(count for _, count in installation.fleet.read(LINE).vehicles) == [1, 1]
    if kind == "import":
        assert view.facts["version"] == 1
    found = verify(installation.database, installation.data)
    assert found.is_sound
