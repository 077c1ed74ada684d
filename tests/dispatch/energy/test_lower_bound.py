"""The lower bound against trying every split of the running time, and today's energy over all phases by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from timing_lines import SEVEN, Case, case_of, small_line

from dispatch.energy.lower_bound import energy_bound, share_of_gap_closed
from dispatch.energy.phase_mean import energy_by_phase_j, one_in
from dispatch.energy.planned_day import planned_energy_j, planned_snapshots
from dispatch.explanation.potential import potential_of
from dispatch.plans.potential import against_mean_phase_percent
from dispatch.plans.timetable import Timetable, retimed
from energy_models.driving.optimal import optimal
from scenarios.schema.base import DIRECTIONS

HALF_HOUR = ((SEVEN, SEVEN + 1800, 400),)


def with_loads(case: Case, passengers: float) -> Timetable:
    return Timetable(tuple(replace(t, passengers=(passengers,) * len(t.driving)) for t in case.baseline.trips))


def with_own_vehicles(timetable: Timetable) -> Timetable:
    return Timetable(tuple(replace(trip, vehicle=trip.trip_id) for trip in timetable.trips))


@pytest.mark.parametrize("passengers", [0.0, 130.0, 400.0])
def test_bound_of_driving_is_the_best_split_of_the_running_time(passengers: float) -> None:
    """Three sections and every split in whole seconds, each driven optimally for the very load."""
    case = case_of(small_line(4, HALF_HOUR))
    timetable = with_loads(case, passengers)
    least_j = 0.0
    for direction in DIRECTIONS:
        trips = timetable.of(direction)
        today = [trips[0].running_time_s(k) for k in range(3)]
        tables = [
            {
                r: (p := optimal(track, case.train, passengers, r)).traction_energy_j - p.regeneration_energy_j
                for r in range(today[k] - 14, today[k] + 15)
            }
            for k, track in enumerate(case.library.sections[direction])
        ]
        best = min(
            tables[0][a] + tables[1][b] + tables[2][rest] + case.train.auxiliary_w * (a + b + rest)
            for a, b in product(tables[0], tables[1])
            if (rest := sum(today) - a - b) in tables[2]
        )
        least_j += len(trips) * best
    bound = energy_bound(timetable, case.line, case.timing_limits.turnback_shortest_s)
    assert bound.driving_j <= least_j * (1 + 1e-5)
    assert bound.driving_j > least_j * (1 - 5e-3)


def test_loads_between_fronts_are_met_by_the_parabola() -> None:
    """One trip among lighter and fuller ones is bounded as it is alone, where its front is computed for it."""
    case = case_of(small_line(4, HALF_HOUR))
    trips = case.baseline.trips
    mixed = Timetable(tuple(replace(t, passengers=(load,) * 3) for t, load in zip(trips, (0.0, 250.0, 500.0) * 9)))  # noqa: B905
    parts = (case.line, case.timing_limits.turnback_shortest_s)
    alone_j = 0.0
    for trip in mixed.trips:
        single = Timetable((trip,))
        alone_j += energy_bound(single, *parts).energy_j
    assert energy_bound(mixed, *parts).energy_j == pytest.approx(alone_j, rel=1e-3)
    off_points = Timetable(tuple(replace(t, passengers=(load,) * 3) for t, load in zip(trips, (0.0, 150.0, 500.0) * 9)))  # noqa: B905
    alone_j = sum(energy_bound(Timetable((trip,)), *parts).energy_j for trip in off_points.trips)
    assert energy_bound(off_points, *parts).energy_j == pytest.approx(alone_j, rel=1e-3)


def test_bound_counts_auxiliaries_of_trips_and_shortest_turnbacks() -> None:
    case = case_of(small_line(3, HALF_HOUR))
    bound = energy_bound(case.baseline, case.line, (70, 110))
    standing_s = sum(trip.dwell_s(1) for trip in case.baseline.trips)
    turned_s = 70 * len(case.baseline.of("up")) + 110 * len(case.baseline.of("down"))
    assert bound.auxiliaries_j == pytest.approx(case.train.auxiliary_w * (standing_s + turned_s), rel=1e-12)
    # A train that turns for longer is shut down after 180 s.
    slow = energy_bound(case.baseline, case.line, (500, 500))
    assert slow.auxiliaries_j == pytest.approx(
        case.train.auxiliary_w * (standing_s + 180 * len(case.baseline.trips)), rel=1e-12
    )


def test_stored_energy_lowers_the_bound() -> None:
    plain, stored = (case_of(small_line(4, HALF_HOUR, storage=storage)) for storage in (False, True))
    bounds = [energy_bound(c.baseline, c.line, (60, 60)) for c in (plain, stored)]
    (store,) = stored.network.storages
    held_j = 0.4 * store.capacity_j * 0.96
    assert bounds[0].energy_j - bounds[1].energy_j == pytest.approx(held_j, rel=1e-9)


def test_share_of_the_gap() -> None:
    assert share_of_gap_closed(100.0, 90.0, 60.0) == 0.25
    assert share_of_gap_closed(100.0, 60.0, 60.0) == 1.0
    assert share_of_gap_closed(50.0, 50.0, 50.0) == 0.0


def test_phase_nothing_is_today() -> None:
    case = case_of(small_line(4, HALF_HOUR))
    found = energy_by_phase_j(case.baseline, case.line, phases=1, every_s=1)
    today = planned_energy_j(case.baseline, case.line)
    assert found.tolist() == pytest.approx([today], rel=1e-9)


def test_phases_are_down_trips_later_by_a_share_of_their_headway() -> None:
    case = case_of(small_line(4, ((SEVEN, SEVEN + 1600, 400),)))
    apart = with_own_vehicles(case.baseline)
    parts = (case.line,)
    found = energy_by_phase_j(apart, *parts, phases=4, every_s=1, workers=2)
    for phase in range(4):
        later = Timetable(
            tuple(
                t if t.direction == "up" else retimed(
                    t, t.start_s + 100 * phase, [t.running_time_s(k) for k in range(3)],
                    [t.dwell_s(k) for k in (1, 2)], "speed_cap",
                )
                for t in apart.trips
            )
        )  # fmt: skip
        assert found[phase] == pytest.approx(planned_energy_j(later, *parts), rel=1e-9)
    assert np.ptp(found) > 1e-3 * found.mean()


def test_one_second_in_four_distinguishes_the_phases() -> None:
    """Few trains in ninety minutes: on a day of eighteen hours chance is smaller."""
    case = case_of(small_line(5, ((SEVEN, SEVEN + 5400, 420),)))
    parts = (case.baseline, case.line)
    every, some = (energy_by_phase_j(*parts, phases=6, every_s=step) for step in (1, 4))
    assert some == pytest.approx(every, rel=0.025)
    assert np.corrcoef(some, every)[0, 1] > 0.95
    assert energy_by_phase_j(*parts, phases=6).tolist() == every.tolist()
    snapshots = planned_snapshots(*parts)
    thin = one_in(4, snapshots)
    assert thin.count == snapshots.count // 4
    assert thin.interval_s == 4.0
    for t in (0, 1, 100, 333):
        at = 4 * t + int(4 * (t * 0.6180339887498949 % 1))
        own = slice(int(thin.offset[t]), int(thin.offset[t + 1]))
        whole = slice(int(snapshots.offset[at]), int(snapshots.offset[at + 1]))
        assert np.array_equal(thin.power_w[own], snapshots.power_w[whole])
        assert np.array_equal(thin.chainage_m[own], snapshots.chainage_m[whole])


def test_evidence_puts_the_figures_side_by_side() -> None:
    case = case_of(small_line(4, HALF_HOUR))
    after = Timetable(tuple(replace(trip, driving=("optimal",) * 3) for trip in case.baseline.trips))
    found = potential_of(case.baseline, case.baseline, after, case.line, case.timing_limits, workers=2)
    assert found.bound_kwh < found.after_kwh < found.before_kwh
    assert found.share_of_gap_closed == pytest.approx(
        (found.before_kwh - found.after_kwh) / (found.before_kwh - found.bound_kwh)
    )
    saved = 100 * (1 - found.after_kwh / (found.before_kwh * found.mean_phase_share))
    assert found.against_mean_phase_percent == pytest.approx(saved)
    assert against_mean_phase_percent(100.0, 80.0, 0.8) == 0.0
    assert found.today_kwh == found.before_kwh
    assert set(found.document()) >= {"bound_kwh", "share_of_gap_closed", "saving_against_mean_phase_percent"}


def test_the_parts_of_the_gap_add_up_and_name_longer_stands() -> None:
    """Each trip has its own vehicle, so that every train is shut down after the stand of the operation."""
    case = case_of(small_line(4, HALF_HOUR))
    alone = with_own_vehicles(case.baseline)
    found = potential_of(case.baseline, case.baseline, alone, case.line, case.timing_limits)
    longer_s = sum(
        case.scenario.operation.shut_down_after_s - case.timing_limits.turnback_s(trip) for trip in alone.trips
    )
    assert longer_s > 0
    assert found.longer_stands_kwh == pytest.approx(case.train.auxiliary_w * longer_s / 3.6e6)
    parts = found.document()["gap_to_bound_kwh"]
    assert isinstance(parts, dict)
    assert list(parts) == ["losses", "unused_braking", "longer_stands", "train_energy"]
    numbers = [value for value in parts.values() if isinstance(value, float)]
    assert sum(numbers) == pytest.approx(found.after_kwh - found.bound_kwh, abs=0.3)


def test_where_other_trips_run_limit_and_mean_phase_are_held_against_today() -> None:
    case = case_of(small_line(4, HALF_HOUR))
    fewer = Timetable(tuple(trip for number, trip in enumerate(case.baseline.trips) if number % 3))
    found = potential_of(case.baseline, fewer, fewer, case.line, case.timing_limits)
    assert found.bound_kwh < found.before_kwh < 0.9 * found.today_kwh
    assert found.bound_percent == pytest.approx(100 * (1 - found.bound_kwh / found.today_kwh))
    assert found.bound_percent > 100 * (1 - found.after_kwh / found.today_kwh)
    saved = 100 * (1 - found.after_kwh / (found.today_kwh * found.mean_phase_share))
    assert found.against_mean_phase_percent == pytest.approx(saved)
    assert found.share_of_gap_closed == 0.0
