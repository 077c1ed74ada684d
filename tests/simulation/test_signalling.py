"""Moving and fixed blocks on the simulated day: the least headway that does not hinder, beside blocking-time theory.

Blocking time (Happel; UIC Code 406, 2nd edition 2013, chapter on blocking times; Pachl, Railway Operation and Control):
a stretch of track is taken by a train from the moment when it must have the way clear to keep its speed until its rear
has left it and the next train knows. With speed v, braking rate b, train length L, margin m, reaction r:

- on the open line at v, moving block: r + (v²/2b + m + L) / v; fixed blocks of length B: B / v more;
- at a platform (moving block), dwell d, acceleration a: from the begin of braking to the stop v/b, the dwell, the time
  in which the rear clears the platform and the margin, and the reaction. A way w from standstill takes sqrt(2 w / a),
  beyond v²/2a it takes v/a and (w - v²/2a) / v.
"""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from dispatch.timetable import Timetable, Trip
from energy_models.hindered import Ahead, Authority, Obstacle, first_hindered
from energy_models.hindered import Path as Motion
from simulation.control import Controller, EvenHeadways, HoldToSchedule, Neighbour, NoControl, ReadyTrain
from simulation.disturbances import DwellNoise
from simulation.dwells import PlatformStop
from simulation.record import TripRecord
from simulation.rules import RecoveryRules
from simulation.runs import RunAsked
from simulation.signalling import Signalling
from simulation.trains import Railway, operate

sys.path.insert(0, str(Path(__file__).parent))
from small_railway import RULES, TRAIN, Trapezoids, blocks, moving_block, trapezoid

SECTION_M = 6000.0
RUN_S = 420
ORDER = {"up": ("A", "B", "C"), "down": ("C", "B", "A")}
FREE = replace(RULES, minimum_headway_s=0.0)
SPEED = float(trapezoid(SECTION_M, RUN_S).speed_m_s.max())
LENGTH_M, MARGIN_M, REACTION_S, RATE = 100.0, 50.0, 3.0, 1.0


def trip(name: str, start_s: float, dwell_s: int = 40) -> Trip:
    begin = round(start_s)
    arrivals = (begin, begin + RUN_S, begin + 2 * RUN_S + dwell_s)
    departures = (begin, begin + RUN_S + dwell_s, begin + 2 * RUN_S + dwell_s)
    return Trip(name, "up", ORDER["up"], arrivals, departures, ("speed_cap",) * 2, (0.0, 0.0), name)


class Later(DwellNoise):
    """Lets the second train leave later than its whole second by a given time."""

    later_s = 0.0

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        return np.array([self.later_s if trip_id == "b" else 0.0, 0.0, 0.0])


def two_trains(headway_s: float, signalling: Signalling, dwell_s: int = 40) -> tuple[TripRecord, ...]:
    """Two trains, the second one that long after the first from A."""
    noise = Later(1.0, accumulates=True)
    object.__setattr__(noise, "later_s", headway_s - int(headway_s))
    railway = Railway(replace(FREE, noise=noise), Trapezoids(SECTION_M), ORDER, signalling, TRAIN)
    trips = (trip("a", 10_000, dwell_s), trip("b", 10_000 + int(headway_s), dwell_s))
    return operate(Timetable(trips), railway, 1).trips


def least_headway_s(signalling: Signalling, section: int, dwell_s: int = 40) -> float:
    """The least headway at which the second train loses nothing in a section, by bisection to 0.05 s."""
    low, high = 10.0, 400.0
    while high - low > 0.05:
        middle = 0.5 * (low + high)
        hindered = two_trains(middle, signalling, dwell_s)[1].hindered
        if hindered[section] is None and (section == 0 or hindered[0] is None):
            high = middle
        else:
            low = middle
    return high


def clearing_s(way_m: float) -> float:
    """Time from standstill over a way, at 1 m/s² up to the cruising speed."""
    ramp_m = SPEED**2 / (2.0 * RATE)
    return float(np.sqrt(2.0 * way_m / RATE)) if way_m <= ramp_m else SPEED / RATE + (way_m - ramp_m) / SPEED


