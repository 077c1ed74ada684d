"""The DC supply beside independent values: reference files, published tables, and a general solver on the ladder."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares
from supply_lines import LAW, eight_substations, random_trains, trains

from api.cli.validate_supply import run_case
from energy_models.faults import InputFaults
from energy_models.supply.solver import solve
from scenarios.reference_cases.supply import load_feeding_cases

# One rectifier, one train of constant power: V = (V0 + sqrt(V0² - 4 R P)) / 2 with R = rectifier and loop.
CLOSED_FORM = [(500.0, 500e3, 714.8046278589477), (1500.0, 400e3, 626.1384866265244), (3000.0, 200e3, 640.0)]

# 3 kV section fed from one side, 1000 A: S. Yoo, B.Sc. thesis, Warsaw University of Technology 2024, table 5. Rectifier
# and line resistance were identified from that table.
PUBLISHED_3KV = [(2000.0, 3302.07), (10_000.0, 2725.72), (20_000.0, 2005.29)]

# Trust-region solution (SciPy), residual below 1e-10 A: a train brakes far from a small load, all rectifiers blocked.
SQUEEZED = {
    "position_m": [0, 500, 2500, 3000],
    "kind": ["rectifier", "train", "train", "rectifier"],
    "train_power_w": [0, -2e6, 3e5, 0],
    "auxiliary_power_w": [0, 2e5, 3e5, 0],
    "expected_voltage_v": [939.0259530700788, 939.0260691934365, 927.3799342255377, 927.379828583692],
    "expected_regeneration_offered_w": 2.2e6,
    "expected_regeneration_used_w": 503790.5697678637,
}


def feeding_file(path: Path, law: dict[str, float], *cases: dict[str, object]) -> Path:
    base = {
        "rectifier_leak_s": 1e-4, "regeneration_fade_from_v": 900.0, "regeneration_fade_to_v": 950.0,
        "traction_full_above_v": 300.0, "traction_none_below_v": 200.0,
        "auxiliaries_constant_impedance_below_v": 150.0, "minimum_segment_m": 1.0,
    }  # fmt: skip
    document = {
        "format": "feeding-case-1",
        "name": "test",
        "tolerance_v": 0.01,
        "law": base | law,
        "cases": [{"name": f"case {number}", **case} for number, case in enumerate(cases)],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def one_train(place_m: float, power_w: float, expected_v: float) -> dict[str, object]:
    return {
        "position_m": [0, place_m], "kind": ["rectifier", "train"], "train_power_w": [0, power_w],
        "auxiliary_power_w": [0, 0], "expected_voltage_v": [None, expected_v],
    }  # fmt: skip


def test_reference_files_within_their_tolerance(feeding_file):
    cases = load_feeding_cases(feeding_file)
    results = [run_case(str(feeding_file), cases, case) for case in cases.cases]
    assert results
    assert [result.case for result in results if not result.within] == []


def test_one_rectifier_and_one_train_is_the_closed_form(tmp_path):
    law = {"no_load_v": 790.0, "rectifier_resistance_ohm": 0.033, "loop_resistance_ohm_per_m": 1.49e-4}
    cases = load_feeding_cases(feeding_file(tmp_path / "a.json", law, *(one_train(*row) for row in CLOSED_FORM)))
    for case in cases.cases:
        assert run_case("", cases, case).difference_v < 1e-5


def test_published_3_kv_table(tmp_path):
    law = {
        "no_load_v": 3571.25, "rectifier_resistance_ohm": 0.1251, "loop_resistance_ohm_per_m": 7.2043e-5,
        "regeneration_fade_from_v": 3800.0, "regeneration_fade_to_v": 3900.0, "traction_full_above_v": 1500.0,
        "traction_none_below_v": 1200.0,
    }  # fmt: skip
    rows = [one_train(place_m, 1000.0 * volts, volts) for place_m, volts in PUBLISHED_3KV]
    cases = load_feeding_cases(feeding_file(tmp_path / "a.json", law, *rows))
    for case in cases.cases:
        assert run_case("", cases, case).difference_v < 0.01  # the table has two decimals


def test_squeezed_regeneration(tmp_path):
    law = {
        "no_load_v": 810.0, "rectifier_resistance_ohm": 0.015, "loop_resistance_ohm_per_m": 1.8e-5,
        "traction_full_above_v": 600.0, "traction_none_below_v": 500.0,
        "auxiliaries_constant_impedance_below_v": 450.0,
    }  # fmt: skip
    cases = load_feeding_cases(feeding_file(tmp_path / "a.json", law, SQUEEZED))
    result = run_case("", cases, cases.cases[0])
    assert result.difference_v < 1e-5
    assert result.difference_regeneration_w < 1.0


def test_every_fault_of_a_case_file_is_reported_at_once(tmp_path):
    law = {"no_load_v": 790.0, "rectifier_resistance_ohm": -1.0, "loop_resistance_ohm_per_m": 1e-4}
    short = one_train(500.0, 1e5, 700.0) | {"kind": ["train"], "position_m": [500, 0]}
    with pytest.raises(InputFaults) as raised:
        load_feeding_cases(feeding_file(tmp_path / "a.json", law, short, one_train(1.0, 1e5, -3.0)))
    reported = str(raised.value)
    for words in (
        "rectifier_resistance_ohm",
        "kind has 1 entries",
        "must not decrease",
        "cases.1.expected_voltage_v.1",
    ):
        assert words in reported
    law |= {"rectifier_resistance_ohm": 0.03, "regeneration_fade_to_v": 890.0}
    file = feeding_file(tmp_path / "b.json", law, one_train(500.0, 1e5, 700.0))
    with pytest.raises(InputFaults, match="regeneration_fade_to_v"):
        load_feeding_cases(file)


def ladder_by_a_general_solver(line, requested):
    """Voltages at the trains from every node of the ladder at once: dense, laws written anew, SciPy's trust region."""
    places = sorted({*requested.chainage_m.tolist(), *(s.chainage_m for s in line.substations), *line.tie_chainage_m})
    index = {place: number for number, place in enumerate(places)}
    count = len(places)
    conductance = np.zeros((3 * count, 3 * count))

    def join(a, b, siemens):
        conductance[a, a] += siemens
        conductance[b, b] += siemens
        conductance[a, b] -= siemens
        conductance[b, a] -= siemens

    for number, (near, far) in enumerate(pairwise(places)):
        for rail in (0, 1):
            cut = any(track == rail and near <= gap < far for track, gap in line.section_gap_chainage_m)
            if not cut:
                join(rail * count + number, rail * count + number + 1, 1.0 / (line.contact_ohm_per_m * (far - near)))
        join(2 * count + number, 2 * count + number + 1, 1.0 / (line.return_ohm_per_m * (far - near)))
    for tie in [*(s.chainage_m for s in line.substations), *line.tie_chainage_m]:
        join(index[tie], count + index[tie], 1e6)  # a micro-ohm
    conductance[2 * count, 2 * count] += 1.0

    def train_a(volts, power_w, auxiliary_w):
        drawn = auxiliary_w / volts if volts >= 450.0 else auxiliary_w * volts / 450.0**2
        if power_w > 0.0:
            return drawn + power_w * np.clip((volts - 500.0) / 100.0, 0.0, 1.0) / volts
        return drawn + (power_w / volts if volts <= 900.0 else power_w / 900.0 * np.clip((930.0 - volts) / 30.0, 0, 1))

    def residual(volts):
        current = conductance @ volts
        for station in line.substations:
            at = index[station.chainage_m]
            above = volts[at] - volts[2 * count + at] - station.no_load_v
            drawn = above / station.resistance_ohm if above < 0.0 else above * 1e-4
            current[at] += drawn
            current[2 * count + at] -= drawn
        for place, rail, power_w, auxiliary_w in zip(
            requested.chainage_m, requested.track, requested.power_w, requested.auxiliary_w, strict=True
        ):
            at = index[place]
            drawn = train_a(volts[rail * count + at] - volts[2 * count + at], power_w, auxiliary_w)
            current[rail * count + at] += drawn
            current[2 * count + at] -= drawn
        return current

    start = np.concatenate([np.full(2 * count, 849.0), np.zeros(count)])
    found = least_squares(residual, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac", max_nfev=400)
    assert np.abs(found.fun).max() < 1e-4
    nodes = [(int(rail) * count + index[place], 2 * count + index[place])
             for place, rail in zip(requested.chainage_m, requested.track, strict=True)]  # fmt: skip
    return np.array([found.x[contact] - found.x[back] for contact, back in nodes])


@pytest.mark.parametrize("gaps", [(), ((0, 5000.0), (1, 12_000.0))])
def test_the_ladder_is_what_a_general_solver_finds(gaps):
    line = eight_substations(tie_chainage_m=(1500.0, 8000.0), section_gap_chainage_m=gaps)
    requested = trains(
        (300.0, 0, 2.0e6, 1e5), (2200.0, 1, -1.5e6, 1e5), (4700.0, 0, 1.0e6, 2e5), (5300.0, 0, 2.5e6, 1e5),
        (7200.0, 1, 0.0, 1.5e5), (9100.0, 1, 3.0e6, 1e5), (11_100.0, 0, -2.0e6, 1e5), (13_000.0, 1, 2.2e6, 1e5),
        (17_500.0, 0, -1.0e6, 2e5), (21_000.0, 1, 1.8e6, 1e5),
    )  # fmt: skip
    np.testing.assert_allclose(solve(line, requested).train_v, ladder_by_a_general_solver(line, requested), atol=0.01)


def test_overload_and_squeezed_braking_are_what_a_general_solver_finds():
    line = eight_substations()
    squeezed = trains((300.0, 0, -2e6, 1e5), (6200.0, 1, -3e6, 2e5), (12_500.0, 0, 4e5, 2e5), (19_000.0, 1, 0.0, 1e5))
    heavy = trains(*((1700.0 * number, number % 2, 6e6, 2e5) for number in range(1, 13)))
    for requested in (squeezed, heavy):
        np.testing.assert_allclose(
            solve(line, requested).train_v, ladder_by_a_general_solver(line, requested), atol=0.01
        )
    assert solve(line, heavy).train_v.min() < LAW.traction_full_above_v


def test_a_line_read_from_its_other_end_is_the_same_line():
    # The elimination runs the other way, the voltages may not notice.
    line, requested = eight_substations(), random_trains(21, 500, coincident=False)
    turned = type(requested)(
        requested.offset, 23_000.0 - requested.chainage_m, requested.track, requested.power_w, requested.auxiliary_w
    )
    np.testing.assert_allclose(solve(line, turned).train_v, solve(line, requested).train_v, rtol=0.0, atol=0.05)
