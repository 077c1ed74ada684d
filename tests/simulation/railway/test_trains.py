"""Trains: the clock of small days, compared whole; headways, turnbacks and recovery by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from small_railway import ORDER, RULES, railway

from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import InputFaults
from energy_models.movement.low_voltage import ServedShare
from scenarios.schema.base import Direction
from scenarios.values.fleet import ByVehicle
from simulation.disturbances import DwellNoise
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.passengers import PlatformDemand
from simulation.railway.railway import LineDemand
from simulation.railway.traction_shortfall import TractionShortfall
from simulation.railway.trains import operate
from simulation.railway.trip_run import Duty, Journey


def trip(name: str, start_s: int, vehicle: str = "", direction: Direction = "up", passengers: float = 500.0) -> Trip:
    """100 s, 30 s dwell, 100 s."""
    return Trip(
        name,
        direction,
        ORDER[direction],
        (start_s, start_s + 100, start_s + 230),
        (start_s, start_s + 130, start_s + 230),
        ("speed_cap", "speed_cap"),
        (passengers, passengers),
        vehicle,
    )


class Deviations(DwellNoise):
    """Given deviations instead of drawn ones."""

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        given = {"few": [14.0, 0.0, 0.0], "late": [30.0, 0.0, 0.0], "slow": [0.0, 200.0, 0.0]}
        return np.array(given.get(trip_id, [0.0] * 3))


LATE = replace(RULES, noise=Deviations(1.0))
LATE_ADDING_UP = replace(RULES, noise=Deviations(1.0, accumulates=True))


def clock(*trips: Trip, rules: OperatingRules = RULES, seed: int | None = None) -> list[tuple[float, ...]]:
    """Departure, arrival, departure, arrival of each trip."""
    done = operate(Timetable(trips), railway(rules), seed).trips
    return [(t.departure_s[0], t.arrival_s[1], t.departure_s[1], t.arrival_s[2]) for t in done]


def test_a_starved_run_makes_this_train_and_the_one_behind_it_late() -> None:
    shortfall = TractionShortfall({("u1", 0): ServedShare(np.zeros(1), np.full(1, 90.0))})
    both = Timetable((trip("u1", 1000), trip("u2", 1100)))
    first, second = operate(both, railway(), None, shortfall=shortfall).trips
    assert first.running_time_s == (100, 80)  # the ATO recovers on the next section, as far as that can be run
    assert first.slowed_s == (90.0, 0.0)
    assert first.arrival_s[1] == 1190.0
    # It leaves after its shortest dwell; the train behind, on time so far, has to follow it at the headway.
    assert first.departure_s[1] == 1210.0
    assert second.departure_s[1] == 1300.0
    assert second.slowed_s == (0.0, 0.0)


def test_without_disturbances_the_day_is_the_timetable() -> None:
    trips = [trip("u1", 1000, "V1"), trip("u2", 1300, "V2"), trip("d1", 1400, "V1", "down")]
    assert clock(*trips) == [(1000, 1100, 1130, 1230), (1300, 1400, 1430, 1530), (1400, 1500, 1530, 1630)]


def test_lateness_within_the_next_dwell_is_absorbed_by_it() -> None:
    # 30 s late: the minimum dwell takes 10 s back, the run (80 s instead of 100 s) the rest.
    assert clock(trip("late", 1000), rules=LATE, seed=1) == [(1030, 1110, 1130, 1230)]


def test_lateness_that_adds_up_stays() -> None:
    assert clock(trip("late", 1000), rules=LATE_ADDING_UP, seed=1) == [(1030, 1130, 1160, 1260)]


def test_small_lateness_does_not_change_driving() -> None:
    # The dwell absorbs 10 s, 4 s are tolerated: the train still runs 100 s and then leaves 4 s late.
    assert clock(trip("few", 1000), rules=LATE, seed=1) == [(1014, 1114, 1134, 1234)]


def test_a_train_follows_at_the_minimum_headway_and_not_into_an_occupied_platform() -> None:
    times = clock(trip("slow", 1000), trip("u2", 1100), rules=LATE, seed=1)
    assert times[0] == (1000, 1100, 1330, 1410)
    # The follower would reach B at 1200, but the platform is cleared only after 1330: it stops before it, restarts, and
    # leaves 90 s after the train ahead, running as fast as it can to make good.
    follower = operate(Timetable((trip("slow", 1000), trip("u2", 1100))), railway(LATE), 1).trips[1]
    assert 1345.0 < follower.arrival_s[1] < 1390.0
    assert follower.departure_s[1:] == (1420.0, 1500.0)
    assert follower.hindered_s == pytest.approx((follower.arrival_s[1] - 1200.0, 0.0))
    driven = follower.delayed_profiles[0]
    assert driven is not None
    assert follower.delayed_profiles[1] is None
    assert driven.speed_m_s[1:-1].min() == 0.0  # it stood on the way


def test_a_late_vehicle_is_late_again_when_its_turnback_is_too_short() -> None:
    trips = [trip("slow", 1000, "V1"), trip("d1", 1400, "V1", "down"), trip("d2", 1405, "V2", "down")]
    times = clock(*trips, rules=LATE_ADDING_UP, seed=1)
    assert times[0][3] == 1430
    assert times[1][0] == 1550  # 120 s after arrival
    assert times[2][0] == 1640  # the next vehicle keeps its place and the minimum headway


def test_a_train_goes_first_when_the_one_before_does_not_come() -> None:
    # V1 comes out 1000 s late; 300 s after its time the others need not wait for it any more.
    class Late:
        def pull_out_s(self, duty: Duty) -> float:
            return 2000.0 if duty.vehicle == "V1" else -math.inf

        def withdrawal(self, journey: Journey) -> None:  # noqa: ARG002
            return None

    trips = [trip("u1", 1000, "V1"), trip("u2", 1200, "V2"), trip("u3", 1450, "V3"), trip("u4", 2500, "V4")]
    done = operate(Timetable(tuple(trips)), railway(RULES, vehicles=Late()), None).trips
    assert [record.departure_s[0] for record in done] == [2000.0, 1300.0, 1450.0, 2500.0]
    assert done[0].departure_s[1] > done[2].departure_s[1]


def test_a_full_train_takes_the_time_it_needs() -> None:
    assert clock(trip("full", 1000, passengers=1500.0)) == [(1000, 1110, 1130, 1240)]


def test_trips_beyond_their_own_minimum_dwell_are_taken_at_their_word() -> None:
    # A timetable with a dwell of 30 s where the scenario requires 60 s is a case for the checker.
    strict = replace(RULES, minimum_dwell_s={"B": 60.0})
    assert clock(trip("u1", 1000), rules=strict) == [(1000, 1100, 1130, 1230)]


def test_loads_follow_the_trains_that_really_came() -> None:
    hours = 3
    demand = PlatformDemand.from_rates(
        3600.0 * np.arange(hours + 1),
        np.tile([3600.0, 1800.0, 0.0], (hours, 1)),
        np.tile([0.0, 1800.0, 3600.0], (hours, 1)),
        np.tile([3600.0, 3600.0], (hours, 1)),
    )
    line = LineDemand({"up": demand}, ByVehicle(600.0), {"up": (700.0, 830.0, 960.0)})
    trips = Timetable((trip("u1", 1000), trip("late", 1300), trip("u3", 1600)))
    done = operate(trips, railway(LATE_ADDING_UP), 1, line)
    first, second, third = done.trips
    assert first.passengers == pytest.approx((300.0, 300.0 * 0.5 + 150.0))
    # 30 s late: 330 s worth of passengers, and the next train 270 s.
    assert second.passengers == pytest.approx((330.0, 330.0 * 0.5 + 165.0))
    assert third.passengers == pytest.approx((270.0, 270.0 * 0.5 + 135.0))
    boarded = sum(sum(t.boarded) for t in done.trips)
    before_opening = demand.came_by(0, 700.0) + demand.came_by(1, 830.0)
    assert boarded + done.never_served + before_opening == pytest.approx(demand.total)


def test_planned_loads_are_the_timetable_s() -> None:
    done = operate(Timetable((trip("u1", 1000, passengers=123.0),)), railway(), None)
    assert done.trips[0].passengers == (123.0, 123.0)


def test_a_trip_that_leaves_the_line_is_named() -> None:
    wrong = replace(trip("x", 1000), stations=("A", "C", "B"))
    with pytest.raises(InputFaults, match="trip x, stations: A, C, B"):
        clock(wrong)


def test_duties_that_contradict_the_order_of_trains_are_an_error_not_a_silence() -> None:
    # V1 must follow its own second trip: the short trip starts later but is scheduled to leave B first.
    short = Trip("s", "up", ("B", "C"), (1110, 1210), (1110, 1210), ("speed_cap",), (0.0,), "V1")
    with pytest.raises(InputFaults, match="wait for each other without end"):
        clock(trip("u1", 1000, "V1"), short)


def test_the_same_seed_gives_the_same_day() -> None:
    rules = replace(RULES, noise=DwellNoise(5.0))
    trips = [trip(f"u{i}", 1000 + 120 * i) for i in range(20)]
    assert clock(*trips, rules=rules, seed=3) == clock(*trips, rules=rules, seed=3)
    assert clock(*trips, rules=rules, seed=3) != clock(*trips, rules=rules, seed=4)


def test_departures_keep_the_minimum_headway_under_heavy_noise() -> None:
    rules = replace(RULES, noise=DwellNoise(40.0, accumulates=True))
    trips = tuple(trip(f"u{i}", 1000 + 95 * i) for i in range(40))
    done = operate(Timetable(trips), railway(rules), 5).trips
    for station in range(2):
        gaps = np.diff([t.departure_s[station] for t in done])
        assert gaps.min() >= 90.0 - 1e-9
    # A line at its capacity bunches up: many followers sit exactly at the minimum.
    assert np.sum(np.isclose(np.diff([t.departure_s[1] for t in done]), 90.0)) > 10
