"""The bill of a solved day: its energy is the account's, its price the tariff's, its CO2 the utility's."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_snapshots
from dispatch.plans.in_force import timetable_in_force
from energy_models.account.energy import account
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.supply.solver import solve
from scenarios.costs.billing import bill
from scenarios.costs.emissions import GridCarbon
from scenarios.files.load import load_scenario
from scenarios.schema.tariff import CarbonPeriod, Tariff

LINE = load_scenario("tutorial_line")


@pytest.fixture(scope="module")
def solved() -> tuple[SupplyNetwork, Snapshots, SupplySolution]:
    line = LineModel.of(LINE)
    snapshots = planned_snapshots(timetable_in_force(LINE), line)
    return line.network, snapshots, solve(line.network, snapshots)


def flat(metering_point: str, demand_charge: float = 0.0) -> Tariff:
    document = {
        "currency": "EUR",
        "metering_point": metering_point,
        "periods": [{"from": "00:00", "to": "24:00", "price_per_kwh": 0.2}],
        "demand_charge_per_kw_month": demand_charge,
    }
    return Tariff.model_validate(document)


def test_the_meter_sees_the_energy_of_the_account(
    solved: tuple[SupplyNetwork, Snapshots, SupplySolution],
) -> None:
    network, snapshots, solution = solved
    energy = account(snapshots, solution, network, energised_s=86_400.0)
    at_utility = bill(flat("utility"), GridCarbon(0.5), network, solution, snapshots.start_s)
    at_terminals = bill(flat("substation"), GridCarbon(0.5), network, solution, snapshots.start_s)
    assert at_utility.utility_kwh == pytest.approx(energy.utility_kwh, rel=1e-9)
    assert at_utility.cost.total == pytest.approx(0.2 * energy.utility_kwh, rel=1e-9)
    assert at_terminals.cost.total == pytest.approx(0.2 * energy.energy_kwh, rel=1e-9)
    assert at_terminals.co2_kg == at_utility.co2_kg == pytest.approx(0.5 * energy.utility_kwh, rel=1e-9)


def test_the_demand_charge_takes_the_highest_quarter_hour(
    solved: tuple[SupplyNetwork, Snapshots, SupplySolution],
) -> None:
    network, snapshots, solution = solved
    energy = account(snapshots, solution, network)
    charged = bill(flat("substation", 30.0), GridCarbon(0.0), network, solution, snapshots.start_s)
    assert charged.cost.highest_demand_kw == pytest.approx(energy.peak_15min_clock_kw, rel=1e-9)
    assert charged.cost.demand == pytest.approx(energy.peak_15min_clock_kw, rel=1e-9)  # 30 a month, 30 days


def test_a_service_day_past_midnight_is_still_24_hours_of_no_load_losses(
    solved: tuple[SupplyNetwork, Snapshots, SupplySolution],
) -> None:
    network, snapshots, solution = solved
    idle = tuple(replace(item, transformer_no_load_w=5000.0) for item in network.substations)
    losing = replace(network, substations=idle)
    late_s = 90_000.0 - snapshots.count  # the last train is in at 25:00
    extra = [
        bill(flat("utility"), GridCarbon(1.0), losing, solution, start_s).utility_kwh
        - bill(flat("utility"), GridCarbon(1.0), replace(losing, substations=tuple(
            replace(item, transformer_no_load_w=0.0) for item in idle)), solution, start_s).utility_kwh
        for start_s in (snapshots.start_s, late_s)
    ]  # fmt: skip
    assert extra == pytest.approx(np.full(2, 24.0 * 5.0 * len(idle)))


def test_co2_by_time_of_day_weighs_each_second_of_the_whole_day(
    solved: tuple[SupplyNetwork, Snapshots, SupplySolution],
) -> None:
    network, snapshots, solution = solved
    flat_co2 = bill(flat("utility"), GridCarbon(0.5), network, solution, snapshots.start_s)
    same = carbon(("00:00", "12:00", 0.5), ("12:00", "24:00", 0.5))
    morning = carbon(("00:00", "12:00", 0.5), ("12:00", "24:00", 0.0))
    evening = carbon(("00:00", "12:00", 0.0), ("12:00", "24:00", 0.5))
    found = [bill(flat("utility"), GridCarbon(9.0, periods), network, solution, snapshots.start_s).co2_kg
             for periods in (same, morning, evening)]  # fmt: skip
    assert found[0] == pytest.approx(flat_co2.co2_kg, rel=1e-12)
    assert found[1] + found[2] == pytest.approx(found[0], rel=1e-12)
    assert min(found) > 0.0


def carbon(*rows: tuple[str, str, float]) -> tuple[CarbonPeriod, ...]:
    return tuple(CarbonPeriod.model_validate({"from": a, "to": b, "co2_kg_per_kwh": kg}) for a, b, kg in rows)
