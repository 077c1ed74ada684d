"""Dwells that grow with passengers: the published model's own figures, its limits, and doors that fail on top."""

from dataclasses import replace

import pytest

from dispatch.plans.in_force import timetable_in_force
from scenarios.files.load import load_scenario
from scenarios.schema.disturbances import Disturbances
from scenarios.schema.train import PassengerExchange
from scenarios.values.fleet import ByVehicle
from simulation.disturbances import DwellNoise
from simulation.disturbances.day import DisturbedDay
from simulation.railway.dwells import MinimumDwell, PlatformStop
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.passenger_exchange import ExchangeDwell, exchange_s

PUONG = PassengerExchange(
    doors=24, seats=240, fixed_s=12.22, boarding_s=2.27, alighting_s=1.82, crowding_s=0.00062, most_standing=25
)
RULES = OperatingRules(90.0, {"MKT": 20.0, "UNI": 25.0, "PRK": 20.0}, {}, DwellNoise(0.0))


@pytest.mark.parametrize(
    ("boarding", "alighting", "through", "expected_s"),
    [
        # 12.22 + 2.27 B + 1.82 A + 6.2e-4 S³ B, by hand; B, A and S at each of the 24 doors.
        (0, 0, 0, 12.22),
        (0, 0, 2000, 12.22),
        (240, 0, 240, 12.22 + 22.7),
        (0, 240, 240, 12.22 + 18.2),
        (240, 120, 480, 12.22 + 22.7 + 9.1 + 6.2),
        (48, 24, 720, 12.22 + 4.54 + 1.82 + 2 * 4.96),
    ],
)
def test_the_published_model_by_hand(boarding: float, alighting: float, through: float, expected_s: float) -> None:
    assert exchange_s(PUONG, boarding, alighting, through) == pytest.approx(expected_s, abs=1e-9)


def test_dwells_grow_with_each_of_the_three_and_crowding_ends_where_nobody_measured() -> None:
    usual = exchange_s(PUONG, 100, 100, 400)
    assert exchange_s(PUONG, 110, 100, 400) > usual
    assert exchange_s(PUONG, 100, 110, 400) > usual
    assert exchange_s(PUONG, 100, 100, 450) > usual
    assert exchange_s(PUONG, 100, 100, 240 + 25 * 24) == exchange_s(PUONG, 100, 100, 2000)
    # Without boarding there is no delay: crowding acts only on boarding.
    assert exchange_s(PUONG, 0, 100, 400) == exchange_s(PUONG, 0, 100, 800)


def test_the_longest_of_rules_and_passengers_counts_and_a_door_fault_comes_on_top() -> None:
    trip = timetable_in_force(load_scenario("tutorial_line")).of("up")[0]
    light = PlatformStop(trip, 1, 1, 1000.0, 100.0, 20.0, 20.0)
    heavy = replace(light, on_board=600.0, alighting=100.0, waiting=400.0)
    dwell = ExchangeDwell(MinimumDwell(RULES), ByVehicle(PUONG), ByVehicle(700.0))
    assert dwell.least_s(light) == 20.0
    # 200 find room beside the 500 who stay.
    assert dwell.least_s(heavy) == pytest.approx(exchange_s(PUONG, 200, 100, 500))
    content = {
        "dwell_noise_s": 0, "dwell_noise_accumulates": False,
        "door_faults": {"per_1000_stops": 1000, "mean_s": 40, "standard_deviation_s": 0},
    }  # fmt: skip
    day = DisturbedDay(Disturbances.model_validate(content), 1, (), (), ())
    assert replace(dwell, day=day).least_s(light) == pytest.approx(60.0)
    assert ExchangeDwell(MinimumDwell(RULES), ByVehicle(None), ByVehicle(700.0)).least_s(heavy) == 20.0
