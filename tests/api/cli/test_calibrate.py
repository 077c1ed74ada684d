"""`headwatt telemetry generate` and `headwatt calibrate` as a person types them."""

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from telemetry_mappings import own_mapping
from typer.testing import CliRunner

from api.cli.calibrate import reading
from api.cli.main import app
from energy_models.telemetry.intake import accept
from energy_models.telemetry.recordings.files import file_batches
from energy_models.telemetry.store.store import create_store
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import load_vehicle
from scenarios.vehicles.fleet import read_fleet, stock_of

pytest_plugins = ["dask_cluster"]

GENERATE = ("telemetry", "generate", "beijing_yizhuang", "--trains", "2", "--from", "07:00", "--to", "09:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with telemetry, its ground truth, and the output of generate."""
    folder = tmp_path_factory.mktemp("calibration")
    result = CliRunner().invoke(
        app, [*GENERATE, "--out", str(folder / "t.csv"), "--truth", str(folder / "truth.yaml"), "--json"]
    )
    assert result.exit_code == 0, result.output
    (folder / "said.json").write_text(result.stdout)
    return folder


def test_a_file_that_cannot_be_written_is_reported_before_the_work(tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "such"
    command = ["telemetry", "generate", "tutorial_line", "--out", str(nowhere / "a.csv"), "--truth", str(tmp_path)]
    reported = CliRunner().invoke(app, command)
    assert reported.exit_code == 2
    assert "a file in an existing folder" in reported.stderr
    assert "a file, not a folder" in reported.stderr
    assert "trains run" not in reported.stderr


def test_generate_reports_what_it_wrote(folder: Path) -> None:
    printed = json.loads((folder / "said.json").read_text())
    assert printed["rows"] == len((folder / "t.csv").read_text().splitlines()) - 1
    assert printed["from_s"] == 25_200
    assert printed["to_s"] == 32_400
    assert len(printed["vehicles"]) == 2


def test_calibrate_writes_a_vehicle_near_the_truth(folder: Path) -> None:
    vehicle_file, page = folder / "vehicle.yaml", folder / "fit.html"
    result = CliRunner().invoke(
        app,
        ["calibrate", str(folder / "t.csv"), "--scenario", "beijing_yizhuang", "--out", str(vehicle_file),
         "--plot", str(page), "--json"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    vehicle = load_vehicle(vehicle_file)
    truth = yaml.safe_load((folder / "truth.yaml").read_text())
    for name in ("tare_t", "traction_efficiency", "regeneration_efficiency", "auxiliary_kw"):
        one = getattr(vehicle.parameters, name)
        half = one.interval_95.upper - one.value
        assert abs(one.value - truth[name]) < 1.7 * half, name
        assert printed["parameters"][name]["value"] == one.value
    assert printed["source"]["sha256"] == vehicle.source.sha256
    html = page.read_text(encoding="utf-8")
    assert "measured against modelled power" in html
    assert "cdn.plot.ly" not in html.split("</script>")[-2]


def test_the_table_names_every_parameter(folder: Path) -> None:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        app, ["calibrate", str(folder / "t.csv"), "--scenario", "beijing_yizhuang", "--hold", "rotating_mass_t"]
    )
    assert result.exit_code == 0, result.output
    for word in (
        "tare",
        "fixed at the given value",
        "resistance A",
        "resistance at 50 km/h",
        "auxiliaries",
        "95 % interval",
        "Compared with the scenario: ",
    ):
        assert word in result.stdout
    assert "rows excluded" in result.stdout or "rows of t.csv are usable" in result.stdout


def test_wrong_files_and_names_end_with_exit_code_2(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("time_s,speed_m_s\n1,2\n")
    result = CliRunner().invoke(app, ["calibrate", str(broken), "--scenario", "beijing_yizhuang"])
    assert result.exit_code == 2
    assert "12 faults" in result.stderr
    result = CliRunner().invoke(app, ["calibrate", str(folder / "t.csv"), "--scenario", "nowhere"])
    assert result.exit_code == 2
    result = CliRunner().invoke(app, [*GENERATE, "--json"])
    assert result.exit_code == 2
    assert "--out" in result.stderr
    result = CliRunner().invoke(app, ["telemetry", "generate", "beijing_yizhuang", "--from", "7am"])
    assert result.exit_code == 2


def test_columns_are_explained() -> None:
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["telemetry", "columns"])
    assert result.exit_code == 0
    assert "collector voltage" in result.stdout


@pytest.mark.parametrize(
    ("value", "lower", "upper", "scenario_value", "words"),
    [(205.0, 203.0, 207.0, 198.0, "+3.5%"), (0.8, 0.79, 0.81, 0.85, "-5.9%"), (50.0, 44.0, 56.0, 45.0, "agrees"),
     (5.0, 4.0, 6.0, 0.0, "new")],
)  # fmt: skip
def test_an_estimate_is_read_against_its_interval(
    value: float, lower: float, upper: float, scenario_value: float, words: str
) -> None:
    assert reading(value, lower, upper, scenario_value) == words


@pytest.fixture(scope="module")
def counters(folder: Path) -> Path:
    """The energies of the telemetry by five minutes, as an energy meter counts them."""
    rows = pd.read_csv(folder / "t.csv").dropna()
    power = rows["voltage_v"] * rows["current_a"]
    # Wild readings of the current are no energy.
    power = power.where(rows["current_a"].abs() < 7_000.0, 0.0)
    key = [rows["vehicle"], ((rows["time_s"] - 1.0) // 300.0 + 1.0) * 300.0]
    sums = pd.DataFrame({"consumed_kwh": power.clip(lower=0.0), "regenerated_kwh": -power.clip(upper=0.0)})
    by_period = (sums.groupby(key).sum() / 3.6e6).rename_axis(["vehicle", "period_end_s"]).reset_index()
    by_period.to_csv(folder / "counters.csv", index=False)
    return folder / "counters.csv"


def test_counters_beside_the_telemetry_are_compared(folder: Path, counters: Path) -> None:
    command = ["calibrate", str(folder / "t.csv"), "--scenario", "beijing_yizhuang", "--counters", str(counters)]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["counters"]
    assert len(found) == 2
    assert all(one["agree"] for one in found), found


def test_counters_alone_give_scale_and_auxiliaries(folder: Path, counters: Path) -> None:
    rows = pd.read_csv(folder / "t.csv").drop(columns=["voltage_v", "current_a"])
    rows.to_csv(folder / "motion.csv", index=False)
    command = ["calibrate", str(folder / "motion.csv"), "--scenario", "beijing_yizhuang", "--counters-alone", "--json"]
    assert CliRunner().invoke(app, command).exit_code == 2
    assert CliRunner().invoke(app, [*command, "--counters", str(counters), "--out", "v.yaml"]).exit_code == 2
    result = CliRunner().invoke(app, [*command, "--counters", str(counters)])
    assert result.exit_code == 0, result.output
    truth = yaml.safe_load((folder / "truth.yaml").read_text())
    for one in json.loads(result.stdout).values():
        assert one["auxiliary_w"]["lower"] < truth["auxiliary_kw"] * 1e3 < one["auxiliary_w"]["upper"]
        assert 0.85 < one["traction_scale"]["lower"] < one["traction_scale"]["upper"] < 1.2


def test_a_counter_file_with_faults_is_refused_with_all_of_them(folder: Path) -> None:
    (folder / "wrong.csv").write_text(
        "vehicle,period_end_s,consumed_kwh,regenerated_kwh\nT1,300,a,0\nT1,600,12,b\nT1,900,12,1\n"
    )
    command = ["calibrate", str(folder / "t.csv"), "--scenario", "beijing_yizhuang", "--counters-alone"]
    result = CliRunner().invoke(app, [*command, "--counters", str(folder / "wrong.csv")])
    assert result.exit_code == 2
    assert "2 faults" in result.stderr
    (folder / "wrong.csv").write_text("vehicle,consumed_kwh\nT1,3\n")
    result = CliRunner().invoke(app, [*command, "--counters", str(folder / "wrong.csv")])
    assert "regenerated_kwh" in result.stderr


@pytest.fixture(scope="module")
def store(folder: Path) -> Path:
    """A store with the two trains, a train with two minutes of rows, and a train that is not in the fleet."""
    rows = pd.read_csv(folder / "t.csv")
    first, *_ = names = sorted(rows["vehicle"].unique())
    short = next(f"six_car-{number:02d}" for number in range(1, 24) if f"six_car-{number:02d}" not in names)
    few = rows[rows["vehicle"] == first].head(120)
    pd.concat([rows, few.assign(vehicle=short), few.assign(vehicle="TS99")]).to_csv(folder / "all.csv", index=False)
    place = create_store(folder / "store", "Asia/Shanghai")
    for batch in file_batches(folder / "all.csv", own_mapping()):
        accept(batch, place, 1)
    return folder / "store"


@pytest.mark.many_cases
def test_a_store_becomes_a_fleet_folder_and_refused_vehicles_are_listed(folder: Path, store: Path) -> None:
    fleet = folder / "fleet"
    command = ["calibrate", str(store), "--scenario", "beijing_yizhuang", "--out", str(fleet)]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    trains = json.loads((folder / "said.json").read_text())["vehicles"]
    assert [one["vehicle"] for one in printed["written"]] == sorted(trains)
    assert len(printed["refused"]) == 2
    assert printed["refused"][0]["vehicle"] == "TS99"
    assert "a vehicle of the fleet of the scenario" in printed["refused"][0]["reasons"][0]
    assert all(one["reasons"] for one in printed["refused"])
    models = read_fleet(fleet)
    assert models.versions == {one["vehicle"]: one["version"] for one in printed["written"]}
    assert {one.source.day for one in models.of_vehicle.values()} == {"2026-11-30"}
    scenario = load_scenario("beijing_yizhuang")
    assert set(stock_of(scenario, fleet=models).own) == set(trains)
    truth = yaml.safe_load((folder / "truth.yaml").read_text())
    for model in models.of_vehicle.values():
        one = model.parameters.auxiliary_kw
        assert one is not None
        assert abs(one.value - truth["auxiliary_kw"]) < 1.7 * (one.interval_95.upper - one.value)


@pytest.mark.many_cases
def test_a_folder_of_files_gives_the_models_of_the_store(folder: Path, store: Path) -> None:
    # One file of a vehicle and day (gzip), one with the rows of both days of the other vehicle in no order (Parquet),
    # and a file that is no telemetry.
    rows = pd.read_csv(folder / "t.csv")
    first, second = sorted(rows["vehicle"].unique())
    files = folder / "files"
    (files / "more").mkdir(parents=True)
    rows[rows["vehicle"] == first].to_csv(files / "TS_2026-11-30.csv.gz", index=False)
    mine = rows[rows["vehicle"] == second].assign(service_day="2026-11-30")
    both = pd.concat([mine, mine.head(100).assign(service_day="2026-12-01")])
    both.sample(frac=1.0, random_state=1).to_parquet(files / "more" / "all.parquet")
    (files / "meters.csv").write_text("substation,energy_kwh\nA,3\n")
    command = ["calibrate", str(files), "--scenario", "beijing_yizhuang", "--json"]
    alone = CliRunner().invoke(app, [*command, "--out", str(folder / "of_files"), "--workers", "1"])
    assert alone.exit_code == 0, alone.output
    printed = json.loads(alone.stdout)
    assert [(one["vehicle"], one["day"]) for one in printed["written"]] == [
        (first, "2026-11-30"), (second, "2026-11-30"),
    ]  # fmt: skip
    assert [(one["vehicle"], one["day"]) for one in printed["refused"]] == [(second, "2026-12-01")]
    assert "meters.csv" in printed["files_with_faults"][0]
    pair = CliRunner().invoke(app, [*command, "--out", str(folder / "of_pair"), "--workers", "2"])
    versions = [(one["vehicle"], one["day"], one["version"]) for one in printed["written"]]
    assert [(one["vehicle"], one["day"], one["version"]) for one in json.loads(pair.stdout)["written"]] == versions
    of_store = CliRunner().invoke(
        app, ["calibrate", str(store), "--scenario", "beijing_yizhuang", "--out", str(folder / "of_store"), "--json"]
    )
    assert of_store.exit_code == 0, of_store.output
    for vehicle in (first, second):
        one, other = (
            load_vehicle(folder / name / f"{vehicle}_2026-11-30.yaml") for name in ("of_files", "of_store")
        )  # fmt: skip
        assert one.parameters == other.parameters
        assert one.source.rows == other.source.rows


@pytest.mark.many_cases
def test_a_dask_cluster_gives_the_models_of_the_own_processes(
    folder: Path, store: Path, cluster: tuple[str, list["subprocess.Popen[bytes]"]]
) -> None:
    command = ["calibrate", str(store), "--scenario", "beijing_yizhuang", "--json"]
    found = []
    for name, engine in (("own", ("--workers", "2")), ("dask", ("--engine", cluster[0]))):
        result = CliRunner().invoke(app, [*command, "--out", str(folder / name), *engine])
        assert result.exit_code == 0, result.output
        found.append([(one["vehicle"], one["day"], one["version"]) for one in json.loads(result.stdout)["written"]])
    assert found[0] == found[1]
    assert len(found[0]) == 2


@pytest.mark.many_cases
def test_a_folder_without_service_days_needs_the_option(folder: Path) -> None:
    files = folder / "undated"
    files.mkdir()
    rows = pd.read_csv(folder / "t.csv")
    rows.to_csv(files / "all.csv", index=False)
    command = ["calibrate", str(files), "--scenario", "beijing_yizhuang", "--out", str(folder / "dated")]
    refused = CliRunner().invoke(app, [*command, "--workers", "1"])
    assert refused.exit_code == 2
    assert "service_day" in refused.stderr
    dated = CliRunner().invoke(app, [*command, "--workers", "1", "--day", "2026-11-29"])
    assert dated.exit_code == 0, dated.output
    assert len(list((folder / "dated").glob("*_2026-11-29.yaml"))) == 2


def test_an_engine_is_refused_for_one_file(folder: Path) -> None:
    command = ["calibrate", str(folder / "t.csv"), "--scenario", "beijing_yizhuang", "--engine", "tcp://x:8786"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "a folder of vehicle-days" in result.stderr


@pytest.mark.many_cases
def test_a_store_without_any_usable_vehicle_gives_every_reason(folder: Path, store: Path) -> None:
    command = ["calibrate", str(store), "--scenario", "beijing_yizhuang", "--vehicle", "TS99"]
    assert "--out" in CliRunner().invoke(app, command).stderr
    result = CliRunner().invoke(app, [*command, "--out", str(folder / "none")])
    assert result.exit_code == 2
    assert "TS99" in result.stderr
    unknown = CliRunner().invoke(app, [*command[:-1], "TS98", "--out", str(folder / "none")])
    assert unknown.exit_code == 2
    assert "vehicles and days of the store" in unknown.stderr
    plot = CliRunner().invoke(app, [*command, "--out", str(folder / "none"), "--plot", str(folder / "p.html")])
    assert plot.exit_code == 2
    assert "--plot" in plot.stderr
