"""`scenario show` keeps every name, kilometre and number at 80 columns, also with double-width characters."""

import io
import re
import unicodedata

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.scenario_tables import (
    assumption_table,
    line_table,
    service_table,
    supply_table,
    train_table,
)
from scenarios.files.load import bundled, load_scenario
from scenarios.schema import Scenario

LONG_NAMES = (
    "北京经济技术开发区科创十四街与经海九路交叉口东站",
    "長者原はなみずき通り大型ショッピングセンター前",
    "Universitätsklinikum-Nordrandsiedlung-Hauptbahnhof",
    "Rennes-Jacques-Cartier [ouest] station de correspondance",
    "ｺﾝﾋﾟｭｰﾀ한국국제전시장앞",
)


def with_long_names() -> Scenario:
    scenario = load_scenario("tutorial_line")
    stations = tuple(
        station.model_copy(update={"name": name, "chainage_m": station.chainage_m + 123_000.0})
        for station, name in zip(scenario.stations, LONG_NAMES, strict=True)
    )
    depots = tuple(
        depot.model_copy(update={"id": f"{depot.id}_of_the_eastern_part_of_the_line"}) for depot in scenario.depots
    )
    substations = tuple(
        item.model_copy(
            update={"id": f"{item.id}_substation_with_a_very_long_name_x"[:40], "station": "UNI", "chainage_m": None}
        )
        for item in scenario.supply.substations
    )
    return scenario.with_parts(
        stations=stations, depots=depots, supply=scenario.supply.model_copy(update={"substations": substations})
    )


def printed(table: Table, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def column(lines: list[str], begin: int, end: int) -> str:
    """What stands between two cell positions, line by line, without spaces."""
    found = []
    for line in lines:
        at = 0
        for character in line:
            if begin <= at < end:
                found.append(character)
            at += cell_len(character)
    return re.sub(r"\s", "", "".join(found))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_name_and_no_kilometre_is_cut(width: int) -> None:
    scenario = with_long_names()
    lines = printed(line_table(scenario), width)
    assert max(cell_len(line) for line in lines) <= width
    text = "\n".join(lines)
    heading = next(line for line in lines if "station" in line and "km" in line)
    begin, end = heading.index("station"), heading.index("km") + len("km") - len("123.000")
    names = column(lines, begin, end)
    for station in scenario.stations:
        assert re.sub(r"\s", "", station.name) in names
        assert f"{station.chainage_m / 1000:.3f}" in text
    for depot in scenario.depots:
        assert f"depot{depot.id}" in names


def test_the_names_of_the_test_have_double_and_single_width() -> None:
    widths = {unicodedata.east_asian_width(character) for name in LONG_NAMES for character in name}
    assert {"W", "H", "Na"} <= widths


@pytest.mark.parametrize("line", bundled())
def test_nothing_is_cut_on_bundled_lines(line: str) -> None:
    scenario = load_scenario(line)
    for table in (line_table, train_table, supply_table, service_table, assumption_table):
        lines = printed(table(scenario))
        assert max(cell_len(row) for row in lines) <= 80
        # A gradient or a limit over a section is written with … between two numbers; a cut text ends with it.
        assert not [row for row in lines if re.search(r"…(?![+\-\d])", row)], table.__name__


def test_substations_keep_names_and_kilometres() -> None:
    scenario = with_long_names()
    lines = printed(supply_table(scenario))
    assert max(cell_len(row) for row in lines) <= 80
    names = "".join(row.split("│")[1].strip() for row in lines if row.startswith("│"))
    for item in scenario.supply.substations:
        assert item.id in names
    assert "125.200" in "\n".join(lines)


def test_the_command_prints_the_folded_table() -> None:
    answer = CliRunner().invoke(app, ["scenario", "show", "tutorial_line"], env={"COLUMNS": "80"})
    assert answer.exit_code == 0
    assert "HAR Harbour" in answer.output
    assert "depot HAR_yard" in answer.output
    assert "0.000" in answer.output


def test_the_list_keeps_the_names_of_overrides() -> None:
    answer = CliRunner().invoke(app, ["scenario", "list"], env={"COLUMNS": "80"})
    assert "accumulating_noise" in answer.output
    assert "…" not in answer.output
