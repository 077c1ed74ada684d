"""The one list of planning options: it describes every option, and nothing else names or limits one."""

import math
from dataclasses import fields
from typing import Any

import pytest

from dispatch.planner.options import EFFORTS, NAMED, OPTIONS, Option, ServiceOptions, number_of, require_sensible
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.plan_options import PlanningOptions
from dispatch.plans.plan_record import PlanOptions
from energy_models.faults import InputFaults

PLAIN = [option for option in OPTIONS if not option.is_document]


def test_the_list_describes_every_plain_option_once() -> None:
    assert sorted(option.name for option in PLAIN) == sorted(field.name for field in fields(ServiceOptions))
    assert len({option.flag for option in OPTIONS}) == len(NAMED) == len(OPTIONS)
    assert all(option.help.endswith(".") for option in OPTIONS)


def test_a_plan_records_every_option_of_the_list_under_its_name() -> None:
    recorded = set(PlanOptions().to_json())
    assert recorded == {field.name for field in fields(PlanningOptions)}
    assert recorded | {"mode", "seed"} == {option.name for option in PLAIN}


@pytest.mark.parametrize("option", PLAIN, ids=lambda option: option.name)
def test_every_default_is_sensible_and_every_limit_is_kept(option: Option) -> None:
    mode: dict[str, Any] = {"mode": option.only_mode} if option.only_mode is not None else {}
    require_sensible(ServiceOptions(**mode))
    if option.least is None or option.most is None:
        return
    for value in (option.least, option.most):
        require_sensible(ServiceOptions(**mode | {option.name: value}))
    for value in (option.least - 1, option.most + 1, math.nan):
        for by_flag, name in ((True, option.flag), (False, option.name)):
            with pytest.raises(InputFaults) as caught:
                require_sensible(ServiceOptions(**mode | {option.name: value}), by_flag=by_flag)
            assert [fault.field for fault in caught.value.faults] == [name]
            assert f"{option.least:g} to {option.most:g}" in caught.value.faults[0].allowed


def test_all_faults_of_options_are_found_together() -> None:
    wrong = ServiceOptions(mode="demand-led", pick=2, mean_waiting_s=90.0, longer_trips_s=30, effort=-1.0)
    with pytest.raises(InputFaults) as caught:
        require_sensible(wrong)
    assert sorted(fault.field for fault in caught.value.faults) == ["effort", "longer_trips_s", "pick"]
    assert any("pick or mean_waiting_s, not both" in fault.allowed for fault in caught.value.faults)


def test_an_effort_is_a_step_or_a_number() -> None:
    effort = NAMED["effort"]
    assert [number_of(effort, word) for word in EFFORTS] == list(EFFORTS.values()) == sorted(EFFORTS.values())
    assert number_of(effort, "standard") == effort.default == PlannerOptions().effort == 1.0
    assert number_of(effort, "2.5") == 2.5
    with pytest.raises(InputFaults, match=r"quick, standard, thorough, exhaustive, or 0\.001 to 1000"):
        number_of(effort, "hard")
