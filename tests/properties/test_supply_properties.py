"""Properties of the DC supply on random snapshots: balance, convergence, order and start do not matter, prices."""

from dataclasses import replace

import numpy as np
import pytest
from supply_lines import eight_substations, random_trains

from energy_models.supply.device_laws import pack
from energy_models.supply.equivalent_track import substation_power_w
from energy_models.supply.network import Storage
from energy_models.supply.solver import solve, solve_packed
from energy_models.supply.tridiagonal import chain_for

MODELS = ("ladder", "equivalent")
STORE = Storage("store", 11_000.0, 80e6, 880.0, 800.0, 0.03, 1500.0, 1e6, 0.95, 0.95, 1500.0)
NETWORKS = {
    "whole": eight_substations(),
    "one out": eight_substations().without("S3"),
    "storage": eight_substations(storages=(STORE,)),
    "ties and gaps": eight_substations(
        tie_chainage_m=(1500.0, 8000.0), section_gap_chainage_m=((0, 5000.0), (1, 12_000.0))
    ),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_instant_is_solved_and_balances_within_10_watts(model, name):
    solution = solve(NETWORKS[name], random_trains(11, 4000), model=model)
    assert solution.converged
    assert solution.residual_w.max() < 10.0
    assert (solution.train_v > 0.0).all()
    assert (solution.train_v < 930.0 + 1e-6).all()


@pytest.mark.parametrize("model", MODELS)
def test_the_solution_does_not_depend_on_the_start(model):
    packed, demands = pack(eight_substations()), random_trains(12, 2000)
    usual = solve_packed(packed, demands, model=model)
    for start_v in (400.0, 700.0, 925.0, 1100.0):
        other = solve_packed(packed._replace(start_v=start_v), demands, model=model)
        np.testing.assert_allclose(other.train_v, usual.train_v, atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_the_trains_does_not_matter(model):
    demands = random_trains(13, 200)
    rng = np.random.default_rng(1)
    spans = zip(demands.offset[:-1], demands.offset[1:], strict=True)
    order = np.concatenate([rng.permutation(np.arange(begin, end)) for begin, end in spans])
    shuffled = replace(
        demands, chainage_m=demands.chainage_m[order], track=demands.track[order], power_w=demands.power_w[order],
        auxiliary_w=demands.auxiliary_w[order],
    )  # fmt: skip
    usual, other = (solve(eight_substations(), each, model=model) for each in (demands, shuffled))
    np.testing.assert_allclose(other.train_v, usual.train_v[order], rtol=0.0, atol=1e-9)


def test_the_tracks_may_be_exchanged():
    demands = random_trains(14, 300)
    mirrored = solve(eight_substations(), replace(demands, track=1 - demands.track))
    np.testing.assert_allclose(mirrored.train_v, solve(eight_substations(), demands).train_v, atol=1e-6)


def test_the_ladder_hides_no_losses():
    # With trains on both tracks the two rails carry different currents, which loses more than one conductor does.
    demands = random_trains(15, 500)
    ladder, equivalent = (solve(eight_substations(), demands, model=model) for model in MODELS)
    assert ladder.line_loss_w.sum() > 1.02 * equivalent.line_loss_w.sum()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["whole", "one out", "ties and gaps"])
def test_prices_are_finite_differences(model, name):
    line, demands = NETWORKS[name], random_trains(16, 30)
    price = solve(line, demands, model=model, prices=True).price
    instant = np.repeat(np.arange(demands.count), np.diff(demands.offset))
    step_w = 50.0
    checked = 0
    for entry in range(0, len(price), 7):
        if abs(demands.power_w[entry]) < 1e3:
            continue  # the law has a kink at zero power
        change = np.zeros_like(demands.power_w)
        change[entry] = step_w
        up = solve(line, replace(demands, power_w=demands.power_w + change), model=model)
        down = solve(line, replace(demands, power_w=demands.power_w - change), model=model)
        at = instant[entry]
        difference = (up.source_power_w[at] - down.source_power_w[at]) / (2.0 * step_w)
        assert price[entry] == pytest.approx(difference, abs=1e-4)
        checked += 1
    assert checked > 40


def test_more_traction_never_draws_less():
    price = solve(eight_substations(), random_trains(17, 500), prices=True).price
    assert price.min() > -1e-9


@pytest.mark.parametrize("start_v", [None, 760.0, 940.0])
def test_the_kernel_of_the_search_is_the_equivalent_track_from_any_start(start_v):
    line, demands = eight_substations(), random_trains(18, 300)
    packed = pack(line)
    solution = solve(line, demands, model="equivalent")
    total_w, chain = np.zeros(demands.count), chain_for(packed, 40)
    train_v = np.full(len(demands.power_w), start_v or packed.start_v)
    static_v = np.full((demands.count, len(packed.chainage_m)), start_v or packed.start_v)
    solved = substation_power_w(
        packed, chain, demands.offset.astype(np.int64), demands.chainage_m, demands.power_w, demands.auxiliary_w,
        train_v, static_v, packed.initial_charge_j, 1.0, total_w,
    )  # fmt: skip
    assert solved >= 0
    np.testing.assert_allclose(total_w, solution.source_power_w, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(train_v, solution.train_v, rtol=1e-9)
