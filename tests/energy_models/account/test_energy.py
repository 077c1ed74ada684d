"""The energy account: kinds add up, peaks by their definitions, and an open balance is an error."""

from dataclasses import replace

import numpy as np
import pytest

from energy_models.account.energy import BalanceError, account
from energy_models.account.peaks import clock_peak_w, sliding_peak_w
from energy_models.supply.network import Storage, Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots, SupplySolution

LAW = VehicleLaw(900.0, 930.0, 600.0, 500.0, 500.0)


def one_substation(**changes: float) -> SupplyNetwork:
    return SupplyNetwork(3000.0, (replace(Substation("S", 0.0, 850.0, 0.02), **changes),), LAW, 7e-6, 4.5e-6)


def hand_made(storage: bool = False) -> tuple[Snapshots, SupplySolution]:
    """An hour of one motoring train for half of it (1 MW, 20 kW lost) and one braking train (500 kW, 300 kW taken).

    Auxiliaries 50 kW each. The braking train serves its own auxiliaries and 250 kW of the other's needs.
    """
    seconds = 3600
    half = np.arange(seconds) < 1800
    offset = np.arange(0, 2 * seconds + 1, 2)
    power = np.tile([1.0e6, -0.5e6], (seconds, 1)) * half[:, None]
    got = np.where(half[:, None], [[1.05e6, -0.25e6]], [[50e3, 50e3]])
    snapshots = Snapshots(
        offset,
        np.tile([500.0, 1500.0], seconds),
        np.tile([0, 1], seconds),
        power.ravel(),
        np.full(2 * seconds, 50e3),
        start_s=36000.0,
    )
    loss = np.where(half, 20e3, 1e3)
    storage_w = np.where(half, 100e3, -50e3)[:, None] if storage else np.zeros((seconds, 0))
    fed = got.sum(axis=1) + loss - storage_w.sum(axis=1)
    ones = np.ones(seconds)
    solution = SupplySolution(
        substation_power_w=fed[:, None],
        substation_v=np.full((seconds, 1), 840.0),
        storage_power_w=storage_w,
        storage_charge_j=np.cumsum(-storage_w, axis=0) + 100e6 if storage else np.zeros((seconds, 0)),
        rectifier_drop_w=ones * 10e3,
        line_loss_w=loss,
        traction_demanded_w=np.where(half, 1.0e6, 0.0),
        traction_served_w=np.where(half, 1.0e6, 0.0),
        auxiliary_served_w=ones * 100e3,
        regeneration_offered_w=np.where(half, 0.5e6, 0.0),
        regeneration_used_w=np.where(half, 0.3e6, 0.0),
        train_v=np.where(half[:, None], [[700.0, 910.0]], [[845.0, 845.0]]).ravel(),
        train_power_w=got.ravel(),
        price=None,
        iterations=np.ones(seconds, np.int64),
        residual_w=np.zeros(seconds),
        converged=True,
    )
    return snapshots, solution


def test_kinds_in_kwh() -> None:
    result = account(*hand_made(), one_substation())
    assert result.energy_kwh == pytest.approx(0.5 * (800.0 + 20.0) + 0.5 * (100.0 + 1.0))
    assert dict(result.substation_kwh) == {"S": pytest.approx(result.energy_kwh)}
    assert result.traction_kwh == pytest.approx(500.0)
    assert result.auxiliaries_kwh == pytest.approx(100.0)
    assert result.regeneration_offered_kwh == pytest.approx(250.0)
    assert result.regeneration_used_kwh == pytest.approx(150.0)
    assert result.regeneration_burnt_kwh == pytest.approx(100.0)
    assert result.line_losses_kwh == pytest.approx(10.5)
    assert result.rectifier_drop_kwh == pytest.approx(10.0)
    assert result.unserved_kwh == 0.0
    assert result.receptivity_share == pytest.approx(0.6)
    assert (result.minimum_voltage_v, result.maximum_voltage_v) == (700.0, 910.0)
    assert result.residual_share < 1e-12
    assert dict(result.hourly_kwh) == {10: pytest.approx(result.energy_kwh)}


