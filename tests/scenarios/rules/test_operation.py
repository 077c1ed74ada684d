"""The operation fits the line, whatever the form of its timetable."""

import pytest
from called_lines import called

from scenarios.files.load import load_scenario
from scenarios.rules import RULES
from scenarios.schema.operation import Operation

LINE = load_scenario("tutorial_line")


@pytest.mark.parametrize("energised_s", [3_600, 86_400])
def test_the_supply_is_energised_during_called_trips(energised_s: int) -> None:
    scenario = called(LINE).with_parts(operation=Operation(supply_energised_s=energised_s))
    found = [one for rule in RULES if rule.number == "O3" for one in rule.find(scenario)]
    assert [one.value for one in found] == (["3600"] if energised_s == 3_600 else [])
