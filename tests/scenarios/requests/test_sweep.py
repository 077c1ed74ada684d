"""The file of a sweep: what it makes of levels and distributions, and every fault with its place."""

from pathlib import Path

import numpy as np
import pytest

from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.requests.sweep import Sweep, read_sweep

HEAD = "scenario: tutorial_line\n"
MANY = [
    f"  {path}: {{uniform: {{from: 1, to: 2}}, samples: 200}}\n" for path in ("demand.scale", "co2_kg_per_kwh", "x")
]


def written(folder: Path, text: str) -> Sweep:
    file = folder / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return read_sweep(file)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputFaults) as caught:
        written(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_a_grid_is_every_combination_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  disturbances.dwell_noise_s: [0, 3]\n  overrides: [[], summer]\n"
    sweep = written(tmp_path, text)
    assert [tuple(case.labels.values()) for case in sweep.cases] == [
        (0, "none"), (0, "summer"), (3, "none"), (3, "summer"),
    ]  # fmt: skip
    last = sweep.cases[-1].scenario
    assert last.disturbances.dwell_noise_s == 3
    assert last.outside_temperature_c == 33


def test_a_case_is_the_scenario_that_the_override_would_make(tmp_path: Path) -> None:
    (summer,) = written(tmp_path, HEAD + "factors:\n  overrides: [summer]\n").cases
    assert summer.scenario.hash == load_scenario("tutorial_line", ["summer"]).hash
    (warm,) = written(tmp_path, HEAD + "factors:\n  outside_temperature_c: [33]\n").cases
    assert warm.scenario.with_parts(name="tutorial_line+summer").hash == summer.scenario.hash
    same = written(tmp_path, HEAD + "factors:\n  demand.scale: [1.0]\n").cases[0].scenario
    assert same.hash == load_scenario("tutorial_line").hash


def test_relative_levels_multiply_and_parts_of_lists_go_by_id(tmp_path: Path) -> None:
    base = load_scenario("tutorial_line")
    text = HEAD + (
        "factors:\n  train_types.four_car.tare_t: {levels: [1.05], relative: true}\n"
        "  supply.substations.west.in_service: [false]\n"
        "  signalling.minimum_headway_s: {levels: [1.234], relative: true}\n"
    )
    (case,) = written(tmp_path, text).cases
    assert case.scenario.train_types["four_car"].tare_t == pytest.approx(1.05 * base.train_types["four_car"].tare_t)
    assert [item.id for item in case.scenario.supply.substations if not item.in_service] == ["west"]
    # A whole number of seconds stays one.
    assert case.scenario.signalling.minimum_headway_s == round(1.234 * base.signalling.minimum_headway_s)


def test_a_whole_part_may_be_a_level_with_a_label(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  supply.storages: {levels: [[]], labels: [none at all]}\n"
    (case,) = written(tmp_path, text).cases
    assert case.scenario.supply.storages == ()
    assert case.labels["supply.storages"] == "none at all"


def test_a_latin_hypercube_fills_the_range_of_each_factor(tmp_path: Path) -> None:
    text = HEAD + (
        "design: latin_hypercube\nsamples: 20\nseed: 5\nfactors:\n"
        "  outside_temperature_c: {uniform: {from: 0, to: 40}}\n"
        "  demand.scale: {lognormal: {median: 1.0, spread: 0.1}}\n"
        "  disturbances.dwell_noise_s: {choice: [1, 3]}\n"
    )
    cases = written(tmp_path, text).cases
    temperature = np.array([case.labels["outside_temperature_c"] for case in cases], dtype=float)
    # One sample in each twentieth of the range, and not in order.
    assert sorted(np.floor(temperature / 2.0)) == list(range(20))
    assert list(temperature) != sorted(temperature)
    scale = np.array([case.labels["demand.scale"] for case in cases], dtype=float)
    assert np.sum(scale > 1.0) == 10
    assert [case.labels["disturbances.dwell_noise_s"] for case in cases].count(3) == 10
    again = written(tmp_path, text).cases
    assert [case.labels for case in again] == [case.labels for case in cases]
    other = written(tmp_path, text.replace("seed: 5", "seed: 6")).cases
    assert [case.labels for case in other] != [case.labels for case in cases]


def test_a_grid_draws_as_many_samples_as_requested(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  demand.scale: {normal: {mean: 1, standard_deviation: 0.1}, samples: 4}\n"
    drawn = [float(case.labels["demand.scale"]) for case in written(tmp_path, text).cases]
    assert drawn == sorted(drawn)
    assert sum(value < 1.0 for value in drawn) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, ("factors", "missing")),
        (HEAD + "factors: {}\n", ("factors",)),
        (HEAD + "factors:\n  demand.scale: [1]\nreplicationz: 5\n", ("line 4", "replicationz", "replications")),
        (HEAD + "factors:\n  demand.scale: [1]\nreplications: 1\n", ("line 4", "replications", "1")),
        (HEAD + "factors:\n  demand.scale: [-3]\n", ("study.yaml", "line 3", "demand.scale", "-3")),
        (HEAD + "factors:\n  demand.scael: [1]\n", ("line 3", "scael", "did you mean scale")),
        (HEAD + "factors:\n  train_types.metro.tare_t: [1]\n", ("line 3", "metro", "four_car")),
        (HEAD + "factors:\n  supply.substations.nowhere.in_service: [false]\n", ("nowhere", "west")),
        (HEAD + "factors:\n  title.length: [1]\n", ("title.length", "the path of a value")),
        (HEAD + "factors:\n  demand.scale: []\n", ("line 3", "no values")),
        (HEAD + "factors:\n  demand.scale: {uniform: {from: 2, to: 1}, samples: 3}\n", ("from at most to",)),
        (HEAD + "factors:\n  demand.scale: {uniform: {from: 1, to: 2}}\n", ("no samples",)),
        (HEAD + "factors:\n  demand.scale: {levels: [1], choice: [2]}\n", ("levels, choice",)),
        (HEAD + "factors:\n  demand.scale: {levels: [1, 2], labels: [one]}\n", ("1 labels",)),
        (HEAD + "factors:\n  demand.scale: {levels: [many], relative: true}\n", ("numbers",)),
        (HEAD + "factors:\n  title: {levels: [2], relative: true}\n", ("title", "a number in the scenario")),
        (HEAD + "factors:\n  overrides: [3]\n", ("names of overrides",)),
        (HEAD + "factors:\n  overrides: [sumer]\n", ("sumer", "did you mean summer")),
        (HEAD + "design: latin_hypercube\nfactors:\n  demand.scale: [1]\n", ("samples", "missing")),
        (HEAD + "samples: 4\nfactors:\n  demand.scale: [1]\n", ("line 2", "latin_hypercube")),
        ("scenario: atlantis\nfactors:\n  demand.scale: [1]\n", ("study.yaml", "line 1", "tutorial_line")),
        (HEAD + "factors:\n" + "".join(MANY), ("8000000 cases", "at most 10000")),
    ],
)  # fmt: skip
def test_faults_report_where_and_what_is_allowed(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    printed = "\n".join(faults(tmp_path, text))
    assert [word for word in words if word not in printed] == [], printed


def test_all_faults_of_factors_are_reported_at_once(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  demand.scale: []\n  overrides: [3]\n  co2_kg_per_kwh: {uniform: {from: 1}}\n"
    assert len(faults(tmp_path, text)) == 3


def test_paths_that_lead_nowhere_are_reported_beside_what_else_is_wrong_with_the_file(tmp_path: Path) -> None:
    reported = faults(tmp_path, HEAD + "replications: 1\nfactors:\n  demand.skale: [1, 2]\n  demand.scale: [1]\n")
    assert len(reported) == 2
    assert "replications" in reported[0]
    assert "demand.skale" in reported[1]
