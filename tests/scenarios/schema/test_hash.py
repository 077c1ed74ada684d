"""Fields that were added later leave the hashes of stored plans as they are, until they are used."""

from typing import Any

import pytest

from scenarios.files.load import load_scenario
from scenarios.schema import Scenario

BEFORE = {
    "beijing_yizhuang": "c93b86021c778b6cbb5ef056385f6151e7f739f95d95da4c53a7bf9f185aa15c",
    "tutorial_line": "fbdb7a442263b0c14abc1c8acb6e70873aa4ee4b1d2e76c145132442d71b24a2",
}
"""Hashes by commit d16c1ae, before the fields below were added."""


@pytest.mark.parametrize("line", BEFORE)
def test_files_without_the_later_fields_keep_their_hash(line: str) -> None:
    assert load_scenario(line).hash == BEFORE[line]


def test_compact_forms_and_sections_count() -> None:
    names = ("tutorial_line", "tutorial_line+gravity_demand", "tutorial_line+unlike_tracks")
    scenarios = [load_scenario(name) for name in names]
    assert len({scenario.hash for scenario in scenarios}) == 3
    longer = scenarios[2].track.sections[2].model_copy(update={"length_down_m": 1531.0})
    sections = (*scenarios[2].track.sections[:2], longer, *scenarios[2].track.sections[3:])
    track = scenarios[2].track.model_copy(update={"sections": sections})
    assert scenarios[2].with_parts(track=track).hash != scenarios[2].hash


def with_rating(scenario: Scenario, **rating: Any) -> Scenario:
    first, *others = scenario.supply.substations
    supply = scenario.supply.model_copy(update={"substations": (first.model_copy(update=rating), *others)})
    return scenario.with_parts(supply=supply)


def test_a_rating_counts_once_it_is_given() -> None:
    scenario = load_scenario("tutorial_line")
    hashes = {
        with_rating(scenario, **rating).hash
        for rating in (
            {},
            {"rated_power_kw": 2000.0, "overload_class": "VI"},
            {"rated_power_kw": 2000.0, "overload_class": "V"},
            {"rated_power_kw": 2500.0, "overload_class": "VI"},
        )
    }
    assert len(hashes) == 4
    assert scenario.hash in hashes
