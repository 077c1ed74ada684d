"""YAML that would cost much time or memory is one fault, found before it is read."""

import pytest

from energy_models.faults import InputFaults
from scenarios.files.source_positions import DEEPEST_NESTING, yaml_tree


@pytest.mark.parametrize("text", ["[" * 20_000, "a: " + "{b: " * 30_000, "a: " + "[" * (DEEPEST_NESTING + 1)])
def test_deep_nesting_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(InputFaults) as caught:
        yaml_tree(text, "fixes.yaml")
    (fault,) = caught.value.faults
    assert fault.value == "nested too deeply"
    assert str(DEEPEST_NESTING) in fault.allowed
    assert fault.place.startswith("line 1, column ")


def test_allowed_nesting_and_many_brackets_are_read() -> None:
    depth = DEEPEST_NESTING - 2
    text = "a: " + "[" * depth + "]" * depth + "\nb: [" + "[1], " * 200 + "]\n"
    tree = yaml_tree(text, "fixes.yaml").plain()
    assert len(tree["b"]) == 200


def test_very_long_numbers_are_text_and_not_a_crash() -> None:
    assert yaml_tree("a: " + "9" * 5000, "fixes.yaml").plain()["a"] in ("9" * 5000, float("inf"))
