"""Substations that go out for a while: nothing out changes nothing, each stretch is its own network, charge carries."""

from dataclasses import replace

import numpy as np
import pytest

from energy_models.account.by_run import energy_by_run
from energy_models.account.energy import BalanceError, account
from energy_models.faults import InputFaults
from energy_models.supply.network import Storage, Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.outages import Outage, solve_with_outages
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve

LAW = VehicleLaw(900.0, 930.0, 600.0, 500.0, 500.0)
STORE = Storage("B", 2000.0, 300e6, 855.0, 835.0, 0.05, 2000.0, 1.5e6, 0.95, 0.9, 2000.0)
LINE = SupplyNetwork(
    6000.0,
    tuple(Substation(name, place_m, 850.0, 0.02) for name, place_m in (("W", 0.0), ("M", 3000.0), ("E", 6000.0))),
    LAW,
    7e-6,
    4.5e-6,
    storages=(STORE,),
)


def two_trains(seconds: int = 120) -> Snapshots:
    """One train motors, the other brakes, and they change roles every 20 s."""
    first = np.arange(seconds) // 20 % 2 == 0
    power_w = np.column_stack([np.where(first, 3.0e6, -0.9e6), np.where(first, -0.9e6, 3.0e6)])
    return Snapshots(
        np.arange(0, 2 * seconds + 1, 2),
        np.tile([1000.0, 4500.0], seconds),
        np.tile([0, 1], seconds),
        power_w.ravel(),
        np.full(2 * seconds, 50e3),
        start_s=7200.0,
        owner=np.tile([0, 1], seconds),
    )


@pytest.mark.parametrize("outages", [(), (Outage("M", 0.0, 7200.0),), (Outage("M", 7400.0, 9000.0),)])
def test_nothing_out_during_the_span_changes_nothing_bit_by_bit(outages: tuple[Outage, ...]) -> None:
    snapshots = two_trains()
    plain, solved = solve(LINE, snapshots), solve_with_outages(LINE, snapshots, outages)
    for name in ("substation_power_w", "substation_v", "storage_charge_j", "train_v", "served_share"):
        np.testing.assert_array_equal(getattr(solved, name), getattr(plain, name))


def test_out_all_the_while_is_the_network_without_it() -> None:
    snapshots = two_trains()
    solved = solve_with_outages(LINE, snapshots, [Outage("M", 0.0, 86_400.0)])
    without = solve(LINE.without("M"), snapshots)
    np.testing.assert_array_equal(solved.substation_power_w[:, [0, 2]], without.substation_power_w)
    np.testing.assert_array_equal(solved.train_v, without.train_v)
    assert not solved.substation_power_w[:, 1].any()
    assert np.isnan(solved.substation_v[:, 1]).all()


def test_an_outage_within_the_span_holds_for_its_seconds_and_the_charge_goes_on() -> None:
    snapshots = two_trains()
    solved = solve_with_outages(LINE, snapshots, [Outage("M", 7240.0, 7279.5)])
    plain, without = solve(LINE, snapshots), solve(LINE.without("M"), snapshots)
    np.testing.assert_array_equal(solved.train_v[:80], plain.train_v[:80])
    out = np.isnan(solved.substation_v[:, 1])
    assert list(np.flatnonzero(out)) == list(range(40, 80))
    assert np.abs(solved.train_v[80:160] - plain.train_v[80:160]).max() > 5.0
    np.testing.assert_array_equal(solved.train_v[80:160], without.train_v[80:160])
    grown_j = np.diff(solved.storage_charge_j[:, 0])
    stored_w = -solved.storage_power_w[1:, 0]
    expected_j = np.where(stored_w > 0.0, stored_w * 0.95, stored_w / 0.9) - 2000.0
    np.testing.assert_allclose(grown_j, expected_j, atol=1e-3)
    result = account(snapshots, solved, LINE)
    assert result.residual_share < 1e-6
    assert result.substation_kwh["M"] == pytest.approx(sum(result.substation_hourly_kwh["M"].values()))


def test_a_storage_that_is_out_keeps_its_charge() -> None:
    snapshots = two_trains()
    solved = solve_with_outages(LINE, snapshots, [Outage("B", 0.0, 86_400.0)])
    np.testing.assert_array_equal(solved.storage_charge_j, 150e6)
    np.testing.assert_array_equal(
        solved.substation_power_w,
        solve(replace(LINE, storages=(), tie_chainage_m=(2000.0,)), snapshots).substation_power_w,
    )
    assert account(snapshots, solved, LINE).storage_losses_kwh == 0.0


def test_an_outage_of_nothing_that_there_is_names_the_neighbours() -> None:
    with pytest.raises(InputFaults, match="nearest names"):
        solve_with_outages(LINE, two_trains(), [Outage("X", 0.0, 86_400.0)])


def test_a_charge_that_does_not_follow_from_its_powers_opens_the_balance() -> None:
    snapshots = two_trains()
    solved = solve(LINE, snapshots)
    forged = replace(solved, storage_charge_j=solved.storage_charge_j + np.linspace(0.0, 2e6, 120)[:, None])
    with pytest.raises(BalanceError, match="charge of the storages"):
        account(snapshots, forged, LINE)


def test_energy_by_run_adds_up_to_the_account_and_distinguishes_the_runs() -> None:
    snapshots = two_trains()
    solved = solve(LINE, snapshots)
    whole = account(snapshots, solved, LINE)
    shared = energy_by_run(snapshots, solved, 3, whole)
    assert shared.traction_kwh.sum() == pytest.approx(whole.traction_kwh, rel=1e-9)
    assert shared.regeneration_used_kwh.sum() == pytest.approx(whole.regeneration_used_kwh, rel=1e-9)
    assert shared.auxiliaries_kwh[:2] == pytest.approx([50.0 / 30.0, 50.0 / 30.0], rel=1e-9)
    assert shared.regeneration_offered_kwh[0] == pytest.approx(900.0 / 60.0)
    assert shared.net_kwh[2] == 0.0  # a stand of no duration
    with pytest.raises(ValueError, match="owners"):
        energy_by_run(replace(snapshots, owner=np.zeros(0, np.int64)), solved, 2, whole)
    with pytest.raises(BalanceError, match="by run"):
        energy_by_run(snapshots, solved, 3, replace(whole, traction_kwh=2.0 * whole.traction_kwh))
