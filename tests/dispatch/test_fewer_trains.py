"""A fleet that today's departures exceed: other times within the windows, or a refusal that is true."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.baseline import timetable_in_force
from dispatch.duties import fleet_need
from dispatch.fewer_trains import least_need, refuse_hopeless, refused_today
from dispatch.planner import PlannerOptions, make_plan
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.timetable import Timetable
from dispatch.timing.rules import equal_service_rules
from energy_models.faults import Infeasible
from scenarios.fixes import NO_FIXES, FixesFile, read_fixes
from scenarios.load import load_scenario
from scenarios.schema import Scenario

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
RULES = equal_service_rules(LINE, IN_FORCE, 0.0)
SHORTEST = ShortestTimes(LINE)
DOCS = Path(__file__).parents[2] / "docs" / "dispatch.md"


def with_fleet(trainsets: int) -> Scenario:
    return LINE.model_copy(update={"fleet": (LINE.fleet[0].model_copy(update={"trainsets": trainsets}),)})


def with_window(window_s: int) -> Scenario:
    return LINE.model_copy(update={"policy": LINE.policy.model_copy(update={"departure_window_s": window_s})})


def fixes(folder: Path, text: str) -> FixesFile:
    file = folder / "fixes.yaml"
    file.write_text(text, encoding="utf-8")
    return read_fixes(file)


@pytest.mark.parametrize(("fleet", "spare"), [(5, 0), (6, 1)])
def test_five_trains_do_at_other_times_than_todays(fleet: int, spare: int, tmp_path: Path) -> None:
    """Today's departures need six."""
    file = fixes(tmp_path, f"spare_trains: {spare}\n") if spare else NO_FIXES
    planned = make_plan(with_fleet(fleet), PlannerOptions(time_limit_s=1.0, workers=1, fixes=file))
    assert planned.check.passed, planned.check.violations
    assert len({trip.vehicle for trip in planned.plan.timetable.trips}) <= 5


@pytest.mark.skipif(not DOCS.is_file(), reason="beside the wheel there are no documents")
def test_fixes_of_the_documentation_are_kept(tmp_path: Path) -> None:
    example = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    file = fixes(tmp_path, example)
    assert file.fixes.spare_trains == 1
    assert make_plan(LINE, PlannerOptions(time_limit_s=1.0, workers=1, fixes=file)).check.passed


def test_refusal_says_what_was_looked_at_and_what_would_do(tmp_path: Path) -> None:
    file = fixes(tmp_path, "spare_trains: 1\n")
    with pytest.raises(Infeasible) as caught:
        make_plan(with_window(10), PlannerOptions(time_limit_s=1.0, workers=1, fixes=file))
    lack, way_out = caught.value.reasons
    assert "at the departures as they stand 6 trains are needed, 5 may run" in lack
    assert "no times within the departure windows were found that need so few" in lack
    assert way_out == "it would do with 0 instead of 1 spare trains"
    with pytest.raises(Infeasible, match="it would do with 5 trains that may run"):
        make_plan(with_fleet(4), PlannerOptions(time_limit_s=1.0, workers=1))


def test_what_no_times_can_bear_is_refused_with_proof() -> None:
    line = with_fleet(1)
    known = refused_today(line, IN_FORCE)
    assert known[0].startswith("these rules clash: the fleet has 1 trains")
    rules = replace(RULES, vehicles_most=1)
    with pytest.raises(Infeasible, match=r"at least \d are needed at whatever times within the departure windows"):
        refuse_hopeless(IN_FORCE, line, rules, SHORTEST, known)
    refuse_hopeless(IN_FORCE, LINE, RULES, SHORTEST, ())


def test_other_faults_of_today_are_refused_whatever_the_fleet() -> None:
    slow = with_fleet(5).model_copy(
        update={"signalling": LINE.signalling.model_copy(update={"minimum_headway_s": 310})}
    )
    with pytest.raises(Infeasible, match="signalling needs 310 s"):
        refused_today(slow, IN_FORCE)


@settings(max_examples=30)
@given(st.data())
def test_no_times_within_the_windows_need_fewer_than_the_bound(data: st.DataObject) -> None:
    trips = []
    for trip in IN_FORCE.trips:
        earliest, latest = RULES.window_s[trip.trip_id]
        later = data.draw(st.integers(earliest, latest)) - trip.start_s
        trips.append(
            replace(
                trip,
                arrival_s=tuple(t + later for t in trip.arrival_s),
                departure_s=tuple(t + later for t in trip.departure_s),
            )
        )
    bound = least_need(IN_FORCE, RULES, SHORTEST)
    need = fleet_need(Timetable(tuple(trips)), LINE)
    assert 1 <= bound.vehicles <= need.vehicles
    assert all(bound.begin[place] <= need.begin.get(place, 0) for place in bound.begin)