@pytest.mark.parametrize("dwell_s", [30, 60])
@pytest.mark.parametrize("reaction_s", [0.0, 3.0])
def test_the_least_headway_through_a_station_under_moving_block_is_the_blocking_time(
    dwell_s: int, reaction_s: float
) -> None:
    signalling = moving_block(section_m=SECTION_M, reaction_s=reaction_s)
    expected_s = SPEED / RATE + dwell_s + clearing_s(LENGTH_M + MARGIN_M) + reaction_s
    assert least_headway_s(signalling, 0, dwell_s) == pytest.approx(expected_s, abs=0.2)


def test_the_least_headway_through_a_station_with_fixed_blocks_is_the_blocking_time() -> None:
    # The platform's block from P to E; the stop at S = E - margin. Before P - margin - v²/2b the train needs it clear.
    stop_m, begin_m, end_m, dwell_s = SECTION_M, SECTION_M - 150.0, SECTION_M + MARGIN_M, 40
    borders = [*np.arange(-390.0, begin_m, 390.0), begin_m, end_m, 2.0 * SECTION_M]
    approach_s = (stop_m - begin_m + MARGIN_M) / SPEED
    expected_s = approach_s + SPEED / RATE + dwell_s + clearing_s(end_m - stop_m + LENGTH_M) + REACTION_S
    assert least_headway_s(blocks(borders, section_m=SECTION_M), 0, dwell_s) == pytest.approx(expected_s, abs=0.2)


@pytest.mark.parametrize("block_m", [0.0, 200.0, 500.0])
def test_the_least_headway_on_the_open_line_is_the_blocking_time(block_m: float) -> None:
    # Two trains at constant speed; without blocks (0 m) the block moves with the train ahead.
    borders = np.arange(0.0, 20_000.0, block_m) if block_m else np.zeros(0)
    authority = Authority(RATE, REACTION_S, MARGIN_M, borders)
    time_s = np.arange(0.0, 600.0)
    own = Motion(time_s + 1000.0, SPEED * time_s, np.full(600, SPEED))

    def loses_nothing(headway_s: float) -> bool:
        rear = Motion(own.time_s - headway_s, own.place_m - LENGTH_M, own.speed_m_s)
        far = first_hindered(own, 1000.0, Ahead((Obstacle(rear, float(rear.time_s[-1])),), authority))
        return far.from_s == np.inf

    low, high = 1.0, 200.0
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if loses_nothing(middle) else (middle, high)
    expected_s = REACTION_S + (SPEED**2 / (2.0 * RATE) + MARGIN_M + LENGTH_M + block_m) / SPEED
    # Half a metre is tolerated, and the motion is looked at each second: less than that, and 0.04 s.
    assert expected_s - 1.1 * bool(block_m) - 0.04 <= high <= expected_s + 0.01


def test_trains_below_the_least_headway_never_come_closer_than_their_braking_distance() -> None:
    signalling = moving_block(section_m=SECTION_M)
    first, second = two_trains(60.0, signalling)
    assert first.hindered == (None, None)
    driven = second.hindered[0]
    assert driven is not None
    # The headway without hindrance is 75.3 s; who approaches slowly needs less, but never less than dwell and clearing.
    assert 40.0 + clearing_s(150.0) + REACTION_S < 60.0 + second.hindered_s[0] < 75.3
    ahead = trapezoid(SECTION_M, RUN_S)
    front = Motion(ahead.time_s + first.departure_s[0], ahead.distance_m, ahead.speed_m_s)
    onwards = Motion(ahead.time_s + first.departure_s[1], ahead.distance_m + SECTION_M, ahead.speed_m_s)
    for time_s, place_m, speed_m_s in zip(
        driven.time_s + second.departure_s[0], driven.distance_m, driven.speed_m_s, strict=True
    ):
        known_s = time_s - REACTION_S
        rear_m = (onwards if known_s >= first.departure_s[1] else front).at(known_s)[0] - LENGTH_M
        assert place_m + speed_m_s**2 / (2.0 * RATE) <= rear_m - MARGIN_M + 1.0


