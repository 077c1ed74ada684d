"""The library of typical trains and supplies: ranges, sources, and fields that pass the rules."""

from typing import Any

import pytest

from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.files.provenance import kind_of
from scenarios.rules import RULES
from scenarios.rules.plausible import warnings_of
from scenarios.schema.supply import Supply
from scenarios.schema.train import TrainType
from scenarios.typical.library import (
    SUPPLY_FIGURES,
    TRAIN_FIGURES,
    TypicalValue,
    origin_of,
    supplies,
    supply_fields,
    train_fields,
    trains,
)

LINE = load_scenario("tutorial_line")
LIBRARIES = (trains(), supplies())


@pytest.mark.parametrize("library", LIBRARIES, ids=["trains", "supplies"])
def test_each_figure_is_within_its_range_and_has_sources(library: Any) -> None:
    used = set()
    for kind in library.types.values():
        for name, figure in kind.figures.items():
            assert isinstance(figure, TypicalValue)
            assert figure.low <= figure.value <= figure.high, (kind.name, name)
            assert figure.sources
            assert set(figure.sources) <= set(library.sources), (kind.name, name)
            used |= set(figure.sources)
    assert used == set(library.sources)


@pytest.mark.parametrize("name", trains().types)
def test_a_typical_train_passes_the_rules_without_a_warning(name: str) -> None:
    kind = trains().types[name]
    fields = train_fields(kind)
    assert set(fields) == set(TRAIN_FIGURES)
    line = LINE.with_parts(train_types={"four_car": TrainType.model_validate({"title": kind.title, **fields})})
    assert [item for rule in RULES if rule.number[0] in "TR" for item in rule.find(line)] == []
    assert warnings_of(line) == ()


@pytest.mark.parametrize("name", supplies().types)
def test_a_typical_supply_passes_the_rules(name: str) -> None:
    fields = supply_fields(supplies().types[name])
    assert set(fields) == set(SUPPLY_FIGURES)
    places = [{"id": place, "station": place} for place in ("HAR", "UNI", "AIR")]
    line = LINE.with_parts(supply=Supply.model_validate({**fields, "substations": places}))
    assert [item for rule in RULES if rule.number[0] in "SR" for item in rule.find(line)] == []
    assert warnings_of(line) == ()


def test_forces_resistance_and_power_scale_with_an_own_mass() -> None:
    kind = trains().types["heavy_6car"]
    usual, light = train_fields(kind), train_fields(kind, tare_t=kind.of("tare_t") / 2.0)
    assert light["traction"]["power_kw"] == pytest.approx(usual["traction"]["power_kw"] / 2.0, rel=0.01)
    assert light["resistance"]["constant_kn"] == pytest.approx(usual["resistance"]["constant_kn"] / 2.0, rel=0.01)
    moved_t = kind.of("tare_t") * (1.0 + kind.of("rotating_mass_share")) + 1.5 * kind.of("passenger_kg")
    assert usual["traction"]["force_kn"] == pytest.approx(moved_t * kind.of("acceleration_m_s2"), rel=0.01)
    shorter = train_fields(kind, length_m=kind.of("length_m") / 2.0)
    assert shorter["auxiliaries"][1]["power_kw"] == pytest.approx(usual["auxiliaries"][1]["power_kw"] / 2.0, rel=0.01)


def test_the_origin_names_type_range_and_sources_and_counts_as_borrowed() -> None:
    text = origin_of(trains().types["heavy_6car"], ("tare_t",))
    assert text == "assumed: typical of heavy_6car (range 198 to 240; YIZHUANG, SINGAPORE, SHANGHAI, SYDNEY)"
    assert kind_of(text) == "borrowed"


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(InputFaults, match="heavy_6car"):
        trains().get("heavy_6cars", "--from-type")
