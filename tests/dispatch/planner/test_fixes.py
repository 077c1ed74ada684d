"""What the planner fixes: faults all at once, kept by the search, proven by the checker, explained when impossible."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.checker.check import check
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.planner.read_fixes import fixed_service
from dispatch.planner.replan import timetable_of
from dispatch.plans.fixed import FixedService, OutOfService, TripTimes
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanOptions
from dispatch.rostering.fixed_duties import assign_fixed
from dispatch.timing.day_state import Day
from dispatch.timing.limits import departure_windows
from dispatch.timing.objective_weights import PEAK_INTERVAL_S, ObjectiveWeights, weights_of
from dispatch.timing.task import SearchStop
from energy_models.account.peaks import sliding_means
from energy_models.faults import Infeasible, InputFaults
from scenarios.files.load import load_scenario
from scenarios.requests.fixes import FixesFile, read_fixes
from scenarios.values.fleet import vehicle_names
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
REACH = departure_windows(LINE, IN_FORCE)
TRIPS = {trip.trip_id: trip for trip in IN_FORCE.trips}


def fixes(folder: Path, text: str) -> FixesFile:
    file = folder / "fixes.yaml"
    file.write_text(text, encoding="utf-8")
    return read_fixes(file)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputFaults) as raised:
        fixed_service(fixes(folder, text), LINE, IN_FORCE, REACH)
    return [str(fault) for fault in raised.value.faults]


def test_faults_of_form_come_together_with_their_lines(tmp_path: Path) -> None:
    text = (
        'windows:\n- {trip: up-004, earliest: "07:10", latest: "07:00"}\ndwell:\n- {station: MKT}\nspare_trains: -1\n'
    )
    with pytest.raises(InputFaults) as raised:
        fixes(tmp_path, text)
    said = "\n".join(str(fault) for fault in raised.value.faults)
    assert len(raised.value.faults) == 3
    for words in ("line 2, windows[0].latest: 07:00", "line 3, dwell: unknown key", "line 5, spare_trains: -1"):
        assert words in said


def test_every_unknown_name_and_contradiction_is_told_at_once(tmp_path: Path) -> None:
    said = faults(
        tmp_path,
        "trips: [up-10, up-012]\n"
        "windows:\n"
        '- {trip: up-012, earliest: "07:26", latest: "07:27"}\n'
        '- {trip: up-013, earliest: "05:00", latest: "05:10"}\n'
        "spans:\n"
        '- {from: "03:00", to: "04:00"}\n'
        "dwells:\n"
        "- {station: UNO, dwell_s: 30}\n"
        "- {station: MKT, dwell_s: 90}\n"
        "headways:\n"
        '- {from: "07:00", to: "08:00", headway_s: 240}\n'
        "vehicles:\n"
        "- {trip: up-014, vehicle: four_car-99}\n"
        "withdrawals:\n"
        "- {vehicle: four_car-77}\n"
        "spare_trains: 6\n",
    )
    for words in (
        "trips[0]: up-10 - allowed: did you mean up-010",
        "line 3, windows[0].earliest: 07:26 to 07:27 - allowed: an overlap with 07:25, the window",
        "line 4, windows[1].earliest: 05:00 to 05:10 - allowed: a time in the hours of service",
        "spans[0].from: 03:00 to 04:00",
        "dwells[0].station: UNO - allowed: did you mean",
        "dwells[1].dwell_s: 90 - allowed: 20 to 40 s",
        "headways[0].headway_s: 240",
        "vehicles[0].vehicle: four_car-99",
        "withdrawals[0].vehicle: four_car-77",
        "spare_trains: 6 - allowed: at most 5",
    ):
        assert any(words in fault for fault in said), words


def test_held_gaps_share_one_window(tmp_path: Path) -> None:
    window = 'windows:\n- {trip: up-012, earliest: "07:25:10", latest: "07:25:20"}\n'
    text = window + 'headways:\n- {from: "07:20", to: "07:31"}\n'
    fixed = fixed_service(fixes(tmp_path, text), LINE, IN_FORCE, REACH)
    start = TRIPS["up-013"].start_s
    assert fixed.windows_s["up-013"] == (start + 10, start + 20)
    assert [gap.gap_s for gap in fixed.gaps if gap.trip == "up-013"] == [300]


def test_fixed_service_survives_json() -> None:
    fixed = FixedService(
        times={"up-010": TripTimes.of(TRIPS["up-010"])},
        windows_s={"up-011": (1, 2)},
        withdrawals=[OutOfService(vehicle="a", from_s=0, to_s=1)],
        close_s=3,
        close_to={"up-010": TripTimes.of(TRIPS["up-010"])},
    )
    kept = PlanOptions(fixed=fixed)
    assert PlanOptions.from_json(kept.to_json()) == kept
    with pytest.raises(InputFaults, match=r"options\.fixed\.spare_trains"):
        PlanOptions.from_json({"fixed": {"spare_trains": "many"}})


def test_withdrawn_vehicle_rests_and_another_takes_over() -> None:
    yizhuang = load_scenario("beijing_yizhuang")
    today = timetable_in_force(yizhuang)
    vehicle = today.trips[0].vehicle
    fixed = FixedService(
        withdrawals=[OutOfService(vehicle=vehicle, from_s=9 * 3600, to_s=48 * 3600)],
        vehicles={"up-150": sorted({trip.vehicle for trip in today.trips})[3]},
        spare_trains=2,
    )
    found = assign_fixed(today, yizhuang, fixed, today)
    worked = {trip.trip_id: trip.vehicle for trip in found.trips}
    assert worked["up-150"] == fixed.vehicles["up-150"]
    assert all(trip.end_s <= 9 * 3600 for trip in found.trips if trip.vehicle == vehicle)
    assert len(set(worked.values())) <= yizhuang.trainsets - 2


def test_clashing_duties_are_named_and_the_rest_is_not() -> None:
    fixed = FixedService(vehicles={"up-010": "four_car-01", "down-012": "four_car-02", "up-020": "four_car-03"})
    with pytest.raises(Infeasible) as raised:
        assign_fixed(IN_FORCE, LINE, fixed, IN_FORCE)
    assert "up-010" in raised.value.reasons[0]
    assert "down-012" in raised.value.reasons[0]
    assert "up-020" not in raised.value.reasons[0]


@pytest.mark.many_cases
def test_search_keeps_every_fix_and_an_edit_breaks_it(tmp_path: Path) -> None:
    file = fixes(
        tmp_path,
        "trips: [up-010]\n"
        'windows:\n- {trip: up-014, earliest: "07:35:00", latest: "07:35:30"}\n'
        'dwells:\n- {station: PRK, dwell_s: 25, from: "07:31"}\n'
        'headways:\n- {from: "08:00", to: "08:20", direction: up}\n',
    )
    planned = make_plan(LINE, PlannerOptions(effort=0.03, workers=1, fixes=file))
    assert planned.check.passed, planned.check.violations
    plan = {trip.trip_id: trip for trip in planned.plan.timetable.trips}
    assert plan["up-010"].departure_s == TRIPS["up-010"].departure_s
    assert 0 <= plan["up-014"].start_s - TRIPS["up-014"].start_s <= 30
    assert {plan[name].dwell_s(3) for name in plan if name.startswith("up") and TRIPS[name].start_s >= 27060} == {25}
    late = replace(
        plan["up-014"],
        arrival_s=tuple(t + 60 for t in plan["up-014"].arrival_s),
        departure_s=tuple(t + 60 for t in plan["up-014"].departure_s),
    )
    timetable = replace(
        planned.plan.timetable,
        trips=tuple(late if t.trip_id == "up-014" else t for t in planned.plan.timetable.trips),
    )
    report = check(replace(planned.plan, timetable=timetable), LINE, IN_FORCE, ShortestTimes(LINE))
    assert "fixes" in {violation.rule for violation in report.violations}


@pytest.mark.many_cases
def test_plan_kept_close_changes_no_departure_by_more() -> None:
    first = make_plan(LINE, PlannerOptions(effort=0.02, workers=1)).plan
    again = make_plan(LINE, PlannerOptions(effort=0.03, workers=1, seed=5, start=first, keep_close_s=4))
    assert again.check.passed, again.check.violations
    before = {trip.trip_id: trip for trip in first.timetable.trips}
    shifts = [
        abs(now - then)
        for trip in again.plan.timetable.trips
        for now, then in zip(trip.departure_s, before[trip.trip_id].departure_s, strict=True)
    ]
    assert 0 < max(shifts) <= 4


@pytest.mark.many_cases
def test_plan_to_start_from_must_be_of_the_line_and_keep_its_rules() -> None:
    first = make_plan(LINE, PlannerOptions(effort=0.02, workers=1)).plan
    torn = replace(first, timetable=replace(first.timetable, trips=first.timetable.trips[1:]))
    with pytest.raises(InputFaults, match="up-001 is missing"):
        make_plan(LINE, PlannerOptions(start=torn))


def test_a_plan_of_another_line_is_told_by_one_fault_with_both_names() -> None:
    yizhuang = load_scenario("beijing_yizhuang")
    trips = timetable_in_force(yizhuang)
    vehicles = vehicle_names(yizhuang)
    other = Plan(yizhuang.name, yizhuang.hash, "equal-service", trips, (), vehicles, seed=0, version="test")
    with pytest.raises(InputFaults) as caught:
        timetable_of(other, LINE, "demand-led", IN_FORCE, ShortestTimes(LINE))
    (fault,) = caught.value.faults
    assert "beijing_yizhuang" in fault.value
    assert "tutorial_line" in fault.allowed


def test_cancelled_search_gives_a_plan_that_keeps_all_rules() -> None:
    stop = SearchStop()
    planned = make_plan(
        LINE,
        PlannerOptions(effort=2.0, workers=1),
        progress=lambda stage, _share: stop.cancel() if stage == "patterns" else None,
        stop=stop,
    )
    assert planned.check.passed
    assert planned.plan.facts.search is not None
    assert planned.plan.facts.search.cancelled
    assert not stop.is_searching


@pytest.mark.many_cases
def test_unreachable_peak_is_refused_with_the_least_found() -> None:
    with pytest.raises(
        Infeasible, match=r"15-minute peak below 100 kW: the lowest peak that the search reached is \d{3} kW"
    ):
        make_plan(LINE, PlannerOptions(effort=0.03, workers=1, peak_limit_kw=100.0))


@pytest.mark.many_cases
def test_day_that_the_search_ends_with_is_that_of_the_lowest_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pressure acts on the day that is searched, and no pass after the best one is taken for it."""
    seen: list[float] = []

    def watched(self: ObjectiveWeights, day: Day) -> float:
        excess = of_day(self, day)
        seen.append(self.peak_w if len(day.noise_s) > 1 else float("inf"))
        return excess

    of_day = ObjectiveWeights.excess_w
    monkeypatch.setattr(ObjectiveWeights, "excess_w", watched)
    with pytest.raises(Infeasible) as caught:
        make_plan(LINE, PlannerOptions(effort=0.2, workers=2, peak_limit_kw=400.0))
    assert seen[-1] == pytest.approx(min(seen))
    assert min(seen) < seen[0]
    advice_kw = float(caught.value.reasons[1].split("limit of ")[1].split(" kW")[0])
    assert advice_kw >= seen[-1] / 1e3


