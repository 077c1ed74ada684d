"""The ratings of substations, beside their loads."""

import pytest

from energy_models.account.substations import SubstationLoads
from scenarios.files.load import load_scenario
from scenarios.values.substation_ratings import ratings


def test_only_substations_in_service_with_a_rating_have_one() -> None:
    assert ratings(load_scenario("tutorial_line")) == {}
    assert len(ratings(load_scenario("shanghai_line8"))) == 9
    assert "LZV_sub" not in ratings(load_scenario("shanghai_line8+substation_out"))


def test_each_load_stands_beside_what_its_class_allows() -> None:
    rating = ratings(load_scenario("shanghai_line8"))["PES_sub"]
    rows = rating.beside(SubstationLoads(13_501.0, 13_500.4, 6_000.0, 4_600.0))
    assert [row.allowed_kw for row in rows] == pytest.approx([13_500.0, 13_500.0, 6_750.0, 4_500.0])
    assert [row.is_exceeded for row in rows] == [True, False, False, True]