def test_receptivity_stands_where_and_when_the_train_braked() -> None:
    receptivity = account(*hand_made(), one_substation()).receptivity
    assert receptivity.offered_kwh.shape == (3, 1)
    np.testing.assert_allclose(receptivity.offered_kwh[:, 0], [0.0, 250.0, 0.0])
    np.testing.assert_allclose(receptivity.used_kwh[:, 0], [0.0, 150.0, 0.0])
    np.testing.assert_allclose(receptivity.share[:, 0], [np.nan, 0.6, np.nan])


def test_peaks() -> None:
    result = account(*hand_made(), one_substation())
    assert result.peak_1s_kw == pytest.approx(820.0)
    assert result.peak_15min_sliding_kw == pytest.approx(820.0)
    # Ten minutes of 900 kW across a quarter hour: the sliding window sees all of it, the clock only the larger part.
    power = np.zeros(3600)
    power[900 - 240 : 900 + 360] = 900e3
    assert sliding_peak_w(power, 1.0) == pytest.approx(600e3)
    assert clock_peak_w(power, 0.0, 1.0) == pytest.approx(360e3)
    assert clock_peak_w(power, 240.0, 1.0) == pytest.approx(600e3)  # the same, with the clock 240 s later
    # Limiting case: a span shorter than the window counts as followed by nothing.
    assert sliding_peak_w(np.full(90, 1e6), 1.0) == pytest.approx(1e5)


def test_utility_energy_has_the_efficiency_and_the_transformers_no_load() -> None:
    terminal = account(*hand_made(), one_substation())
    assert terminal.utility_kwh == pytest.approx(terminal.energy_kwh)
    utility = account(*hand_made(), one_substation(efficiency=0.96, transformer_no_load_w=5e3), energised_s=86400.0)
    assert utility.utility_kwh == pytest.approx(terminal.energy_kwh / 0.96 + 5.0 * 24.0)


def test_storage_is_part_of_the_balance() -> None:
    storage = Storage("E", 1000.0, 200e6, 870.0, 830.0, 0.02, 2000.0, 1e6)
    network = replace(one_substation(), storages=(storage,))
    result = account(*hand_made(storage=True), network)
    assert result.storage_discharged_kwh == pytest.approx(50.0)
    assert result.storage_charged_kwh == pytest.approx(25.0)
    assert result.storage_change_kwh == pytest.approx(-25.0)


def test_an_open_balance_is_an_error_with_its_amount() -> None:
    snapshots, solution = hand_made()
    wrong = solution.line_loss_w.copy()
    # Two faults that cancel over the hour are still found.
    wrong[:100] += 300e3
    wrong[100:200] -= 300e3
    with pytest.raises(BalanceError, match=r"energy fed in against energy used and lost: \+16\.667 kWh"):
        account(snapshots, replace(solution, line_loss_w=wrong), one_substation())
    with pytest.raises(BalanceError, match="demanded traction"):
        account(replace(snapshots, power_w=snapshots.power_w * 1.01), solution, one_substation())
    with pytest.raises(BalanceError, match="did not converge"):
        account(snapshots, replace(solution, converged=False), one_substation())


def test_a_balance_open_by_less_than_a_thousandth_is_reported() -> None:
    snapshots, solution = hand_made()
    result = account(snapshots, replace(solution, line_loss_w=solution.line_loss_w + 100.0), one_substation())
    assert 0.5e-4 < result.residual_share < 1e-3


def test_unserved_traction_is_reported() -> None:
    snapshots, solution = hand_made()
    served = solution.traction_served_w * 0.9
    got = solution.train_power_w.copy()
    got[0:3600:2] -= 0.1e6
    starved = replace(
        solution,
        traction_served_w=served,
        train_power_w=got,
        substation_power_w=solution.substation_power_w - (solution.traction_served_w - served)[:, None],
    )
    assert account(snapshots, starved, one_substation()).unserved_kwh == pytest.approx(50.0)


def test_a_solution_of_another_span_is_refused() -> None:
    snapshots, solution = hand_made()
    with pytest.raises(ValueError, match="shape"):
        account(snapshots, replace(solution, substation_power_w=solution.substation_power_w[:5]), one_substation())
