"""The state of a fleet: normalised energies against a sum by hand, ranks, and changes with their cost."""

import numpy as np
import pytest
from own_models import different_models, model_of

from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from scenarios.vehicles.fleet import pooled_trains
from scenarios.vehicles.fleet_report import fleet_report
from scenarios.vehicles.normalised import reference_runs, with_energy

LINE = load_scenario("tutorial_line")
RUNS = reference_runs(LINE, "four_car")


def test_normalised_energy_is_the_energy_of_all_runs_by_their_length() -> None:
    train = train_of(LINE)
    energy_j = sum(one.net_energy_j + train.auxiliary_w * one.running_time_s for one in RUNS.profiles)
    km = sum(float(one.distance_m[-1]) for one in RUNS.profiles) / 1000.0
    assert len(RUNS.profiles) == 8
    assert RUNS.kwh_per_km(train) == pytest.approx(energy_j / 3.6e6 / km, rel=1e-6)
    assert RUNS.sensitivity["auxiliary_kw"] == pytest.approx(
        train.auxiliary_w * RUNS.seconds_per_km / 3.6e6 / RUNS.kwh_per_km(train), rel=1e-6
    )
    assert RUNS.sensitivity["traction_efficiency"] < -0.9
    assert RUNS.kwh_per_km(with_energy(train, 1.03)) == pytest.approx(1.03 * RUNS.kwh_per_km(train), rel=1e-3)


def test_vehicles_are_ranked_with_ranges_and_lean_on_their_type() -> None:
    models = different_models(LINE)
    report = fleet_report(LINE, {vehicle: (model,) for vehicle, model in models.items()}, 100.0)
    assert [one.vehicle for one in report.ranking] == sorted(models)
    mean = float(np.mean([one.own for one in report.ranking]))
    for one in report.ranking:
        assert abs(one.pooled - mean) < abs(one.own - mean) + 0.02
        assert one.rank_from <= one.rank <= one.rank_to
        assert 0.0 < one.weight < 1.0
    pooled = pooled_trains(LINE, "four_car", models)
    for one in report.ranking:
        assert RUNS.kwh_per_km(pooled[one.vehicle][0]) == pytest.approx(one.pooled, rel=2e-3)
    assert report.changes == ()


def test_a_step_of_the_auxiliaries_is_reported_with_its_day_and_its_cost() -> None:
    rng = np.random.default_rng(5)
    days = [f"2026-11-{day:02d}" for day in range(1, 13)]

    def models(step: float, vehicle: str) -> tuple[object, ...]:
        return tuple(
            model_of(
                LINE,
                vehicle,
                {"auxiliary_kw": (1.0 + (step if number >= 7 else 0.0)) * (1.0 + 0.005 * rng.standard_normal()),
                 "tare_t": 1.0 + 0.005 * rng.standard_normal()},
                day,
            )
            for number, day in enumerate(days)
        )  # fmt: skip

    history = {"four_car-01": models(0.2, "four_car-01"), "four_car-02": models(0.0, "four_car-02")}
    report = fleet_report(LINE, history, 100.0)  # type: ignore[arg-type]
    (change,) = report.changes
    assert (change.vehicle, change.parameter, change.kind, change.since) == (
        "four_car-01", "auxiliary_kw", "step", "2026-11-08",
    )  # fmt: skip
    assert change.change == pytest.approx(0.2 * 35.0, rel=0.05)
    hours = 100.0 * RUNS.seconds_per_km / 3600.0
    assert change.kwh_a_day == pytest.approx(change.change * hours, rel=0.05)
