"""The compact forms of demand: totals are kept to the passenger, and a symmetrical line has symmetrical loads."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.files.load import load_scenario
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.schema.demand import Demand
from scenarios.values.demand import journeys, section_loads
from scenarios.values.demand_forms import alighting_shares
from scenarios.values.travel import Travel

TUTORIAL = load_scenario("tutorial_line")
NAMES = ("HAR", "MKT", "UNI", "PRK", "AIR")
PEAKS = [
    {"from": "06:00", "to": "07:00", "share": 0.25, "outward_share": 0.9},
    {"from": "07:00", "to": "08:00", "share": 0.5, "outward_share": 0.8},
    {"from": "08:00", "to": "09:00", "share": 0.25},
]


def with_demand(line: Scenario = TUTORIAL, **content: Any) -> Scenario:
    return line.with_parts(demand=Demand.model_validate(content))


def symmetrical() -> Scenario:
    """A line that is its own mirror image, in place, running times and dwells."""
    chainages = (0.0, 1200.0, 2500.0, 3800.0, 5000.0)
    stations = tuple(
        station.model_copy(update={"chainage_m": place_m, "dwell_s": 0 if place_m in (0.0, 5000.0) else 30})
        for station, place_m in zip(TUTORIAL.stations, chainages, strict=True)
    )
    running = {"up": (100, 110, 110, 100), "down": (100, 110, 110, 100)}
    timetable = TUTORIAL.timetable.model_copy(
        update={"running_time_s": type(TUTORIAL.timetable.running_time_s).model_validate(running)}
    )
    return TUTORIAL.with_parts(stations=stations, timetable=timetable)


def stations(*attractions: float, productions: tuple[float, ...] = ()) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"station": name, "attraction": value} for name, value in zip(NAMES, attractions, strict=True)
    ]
    for row, value in zip(rows, productions, strict=False):
        row["production"] = value
    return rows


def gravity(total: float, *attractions: float, profile: Any = None, **more: Any) -> dict[str, Any]:
    form = {"stations": stations(*attractions, **more), "profile": profile or PEAKS}
    return {"passengers_per_day": total, "gravity": form}


def boarded(scenario: Scenario) -> float:
    """All passengers who board in a day."""
    loads = section_loads(scenario)
    hours = np.diff(loads.time_bin_s)[:, None] / 3600.0
    return sum(float((loads.boardings_per_hour[direction] * hours).sum()) for direction in DIRECTIONS)


@given(st.floats(1.0, 1e6), st.lists(st.floats(0.1, 1e3), min_size=5, max_size=5), st.none() | st.floats(0.1, 100.0))
def test_the_gravity_model_keeps_the_daily_total(
    total: float, attractions: list[float], scale_km: float | None
) -> None:
    scenario = with_demand(**gravity(total, *attractions), deterrence_km=scale_km)
    assert boarded(scenario) == pytest.approx(total, rel=1e-9)


def test_a_city_of_residents_who_work_in_one_place_travels_there_and_back() -> None:
    profile = [
        {"from": "06:00", "to": "07:00", "share": 0.5, "outward_share": 1.0},
        {"from": "08:00", "to": "09:00", "share": 0.5, "outward_share": 0.0},
    ]
    scenario = with_demand(
        **gravity(1000.0, 0.0, 0.0, 0.0, 0.0, 5.0, profile=profile, productions=(1.0, 3.0, 0.0, 0.0, 0.0))
    )
    table = journeys(scenario)
    assert table is not None
    up, down = (table.per_hour[direction].sum(axis=0) * 900.0 / 3600.0 for direction in ("up", "down"))
    assert up[0, 4] == pytest.approx(125.0)
    assert up[1, 4] == pytest.approx(375.0)
    assert up.sum() == pytest.approx(500.0)
    # Direction down counts from AIR: 0 is AIR, 3 is MKT.
    assert (down[0, 4], down[0, 3]) == (pytest.approx(125.0), pytest.approx(375.0))
    entered = table.per_hour["down"].sum(axis=(1, 2))
    assert not entered[table.time_bin_s[:-1] < 8 * 3600].any()


def test_deterrence_is_a_factor_e_over_its_distance() -> None:
    """MKT and PRK lie 1.0 and 3.7 km from HAR; without deterrence both get the same."""
    equal = with_demand(**gravity(900.0, 1.0, 1.0, 0.0, 1.0, 0.0))
    rarer = with_demand(**gravity(900.0, 1.0, 1.0, 0.0, 1.0, 0.0), deterrence_km=2.7)
    for scenario, ratio in ((equal, 1.0), (rarer, np.e)):
        table = journeys(scenario)
        assert table is not None
        pairs = table.per_hour["up"].sum(axis=0)
        assert pairs[0, 1] / pairs[0, 3] == pytest.approx(ratio)


@pytest.mark.parametrize("scale_km", [None, 3.0])
def test_a_symmetrical_line_has_symmetrical_loads(scale_km: float | None) -> None:
    line = symmetrical()
    flat = [{"from": "06:00", "to": "09:00", "share": 1.0}]
    rows = [
        {"from": clock, "station": name, "passengers": count}
        for clock in ("06:00", "07:00")
        for name, count in zip(NAMES, (50.0, 20.0, 30.0, 20.0, 50.0), strict=True)
    ]
    for demand in (
        gravity(10_000.0, 5.0, 2.0, 3.0, 2.0, 5.0, profile=flat),
        {"boardings": rows, "interval_s": 3600},
    ):
        loads = section_loads(with_demand(line, **demand, deterrence_km=scale_km))
        for table in (loads.passengers_per_hour, loads.boardings_per_hour, loads.alightings_per_hour):
            assert table["up"].any()
            np.testing.assert_allclose(table["up"], table["down"], rtol=1e-9)


def test_boardings_keep_each_station_and_interval() -> None:
    counts = {("06:00", "HAR"): 30.0, ("06:00", "UNI"): 60.0, ("07:00", "AIR"): 45.5, ("07:00", "UNI"): 12.25}
    rows = [{"from": clock, "station": name, "passengers": count} for (clock, name), count in counts.items()]
    scenario = with_demand(boardings=rows, interval_s=3600)
    loads = section_loads(scenario)
    for (clock, name), count in counts.items():
        row = int(np.searchsorted(loads.time_bin_s, 3600 * int(clock[:2])))
        up, down = NAMES.index(name), 4 - NAMES.index(name)
        found = loads.boardings_per_hour["up"][row, up] + loads.boardings_per_hour["down"][row, down]
        assert found == pytest.approx(count, rel=1e-12)
    assert boarded(scenario) == pytest.approx(sum(counts.values()), rel=1e-12)


def test_boardings_with_a_direction_stay_in_it() -> None:
    rows: list[dict[str, Any]] = [
        {"from": "06:00", "station": "UNI", "direction": "up", "passengers": 40.0},
        {"from": "06:00", "station": "HAR", "passengers": 10.0},
        {"from": "06:00", "station": "AIR", "passengers": 10.0},
    ]
    loads = section_loads(with_demand(boardings=rows))
    assert loads.boardings_per_hour["up"][0, 2] == pytest.approx(160.0)
    assert loads.boardings_per_hour["down"][0, 2] == 0.0


def test_passengers_alight_in_proportion_to_the_boardings_elsewhere() -> None:
    rows = [
        {"from": "06:00", "station": name, "passengers": count}
        for name, count in (("HAR", 5.0), ("MKT", 30.0), ("AIR", 10.0))
    ]
    shares = alighting_shares(with_demand(boardings=rows))
    assert shares["both"][0].tolist() == pytest.approx([0.0, 0.75, 0.0, 0.0, 0.25])
    assert shares["up"][1].tolist() == pytest.approx([0.0, 0.0, 0.0, 0.0, 1.0])
    assert not shares["up"][4].any()


def test_a_daily_total_scales_boardings_and_periods() -> None:
    rows = [{"from": "06:00", "station": name, "passengers": 10.0} for name in NAMES]
    assert boarded(with_demand(boardings=rows, passengers_per_day=777.0)) == pytest.approx(777.0)
    periods = [{"from": "06:00", "to": "08:30", "origin": "HAR", "destination": "AIR", "passengers": 3.0}]
    assert boarded(with_demand(origin_destination_periods=periods, passengers_per_day=777.0)) == pytest.approx(777.0)


def test_a_period_is_spread_evenly_and_equals_rows_for_each_interval() -> None:
    periods = [
        {"from": "06:00", "to": "07:00", "origin": "HAR", "destination": "AIR", "passengers": 400.0},
        {"from": "06:07:30", "to": "06:22:30", "origin": "AIR", "destination": "UNI", "passengers": 10.0},
    ]
    rows = [
        {"from": clock, "origin": "HAR", "destination": "AIR", "passengers": 100.0}
        for clock in ("06:00", "06:15", "06:30", "06:45")
    ] + [{"from": clock, "origin": "AIR", "destination": "UNI", "passengers": 5.0} for clock in ("06:00", "06:15")]
    by_period = section_loads(with_demand(origin_destination_periods=periods))
    by_row = section_loads(with_demand(origin_destination=rows))
    np.testing.assert_allclose(by_period.time_bin_s, by_row.time_bin_s)
    for direction in DIRECTIONS:
        np.testing.assert_allclose(
            by_period.passengers_per_hour[direction], by_row.passengers_per_hour[direction], atol=1e-9
        )


def test_events_and_scale_apply_to_every_form() -> None:
    extra = [{"from": "07:00", "to": "08:00", "origin": "HAR", "destination": "AIR", "passengers": 50.0}]
    scenario = with_demand(**gravity(1000.0, 1.0, 1.0, 1.0, 1.0, 1.0), extra=extra, scale=2.0)
    assert boarded(scenario) == pytest.approx(2100.0)


def test_short_trips_know_the_destinations_of_the_compact_forms() -> None:
    """Only journeys between HAR and UNI: a trip that turns at UNI serves all of them."""
    scenario = with_demand(**gravity(1000.0, 1.0, 0.0, 1.0, 0.0, 0.0))
    served = np.zeros((5, 5), dtype=np.bool_)
    served[:3, :3] = True
    travel = Travel.of(scenario)
    part = travel.part("up", served)
    np.testing.assert_allclose(part.passengers_per_hour, travel.loads.passengers_per_hour["up"], atol=1e-9)


def test_the_override_of_the_tutorial_line_replaces_its_table() -> None:
    scenario = load_scenario("tutorial_line+gravity_demand")
    assert scenario.demand.origin_destination is None
    assert boarded(scenario) == pytest.approx(6000.0)
