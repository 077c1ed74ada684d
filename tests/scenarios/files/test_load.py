"""How files are read: plain values, places, overrides, and that no content brings anything but a scenario or faults."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import FILE, LINES, bundled, faults_of, load_scenario, override_names
from scenarios.files.source_positions import read_table, read_yaml
from scenarios.schema import Scenario, clock_to_seconds, seconds_to_clock


@pytest.mark.many_cases
@pytest.mark.parametrize("name", bundled())
def test_bundled_lines_and_all_their_overrides_load(name: str, loaded: Callable[[str], Scenario]) -> None:
    base = loaded(name)
    assert base.name == name
    for override in override_names(name):
        changed = loaded(f"{name}+{override}")
        assert changed.name == f"{name}+{override}"
        assert changed.hash != base.hash


def test_an_override_is_chosen_by_plus_or_by_argument() -> None:
    assert load_scenario("tutorial_line+summer") == load_scenario("tutorial_line", ["summer"])


def test_the_hash_knows_values_and_not_words(edited: Callable[..., Path]) -> None:
    base = load_scenario("tutorial_line")
    worded = edited("tutorial_line", [(FILE, "title: Four-car train", "title: Four cars")])
    assert load_scenario(worded).train_types["four_car"].title == "Four cars"
    retitled = load_scenario("tutorial_line").model_copy(update={"title": "other", "provenance": {}})
    assert retitled.hash == base.hash
    assert base.hash == load_scenario("tutorial_line").hash


def test_a_scenario_survives_its_own_dump() -> None:
    base = load_scenario("tutorial_line")
    again = type(base).model_validate(base.model_dump(mode="json"))
    assert again == base
    assert type(base).model_validate(base.model_dump(mode="json", by_alias=True)) == base


def test_yaml_keeps_clock_text_and_names_as_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 16:30\nb: no\nc: 012\nd: 1e3\ne: '5'\nf: 2024-01-01\ng:\nh: true\n", encoding="utf-8")
    assert read_yaml(file, "a.yaml").plain() == {
        "a": "16:30", "b": "no", "c": 12, "d": 1000.0, "e": "5", "f": "2024-01-01", "g": None, "h": True,
    }  # fmt: skip


def test_yaml_that_contains_itself_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &x [1, *x]\n", encoding="utf-8")
    with pytest.raises(InputFaults, match="contains itself"):
        read_yaml(file, "a.yaml")


def test_rows_count_as_in_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("\ufeff# made by hand\nid,km\nA,1\n\n# more\nB,\n", encoding="utf-8")
    faults: list[Fault] = []
    table = read_table(file, "t.csv", ["id", "km"], ["id"], faults)
    assert not faults
    assert table.plain() == [{"id": "A", "km": 1}, {"id": "B"}]
    assert [item.place for item in table.value] == ["row 3", "row 6"]


def test_an_override_changes_only_what_it_names(loaded: Callable[[str], Scenario]) -> None:
    base, out = loaded("beijing_yizhuang"), loaded("beijing_yizhuang+substation_out")
    assert [item.id for item in out.supply.substations if not item.in_service] == ["RC"]
    everything = {"supply", "name"}
    assert base.model_dump(exclude=everything) == out.model_dump(exclude=everything)


def test_overrides_are_laid_over_each_other_in_order() -> None:
    both = load_scenario("tutorial_line", ["substation_out", "summer"])
    assert both.outside_temperature_c == load_scenario("tutorial_line+summer").outside_temperature_c
    assert both.name == "tutorial_line+substation_out+summer"


@pytest.mark.parametrize(
    ("edit", "override", "reported"),
    [
        ((FILE, "summer:\n    outside_temperature_c: 33", "summer: 5"), "summer", "no keys"),
        ((FILE, "        west: {in", "        wst: {in"), "substation_out", "wst"),
        ((FILE, "    outside_temperature_c: 33", "    outside_temperature: 33"), "summer", "unknown key"),
        ((FILE, "    outside_temperature_c: 33", "    outside_temperature_c: 133"), "summer", "133"),
    ],
)
def test_faults_of_an_override_stand_at_its_line(
    edit: tuple[str, str, str], override: str, reported: str, edited: Callable[..., Path]
) -> None:
    folder = edited("tutorial_line", [edit])
    load_scenario(folder)
    with pytest.raises(InputFaults) as caught:
        load_scenario(folder, [override])
    (fault,) = caught.value.faults
    assert reported in fault.value
    text = (folder / FILE).read_text().splitlines()
    assert int(fault.place.split()[1]) > text.index("overrides:")


@given(st.integers(0, 48 * 3600))
def test_clock_text_and_seconds_are_one(seconds: int) -> None:
    assert clock_to_seconds(seconds_to_clock(seconds)) == seconds


TUTORIAL: dict[str, Any] = yaml.safe_load((LINES / "tutorial_line" / FILE).read_text(encoding="utf-8"))
ODD = st.sampled_from([None, -1, 0, 10**9, 2.5, "", "XX", "25:99", "nan", [], {}, [1], {"a": 1}, True, [{}], ["x"]])


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.sampled_from(_places(TUTORIAL)[1:]), min_size=1, max_size=3), odd=ODD, drop=st.booleans())
def test_whatever_stands_there_the_answer_is_a_scenario_or_faults(
    places: list[tuple[Any, ...]], odd: Any, drop: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = copy.deepcopy(TUTORIAL)
    for path in places:
        parent = content
        try:
            for step in path[:-1]:
                parent = parent[step]
            if drop:
                del parent[path[-1]]
            else:
                parent[path[-1]] = copy.deepcopy(odd)
        except (KeyError, IndexError, TypeError):
            continue
    folder = tmp_path_factory.mktemp("odd")
    for table in (LINES / "tutorial_line").glob("*.csv"):
        (folder / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / FILE).write_text(yaml.safe_dump(content), encoding="utf-8")
    assert all(fault.allowed for fault in faults_of(folder))
