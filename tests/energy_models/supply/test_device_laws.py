"""Limiting cases of the DC supply: each device alone, outages, gaps, faults of the input."""

from dataclasses import replace

import numpy as np
import pytest
from supply_lines import LAW, eight_substations, network, trains

from energy_models.faults import InputFaults
from energy_models.supply.network import Storage, Substation
from energy_models.supply.solver import solve
from energy_models.supply.utility import storage_loss_w, utility_power_w

MODELS = ("ladder", "equivalent")
RECTIFIER = Substation("A", 0.0, 850.0, 0.02)
STORE = Storage(
    name="store", chainage_m=1000.0, capacity_j=50e6, charge_from_v=870.0, discharge_below_v=830.0, droop_ohm=0.02,
    maximum_current_a=2000.0, maximum_power_w=1.5e6, charge_efficiency=0.95, discharge_efficiency=0.9,
    standing_loss_w=2000.0, minimum_charge_share=0.1,
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_without_trains_the_line_stands_at_its_no_load_voltage(model):
    solution = solve(eight_substations(), trains(instants=3), model=model)
    np.testing.assert_allclose(solution.substation_v, 850.0, atol=1e-6)
    np.testing.assert_allclose(solution.substation_power_w, 0.0, atol=1e-2)


def test_one_train_beside_its_rectifier_is_the_closed_form():
    # One metre of loop (7 + 4.5 micro-ohm on the track of the train) and the rectifier in series.
    ohm = 0.02 + (7e-6 + 4.5e-6) * 1.0
    power_w = 2e6
    expected_v = (850.0 + np.sqrt(850.0**2 - 4.0 * ohm * power_w)) / 2.0
    solution = solve(network(RECTIFIER), trains((0.0, 0, power_w, 0.0)))
    assert solution.train_v[0] == pytest.approx(expected_v, abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_a_lone_braking_train_keeps_its_auxiliaries_and_burns_the_rest(model):
    solution = solve(network(RECTIFIER), trains((3000.0, 1, -2e6, 1.2e5)), model=model)
    # The leak of the one blocked rectifier (1e-4 S) takes 80 V x 0.1 mS = 8 mA, a few watts.
    assert solution.regeneration_used_w[0] == pytest.approx(1.2e5, abs=10.0)
    assert LAW.regeneration_fade_from_v < solution.train_v[0] < LAW.regeneration_fade_to_v
    assert solution.auxiliary_served_w[0] == pytest.approx(1.2e5)


@pytest.mark.parametrize("model", MODELS)
def test_auxiliaries_are_served_before_traction_in_overload(model):
    solution = solve(network(RECTIFIER), trains((9000.0, 0, 6e6, 2e5)), model=model)
    assert LAW.traction_none_below_v < solution.train_v[0] < LAW.traction_full_above_v
    assert solution.auxiliary_served_w[0] == pytest.approx(2e5)
    fade = (solution.train_v[0] - 500.0) / 100.0
    assert solution.served_share[0] == pytest.approx(fade)
    assert solution.traction_served_w[0] == pytest.approx(6e6 * fade)
    assert solution.traction_demanded_w[0] == 6e6


def test_below_their_knee_auxiliaries_are_a_constant_impedance():
    far = network(replace(RECTIFIER, resistance_ohm=0.5), length_m=10_000.0)
    solution = solve(far, trains((5000.0, 0, 0.0, 9e5)))
    assert solution.train_v[0] < 450.0
    assert solution.train_power_w[0] == pytest.approx(9e5 * (solution.train_v[0] / 450.0) ** 2)


@pytest.mark.parametrize("model", MODELS)
def test_a_reversible_substation_returns_what_a_rectifier_blocks(model):
    reversible = replace(RECTIFIER, inverter_v=865.0, inverter_resistance_ohm=0.01, inverter_efficiency=0.96)
    line = network(reversible)
    solution = solve(line, trains((500.0, 0, -1e6, 5e4)), model=model)
    assert solution.regeneration_used_w[0] == pytest.approx(1e6)
    returned_w = -solution.substation_power_w[0, 0]
    assert returned_w == pytest.approx(1e6 - 5e4 - solution.line_loss_w[0], abs=1.0)
    above_v = solution.substation_v[0, 0] - 865.0
    assert solution.rectifier_drop_w[0] == pytest.approx(above_v**2 / 0.01, abs=20.0)
    assert utility_power_w(line, solution)[0, 0] == pytest.approx(-returned_w * 0.96)


def test_a_plain_rectifier_returns_nothing_to_the_utility_and_idles_at_its_no_load_loss():
    line = network(replace(RECTIFIER, efficiency=0.97, transformer_no_load_w=4000.0))
    braking = solve(line, trains((500.0, 0, -1e6, 5e4)))
    assert utility_power_w(line, braking)[0, 0] == pytest.approx(4000.0)
    motoring = solve(line, trains((500.0, 0, 1e6, 5e4)))
    expected_w = motoring.substation_power_w[0, 0] / 0.97 + 4000.0
    assert utility_power_w(line, motoring)[0, 0] == pytest.approx(expected_w)


@pytest.mark.parametrize("model", MODELS)
def test_storage_follows_its_droop_and_keeps_its_limits(model):
    line = network(replace(RECTIFIER, resistance_ohm=0.05), storages=(STORE,))
    idle = solve(line, trains((900.0, 0, 1e5, 0.0)), model=model)
    assert idle.storage_power_w[0, 0] == 0.0  # within the dead band
    charging = solve(line, trains((900.0, 0, -4e6, 0.0)), model=model)
    assert -charging.storage_power_w[0, 0] == pytest.approx(1.5e6)  # limited in power
    line = network(replace(RECTIFIER, resistance_ohm=0.05), storages=(replace(STORE, maximum_current_a=500.0),))
    charging = solve(line, trains((1000.0, 0, -4e6, 0.0)), model=model)
    at_v = charging.train_v[0]
    assert -charging.storage_power_w[0, 0] == pytest.approx(500.0 * at_v, rel=1e-4)  # limited in current
    gentle = replace(STORE, droop_ohm=0.2)
    line = network(replace(RECTIFIER, resistance_ohm=0.05), storages=(gentle,))
    discharging = solve(line, trains((1000.0, 0, 1.5e6, 0.0)), model=model)
    at_v = discharging.train_v[0]
    expected_w = (830.0 - at_v) / 0.2 * at_v
    assert discharging.storage_power_w[0, 0] == pytest.approx(expected_w, rel=1e-3)  # on its droop


@pytest.mark.parametrize("model", MODELS)
def test_storage_carries_its_charge_and_stops_at_its_bounds(model):
    line = network(RECTIFIER, storages=(STORE,))
    seconds = 60
    filled = solve(line, trains((900.0, 0, -3e6, 0.0), instants=seconds), model=model)
    assert filled.storage_charge_j[-1, 0] == pytest.approx(50e6, rel=1e-6)
    grown_j = np.diff(filled.storage_charge_j[:, 0], prepend=25e6)
    np.testing.assert_allclose(grown_j, -filled.storage_power_w[:, 0] * 0.95 - 2000.0, atol=1e-3)
    emptied = solve(line, trains((900.0, 0, 4e6, 0.0), instants=seconds), model=model)
    assert emptied.storage_charge_j[:, 0].min() >= 5e6 - 2000.0 * seconds  # below the minimum only the standing loss
    assert emptied.storage_power_w[-1, 0] == pytest.approx(0.0, abs=1e-6)
    loss_w = storage_loss_w(line, emptied, 1.0)
    np.testing.assert_allclose(loss_w[:, 0], emptied.storage_power_w[:, 0] * (1 / 0.9 - 1) + 2000.0, rtol=1e-6)


def test_no_window_of_progress_loses_the_charge():
    line = network(RECTIFIER, storages=(replace(STORE, capacity_j=5e9),))
    seconds = 9000  # more than two chunks of the solver
    calls = []
    snapshots = trains((900.0, 0, -3e5, 0.0), instants=seconds)
    solution = solve(line, snapshots, model="equivalent", progress=lambda done, count: calls.append((done, count)))
    assert calls[-1] == (seconds, seconds)
    assert len(calls) > 2
    stored_j = -solution.storage_power_w[:, 0].sum() * 0.95 - 2000.0 * seconds
    assert solution.storage_charge_j[-1, 0] - 2.5e9 == pytest.approx(stored_j, rel=1e-9)


def test_a_substation_out_is_a_network_without_it_but_its_tie_stays():
    line = eight_substations()
    out = line.without("S3")
    kept = tuple(item for item in line.substations if item.name != "S3")
    same = replace(line, substations=kept, tie_chainage_m=(line.substations[3].chainage_m,))
    demands = trains((9500.0, 0, 3e6, 1e5), (10_500.0, 1, 2e6, 1e5))
    np.testing.assert_array_equal(solve(out, demands).train_v, solve(same, demands).train_v)
    untied = solve(replace(same, tie_chainage_m=()), demands)
    assert untied.train_v[0] < solve(out, demands).train_v[0]
    assert solve(line, demands).train_v[0] > solve(out, demands).train_v[0]


def test_an_unknown_substation_names_its_neighbours():
    with pytest.raises(InputFaults, match="S9") as fault:
        eight_substations().without("S9")
    assert "S7" in str(fault.value) or "S0" in str(fault.value)


def test_the_last_substation_cannot_be_taken_out():
    with pytest.raises(InputFaults, match="at least one substation"):
        network(RECTIFIER).without("A")


def test_a_gap_cuts_one_rail_only():
    line = network(RECTIFIER, Substation("B", 10_000.0, 850.0, 0.02))
    gap = replace(line, section_gap_chainage_m=((0, 4000.0),))
    demands = trains((4500.0, 0, 1.5e6, 0.0), (4500.0, 1, 1.5e6, 0.0))
    whole, cut = solve(line, demands), solve(gap, demands)
    assert cut.train_v[0] < whole.train_v[0] - 1.0  # fed from one side alone
    assert cut.train_v[1] > cut.train_v[0] + 1.0  # the other track is fed from both


def test_a_rail_cut_off_from_all_feeders_is_dead_and_solves():
    line = network(RECTIFIER, section_gap_chainage_m=((0, 4000.0), (0, 6000.0)))
    solution = solve(line, trains((5000.0, 0, 2e6, 1e5), (5000.0, 1, 1e6, 1e5)))
    assert solution.converged
    assert abs(solution.train_v[0]) < 1.0
    assert solution.served_share[0] == 0.0
    assert solution.served_share[1] == 1.0


def test_ties_all_along_make_the_ladder_one_equivalent_track():
    # With both rails tied beside every train, each rail carries half the current, as the equivalent track has it.
    places = (2000.0, 5500.0, 8000.0)
    line = network(RECTIFIER, Substation("B", 10_000.0, 850.0, 0.02), minimum_segment_m=1e-3)
    tied = replace(line, tie_chainage_m=places)
    demands = trains(*((place, 0, power_w, 1e5) for place, power_w in zip(places, (2e6, -1e6, 1.5e6), strict=True)))
    np.testing.assert_allclose(
        solve(tied, demands).train_v, solve(line, demands, model="equivalent").train_v, atol=1e-4, rtol=0.0
    )


def test_every_fault_of_a_network_is_reported_at_once():
    wrong = network(
        Substation("A", -50.0, 850.0, 0.0),
        Substation("B", 12_000.0, 850.0, 0.02, efficiency=1.2, inverter_v=840.0, inverter_resistance_ohm=0.02),
        storages=(replace(STORE, discharge_below_v=900.0, chainage_m=20_000.0),),
        section_gap_chainage_m=((3, 100.0),),
    )
    wrong = replace(wrong, law=replace(LAW, regeneration_fade_to_v=880.0))
    with pytest.raises(InputFaults) as raised:
        solve(wrong, trains())
    calls = str(raised.value)
    for words in (
        "substation A, chainage_m: -50 - allowed: on the line, 0 to 10000 m",
        "resistance_ohm",
        "substation B, chainage_m: 12000",
        "efficiency: 1.2",
        "inverter_v: 840",
        "discharge_below_v: 900",
        "storage store, chainage_m: 20000",
        "track 3",
        "regeneration_fade_to_v: 880",
    ):
        assert words in calls
    assert len(raised.value.faults) == 9


def test_snapshots_that_cannot_be_meant_are_refused():
    demands = trains((0.0, 0, 1e6, 1e5))
    with pytest.raises(InputFaults, match="track"):
        solve(network(RECTIFIER), replace(demands, track=np.array([2])))
    with pytest.raises(InputFaults, match="finite"):
        solve(network(RECTIFIER), replace(demands, power_w=np.array([np.nan])))
    with pytest.raises(InputFaults, match="return_ohm_per_m"):
        solve(network(RECTIFIER, return_ohm_per_m=0.0), demands)


def test_a_window_of_a_solution_is_the_solution_of_the_window():
    demands = trains((900.0, 0, 1e6, 1e5), (4000.0, 1, -5e5, 1e5), instants=10)
    demands = replace(demands, power_w=demands.power_w * np.linspace(0.5, 1.5, 20))
    line = network(RECTIFIER)
    whole, part = solve(line, demands, prices=True), solve(line, demands.between(3, 7), prices=True)
    shown = whole.between(demands, 3, 7)
    for name in ("train_v", "price", "substation_power_w", "line_loss_w", "served_share", "return_loss_w"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(part, name))
    assert demands.between(3, 7).start_s == 3.0
