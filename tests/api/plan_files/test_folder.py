"""The folder of a plan: reading gives the same plan, and every fault of an edited file is reported with its place."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from instructed import assert_drives
from typer.testing import CliRunner

from api.cli.main import app
from api.experiment_result import result_of
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.plan_files.manifest import PLAN_FILES
from api.plan_files.profile_table import REGIME_WORDS, section_runs
from api.result import PlanResult
from dispatch.plans.plan_record import PlanFacts
from energy_models.faults import InputFaults
from scenarios.files.folders import MANIFEST_FILE
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    folder = tmp_path_factory.mktemp("written") / "plan"
    write_plan_folder(experiment, folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "plan"))


def change(file: Path, edit: Callable[[list[list[str]]], None]) -> None:
    rows = list(csv.reader(file.read_text().splitlines()))
    edit(rows)
    file.write_text("\n".join(",".join(row) for row in rows) + "\n")


def test_every_file_is_there_and_the_plan_reads_back_equal(written: Path, experiment: PlanExperiment) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted((*PLAN_FILES, MANIFEST_FILE))
    plan = experiment.plan
    read = read_plan_folder(written)
    assert [trip.trip_id for trip in read.plan.timetable.trips] == [trip.trip_id for trip in plan.timetable.trips]
    for back, trip in zip(read.plan.timetable.trips, plan.timetable.trips, strict=True):
        assert (back.stations, back.arrival_s, back.departure_s) == (trip.stations, trip.arrival_s, trip.departure_s)
        assert (back.driving, back.vehicle) == (trip.driving, trip.vehicle)
        assert back.passengers == pytest.approx(trip.passengers, abs=5e-4)  # three decimals are written
    assert read.plan.headways == plan.headways
    assert read.plan.vehicles == plan.vehicles
    assert read.scenario == experiment.request.scenario
    assert read.plan.facts == plan.facts != PlanFacts()
    assert read.plan.options == plan.options
    assert read.runs_without_profile == 0


def test_a_folder_of_before_metadata_were_kept_still_reads(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text())
    assert result.pop("metadata")["convergence"]
    (folder / "result.json").write_text(json.dumps(result))
    assert read_plan_folder(folder).plan.facts == PlanFacts()


def test_profiles_are_those_of_the_library_and_count_every_run(written: Path, experiment: PlanExperiment) -> None:
    rows = list(csv.DictReader((written / "profiles.csv").open()))
    ends = [row for row in rows if row["regime"] == "stop"]
    assert sum(int(row["runs"]) for row in ends) == sum(len(trip.driving) for trip in experiment.plan.timetable.trips)
    for row in ends:
        assert float(row["speed_kmh"]) == 0.0
        assert float(row["time_s"]) == pytest.approx(float(row["running_time_s"]), abs=0.05)


def test_a_train_that_follows_the_table_of_profiles_drives_the_profiles(
    written: Path, experiment: PlanExperiment
) -> None:
    library = experiment.library
    rows = list(csv.DictReader((written / "profiles.csv").open()))
    tables: list[list[dict[str, str]]] = [[]]
    for row in rows:
        tables[-1].append(row)
        if row["regime"] == "stop":
            tables.append([])
    ways = {(run.direction, run.from_station, run.to_station): run for run in section_runs(
        experiment.plan.timetable, experiment.request.scenario)}  # fmt: skip
    for table in tables[:-1]:
        first = table[0]
        run = ways[first["direction"], first["from_station"], first["to_station"]]
        load = float(first["load_passengers"])
        profile = library.profile(
            run.direction, run.section_index, int(first["running_time_s"]), load, first["driving"]
        )  # fmt: skip
        assert profile.passengers == pytest.approx(load, abs=0.06)
        track = library.sections[run.direction][run.section_index]
        assert_drives([Row.of(*pair) for pair in pairwise(table)], profile, track, library.train)


@dataclass(frozen=True)
class Row:
    """A row of the table as an instruction until the next row."""

    regime: str
    distance_m: float
    from_m_s: float
    until_m_s: float

    @staticmethod
    def of(row: dict[str, str], following: dict[str, str]) -> "Row":
        regimes = {word: regime for regime, word in REGIME_WORDS.items()}
        return Row(
            regimes[row["regime"]],
            float(row["distance_m"]),
            float(row["speed_kmh"]) / 3.6,
            float(following["speed_kmh"]) / 3.6,
        )  # fmt: skip


def test_the_result_has_the_stable_names_and_reads_back_strictly(written: Path, experiment: PlanExperiment) -> None:
    loaded = json.loads((written / "result.json").read_text())
    figures = {
        "energy_kwh", "train_km", "trips", "peak_15min_kw", "regeneration_offered_kwh", "regeneration_used_kwh",
        "losses_kwh", "unserved_kwh", "mean_waiting_s",
    }  # fmt: skip
    assert set(loaded) >= {
        "scenario", "mode", "status", "metering_point", "baseline", "plan", "saving_percent", "saving_ci95_percent",
        "replications", "levers", "checks", "seconds", "seed", "scenario_hash", "version",
    }  # fmt: skip
    assert set(loaded["baseline"]) >= figures
    assert set(loaded["plan"]) >= figures
    assert len(loaded["saving_ci95_percent"]) == 2
    assert set(loaded["checks"]) >= {"passed", "rules"}
    assert set(loaded["levers"][0]) >= {"name", "saving_kwh"}
    assert PlanResult.model_validate_json((written / "result.json").read_text()) == result_of(experiment)


def test_check_accepts_to_the_plan_as_written(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["check", str(folder)])
    assert answer.exit_code == 0, answer.output
    assert "rules hold" in answer.stdout


def test_check_names_the_rule_trip_and_place_of_a_plan_edited_by_hand(folder: Path, experiment: PlanExperiment) -> None:
    def later(rows: list[list[str]]) -> None:
        rows[2][rows[0].index("departure")] = "23:59"  # also: the clock may lack its seconds, as spreadsheets write it

    change(folder / "timetable.csv", later)
    answer = CliRunner().invoke(app, ["check", str(folder), "--json"])
    assert answer.exit_code == 1
    found = json.loads(answer.stdout)
    assert not found["passed"]
    trip = experiment.plan.timetable.trips[0]
    assert any(one["trip"] == trip.trip_id and trip.stations[1] in one["place"] for one in found["violations"])


@pytest.mark.parametrize(
    "command", [["explain"], ["compare"], ["judge"], ["export", "--format", "gtfs"], ["replay"]], ids=lambda one: one[0]
)
@pytest.mark.parametrize(
    ("column", "value", "rule"), [("departure", "05:59", "whole-seconds"), ("station", "XXX", "stations-in-order")]
)
def test_what_no_train_can_run_is_refused_in_the_words_of_the_checker(
    folder: Path, command: list[str], column: str, value: str, rule: str
) -> None:
    change(folder / "timetable.csv", lambda rows: rows[3].__setitem__(rows[0].index(column), value))
    proof = json.loads(CliRunner().invoke(app, ["check", str(folder), "--json"]).stdout)
    expected = [one["sentence"] for one in proof["violations"] if one["rule"] == rule]
    answer = CliRunner().invoke(app, [command[0], str(folder), *command[1:]])
    assert answer.exit_code == 2
    assert expected
    assert all(sentence in answer.stderr for sentence in expected)
    assert answer.stderr.count("•") == len(expected)


def test_check_notes_a_headway_table_that_the_timetable_does_not_keep(folder: Path) -> None:
    before = CliRunner().invoke(app, ["check", str(folder), "--json"])
    assert json.loads(before.stdout)["notes"] == []

    def wider(rows: list[list[str]]) -> None:
        rows[1][rows[0].index("headway_s")] = "777"

    change(folder / "headways.csv", wider)
    found = json.loads(CliRunner().invoke(app, ["check", str(folder), "--json"]).stdout)
    assert [note for note in found["notes"] if note.startswith("headways.csv")]


def test_check_notes_running_times_without_a_profile(folder: Path) -> None:
    def slower(rows: list[list[str]]) -> None:
        arrival, departure = rows[0].index("arrival"), rows[0].index("departure")
        for row in rows[1:]:
            for column in (arrival, departure):
                if row[0] == rows[1][0] and row[2] != "1":
                    minutes, seconds = row[column][:-2], int(row[column][-2:])
                    row[column] = f"{minutes}{(seconds + 1) % 60:02d}"

    change(folder / "timetable.csv", slower)
    assert read_plan_folder(folder).runs_without_profile > 0


def test_one_way_without_a_profile_is_reported_in_the_singular(folder: Path) -> None:
    change(folder / "timetable.csv", lambda rows: rows[3].__setitem__(rows[0].index("driving"), "flat_out"))
    found = json.loads(CliRunner().invoke(app, ["check", str(folder), "--json"]).stdout)
    assert [note for note in found["notes"] if note.startswith("1 way of running a section has no profile")]


def test_all_faults_of_all_files_are_reported_at_once(folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        header = rows[0]
        rows[1][header.index("arrival")] = "25 past six"
        rows[2][header.index("direction")] = "sideways"
        rows[3][header.index("passengers")] = "nan"
        rows[4].append("extra")

    change(folder / "timetable.csv", spoil)
    change(folder / "headways.csv", lambda rows: rows[1].__setitem__(3, "-240"))
    (folder / "profiles.csv").unlink()
    (folder / "result.json").write_text("{")
    with pytest.raises(InputFaults) as caught:
        read_plan_folder(folder)
    reported = [(fault.file, fault.place, fault.field) for fault in caught.value.faults]
    assert reported == [
        ("result.json", "", ""),
        ("headways.csv", "row 2", "headway_s"),
        ("timetable.csv", "row 2", "arrival"),
        ("timetable.csv", "row 3", "direction"),
        ("timetable.csv", "row 4", "passengers"),
        ("timetable.csv", "row 5", ""),
        ("profiles.csv", "", ""),
    ]
    answer = CliRunner().invoke(app, ["check", str(folder)])
    assert answer.exit_code == 2
    assert answer.stderr.count("•") == 7
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("edit", "field", "allowed"),
    [
        (lambda rows: rows[0].__setitem__(0, "trip"), "trip", "columns"),
        (lambda rows: rows.pop(2), "stop", "next stop"),
        (lambda rows: rows[2].__setitem__(8, "another"), "vehicle", "first row"),
        (lambda rows: rows[1].__setitem__(6, ""), "driving", "next stop"),
        (lambda rows: rows.append(rows[1]), "trip_id", "together"),
    ],
)
def test_a_broken_timetable_is_a_fault_with_its_place(
    folder: Path, edit: Callable[[list[list[str]]], None], field: str, allowed: str
) -> None:
    change(folder / "timetable.csv", edit)
    with pytest.raises(InputFaults) as caught:
        read_plan_folder(folder)
    assert any(fault.field == field and allowed in fault.allowed for fault in caught.value.faults)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("edited", [[2], [12, 13, 14, 15, 16]])
def test_rows_of_a_vehicle_that_contradict_each_other_are_reported_once_with_their_place(
    folder: Path, edited: list[int], known: bool
) -> None:
    scenario = json.loads((folder / "scenario.json").read_text())
    if known:  # another type of the line: the hash of the scenario then differs too
        scenario["train_types"]["nine_car"] = scenario["train_types"]["four_car"]
        (folder / "scenario.json").write_text(json.dumps(scenario))

    def other(rows: list[list[str]]) -> None:
        for number in edited:
            rows[number - 1][rows[0].index("train_type")] = "nine_car"

    change(folder / "timetable.csv", other)
    with pytest.raises(InputFaults) as caught:
        read_plan_folder(folder)
    reported = [fault for fault in caught.value.faults if fault.file == "timetable.csv"]
    assert [(fault.place.split()[1], fault.field, fault.value) for fault in reported] == [
        (str(edited[0]), "train_type", "'nine_car'")
    ]
    assert "four_car" in reported[0].allowed
    assert ("as in the other rows" in reported[0].allowed) is known


def test_a_type_that_every_row_of_a_vehicle_names_must_be_one_of_the_line(folder: Path) -> None:
    def other(rows: list[list[str]]) -> None:
        vehicle, train_type = (rows[0].index(column) for column in ("vehicle", "train_type"))
        for row in rows[1:]:
            if row[vehicle] == rows[1][vehicle]:
                row[train_type] = "nine_car"

    change(folder / "timetable.csv", other)
    with pytest.raises(InputFaults) as caught:
        read_plan_folder(folder)
    assert [(fault.field, fault.value) for fault in caught.value.faults] == [("train_type", "'nine_car'")]


def test_another_scenario_than_the_planned_one_is_a_fault(folder: Path) -> None:
    scenario = json.loads((folder / "scenario.json").read_text())
    scenario["outside_temperature_c"] += 10
    (folder / "scenario.json").write_text(json.dumps(scenario))
    with pytest.raises(InputFaults, match="the scenario that was planned"):
        read_plan_folder(folder)


def test_a_folder_that_is_none_is_reported() -> None:
    answer = CliRunner().invoke(app, ["check", "no/such/folder"])
    assert answer.exit_code == 2
    assert "headwatt plan" in answer.stderr
