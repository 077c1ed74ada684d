"""Transitions between periods: gaps step from one headway to the next, and nothing that was promised gets worse."""

from itertools import pairwise

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.headways.decide import decide_headways
from dispatch.headways.patterns import DeparturePatternMaker, segments_of
from dispatch.headways.ramps import WIDEST, ramped, smoothed
from dispatch.plans.in_force import timetable_from_departures
from dispatch.plans.loads import planned_loads
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.duties import fleet_need
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.travel import Travel

LINE = load_scenario("tutorial_line")
YIZHUANG = load_scenario("beijing_yizhuang")


def gaps(departures: tuple[int, ...]) -> list[int]:
    return [b - a for a, b in pairwise(departures)]


@settings(max_examples=examples(100))
@given(h1=st.integers(90, 900), h2=st.integers(90, 900), count=st.integers(1, WIDEST))
def test_a_ramp_is_monotone_between_its_headways_and_keeps_time_and_trains(h1: int, h2: int, count: int) -> None:
    before = tuple(range(0, 10 * h1, h1)) + tuple(range(10 * h1, 10 * h1 + 11 * h2, h2))
    after = ramped(before, 10, count)
    assert len(after) == len(before)
    assert after[: 11 - count] == before[: 11 - count]
    assert after[10 + count :] == before[10 + count :]
    found = gaps(after)
    low, high = sorted((h1, h2))
    assert low - 1 <= min(found)
    assert max(found) <= high + 1
    signs = [b - a if h2 >= h1 else a - b for a, b in pairwise(found)]
    assert min(signs) >= -1  # whole seconds
    assert sum(gap**2 for gap in found) <= sum(gap**2 for gap in gaps(before)) + 2 * max(found) * 2 * count
    # From one gap to the next no more than the even step, but for whole seconds.
    assert max(abs(sign) for sign in signs) <= abs(h2 - h1) / (2 * count) + 2


def even(line: Scenario, up: tuple[int, ...], down: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Even patterns with that many gaps in each segment."""
    maker = DeparturePatternMaker.of(line)
    made = {}
    for direction, counts in (("up", up), ("down", down)):
        segments = segments_of(line)[direction]  # type: ignore[index]
        patterns = [maker.even(segment, count) for segment, count in zip(segments, counts, strict=True)]
        made[direction] = tuple(time for pattern in patterns for time in pattern.departures)
    return made


def test_a_short_line_by_hand() -> None:
    """Headways of 600, 300 and 600 s: 3 gaps fit beside each border of the middle period."""
    line = LINE.model_copy(update={"policy": LINE.policy.model_copy(update={"load_limit_share": 1.0})})
    counts = [round(s.length_s / h) for s, h in zip(segments_of(line)["up"], (600, 300, 600), strict=False)]
    before = even(line, tuple(counts), tuple(counts))
    smooth = smoothed(line, DeparturePatternMaker.of(line), segments_of(line), before)  # type: ignore[arg-type]
    for direction in DIRECTIONS:
        assert len(smooth.departures[direction]) == len(before[direction])
        assert smooth.departures[direction][0] == before[direction][0]
        assert smooth.departures[direction][-1] == before[direction][-1]
    steps = [abs(b - a) for a, b in pairwise(gaps(smooth.departures["up"]))]
    assert 0 < max(steps) < 300


@pytest.mark.many_cases
@pytest.mark.parametrize("line", [LINE, YIZHUANG], ids=["tutorial", "yizhuang"])
def test_decided_headways_keep_every_promise_with_their_ramps(line: Scenario) -> None:
    decided = decide_headways(line, "demand-led")
    timetable = timetable_from_departures(line, decided.departures)
    assert expected_waiting(timetable, line).mean_s == pytest.approx(decided.mean_waiting_s, rel=1e-6)
    loads = planned_loads(timetable.trips, Travel.of(line), [station.id for station in line.stations])
    capacity = line.train_types[line.main_train_type].capacity.normal
    assert max(max(trip.passengers) for trip in loads) / capacity == pytest.approx(
        decided.heaviest_load_share, rel=1e-4
    )
    assert decided.heaviest_load_share <= line.policy.load_limit_share + 1e-9
    assert fleet_need(timetable, line).vehicles == decided.fleet <= line.trainsets


@pytest.mark.many_cases
def test_no_headway_of_yizhuang_changes_by_more_than_41_seconds_at_once() -> None:
    """Without ramps the gap falls from 525 to 225 s at one border."""
    decided = decide_headways(YIZHUANG, "demand-led")
    even_waiting_s = decide_headways(YIZHUANG, "equal-service").mean_waiting_s
    assert decided.mean_waiting_s < even_waiting_s
    for direction in DIRECTIONS:
        found = gaps(decided.departures[direction])
        for ahead, gap in pairwise(found):
            assert abs(gap - ahead) <= 41
