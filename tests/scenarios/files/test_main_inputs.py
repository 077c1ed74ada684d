"""The main inputs and their origin, from the provenance of a scenario."""

import pytest

from scenarios.files.load import load_scenario
from scenarios.files.main_inputs import BY_KEY, DEFINITIONS, main_inputs
from scenarios.files.provenance import kind_of
from scenarios.schema import Scenario

LINE = load_scenario("tutorial_line")


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ("assumed: as on tutorial_line", "borrowed"),
        ("assumed: as in the other line; a reason", "borrowed"),
        ("assumed: typical of heavy_6car (YIZHUANG)", "borrowed"),
        ("assumed: as usual", "assumed"),
        ("assumed: made up for the tutorial", "assumed"),
        ("", "assumed"),
        ("SU2016", "source"),
        ("SU2016; assumed: sum of the cars' net mass", "source"),
    ],
)
def test_the_kind_of_an_origin(origin: str, kind: str) -> None:
    assert kind_of(origin) == kind


def kinds(line: Scenario, **provenance: str) -> dict[str, str]:
    changed = line.with_parts(
        provenance={**line.provenance, **{key.replace("__", "."): why for key, why in provenance.items()}}
    )
    return {one.key: one.kind for one in main_inputs(changed)}


def test_the_most_specific_entry_decides_and_a_borrowed_part_makes_an_input_borrowed() -> None:
    assert set(kinds(LINE).values()) == {"assumed"}
    assert kinds(LINE, train_types__four_car="assumed: as on other")["train_mass"] == "borrowed"
    mixed = kinds(LINE, train_types__four_car="assumed: as on other", train_types__four_car__tare_t="assumed: weighed")
    assert (mixed["train_mass"], mixed["traction"]) == ("assumed", "borrowed")
    places = kinds(LINE, supply__substations__west="assumed: as on other")
    assert (places["substation_places"], places["no_load_voltage"]) == ("borrowed", "assumed")


def test_each_input_has_numbers_on_a_bundled_line() -> None:
    for name in ("tutorial_line", "beijing_yizhuang"):
        found = {one.key for one in main_inputs(load_scenario(name))}
        assert found == {one.key for one in DEFINITIONS}
    assert set(BY_KEY) == found


def test_an_input_is_varied_or_has_a_reason_and_only_varied_ones_have_an_effect() -> None:
    for one in DEFINITIONS:
        assert one.is_varied == (not one.not_varied) == (one.typical_effect is not None)
