"""The operation: a part with defaults; only a value that differs from its default changes the scenario's hash."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import Fault
from scenarios.files.load import FILE, bundled, load_scenario
from scenarios.files.provenance import assumptions, unexplained
from scenarios.files.written import document_of
from scenarios.schema import Scenario
from scenarios.schema.operation import Operation

WRITTEN = (FILE, "  track_clearing_s: 45  ", "  track_clearing_s: 60  ")


@pytest.mark.parametrize("line", bundled())
def test_bundled_lines_have_the_defaults(line: str, loaded: Callable[[str], Scenario]) -> None:
    """tests/scenarios/schema/test_hash.py has their hashes of the time before scenarios had the part."""
    assert loaded(line).operation == Operation()


@pytest.mark.parametrize("name", Operation.model_fields)
def test_each_value_that_differs_from_its_default_changes_the_hash(name: str) -> None:
    scenario = load_scenario("tutorial_line")
    default = getattr(scenario.operation, name)
    changed = default // 2 if isinstance(default, int) else default / 2
    one = scenario.with_parts(operation=scenario.operation.model_copy(update={name: changed}))
    assert one.hash != scenario.hash
    assert document_of(one)["operation"] == {name: changed}


def test_a_file_without_the_part_loads_with_the_defaults(edited: Callable[..., Path]) -> None:
    folder = edited("tutorial_line", [(FILE, "\noperation:", "\nXX"), (FILE, "  operation: *made_up\n", "")])
    file = folder / FILE
    lines = file.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("XX"))
    end = next(number for number in range(begin + 1, len(lines)) if not lines[number].startswith("  "))
    file.write_text("\n".join(lines[:begin] + lines[end:]))
    scenario = load_scenario(folder)
    assert scenario.operation == Operation()
    assert scenario.hash == load_scenario("tutorial_line").hash
    assert not unexplained(scenario)
    origins = {line.path: line.assumed for line in assumptions(scenario)}
    assert origins["operation.track_clearing_s"] == "default of the scenario language"


def test_a_value_that_is_given_needs_an_origin(edited: Callable[..., Path]) -> None:
    folder = edited("tutorial_line", [WRITTEN, (FILE, "  operation: *made_up\n", "")])
    scenario = load_scenario(folder)
    assert scenario.operation.track_clearing_s == 60
    assert "operation.track_clearing_s" in unexplained(scenario)
    assert "operation.longest_hold_s" not in unexplained(scenario)


def test_overrides_change_single_fields(edited: Callable[..., Path]) -> None:
    change = (FILE, "overrides:\n", "overrides:\n  short_stands:\n    operation: {powered_stand_s: 600}\n")
    operation = load_scenario(edited("tutorial_line", [change]), ["short_stands"]).operation
    assert operation == Operation(powered_stand_s=600)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        ("track_clearing_s: -1", "operation.track_clearing_s"),
        ("depot_shunting_share: 1.5", "operation.depot_shunting_share"),
        ("punctual_within_s: soon", "operation.punctual_within_s"),
        ("track_clearing_seconds: 45", "operation.track_clearing_seconds"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    new: str, field: str, faults_after: Callable[..., tuple[Fault, ...]]
) -> None:
    (fault,) = faults_after("tutorial_line", [(FILE, "track_clearing_s: 45", new)])
    assert (fault.file, fault.field) == (FILE, field)
    assert fault.place.startswith("line ")
    assert fault.allowed


def test_show_prints_the_operation(edited: Callable[..., Path]) -> None:
    shown = CliRunner().invoke(app, ["scenario", "show", str(edited("tutorial_line", [WRITTEN]))])
    assert shown.exit_code == 0
    assert "60 s after a departure" in " ".join(shown.stdout.split())