def test_worth_follows_the_tariff() -> None:
    weights = weights_of(LINE.tariff, None)
    assert weights.by_second is not None
    assert weights.by_second[8 * 3600] / weights.by_second[6 * 3600] == pytest.approx(2.2)
    assert ObjectiveWeights().is_plain


@settings(max_examples=examples(30))
@given(st.lists(st.floats(0.0, 5e6), min_size=1, max_size=40))
def test_sliding_mean_lies_between_least_and_most(values: list[float]) -> None:
    power_w = np.resize(np.array(values), PEAK_INTERVAL_S + 100)
    means = sliding_means(power_w, PEAK_INTERVAL_S)
    assert len(means) == len(power_w) - PEAK_INTERVAL_S + 1
    assert min(values) - 1.0 <= means.min() <= means.max() <= max(values) + 1.0


@settings(max_examples=examples(15))
@given(
    st.dictionaries(
        st.sampled_from(sorted(TRIPS)), st.sampled_from([f"four_car-0{k}" for k in range(1, 7)]), max_size=3
    )
)
def test_any_fixed_vehicles_are_kept_or_refused_with_a_reason(vehicles: dict[str, str]) -> None:
    try:
        found = assign_fixed(IN_FORCE, LINE, FixedService(vehicles=vehicles), IN_FORCE)
    except Infeasible as error:
        if not error.reasons:
            raise
        return
    assert all(trip.vehicle == vehicles.get(trip.trip_id, trip.vehicle) for trip in found.trips)
    ends: dict[str, tuple[int, str]] = {}
    for trip in sorted(found.trips, key=lambda trip: trip.start_s):
        end, place = ends.get(trip.vehicle, (-(10**6), trip.stations[0]))
        assert place == trip.stations[0]
        assert trip.start_s - end >= 120
        ends[trip.vehicle] = (trip.end_s, trip.stations[-1])