def test_a_hindered_train_recovers_only_as_the_rules_say() -> None:
    # Ten minutes after B it would be due; held behind the first train, the second one may run faster, or may not.
    signalling = moving_block(section_m=SECTION_M)

    def lateness_at_the_end_s(recovery: RecoveryRules) -> float:
        slow = replace(trip("a", 10_000), departure_s=(10_000, 10_520, 10_940), arrival_s=(10_000, 10_420, 10_940))
        rules = replace(FREE, recovery=recovery, minimum_dwell_s={"B": 20.0})
        trips = Timetable((slow, trip("b", 10_100)))
        railway = Railway(rules, Shorter(SECTION_M), ORDER, signalling, TRAIN)
        return operate(trips, railway, None).trips[1].lateness_s[-1]

    free, slower, patient, none = (
        lateness_at_the_end_s(recovery)
        for recovery in (
            RecoveryRules(),
            RecoveryRules(running_time_margin_share=0.1),
            RecoveryRules(shortens_dwells=False),
            RecoveryRules(shortens_dwells=False, runs_faster=False),
        )
    )
    assert none > 20.0
    assert free < slower < none
    assert free <= patient < none


class Shorter(Trapezoids):
    """The shortest running time is 20 s below the planned one."""

    def shortest_s(self, run: RunAsked) -> int:  # noqa: ARG002
        return RUN_S - 20


# A line on which lateness grows: whoever is late finds more passengers, and dwells longer.


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


def gaps_s(controller: Controller, station: int) -> np.ndarray:
    headway_s = 180
    rules = replace(RULES, minimum_headway_s=0.0, noise=OneLate(1.0, accumulates=True))
    railway = Railway(
        rules, Trapezoids(), LONG, moving_block(stations=12), TRAIN, CrowdedDwell(headway_s - 30.0),
        controller=controller,
    )  # fmt: skip
    trips = tuple(long_trip(number, headway_s) for number in range(14))
    done = operate(Timetable(trips), railway, 1).trips
    return np.diff([record.departure_s[station] for record in done])


def test_a_line_whose_dwells_grow_with_the_gap_bunches_and_even_headways_calm_it() -> None:
    variation = [float(gaps_s(NoControl(), station).std()) for station in range(1, 11)]
    assert np.all(np.diff(variation) > 0.0)  # it grows from station to station
    last = gaps_s(NoControl(), 10)
    assert last[4] > 180.0 + 1.5 * 30.0  # the gap before the late train
    assert last[5] < 180.0 - 1.2 * 30.0  # and the train behind it that catches up
    even = gaps_s(EvenHeadways(most_s=60.0), 10)
    assert even.std() < 0.5 * last.std()
    assert even.min() > last.min()


def test_a_train_held_to_its_schedule_never_leaves_early() -> None:
    early = replace(FREE, noise=Early(1.0, accumulates=True))
    trips = Timetable((trip("a", 10_000),))
    free, held = (
        operate(trips, Railway(early, Trapezoids(SECTION_M), ORDER, moving_block(section_m=SECTION_M), TRAIN,
                               controller=controller), 1).trips[0]
        for controller in (NoControl(), HoldToSchedule())
    )  # fmt: skip
    assert free.departure_s[1] == free.trip.departure_s[1] - 8.0
    assert held.departure_s[1] == held.trip.departure_s[1]


class Early(DwellNoise):
    """Eight seconds early at B."""

    def deviations_s(self, seed: int, trip_id: str, stations: object) -> np.ndarray:  # noqa: ARG002
        return np.array([0.0, -8.0, 0.0])


def test_even_headways_hold_in_proportion_to_the_plan_and_no_longer_than_the_limit() -> None:
    planned = trip("a", 10_000)

    def train(before_s: float, after_s: float, now_s: float) -> ReadyTrain:
        before = Neighbour("x", 10_460.0 - 100.0, before_s)
        return ReadyTrain(planned, 1, 1, now_s, before, Neighbour("y", 10_460.0 + 200.0, after_s))

    even = EvenHeadways(most_s=45.0)
    assert even.departs_s(train(10_360.0, 10_690.0, 10_460.0)) == pytest.approx(10_470.0)  # 330 s, one third of it
    assert even.departs_s(train(10_360.0, 10_900.0, 10_460.0)) == 10_505.0
    assert even.departs_s(train(10_360.0, 10_600.0, 10_460.0)) == 10_460.0  # it cannot leave earlier
    assert even.departs_s(replace(train(0.0, 0.0, 10_460.0), after=None)) == 10_460.0
    with pytest.raises(ValueError, match="most_s"):
        EvenHeadways(most_s=-1.0)
