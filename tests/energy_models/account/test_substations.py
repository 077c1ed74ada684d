"""From the DC terminals to the utility meter: the parts add up to 1 Wh, and the loads are those of the series."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_snapshots
from dispatch.plans.in_force import timetable_in_force
from energy_models.account.energy import EnergyAccount, account
from energy_models.account.substations import SubstationLoads, UtilityChain, highest, substation_loads, under_voltage_s
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import SupplySolution
from energy_models.supply.solver import solve
from energy_models.supply.utility import utility_power_w
from scenarios.costs.billing import bill
from scenarios.costs.emissions import GridCarbon
from scenarios.files.load import load_scenario

WH = 1e-3  # kWh
LINE = load_scenario("tutorial_line")  # one substation is reversible, and there is a storage
DAY_S = 86_400.0


@pytest.fixture(scope="module")
def day() -> tuple[SupplyNetwork, SupplySolution, EnergyAccount, float]:
    line = LineModel.of(LINE)
    snapshots = planned_snapshots(timetable_in_force(LINE), line)
    solution = solve(line.network, snapshots)
    return line.network, solution, account(snapshots, solution, line.network, energised_s=DAY_S), snapshots.start_s


def test_the_chain_adds_up_to_the_meter_and_to_the_bill(
    day: tuple[SupplyNetwork, SupplySolution, EnergyAccount, float],
) -> None:
    network, solution, energy, start_s = day
    chain = energy.chain
    assert chain.returned_kwh > 1.0
    assert chain.return_loss_kwh > 0.01
    summed = energy.energy_kwh + energy.load_losses_kwh + energy.no_load_losses_kwh + energy.return_losses_kwh
    assert summed == pytest.approx(energy.utility_kwh, abs=WH)
    billed = bill(LINE.tariff, GridCarbon(0.0), network, solution, start_s, energised_s=DAY_S)
    assert summed == pytest.approx(billed.utility_kwh, abs=WH)


def test_each_substation_adds_up_to_its_own_meter(
    day: tuple[SupplyNetwork, SupplySolution, EnergyAccount, float],
) -> None:
    network, solution, energy, _ = day
    span_s = float(len(solution.substation_power_w))
    metered_kwh = utility_power_w(network, solution).sum(axis=0) / 3.6e6
    for substation, span_kwh in zip(network.substations, metered_kwh, strict=True):
        outside_kwh = substation.transformer_no_load_w * (DAY_S - span_s) / 3.6e6
        chain = energy.chains[substation.name]
        assert chain.utility_kwh == pytest.approx(span_kwh + outside_kwh, abs=WH)
        assert chain.terminal_kwh == pytest.approx(energy.substation_kwh[substation.name], abs=WH)
        assert chain.load_loss_kwh == pytest.approx(chain.delivered_kwh * (1 / 0.985 - 1), abs=WH)


@pytest.mark.parametrize("energised_s", [20_000.0, 43_200.0, 86_400.0, 172_800.0])
def test_account_and_bill_have_the_same_hours_under_voltage(
    day: tuple[SupplyNetwork, SupplySolution, EnergyAccount, float], energised_s: float
) -> None:
    network, solution, _, start_s = day
    line = LineModel.of(LINE)
    snapshots = planned_snapshots(timetable_in_force(LINE), line)
    energy = account(snapshots, solution, network, energised_s=energised_s)
    billed = bill(LINE.tariff, GridCarbon(0.0), network, solution, start_s, energised_s=energised_s)
    assert billed.utility_kwh == pytest.approx(energy.utility_kwh, abs=WH)
    idle_kw = sum(item.transformer_no_load_w for item in network.substations) / 1e3
    assert energy.no_load_losses_kwh == pytest.approx(idle_kw * min(energised_s, DAY_S) / 3600, abs=WH)


def test_without_losses_the_meter_is_at_the_terminals(
    day: tuple[SupplyNetwork, SupplySolution, EnergyAccount, float],
) -> None:
    network, solution, energy, _ = day
    ideal = replace(
        network,
        substations=tuple(
            replace(item, efficiency=1.0, transformer_no_load_w=0.0, inverter_efficiency=1.0)
            for item in network.substations
        ),
    )
    snapshots = planned_snapshots(timetable_in_force(LINE), LineModel.of(LINE))
    found = account(snapshots, solution, ideal, energised_s=DAY_S)
    leak_kwh = found.chains["west"].returned_kwh
    assert found.utility_kwh == pytest.approx(energy.energy_kwh + leak_kwh, abs=WH)


def test_hours_under_voltage() -> None:
    assert under_voltage_s(10_000.0, None) == 10_000.0
    assert under_voltage_s(10_000.0, 5_000.0) == 10_000.0
    assert under_voltage_s(10_000.0, 50_000.0) == 50_000.0
    assert under_voltage_s(10_000.0, 100_000.0) == DAY_S
    assert under_voltage_s(90_000.0, DAY_S) == 90_000.0


def test_nothing_together_is_nothing() -> None:
    assert UtilityChain.together([]).utility_kwh == 0.0


def test_loads_of_a_rectangle() -> None:
    """3 MW for one minute in an hour of 1 MW, then an hour of feeding back, which is no load."""
    line = LineModel.of(LINE)
    power_w = np.zeros((7200, 2))
    power_w[:3600, 0] = 1e6
    power_w[600:660, 0] = 3e6
    power_w[3600:, 0] = -5e5
    solution = solve(line.network, planned_snapshots(timetable_in_force(LINE), line))
    loads = substation_loads(line.network, replace(solution, substation_power_w=power_w), 1.0)
    first = loads[line.network.substations[0].name]
    assert first.peak_1s_kw == pytest.approx(3000.0)
    assert first.peak_1min_kw == pytest.approx(3000.0)
    assert first.peak_2h_kw == pytest.approx((3540 * 1000 + 60 * 3000) / 7200)
    assert first.mean_24h_kw == pytest.approx((3540 * 1000 + 60 * 3000) / 86_400)
    assert loads[line.network.substations[1].name] == SubstationLoads(0.0, 0.0, 0.0, 0.0)


def test_the_highest_of_two_days_is_taken_load_by_load() -> None:
    days = ({"A": SubstationLoads(4.0, 3.0, 2.0, 1.0)}, {"A": SubstationLoads(5.0, 2.0, 2.5, 0.5)})
    assert highest(days) == {"A": SubstationLoads(5.0, 3.0, 2.5, 1.0)}
