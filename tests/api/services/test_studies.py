"""Studies, edits and imports on both databases: ordered by the service, computed, and read back."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from computed_jobs import computed
from finished_plans import finished
from prepared_data import prepared_data

from api.http.models import PlanModel
from api.jobs.orders import (
    ComparisonOrder,
    DescriptionOrder,
    ExplanationOrder,
    ExportOrder,
    ImportOrder,
    JudgementOrder,
    Move,
    RevisionOrder,
    SimulationOrder,
    SweepOrder,
    TraceOrder,
)
from api.jobs.plan_order import PlanOrder
from api.jobs.port import JobKind, Limits
from api.jobs.request import plan_request, stored_scenarios, stored_starts
from api.problems import ProblemError
from api.services.availability import Caller
from api.services.installation import Installation, open_installation
from api.services.jobs import JobView
from api.services.text_differences import differences
from api.state.database import SETTING
from api.state.files import FileStore
from energy_models.faults import InputFaults
from scenarios.files.load import LINES, load_scenario
from simulation.experiment import PlanExperiment

pytest_plugins = ["state_databases"]

LINE = "tutorial_line"


@pytest.fixture(params=("sqlite", pytest.param("postgresql", marks=pytest.mark.many_cases)), scope="module")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    from state_databases import new_database_url  # a plugin of pytest, which imports it first

    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, new_database_url(request.param, data, request))
        installation = open_installation(prepared_data(data) if request.param == "sqlite" else data)
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def plan_id(installation: Installation, experiment: PlanExperiment) -> str:
    return finished(installation.database, installation.data, experiment)


def done(installation: Installation, ordered: JobView) -> JobView:
    computed(installation.database, installation.data, ordered.job.job_id)
    return installation.jobs.read(ordered.job.job_id)


def result_of(installation: Installation, view: JobView) -> dict[str, object]:
    assert view.job.status == "succeeded", view.job.problem
    content = installation.jobs.result(view)
    assert content is not None
    return dict(json.loads(content))


def zipped(files: dict[str, str], folder: str = "") -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, text in files.items():
            archive.writestr(folder + name, text)
    return stored.getvalue()


def scenario_files(name: str) -> dict[str, str]:
    """The files of the bundled tutorial line under another name."""
    texts = {file.name: file.read_text() for file in (LINES / LINE).iterdir() if file.is_file()}
    texts["scenario.yaml"] = texts["scenario.yaml"].replace(f"name: {LINE}", f"name: {name}", 1)
    return texts


def imported(
    installation: Installation, tmp_path: Path, content: bytes, line: str = "my_line", **options: object
) -> JobView:
    file = tmp_path / "upload"
    file.write_bytes(content)
    order = ImportOrder.model_validate({"form": "folder", "line": line, "file_name": "scenario.zip", **options})
    return done(installation, installation.studies.import_scenario(order, file, "ada"))


@pytest.mark.many_cases
def test_days_of_a_line_are_simulated_as_the_command_does(installation: Installation) -> None:
    order = SimulationOrder(scenario=LINE, replications=2, seed=3)
    view = done(installation, installation.studies.of_line("simulate", order, "ada", "key"))
    found = result_of(installation, view)
    assert (found["scenario"], found["replications"], found["timetable"]) == (LINE, 2, "in force")
    assert view.facts["replications"] == 2
    again = installation.studies.of_line("simulate", order, "ada", "key")
    assert again.job.job_id == view.job.job_id
    with pytest.raises(ProblemError, match="new order"):
        installation.studies.of_line("simulate", order.model_copy(update={"seed": 4}), "ada", "key")
    path, sha256 = installation.jobs.file(view.job.job_id, "result.json")
    assert path == FileStore(installation.data).path(sha256)


def test_a_line_is_described_with_its_running_times_and_profiles(installation: Installation) -> None:
    order = DescriptionOrder(scenario=LINE, passengers=300.0)
    view = done(installation, installation.studies.of_line("describe", order, "ada"))
    found: dict[str, Any] = result_of(installation, view)
    scenario = load_scenario(LINE)
    assert (found["scenario_hash"], view.facts["sections"]) == (scenario.hash, len(found["sections"]))
    assert [one["id"] for one in found["stations"]] == [station.id for station in scenario.stations]
    section = found["sections"][0]
    optimal = [run for run in section["runs"] if run["strategy"] == "optimal"]
    assert section["in_force_s"] in [run["running_time_s"] for run in optimal]
    # More time never needs more energy, and the fastest run has the shortest time.
    assert [run["net_kwh"] for run in optimal] == sorted((run["net_kwh"] for run in optimal), reverse=True)
    assert section["runs"][0]["running_time_s"] == pytest.approx(section["minimum_s"], abs=0.05)
    path, _ = installation.jobs.file(view.job.job_id, section["profiles"])
    run = next(one for one in json.loads(path.read_text())["runs"] if one["strategy"] == "optimal")
    ends = [station.chainage_m for station in scenario.stations[:2]]
    assert [run["chainage_m"][0], run["chainage_m"][-1]] == pytest.approx(ends)
    assert (run["speed_kmh"][0], run["speed_kmh"][-1]) == (0.0, 0.0)
    drawn_kwh = sum(max(0.0, kw) for kw in run["power_kw"][1:-1]) / 3600.0
    assert drawn_kwh == pytest.approx(run["drawn_kwh"], abs=0.01)


@pytest.mark.many_cases
def test_a_day_is_traced_second_by_second(installation: Installation) -> None:
    view = done(installation, installation.studies.of_line("trace", TraceOrder(scenario=LINE), "ada"))
    found: dict[str, Any] = result_of(installation, view)
    assert {"power.bin", "replay.html", "result.json"} == set(view.files)
    path, _ = installation.jobs.file(view.job.job_id, found["power_file"])
    content = path.read_bytes()
    assert sum(window["bytes"] for window in found["windows"]) == len(content)
    stations, energy_kws = len(found["substations"]), 0.0
    for window in found["windows"]:
        part = content[window["at"] : window["at"] + window["bytes"]]
        n = window["seconds"]
        offsets = np.frombuffer(part, "<u4", n + 1)
        assert (offsets[0], offsets[-1]) == (0, window["entries"])
        energy_kws += float(np.frombuffer(part, "<i2", n * stations, 4 * (n + 1)).sum())
    # Powers are rounded to whole kW.
    assert energy_kws / 3600.0 == pytest.approx(found["energy_kwh"], rel=0.01)
    assert view.facts["energy_kwh"] == found["energy_kwh"]
    figures = sum(one["delivered_kwh"] - one["returned_kwh"] for one in found["figures"])
    assert figures == pytest.approx(found["energy_kwh"], rel=0.001)


def test_values_of_a_scenario_are_changed_where_they_stand(installation: Installation, tmp_path: Path) -> None:
    texts = scenario_files("changed_line")
    assert imported(installation, tmp_path, zipped(texts), "changed_line").facts["version"] == 1

    def changed(
        changes: list[dict[str, object]], files: dict[str, str] | None = None, line: str = "changed_line"
    ) -> JobView:
        content = json.dumps({"changes": changes, "files": files or {}}).encode()
        own = {"form": "changes", "file_name": "changes.json", "base_line": "changed_line", "base_version": 1}
        return imported(installation, tmp_path, content, line, **own)

    wrong = changed([{"path": ["outside_temperature_c"], "value": 200}, {"path": ["title"], "value": ""}])
    assert wrong.job.problem is not None
    assert {one["field"] for one in wrong.job.problem["errors"]} == {"outside_temperature_c", "title"}
    new_stations = texts["stations.csv"].replace("Market", "Old Market")
    view = changed([{"path": ["outside_temperature_c"], "value": 28}], {"stations.csv": new_stations})
    assert view.facts["version"] == 2, view.job.problem
    path, _ = installation.scenarios.file("changed_line", 2, "scenario.yaml")
    before, after = texts["scenario.yaml"].splitlines(), path.read_text().splitlines()
    assert len(before) == len(after)  # comments and order stay
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    late = changed([{"path": ["outside_temperature_c"], "value": 29}])
    assert late.job.problem is not None
    assert late.job.problem["code"] == "stale"
    copied = changed([{"path": ["outside_temperature_c"], "value": 5}], line="another_line")
    assert copied.facts["version"] == 1
    assert (
        installation.scenarios.version("another_line", 1).title
        == installation.scenarios.version("changed_line", 1).title
    )


@pytest.mark.many_cases
def test_a_sweep_has_its_table_page_and_pictures(installation: Installation) -> None:
    study = {"factors": {"disturbances.dwell_noise_s": [0, 2]}, "replications": 2}
    view = done(installation, installation.studies.of_line("sweep", SweepOrder(scenario=LINE, study=study), "ada"))
    found = result_of(installation, view)
    assert (found["scenario"], len(found["rows"])) == (LINE, 2)  # type: ignore[arg-type]
    assert {"result.json", "table.csv", "report.html"} < set(view.files)


def test_the_faults_of_a_sweep_are_those_of_its_file(installation: Installation) -> None:
    study = {"factors": {"disturbances.colour": [0, 2]}}
    view = done(installation, installation.studies.of_line("sweep", SweepOrder(scenario=LINE, study=study), "ada"))
    assert view.job.problem is not None
    assert (view.job.status, view.job.problem["code"]) == ("failed", "input-faults")
    assert "colour" in str(view.job.problem["errors"])


def test_an_order_about_something_unknown_names_every_fault(installation: Installation, plan_id: str) -> None:
    with pytest.raises(InputFaults) as caught:
        installation.studies.of_line("simulate", SimulationOrder(scenario="atlantis"), "ada")
    assert LINE in str(caught.value)
    order = SimulationOrder(scenario=LINE, version=99, overrides=("monsoon",), plan="20990101-000000-000000-aaaaaa")
    with pytest.raises(InputFaults) as caught:
        installation.studies.of_line("simulate", order, "ada")
    assert {fault.field for fault in caught.value.faults} == {"version", "overrides", "plan"}
    with pytest.raises(InputFaults, match="20990101"):
        installation.studies.of_plan("compare", plan_id, ComparisonOrder(other="20990101"), "ada")


@pytest.mark.many_cases
def test_a_plan_is_judged_compared_explained_and_exported(installation: Installation, plan_id: str) -> None:
    orders: dict[JobKind, JudgementOrder | ComparisonOrder | ExplanationOrder | ExportOrder] = {
        "judge": JudgementOrder(replications=10, seed=5),
        "compare": ComparisonOrder(),
        "explain": ExplanationOrder(trip="up-001"),
        "export": ExportOrder(format="xlsx"),
    }
    found = {
        kind: done(installation, installation.studies.of_plan(kind, plan_id, order, "ada"))
        for kind, order in orders.items()
    }
    assert result_of(installation, found["judge"])["replications"] == 10
    assert "judgement.html" in found["judge"].files
    assert result_of(installation, found["compare"])["plans"] == ["today", plan_id]
    assert result_of(installation, found["explain"])["sections"]
    assert "plan.xlsx" in found["export"].files
    gtfs = ExportOrder(format="gtfs", timezone="Asia/Shanghai")
    feed = done(installation, installation.studies.of_plan("export", plan_id, gtfs, "ada"))
    path, _ = installation.jobs.file(feed.job.job_id, "gtfs.zip")
    assert "stop_times.txt" in zipfile.ZipFile(path).namelist()
    nowhere = ExportOrder(format="gtfs", timezone="Mars/Olympus", days="never")
    view = done(installation, installation.studies.of_plan("export", plan_id, nowhere, "ada"))
    assert view.job.problem is not None
    assert {one["field"] for one in view.job.problem["errors"]} == {"--days", "--timezone"}


def test_an_edit_that_breaks_a_rule_is_listed_and_changes_nothing(installation: Installation, plan_id: str) -> None:
    before = installation.plans.read(plan_id)
    # Two hours are beyond every window of a departure.
    order = RevisionOrder(moves=(Move(trip="up-001", by_s=7200),))
    view = done(installation, installation.studies.of_plan("revise", plan_id, order, "ada", None, before.tag))
    assert view.job.problem is not None
    assert view.job.problem["code"] == "rules-broken"
    assert any(one["trip"] == "up-001" for one in view.job.problem["errors"])
    after = installation.plans.read(plan_id)
    assert (after.version, after.files) == (before.version, before.files)


@pytest.mark.many_cases
def test_an_edit_becomes_the_current_version_once(installation: Installation, experiment: PlanExperiment) -> None:
    plan_id = finished(installation.database, installation.data, experiment)
    before = installation.plans.read(plan_id)
    assert before.approval == "judged"
    content = FileStore(installation.data).path(before.files["timetable.csv"]).read_text()
    lines = content.splitlines(keepends=True)
    # The load of a section is planned, not a rule, so that this edit breaks none.
    cells = lines[1].split(",")
    place = lines[0].split(",").index("passengers")
    cells[place] = "1.000"
    edited = RevisionOrder(timetable="".join([lines[0], ",".join(cells), *lines[2:]]), replications=2, unproven=True)
    first = installation.studies.of_plan("revise", plan_id, edited, "ada", None, before.tag)
    second = installation.studies.of_plan("revise", plan_id, edited, "eve", None, before.tag)
    assert done(installation, first).job.status == "succeeded"
    late = done(installation, second)
    assert late.job.problem is not None
    assert (late.job.status, late.job.problem["code"]) == ("failed", "stale")
    after = installation.plans.read(plan_id)
    assert (after.version, after.job.kind) == (2, "revise")
    # The order of the plan stays that of its search, also over HTTP and in the list.
    assert [PlanModel.of(view).order.scenario for view in (before, after)] == ["tutorial_line"] * 2
    assert after.files["timetable.csv"] != before.files["timetable.csv"]
    result = installation.plans.result(after)
    assert result is not None
    assert json.loads(result)["metadata"]["revised"]["plan_sha256"]
    assert [number for number, _, _ in installation.studies.versions(plan_id)] == [3, 2, 1]
    with pytest.raises(ProblemError, match="read it again"):
        installation.studies.of_plan("revise", plan_id, edited, "ada", None, before.tag)


@pytest.mark.many_cases
def test_a_scenario_is_imported_checked_edited_and_planned(installation: Installation, tmp_path: Path) -> None:
    texts = scenario_files("my_line")
    view = imported(installation, tmp_path, zipped(texts, "my_line/"))
    assert view.job.status == "succeeded", view.job.problem
    assert view.facts["version"] == 1
    version = installation.scenarios.version("my_line", 1)
    assert set(version.files) == set(texts)
    changed = texts["scenario.yaml"].replace("title: ", "title: The other ", 1)
    edit = {"form": "edit", "file_name": "scenario.yaml", "base_version": 1}
    view = imported(installation, tmp_path, changed.encode(), **edit)
    assert view.facts["version"] == 2
    late = imported(installation, tmp_path, texts["scenario.yaml"].encode(), **edit)
    assert late.job.problem is not None
    assert late.job.problem["code"] == "stale"
    (difference,) = installation.scenarios.differences("my_line", 1, 2)
    assert (difference.name, difference.change) == ("scenario.yaml", "changed")
    paths = [
        str(FileStore(installation.data).path(installation.scenarios.version("my_line", number).files["scenario.yaml"]))
        for number in (1, 2)
    ]
    # On a busy machine, the process that compares lines may not be ready in time; then the service leaves them out.
    (whole,) = differences({"scenario.yaml": tuple(paths)})
    assert whole.lines is not None
    assert any(line.startswith("+title: The other") for line in whole.lines)
    assert difference.lines in (whole.lines, None)
    scenarios = stored_scenarios(installation.database, FileStore(installation.data))
    starts = stored_starts(installation.database, FileStore(installation.data))
    titles = [plan_request(PlanOrder("my_line", number), starts, scenarios).scenario.title for number in (1, None)]
    assert titles[1] == f"The other {titles[0]}"
    assert installation.plans.order(PlanOrder("my_line"), "ada").job.order["version"] == 2


def test_all_faults_of_a_scenario_are_reported_and_no_version_is_made(
    installation: Installation, tmp_path: Path
) -> None:
    texts = scenario_files("broken")
    texts["scenario.yaml"] += "\ncolour: green\n"
    view = imported(installation, tmp_path, zipped(texts), "broken")
    assert view.job.problem is not None
    assert (view.job.status, view.job.problem["code"]) == ("failed", "input-faults")
    assert "colour" in str(view.job.problem["errors"])
    assert not installation.scenarios.is_known("broken")
    other = imported(installation, tmp_path, zipped(scenario_files("someone_else")), "broken")
    assert other.job.problem is not None
    assert "someone_else" in str(other.job.problem)
    checked = imported(installation, tmp_path, zipped(scenario_files("broken")), "broken", check_only=True)
    check = result_of(installation, checked)["check"]
    assert isinstance(check, dict)
    assert check["valid"]
    assert not installation.scenarios.is_known("broken")


def test_bundled_lines_are_read_only(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="bundled"):
        imported(installation, tmp_path, zipped(scenario_files(LINE)), LINE)
    version = installation.scenarios.version(LINE, 1)
    assert version.origin == "bundled"
    assert "scenario.yaml" in version.files


def test_a_foreign_line_has_no_versions_jobs_or_plans(installation: Installation, plan_id: str) -> None:
    caller = Caller("eve", "", frozenset({"beijing_yizhuang"}))
    studies = installation.studies.for_caller(caller, lambda _line: Limits())
    job = installation.studies.of_plan("explain", plan_id, ExplanationOrder(), "ada")
    with pytest.raises(ProblemError, match="No job"):
        installation.jobs.for_caller(caller).read(job.job.job_id)
    with pytest.raises(ProblemError, match="No line"):
        installation.scenarios.for_caller(caller).version(LINE, 1)
    with pytest.raises(ProblemError, match="No plan"):
        studies.of_plan("explain", plan_id, ExplanationOrder(), "eve")
    with pytest.raises(InputFaults):
        studies.of_line("simulate", SimulationOrder(scenario=LINE), "eve")
    installation.jobs.stop(job.job.job_id, "nothing")
