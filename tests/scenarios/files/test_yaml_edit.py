"""A value of a YAML text changes in place; comments, order and layout stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.faults import InputFaults
from scenarios.files.load import FILE, LINES
from scenarios.files.source_positions import yaml_tree
from scenarios.files.yaml_edit import edited, flow

TEXT = """\
# head
name: line
train:                 # the train
  tare_t: 140          # weighed
  traction: {force_kn: 220, power_kw: 2400}   # curve
  auxiliaries:
  - {temperature_c: 0, power_kw: 5}   # cold
  - {temperature_c: 9, power_kw: 3}
notes: >-
  two
  lines
made: &why "assumed: made up"
same: *why
sources: {}
empty:
# tail
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("train", "tare_t"), 150.0, "tare_t: 140          # weighed", "tare_t: 150          # weighed"),
        (("train", "traction", "power_kw"), 3e3, "power_kw: 2400}   # curve", "power_kw: 3000}   # curve"),
        (("train", "traction"), {"force_kn": 1.5}, "{force_kn: 220, power_kw: 2400}", "{force_kn: 1.5}"),
        (("train", "traction", "jerk"), 1, "power_kw: 2400}", "power_kw: 2400, jerk: 1}"),
        (("train", "length_m"), 80, "power_kw: 3}\n", "power_kw: 3}\n  length_m: 80\n"),
        (("same",), "KEY", "same: *why", 'same: "KEY"'),
        (("sources", "KEY"), 'a "b" \\ c', "sources: {}", 'sources: {KEY: "a \\"b\\" \\\\ c"}'),
        (("empty",), True, "empty:\n", "empty: true\n"),
        (("more", "inner", "x"), 1, "empty:\n", "empty:\nmore:\n  inner:\n    x: 1\n"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_one_value_changes_and_the_rest_stays(path: tuple[str, ...], value: Any, old: str, new: str) -> None:
    assert edited(TEXT, [(path, value)], FILE) == TEXT.replace(old, new)


def test_a_list_below_its_key_becomes_one_line() -> None:
    changed = edited(TEXT, [(("train", "auxiliaries"), [{"temperature_c": 1, "power_kw": 2}])], FILE)
    assert "  auxiliaries:\n    [{temperature_c: 1, power_kw: 2}]\nnotes:" in changed


def test_what_cannot_be_changed_in_place_is_refused() -> None:
    # The alias of `same` would lose its anchor.
    with pytest.raises(InputFaults) as caught:
        edited(TEXT, [(("train", "tare_t"), 1), (("made",), "other")], FILE)
    assert [fault.field for fault in caught.value.faults] == ["made"]


def test_bundled_files_keep_every_other_line() -> None:
    for name, kind in (("tutorial_line", "four_car"), ("beijing_yizhuang", "six_car")):
        text = (LINES / name / FILE).read_text(encoding="utf-8")
        changed = edited(text, [(("train_types", kind, "tare_t"), 201), (("provenance", "a.b"), "why")], FILE)
        lines, others = text.splitlines(), changed.splitlines()
        assert len(others) == len(lines) + 1
        assert sum(line not in others for line in lines) == 1
        assert yaml_tree(changed, FILE).plain()["train_types"][kind]["tare_t"] == 201


WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 6))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b c", "d.e", "*"]), inner),
    max_leaves=8,
)


@given(value=PLAIN)
def test_a_value_on_one_line_is_read_back(value: Any) -> None:
    assert yaml_tree(f"value: {flow(value)}", FILE).plain()["value"] == value
