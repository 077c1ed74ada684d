"""The documents of a scenario: sources, the JSON schema, the documentation, the commands."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from api.cli.main import app
from scenarios.files.json_schema import json_schema
from scenarios.files.load import FILE, LINES, bundled, load_scenario, override_names
from scenarios.files.provenance import assumptions, unexplained
from scenarios.files.reference_page import BEGIN, updated
from scenarios.schema import Scenario
from scenarios.schema.structure import parts

VARIANTS = [name for line in bundled() for name in (line, *(f"{line}+{over}" for over in override_names(line)))]
PAGES = [page for page in [Path(__file__).resolve().parents[3] / "docs" / "scenario-language.md"] if page.is_file()]


@pytest.mark.many_cases
@pytest.mark.parametrize("name", VARIANTS)
def test_every_number_has_its_source_or_is_called_assumed(name: str, loaded: Callable[[str], Scenario]) -> None:
    scenario = loaded(name)
    assert not unexplained(scenario)
    for line in assumptions(scenario):
        assert line.source or line.assumed, line.path


def test_a_number_without_source_is_found() -> None:
    scenario = load_scenario("tutorial_line")
    kept = {path: origin for path, origin in scenario.provenance.items() if path != "tariff"}
    lost = unexplained(scenario.model_copy(update={"provenance": kept}))
    assert "tariff.demand_charge_per_kw_month" in lost
    assert all(path.startswith("tariff.") for path in lost)


def test_the_most_specific_entry_counts() -> None:
    scenario = load_scenario("tutorial_line")
    origins = {**scenario.provenance, "stations.*.dwell_s": "assumed: b", "stations.UNI.dwell_s": "S; assumed: c"}
    changed = scenario.model_copy(update={"provenance": origins, "sources": {"S": "a book"}})
    lines = {(line.path, line.assumed): line for line in assumptions(changed)}
    assert lines["stations.*.dwell_s", "b"].count == 4
    assert lines["stations.*.dwell_s", "c"].source == "a book"
    assert lines["stations.*.dwell_s", "c"].value == "35"
    assert lines["stations.*.chainage_m", "made up for the tutorial"].count == 5


def test_published_and_assumed_figures_of_the_reference_line_are_distinguished(
    loaded: Callable[[str], Scenario],
) -> None:
    lines = {line.path: line for line in assumptions(loaded("beijing_yizhuang"))}
    assert "Energies 9(2)" in lines["train_types.six_car.tare_t"].source
    assert not lines["timetable.periods.*.headway_s"].source
    assert "gravity" in lines["demand.origin_destination.*.passengers"].assumed


@pytest.mark.parametrize("file", sorted(LINES.glob("*/*")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_bundled_files_are_small(file: Path) -> None:
    assert file.is_dir() or file.stat().st_size < 500 * 1024


SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one_and_knows_every_part() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    known = set(SCHEMA["$defs"])
    assert {part.__name__ for part in parts(Scenario)} - {"Scenario"} <= known
    assert "description" in SCHEMA["$defs"]["TrainType"]["properties"]["tare_t"]


@pytest.mark.parametrize("name", bundled())
def test_the_schema_accepts_the_bundled_lines(name: str) -> None:
    content = yaml.safe_load((LINES / name / FILE).read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(content)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("train_types", "four_car", "tare_t"), "heavy"),
        (("train_types", "four_car", "tara_t"), 140),
        (("track", "curves"), "curves.txt"),
        (("timetable", "first_departure", "up"), "6 o'clock"),
        (("overrides", "summer", "outside_temperature_c"), 99),
        (("overrides", "substation_out", "supply", "substations", "west", "in_servce"), False),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(path: tuple[str, ...], value: object) -> None:
    content = yaml.safe_load((LINES / "tutorial_line" / FILE).read_text(encoding="utf-8"))
    parent = content
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    assert list(VALIDATOR.iter_errors(content))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_documentation_describes_every_key_as_the_schema_does(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == updated(text), "run `headwatt scenario schema --markdown` and put its output into the page"


def test_every_field_explains_itself() -> None:
    silent = [
        f"{part.__name__}.{name}"
        for part in parts(Scenario)
        for name, field in part.model_fields.items()
        if not field.description and name != "id"
    ]
    assert not silent
    assert all(part.__doc__ for part in parts(Scenario))


def run(*words: str) -> str:
    reported = CliRunner().invoke(app, ["scenario", *words])
    assert reported.exit_code == 0, reported.output
    return reported.stdout


def test_a_new_folder_passes_its_check(tmp_path: Path) -> None:
    folder = tmp_path / "My Line"
    run("new", str(folder))
    assert "no faults" in run("check", str(folder))
    assert load_scenario(folder).name == "my_line"
    assert sum(line.lstrip().startswith("#") for line in (folder / FILE).read_text().splitlines()) >= 10


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    reported = CliRunner().invoke(app, ["scenario", "new", str(tmp_path)])
    assert reported.exit_code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_show_draws_every_station() -> None:
    drawn = run("show", "tutorial_line", "--assumptions")
    for station in load_scenario("tutorial_line").stations:
        assert station.id in drawn
    assert "reversible" in drawn
    assert "made up" in drawn
    assert "Overrides: summer" in drawn


def test_answers_as_json() -> None:
    shown = json.loads(run("show", "tutorial_line", "-o", "summer", "--json"))
    assert shown["name"] == "tutorial_line+summer"
    assert shown["scenario_hash"] == load_scenario("tutorial_line+summer").hash
    listed = json.loads(run("list", "--json"))["scenarios"]
    assert {line["name"] for line in listed} == set(bundled())
    checked = json.loads(run("check", "tutorial_line", "--json"))
    assert checked["valid"] is True
    assert json.loads(run("schema")) == SCHEMA
    assert run("schema", "--markdown").startswith(BEGIN)


def test_check_tries_every_override(edited: Callable[..., Path]) -> None:
    folder = edited("tutorial_line", [(FILE, "summer:\n    outside_temperature_c: 33", "summer: 5")])
    reported = CliRunner().invoke(app, ["scenario", "check", str(folder)])
    assert reported.exit_code == 2
    assert "overrides.summer" in reported.output
