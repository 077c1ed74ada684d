"""Random fixes through the whole planner: kept in the plan to the second, or refused by name."""

from itertools import pairwise
from typing import Any

import pytest
from examples import examples
from hypothesis import event, given, settings
from hypothesis import strategies as st
from timing_lines import SEVEN, small_line

from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Infeasible, InputFaults
from scenarios.requests.fixes import fixes_of
from scenarios.schema import seconds_to_clock

LINE = small_line(4, periods=((SEVEN, SEVEN + 2400, 300),), trainsets=8)
IN_FORCE = timetable_in_force(LINE)
TRIPS = {trip.trip_id: trip for trip in IN_FORCE.trips}
INNER = [station.id for station in LINE.stations[1:-1]]
VEHICLES = [f"{LINE.main_train_type}-{number:02d}" for number in range(1, 9)]

names = st.sampled_from(sorted(TRIPS))
moments = st.integers(SEVEN, SEVEN + 2700)
directions = st.sampled_from(["up", "down", "both"])


def few(part: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(part, max_size=2)


@st.composite
def spans(draw: st.DrawFn, **more: st.SearchStrategy[Any]) -> dict[str, Any]:
    begin = draw(moments)
    end = begin + draw(st.integers(60, 1200))
    drawn = {name: draw(part) for name, part in more.items()}
    return {"from": seconds_to_clock(begin), "to": seconds_to_clock(end), "direction": draw(directions)} | drawn


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    trip = draw(names)
    earliest = TRIPS[trip].start_s + draw(st.integers(-40, 30))
    latest = earliest + draw(st.integers(0, 40))
    return {"trip": trip, "earliest": seconds_to_clock(earliest), "latest": seconds_to_clock(latest)}


@st.composite
def withdrawals(draw: st.DrawFn) -> dict[str, Any]:
    begin = draw(moments)
    content = {"vehicle": draw(st.sampled_from(VEHICLES)), "from": seconds_to_clock(begin)}
    if draw(st.booleans()):
        content["to"] = seconds_to_clock(begin + draw(st.integers(300, 1800)))
    return content


wanted = st.fixed_dictionaries(
    {
        "trips": st.lists(names, max_size=2, unique=True),
        "windows": few(windows()),
        "headways": few(spans()),
        "dwells": few(spans(station=st.sampled_from(INNER), dwell_s=st.none() | st.integers(20, 40))),
        "vehicles": st.lists(
            st.fixed_dictionaries({"trip": names, "vehicle": st.sampled_from(VEHICLES)}),
            max_size=2,
            unique_by=lambda one: one["trip"],
        ),
        "withdrawals": few(withdrawals()),
        "spare_trains": st.integers(0, 3),
    }
)


def seconds(text: str) -> int:
    hours, minutes, rest = (int(part) for part in (text + ":00").split(":")[:3])
    return hours * 3600 + minutes * 60 + rest


def members(span: dict[str, Any]) -> list[Trip]:
    """Trips of today that leave within a span, in its direction."""
    begin, end = seconds(span["from"]), seconds(span["to"])
    return [t for t in IN_FORCE.trips if span["direction"] in (t.direction, "both") and begin <= t.start_s < end]


def assert_kept(fixes: dict[str, Any], timetable: Timetable) -> None:
    plan = {trip.trip_id: trip for trip in timetable.trips}
    for name in fixes["trips"]:
        assert (plan[name].arrival_s, plan[name].departure_s) == (TRIPS[name].arrival_s, TRIPS[name].departure_s)
    for window in fixes["windows"]:
        assert seconds(window["earliest"]) <= plan[window["trip"]].start_s <= seconds(window["latest"])
    for span in fixes["headways"]:
        for direction in ("up", "down"):
            kept = sorted((t for t in members(span) if t.direction == direction), key=lambda trip: trip.start_s)
            for ahead, trip in pairwise(kept):
                gap = plan[trip.trip_id].start_s - plan[ahead.trip_id].start_s
                assert gap == trip.start_s - ahead.start_s
    for span in fixes["dwells"]:
        for trip in members(span):
            at = trip.stations.index(span["station"])
            expected = trip.dwell_s(at) if span["dwell_s"] is None else span["dwell_s"]
            assert plan[trip.trip_id].dwell_s(at) == expected
    for one in fixes["vehicles"]:
        assert plan[one["trip"]].vehicle == one["vehicle"]
    for one in fixes["withdrawals"]:
        begin, end = seconds(one["from"]), seconds(one["to"]) if "to" in one else 48 * 3600
        worked = [trip for trip in timetable.trips if trip.vehicle == one["vehicle"]]
        assert not [trip.trip_id for trip in worked if trip.start_s < end and trip.end_s > begin]
    assert len({trip.vehicle for trip in timetable.trips}) <= len(VEHICLES) - fixes["spare_trains"]


def spoken_of(fixes: dict[str, Any], text: str) -> bool:
    """Whether a text names one of the fixes: a trip, a vehicle, a station, a moment, or the spare trains."""
    printed = [*fixes["trips"], *(one["trip"] for one in (*fixes["windows"], *fixes["vehicles"]))]
    printed += [one["vehicle"] for one in (*fixes["vehicles"], *fixes["withdrawals"])]
    printed += [one["station"] for one in fixes["dwells"]]
    printed += [one["from"] for one in (*fixes["headways"], *fixes["dwells"])]
    return any(word in text for word in printed) or (fixes["spare_trains"] > 0 and "spare" in text)


def answer_of(fixes: dict[str, Any]) -> InputFaults | Infeasible | Timetable:
    """The planned timetable, or why there is none."""
    try:
        planned = make_plan(LINE, PlannerOptions(effort=0.01, workers=1, fixes=fixes_of(fixes)))
    except (InputFaults, Infeasible) as error:
        return error
    assert not [violation for violation in planned.check.violations if violation.rule == "fixes"]
    return planned.plan.timetable


@given(wanted)
@settings(max_examples=examples(25))
@pytest.mark.many_cases
def test_fixes_stay_to_the_second_or_are_named(fixes: dict[str, Any]) -> None:
    answer = answer_of({name: value for name, value in fixes.items() if value})
    event(type(answer).__name__)
    match answer:
        case InputFaults():
            assert answer.faults
            assert all(fault.file == "fixes" and fault.field for fault in answer.faults)
        case Infeasible():
            assert spoken_of(fixes, " ".join(answer.reasons)), answer.reasons
        case Timetable():
            assert_kept(fixes, answer)
