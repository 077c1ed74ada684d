"""Alarms of energy: the quarter of an hour against the contract, and a train that draws more than its model."""

from dataclasses import replace

import numpy as np
import pytest
from live_lines import live_plan

from api.live.conditions import conditions
from api.live.drift import LEAST_S, VehicleDrift
from api.live.energy import EnergyAccount
from api.live.messages import VehicleRecord
from api.live.power import LinePower
from api.live.tracker import Tracker

BEGIN_S = 8 * 3600
CONTRACT_KW = 1000.0


def power(times_s: range, power_kw: float) -> LinePower:
    """The whole line at one power, all of it from the first of two substations."""
    seconds = len(times_s)
    total_kw, nothing = np.full(seconds, power_kw), np.zeros(seconds)
    substation_kw = np.column_stack([total_kw, nothing])
    return LinePower(tuple(times_s), substation_kw, total_kw, nothing, nothing, nothing, nothing)


def account_after(seconds: int, power_kw: float) -> EnergyAccount:
    account = EnergyAccount(replace(live_plan(), contract_kw=CONTRACT_KW), ("west", "east"))
    account.add(power(range(BEGIN_S + 1, BEGIN_S + seconds + 1), power_kw))
    return account


def alarms(account: EnergyAccount, drifting: dict[str, float] | None = None) -> dict[str, int]:
    plan = replace(live_plan(), contract_kw=CONTRACT_KW)
    found = conditions(plan, Tracker(plan), account, (), {}, drifting or {}, float(BEGIN_S))
    return {one.kind: one.priority for one in found if one.kind in ("contract peak", "vehicle drifting")}


def test_the_minutes_until_the_contract_follow_from_the_power() -> None:
    """At 1.5 times the contract, the energy of 15 minutes is used up after 10 minutes."""
    account = account_after(240, 1.5 * CONTRACT_KW)
    assert account.minutes_left() == pytest.approx(10.0 - 4.0)
    assert alarms(account) == {"contract peak": 2}
    assert alarms(account_after(400, 1.5 * CONTRACT_KW)) == {"contract peak": 1}


@pytest.mark.parametrize("share", [0.5, 0.999])
def test_below_the_contract_there_is_no_alarm(share: float) -> None:
    account = account_after(600, share * CONTRACT_KW)
    assert account.minutes_left() is None
    assert alarms(account) == {}


def test_a_new_quarter_of_an_hour_begins_without_energy() -> None:
    account = account_after(900, 1.5 * CONTRACT_KW)
    account.add(power(range(BEGIN_S + 901, BEGIN_S + 961), 1.5 * CONTRACT_KW))
    assert account.minutes_left() == pytest.approx(10.0 - 1.0)
    assert account.mean_15min_kw == pytest.approx(1.5 * CONTRACT_KW)


@pytest.mark.parametrize(("share", "is_drifting"), [(0.1, False), (0.3, True), (-0.3, True)])
def test_a_train_that_draws_more_or_less_than_its_model_drifts(share: float, is_drifting: bool) -> None:
    drift = VehicleDrift()
    for second in range(LEAST_S + 60):
        time_s, modelled_w = BEGIN_S + second, 300e3
        recorded_w = (1.0 + share) * modelled_w
        drift.recorded(VehicleRecord("T1", float(time_s), 100.0, 10.0, recorded_w))
        drift.modelled("T1", time_s, modelled_w - 40e3, 40e3)
    found = drift.drifting()
    assert found == ({"T1": pytest.approx(share)} if is_drifting else {})
    assert alarms(account_after(10, 100.0), found) == ({"vehicle drifting": 3} if is_drifting else {})


def test_a_train_with_few_records_is_not_compared() -> None:
    drift = VehicleDrift()
    for second in range(LEAST_S - 1):
        drift.recorded(VehicleRecord("T1", float(second), 100.0, 10.0, 600e3))
        drift.modelled("T1", second, 300e3, 0.0)
    assert drift.drifting() == {}
