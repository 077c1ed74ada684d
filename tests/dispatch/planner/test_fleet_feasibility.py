"""A fleet that today's departures exceed: other times within the windows, or a refusal that is true."""

from dataclasses import replace
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planner.fleet_feasibility import least_need, refuse_hopeless, refused_today
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.rostering.duties import fleet_need
from dispatch.timing.limits import equal_service_limits
from energy_models.faults import Infeasible
from scenarios.files.load import load_scenario
from scenarios.requests.fixes import NO_FIXES, FixesFile, read_fixes
from scenarios.schema import Scenario
from scenarios.schema.service import Departure
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
RULES = equal_service_limits(LINE, IN_FORCE, 0.0)
SHORTEST = ShortestTimes(LINE)
DOCS = Path(__file__).parents[3] / "docs" / "dispatch.md"


def with_fleet(trainsets: int) -> Scenario:
    return LINE.model_copy(update={"fleet": (LINE.fleet[0].model_copy(update={"trainsets": trainsets}),)})


def with_window(window_s: int) -> Scenario:
    return LINE.model_copy(update={"policy": LINE.policy.model_copy(update={"departure_window_s": window_s})})


def fixes(folder: Path, text: str) -> FixesFile:
    file = folder / "fixes.yaml"
    file.write_text(text, encoding="utf-8")
    return read_fixes(file)


@pytest.mark.many_cases
@pytest.mark.parametrize(("fleet", "spare"), [(5, 0), (6, 1)])
def test_five_trains_do_at_other_times_than_todays(fleet: int, spare: int, tmp_path: Path) -> None:
    """Today's departures need six."""
    file = fixes(tmp_path, f"spare_trains: {spare}\n") if spare else NO_FIXES
    planned = make_plan(with_fleet(fleet), PlannerOptions(effort=0.01, workers=1, fixes=file))
    assert planned.check.passed, planned.check.violations
    assert len({trip.vehicle for trip in planned.plan.timetable.trips}) <= 5


@pytest.mark.many_cases
@pytest.mark.skipif(not DOCS.is_file(), reason="beside the wheel there are no documents")
def test_fixes_of_the_documentation_are_kept(tmp_path: Path) -> None:
    example = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    file = fixes(tmp_path, example)
    assert file.fixes.spare_trains == 1
    assert make_plan(LINE, PlannerOptions(effort=0.01, workers=1, fixes=file)).check.passed


def test_refusal_says_what_was_looked_at_and_what_would_do(tmp_path: Path) -> None:
    file = fixes(tmp_path, "spare_trains: 1\n")
    with pytest.raises(Infeasible) as caught:
        make_plan(with_window(10), PlannerOptions(effort=0.01, workers=1, fixes=file))
    lack, way_out = caught.value.reasons
    assert "the present departures need 6 trains, but only 5 are available" in lack
    assert "the search found no times within the departure windows that need so few trains" in lack
    assert way_out == "a plan exists with 0 instead of 1 spare trains"
    with pytest.raises(Infeasible, match="a plan exists with 5 available trains"):
        make_plan(with_fleet(4), PlannerOptions(effort=0.01, workers=1))


def test_what_no_times_can_bear_is_refused_with_proof() -> None:
    line = with_fleet(1)
    known = refused_today(line, IN_FORCE)
    assert known[0].startswith("these rules conflict: the fleet has 1 trains")
    timing_limits = replace(RULES, vehicles_most=1)
    with pytest.raises(Infeasible, match=r"all times within the departure windows need at least \d trains"):
        refuse_hopeless(IN_FORCE, line, timing_limits, SHORTEST, known)
    refuse_hopeless(IN_FORCE, LINE, RULES, SHORTEST, ())


def test_other_faults_of_today_are_refused_whatever_the_fleet() -> None:
    slow = with_fleet(5).model_copy(
        update={"signalling": LINE.signalling.model_copy(update={"minimum_headway_s": 310})}
    )
    with pytest.raises(Infeasible, match="minimum headway is 310 s"):
        refused_today(slow, IN_FORCE)


def test_one_trip_in_a_direction_is_no_imbalance() -> None:
    """Headways describe at least two departures; a single trip counts as it is."""
    up = [Departure(direction="up", departure=25200 + 600 * number) for number in range(3)]
    timetable = LINE.timetable.model_copy(
        update={
            "first_departure_s": None,
            "last_departure_s": None,
            "periods": None,
            "departures": (*up, Departure(direction="down", departure=25500)),
        }
    )
    line = LINE.with_parts(timetable=timetable)
    in_force = timetable_in_force(line)
    assert refused_today(line, in_force) == ()
    small = line.with_parts(fleet=with_fleet(1).fleet)
    assert refused_today(small, in_force)[0].startswith("today's trips need ")


@settings(max_examples=examples(30))
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
