"""The undisturbed baseline day beside an independent model of the same line with the same conventions.

Source of the figures: `reference/day/yizhuang_baseline.json` (format reference-day-1), an independent model of the
Yizhuang line (own driving integration, own two-track DC solver; not measured). Conventions: point train, 800 passengers
on every train, speed-cap driving, timetable in force, both directions in phase, 45 kW of auxiliaries in turnbacks up to
900 s (else 180 s). Tolerances are those that the reference states: about 1 % in energy. What differs, and why, is told
in docs/simulation.md.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from energy_models.account.energy import J_PER_KWH
from energy_models.driving.optimal import optimal
from energy_models.driving.speed_cap import speed_cap
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.build import section_tracks, train_of
from scenarios.values.station_times import station_times
from simulation.day.model import simulate_day
from simulation.day.record import DayRecord

PASSENGERS = 800.0

# kWh and kW of the reference, to compare within 1 % where it is an energy.
ENERGY_KWH = {
    "energy_kwh": 61100.6112,
    "traction_kwh": 76612.9359,
    "auxiliaries_kwh": 10607.225,
    "regeneration_offered_kwh": 39116.1077,
    "regeneration_used_kwh": 28079.6739,
}
# Losses grow with the square of the current, so they feel whether power is a mean over a second or a sample of it.
# The reference calls the voltage drop of rectifiers times their current a loss.
LOSSES_KWH = {"line_losses_kwh": 1960.1242, "rectifier_drop_kwh": 1745.3907}
REFERENCE_NAMES = {"rectifier_drop_kwh": "rectifier_losses_kwh"}
SUBSTATION_KWH = {
    "SJZ": 4038.11, "XC": 4449.44, "XHM": 4932.2, "JG": 5197.88, "YZQ": 4885.19, "WHY": 5068.95,
    "RJ": 5182.68, "RC": 4776.1, "TJN": 5054.79, "JH": 5612.42, "CQN": 6276.53, "YZ": 5626.31,
}  # fmt: skip
PEAK_15MIN_KW = 5044.0498
VOLTAGE_V = {"minimum_voltage_v": 747.6616, "maximum_voltage_v": 929.5584}
TRAIN_KM = 8363.9
# One train over the line, kWh at the collector without auxiliaries: gross, and net of all braking energy.
ONE_WAY_KWH: Mapping[Direction, Mapping[str, float]] = {
    "up": {
        "speed_cap_gross": 198.463,
        "speed_cap_net_of_all_regeneration": 90.917,
        "optimal_without_credit_gross": 159.952,
        "optimal_with_full_credit_net": 80.556,
    },
    "down": {
        "speed_cap_gross": 217.912,
        "speed_cap_net_of_all_regeneration": 112.87,
        "optimal_without_credit_gross": 174.473,
        "optimal_with_full_credit_net": 101.346,
    },
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("beijing_yizhuang")


@pytest.fixture(scope="module")
def train(scenario: Scenario) -> Train:
    return train_of(scenario)


@pytest.fixture(scope="module")
def library(scenario: Scenario, train: Train) -> ProfileLibrary:
    tracks = {d: section_tracks(scenario, d, train, train_length_m=0.0) for d in DIRECTIONS}
    return ProfileLibrary(tracks, train, (PASSENGERS, float(train.capacity_crush)))


@pytest.fixture(scope="module")
def day(scenario: Scenario, library: ProfileLibrary) -> DayRecord:
    trips = tuple(
        replace(trip, passengers=(PASSENGERS,) * 13, driving=("speed_cap",) * 13)
        # The conventions of the independent model: trains turn first in, first out.
        for trip in first_in_first_out(timetable_in_force(scenario), scenario).trips
    )
    return simulate_day(scenario, Timetable(trips), library, planned_loads=True)


def test_the_service_is_the_reference_s(day: DayRecord) -> None:
    assert len(day.trips) == 368
    assert day.vehicles == 20
    assert day.train_km == pytest.approx(TRAIN_KM, abs=0.1)
    assert all(trip.arrival_s == trip.trip.arrival_s for trip in day.trips)
    assert day.account.residual_share < 1e-6


@pytest.mark.parametrize("name", ENERGY_KWH)
def test_energy_lies_within_one_percent(day: DayRecord, name: str) -> None:
    assert getattr(day.account, name) == pytest.approx(ENERGY_KWH[name], rel=0.01)


def test_auxiliaries_agree_to_the_second(day: DayRecord) -> None:
    # No physics in it: 45 kW times the seconds, so the conventions of dwell and turnback are the same.
    assert day.account.auxiliaries_kwh == pytest.approx(ENERGY_KWH["auxiliaries_kwh"], abs=0.01)


@pytest.mark.parametrize("name", LOSSES_KWH)
def test_losses_lie_within_three_percent(day: DayRecord, name: str) -> None:
    assert getattr(day.account, name) == pytest.approx(LOSSES_KWH[name], rel=0.03)


@pytest.mark.parametrize("name", SUBSTATION_KWH)
def test_each_substation_lies_within_one_percent(day: DayRecord, name: str) -> None:
    assert day.account.substation_kwh[name] == pytest.approx(SUBSTATION_KWH[name], rel=0.01)


def test_nothing_is_unserved_and_peak_and_voltages_agree(day: DayRecord) -> None:
    assert day.account.unserved_kwh == pytest.approx(0.0, abs=1e-6)
    assert day.account.peak_15min_sliding_kw == pytest.approx(PEAK_15MIN_KW, rel=0.01)
    for name, voltage_v in VOLTAGE_V.items():
        assert getattr(day.account, name) == pytest.approx(voltage_v, abs=5.0)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_one_way_energies_lie_within_half_a_percent(scenario: Scenario, train: Train, direction: Direction) -> None:
    tracks = section_tracks(scenario, direction, train, train_length_m=0.0)
    times_s = station_times(scenario, direction).running_times_s
    runs = list(zip(tracks, times_s, strict=True))
    cap = [speed_cap(track, train, PASSENGERS, time_s) for track, time_s in runs]
    without = [optimal(track, train, PASSENGERS, time_s, regeneration_credit=0.0) for track, time_s in runs]
    full = [optimal(track, train, PASSENGERS, time_s, regeneration_credit=1.0) for track, time_s in runs]
    ours = {
        "speed_cap_gross": sum(p.traction_energy_j for p in cap),
        "speed_cap_net_of_all_regeneration": sum(p.net_energy_j for p in cap),
        "optimal_without_credit_gross": sum(p.traction_energy_j for p in without),
        "optimal_with_full_credit_net": sum(p.net_energy_j for p in full),
    }
    for name, kwh in ONE_WAY_KWH[direction].items():
        assert ours[name] / J_PER_KWH == pytest.approx(kwh, rel=0.005), name


def test_the_figures_above_are_those_of_the_file(reference_day_file: Path) -> None:
    reference: Any = json.loads(reference_day_file.read_text(encoding="utf-8"))
    for name, value in {**ENERGY_KWH, **LOSSES_KWH, **VOLTAGE_V}.items():
        assert reference[REFERENCE_NAMES.get(name, name)] == value
    assert reference["energy_by_substation_kwh"] == SUBSTATION_KWH
    assert reference["peak_15min_sliding_kw"] == PEAK_15MIN_KW
    for direction, figures in ONE_WAY_KWH.items():
        for name, value in figures.items():
            assert reference["one_way_traction_kwh"][direction][name] == value
