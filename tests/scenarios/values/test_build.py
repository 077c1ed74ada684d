"""From words to the values of the energy models: units, signs, directions, the reference line's published figures."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from energy_models.track import hold_limits_for_length
from scenarios.files.load import load_scenario
from scenarios.schema import DIRECTIONS, Direction, Scenario
from scenarios.values.build import ato_levels_of, section_tracks, supply_network, train_of
from scenarios.values.station_times import station_times

YIZHUANG = load_scenario("beijing_yizhuang")
TUTORIAL = load_scenario("tutorial_line")

# The file that the line was carried over from stands beside the repository; without it these tests have no cases.
ORIGINALS = [
    file
    for file in [Path(__file__).resolve().parents[4] / "shared" / "lines" / "beijing_yizhuang.yaml"]
    if file.is_file()
]


@pytest.mark.parametrize("original", ORIGINALS, ids=lambda file: file.name)
def test_the_reference_line_is_carried_over_whole(original: Path) -> None:
    reported: dict[str, Any] = yaml.safe_load(original.read_text(encoding="utf-8"))
    line = YIZHUANG
    assert [(s.id, s.name, s.chainage_m) for s in line.stations] == [
        (s["id"], s["name"], s["chainage_m"]) for s in reported["stations"]
    ]
    assert list(station_times(line, "up").running_times_s) == [s["running_time_up_s"] for s in reported["sections"]]
    assert (
        list(station_times(line, "down").running_times_s)
        == [s["running_time_down_s"] for s in reported["sections"]][::-1]
    )
    assert {s.id: s.dwell_s for s in line.stations if s.dwell_s} == reported["dwell_s"]
    for table, value in (("speed_limits", "limit_kmh"), ("gradients", "permil"), ("curves", "radius_m")):
        rows = [[row.from_m, row.to_m, getattr(row, value)] for row in getattr(line.track, table)]
        assert rows == reported[table]
    assert {name: t.turnback_s for name, t in line.terminals.items()} == {
        name: t["turnback_s"] for name, t in reported["terminals"].items()
    }
    assert [item.id for item in line.supply.substations] == reported["supply"]["substations_at"][::-1]
    assert line.trainsets == reported["fleet"]["trainsets"]
    assert line.demand.passengers_per_day == reported["demand"]["passengers_per_day"]
    periods = line.timetable.periods or ()
    assert [period.headway_s for period in periods] == [row["headway_s"] for row in reported["service"]["headways_s"]]


def test_the_train_has_its_published_forces() -> None:
    """Su 2016 eq 7 and 8: 310 kN to 10 m/s, then 310 - 10 (v - 10); 260 kN to 15 m/s, then 260 - 18 (v - 15)."""
    train = train_of(YIZHUANG)
    speed = np.linspace(0.0, 80 / 3.6, 200)
    traction = np.where(speed < 10, 310.0, 310.0 - 10.0 * (speed - 10.0))
    brake = np.where(speed < 15, 260.0, 260.0 - 18.0 * (speed - 15.0))
    assert np.abs(train.traction.at(speed) / 1e3 - traction).max() < 0.001
    assert np.abs(train.electric_brake.at(speed) / 1e3 - brake).max() < 0.001
    assert train.mass_kg(1500) == pytest.approx(288e3)
    assert train.effective_mass_kg(0) == pytest.approx(198e3 * 1.05)
    assert train.resistance_n == pytest.approx((2965.0, 230.0, 5.0))
    assert (train.friction_brake_force_n, train.service_brake_force_n) == (260e3, 260e3)


def test_auxiliaries_follow_the_temperature(loaded: Callable[[str], Scenario]) -> None:
    assert train_of(YIZHUANG).auxiliary_w == 45e3
    assert train_of(loaded("beijing_yizhuang+summer")).auxiliary_w == pytest.approx(100e3)
    assert train_of(YIZHUANG, outside_temperature_c=0.0).auxiliary_w == pytest.approx(67.5e3)
    assert train_of(YIZHUANG, outside_temperature_c=-40.0).auxiliary_w == pytest.approx(90e3)


@pytest.mark.parametrize("scenario", [YIZHUANG, TUTORIAL], ids=lambda s: s.name)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_sections_join_at_the_stations(scenario: Scenario, direction: Direction) -> None:
    tracks = section_tracks(scenario, direction, train_of(scenario))
    stations = scenario.stations_in_order(direction)
    for track, (here, there) in zip(tracks, pairwise(stations), strict=True):
        assert track.departure_chainage_m == here.chainage_m
        assert track.departure_chainage_m + track.chainage_per_m * track.length_m == there.chainage_m
        assert track.boundary_m[0] == 0
        assert np.all(np.diff(track.boundary_m) > 0)
        assert np.all(np.isfinite(track.speed_limit_m_s))
        assert np.all(track.curve_resistance >= 0)


def test_both_directions_climb_the_same_hill() -> None:
    """The rise of a section is the integral of its slope; the other direction has it with the other sign."""
    train = train_of(YIZHUANG)
    up, down = (section_tracks(YIZHUANG, direction, train) for direction in DIRECTIONS)
    for there, back in zip(up, down[::-1], strict=True):
        rise = [float(np.dot(np.diff(track.boundary_m), track.slope)) for track in (there, back)]
        drag = [float(np.dot(np.diff(track.boundary_m), track.curve_resistance)) for track in (there, back)]
        assert rise[0] == pytest.approx(-rise[1], abs=1e-9)
        assert drag[0] == pytest.approx(drag[1], abs=1e-9)


def test_the_line_climbs_from_the_tunnel_to_the_viaduct() -> None:
    """By hand from the table: Xiaohongmen (3906 m) to Jiugong (6272 m)."""
    track = section_tracks(YIZHUANG, "up", train_of(YIZHUANG))[2]
    by_hand = 34 * -2 + 260 * 20.219 + 160 * 23.831 + 440 * 24 + 600 * 1.996 + 250 * 3.2
    assert np.dot(np.diff(track.boundary_m), track.slope) == pytest.approx(by_hand / 1000)
    sharp = track.curve_resistance[np.searchsorted(track.boundary_m, 5900 - 3906) - 1]
    assert sharp == pytest.approx(600 / 446 / 1000)


def test_a_limit_holds_until_the_tail_has_left() -> None:
    train = train_of(YIZHUANG)
    track = section_tracks(YIZHUANG, "up", train)[1]
    point = section_tracks(YIZHUANG, "up", train, train_length_m=0.0)[1]
    # Xiaocun to Xiaohongmen: 55 km/h ends at the departure itself and begins again 120 m before the stop.
    assert [float(v) * 3.6 for v in np.unique(point.speed_limit_m_s)] == pytest.approx([55, 80])
    assert float(point.speed_limit_m_s[0]) * 3.6 == pytest.approx(80)
    held = track.speed_limit_m_s[np.searchsorted(track.boundary_m, 119.0) - 1]
    assert float(held) * 3.6 == pytest.approx(55)
    assert float(track.speed_limit_m_s[np.searchsorted(track.boundary_m, 121.0) - 1]) * 3.6 == pytest.approx(80)


def test_a_row_for_one_direction_holds_for_that_direction() -> None:
    train = train_of(TUTORIAL)
    up = section_tracks(TUTORIAL, "up", train, train_length_m=0.0)[-1]
    down = section_tracks(TUTORIAL, "down", train, train_length_m=0.0)[0]
    assert float(up.speed_limit_m_s[-1]) * 3.6 == pytest.approx(70)
    assert float(down.speed_limit_m_s[0]) * 3.6 == pytest.approx(50)


@given(
    st.lists(st.tuples(st.floats(1, 300), st.floats(5, 30)), min_size=1, max_size=8),
    st.floats(0, 400),
    st.floats(0, 1),
)
def test_the_held_limit_is_the_lowest_under_the_train(
    cells: list[tuple[float, float]], length_m: float, share: float
) -> None:
    edges = np.concatenate(([0.0], np.cumsum([width for width, _ in cells])))
    limits = np.array([limit for _, limit in cells])
    held_edges, held = hold_limits_for_length(edges, limits, length_m)
    assert (held_edges[0], held_edges[-1]) == (edges[0], edges[-1])
    head = share * edges[-1]
    if min(np.abs(held_edges - head).min(), np.abs(edges + length_m - head).min()) < 1e-6:
        return
    under = [
        limit
        for (low, high), limit in zip(pairwise(edges), limits, strict=True)
        if low < head and high > head - length_m
    ]
    assert held[np.searchsorted(held_edges, head) - 1] == min(under)


def test_the_supply_of_the_reference_line() -> None:
    network = supply_network(YIZHUANG)
    assert network.contact_ohm_per_m == pytest.approx(7e-6)
    assert network.return_ohm_per_m == pytest.approx(4.5e-6)
    assert (network.start_chainage_m, network.length_m) == (0.0, 22728.0)
    assert {(item.no_load_v, item.resistance_ohm) for item in network.substations} == {(850.0, 0.02)}
    assert network.law.regeneration_fade_to_v == 930.0
    assert not network.tie_chainage_m


def test_a_substation_out_leaves_a_tie(loaded: Callable[[str], Scenario]) -> None:
    network = supply_network(loaded("beijing_yizhuang+substation_out"))
    assert len(network.substations) == 11
    assert network.tie_chainage_m == (13419.0,)


def test_reversible_substation_and_storage() -> None:
    network = supply_network(TUTORIAL)
    east = network.substations[1]
    assert (east.name, east.chainage_m, east.inverter_v, east.inverter_efficiency) == ("east", 4300.0, 860.0, 0.96)
    assert np.isinf(network.substations[0].inverter_v)
    (store,) = network.storages
    assert store.capacity_j == pytest.approx(12 * 3.6e6)
    assert store.chainage_m == 2200.0
    assert not supply_network(load_scenario("tutorial_line+no_storage")).storages


def test_unbonded_rails_double_the_return() -> None:
    apart = TUTORIAL.model_copy(update={"supply": TUTORIAL.supply.model_copy(update={"running_rails_bonded": False})})
    assert supply_network(apart).return_ohm_per_m == pytest.approx(2 * supply_network(TUTORIAL).return_ohm_per_m)


def test_force_and_power_make_a_hyperbola() -> None:
    train = train_of(TUTORIAL)
    assert float(train.traction.at(5.0)) == 220e3
    assert float(train.traction.at(20.0)) == pytest.approx(2.4e6 / 20.0)


def test_an_efficiency_map_keeps_its_shape() -> None:
    kind = TUTORIAL.train_types["four_car"]
    written = {
        "traction_map": {
            "forces_kn": [0, 200],
            "speeds_kmh": [0, 40, 80],
            "share": [[0.7, 0.8, 0.8], [0.8, 0.9, 0.85]],
        },
        "regeneration": 0.8,
    }
    changed = kind.model_copy(update={"efficiency": type(kind.efficiency).model_validate(_as_tuples(written))})
    train = train_of(TUTORIAL.model_copy(update={"train_types": {"four_car": changed}}))
    assert train.traction_efficiency.share.shape == (2, 3)
    assert train.traction_efficiency.force_n[1] == 200e3
    assert train.traction_efficiency.speed_m_s[2] == pytest.approx(80 / 3.6)
    assert train.regeneration_efficiency.is_constant


def _as_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_tuples(item) for key, item in value.items()}
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value


def test_ato_levels_come_in_si() -> None:
    assert ato_levels_of(TUTORIAL) == ()
    brisk, steady, _ = ato_levels_of(load_scenario("tutorial_line+ato_levels"))
    assert np.isinf(brisk.speed_cap_m_s)
    assert steady.speed_cap_m_s == pytest.approx(60 / 3.6)
    assert steady.coast_from_share == 0.7
