"""Names that are formulas or HTML: they arrive as text in every file that Headwatt writes."""

import csv
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from api.experiment_result import result_of
from api.export.csv_files import write_csv_files
from api.export.tables import tables_of
from api.export.workbook import write_workbook
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.plan_files.proof import CheckedPlan
from api.report.render import render_report
from dispatch.checker.check import CheckReport
from scenarios.files.load import load_scenario
from scenarios.files.written import document_of, write_document
from scenarios.schema import Scenario
from simulation.experiment import PlanExperiment

NAMES = (
    '=HYPERLINK("http://evil.example","click")',
    "@SUM(A1)",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "+1+cmd|' /C calc'!A0",
)


def named(scenario: Scenario) -> Scenario:
    """The scenario with hostile names of stations and substations."""
    stations = [
        station.model_copy(update={"name": NAMES[number % len(NAMES)]})
        for number, station in enumerate(scenario.stations)
    ]
    return scenario.model_copy(update={"stations": tuple(stations), "title": NAMES[3]})


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> CheckedPlan:
    folder = tmp_path_factory.mktemp("exported") / "plan"
    write_plan_folder(experiment, folder)
    written = read_plan_folder(folder)
    return CheckedPlan(replace(written, scenario=named(written.scenario)), CheckReport((), ("whole-seconds",)))


def test_no_cell_of_a_csv_file_is_a_formula(checked: CheckedPlan, tmp_path: Path) -> None:
    cells = set()
    for file in write_csv_files(tables_of(checked), tmp_path):
        with file.open(newline="", encoding="utf-8") as stream:
            cells |= {cell for row in csv.reader(stream) for cell in row}
    assert {f"'{name}" for name in NAMES if name[0] in "=@+"} <= cells
    assert [
        cell for cell in cells if cell[:1] in ("=", "@", "+", "-") and not re.fullmatch(r"[-+][\d.e-]+", cell)
    ] == []


def test_no_cell_of_a_workbook_is_a_formula(checked: CheckedPlan, tmp_path: Path) -> None:
    write_workbook(tables_of(checked), tmp_path / "plan.xlsx", NAMES[0])
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert sheets
    assert not any(re.search(rb"<f[ >/]", sheet) for sheet in sheets)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx", read_only=True)
    texts = {value for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for value in row}
    assert set(NAMES) <= texts


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_no_name_becomes_an_element_of_the_report(experiment: PlanExperiment) -> None:
    hostile = replace(experiment, request=replace(experiment.request, scenario=named(experiment.request.scenario)))
    pages = [render_report(one, result_of(one)) for one in (experiment, hostile)]
    elements = []
    for page in pages:
        parser = _Elements()
        parser.feed(page)
        elements.append(parser.found)
    assert elements[0] == elements[1]
    assert "img" not in elements[1]
    assert not [name for name in elements[1] if name.startswith("on")]


def test_a_scenario_with_such_names_is_written_and_read_back(tmp_path: Path) -> None:
    scenario = named(load_scenario("tutorial_line"))
    write_document(tmp_path, document_of(scenario))
    assert [station.name for station in load_scenario(tmp_path).stations] == [s.name for s in scenario.stations]
    for file in tmp_path.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as stream:
            assert not [cell for row in csv.reader(stream) for cell in row if cell[:1] in ("=", "@", "+")]
