"""Demand as tables, and cost: conservation of passengers, closed forms, and the loads of the reference line."""

import runpy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.costs.tariff import cost, price_per_kwh
from scenarios.files.load import LINES, load_scenario
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.schema.demand import Demand
from scenarios.schema.tariff import Tariff
from scenarios.values.demand import departure_offsets_s, section_loads
from scenarios.values.load_today import fullest_trains, headway_in_force_s

TUTORIAL = load_scenario("tutorial_line")
YIZHUANG = load_scenario("beijing_yizhuang")


def with_demand(**content: Any) -> Scenario:
    return TUTORIAL.model_copy(update={"demand": Demand.model_validate(content)})


def row(from_: str, origin: str, destination: str, passengers: float) -> dict[str, Any]:
    return {"from": from_, "origin": origin, "destination": destination, "passengers": passengers}


def test_one_group_of_passengers_travels_with_the_train() -> None:
    """900 people enter at Harbour from 07:00 to 07:15; the sections ahead follow after 120 s and 259 s."""
    loads = section_loads(with_demand(origin_destination=[row("07:00", "HAR", "PRK", 900.0)]))
    assert departure_offsets_s(TUTORIAL, "up").tolist() == [0, 120, 259, 409, 513]
    per_bin = loads.passengers_per_hour["up"] / 4
    assert loads.time_bin_s[:3].tolist() == [25200.0, 26100.0, 27000.0]
    assert per_bin[:, 0].tolist() == pytest.approx([900.0, 0.0])
    assert per_bin[:, 1].tolist() == pytest.approx([780.0, 120.0])
    assert per_bin[:, 2].tolist() == pytest.approx([641.0, 259.0])
    assert per_bin[:, 3].tolist() == pytest.approx([0.0, 0.0])
    assert (loads.alightings_per_hour["up"] / 4)[:, 3].tolist() == pytest.approx([491.0, 409.0])
    assert not loads.passengers_per_hour["down"].any()
    assert loads.at("up", 1, 26200.0) == pytest.approx(480.0)
    assert loads.at("up", 1, 99999.0) == 0.0


@pytest.mark.parametrize("name", ["beijing_yizhuang", "beijing_yizhuang+event_day", "tutorial_line+event_day"])
def test_nobody_is_lost(name: str, loaded: Callable[[str], Scenario]) -> None:
    scenario = loaded(name)
    loads = section_loads(scenario)
    hours = np.diff(loads.time_bin_s)[:, None] / 3600
    table = scenario.demand.origin_destination or ()
    scale = (scenario.demand.passengers_per_day or sum(r.passengers for r in table)) / sum(r.passengers for r in table)
    for direction in DIRECTIONS:
        place = {station.id: index for index, station in enumerate(scenario.stations_in_order(direction))}
        journeys = [(r.origin, r.destination, r.passengers * scale) for r in table]
        journeys += [(e.origin, e.destination, e.passengers) for e in scenario.demand.extra]
        travelled = np.zeros(len(place) - 1)
        for origin, destination, passengers in journeys:
            travelled[place[origin] : place[destination]] += passengers
        assert (loads.passengers_per_hour[direction] * hours).sum(axis=0) == pytest.approx(travelled, rel=1e-9)
        boarded, alighted = (
            (flow[direction] * hours).sum() for flow in (loads.boardings_per_hour, loads.alightings_per_hour)
        )
        assert boarded == pytest.approx(alighted)


def test_the_reference_day_has_its_published_passengers() -> None:
    loads = section_loads(YIZHUANG)
    hours = np.diff(loads.time_bin_s)[:, None] / 3600
    total = sum(float((loads.boardings_per_hour[direction] * hours).sum()) for direction in DIRECTIONS)
    assert total == pytest.approx(221_200)


def test_trains_of_the_reference_day_stay_within_normal_capacity() -> None:
    shares = [fullest.share_of_normal for fullest in fullest_trains(YIZHUANG)]
    assert 0.4 < max(shares) < 1.0


