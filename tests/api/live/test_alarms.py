"""Alarms: delay, acknowledgement, shelving, end, and no floods."""

from dataclasses import replace

from live_lines import live_plan

from api.live.alarms import CHATTER_CLEARS_AFTER_S, CLEARS_AFTER_S, MOST_LINES, AlarmList, Condition
from api.live.conditions import as_planned
from scenarios.schema.disturbances import SubstationOut


def condition(kind: str = "gap", key: str = "T1", delay_s: float = 0.0) -> Condition:
    return Condition(kind, key, 2, "what", "cause", "consequence", "action", key, delay_s)


def test_an_alarm_begins_after_its_delay_and_ends_when_the_condition_is_over() -> None:
    alarms = AlarmList()
    assert alarms.update([condition(delay_s=10.0)], 0.0) == []
    assert alarms.lines() == []
    (begun,) = alarms.update([condition(delay_s=10.0)], 10.0)
    assert (begun.status, begun.since_s) == ("open", 0.0)
    alarms.update([], 20.0)
    assert len(alarms.lines()) == 1
    (ended,) = alarms.update([], 11.0 + CLEARS_AFTER_S)
    assert ended.held_s == 10.0
    assert alarms.lines() == []


def test_a_condition_that_ends_within_its_delay_is_no_alarm() -> None:
    alarms = AlarmList()
    alarms.update([condition(delay_s=10.0)], 0.0)
    assert alarms.update([], 5.0) == []
    assert alarms.update([condition(delay_s=10.0)], 12.0) == []


def test_people_acknowledge_and_shelve_and_a_shelved_alarm_returns() -> None:
    alarms = AlarmList()
    alarms.update([condition()], 0.0)
    assert alarms.act("gap:T1", "acknowledge", None, "ada", 1.0)
    assert (alarms.lines()[0].status, alarms.lines()[0].by) == ("acknowledged", "ada")
    assert alarms.act("gap:T1", "shelve", 2, "ada", 2.0)
    alarms.update([condition()], 100.0)
    assert (alarms.lines()[0].status, alarms.lines()[0].until_s) == ("shelved", 122.0)
    alarms.update([condition()], 122.0)
    assert alarms.lines()[0].status == "open"
    assert not alarms.act("gap:T2", "acknowledge", None, "ada", 123.0)


def test_two_hundred_alarms_in_ten_seconds_are_at_most_ten_lines() -> None:
    alarms = AlarmList()
    for second in range(10):
        kinds = [condition(f"kind {k % 14}", f"T{second}-{k}") for k in range(20)]
        alarms.update([one.condition for one in alarms.alarms.values()] + kinds, float(second))
    lines = alarms.lines()
    assert len(lines) <= MOST_LINES
    assert sum(one.count for one in lines) == len(alarms.alarms) == 200
    assert len({one.condition.alarm_id for one in lines}) == len(lines)


def test_a_line_with_a_count_is_acknowledged_as_a_whole() -> None:
    alarms = AlarmList()
    alarms.update([condition("train missing", f"T{k}") for k in range(9)], 0.0)
    (line,) = alarms.lines()
    assert (line.count, line.condition.kind) == (9, "group")
    assert alarms.act(line.condition.alarm_id, "acknowledge", None, "ada", 1.0)
    assert {one.status for one in alarms.alarms.values()} == {"acknowledged"}


def test_an_alarm_that_comes_and_goes_stays_one_alarm() -> None:
    alarms, begun = AlarmList(), 0
    now_s = 0.0
    for _ in range(6):
        begun += len(alarms.update([condition()], now_s))
        alarms.update([], now_s + CLEARS_AFTER_S + 1.0)
        now_s += CLEARS_AFTER_S + 20.0
    assert begun == 3
    assert alarms.lines()[0].chatters
    alarms.update([], now_s + CHATTER_CLEARS_AFTER_S)
    assert alarms.lines() == []


def test_a_condition_that_the_plan_explains_is_suppressed_until_the_plan_ends() -> None:
    alarms = AlarmList()
    planned = replace(condition(), planned_until_s=100.0)
    alarms.update([planned], 0.0)
    assert (alarms.lines()[0].status, alarms.lines()[0].until_s) == ("suppressed", 100.0)
    alarms.update([planned], 90.0)
    (begun,) = alarms.update([condition()], 100.0)
    assert (begun.status, begun.until_s) == ("open", None)


def test_a_planned_outage_explains_the_difference_of_model_and_meter() -> None:
    plan = live_plan()
    out = SubstationOut.model_validate({"substation": "A", "from": "08:00", "to": "09:00"})
    disturbances = plan.scenario.disturbances.model_copy(update={"substations_out": (out,)})
    line = replace(plan.line, scenario=plan.scenario.model_copy(update={"disturbances": disturbances}))
    meter = Condition("model against meter", "A", 3, "", "", "", "", "A")
    found = list(as_planned(iter([meter, condition()]), replace(plan, line=line), 8.5 * 3600))
    assert [one.planned_until_s for one in found] == [9 * 3600.0, None]
    (later,) = as_planned(iter([meter]), replace(plan, line=line), 9.5 * 3600)
    assert later.planned_until_s is None
