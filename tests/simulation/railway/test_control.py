"""Controllers: a line that bunches, trains held to their schedule, and the rule of even headways by hand."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from long_railway import FREE, SECTION_M, whole_trip
from small_railway import ORDER, RULES, Trapezoids, moving_block

from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import LineState, Neighbour, ReadyTrain
from dispatch.regulation.interface.regulator import Regulator
from dispatch.regulation.schedule import EvenHeadways, HoldToSchedule, TrackSchedule
from scenarios.values.fleet import ByVehicle
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.railway.dwells import PlatformStop
from simulation.railway.railway import Railway
from simulation.railway.trains import operate

# A line on which delays increase: a late train has more passengers and longer dwells.


@dataclass(frozen=True)
class CrowdedDwell:
    """Each second of gap before a train adds a tenth of a second to its dwell, beyond that of the planned gap."""

    gap_s: float
    departures: dict[int, float] = field(default_factory=dict)

    def least_s(self, stop: PlatformStop) -> float:
        before_s = self.departures.get(stop.station, stop.arrived_s - self.gap_s)
        least_s = max(15.0, 30.0 + 0.1 * (stop.arrived_s - before_s - self.gap_s))
        self.departures[stop.station] = stop.arrived_s
        return least_s


STATIONS = tuple("ABCDEFGHIJKL")
LONG = {"up": STATIONS, "down": STATIONS[::-1]}


def long_trip(number: int, headway_s: int) -> Trip:
    begin = 10_000 + number * headway_s
    arrivals = tuple(begin + 130 * k for k in range(12))
    departures = (begin, *(begin + 130 * k + 30 for k in range(1, 11)), begin + 130 * 11)
    arrivals = (begin, *(departures[k] + 100 for k in range(11)))
    departures = (*departures[:11], arrivals[-1])
    return Trip(f"t{number:02}", "up", STATIONS, arrivals, departures, ("speed_cap",) * 11, (0.0,) * 11, f"v{number}")


class OneLate(DwellNoise):
    """The sixth train loses half a minute at B; nothing else happens."""

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        return np.array([0.0, 30.0 if trip_id == "t05" else 0.0, *([0.0] * 10)])


def gaps_s(regulator: Regulator | None, station: int) -> np.ndarray:
    headway_s = 180
    rules = replace(RULES, minimum_headway_s=0.0, noise=OneLate(1.0, accumulates=True))
    railway = Railway(
        rules, ByVehicle(Trapezoids()), LONG, moving_block(stations=12), CrowdedDwell(headway_s - 30.0),
        regulator=regulator,
    )  # fmt: skip
    trips = tuple(long_trip(number, headway_s) for number in range(14))
    done = operate(Timetable(trips), railway, 1).trips
    return np.diff([record.departure_s[station] for record in done])


def test_a_line_whose_dwells_grow_with_the_gap_bunches_and_even_headways_calm_it() -> None:
    variation = [float(gaps_s(None, station).std()) for station in range(1, 11)]
    assert np.all(np.diff(variation) > 0.0)  # it grows from station to station
    last = gaps_s(None, 10)
    assert last[4] > 180.0 + 1.5 * 30.0  # the gap before the late train
    assert last[5] < 180.0 - 1.2 * 30.0  # and the train behind it that catches up
    even = gaps_s(EvenHeadways(most_s=60.0), 10)
    assert even.std() < 0.5 * last.std()
    assert even.min() > last.min()


def test_a_train_held_to_its_schedule_never_leaves_early() -> None:
    early = replace(FREE, noise=Early(1.0, accumulates=True))
    trips = Timetable((whole_trip("a", 10_000),))
    free, held = (
        operate(trips, Railway(early, ByVehicle(Trapezoids(SECTION_M)), ORDER, moving_block(section_m=SECTION_M),
                               regulator=regulator), 1).trips[0]
        for regulator in (None, HoldToSchedule())
    )  # fmt: skip
    assert free.departure_s[1] == free.trip.departure_s[1] - 8.0
    assert held.departure_s[1] == held.trip.departure_s[1]


class Early(DwellNoise):
    """Eight seconds early at B."""

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        return np.array([0.0, -8.0, 0.0])


def test_even_headways_hold_in_proportion_to_the_plan_and_no_longer_than_the_limit() -> None:
    planned = whole_trip("a", 10_000)

    def train(before_s: float, after_s: float, now_s: float) -> ReadyTrain:
        before = Neighbour("x", 10_460.0 - 100.0, before_s)
        return ReadyTrain(planned, 1, 1, now_s, before, Neighbour("y", 10_460.0 + 200.0, after_s), 0.0, 420, 80)

    def departs_s(train: ReadyTrain) -> float:
        return EvenHeadways(most_s=45.0).advise(train, LineState(train.now_s)).departs_s

    assert departs_s(train(10_360.0, 10_690.0, 10_460.0)) == pytest.approx(10_470.0)  # 330 s, one third of it
    assert departs_s(train(10_360.0, 10_900.0, 10_460.0)) == 10_505.0
    assert departs_s(train(10_360.0, 10_600.0, 10_460.0)) == 10_460.0  # it cannot leave earlier
    assert departs_s(replace(train(0.0, 0.0, 10_460.0), after=None)) == 10_460.0
    with pytest.raises(ValueError, match="most_s"):
        EvenHeadways(most_s=-1.0)


def test_tracking_brings_a_train_back_to_its_schedule_with_the_margin() -> None:
    planned = whole_trip("a", 10_000)
    due_s = planned.arrival_s[2] + 4

    leaves_s = planned.departure_s[1]
    ready = ReadyTrain(planned, 1, 1, leaves_s - 9.0, None, None, 0.0, 70, 50)

    def advised(train: ReadyTrain) -> Advice:
        return TrackSchedule(4.0).advise(train, LineState(train.now_s))

    def running_time_s(now_s: float) -> int:
        return advised(replace(ready, now_s=now_s, can_hold=False)).running_time_s

    assert advised(ready).departs_s == leaves_s + 4.0
    assert advised(ready).running_time_s == planned.running_time_s(1)
    assert advised(replace(ready, now_s=leaves_s + 5.5)).departs_s == leaves_s + 5.5
    assert running_time_s(leaves_s + 4.0) == planned.running_time_s(1)
    assert running_time_s(leaves_s + 6.5) == due_s - leaves_s - 7
    assert running_time_s(due_s) == 50
    with pytest.raises(ValueError, match="margin_s"):
        TrackSchedule(-1.0)


def test_trains_that_are_tracked_are_on_time_again_at_the_next_station() -> None:
    """The late train of the crowded line is late at B only; without control its delay grows to the end."""

    def lateness_s(regulator: Regulator | None) -> np.ndarray:
        rules = replace(RULES, minimum_headway_s=0.0, noise=OneLate(1.0, accumulates=True))
        railway = Railway(rules, ByVehicle(Trapezoids()), LONG, moving_block(stations=12), regulator=regulator)
        trips = tuple(long_trip(number, 240) for number in range(8))
        late = operate(Timetable(trips), railway, 1).trips[5]
        return np.array(late.departure_s[:11]) - np.array(late.trip.departure_s[:11])

    free, tracked = lateness_s(None), lateness_s(TrackSchedule(4.0))
    assert np.all(free[1:] >= 29.0)
    assert tracked[1] >= 29.0
    assert np.all(np.diff(tracked[1:]) <= 0.0)
    assert tracked[-1] == pytest.approx(4.0, abs=1.0)


@dataclass(frozen=True)
class ChangesItsMind:
    """Holds a train for a minute; at the review, half a minute is enough."""

    asked_s: list[float] = field(default_factory=list)

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:  # noqa: ARG002
        """The hold of the first question, or of the review 10 s later."""
        if not train.can_hold or train.stop != 1:
            return Advice(train.trip.trip_id, train.stop, train.now_s, train.own_running_time_s, "schedule")
        self.asked_s.append(train.now_s)
        leaves_s = self.asked_s[0] + (60.0 if len(self.asked_s) == 1 else 30.0)
        return Advice(
            train.trip.trip_id, 1, leaves_s, train.own_running_time_s, "energy", review_s=train.now_s + 10.0
        )  # fmt: skip


def test_a_held_train_asks_again_at_the_review_and_follows_the_new_advice() -> None:
    regulator = ChangesItsMind()
    railway = Railway(
        replace(RULES, minimum_headway_s=0.0), ByVehicle(Trapezoids()), LONG, moving_block(stations=12),
        regulator=regulator,
    )  # fmt: skip
    record = operate(Timetable((long_trip(0, 180),)), railway, None).trips[0]
    first_s = regulator.asked_s[0]
    assert [asked_s - first_s for asked_s in regulator.asked_s] == [0.0, 10.0, 20.0]
    assert record.departure_s[1] == first_s + 30.0