def test_the_same_passengers_in_each_form() -> None:
    """Boardings and alightings of the journeys, given as a table, and the loads, given as one, bring the same loads."""
    base = section_loads(TUTORIAL)
    counts, carried = [], []
    for direction in DIRECTIONS:
        stations = [station.id for station in TUTORIAL.stations_in_order(direction)]
        for index, begin in enumerate(base.time_bin_s[:-1]):
            for place, station in enumerate(stations):
                on, off = (
                    float(flow[direction][index, place]) / 4
                    for flow in (base.boardings_per_hour, base.alightings_per_hour)
                )
                counts.append(
                    {"from": int(begin), "station": station, "direction": direction, "boarding": on, "alighting": off}
                )
            for place, station in enumerate(stations[:-1]):
                passengers = float(base.passengers_per_hour[direction][index, place]) / 4
                carried.append(
                    {"from": int(begin), "departure_station": station, "direction": direction, "passengers": passengers}
                )
    by_load = section_loads(with_demand(section_loads=carried))
    by_count = section_loads(with_demand(station_counts=counts))
    bins = len(base.time_bin_s) - 1
    for direction in DIRECTIONS:
        expected = base.passengers_per_hour[direction]
        assert by_load.passengers_per_hour[direction][:bins] == pytest.approx(expected)
        # Who alights is known only by the interval, not when within it they boarded: in one interval a part may shift,
        # and what falls below zero at the end of service is cut.
        found = by_count.passengers_per_hour[direction]
        assert found.sum(axis=0) == pytest.approx(expected.sum(axis=0), rel=0.005)
        assert np.abs(found[:bins] - expected).max() < 0.1 * expected.max()


@given(st.floats(0.1, 5.0))
def test_loads_are_linear_in_the_demand(scale: float) -> None:
    table = [row("06:00", "HAR", "AIR", 100.0), row("06:15", "AIR", "MKT", 50.0)]
    once, scaled = (section_loads(with_demand(origin_destination=table, scale=s)) for s in (1.0, scale))
    for direction in DIRECTIONS:
        assert scaled.passengers_per_hour[direction] == pytest.approx(scale * once.passengers_per_hour[direction])


def test_headways_in_force() -> None:
    assert headway_in_force_s(TUTORIAL, "up", 6 * 3600) == 600
    assert headway_in_force_s(TUTORIAL, "up", 7 * 3600) == 300
    assert headway_in_force_s(TUTORIAL, "up", 0) == 600
    assert headway_in_force_s(TUTORIAL, "up", 20 * 3600) == 600


def test_the_generator_makes_the_table_that_is_bundled() -> None:
    made = runpy.run_path(str(LINES / "beijing_yizhuang" / "make_demand.py"))["journeys"]()
    table = YIZHUANG.demand.origin_destination or ()
    assert len(made) == len(table)
    for (clock, origin, destination, passengers), written in zip(made, table, strict=True):
        assert (clock, origin, destination) == (
            f"{written.from_s // 3600:02d}:{written.from_s // 60 % 60:02d}", written.origin, written.destination
        )  # fmt: skip
        assert written.passengers == pytest.approx(passengers, abs=0.00501)


FLAT = Tariff.model_validate(
    {
        "currency": "EUR", "metering_point": "utility", "demand_charge_per_kw_month": 30.0,
        "periods": [{"from": "00:00", "to": "24:00", "price_per_kwh": 0.5}],
    }
)  # fmt: skip


def test_one_kilowatt_for_one_hour() -> None:
    """3600 s at 1 kW: 1 kWh at 0.5, and the demand of 1 kW at one day's part of 30 a month."""
    bill = cost(FLAT, np.full(3600, 1000.0), start_s=6 * 3600)
    assert bill.energy == pytest.approx(0.5)
    assert bill.highest_demand_kw == pytest.approx(1.0)
    assert bill.demand == pytest.approx(1.0)
    assert bill.total == pytest.approx(1.5)
    assert bill.currency == "EUR"


def test_demand_is_averaged_by_the_clock() -> None:
    """900 s at 1 kW from 06:07:30 lie half in each of two quarters of an hour."""
    bill = cost(FLAT, np.full(900, 1000.0), start_s=6 * 3600 + 450)
    assert bill.highest_demand_kw == pytest.approx(0.5)


def test_prices_go_on_after_midnight() -> None:
    times = np.array([0.0, 25_199.0, 25_200.0, 86_399.0, 86_400.0, 86_400.0 + 25_200.0])
    assert price_per_kwh(TUTORIAL.tariff, times).tolist() == [0.10, 0.10, 0.22, 0.16, 0.10, 0.22]


def test_energy_sent_back_earns_its_price_and_no_demand() -> None:
    bill = cost(FLAT, np.full(60, -3.6e6), start_s=0.0)
    assert bill.energy == pytest.approx(-30.0)
    assert bill.demand == 0.0
    assert cost(FLAT, np.array([]), start_s=0.0).total == 0.0
