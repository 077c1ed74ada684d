"""The fleet of a line on both databases: calibrations and checks are published, read back, and used by plans."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from computed_jobs import computed
from prepared_data import prepared_data
from published_fleet import LINE, VEHICLES, checked_days, history, publish_check, publish_models
from recorded_train import recorded_train
from telemetry_mappings import own_mapping, own_mapping_text

from api.computations.checking_telemetry import line_of_store
from api.ingest.receiver import Receiver
from api.jobs.orders import CalibrationOrder, TelemetryCheckOrder
from api.jobs.plan_order import PlanOrder
from api.jobs.request import plan_request, stored_fleets, stored_starts
from api.problems import ProblemError
from api.services.availability import Caller
from api.services.installation import Installation, open_installation
from api.state.database import SETTING
from api.state.files import FileStore
from energy_models.faults import InputFaults
from energy_models.telemetry.mapping.read import mapping_of
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.telemetry.store.store import TelemetryStore, create_store
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from scenarios.vehicles.calibrated import vehicle_of_content
from simulation.virtual_line.telemetry import record_line, rounded

pytest_plugins = ["state_databases"]


@pytest.fixture(params=("sqlite", pytest.param("postgresql", marks=pytest.mark.many_cases)), scope="module")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    from state_databases import new_database_url  # a plugin of pytest, which imports it first

    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, new_database_url(request.param, data, request))
        installation = open_installation(prepared_data(data) if request.param == "sqlite" else data)
    installation.prepare(lambda _line: None)
    yield installation
    installation.close()


def test_a_line_without_a_calibration_has_an_empty_fleet(installation: Installation) -> None:
    found = installation.fleet.read("beijing_yizhuang")
    assert (found.vehicles, found.ranking, found.has_store, found.is_ranking_current) == ([], None, False, True)
    quality = installation.fleet.quality("beijing_yizhuang")
    assert (quality.report, quality.days, quality.last_day) == (None, [], None)
    with pytest.raises(ProblemError, match="No line"):
        installation.fleet.read("atlantis")


def test_models_are_kept_ranked_and_never_changed(installation: Installation) -> None:
    database, fleet = installation.database, installation.fleet
    models = history()
    job = publish_models(database, installation.data, models)
    found = fleet.read(LINE)
    assert [(model.vehicle, count) for model, count in found.vehicles] == [(one, 8) for one in VEHICLES]
    assert [model.version for model, _ in found.vehicles] == [days[-1].hash for days in models.values()]
    assert found.ranking is not None
    assert (found.ranking.job_id, found.is_ranking_current) == (job, True)
    ranking = found.ranking.content
    assert sorted(one["rank"] for one in ranking["ranking"]) == [1, 2, 3]
    (change,) = [one for one in ranking["changes"] if one["parameter"] == "auxiliary_kw"]
    assert (change["vehicle"], change["kind"], change["since"]) == (VEHICLES[2], "step", "2026-11-27")
    assert change["kwh_a_day"] > 0
    every, report = fleet.vehicle(LINE, VEHICLES[2])
    assert [one.version for one in every] == [one.hash for one in models[VEHICLES[2]]]
    assert report == found.ranking
    assert vehicle_of_content(dict(fleet.model(LINE, every[0].version).content)) == models[VEHICLES[2]][0]
    # The same calibration again adds nothing; another model of a day is the present one, and the old one stays.
    tag = fleet.tag(LINE)
    publish_models(database, installation.data, models)
    assert fleet.tag(LINE) != tag
    assert [count for _, count in fleet.read(LINE).vehicles] == [8, 8, 8]
    other = models[VEHICLES[0]][-1].model_copy(update={"held": {"tare_t": 1.0}})
    publish_models(database, installation.data, {**models, VEHICLES[0]: [other]})
    first, count = fleet.read(LINE).vehicles[0]
    assert (first.version, count) == (other.hash, 9)
    assert fleet.model(LINE, models[VEHICLES[0]][-1].hash).content["version"] == models[VEHICLES[0]][-1].hash
    with pytest.raises(ProblemError, match="nobody"):
        fleet.vehicle(LINE, "nobody")
    with pytest.raises(ProblemError, match="version"):
        fleet.model(LINE, "0" * 64)


def test_another_line_of_the_caller_shows_nothing(installation: Installation) -> None:
    mine = installation.fleet.for_caller(Caller("ada", "", frozenset({"beijing_yizhuang"})))
    assert mine.read("beijing_yizhuang").vehicles == []
    for call in (mine.read, mine.quality, mine.tag):
        with pytest.raises(ProblemError, match="No line"):
            call(LINE)


def test_a_check_replaces_the_days_of_the_line(installation: Installation) -> None:
    days = checked_days()
    publish_check(installation.database, installation.data, days)
    found = installation.fleet.quality(LINE)
    assert (found.first_day, found.last_day) == (date(2026, 10, 20), date(2026, 11, 30))
    assert found.days == days
    assert found.report is not None
    assert found.report.content["quarantine"]["rows"] == 40
    part = installation.fleet.quality(LINE, date(2026, 11, 28), date(2026, 11, 28))
    assert [one["vehicle"] for one in part.days] == list(VEHICLES)
    assert len(part.days[1]["findings"]) == 1  # type: ignore[arg-type]
    publish_check(installation.database, installation.data, days[:2])
    assert installation.fleet.quality(LINE).days == days[:2]
    publish_check(installation.database, installation.data, days)


def test_a_plan_takes_models_by_their_versions(installation: Installation) -> None:
    versions = {model.vehicle: model.version for model, _ in installation.fleet.read(LINE).vehicles[1:]}
    starts = stored_starts(installation.database, FileStore(installation.data))
    fleets = stored_fleets(installation.database)
    request = plan_request(PlanOrder(LINE, fleet_versions=versions), starts, fleets=fleets)
    assert request.fleet.versions == versions
    wrong = {VEHICLES[0]: versions[VEHICLES[1]], "nobody": "0" * 64}
    with pytest.raises(InputFaults) as caught:
        plan_request(PlanOrder(LINE, fleet_versions=wrong), starts, fleets=fleets)
    assert len(caught.value.faults) == 2
    for order in (PlanOrder(LINE, fleet_versions={}), PlanOrder(LINE, fleet={}, fleet_versions=versions)):
        with pytest.raises(InputFaults):
            plan_request(order, starts, fleets=fleets)


@pytest.fixture(scope="module")
def store(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> TelemetryStore:
    """A store with a few minutes of two trains that are not in the fleet, and with rows that cannot be stored."""
    folder = tmp_path_factory.mktemp("store")
    place = create_store(folder, "Asia/Shanghai")
    receiver = Receiver(place, [own_mapping()])
    for seed, name in enumerate(("TS01", "TS02", "")):
        rows = recorded_train(hours=0.1, seed=seed, vehicle=name)
        receiver.receive(rows.to_csv(index=False).encode())
    installation.use_telemetry(folder)
    return place


def test_the_telemetry_is_checked_by_a_job(installation: Installation, store: TelemetryStore) -> None:
    ordered = installation.studies.of_line("check-telemetry", TelemetryCheckOrder(scenario=LINE), "ada")
    job = computed(installation.database, installation.data, ordered.job.job_id)
    assert job.status == "succeeded", job.problem
    view = installation.jobs.read(job.job_id)
    assert (view.facts["vehicle_days"], view.facts["quarantined"]) == (2, 360)
    found = installation.fleet.quality(LINE)
    assert [(one["vehicle"], one["rows"]) for one in found.days] == [("TS01", 360), ("TS02", 360)]
    assert found.has_store
    assert line_of_store(store, None, LINE) == "test_line"
    for wanted, others in ((None, {"test_line"}), ("atlantis", set())):
        with pytest.raises(InputFaults, match="telemetry_line"):
            line_of_store(store, wanted, LINE, others)


@pytest.mark.many_cases
def test_a_calibration_without_usable_vehicles_changes_nothing(
    installation: Installation, store: TelemetryStore
) -> None:
    del store
    before = installation.fleet.tag(LINE)
    ordered = installation.studies.of_line("calibrate", CalibrationOrder(scenario=LINE), "ada")
    job = computed(installation.database, installation.data, ordered.job.job_id)
    assert job.status == "failed"
    assert job.problem is not None
    assert "a vehicle of the fleet of the scenario" in str(job.problem["errors"])
    assert installation.fleet.tag(LINE) == before


@pytest.mark.many_cases
def test_the_telemetry_of_simulated_trains_becomes_models_with_the_truth_in_their_intervals(
    installation: Installation, tmp_path: Path
) -> None:
    """The whole path: rows of the generator, through the door of the service, a calibration, and a check."""
    line = load_scenario(LINE)
    train = train_of(line)
    truth = draw_ground_truth(train, np.random.default_rng([3, 0]))
    recorded = record_line(line, truth, from_s=25_200, to_s=32_400, trainsets=2, seed=3)
    mapping = own_mapping_text().replace("line: test_line", f"line: {LINE}").encode()
    receiver = Receiver(create_store(tmp_path, "Asia/Shanghai"), [mapping_of(mapping, "own.yaml")])
    receipt = receiver.receive(rounded(recorded.rows).to_csv(index=False).encode())
    assert receipt.stored + receipt.flagged == receipt.rows_in == len(recorded.rows)
    installation.use_telemetry(tmp_path)
    before = {model.vehicle: count for model, count in installation.fleet.read(LINE).vehicles}
    ordered = installation.studies.of_line("calibrate", CalibrationOrder(scenario=LINE), "ada")
    job = computed(installation.database, installation.data, ordered.job.job_id)
    assert job.status == "succeeded", job.problem
    view = installation.jobs.read(job.job_id)
    assert (view.facts["models"], view.facts["refused"]) == (2, 0)
    assert {f"{vehicle}_2026-11-30.yaml" for vehicle in recorded.vehicles} <= set(view.files)
    found = installation.fleet.read(LINE)
    assert found.ranking is not None
    assert found.ranking.job_id == job.job_id
    for model, count in found.vehicles:
        if model.vehicle in recorded.vehicles:
            assert count == before.get(model.vehicle, 0) + 1
            auxiliary = model.content["parameters"]["auxiliary_kw"]["interval_95"]
            half = (auxiliary["upper"] - auxiliary["lower"]) / 2.0
            assert auxiliary["lower"] - half < truth.auxiliary_w / 1000.0 < auxiliary["upper"] + half
    checked = installation.studies.of_line("check-telemetry", TelemetryCheckOrder(scenario=LINE), "ada")
    assert computed(installation.database, installation.data, checked.job.job_id).status == "succeeded"
    assert [one["vehicle"] for one in installation.fleet.quality(LINE).days] == sorted(recorded.vehicles)
